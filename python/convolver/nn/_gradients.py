"""The gradients of a layer: problems of the same engine with other roles.

A layer  y[n, o, m] = Σ_{c, a} w[o, c, a]·x̂[n, c, m·s + a·d - l]  of an extended input x̂ has, for gradients g of y,

    input     Σ_{o, a, m : m·s + a·d - l = i}  w̄[o, c, a]·g[n, o, m]     g spread s apart, convolved with w
    weights   Σ_{n, m}  x̄̂[n, c, m·s + a·d - l]·g[n, o, m]               x correlated with g, whose taps stand s apart

The batch, which is summed over in the second, and the channels change roles; the stride and the dilation change places.
Samples after the last window have a gradient of zero, and are cut off in the second. Where the boundary is none of
zeros, x̂ = E·x; the gradient of x̂ is computed and  Eᵀ  adds its edges to the samples that they were made of. Complex
gradients are those of PyTorch: the transpose conjugated, so that a step against them descends.
"""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from convolver import _native
from convolver._errors import renamed
from convolver.nn._operands import Boundary, Notations, Padding, Steps, checked_groups, notations
from convolver.nn._sizes import Pair, pairs, sides, steps

Arguments: TypeAlias = tuple[Steps, Padding, Steps, int, str]
"""Stride, padding, dilation, groups and layout."""


class Layer:
    """The sizes of a layer, from the shapes of its input and weights; checked against those of its output."""

    def __init__(
        self,
        axes: int,
        x: tuple[int, ...],
        w: tuple[int, ...],
        arguments: Arguments,
        names: tuple[str, str],
    ) -> None:
        stride, padding, dilation, groups, layout = arguments
        self.notations: Notations = notations(axes, layout, names[0], len(x))
        self.groups, self.axes = checked_groups(groups), axes
        if len(w) != axes + 2:
            raise ValueError(f"{names[1]} has {len(w)} dimensions; it needs {axes + 2}")
        last = self.notations.channels_last
        self.space = slice(len(x) - axes - 1, len(x) - 1) if last else slice(len(x) - axes, len(x))
        self.taps, (per_group, out) = (w[:axes], w[axes:]) if last else (w[2:], (w[1], w[0]))
        channels = x[-1] if last else x[-axes - 1]
        if channels != per_group * self.groups:
            raise ValueError(
                f"{names[0]} has {channels} channels, but {names[1]} takes {per_group * self.groups}: {per_group} in "
                f"each of groups={groups}"
            )
        if out % self.groups:
            raise ValueError(f"{names[1]} has {out} output channels, which groups={groups} does not divide")
        self.input_shape, self.lengths = x, x[self.space]
        if min(*self.lengths, *self.taps) < 1:
            raise ValueError(f"{names[0]} has shape {x} and {names[1]} {w}; space cannot be empty")
        self.strides, self.dilations = steps("stride", stride, axes), steps("dilation", dilation, axes)
        self.reaches = [d * (k - 1) for d, k in zip(self.dilations, self.taps, strict=True)]
        self.sides = sides(padding, self.lengths, self.strides, self.reaches)
        self.outputs = [
            (n + low + high - reach - 1) // s + 1
            for n, (low, high), reach, s in zip(self.lengths, self.sides, self.reaches, self.strides, strict=True)
        ]
        if min(self.outputs) < 1:
            axis = self.outputs.index(min(self.outputs))
            raise ValueError(
                f"{names[1]} spans {self.reaches[axis] + 1} samples along axis {axis} of space, more than {names[0]} "
                f"with padding={padding} has; pad it more"
            )
        batch = x[: len(x) - axes - 1]
        self.output_shape = (*batch, *self.outputs, out) if last else (*batch, out, *self.outputs)

    def check(self, grad_out: NDArray[Any]) -> None:
        """Refuse gradients of another shape than the layer's output."""
        if grad_out.shape != self.output_shape:
            raise ValueError(
                f"grad_out has shape {grad_out.shape}, but the output of this layer has {self.output_shape}"
            )

    def computed(
        self, notation: str, left: NDArray[Any], right: NDArray[Any], padding: list[Pair], options: Any, **names: str
    ) -> NDArray[Any]:
        """Compute a problem of the layer, whose operands users know by other names."""
        try:
            return _native._einconv(notation, left, right, groups=self.groups, padding=padding, **options)
        except (TypeError, ValueError) as error:
            raise renamed(error, **names) from None


