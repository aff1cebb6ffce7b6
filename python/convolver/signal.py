"""The convolutions of `scipy.signal` on the engine: SciPy's names, signatures, defaults and types.

`fftconvolve` and `oaconvolve` take whichever algorithm is fastest, as `convolve` does: the names are kept, and what
they promise of shapes and types.
"""

import operator
from collections.abc import Sequence
from time import perf_counter
from typing import Any, Literal, SupportsIndex, TypeAlias, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convolver import _native
from convolver._errors import renamed

__all__ = [
    "choose_conv_method",
    "convolve",
    "convolve2d",
    "correlate",
    "correlate2d",
    "correlation_lags",
    "fftconvolve",
    "oaconvolve",
    "upfirdn",
]

_Mode: TypeAlias = Literal["full", "valid", "same"]
_Method: TypeAlias = Literal["auto", "direct", "fft"]
_Boundary: TypeAlias = Literal["fill", "pad", "wrap", "circular", "symm", "symmetric"]

_METHODS = {"auto": "auto", "direct": "direct", "fft": "auto"}
_BOUNDARIES = {
    "fill": "constant",
    "pad": "constant",
    "wrap": "wrap",
    "circular": "wrap",
    "symm": "symmetric",
    "symmetric": "symmetric",
}
_EXTENSIONS = (
    "constant",
    "symmetric",
    "edge",
    "smooth",
    "wrap",
    "reflect",
    "antisymmetric",
    "antireflect",
    "line",
)


def _one_of(name: str, value: object, known: Sequence[str]) -> str:
    if isinstance(value, str) and value in known:
        return value
    raise ValueError(f"{name}={value!r} is not known; use one of {', '.join(map(repr, known))}")


def _operands(in1: ArrayLike, in2: ArrayLike, mode: str) -> tuple[NDArray[Any], NDArray[Any]]:
    _one_of("mode", mode, ("full", "valid", "same"))
    x, k = np.asarray(in1), np.asarray(in2)
    if x.ndim != k.ndim:
        raise ValueError(
            f"in1 has {x.ndim} dimensions and in2 has {k.ndim}; they should have the same number "
            "(convolver.convolve takes a smaller in2 with axes=)"
        )
    return x, k


def _run(function: Any, x: NDArray[Any], k: NDArray[Any], *arguments: Any, **options: Any) -> Any:
    """Return the engine's answer; numbers without an axis are arrays of one element to it."""
    try:
        if x.ndim == 0:
            return function(x.reshape(1), k.reshape(1), **options)[0]
        return function(x, k, *arguments, **options)
    except (TypeError, ValueError) as error:
        raise renamed(error, x="in1", k="in2") from None


def convolve(in1: ArrayLike, in2: ArrayLike, mode: _Mode = "full", method: _Method = "auto") -> Any:
    """Convolve two arrays, as `scipy.signal.convolve`.

    Parameters
    ----------
    in1, in2 : array_like
        Arrays of as many dimensions.
    mode : {"full", "valid", "same"}
        Which outputs are computed; "same" has the shape of ``in1``. In
        "valid" one must be at least as long as the other along every axis.
    method : {"auto", "direct", "fft"}
        "direct" sums; the others let the engine choose.

    Returns
    -------
    numpy.ndarray
        The convolution, of type ``numpy.result_type(in1, in2)``.

    Raises
    ------
    ValueError
        If dimensions differ, an array is empty, a word is not known, or
        "valid" fits neither into the other.
    TypeError
        If an array holds objects, long doubles or no numbers.

    Examples
    --------
    >>> import numpy
    >>> from convolver import signal
    >>> signal.convolve(numpy.eye(3), [[1, 2], [3, 4]], "same")
    array([[1., 2., 0.],
           [3., 5., 2.],
           [0., 3., 5.]])
    """
    x, k = _operands(in1, in2, mode)
    return _run(_native.convolve, x, k, mode, method=_METHODS[_one_of("method", method, tuple(_METHODS))])


