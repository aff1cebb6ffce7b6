"""What the functions of `convolver.ndimage` share: their arguments read, and filters handed to the engine."""

import operator
import warnings
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from convolver import _native

__all__ = ["FilterError", "FilterTypeError"]

Output: TypeAlias = NDArray[Any] | DTypeLike | None
Mode: TypeAlias = str | Sequence[str]
Axes: TypeAlias = int | Sequence[int] | None
# Axes, weights, whether they are flipped, samples before an output's own, boundaries, and what sums are divided by.
Pass: TypeAlias = tuple[tuple[int, ...], NDArray[Any], bool, tuple[int, ...], tuple[str, ...], float]

_BOUNDARIES = {
    "reflect": "symmetric",
    "grid-mirror": "symmetric",
    "mirror": "reflect",
    "nearest": "edge",
    "wrap": "wrap",
    "grid-wrap": "wrap",
    "constant": "constant",
    "grid-constant": "constant",
}


class FilterError(ValueError, RuntimeError):
    """A wrong value given to a filter; a `RuntimeError` too, as SciPy raises."""


class FilterTypeError(TypeError, RuntimeError):
    """A wrong type given to a filter; a `RuntimeError` too, as SciPy raises."""


def boundary_of(mode: object) -> str:
    if isinstance(mode, str) and mode in _BOUNDARIES:
        return _BOUNDARIES[mode]
    raise FilterError(f"mode={mode!r} is not known; use one of {', '.join(map(repr, _BOUNDARIES))}")


def axis_of(axis: int, x: NDArray[Any]) -> int:
    number = operator.index(axis)
    if not -x.ndim <= number < x.ndim:
        raise np.exceptions.AxisError(number, x.ndim, "axis is wrong")
    return number % x.ndim


def axes_of(axes: Axes, x: NDArray[Any]) -> tuple[int, ...]:
    if axes is None:
        return tuple(range(x.ndim))
    if not isinstance(axes, Iterable):
        axes = (axes,)
    numbers = tuple(operator.index(axis) for axis in axes)
    for number in numbers:
        if not -x.ndim <= number < x.ndim:
            raise FilterError(f"axes={number} is out of range: input has {x.ndim} dimensions")
    counted = tuple(number % x.ndim for number in numbers)
    if len(set(counted)) != len(counted):
        raise FilterError(f"axes={numbers} names an axis twice; axes must be unique")
    return counted


def each(name: str, value: Any, count: int) -> list[Any]:
    """Return a value for each axis, from one for all or one for each."""
    if isinstance(value, str) or not isinstance(value, Iterable):
        return [value] * count
    values = list(value)
    if len(values) != count:
        raise FilterError(f"{name} has {len(values)} entries for {count} axes; give one for all or one for each")
    return values


def output_for(output: Output, x: NDArray[Any], complex_result: bool) -> NDArray[Any]:
    """Return the array to write: the caller's, or a new one of the type asked for, or else of the input's."""
    if isinstance(output, np.ndarray):
        if output.shape != x.shape:
            raise FilterError(f"output has shape {output.shape}, but input has {x.shape}; they must be equal")
        return output
    if output is None:
        dtype = x.dtype.newbyteorder("=")
        return np.empty(x.shape, np.promote_types(dtype, np.complex64) if complex_result else dtype)
    try:
        dtype = np.dtype(output)
    except TypeError:
        raise FilterTypeError(f"output={output!r} is neither an array nor a type") from None
    if complex_result and dtype.kind != "c":
        if isinstance(output, str):
            raise FilterTypeError(f"output={output!r} cannot hold a complex result; use complex64 or complex128")
        warnings.warn("promoting specified output dtype to complex", stacklevel=4)
        dtype = np.promote_types(dtype, np.complex64)
    return np.empty(x.shape, dtype)


def low_of(taps: int, origin: Any, flip: bool) -> int:
    """Count the samples of a window before its output's own. A positive origin moves a correlation's window back."""
    shift = operator.index(origin)
    low = (taps - 1) // 2 - shift if flip else taps // 2 + shift
    if not 0 <= low < taps:
        raise FilterError(f"invalid origin: origin={shift} moves a window of {taps} taps off its output's own sample")
    return low


def line(axis: int, weights: ArrayLike, low: int, mode: object, *, flip: bool = False, divisor: float = 1) -> Pass:
    """Make a pass along one axis."""
    return (axis,), np.asarray(weights), flip, (low,), (boundary_of(mode),), divisor


def gaussian(axis: int, sigma: float, order: int, mode: object, truncate: float, radius: int | None) -> Pass:
    """Make a pass of a Gaussian's derivative along one axis."""
    sigma = float(sigma)
    reach = int(truncate * sigma + 0.5) if radius is None else radius
    if not hasattr(reach, "__index__") or reach < 0:
        raise FilterError(
            f"radius={radius!r}, sigma={sigma} and truncate={truncate}: the radius must be an integer from 0"
        )
    if operator.index(order) < 0:
        raise FilterError(f"order={order} is negative; derivatives have order 0 or more")
    try:
        weights = _native._gaussian_weights(sigma, operator.index(order), operator.index(reach))
    except ValueError as error:
        raise FilterError(str(error)) from None
    return line(axis, weights, operator.index(reach), mode, flip=True)


def gaussians(numbers: tuple[int, ...], sigma: Any, order: Any, mode: Any, truncate: float, radius: Any) -> list[Pass]:
    """Make a pass of a Gaussian along every axis that has a width."""
    named = {"sigma": sigma, "order": order, "mode": mode, "radius": radius}
    sigmas, orders, modes, radii = (each(name, value, len(numbers)) for name, value in named.items())
    choices = zip(numbers, sigmas, orders, modes, radii, strict=True)
    return [
        gaussian(axis, width, derivative, word, truncate, reach)
        for axis, width, derivative, word, reach in choices
        if width > 1e-15
    ]


def run(
    x: NDArray[Any],
    terms: Sequence[Sequence[Pass]],
    output: Output,
    cval: Any,
    *,
    magnitude: bool = False,
) -> NDArray[Any]:
    """Filter, and return the output."""
    complex_weights = any(kernel.dtype.kind == "c" for term in terms for _, kernel, *_ in term)
    complex_input = x.dtype.kind == "c"
    if np.iscomplexobj(cval) and not complex_input:
        raise FilterError(f"cval={cval} is complex, but input is real; give a real cval")
    target = output_for(output, x, complex_input or complex_weights)
    fill = cval.item() if isinstance(cval, np.ndarray) else cval
    try:
        _native._filter(x, terms, target, magnitude=magnitude, fill=fill)
    except TypeError as error:
        raise FilterTypeError(str(error)) from None
    except ValueError as error:
        raise FilterError(str(error)) from None
    return target
