"""What every convolution obeys: sums, shifts, scales, and bits that depend on nothing else."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

import convolver
from oracle import Array, RefusedError, windows
from strategies import FLOATS, SETTINGS, Call, axes_and_options, calls, numbers, seeds, types

EXACT = [*(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))]
FULL = [*FLOATS, "complex64", "complex128"]
lengths, taps = st.integers(1, 80), st.integers(1, 20)
shifts = st.integers(-12, 12)
modes = st.sampled_from(["full", "same", "same_upper", "same_lower", "causal"])


@pytest.fixture(autouse=True, scope="module")
def _threads_as_before() -> Iterator[None]:
    before = convolver.get_num_threads()
    yield
    convolver.set_num_threads(before)


def run(given: Call, flip: bool, x: Array | None = None, k: Array | None = None) -> Array | None:
    """Compute the call, with other operands if given; nothing where the kernel is too long."""
    function = convolver.convolve if flip else convolver.correlate
    try:
        return function(given.x if x is None else x, given.k if k is None else k, **given.options)
    except ValueError as error:
        if "k spans" in str(error) or "operand at least as long" in str(error):
            return None
        raise


@SETTINGS
@given(calls(types=st.sampled_from(EXACT)), st.booleans(), seeds)
def test_linear_on_integers(given: Call, flip: bool, seed: int) -> None:
    if "constant" in str(given.options.get("boundary")):
        given.options["fill"] = 0
    random = np.random.default_rng(seed)
    x, k = (numbers(seed, array.shape, array.dtype.newbyteorder("=").name) for array in (given.x, given.k))
    a, b = (np.asarray(random.integers(0, 7), given.result) for _ in range(2))
    first = run(given, flip)
    if first is None or given.result.kind not in "iu":
        return
    given.options["dtype"] = given.result
    left = given.x.astype(given.result) * a + x.astype(given.result) * b
    assert_array_equal(run(given, flip, x=left), first * a + run(given, flip, x=x) * b)
    right = given.k.astype(given.result) * a + k.astype(given.result) * b
    assert_array_equal(run(given, flip, k=right), first * a + run(given, flip, k=k) * b)


@SETTINGS
@given(types, seeds, lengths, taps, shifts)
def test_shift(dtype: str, seed: int, n: int, m: int, shift: int) -> None:
    x, k = numbers(seed, (n,), dtype), numbers(seed + 1, (m,), dtype)
    whole = convolver.convolve(x, k, padding=(m + 20))
    moved = convolver.convolve(x, k, padding=((m + 20 + shift, m + 20 - shift),))
    assert_array_equal(np.roll(whole, shift), moved)


@SETTINGS
@given(types, seeds, lengths, taps, st.data())
def test_delta(dtype: str, seed: int, n: int, m: int, data: st.DataObject) -> None:
    x, delta = numbers(seed, (n,), dtype), np.zeros(m, dtype)
    at = data.draw(st.integers(0, m - 1))
    delta[at] = 1
    expected = np.zeros(n + m - 1, dtype)
    expected[at : at + n] = x
    assert_array_equal(convolver.convolve(x, delta), expected)
    assert_array_equal(convolver.convolve(delta, x), expected)


@SETTINGS
@given(calls(), st.booleans())
def test_convolve_is_correlate_with_the_kernel_flipped(given: Call, flip: bool) -> None:
    along = given.at if given.k.ndim == given.x.ndim != len(given.at) else range(given.k.ndim)
    other = np.flip(given.k, along).conj()
    first, second = run(given, flip), run(given, not flip, k=other)
    assert (first is None) == (second is None)
    if first is not None and second is not None:
        assert_array_equal(first, second)


@SETTINGS
@given(st.sampled_from(EXACT) | st.just("bool"), seeds, st.lists(st.tuples(lengths, taps), min_size=1, max_size=2))
def test_full_commutes(dtype: str, seed: int, pairs: list[tuple[int, int]]) -> None:
    x, k = (numbers(seed + i, tuple(pair[i] for pair in pairs), dtype) for i in range(2))
    assert_array_equal(convolver.convolve(x, k), convolver.convolve(k, x))


@SETTINGS
@given(calls(types=st.sampled_from(FULL[1:])), st.booleans(), st.integers(-30, 30))
def test_kernel_times_a_power_of_two(given: Call, flip: bool, power: int) -> None:
    first = run(given, flip)
    scale = given.k.dtype.type(2.0**power)
    second = run(given, flip, k=given.k * scale)
    if first is not None and second is not None:
        assert_array_equal(second, first * first.dtype.type(2.0**power))


@SETTINGS
@given(
    st.lists(st.tuples(st.integers(1, 30), st.integers(1, 6)), min_size=1, max_size=2),
    st.sampled_from(FULL),
    st.sampled_from([np.nan, np.inf, -np.inf]),
    st.booleans(),
    seeds,
    st.data(),
)
def test_one_nan_touches_its_windows(
    pairs: list[tuple[int, int]], dtype: str, odd: float, zeros: bool, seed: int, data: st.DataObject
) -> None:
    x, k = (numbers(seed + i, tuple(pair[i] for pair in pairs), dtype) for i in range(2))
    k = k * 0 if zeros else np.where(k == 0, k.dtype.type(1), k)
    place = tuple(data.draw(st.integers(0, n - 1)) for n, _ in pairs)
    axes, options = data.draw(axes_and_options(len(pairs), "b", "full"))
    seen = np.zeros(x.shape, np.int64)
    seen[place] = 1
    try:
        touched = windows(seen, k.shape, range(k.ndim), axes, 0, False).any(tuple(range(-k.ndim, 0)))
    except RefusedError:
        return
    options.pop("fill", None)
    if touched.shape != run(Call(x, k, [], axes, options, x.dtype), False).shape:  # type: ignore[union-attr]
        return  # the operands changed places
    clean = convolver.correlate(x, k, **options)
    x[place] = odd
    y = convolver.correlate(x, k, **options)
    assert_array_equal(~np.isfinite(y), touched)
    assert_array_equal(y[~touched], clean[~touched])


@SETTINGS
@given(calls((st.integers(1, 200), st.integers(1, 9)), 2), st.booleans())
def test_threads_do_not_change_a_bit(given: Call, flip: bool) -> None:
    found = []
    for threads in (1, 2, 3):
        convolver.set_num_threads(threads)
        found.append(run(given, flip))
    assert len({None if y is None else y.tobytes() for y in found}) == 1


@SETTINGS
@given(
    st.integers(2, 40),
    st.sampled_from([(30,), (130,), (300,), (6, 7), (12, 33)]),
    st.sampled_from([(1,), (3,), (8,)]),
    st.sampled_from(FULL),
    modes,
    st.booleans(),
    seeds,
)
def test_batch_does_not_change_a_bit(
    batch: int, shape: tuple[int, ...], taps: tuple[int, ...], dtype: str, mode: Any, last: bool, seed: int
) -> None:
    at = len(shape) if last else 0
    x, k = numbers(seed, (*shape[:at], batch, *shape[at:]), dtype), numbers(seed + 1, taps * len(shape), dtype)
    axes = tuple(range(len(shape))) if last else tuple(range(1, x.ndim))
    y = convolver.convolve(x, k, mode, axes=axes)
    parts = [slice(0, 2), slice(batch // 2 - 1, batch), slice(batch - 2, batch)]
    parts += [slice(0, 1), slice(batch - 1, batch)]
    for part in parts:
        cut = (..., part) if last else part
        assert convolver.convolve(x[cut], k, mode, axes=axes).tobytes() == y[cut].tobytes()
