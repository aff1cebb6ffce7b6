"""Means of boxes, and Gaussians."""

from collections.abc import Sequence
from operator import index
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convolver.ndimage._filters import (
    Axes,
    FilterError,
    Mode,
    Output,
    Pass,
    axes_of,
    axis_of,
    each,
    gaussian,
    gaussians,
    line,
    low_of,
    run,
)


def _mean(axis: int, size: int, mode: object, origin: Any) -> Pass:
    taps = index(size)
    if taps < 1:
        raise FilterError(f"size={size} is no window; it must be at least 1")
    return line(axis, np.ones(taps), low_of(taps, origin, False), mode, divisor=taps)


def uniform_filter1d(
    input: ArrayLike,
    size: int,
    axis: int = -1,
    output: Output = None,
    mode: str = "reflect",
    cval: Any = 0.0,
    origin: int = 0,
) -> NDArray[Any]:
    """Take the mean of a window along one axis, as `scipy.ndimage.uniform_filter1d`.

    Parameters
    ----------
    input, output, mode, cval, origin
        As in `correlate`.
    size : int
        Length of the window.
    axis : int
        The axis to filter along.

    Returns
    -------
    numpy.ndarray
        The means; cut towards zero where the result is an integer.

    Raises
    ------
    ValueError, TypeError
        As `correlate`; and if the size is less than 1.

    Examples
    --------
    >>> from convolver import ndimage
    >>> ndimage.uniform_filter1d([1.0, 2.0, 6.0, 7.0], 3)
    array([1.33333333, 3.        , 5.        , 6.66666667])
    """
    x = np.asarray(input)
    return run(x, [[_mean(axis_of(axis, x), size, mode, origin)]], output, cval)


def uniform_filter(
    input: ArrayLike,
    size: int | Sequence[int] = 3,
    output: Output = None,
    mode: Mode = "reflect",
    cval: Any = 0.0,
    origin: int | Sequence[int] = 0,
    *,
    axes: Axes = None,
) -> NDArray[Any]:
    """Take the mean of a box, as `scipy.ndimage.uniform_filter`.

    Parameters
    ----------
    input, output, mode, cval, origin, axes
        As in `correlate`.
    size : int or sequence of int
        Length of the box: one for all axes or one for each.

    Returns
    -------
    numpy.ndarray
        The means, axis by axis; cut towards zero after each where the result
        is an integer.

    Raises
    ------
    ValueError, TypeError
        As `correlate`.

    Examples
    --------
    >>> from convolver import ndimage
    >>> ndimage.uniform_filter([[0.0, 0.0, 0.0], [0.0, 9.0, 0.0], [0.0, 0.0, 0.0]])
    array([[1., 1., 1.],
           [1., 1., 1.],
           [1., 1., 1.]])
    """
    x = np.asarray(input)
    numbers = axes_of(axes, x)
    choices = [each(name, value, len(numbers)) for name, value in (("size", size), ("mode", mode), ("origin", origin))]
    passes = [_mean(*choice) for choice in zip(numbers, *choices, strict=True) if choice[1] > 1]
    return run(x, [passes], output, cval)


def gaussian_filter1d(
    input: ArrayLike,
    sigma: float,
    axis: int = -1,
    order: int = 0,
    output: Output = None,
    mode: str = "reflect",
    cval: Any = 0.0,
    truncate: float = 4.0,
    *,
    radius: int | None = None,
) -> NDArray[Any]:
    """Smooth along one axis, as `scipy.ndimage.gaussian_filter1d`.

    Parameters
    ----------
    input, output, mode, cval
        As in `correlate`.
    sigma : float
        Standard deviation of the Gaussian.
    axis : int
        The axis to filter along.
    order : int
        Order of the derivative that is taken.
    truncate : float
        Where the Gaussian is cut off, in standard deviations.
    radius : int, optional
        The same in samples; ``truncate`` is not looked at then.

    Returns
    -------
    numpy.ndarray
        The result, of the shape of ``input``.

    Raises
    ------
    ValueError, TypeError
        As `correlate`; and if the order or the radius is negative.

    Examples
    --------
    >>> from convolver import ndimage
    >>> ndimage.gaussian_filter1d([0.0, 0.0, 1.0, 0.0, 0.0], 0.5).round(3)
    array([0.   , 0.106, 0.787, 0.106, 0.   ])
    """
    x = np.asarray(input)
    return run(x, [[gaussian(axis_of(axis, x), sigma, order, mode, truncate, radius)]], output, cval)


def gaussian_filter(
    input: ArrayLike,
    sigma: float | Sequence[float],
    order: int | Sequence[int] = 0,
    output: Output = None,
    mode: Mode = "reflect",
    cval: Any = 0.0,
    truncate: float = 4.0,
    *,
    radius: int | Sequence[int] | None = None,
    axes: Axes = None,
) -> NDArray[Any]:
    """Smooth with a Gaussian, as `scipy.ndimage.gaussian_filter`.

    Parameters
    ----------
    input, output, mode, cval, axes
        As in `correlate`.
    sigma, order, radius
        As in `gaussian_filter1d`: one for all axes or one for each. Axes with
        a sigma of 0 are left as they are.
    truncate : float
        Where the Gaussian is cut off, in standard deviations.

    Returns
    -------
    numpy.ndarray
        The result, of the shape of ``input``; cut towards zero after each
        axis where it is an integer.

    Raises
    ------
    ValueError, TypeError
        As `gaussian_filter1d`.

    Examples
    --------
    >>> from convolver import ndimage
    >>> ndimage.gaussian_filter([[10, 10, 10], [10, 90, 10], [10, 10, 10]], 0.5)
    array([[10, 16, 10],
           [16, 58, 16],
           [10, 16, 10]])
    """
    x = np.asarray(input)
    return run(x, [gaussians(axes_of(axes, x), sigma, order, mode, truncate, radius)], output, cval)
