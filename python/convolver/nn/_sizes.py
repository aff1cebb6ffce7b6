"""The lengths of a layer, which its gradients and its transpose need as numbers.

Along an axis of n samples, padded by l before and h after, k taps stand d apart, s further for each output:

    outputs  m = ⌊(n + l + h - d·(k - 1) - 1) / s⌋ + 1        output o sees through tap a the sample  o·s + a·d - l
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, TypeVar

from convolver.nn._operands import Padding, Steps

Pair: TypeAlias = tuple[int, int]
Found = TypeVar("Found")


def remembered(function: Callable[..., Found]) -> Callable[..., Found]:
    """Remember what recent calls returned. Arguments that cannot be looked up, such as lists, are worked out again."""

    @functools.lru_cache(maxsize=256)
    def known(_types: Any, *arguments: Any) -> Found:
        return function(*arguments)

    def call(*arguments: Any) -> Found:
        try:
            return known(_types(arguments), *arguments)
        except TypeError:
            return function(*arguments)

    return call


def _types(value: Any) -> Any:
    """Types all the way down: numbers that are equal may be refused or not."""
    return tuple(map(_types, value)) if type(value) is tuple else type(value)


def integer(name: str, value: Any) -> int:
    """Read an integer; a truth value is none."""
    if isinstance(value, bool) or not hasattr(value, "__index__") or getattr(value, "ndim", 0) > 0:
        raise TypeError(f"{name} must be made of integers, not {type(value).__name__}")
    number: int = value.__index__()
    return number


def is_one(value: Any) -> bool:
    """Whether a value is not several: an array without axes is one."""
    return isinstance(value, str) or not hasattr(value, "__len__") or getattr(value, "ndim", 1) == 0


def _entries(name: str, value: Any, axes: int) -> list[Any]:
    """One value for all axes, or one for each."""
    if is_one(value) or not hasattr(value, "__iter__"):
        return [value] * axes
    if len(value) != axes:
        raise ValueError(f"{name} has {len(value)} entries; give one for all of the {axes} axes or one for each")
    return list(value)


def steps(name: str, value: Steps, axes: int, least: int = 1) -> tuple[int, ...]:
    """Read strides, dilations and the like."""
    numbers = tuple(integer(name, entry) for entry in _entries(name, value, axes))
    if min(numbers) < least:
        raise ValueError(f"{name} must be at least {least}, not {min(numbers)}")
    return numbers


def pairs(name: str, value: Any, axes: int) -> list[tuple[Any, Any]]:
    """Read one value for all axes, one for each, or one for each side of each axis."""
    read = []
    for entry in _entries(name, value, axes):
        both = [entry] * 2 if is_one(entry) else _entries(name, entry, 2)
        read.append((both[0], both[1]))
    return read


def shape(name: str, value: Any) -> tuple[int, ...]:
    """Read a shape."""
    if is_one(value):
        raise TypeError(f"{name} must be a shape, not {type(value).__name__}")
    lengths = tuple(integer(name, length) for length in value)
    if min(lengths, default=0) < 0:
        raise ValueError(f"{name} has the length {min(lengths)}; lengths cannot be negative")
    return lengths


def _same(length: int, stride: int, reach: int) -> Pair:
    total = max((-(-length // stride) - 1) * stride + reach + 1 - length, 0)
    return total // 2, total - total // 2


# From the length, the stride and what the taps span beyond one sample.
_WORDS: dict[str, Callable[[int, int, int], Pair]] = {
    "same": _same,
    "valid": lambda length, stride, reach: (0, 0),  # noqa: ARG005
    "causal": lambda length, stride, reach: (reach, 0),  # noqa: ARG005
}


def sides(padding: Padding, lengths: Sequence[int], strides: Sequence[int], reaches: Sequence[int]) -> list[Pair]:
    """Return the padding of each axis."""
    if not isinstance(padding, str):
        given = pairs("padding", padding, len(lengths))
        return [(integer("padding", low), integer("padding", high)) for low, high in given]
    if padding not in _WORDS:
        raise ValueError(
            f"padding={padding!r} is not known; use a number, pairs or one of {', '.join(map(repr, _WORDS))}"
        )
    return [_WORDS[padding](*axis) for axis in zip(lengths, strides, reaches, strict=True)]


def cuts(padding: Padding, lengths: Sequence[int], strides: Sequence[int], reaches: Sequence[int]) -> list[Pair]:
    """Return what the transpose of a layer leaves away on each side; negative where it adds."""
    if not isinstance(padding, str) or padding not in ("same", "causal"):
        return sides(padding, lengths, strides, reaches)
    lows = [
        _same(length * stride, stride, reach)[0] if padding == "same" else 0
        for length, stride, reach in zip(lengths, strides, reaches, strict=True)
    ]
    return [(low, reach + 1 - stride - low) for low, stride, reach in zip(lows, strides, reaches, strict=True)]