def input_gradient(
    layer: Layer, w: NDArray[Any], grad_out: NDArray[Any], *, boundary: Boundary = "zero", **options: Any
) -> NDArray[Any]:
    """Compute the gradient of the input; what a boundary is filled with has none."""
    layer.check(grad_out)
    options.pop("fill", None)
    words = pairs("boundary", boundary, layer.axes)
    # What boundaries of other samples add around the input; zeros are added, and samples cut off, by the problem.
    around = [(max(low, 0), max(high, 0)) for low, high in layer.sides]
    edges = [_native._edges(*axis) for axis in zip(layer.lengths, around, words, strict=True)]
    added = [pair if terms else (0, 0) for pair, terms in zip(around, edges, strict=True)]
    target: Any = None
    result = np.dtype(options.get("dtype") or np.result_type(w, grad_out)).newbyteorder("=")
    if any(edges):
        target = options.pop("out", None)
        _check_out(target, result, layer.input_shape)
        if result.kind in "biu" and any("line" in both for both in words):
            raise TypeError(f'boundary="line" divides, and the result is {result}; convert grad_out to a float type')
        if result.itemsize == 2 and result.kind not in "iu":
            # Rounded once, after the edges have been added.
            options["dtype"] = np.float32
    padding = [
        (reach - low + before, n + after - 1 + low - s * (m - 1))
        for n, m, s, reach, (low, _), (before, after) in zip(
            layer.lengths, layer.outputs, layer.strides, layer.reaches, layer.sides, added, strict=True
        )
    ]
    options |= {"spread": layer.strides, "flip": True, "conjugate": "kernel", "dilation": layer.dilations}
    extended = layer.computed(layer.notations.input_gradient, grad_out, w, padding, options, x="grad_out", k="w")
    if not any(edges):
        return extended
    for axis, terms in enumerate(edges):
        extended = _folded(extended, layer.space.start + axis, layer.lengths[axis], added[axis][0], terms)
    if target is None:
        return np.ascontiguousarray(extended.astype(result, copy=False))
    np.copyto(target, extended, casting="unsafe")
    written: NDArray[Any] = target
    return written


def _check_out(out: Any, dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
    """Refuse an array that the result cannot be copied to, before anything is computed."""
    if out is None:
        return
    if not isinstance(out, np.ndarray) or out.dtype != dtype:
        raise TypeError(f"out must be an array of type {dtype}")
    if out.shape != shape:
        raise ValueError(f"out has shape {out.shape}, but the result has {shape}")
    if not out.flags.writeable:
        raise ValueError("out is read-only")


def _folded(
    extended: NDArray[Any], axis: int, length: int, before: int, terms: list[tuple[int, int, float]]
) -> NDArray[Any]:
    """Add what stands around an axis to the samples that it was made of; the result is a view."""
    rows = np.moveaxis(extended, axis, 0)
    inside = rows[before : before + length]
    # Weights of integers are integers, which wrap as the numbers do.
    weights = np.array([weight for *_, weight in terms])
    if extended.dtype.kind in "iu":
        weights = weights.astype(np.int64)
    for (place, sample, _), weight in zip(terms, weights.astype(extended.dtype), strict=True):
        inside[sample] += weight * rows[place]
    return np.moveaxis(inside, 0, axis)


def weight_gradient(layer: Layer, x: NDArray[Any], grad_out: NDArray[Any], **options: Any) -> NDArray[Any]:
    """Compute the gradient of the weights."""
    layer.check(grad_out)
    padding: list[Pair] = [
        (low, d * (k - 1) + s * (m - 1) + 1 - n - low)
        for n, m, s, d, k, (low, _) in zip(
            layer.lengths, layer.outputs, layer.strides, layer.dilations, layer.taps, layer.sides, strict=True
        )
    ]
    options |= {"conjugate": "input", "stride": layer.dilations, "dilation": layer.strides}
    return layer.computed(layer.notations.weight_gradient, x, grad_out, padding, options, k="grad_out")
