"""Convolution and correlation of images."""

from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convolver import _native
from convolver.signal._operands import Mode, one_of, operands, run

_Boundary: TypeAlias = Literal["fill", "pad", "wrap", "circular", "symm", "symmetric"]


_BOUNDARIES = {
    "fill": "constant",
    "pad": "constant",
    "wrap": "wrap",
    "circular": "wrap",
    "symm": "symmetric",
    "symmetric": "symmetric",
}


def _two_dimensional(in1: ArrayLike, in2: ArrayLike, mode: str, boundary: str, fillvalue: Any) -> Any:
    x, k = operands(in1, in2, mode)
    if x.ndim != 2:
        raise ValueError(f"in1 and in2 have {x.ndim} dimensions; both need 2 (convolver.convolve takes any number)")
    word = _BOUNDARIES[one_of("boundary", boundary, tuple(_BOUNDARIES))]
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
    mode: Mode = "full",
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
    return run(_native.convolve, x, k, mode, **options)  # type: ignore[no-any-return]


def correlate2d(
    in1: ArrayLike,
    in2: ArrayLike,
    mode: Mode = "full",
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
    return run(_native.correlate, x, k, "same_upper" if mode == "same" else mode, **options)  # type: ignore[no-any-return]
