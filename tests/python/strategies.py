"""Random calls: every argument drawn from all it may be."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from oracle import COMBINING, MODES, PADDED, Array, Axis

# The same examples in every run; a slow machine is no failure.
SETTINGS = settings(derandomize=True, deadline=None, database=None, max_examples=200)

INTEGERS = [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)]
FLOATS = ["float16", "float32", "float64"]
COMPLEX = ["complex64", "complex128"]
TYPES = ["bool", *INTEGERS, *FLOATS, *COMPLEX]

LAYOUTS: dict[str, Callable[[Array], Array]] = {
    "plain": lambda x: x,
    "fortran": lambda x: np.array(x, order="F"),
    "strided": lambda x: every_other(x, 2),
    "reversed": lambda x: every_other(x, -1),
    "swapped": lambda x: x.astype(x.dtype.newbyteorder()),
    "strided back, swapped": lambda x: every_other(x.astype(x.dtype.newbyteorder()), -3),
}


def every_other(x: Array, step: int) -> Array:
    """Copy into a larger array, walked with this step along every axis."""
    memory = np.zeros([length * abs(step) for length in x.shape], x.dtype)
    view = memory[(..., *[slice(None, None, step)] * x.ndim)]
    view[...] = x
    return view


layouts = st.sampled_from(sorted(LAYOUTS))
seeds = st.integers(0, 2**32 - 1)
types = st.sampled_from(TYPES)


def numbers(seed: int, shape: tuple[int, ...], dtype: str) -> Array:
    """Integers over all their range, floats of many sizes."""
    random, kind = np.random.default_rng(seed), np.dtype(dtype)
    if kind.kind == "b":
        return np.asarray(random.random(shape) < 0.5)
    if kind.kind in "iu":
        info = np.iinfo(kind)
        values = random.integers(info.min, info.max, shape, kind, endpoint=True)
        return np.where(random.random(shape) < 0.5, values, values % 5).astype(kind)
    reach = 2 if dtype == "float16" else 20
    values = random.standard_normal(shape) * 2.0 ** random.integers(-reach, reach + 1, shape)
    if kind.kind == "c":
        values = values + 1j * random.standard_normal(shape)
    return np.where(random.random(shape) < 0.1, 0, values).astype(kind)


@st.composite
def arrays(draw: st.DrawFn, shape: tuple[int, ...], dtype: str) -> Array:
    return LAYOUTS[draw(layouts)](numbers(draw(seeds), shape, dtype))


def boundaries(kind: str) -> st.SearchStrategy[str]:
    """The boundaries that a result of this kind may have: "line" divides, and bools are not added."""
    allowed = {"b": [], "i": COMBINING[:3], "u": COMBINING[:3]}.get(kind, COMBINING)
    return st.sampled_from([*PADDED, *allowed])


def fills(kind: str) -> st.SearchStrategy[Any]:
    if kind in "biu":
        return st.sampled_from([0, 1, 3, -2, 4.0])
    return st.sampled_from([0, 2, -1.5, 0.75] + ([0.5 - 2j] if kind == "c" else []))


@st.composite
def widened(draw: st.DrawFn, left: str, right: str) -> str | None:
    """A `dtype=` that may be asked for, or none."""
    result = np.result_type(left, right)
    wider = [name for name in TYPES if np.result_type(result, name) == np.dtype(name)]
    if {left, right} == {"int64", "uint64"}:
        wider += ["int64", "uint64"]
    return draw(st.none() | st.sampled_from(wider))


@st.composite
def axes_and_options(draw: st.DrawFn, count: int, kind: str, default: str) -> tuple[list[Axis], dict[str, Any]]:
    """What is said of the convolved axes: as the oracle and as the library take it."""
    options: dict[str, Any] = {}
    axes = [Axis() for _ in range(count)]

    def per_axis(name: str, values: st.SearchStrategy[Any], set_one: Callable[[Axis, Any], None]) -> None:
        form = draw(st.sampled_from(["default", "one", "each"]))
        if form == "one":
            options[name] = draw(values)
            for axis in axes:
                set_one(axis, options[name])
        if form == "each":
            options[name] = tuple(draw(values) for _ in axes)
            for axis, value in zip(axes, options[name], strict=True):
                set_one(axis, value)

    steps = st.integers(1, 3)
    per_axis("stride", steps, lambda axis, value: setattr(axis, "stride", value))
    per_axis("dilation", steps, lambda axis, value: setattr(axis, "dilation", value))
    word, pads = boundaries(kind), st.integers(-3, 6)
    if draw(st.booleans()):
        per_axis("boundary", word, lambda axis, value: setattr(axis, "boundary", (value, value)))
    else:
        options["boundary"] = tuple((draw(word), draw(word)) for _ in axes)
        for axis, pair in zip(axes, options["boundary"], strict=True):
            axis.boundary = pair
    padding = draw(st.sampled_from(["mode", "one", "each", "pairs"]))
    if padding == "mode":
        options["mode"] = draw(st.sampled_from(MODES))
        for axis in axes:
            axis.mode = options["mode"]
        if options["mode"] == default and draw(st.booleans()):
            del options["mode"]
    elif padding == "one":
        options["padding"] = draw(pads)
        for axis in axes:
            axis.padding = (options["padding"],) * 2
    elif padding == "each":
        options["padding"] = tuple(draw(pads) for _ in axes)
        for axis, value in zip(axes, options["padding"], strict=True):
            axis.padding = (value, value)
    else:
        options["padding"] = tuple((draw(pads), draw(pads)) for _ in axes)
        for axis, pair in zip(axes, options["padding"], strict=True):
            axis.padding = pair
    if any("constant" in axis.boundary for axis in axes):
        options["fill"] = draw(fills(kind))
    return axes, options


@dataclass
class Call:
    """A call of `convolve` or `correlate`."""

    x: Array
    k: Array
    at: list[int]
    axes: list[Axis]
    options: dict[str, Any]
    result: np.dtype[Any]


LENGTHS = st.integers(1, 7), st.integers(1, 4)


@st.composite
def calls(
    draw: st.DrawFn,
    lengths: tuple[Any, Any] = LENGTHS,
    dimensions: int = 3,
    types: st.SearchStrategy[str] = types,
) -> Call:
    left, right = draw(st.tuples(types, types) | types.map(lambda name: (name, name)))
    dtype = draw(widened(left, right))
    result = np.result_type(left, right) if dtype is None else np.dtype(dtype)
    ndim = draw(st.integers(1, dimensions))
    at = draw(st.permutations(range(ndim)))[: draw(st.integers(1, ndim))]
    x_shape, taps = [draw(lengths[0]) for _ in range(ndim)], [draw(lengths[1]) for _ in at]
    k_shape = list(taps)
    if len(at) < ndim and draw(st.booleans()):
        rows = st.sampled_from([(1, 1), (1, 2), (2, 1), (2, 2), (3, 3), (0, 0), (0, 1), (1, 0)])
        pairs = [draw(rows) for _ in range(ndim)]
        x_shape = [n if place in at else pair[0] for place, n, pair in zip(range(ndim), x_shape, pairs, strict=True)]
        k_shape = [taps[at.index(place)] if place in at else pairs[place][1] for place in range(ndim)]
    axes, options = draw(axes_and_options(len(at), result.kind, "full"))
    if dtype is not None:
        options["dtype"] = dtype
    if at != list(range(ndim)) or draw(st.booleans()):
        options["axes"] = tuple(place - draw(st.sampled_from([0, ndim])) for place in at)
        if len(at) == 1 and draw(st.booleans()):
            options["axes"] = options["axes"][0]
    x, k = draw(arrays(tuple(x_shape), left)), draw(arrays(tuple(k_shape), right))
    return Call(x, k, list(at), axes, options, result)


@dataclass
class Named:
    """A call of `einconv`."""

    spec: str
    x: Array
    k: Array
    terms: tuple[list[str], list[str], list[str]]
    convolved: list[str]
    axes: list[Axis]
    flip: bool
    options: dict[str, Any]
    result: np.dtype[Any]
    # Shapes of x and k with all axes split, and how many names each axis of the result has.
    shapes: list[tuple[int, ...]]
    merged: list[int]


# Which of x, k and the result an axis stands in.
ROLES = {"batch": "xr", "group": "xkr", "summed": "xk", "x alone": "x", "k alone": "k", "bank": "kr"}


@st.composite
def named_calls(draw: st.DrawFn) -> Named:
    roles = draw(st.lists(st.sampled_from(sorted(ROLES)), max_size=4))
    names = [f"n{i}" for i in range(len(roles))]
    length = {name: draw(st.integers(1, 3)) for name in names}
    convolved = ["y", "x"][: draw(st.integers(0, 2))]
    leading = draw(st.integers(0, 2))
    sizes: dict[str, int] = {}
    terms, texts, shapes, whole, merges = [], [], [], [], []
    dots = [f"d{i}" for i in range(leading)]
    length |= dict.fromkeys(dots, 2)
    with_dots = bool(dots) or draw(st.booleans())
    inner = {name: (draw(st.integers(1, 6)), draw(st.integers(1, 3))) for name in convolved}
    for term in "xkr":
        own = draw(st.permutations([name for name, role in zip(names, roles, strict=True) if term in ROLES[role]]))
        split = draw(st.integers(0, len(own)))
        text, shape, order, merge = [], [], [], []
        if with_dots and term != "k":
            text, shape, order, merge = ["..."], [2] * leading, list(dots), [1] * leading
        for part, here in ((own[:split], True), (own[split:], False)):
            while part:
                many = draw(st.integers(1, len(part)))
                merged, part = part[:many], part[many:]
                text.append(merged[0] if many == 1 else f"({' '.join(merged)})")
                shape.append(int(np.prod([length[name] for name in merged])))
                order += merged
                merge.append(many)
                sizes |= {name: length[name] for name in merged if many > 1}
            if here and convolved:
                text.append(f"[{' '.join(convolved)}]")
                shape += [inner[name][term == "k"] for name in convolved]
                order += convolved
                merge += [1] * len(convolved)
        terms.append(order)
        texts.append(" ".join(text))
        shapes.append(tuple(shape))
        whole.append(tuple(inner[name][term == "k"] if name in inner else length[name] for name in order))
        merges.append(merge)
    left, right = draw(types), draw(types)
    result = np.result_type(left, right)
    axes, options = draw(axes_and_options(len(convolved), result.kind, "valid"))
    if sizes:
        options["sizes"] = sizes
    flip = draw(st.booleans())
    if flip:
        options["flip"] = True
    x, k = draw(arrays(shapes[0], left)), draw(arrays(shapes[1], right))
    spec = f"{texts[0]}, {texts[1]} -> {texts[2]}"
    named = (terms[0], terms[1], terms[2])
    return Named(spec, x, k, named, convolved, axes, flip, options, result, whole[:2], merges[2])
