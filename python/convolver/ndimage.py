"""The linear filters of `scipy.ndimage` on the engine: SciPy's names, signatures, defaults and types.

Every function takes ``mode`` ("reflect", "mirror", "nearest", "wrap", "constant" and their "grid-" names), ``cval`` for
"constant", and ``output``: a type, or an array that may be the input itself. Errors are a `RuntimeError`, as SciPy's,
and a `ValueError` or `TypeError` too.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convolver._filters import (
    Axes,
    FilterError,
    Mode,
    Output,
    Pass,
    axes_of,
    axis_of,
    boundary_of,
    each,
    gaussian,
    line,
    low_of,
    run,
)

__all__ = [
    "convolve",
    "convolve1d",
    "correlate",
    "correlate1d",
    "gaussian_filter",
    "gaussian_filter1d",
    "gaussian_gradient_magnitude",
    "gaussian_laplace",
    "laplace",
    "prewitt",
    "sobel",
    "uniform_filter",
    "uniform_filter1d",
]


def _whole(
    input: ArrayLike, weights: ArrayLike, output: Output, mode: Mode, cval: Any, origin: Any, axes: Axes, flip: bool
) -> NDArray[Any]:
    x, kernel = np.asarray(input), np.asarray(weights)
    numbers = axes_of(axes, x)
    if kernel.ndim != len(numbers) or kernel.size == 0:
        raise FilterError(f"weights has shape {kernel.shape}; it needs {len(numbers)} dimensions, none of length 0")
    origins, modes = each("origin", origin, len(numbers)), each("mode", mode, len(numbers))
    # Origins and modes belong to the axes as they were named, the axes of the weights to those of the input in order.
    sides = dict(zip(numbers, zip(origins, modes, strict=True), strict=True))
    ordered = tuple(sorted(numbers))
    low = tuple(low_of(taps, sides[axis][0], flip) for taps, axis in zip(kernel.shape, ordered, strict=True))
    boundaries = tuple(boundary_of(sides[axis][1]) for axis in ordered)
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


def _mean(axis: int, size: int, mode: object, origin: Any) -> Pass:
    taps = int(size)
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


def _gaussians(numbers: tuple[int, ...], sigma: Any, order: Any, mode: Any, truncate: float, radius: Any) -> list[Pass]:
    named = {"sigma": sigma, "order": order, "mode": mode, "radius": radius}
    sigmas, orders, modes, radii = (each(name, value, len(numbers)) for name, value in named.items())
    choices = zip(numbers, sigmas, orders, modes, radii, strict=True)
    return [
        gaussian(axis, width, derivative, word, truncate, reach)
        for axis, width, derivative, word, reach in choices
        if width > 1e-15
    ]


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
    return run(x, [_gaussians(axes_of(axes, x), sigma, order, mode, truncate, radius)], output, cval)


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
        return _gaussians(everywhere, widths, orders, word, truncate, radius)

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
