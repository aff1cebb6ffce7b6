"""Convolution and correlation of any number of axes."""

import operator
from collections.abc import Sequence
from typing import Any, Literal, SupportsIndex, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convolver import _native
from convolver.signal._operands import Mode, one_of, operands, run

_Method: TypeAlias = Literal["auto", "direct", "fft"]


_METHODS = {"auto": "auto", "direct": "direct", "fft": "auto"}


def convolve(in1: ArrayLike, in2: ArrayLike, mode: Mode = "full", method: _Method = "auto") -> Any:
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
    x, k = operands(in1, in2, mode)
    return run(_native.convolve, x, k, mode, method=_METHODS[one_of("method", method, tuple(_METHODS))])


def correlate(in1: ArrayLike, in2: ArrayLike, mode: Mode = "full", method: _Method = "auto") -> Any:
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
    x, k = operands(in1, in2, mode)
    return run(_native.correlate, x, k, mode, method=_METHODS[one_of("method", method, tuple(_METHODS))])


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
    mode: Mode = "full",
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
    x, k = operands(in1, in2, mode)
    if x.ndim and 0 in (x.size, k.size):
        return np.zeros(0)
    chosen = _axes(axes, x.ndim)
    both_bool = x.dtype == bool and k.dtype == bool
    # SciPy multiplies, and keeps integers, where no axis needs a transform.
    transformed = any(x.shape[axis] != 1 != k.shape[axis] for axis in chosen or range(x.ndim))
    dtype = np.result_type(_as_float(x), _as_float(k)) if transformed and not both_bool else None
    return run(_native.convolve, x, k, mode, axes=chosen, dtype=dtype)


def oaconvolve(
    in1: ArrayLike,
    in2: ArrayLike,
    mode: Mode = "full",
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
