"""`numpy.convolve` and `numpy.correlate` on the engine: NumPy's names, signatures, defaults and types."""

import operator
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convolver import _native
from convolver._errors import renamed

__all__ = ["convolve", "correlate"]

_Mode: TypeAlias = Literal["valid", "same", "full"]


_MODES: tuple[_Mode, ...] = ("valid", "same", "full")


def _operands(a: ArrayLike, v: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
    arrays = np.atleast_1d(a), np.atleast_1d(v)
    for name, array in zip("av", arrays, strict=True):
        if array.ndim != 1:
            raise ValueError(
                f"{name} has {array.ndim} dimensions; it needs one (convolver.convolve takes any number, with axes=)"
            )
        if array.size == 0:
            raise ValueError(f"{name} cannot be empty; give at least one number")
    return arrays


def _word(mode: Any) -> _Mode:
    """Return the mode by its name; NumPy numbers them too."""
    for word in _MODES:
        if mode == word:
            return word
    if not isinstance(mode, str) and not hasattr(mode, "__index__"):
        raise TypeError(f"mode must be a string, not {type(mode).__name__}")
    if not isinstance(mode, str) and 0 <= operator.index(mode) < len(_MODES):
        return _MODES[operator.index(mode)]
    raise ValueError(f'mode={mode!r} is not known; use one of "full", "same", "valid"')


def convolve(a: ArrayLike, v: ArrayLike, mode: _Mode = "full") -> NDArray[Any]:
    """Convolve two sequences, as `numpy.convolve`.

    Parameters
    ----------
    a, v : array_like
        One-dimensional. The longer one is taken for the input.
    mode : {"full", "same", "valid"}
        Which outputs are computed; "same" has the length of the longer one.

    Returns
    -------
    numpy.ndarray
        The convolution, of type ``numpy.result_type(a, v)``.

    Raises
    ------
    ValueError
        If one is empty or has more dimensions than one, or the mode is not
        known.
    TypeError
        If one holds objects, long doubles or no numbers.

    Examples
    --------
    >>> from convolver.numpy import convolve
    >>> convolve([1, 2, 3], [0, 1, 0.5])
    array([0. , 1. , 2.5, 4. , 1.5])
    """
    (x, k), word = _operands(a, v), _word(mode)
    names = {"x": "a", "k": "v"}
    if k.size > x.size:
        x, k, names = k, x, {"x": "v", "k": "a"}
    try:
        return _native.convolve(x, k, word)
    except (TypeError, ValueError) as error:
        raise renamed(error, **names) from None


def correlate(a: ArrayLike, v: ArrayLike, mode: _Mode = "valid") -> NDArray[Any]:
    """Correlate two sequences, as `numpy.correlate`.

    Parameters
    ----------
    a, v : array_like
        One-dimensional. ``v`` is conjugated.
    mode : {"valid", "same", "full"}
        Which outputs are computed; "same" has the length of the longer one.

    Returns
    -------
    numpy.ndarray
        The correlation, of type ``numpy.result_type(a, v)``.

    Raises
    ------
    ValueError, TypeError
        As `convolve`.

    Examples
    --------
    >>> from convolver.numpy import correlate
    >>> correlate([1, 2, 3], [0, 1, 0.5], "same")
    array([2. , 3.5, 3. ])
    """
    for name, operand in (("a", a), ("v", v)):
        if np.ndim(operand) == 0:
            raise ValueError(f"{name} has no dimensions; it needs one")
    (x, k), word = _operands(a, v), _word(mode)
    try:
        if word == "same" and k.size > x.size:
            # NumPy centres the lags of v against a, then turns them round.
            high = k.size - x.size + x.size // 2
            return _native.correlate(x, k, padding=((k.size - 1 - x.size // 2, high),))
        return _native.correlate(x, k, word)
    except (TypeError, ValueError) as error:
        raise renamed(error, x="a", k="v") from None
