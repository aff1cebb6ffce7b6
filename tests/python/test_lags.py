"""`lags=` of `correlate`: the outputs of "full" that are asked for, and no others."""

import numpy as np
import pytest

import convolver

random = np.random.default_rng(7)
x, k = random.integers(-9, 9, 30), random.integers(-9, 9, 7)


@pytest.mark.parametrize("first", [-6, -3, 0, 11, 29])
@pytest.mark.parametrize("count", [1, 2, 9, 36])
def test_lags_are_a_slice_of_full(first: int, count: int) -> None:
    last = min(first + count - 1, 29)
    full = convolver.correlate(x, k)
    assert np.array_equal(convolver.correlate(x, k, lags=(first, last)), full[first + 6 : last + 7])


@pytest.mark.parametrize("dilation", [1, 3])
@pytest.mark.parametrize("boundary", ["zero", "edge", "wrap"])
@pytest.mark.parametrize("method", ["auto", "direct"])
def test_lags_with_other_arguments(dilation: int, boundary: str, method: str) -> None:
    full = convolver.correlate(x, k, dilation=dilation, boundary=boundary)
    start = 6 * dilation
    some = convolver.correlate(x, k, lags=(-5, 20), stride=4, dilation=dilation, boundary=boundary, method=method)
    assert np.array_equal(some, full[start - 5 : start + 21 : 4])


def test_lags_outside_full_see_the_boundary_alone() -> None:
    assert np.array_equal(convolver.correlate(x, k, lags=(-40, -8)), np.zeros(33))
    assert np.array_equal(convolver.correlate(x, k, lags=(30, 31)), np.zeros(2))
    assert np.array_equal(convolver.correlate(x, k, lags=(100, 100), boundary="edge"), [k.sum() * x[-1]])


def test_lags_of_several_axes() -> None:
    image, patch = random.integers(-9, 9, (9, 12)), random.integers(-9, 9, (3, 4))
    full = convolver.correlate(image, patch)
    assert np.array_equal(convolver.correlate(image, patch, lags=((-2, 3), (1, 5))), full[0:6, 4:9])
    assert np.array_equal(convolver.correlate(image, patch, lags=(-1, 2)), full[1:5, 2:6])
    rows = convolver.correlate(image, patch[0], lags=[0, 2], axes=1)
    assert np.array_equal(rows, convolver.correlate(image, patch[0], axes=1)[:, 3:6])


def test_a_complex_kernel_is_conjugated() -> None:
    z = x + 1j * x[::-1]
    assert np.array_equal(convolver.correlate(z, z, lags=(-3, 3)), convolver.correlate(z, z)[26:33])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"lags": (3, 2)}, "ends before it starts"),
        ({"lags": (1, 2, 3)}, "3 values"),
        ({"lags": ((1, 2), (3, 4))}, "2 entries, but 1 axes"),
        ({"lags": ((1, 2, 3),)}, "3 values"),
        ({"lags": (1, 2), "mode": "same"}, "leave mode= and padding= out"),
        ({"lags": (1, 2), "padding": 1}, "leave mode= and padding= out"),
        ({"lags": (1, 2**62)}, "too large"),
    ],
)
def test_wrong_lags(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        convolver.correlate(x, k, **arguments)


@pytest.mark.parametrize("lags", [3, "ab", (1.5, 2), ((1, 2), 3.0)])
def test_lags_of_a_wrong_type(lags: object) -> None:
    with pytest.raises((TypeError, ValueError), match="lags"):
        convolver.correlate(x, k, lags=lags)
