"""The gradients of a layer: problems of the same engine with other roles.

A layer  y[n, o, m] = Σ_{c, a} w[o, c, a]·x̂[n, c, m·s + a·d - l]  of an extended input x̂ has, for gradients g of y,

    input     Σ_{o, a, m : m·s + a·d - l = i}  w̄[o, c, a]·g[n, o, m]     g spread s apart, convolved with w
    weights   Σ_{n, m}  x̄̂[n, c, m·s + a·d - l]·g[n, o, m]               x correlated with g, whose taps stand s apart

The batch, which is summed over in the second, and the channels change roles; the stride and the dilation change places.
Samples after the last window have a gradient of zero, and are cut off in the second. Where the boundary is none of
zeros, x̂ = E·x; the gradient of x̂ is computed and  Eᵀ  adds its edges to the samples that they were made of. Complex
gradients are those of PyTorch: the transpose conjugated, so that a step against them descends.
"""

import functools
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from convolver import _native
from convolver._errors import renamed
from convolver.nn._operands import Boundary, Notations, Padding, Steps, checked_groups, misfit, notations
from convolver.nn._sizes import Pair, pairs, remembered, shape, sides, steps

Arguments: TypeAlias = tuple[Steps, Padding, Steps, int, str]
"""Stride, padding, dilation, groups and layout."""


class Layer:
    """The sizes of a layer, from the shapes of its input and weights, and the problems of its gradients."""

    def __init__(self, axes: int, names: tuple[str, str], x_shape: Any, w_shape: Any, *arguments: Any) -> None:
        stride, padding, dilation, groups, layout = arguments
        (x_name, w_name), x, w = names, shape(names[0], x_shape), shape(names[1], w_shape)
        self.axes, self.groups = axes, checked_groups(groups)
        self.notations: Notations = notations(axes, layout, self.groups, x_name, len(x))
        wrong = misfit(x, w, self.groups, axes, self.notations.channels_last, names)
        if wrong:
            raise ValueError(wrong)
        last, batch = self.notations.channels_last, x[: len(x) - axes - 1]
        self.space = slice(len(batch), len(x) - 1) if last else slice(len(batch) + 1, len(x))
        self.taps, out = (w[:axes], w[-1]) if last else (w[2:], w[0])
        self.input_shape, self.weight_shape, self.lengths = x, w, x[self.space]
        if min(*self.lengths, *self.taps) < 1:
            raise ValueError(f"{x_name} has shape {x} and {w_name} {w}; space cannot be empty")
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
                f"{w_name} spans {self.reaches[axis] + 1} samples along axis {axis} of space, more than {x_name} with "
                f"padding={padding} has; pad it more"
            )
        self.output_shape = (*batch, *self.outputs, out) if last else (*batch, out, *self.outputs)

    def input_problem(self, added: Sequence[Pair]) -> dict[str, Any]:
        """Return what `einconv` is told for the gradient of the input and of what was added around it."""
        padding = tuple(
            (reach - low + before, n + after - 1 + low - s * (m - 1))
            for n, m, s, reach, (low, _), (before, after) in zip(
                self.lengths, self.outputs, self.strides, self.reaches, self.sides, added, strict=True
            )
        )
        problem = {"spread": self.strides, "dilation": self.dilations, "padding": padding}
        return {**problem, "flip": True, "conjugate": "kernel", **self._grouped()}

    @functools.cached_property
    def weight_problem(self) -> dict[str, Any]:
        """What `einconv` is told for the gradient of the weights."""
        padding = tuple(
            (low, reach + s * (m - 1) + 1 - n - low)
            for n, m, s, reach, (low, _) in zip(
                self.lengths, self.outputs, self.strides, self.reaches, self.sides, strict=True
            )
        )
        problem = {"stride": self.dilations, "dilation": self.strides, "padding": padding}
        return {**problem, "conjugate": "input", **self._grouped()}

    def _grouped(self) -> dict[str, int]:
        return {"groups": self.groups} if self.groups > 1 else {}

    def check(self, grad_out: NDArray[Any]) -> None:
        """Refuse gradients of another shape than the layer's output."""
        if grad_out.shape != self.output_shape:
            raise ValueError(
                f"grad_out has shape {grad_out.shape}, but the output of this layer has {self.output_shape}"
            )


layer_of = remembered(Layer)


class Extended(NamedTuple):
    """The gradient of an input with what its boundaries added, and how that is made of samples of the input."""

    words: list[tuple[Any, Any]]
    added: list[Pair]
    edges: list[list[tuple[int, int, float]]]
    problem: dict[str, Any]


@remembered
def _extended(layer: Layer, boundary: Boundary) -> Extended:
    words = pairs("boundary", boundary, layer.axes)
    # Zeros are added, and samples cut off, by the problem.
    around = [(max(low, 0), max(high, 0)) for low, high in layer.sides]
    edges = [_native._edges(*axis) for axis in zip(layer.lengths, around, words, strict=True)]
    added = [pair if terms else (0, 0) for pair, terms in zip(around, edges, strict=True)]
    return Extended(words, added, edges, layer.input_problem(added))


def input_gradient(
    layer: Layer, w: NDArray[Any], grad_out: NDArray[Any], *, boundary: Boundary = "zero", **options: Any
) -> NDArray[Any]:
    """Compute the gradient of the input; what a boundary is filled with has none."""
    layer.check(grad_out)
    options.pop("fill", None)
    extended = _extended(layer, boundary)
    target: Any = None
    folds = any(extended.edges)
    if folds:
        result = np.dtype(options.get("dtype") or np.result_type(w, grad_out)).newbyteorder("=")
        target = options.pop("out", None)
        _check_out(target, result, layer.input_shape)
        if result.kind in "biu" and any("line" in both for both in extended.words):
            raise TypeError(f'boundary="line" divides, and the result is {result}; convert grad_out to a float type')
        if result.itemsize == 2 and result.kind not in "iu":
            # Rounded once, after the edges have been added.
            options["dtype"] = np.float32
    try:
        found = _native._einconv(layer.notations.input_gradient, grad_out, w, **extended.problem, **options)
    except (TypeError, ValueError) as error:
        raise renamed(error, x="grad_out", k="w") from None
    if not folds:
        return found
    for axis, ((before, _), terms) in enumerate(zip(extended.added, extended.edges, strict=True)):
        found = _folded(found, layer.space.start + axis, layer.lengths[axis], before, terms)
    if target is None:
        return np.ascontiguousarray(found.astype(result, copy=False))
    np.copyto(target, found, casting="unsafe")
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


def _zeros(shape: tuple[int, ...], dtype: Any, out: Any) -> NDArray[Any]:
    result = np.dtype(dtype).newbyteorder("=")
    _check_out(out, result, shape)
    if out is None:
        return np.zeros(shape, result)
    out[...] = 0
    zeros: NDArray[Any] = out
    return zeros


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
    """Compute the gradient of the weights; no images give zeros."""
    layer.check(grad_out)
    if grad_out.size == 0:
        return _zeros(layer.weight_shape, options.get("dtype") or np.result_type(x, grad_out), options.get("out"))
    try:
        return _native._einconv(layer.notations.weight_gradient, x, grad_out, **layer.weight_problem, **options)
    except (TypeError, ValueError) as error:
        raise renamed(error, k="grad_out") from None
