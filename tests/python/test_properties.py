"""Random calls over the whole parameter space against the oracle."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import convolver
from oracle import Expected, RefusedError, call, summed
from strategies import LAYOUTS, SETTINGS, Call, Named, calls, layouts, named_calls


def expected_call(given: Call, flip: bool) -> Expected:
    fill = given.options.get("fill", 0)
    return call(given.x, given.k, given.at, given.axes, fill, flip, given.result)


def check_call(given: Call, flip: bool, layout: str) -> None:
    function = convolver.convolve if flip else convolver.correlate
    before = given.x.copy(), given.k.copy()
    try:
        expected = expected_call(given, flip)
    except RefusedError:
        with pytest.raises(ValueError, match=r"k spans|operand at least as long"):
            function(given.x, given.k, **given.options)
        return
    found = function(given.x, given.k, **given.options)
    expected.check(found)
    out = LAYOUTS[layout](np.zeros(found.shape, found.dtype))
    assert function(given.x, given.k, **given.options, out=out) is out
    np.testing.assert_array_equal(out, found)
    np.testing.assert_array_equal(given.x, before[0])
    np.testing.assert_array_equal(given.k, before[1])


@SETTINGS
@given(calls(), st.booleans(), layouts)
def test_calls(given: Call, flip: bool, layout: str) -> None:
    check_call(given, flip, layout)


# Beyond one vector, one tile and one thread's share.
LONG = st.integers(1, 700) | st.sampled_from([1024, 2500, 2501]), st.integers(1, 40) | st.sampled_from([128, 300])
WIDE = st.integers(1, 70), st.integers(1, 7)


@settings(SETTINGS, max_examples=70)
@given(calls(LONG, 1) | calls(WIDE, 2), st.booleans(), layouts)
def test_large_calls(given: Call, flip: bool, layout: str) -> None:
    check_call(given, flip, layout)


def expected_named(given: Named) -> Expected:
    x, k = (array.reshape(shape) for array, shape in zip((given.x, given.k), given.shapes, strict=True))
    if given.flip:
        k = np.flip(k, [given.terms[1].index(name) for name in given.convolved])
    fill = given.options.get("fill", 0)
    expected = summed(x, k, given.terms, given.convolved, given.axes, fill, given.result)
    lengths = iter(expected.value.shape)
    shape = [math.prod(itertools.islice(lengths, count)) for count in given.merged]
    return Expected(expected.value.reshape(shape), None if expected.bound is None else expected.bound.reshape(shape))


@SETTINGS
@given(named_calls(), layouts)
def test_named_calls(given: Named, layout: str) -> None:
    operands = given.spec, given.x, given.k
    planned = given.spec, given.x.shape, given.k
    try:
        expected = expected_named(given)
    except RefusedError:
        with pytest.raises(ValueError, match="k spans"):
            convolver.einconv(*operands, **given.options)
        with pytest.raises(ValueError, match="k spans"):
            convolver.plan(*planned, **given.options, dtype=given.x.dtype)
        return
    found = convolver.einconv(*operands, **given.options)
    expected.check(found)
    out = LAYOUTS[layout](np.zeros(found.shape, found.dtype))
    assert convolver.einconv(*operands, **given.options, out=out) is out
    np.testing.assert_array_equal(out, found)
    plan = convolver.plan(*planned, **given.options, dtype=given.x.dtype)
    planned_result = plan(given.x)
    expected.check(planned_result)
    assert planned_result.tobytes() == found.tobytes()
    assert plan(given.x, out) is out
    np.testing.assert_array_equal(out, planned_result)
