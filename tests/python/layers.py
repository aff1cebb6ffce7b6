"""Layers and their gradients from one matrix per axis, and random layers."""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from oracle import Array, Axis, Expected, RefusedError, windows
from strategies import arrays, boundaries, types

WORDS = {"same": "same_upper", "valid": "valid", "causal": "causal"}
FIRST, LAST = {1: "NCL", 2: "NCHW", 3: "NCDHW"}, {1: "NLC", 2: "NHWC", 3: "NDHWC"}


def seen(axis: Axis, length: int, taps: int, size: bool, number: Any) -> Array:
    """How much of each sample an output sees through a tap: (outputs, samples, taps)."""
    return windows(np.eye(length, dtype=number), [taps], [0], [axis], 0, size)


# The indices of the groups, channels, outputs and batch; then of an axis: samples, taps and outputs.
GROUP, CHANNEL, OUTPUT, BATCH, SPACE = 0, 1, 2, 3, 4


@dataclass
class Layer:
    """A layer with channels first; weights are (groups · o, c, taps)."""

    axes: list[Axis]
    groups: int
    x: Array
    w: Array
    arguments: dict[str, Any] = field(default_factory=dict)

    def labels(self) -> dict[str, list[int]]:
        count = len(self.axes)
        samples, taps, outputs = (list(range(SPACE + part * count, SPACE + (part + 1) * count)) for part in range(3))
        return {
            "x": [BATCH, GROUP, CHANNEL, *samples],
            "w": [GROUP, OUTPUT, CHANNEL, *taps],
            "y": [BATCH, GROUP, OUTPUT, *outputs],
        }

    def split(self, name: str, array: Array) -> Array:
        """Give the groups an axis."""
        at = 0 if name == "w" else 1
        return array.reshape(*array.shape[:at], self.groups, -1, *array.shape[at + 1 :])

    def combined(self, first: tuple[str, Array], second: tuple[str, Array], wanted: str, result: Any) -> Expected:
        """Two of input, weights and output make the third."""
        labels, count = self.labels(), len(self.axes)

        def total(left: Array, right: Array, size: bool) -> Array:
            number = np.int64 if left.dtype == np.int64 else np.longdouble
            operands: list[Any] = [self.split(first[0], left), labels[first[0]]]
            operands += [self.split(second[0], right), labels[second[0]]]
            for i, axis in enumerate(self.axes):
                matrix = seen(axis, self.x.shape[2 + i], self.w.shape[2 + i], size, number)
                operands += [matrix, [SPACE + 2 * count + i, SPACE + i, SPACE + count + i]]
            found = np.einsum(*operands, labels[wanted], optimize=True)
            at = 0 if wanted == "w" else 1
            return found.reshape(*found.shape[:at], -1, *found.shape[at + 2 :])

        kind = np.dtype(result).newbyteorder("=")
        if kind.kind in "iu":
            return Expected(total(first[1].astype(np.int64), second[1].astype(np.int64), False).astype(kind))
        wide: Any = np.clongdouble if kind.kind == "c" else np.longdouble
        left, right = first[1].astype(kind).astype(wide), second[1].astype(kind).astype(wide)
        size = total(np.abs(left), np.abs(right), True)
        products = max(math.prod(array.shape) for array in (self.x, self.w, left, right))
        info = np.finfo(kind)
        bound = 2 * (products + 8) * (np.longdouble(info.eps) * size + np.longdouble(info.smallest_subnormal))
        over = size > info.max / 8
        value = np.where(over, 0, total(left, right, False))
        return Expected(value.astype(kind), np.where(over, np.inf, bound))

    def output_shape(self) -> tuple[int, ...]:
        spans = (self.x.shape[2:], self.w.shape[2:], self.axes)
        lengths = [len(seen(axis, n, k, False, np.int64)) for n, k, axis in zip(*spans, strict=True)]
        return (self.x.shape[0], self.w.shape[0], *lengths)


def moved(array: Array, weights: bool = False) -> Array:
    """Channels last."""
    return np.moveaxis(array, (0, 1), (-1, -2)) if weights else np.moveaxis(array, 1, -1)


@st.composite
def layers(draw: st.DrawFn, only_zeros: bool = False) -> tuple[Layer, Array]:
    """A layer, and gradients of its output."""
    count, groups = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    kind = draw(types.filter(lambda name: name != "bool"))
    lengths, taps = ([draw(st.integers(1, high)) for _ in range(count)] for high in (6, 3))
    channels = st.integers(1, 3)
    x_shape = (draw(st.integers(1, 3)), groups * draw(channels), *lengths)
    w_shape = (groups * draw(channels), x_shape[1] // groups, *taps)
    steps = st.integers(1, 3)
    strides, dilations = (tuple(draw(steps) for _ in range(count)) for _ in range(2))
    axes = [Axis(stride=s, dilation=d) for s, d in zip(strides, dilations, strict=True)]
    arguments: dict[str, Any] = {"stride": strides, "dilation": dilations, "groups": groups}
    if not only_zeros and draw(st.booleans()):
        arguments["padding"] = draw(st.sampled_from(sorted(WORDS)))
        for axis in axes:
            axis.mode = WORDS[arguments["padding"]]
    else:
        arguments["padding"] = tuple(draw(st.tuples(st.integers(-2, 5), st.integers(-2, 5))) for _ in range(count))
        for axis, pair in zip(axes, arguments["padding"], strict=True):
            axis.padding = pair
    if not only_zeros:
        word = boundaries(np.dtype(kind).kind)
        arguments["boundary"] = tuple(draw(st.tuples(word, word)) for _ in range(count))
        for axis, pair in zip(axes, arguments["boundary"], strict=True):
            axis.boundary = pair
    layer = Layer(axes, groups, draw(arrays(x_shape, kind)), draw(arrays(w_shape, kind)), arguments)
    try:
        shape = layer.output_shape()
    except RefusedError:
        assume(False)
    return layer, draw(arrays(shape, kind))
