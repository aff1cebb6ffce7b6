"""The values that the documents this project started from give."""

import numpy as np
from numpy.testing import assert_array_equal

import convolver


def test_valid_correlation() -> None:
    assert_array_equal(convolver.correlate(np.arange(1, 9), [1, 0], "valid"), np.arange(1, 8))


def test_valid_correlation_longer() -> None:
    assert_array_equal(convolver.correlate(np.arange(10), np.arange(5), "valid"), [30, 40, 50, 60, 70, 80])


def test_stride() -> None:
    assert_array_equal(convolver.correlate(np.arange(10), np.arange(5), "valid", stride=5), [30, 80])


def test_channels_summed() -> None:
    x, k = np.arange(100).reshape(4, 25), np.arange(20).reshape(4, 5)
    expected = [10670, 11620, 12570, 13520, 14470]
    assert_array_equal(convolver.einconv("c [t], c [t] -> [t]", x, k, stride=5), expected)
    assert_array_equal(convolver.correlate(x, k, "valid", stride=5)[0], expected)


def test_batch_and_bank() -> None:
    x, k = np.arange(16).reshape(2, 2, 4), np.arange(8).reshape(2, 2, 2)
    y = convolver.einconv("n c [t], k c [t] -> n k [t]", x, k, stride=2)
    assert_array_equal(y, [[[24, 36], [64, 108]], [[72, 84], [240, 284]]])
    assert y.dtype == np.int64


def test_strided_image() -> None:
    x = [
        [2, 3, 7, 4, 6, 2, 9],
        [6, 6, 9, 8, 7, 4, 3],
        [3, 4, 8, 3, 8, 9, 7],
        [7, 8, 3, 6, 6, 3, 4],
        [4, 2, 1, 8, 3, 4, 6],
        [3, 2, 4, 1, 9, 8, 3],
        [0, 1, 3, 9, 2, 1, 4],
    ]
    k = [[3, 4, 4], [1, 0, 2], [-1, 0, 3]]
    assert_array_equal(convolver.correlate(x, k, "valid", stride=2), [[91, 100, 88], [69, 91, 117], [44, 72, 74]])


def test_rows_with_rows(random: np.random.Generator) -> None:
    a, b = random.random((4, 10)), random.random((4, 20))
    y = convolver.convolve(a, b, axes=1)
    assert y.shape == (4, 29)
    np.testing.assert_allclose(y, [np.convolve(p, q) for p, q in zip(a, b, strict=True)])
