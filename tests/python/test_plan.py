"""Plans: the same results as `einconv`, again and again."""

from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from numpy.testing import assert_array_equal

import convolver

SPEC = "n (g c) [y x], (g o) c [y x] -> n (g o) [y x]"


@pytest.mark.parametrize("dtype", ["float32", "int64", "complex128", "bool", ml_dtypes.bfloat16])
def test_same_as_einconv(dtype: Any, random: np.random.Generator) -> None:
    x, k = random.integers(0, 4, (2, 4, 5, 6)).astype(dtype), random.integers(0, 4, (6, 2, 3, 2)).astype(dtype)
    options: dict[str, Any] = {"sizes": {"g": 2}, "stride": (2, 1), "padding": ((1, 0), (0, 2)), "boundary": "edge"}
    p = convolver.plan(SPEC, x.shape, k, **options)
    expected = convolver.einconv(SPEC, x, k, **options)
    k[...] = 0
    for view in (x, np.asfortranarray(x), x[::-1].copy()[::-1]):
        y = p(view)
        assert y.dtype == expected.dtype
        assert_array_equal(y, expected)
    out = np.empty_like(expected)
    assert p(x, out) is out
    assert p(x, out=out) is out
    assert_array_equal(out, expected)


def test_type_of_the_input() -> None:
    p = convolver.plan("[t], [t] -> [t]", (5,), np.ones(2, np.float32), dtype=np.uint8)
    assert p(np.arange(5, dtype=np.uint8)).dtype == np.float32
    for wrong in (np.arange(5), np.arange(5.0), [1, 2, 3, 4, 5]):
        with pytest.raises(TypeError, match="x has elements of type"):
            p(wrong)


def test_wrong_inputs() -> None:
    p = convolver.plan("[t], [t] -> [t]", [5], np.ones(2))
    x, out = np.arange(5.0), np.full(4, 7.0)
    for wrong in (np.ones(4), np.ones((5, 1)), 1.0, []):
        with pytest.raises(ValueError, match="x has shape"):
            p(wrong, out)
    for wrong_out, error in [
        (np.ones(5), ValueError),
        (np.ones(4, int), TypeError),
        (x[:4], ValueError),
        ([], TypeError),
    ]:
        with pytest.raises(error, match="out"):
            p(x, wrong_out)  # type: ignore[type-var]
    assert (out == 7).all()
    with pytest.raises(TypeError):
        p()  # type: ignore[call-overload]


def test_what_a_plan_says() -> None:
    p = convolver.plan("[t], [t] -> [t]", 50, np.ones(7, np.float32), mode="same", method="direct")
    assert p.algorithm == "direct"
    assert p.workspace_bytes >= 0
    assert "direct" in repr(p)
    assert [c.chosen for c in p.explain().candidates if c.name == "direct"] == [True]
    assert 0 < p.error_bound(1.0) < 1e-4
    assert p.error_bound(2) == 2 * p.error_bound(1)
    assert p.error_bound(0) == 0
    for wrong in (-1.0, float("nan")):
        with pytest.raises(ValueError, match="x_max"):
            p.error_bound(wrong)
    for wrong_type in ("1", None, 1j):
        with pytest.raises(TypeError, match="x_max"):
            p.error_bound(wrong_type)  # type: ignore[arg-type]
    assert convolver.plan("[t], [t] -> [t]", 5, np.ones(2, int)).error_bound(9) == 0


def test_error_bound_counts_samples_that_the_boundary_makes_larger() -> None:
    x = np.array([0.1, -0.9999999999, 1.0 - 1e-9])
    slope = [Fraction(x[0]) - Fraction(x[1]), Fraction(x[2]) - Fraction(x[1])]
    exact = [Fraction(x[0]) + slope[0] * past for past in range(1000, 0, -1)]
    exact += [*map(Fraction, x)] + [Fraction(x[2]) + slope[1] * past for past in range(1, 1001)]
    p = convolver.plan("[t], [t] -> [t]", 3, np.ones(1), padding=1000, boundary="smooth")
    error = max(abs(Fraction(y) - e) for y, e in zip(p(x), exact, strict=True))
    assert 0 < error <= p.error_bound(1.0) < 1e-11


def test_error_bound_holds(random: np.random.Generator) -> None:
    x, k = random.standard_normal(300).astype(np.float32), random.standard_normal(40).astype(np.float32)
    p = convolver.plan("[t], [t] -> [t]", x.shape, k)
    exact = np.correlate(x.astype(float), k.astype(float), "valid")
    assert np.abs(p(x) - exact).max() <= p.error_bound(np.abs(x).max())


def test_kernel_longer_than_the_input_is_an_error() -> None:
    with pytest.raises(ValueError, match="k spans 6 samples"):
        convolver.plan("[t], [t] -> [t]", 5, np.ones(6))


def test_many_threads(random: np.random.Generator) -> None:
    k = random.integers(-9, 9, 300)
    p = convolver.plan("[t], [t] -> [t]", 1000, k)
    inputs = random.integers(-9, 9, (16, 1000))
    expected = [np.correlate(x, k, "valid") for x in inputs]
    with ThreadPoolExecutor(8) as pool:
        assert_array_equal(list(pool.map(p, inputs)), expected)