def correlate(in1: ArrayLike, in2: ArrayLike, mode: _Mode = "full", method: _Method = "auto") -> Any:
    """Correlate two arrays, as `scipy.signal.correlate`.

    Parameters
    ----------
    in1, in2 : array_like
        Arrays of as many dimensions; ``in2`` is conjugated.
    mode, method
        As in `convolve`.

    Returns
    -------
    numpy.ndarray
        The correlation, of type ``numpy.result_type(in1, in2)``.

    Raises
    ------
    ValueError, TypeError
        As `convolve`.

    Examples
    --------
    >>> from convolver import signal
    >>> signal.correlate([1, 2, 3], [0, 1, 5])
    array([ 5, 11, 17,  3,  0])
    """
    x, k = _operands(in1, in2, mode)
    return _run(_native.correlate, x, k, mode, method=_METHODS[_one_of("method", method, tuple(_METHODS))])


def _axes(axes: SupportsIndex | Sequence[SupportsIndex] | None, dimensions: int) -> tuple[int, ...] | None:
    if axes is None:
        return None
    given = axes if isinstance(axes, Sequence | np.ndarray) else (axes,)
    try:
        numbers = [operator.index(axis) for axis in given]
    except TypeError as error:
        raise ValueError(f"axes must be integers: {error}") from None
    if not numbers:
        raise ValueError("axes cannot be empty; name at least one, or leave it out for all")
    for number in numbers:
        if not -dimensions <= number < dimensions:
            raise ValueError(f"axes={number} is not an axis of in1, which has {dimensions} dimensions")
    counted = sorted({number % dimensions for number in numbers})
    if len(counted) != len(numbers):
        raise ValueError(f"axes={axes} names an axis twice; all axes must be unique")
    return tuple(counted) if len(counted) < dimensions else None


def _as_float(array: NDArray[Any]) -> np.dtype[Any]:
    return np.dtype(np.float64) if array.dtype.kind in "biu" else array.dtype


def fftconvolve(
    in1: ArrayLike,
    in2: ArrayLike,
    mode: _Mode = "full",
    axes: SupportsIndex | Sequence[SupportsIndex] | None = None,
) -> Any:
    """Convolve two arrays along some axes, as `scipy.signal.fftconvolve`.

    Parameters
    ----------
    in1, in2 : array_like
        Arrays of as many dimensions.
    mode : {"full", "valid", "same"}
        As in `convolve`.
    axes : int or sequence of int, optional
        Axes to convolve, all if not given. The others broadcast.

    Returns
    -------
    numpy.ndarray
        The convolution; float64 where both are integers, unless one of them
        has length 1 along every axis.

    Raises
    ------
    ValueError, TypeError
        As `convolve`; and if ``axes`` are wrong or shapes do not broadcast.

    Examples
    --------
    >>> import numpy
    >>> from convolver import signal
    >>> signal.fftconvolve(numpy.ones((2, 4)), numpy.ones((1, 3)), "same", axes=1)
    array([[2., 3., 3., 2.],
           [2., 3., 3., 2.]])
    """
    x, k = _operands(in1, in2, mode)
    if x.ndim and 0 in (x.size, k.size):
        return np.zeros(0)
    chosen = _axes(axes, x.ndim)
    both_bool = x.dtype == bool and k.dtype == bool
    # SciPy multiplies, and keeps integers, where no axis needs a transform.
    transformed = any(x.shape[axis] != 1 != k.shape[axis] for axis in chosen or range(x.ndim))
    dtype = np.result_type(_as_float(x), _as_float(k)) if transformed and not both_bool else None
    return _run(_native.convolve, x, k, mode, axes=chosen, dtype=dtype)


def oaconvolve(
    in1: ArrayLike,
    in2: ArrayLike,
    mode: _Mode = "full",
    axes: SupportsIndex | Sequence[SupportsIndex] | None = None,
) -> Any:
    """Convolve two arrays along some axes, as `scipy.signal.oaconvolve`.

    Parameters
    ----------
    in1, in2, mode, axes
        As in `fftconvolve`.

    Returns
    -------
    numpy.ndarray
        The convolution; float64 where both are integers.

    Raises
    ------
    ValueError, TypeError
        As `fftconvolve`.

    Examples
    --------
    >>> from convolver import signal
    >>> signal.oaconvolve([1, 2, 3, 4], [1, 1])
    array([1., 3., 5., 7., 4.])
    """
    return fftconvolve(in1, in2, mode, axes)


