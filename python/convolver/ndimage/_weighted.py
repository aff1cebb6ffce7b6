"""Filters with weights of the caller's."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convolver.ndimage._filters import (
    Axes,
    FilterError,
    Mode,
    Output,
    axes_of,
    axis_of,
    boundary_of,
    each,
    line,
    low_of,
    run,
)


def _whole(
    input: ArrayLike, weights: ArrayLike, output: Output, mode: Mode, cval: Any, origin: Any, axes: Axes, flip: bool
) -> NDArray[Any]:
    x, kernel = np.asarray(input), np.asarray(weights)
    numbers = axes_of(axes, x)
    if kernel.ndim != len(numbers) or kernel.size == 0:
        raise FilterError(f"weights has shape {kernel.shape}; it needs {len(numbers)} dimensions, none of length 0")
    origins, modes = each("origin", origin, len(numbers)), each("mode", mode, len(numbers))
    # Modes belong to the axes as they were named, the axes of the weights to those of the input in order. Origins
    # belong to the axes as they were named where some are, and in order where all are, as in SciPy.
    ordered = tuple(sorted(numbers))
    origin_of = dict(zip(ordered if len(numbers) == x.ndim else numbers, origins, strict=True))
    mode_of = dict(zip(numbers, modes, strict=True))
    low = tuple(low_of(taps, origin_of[axis], flip) for taps, axis in zip(kernel.shape, ordered, strict=True))
    boundaries = tuple(boundary_of(mode_of[axis]) for axis in ordered)
    return run(x, [[(ordered, kernel, flip, low, boundaries, 1)]], output, cval)


def correlate(
    input: ArrayLike,
    weights: ArrayLike,
    output: Output = None,
    mode: Mode = "reflect",
    cval: Any = 0.0,
    origin: int | Sequence[int] = 0,
    *,
    axes: Axes = None,
) -> NDArray[Any]:
    """Correlate an array with weights, as `scipy.ndimage.correlate`.

    Parameters
    ----------
    input : array_like
        The array.
    weights : array_like
        As many dimensions as there are axes, in the order of the input's.
        They are conjugated.
    output : array or dtype, optional
        Where to write, or the type of a new array; that of ``input`` if not
        given, complex if it must be.
    mode : str or sequence of str
        What continues the axes: one for all or one for each.
    cval : number
        The value of the mode "constant".
    origin : int or sequence of int
        How far the window is moved back.
    axes : int or sequence of int, optional
        The axes to filter; all of them if not given. Sequences for ``mode``
        and ``origin`` have their order.

    Returns
    -------
    numpy.ndarray
        The result, of the shape of ``input``.

    Raises
    ------
    ValueError
        If shapes, axes, a mode or an origin are wrong; a `RuntimeError` too.
    TypeError
        If an array holds objects, long doubles or no numbers, or a real
        ``output`` is given for a complex result; a `RuntimeError` too.

    Examples
    --------
    >>> from convolver import ndimage
    >>> ndimage.correlate([1, 2, 3, 4], [1, 10])
    array([11, 21, 32, 43])
    """
    return _whole(input, weights, output, mode, cval, origin, axes, False)


def convolve(
    input: ArrayLike,
    weights: ArrayLike,
    output: Output = None,
    mode: Mode = "reflect",
    cval: Any = 0.0,
    origin: int | Sequence[int] = 0,
    *,
    axes: Axes = None,
) -> NDArray[Any]:
    """Convolve an array with weights, as `scipy.ndimage.convolve`.

    Parameters
    ----------
    input, weights, output, mode, cval, origin, axes
        As in `correlate`. A positive origin moves the window forth, and
        nothing is conjugated.

    Returns
    -------
    numpy.ndarray
        The result, of the shape of ``input``.

    Raises
    ------
    ValueError, TypeError
        As `correlate`.

    Examples
    --------
    >>> from convolver import ndimage
    >>> ndimage.convolve([1, 2, 3, 4], [1, 10], mode="constant")
    array([12, 23, 34, 40])
    """
    return _whole(input, weights, output, mode, cval, origin, axes, True)


def _along(
    input: ArrayLike, weights: ArrayLike, axis: int, output: Output, mode: str, cval: Any, origin: int, flip: bool
) -> NDArray[Any]:
    x, kernel = np.asarray(input), np.asarray(weights)
    if kernel.ndim != 1 or kernel.size == 0:
        raise FilterError(f"weights has shape {kernel.shape}; it needs one dimension and at least one tap")
    number = axis_of(axis, x)
    return run(x, [[line(number, kernel, low_of(kernel.size, origin, flip), mode, flip=flip)]], output, cval)


def correlate1d(
    input: ArrayLike,
    weights: ArrayLike,
    axis: int = -1,
    output: Output = None,
    mode: str = "reflect",
    cval: Any = 0.0,
    origin: int = 0,
) -> NDArray[Any]:
    """Correlate along one axis, as `scipy.ndimage.correlate1d`.

    Parameters
    ----------
    input, output, mode, cval, origin
        As in `correlate`.
    weights : array_like
        One-dimensional. They are conjugated.
    axis : int
        The axis to filter along.

    Returns
    -------
    numpy.ndarray
        The result, of the shape of ``input``.

    Raises
    ------
    ValueError, TypeError
        As `correlate`.

    Examples
    --------
    >>> from convolver import ndimage
    >>> ndimage.correlate1d([1, 2, 3, 4], [1, 2, -1])
    array([1, 2, 4, 7])
    """
    return _along(input, weights, axis, output, mode, cval, origin, False)


def convolve1d(
    input: ArrayLike,
    weights: ArrayLike,
    axis: int = -1,
    output: Output = None,
    mode: str = "reflect",
    cval: Any = 0.0,
    origin: int = 0,
) -> NDArray[Any]:
    """Convolve along one axis, as `scipy.ndimage.convolve1d`.

    Parameters
    ----------
    input, weights, axis, output, mode, cval, origin
        As in `correlate1d`. A positive origin moves the window forth, and
        nothing is conjugated.

    Returns
    -------
    numpy.ndarray
        The result, of the shape of ``input``.

    Raises
    ------
    ValueError, TypeError
        As `correlate`.

    Examples
    --------
    >>> from convolver import ndimage
    >>> ndimage.convolve1d([1, 2, 3, 4], [1, 2, -1])
    array([3, 6, 8, 9])
    """
    return _along(input, weights, axis, output, mode, cval, origin, True)
