"""Arguments at random: a result, or a `ValueError` or `TypeError` and `out` as it was; nothing else."""

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import convolver
from convolver import nn
from strategies import SETTINGS

WORDS = ["", "full", "same", "valid", "causal", "zero", "constant", "edge", "wrap", "line", "smooth", "reflect"]
WORDS += ["auto", "direct", "separable", "measure", "highest", "medium", "1GiB", "0", "7 B", "1e3", "NCHW", "NHWC"]
DTYPES = ["bool", "int8", "int64", "uint64", "float16", "float64", "complex64", ">f8", "longdouble", "O", "M8[s]", "U1"]
SPEC = st.text("ab[]()., ->_1é\0", max_size=24) | st.sampled_from(
    ["[t], [t] -> [t]", "[t] c, [t] -> [t]", "(a [t]), [t] -> [t]", "... [t], [t] -> ... [t]", "(a b), a -> b", ", -> "]
)

far = st.sampled_from([sign * 2**bits + more for sign in (1, -1) for bits in (62, 63, 64, 200) for more in (-1, 0, 1)])
near = st.integers(-5, 12)
middle = st.sampled_from([2**bits + more for bits in (31, 32, 40, 60, 61) for more in (-1, 0)])
odd = st.sampled_from(
    [None, True, False, b"full", 1j, float("nan"), float("inf"), -0.0, ..., object(), set(), len, np.float32(2)]
)
words = st.sampled_from(WORDS) | st.text(st.characters(codec=None), max_size=6)


def dtypes() -> st.SearchStrategy[Any]:
    return st.sampled_from(DTYPES) | st.sampled_from(DTYPES).map(np.dtype)


@st.composite
def arrays(draw: st.DrawFn) -> Any:
    shape = tuple(draw(st.lists(st.integers(0, 5), max_size=4)))
    return np.ones(shape, draw(st.sampled_from(DTYPES[:8]) | st.sampled_from(["longdouble", "O", "U1"])))


def values(integers: st.SearchStrategy[int]) -> st.SearchStrategy[Any]:
    """Anything that may be given for an argument: numbers, words and what holds them."""
    leaves = integers | integers.map(lambda value: np.int64(value % 8)) | words | odd | st.floats(-4, 4)
    few = st.lists(leaves, max_size=4)
    inner = leaves | few | few.map(tuple)
    nested = st.lists(inner, max_size=3)
    maps = st.dictionaries(st.sampled_from(["t", "a", "b", 1]), leaves, max_size=2)
    pairs = st.lists(st.tuples(integers, integers), max_size=3)
    return st.one_of(
        leaves, integers, few, nested, nested.map(tuple), pairs, pairs.map(tuple), maps, arrays(), dtypes()
    )


anything, bounded = values(near | far | middle), values(near | far)
OPTIONS = ["mode", "stride", "dilation", "padding", "boundary", "fill", "method", "precision", "memory", "dtype"]


@st.composite
def arguments(draw: st.DrawFn, own: dict[str, st.SearchStrategy[Any]], extra: list[str]) -> dict[str, Any]:
    """Good operands and one, two or three arguments at random."""
    given = {name: draw(good) for name, good in own.items()}
    names = st.sampled_from([*own, *OPTIONS, *extra])
    for name in draw(st.lists(names, min_size=1, max_size=3, unique=True)):
        given[name] = draw(SPEC | anything) if name == "spec" else draw(anything)
    return given


def good(*shapes: tuple[int, ...]) -> st.SearchStrategy[Any]:
    return st.builds(np.ones, st.sampled_from(shapes), st.sampled_from(DTYPES[:7]))


def check(function: Callable[..., Any], given: dict[str, Any], out: Any = None) -> None:
    before = None if out is None else out.copy()
    try:
        found = function(**given) if out is None else function(**given, out=out)
    except (ValueError, TypeError):
        if out is not None:
            np.testing.assert_array_equal(out, before)
    else:
        assert out is None or found is out


OUTS = st.builds(np.full, st.sampled_from([(9,), (8,), (5,), (4, 9), (5, 7)]), st.just(17), st.sampled_from(DTYPES[:7]))
OPERANDS = {"x": good((8,), (4, 8), (4, 6)), "k": good((2,), (1, 2), (2, 2))}


@SETTINGS
@given(arguments(OPERANDS, ["axes"]), st.booleans(), OUTS)
def test_calls(given: dict[str, Any], flip: bool, out: Any) -> None:
    check(convolver.convolve if flip else convolver.correlate, given, out)
    check(convolver.explain, given)


@SETTINGS
@given(arguments({"spec": SPEC, **OPERANDS}, ["sizes", "flip"]), OUTS)
def test_named_calls(given: dict[str, Any], out: Any) -> None:
    check(convolver.einconv, given, out)


PLANNED = {"spec": SPEC, "x_shape": st.sampled_from([8, (8,), (4, 8)]), "k": OPERANDS["k"]}


@SETTINGS
@given(arguments(PLANNED, ["sizes", "flip"]), anything, anything)
def test_plans(given: dict[str, Any], x: Any, out: Any) -> None:
    check(convolver.plan, given)
    plan = convolver.plan("[t], [t] -> [t]", 8, np.ones(2))
    check(lambda: plan(x), {})
    check(lambda: plan(np.ones(8), out), {})
    check(lambda: plan.error_bound(x), {})


LAYER = {"x": good((1, 4, 6, 6), (2, 6, 6, 4)), "w": good((2, 4, 3, 3), (3, 3, 4, 2), (4, 1, 3, 3))}
NAMES = ["bias", "stride", "padding", "dilation", "groups", "layout"]


@SETTINGS
@given(LAYER["x"], LAYER["w"], st.dictionaries(st.sampled_from([*LAYER, *NAMES]), bounded, min_size=1, max_size=3))
def test_layers(x: Any, w: Any, given: dict[str, Any]) -> None:
    check(nn.conv2d, {"x": x, "w": w} | given)