def _two_dimensional(in1: ArrayLike, in2: ArrayLike, mode: str, boundary: str, fillvalue: Any) -> Any:
    x, k = _operands(in1, in2, mode)
    if x.ndim != 2:
        raise ValueError(f"in1 and in2 have {x.ndim} dimensions; both need 2 (convolver.convolve takes any number)")
    word = _BOUNDARIES[_one_of("boundary", boundary, tuple(_BOUNDARIES))]
    options: dict[str, Any] = {"boundary": word}
    if word == "constant":
        if np.size(fillvalue) != 1:
            raise ValueError(f"fillvalue has {np.size(fillvalue)} elements; it must be one number")
        options["fill"] = np.asarray(fillvalue).reshape(()).item()
        if not isinstance(options["fill"], bool | int | float | complex):
            raise ValueError(f"fillvalue must be a number, not {type(fillvalue).__name__}")
    return x, k, options


def convolve2d(
    in1: ArrayLike,
    in2: ArrayLike,
    mode: _Mode = "full",
    boundary: _Boundary = "fill",
    fillvalue: Any = 0,
) -> NDArray[Any]:
    """Convolve two images, as `scipy.signal.convolve2d`.

    Parameters
    ----------
    in1, in2 : array_like
        Two-dimensional arrays.
    mode : {"full", "valid", "same"}
        As in `convolve`.
    boundary : {"fill", "wrap", "symm"}
        What stands around ``in1``.
    fillvalue : number
        The value of the boundary "fill".

    Returns
    -------
    numpy.ndarray
        The convolution, of type ``numpy.result_type(in1, in2)``.

    Raises
    ------
    ValueError, TypeError
        As `convolve`; and if ``fillvalue`` is no number that the result's
        type holds.

    Examples
    --------
    >>> from convolver import signal
    >>> signal.convolve2d([[1, 2], [3, 4]], [[1, 1]], "same", boundary="wrap")
    array([[3, 3],
           [7, 7]])
    """
    x, k, options = _two_dimensional(in1, in2, mode, boundary, fillvalue)
    return _run(_native.convolve, x, k, mode, **options)  # type: ignore[no-any-return]


def correlate2d(
    in1: ArrayLike,
    in2: ArrayLike,
    mode: _Mode = "full",
    boundary: _Boundary = "fill",
    fillvalue: Any = 0,
) -> NDArray[Any]:
    """Correlate two images, as `scipy.signal.correlate2d`.

    Parameters
    ----------
    in1, in2 : array_like
        Two-dimensional arrays; ``in2`` is conjugated.
    mode, boundary, fillvalue
        As in `convolve2d`. With an even ``in2``, "same" begins one lag later
        than in `correlate`.

    Returns
    -------
    numpy.ndarray
        The correlation, of type ``numpy.result_type(in1, in2)``.

    Raises
    ------
    ValueError, TypeError
        As `convolve2d`.

    Examples
    --------
    >>> from convolver import signal
    >>> signal.correlate2d([[1, 2, 3, 4]], [[1, 10]], "same")
    array([[21, 32, 43,  4]])
    """
    x, k, options = _two_dimensional(in1, in2, mode, boundary, fillvalue)
    return _run(_native.correlate, x, k, "same_upper" if mode == "same" else mode, **options)  # type: ignore[no-any-return]


@overload
def choose_conv_method(
    in1: ArrayLike, in2: ArrayLike, mode: _Mode = "full", measure: Literal[False] = False
) -> str: ...
@overload
def choose_conv_method(
    in1: ArrayLike, in2: ArrayLike, mode: _Mode, measure: Literal[True]
) -> tuple[str, dict[str, float]]: ...
def choose_conv_method(
    in1: ArrayLike, in2: ArrayLike, mode: _Mode = "full", measure: bool = False
) -> str | tuple[str, dict[str, float]]:
    """Say whether `convolve` would sum or transform, as `scipy.signal.choose_conv_method`.

    Parameters
    ----------
    in1, in2, mode
        As in `convolve`.
    measure : bool
        Time the algorithms instead of predicting.

    Returns
    -------
    method : {"direct", "fft"}
        The family of the fastest algorithm. `convolver.explain` names it.
    times : dict of float
        Seconds for each family, where ``measure`` is true; infinite where
        none of its algorithms can do it.

    Raises
    ------
    ValueError, TypeError
        As `convolve`.

    Examples
    --------
    >>> import numpy
    >>> from convolver import signal
    >>> signal.choose_conv_method(numpy.ones(1000), numpy.ones(3))
    'direct'
    """
    x, k = _operands(in1, in2, mode)
    candidates = _run(_native.explain, np.atleast_1d(x), np.atleast_1d(k), mode).candidates
    if not measure:
        return next(_family(candidate.name) for candidate in candidates if candidate.chosen)
    times = dict.fromkeys(("fft", "direct"), float("inf"))
    for candidate in candidates:
        if candidate.refusal is None:
            start = perf_counter()
            _run(_native.convolve, np.atleast_1d(x), np.atleast_1d(k), mode, method=candidate.name)
            family = _family(candidate.name)
            times[family] = min(times[family], perf_counter() - start)
    return min(times, key=times.__getitem__), times


