"""SciPy and NumPy as a second oracle."""

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy import ndimage, signal

import convolver
from oracle import Array
from strategies import SETTINGS, numbers, seeds

# Integers of 16 bits in 64 do not overflow, and SciPy sums them exactly.
kinds = st.sampled_from(["int64", "float32", "float64", "complex64", "complex128"])
shapes = st.lists(st.tuples(st.integers(1, 12), st.integers(1, 12)), min_size=1, max_size=3)
modes = st.sampled_from(["full", "same", "valid"])


def operand(seed: int, shape: tuple[int, ...], dtype: str) -> Array:
    if dtype == "int64":
        return numbers(seed, shape, "int16").astype(dtype)
    return numbers(seed, shape, dtype)


def assert_near(found: Array, expected: Array, size: Array, taps: int) -> None:
    """Both plain sums of `taps` products whose magnitudes add up to `size`."""
    assert found.shape == expected.shape
    assert found.dtype == expected.dtype
    if found.dtype.kind == "i":
        assert_array_equal(found, expected)
    else:
        # SciPy's sum errs as much as ours.
        assert (np.abs(found - expected) <= 4 * (taps + 8) * np.finfo(found.dtype).eps * np.abs(size)).all()


@SETTINGS
@given(shapes, kinds, modes, st.booleans(), seeds)
def test_signal(pairs: list[tuple[int, int]], dtype: str, mode: Any, flip: bool, seed: int) -> None:
    x, k = (operand(seed + i, tuple(pair[i] for pair in pairs), dtype) for i in range(2))
    ordered = all(n >= m for n, m in pairs) or all(n <= m for n, m in pairs)
    if mode == "valid" and not ordered:
        return
    ours, theirs = (convolver.convolve, signal.convolve) if flip else (convolver.correlate, signal.correlate)
    expected, size = theirs(x, k, mode, method="direct"), theirs(np.abs(x), np.abs(k), mode, method="direct")
    assert_near(ours(x, k, mode), expected, size, k.size)


@SETTINGS
@given(st.integers(1, 80), st.integers(1, 80), kinds, modes, st.booleans(), seeds)
def test_numpy(n: int, m: int, dtype: str, mode: Any, flip: bool, seed: int) -> None:
    x, k = operand(seed, (n,), dtype), operand(seed + 1, (m,), dtype)
    if n < m:
        # NumPy's "same" has the length of the longer operand, and correlation comes out otherwise.
        x, k = k, x
    if not flip and mode == "same":
        # NumPy centres an even kernel on its other middle when it correlates.
        mode = "full"
    ours, theirs = (convolver.convolve, np.convolve) if flip else (convolver.correlate, np.correlate)
    assert_near(ours(x, k, mode), theirs(x, k, mode), theirs(np.abs(x), np.abs(k), mode), k.size)


WORDS = {"symmetric": "reflect", "reflect": "mirror", "edge": "nearest", "wrap": "wrap", "constant": "constant"}


@SETTINGS
@given(
    st.lists(st.tuples(st.integers(1, 12), st.integers(1, 8)), min_size=1, max_size=2),
    st.sampled_from(["int64", "float64", "complex128"]),
    st.sampled_from(sorted(WORDS)),
    st.sampled_from([0, 1, -3]),
    seeds,
)
def test_ndimage(pairs: list[tuple[int, int]], dtype: str, boundary: Any, fill: int, seed: int) -> None:
    x, k = (operand(seed + i, tuple(pair[i] for pair in pairs), dtype) for i in range(2))
    if dtype == "int64":
        # SciPy sums in float64: exactly, while all is small.
        x, k = x % 1000, k % 1000
    # SciPy's window of an even kernel reaches farther back.
    padding = tuple((m // 2, m - 1 - m // 2) for _, m in pairs)
    found = convolver.correlate(x, k, padding=padding, boundary=boundary, fill=fill)
    word = WORDS[boundary]
    expected = ndimage.correlate(x, k, mode=word, cval=fill)
    size = ndimage.correlate(np.abs(x), np.abs(k), mode=word, cval=abs(fill))
    assert_near(found, expected, size, k.size)
