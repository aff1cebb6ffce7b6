"""What every call means, in NumPy alone: `numpy.pad`, `sliding_window_view` and `einsum`."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Array = np.ndarray
Pair = tuple[int, int]

MODES = ["full", "same", "valid", "same_upper", "same_lower", "causal"]
PADDED = {
    "zero": "constant",
    "constant": "constant",
    **{word: word for word in ["edge", "reflect", "symmetric", "wrap"]},
}
COMBINING = ["antireflect", "antisymmetric", "smooth", "line"]


@dataclass
class Axis:
    """A convolved axis: what is given for it alone."""

    stride: int = 1
    dilation: int = 1
    boundary: tuple[str, str] = ("zero", "zero")
    padding: Pair | None = None
    mode: str = "full"

    def sides(self, length: int, taps: int) -> Pair:
        reach = self.dilation * (taps - 1)
        if self.padding is not None:
            return self.padding
        if self.mode in ("same_upper", "same_lower"):
            outputs = -(-length // self.stride)
            total = max((outputs - 1) * self.stride + reach + 1 - length, 0)
            low = total // 2
            return (low, total - low) if self.mode == "same_upper" else (total - low, low)
        known = {
            "full": (reach, reach),
            "same": (reach - reach // 2, reach // 2),
            "valid": (0, 0),
            "causal": (reach, 0),
        }
        return known[self.mode]


@dataclass
class Expected:
    """A result, and how far from it a float may lie."""

    value: Array
    bound: Array | None = field(default=None)

    def check(self, found: Array) -> None:
        assert found.dtype == self.value.dtype
        assert found.dtype.isnative
        assert found.shape == self.value.shape
        if self.bound is None:
            np.testing.assert_array_equal(found, self.value)
        else:
            wide = np.clongdouble if found.dtype.kind == "c" else np.longdouble
            near = np.abs(found.astype(wide) - self.value.astype(wide)) <= self.bound
            # Where the sum may be more than the type holds, anything may come out.
            wrong = ~(near | np.isinf(self.bound))
            assert not wrong.any(), (found[wrong], self.value[wrong], self.bound[wrong])


class RefusedError(Exception):
    """A kernel longer than the padded input."""


def combined(word: str, at: int, length: int, number: Any) -> Array:
    """The weights of the samples that make the one at `at`."""
    last = length - 1
    unit = np.eye(length, dtype=number)
    if 0 <= at <= last:
        return unit[at]
    near, inward, past = (0, 1, -at) if at < 0 else (last, last - 1, at - last)
    if word == "antisymmetric":
        return -combined(word, -1 - at if at < 0 else 2 * length - 1 - at, length, number)
    if last == 0:
        return unit[0]
    if word == "antireflect":
        return 2 * unit[near] - combined(word, 2 * near - at, length, number)
    if word == "smooth":
        return (1 + past) * unit[near] - past * unit[inward]
    slope = number(past) / number(last)
    return (1 + slope) * unit[near] - slope * unit[last - near]


def side(word: str, count: int, length: int, before: bool, number: Any) -> Array:
    """The weights of the samples that make the `count` ones past an end."""
    if word in COMBINING:
        places = range(-count, 0) if before else range(length, length + count)
        return np.array([combined(word, at, length, number) for at in places], number).reshape(count, length)
    width = ((count, 0) if before else (0, count), (0, 0))
    padded = np.pad(np.eye(length, dtype=number), width, mode=PADDED[word])  # type: ignore[call-overload]
    return padded[:count] if before else padded[length:]


def extend(x: Array, at: int, pads: Pair, boundary: tuple[str, str], fill: Any, size: bool = False) -> Array:
    """Pad an axis; with `size` the magnitudes, which do not cancel."""
    length, number = x.shape[at], np.int64 if x.dtype == np.int64 else np.longdouble
    low, high = (max(pad, 0) for pad in pads)
    parts = [
        side(boundary[0], low, length, True, number),
        np.eye(length, dtype=number),
        side(boundary[1], high, length, False, number),
    ]
    weights = np.concatenate(parts)
    weights = np.abs(weights) if size else weights
    constant = np.zeros(len(weights), x.dtype)
    constant[:low] = fill if boundary[0] == "constant" else 0
    constant[low + length :] = fill if boundary[1] == "constant" else 0
    cut = slice(max(-pads[0], 0), max(len(weights) - max(-pads[1], 0), 0))
    padded = np.moveaxis(np.tensordot(weights[cut], x, (1, at)), 0, at)
    return padded + constant[cut].reshape(-1, *[1] * (x.ndim - 1 - at))


def windows(x: Array, taps: Sequence[int], at: Sequence[int], axes: Sequence[Axis], fill: Any, size: bool) -> Array:
    """Every window of the padded array, its axes last."""
    for place, axis, count in zip(at, axes, taps, strict=True):
        x = extend(x, place, axis.sides(x.shape[place], count), axis.boundary, fill, size)
    spans = [axis.dilation * (count - 1) + 1 for axis, count in zip(axes, taps, strict=True)]
    if any(x.shape[place] < span for place, span in zip(at, spans, strict=True)):
        raise RefusedError
    seen = np.lib.stride_tricks.sliding_window_view(x, spans, tuple(at))
    step = [slice(None)] * seen.ndim
    for i, (place, axis) in enumerate(zip(at, axes, strict=True)):
        step[place], step[x.ndim + i] = slice(None, None, axis.stride), slice(None, None, axis.dilation)
    return seen[tuple(step)]


def summed(
    x: Array,
    k: Array,
    terms: tuple[list[str], list[str], list[str]],
    convolved: Sequence[str],
    axes: Sequence[Axis],
    fill: Any,
    result: np.dtype[Any],
) -> Expected:
    """Correlate arrays whose axes have names: a convolved one is of windows in x and of taps in k."""
    numbers = {name: i for i, name in enumerate(sorted({*terms[0], *terms[1]}))}
    taps = {name: len(numbers) + i for i, name in enumerate(convolved)}
    at, lengths = [terms[0].index(name) for name in convolved], [k.shape[terms[1].index(name)] for name in convolved]
    labels = (
        [*(numbers[name] for name in terms[0]), *taps.values()],
        [taps.get(name, numbers[name]) for name in terms[1]],
        [numbers[name] for name in terms[2]],
    )

    def total(x: Array, k: Array, fill: Any, size: bool = False) -> Array:
        seen = windows(x, lengths, at, axes, fill, size)
        return np.einsum(seen, labels[0], k, labels[1], labels[2])

    if result.kind in "biu":
        whole = total(x.astype(np.int64), k.astype(np.int64), np.int64(bool(fill) if result.kind == "b" else fill))
        return Expected((whole != 0) if result.kind == "b" else whole.astype(result))
    wide: Any = np.clongdouble if result.kind == "c" else np.longdouble
    # Big integers become numbers of the result's type before they are multiplied, as NumPy has it.
    x, k = x.astype(result).astype(wide), k.astype(result).astype(wide)
    size = total(np.abs(x), np.abs(k), np.abs(wide(fill)), size=True)
    sizes = dict(zip([*terms[0], *terms[1]], [*x.shape, *k.shape], strict=True))
    n = math.prod(lengths) * math.prod(length for name, length in sizes.items() if name not in terms[2])
    info = np.finfo(result)
    bound = 2 * (n + 8) * (np.longdouble(info.eps) * size + np.longdouble(info.smallest_subnormal))
    value = total(x, k, wide(fill))
    over = size > info.max / 2
    return Expected(np.where(over, 0, value).astype(result), np.where(over, np.inf, bound))


def call(
    x: Array, k: Array, at: Sequence[int], axes: Sequence[Axis], fill: Any, flip: bool, result: np.dtype[Any]
) -> Expected:
    """What `convolve` (which flips) and `correlate` give, `at` being the convolved axes of x."""
    at = [place % x.ndim for place in at]
    if k.ndim == len(at):
        shape = [1] * x.ndim
        for place, length in zip(at, k.shape, strict=True):
            shape[place] = length
        k = k.transpose(np.argsort(at)).reshape(shape)
    k = np.flip(k, at) if flip else k.conj()
    lengths = [(x.shape[place], k.shape[place]) for place in at]
    plain = all(axis.stride == axis.dilation == 1 and axis.padding is None and axis.mode == "valid" for axis in axes)
    cut: list[slice] = [slice(None)] * x.ndim
    if plain and not all(n >= m for n, m in lengths):
        if any(n > m for n, m in lengths):
            raise RefusedError
        # SciPy: the part of "full" where one operand holds the other.
        axes = [Axis() for _ in at]
        for place, (n, m) in zip(at, lengths, strict=True):
            cut[place] = slice(n - 1, m)
    batch = [place for place in range(x.ndim) if place not in at]
    shape = list(np.broadcast_shapes(*([array.shape[place] for place in batch] for array in (x, k))))
    x, k = (spread(array, batch, shape) for array in (x, k))
    names = [f"a{place}" for place in range(x.ndim)]
    expected = summed(x, k, (names, names, names), [names[place] for place in at], axes, fill, result)
    bound = None if expected.bound is None else expected.bound[tuple(cut)]
    return Expected(expected.value[tuple(cut)], bound)


def spread(array: Array, at: Iterable[int], lengths: Iterable[int]) -> Array:
    shape = list(array.shape)
    for place, length in zip(at, lengths, strict=True):
        shape[place] = length
    return np.broadcast_to(array, shape)