def _family(algorithm: str) -> str:
    return "fft" if "fft" in algorithm or "overlap" in algorithm else "direct"


def correlation_lags(in1_len: int, in2_len: int, mode: _Mode = "full") -> NDArray[Any]:
    """Return the lags of the outputs of `correlate`, as `scipy.signal.correlation_lags`.

    Parameters
    ----------
    in1_len, in2_len : int
        Lengths of the two arrays along an axis.
    mode : {"full", "valid", "same"}
        As in `correlate`.

    Returns
    -------
    numpy.ndarray
        How far ``in2`` was moved along ``in1`` for each output.

    Raises
    ------
    ValueError
        If the mode is not known.

    Examples
    --------
    >>> from convolver import signal
    >>> signal.correlation_lags(3, 2)
    array([-1,  0,  1,  2])
    """
    if mode not in ("full", "valid", "same"):
        raise ValueError(f"Mode {mode} is invalid; use one of 'full', 'valid', 'same'")
    if mode == "full":
        return np.arange(1 - in2_len, in1_len)
    if mode == "same":
        return np.arange(-(in2_len // 2), in1_len - in2_len // 2)
    return np.arange(min(0, in1_len - in2_len), max(0, in1_len - in2_len) + 1)


def upfirdn(
    h: ArrayLike,
    x: ArrayLike,
    up: int = 1,
    down: int = 1,
    axis: int = -1,
    mode: str = "constant",
    cval: float = 0,
) -> NDArray[Any]:
    """Insert zeros, filter and keep every so-manieth output, as `scipy.signal.upfirdn`.

    Parameters
    ----------
    h : array_like
        The filter, one-dimensional.
    x : array_like
        The input.
    up : int
        Distance between the samples of ``x`` before filtering.
    down : int
        Every ``down``-th output is kept.
    axis : int
        The axis to filter along.
    mode : str
        How ``x`` goes on past its ends: "constant", "symmetric", "edge",
        "smooth", "wrap", "reflect", "antisymmetric", "antireflect" or "line".
    cval : number
        The value of the mode "constant".

    Returns
    -------
    numpy.ndarray
        The result; float64 for 64-bit integers, float32 for smaller ones.

    Raises
    ------
    ValueError
        If ``h`` is not one-dimensional or empty, a step is less than 1, or
        ``axis`` or ``mode`` is not known.
    TypeError
        If an array holds objects, long doubles or no numbers.

    Examples
    --------
    >>> from convolver import signal
    >>> signal.upfirdn([0.5, 1, 0.5], [1.0, 2.0, 3.0], up=2)
    array([0.5, 1. , 1.5, 2. , 2.5, 3. , 1.5])
    """
    taps, samples = np.asarray(h), np.asarray(x)
    if taps.ndim != 1 or taps.size == 0:
        raise ValueError(f"h has shape {taps.shape}; it must have one dimension and at least one tap")
    up, down = int(up), int(down)
    if up < 1 or down < 1:
        raise ValueError(f"up is {up} and down is {down}; both must be at least 1")
    axis = operator.index(axis)
    if not -samples.ndim <= axis < samples.ndim:
        raise ValueError(f"axis={axis} is not an axis of x, which has {samples.ndim} dimensions")
    boundary = _one_of("mode", mode.lower() if isinstance(mode, str) else mode, _EXTENSIONS)
    names = [f"a{number}" for number in range(samples.ndim)]
    names[axis] = "[t]"
    term = " ".join(names)
    natural = np.result_type(taps, samples)
    kept = natural in (np.dtype(bool), np.dtype(np.float16)) or natural.kind not in "iufc"
    try:
        return _native._einconv_spread(
            f"{term}, [t] -> {term}",
            samples,
            taps,
            up,
            flip=True,
            stride=down,
            padding=taps.size - 1,
            boundary=boundary,
            fill=cval,
            dtype=None if kept else np.result_type(natural, np.float32),
        )
    except (TypeError, ValueError) as error:
        raise renamed(error, k="h") from None
