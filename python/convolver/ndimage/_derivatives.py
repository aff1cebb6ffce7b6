"""First and second derivatives."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convolver.ndimage._filters import (
    Axes,
    Mode,
    Output,
    Pass,
    axes_of,
    axis_of,
    each,
    gaussians,
    line,
    run,
)


def _difference(input: ArrayLike, axis: int, output: Output, mode: Mode, cval: Any, smooth: list[int]) -> NDArray[Any]:
    x = np.asarray(input)
    number = axis_of(axis, x)
    modes = each("mode", mode, x.ndim)
    others = [line(other, smooth, 1, modes[other]) for other in range(x.ndim) if other != number]
    return run(x, [[line(number, [-1, 0, 1], 1, modes[number]), *others]], output, cval)


def sobel(
    input: ArrayLike, axis: int = -1, output: Output = None, mode: Mode = "reflect", cval: Any = 0.0
) -> NDArray[Any]:
    """Differentiate along an axis and smooth along the others, as `scipy.ndimage.sobel`.

    Parameters
    ----------
    input, output, mode, cval
        As in `correlate`.
    axis : int
        The axis to differentiate along.

    Returns
    -------
    numpy.ndarray
        The result; integers modulo 2ⁿ, so give unsigned images a signed
        ``output``.

    Raises
    ------
    ValueError, TypeError
        As `correlate`.

    Examples
    --------
    >>> from convolver import ndimage
    >>> ndimage.sobel([[1, 2, 4], [1, 2, 4], [1, 2, 4]])
    array([[ 4, 12,  8],
           [ 4, 12,  8],
           [ 4, 12,  8]])
    """
    return _difference(input, axis, output, mode, cval, [1, 2, 1])


def prewitt(
    input: ArrayLike, axis: int = -1, output: Output = None, mode: Mode = "reflect", cval: Any = 0.0
) -> NDArray[Any]:
    """Differentiate along an axis and sum along the others, as `scipy.ndimage.prewitt`.

    Parameters
    ----------
    input, axis, output, mode, cval
        As in `sobel`.

    Returns
    -------
    numpy.ndarray
        The result, as of `sobel`.

    Raises
    ------
    ValueError, TypeError
        As `correlate`.

    Examples
    --------
    >>> from convolver import ndimage
    >>> ndimage.prewitt([[1, 2, 4], [1, 2, 4], [1, 2, 4]])
    array([[3, 9, 6],
           [3, 9, 6],
           [3, 9, 6]])
    """
    return _difference(input, axis, output, mode, cval, [1, 1, 1])


def laplace(
    input: ArrayLike,
    output: Output = None,
    mode: Mode = "reflect",
    cval: Any = 0.0,
    *,
    axes: Axes = None,
) -> NDArray[Any]:
    """Sum the second differences along the axes, as `scipy.ndimage.laplace`.

    Parameters
    ----------
    input, output, mode, cval, axes
        As in `correlate`.

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
    >>> ndimage.laplace([[0, 0, 0], [0, 1, 0], [0, 0, 0]])
    array([[ 0,  1,  0],
           [ 1, -4,  1],
           [ 0,  1,  0]])
    """
    x = np.asarray(input)
    numbers = axes_of(axes, x)
    modes = each("mode", mode, len(numbers))
    terms = [[line(axis, [1, -2, 1], 1, word)] for axis, word in zip(numbers, modes, strict=True)]
    return run(x, terms or [[]], output, cval)


def _derivatives(
    x: NDArray[Any], sigma: Any, order: int, mode: Mode, axes: Axes, options: dict[str, Any]
) -> list[list[Pass]]:
    """For each axis a Gaussian over all of them that differentiates along it."""
    numbers = axes_of(axes, x)
    sigmas, modes = each("sigma", sigma, len(numbers)), each("mode", mode, len(numbers))
    widths = [0.0] * x.ndim
    for axis, width in zip(numbers, sigmas, strict=True):
        widths[axis] = width
    everywhere = tuple(range(x.ndim))
    truncate, radius = options.pop("truncate", 4.0), options.pop("radius", None)
    if options:
        raise TypeError(f"{next(iter(options))!r} is not an argument of this filter; use truncate= or radius=")

    def term(axis: int, word: str) -> list[Pass]:
        orders = [order if other == axis else 0 for other in everywhere]
        return gaussians(everywhere, widths, orders, word, truncate, radius)

    return [term(axis, word) for axis, word in zip(numbers, modes, strict=True)] or [[]]


def gaussian_laplace(
    input: ArrayLike,
    sigma: float | Sequence[float],
    output: Output = None,
    mode: Mode = "reflect",
    cval: Any = 0.0,
    *,
    axes: Axes = None,
    **kwargs: Any,
) -> NDArray[Any]:
    """Sum the second derivatives of a smoothed array, as `scipy.ndimage.gaussian_laplace`.

    Parameters
    ----------
    input, output, mode, cval, axes
        As in `correlate`.
    sigma : float or sequence of float
        As in `gaussian_filter`.
    **kwargs
        ``truncate`` and ``radius``, as in `gaussian_filter`.

    Returns
    -------
    numpy.ndarray
        The result, of the shape of ``input``.

    Raises
    ------
    ValueError, TypeError
        As `gaussian_filter`.

    Examples
    --------
    >>> from convolver import ndimage
    >>> ndimage.gaussian_laplace([0.0, 0.0, 1.0, 0.0, 0.0], 1.0).round(3)
    array([ 0.197,  0.002, -0.399,  0.002,  0.197])
    """
    x = np.asarray(input)
    return run(x, _derivatives(x, sigma, 2, mode, axes, kwargs), output, cval)


def gaussian_gradient_magnitude(
    input: ArrayLike,
    sigma: float | Sequence[float],
    output: Output = None,
    mode: Mode = "reflect",
    cval: Any = 0.0,
    *,
    axes: Axes = None,
    **kwargs: Any,
) -> NDArray[Any]:
    """Take the length of the gradient of a smoothed array, as `scipy.ndimage.gaussian_gradient_magnitude`.

    Parameters
    ----------
    input, sigma, output, mode, cval, axes, **kwargs
        As in `gaussian_laplace`.

    Returns
    -------
    numpy.ndarray
        The result, of the shape of ``input``.

    Raises
    ------
    ValueError, TypeError
        As `gaussian_filter`.

    Examples
    --------
    >>> from convolver import ndimage
    >>> ndimage.gaussian_gradient_magnitude([0.0, 0.0, 1.0, 1.0, 1.0], 1.0).round(3)
    array([0.108, 0.363, 0.364, 0.122, 0.013])
    """
    x = np.asarray(input)
    return run(x, _derivatives(x, sigma, 1, mode, axes, kwargs), output, cval, magnitude=len(axes_of(axes, x)) > 0)
