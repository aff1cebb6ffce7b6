"""`nn.unfold` and `nn.fold` against loops."""

import itertools
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from convolver import nn


def columns(x: Any, taps: Any, dilation: int, padding: Any, stride: int) -> Any:
    padded = np.pad(x, [(0, 0), (0, 0), *padding])
    reach = [dilation * (k - 1) + 1 for k in taps]
    starts = [range(0, n - r + 1, stride) for n, r in zip(padded.shape[2:], reach, strict=True)]
    cut = []
    for place in itertools.product(*starts):
        window = tuple(slice(at, at + r, dilation) for at, r in zip(place, reach, strict=True))
        cut.append(padded[(slice(None), slice(None), *window)].reshape(len(x), -1))
    return np.stack(cut, -1)


CASES = [
    ((7, 6), (3, 2), 1, ((0, 0), (0, 0)), 1),
    ((7, 6), (3, 2), 2, ((1, 2), (0, 1)), 2),
    ((9,), (4,), 1, ((3, 0),), 3),
    ((4, 5, 3), (2, 2, 3), 1, ((1, 1), (0, 0), (2, 0)), 2),
    ((5, 4), (1, 1), 1, ((0, 0), (0, 0)), 1),
]


@pytest.mark.parametrize(("lengths", "taps", "dilation", "padding", "stride"), CASES)
@pytest.mark.parametrize("dtype", ["int8", "float32", "complex128", ml_dtypes.bfloat16])
def test_columns(
    lengths: Any, taps: Any, dilation: int, padding: Any, stride: int, dtype: Any, random: np.random.Generator
) -> None:
    x = random.integers(-5, 5, (2, 3, *lengths)).astype(dtype)
    found = nn.unfold(x, taps, dilation, padding, stride)
    np.testing.assert_array_equal(found, columns(x, taps, dilation, padding, stride))
    assert found.dtype == x.dtype
    assert found.flags.writeable
    assert not np.shares_memory(found, x)
    np.testing.assert_array_equal(nn.unfold(x[0], taps, dilation, padding, stride), found[0])
    # fold is the transpose: ⟨unfold(x), c⟩ = ⟨x, fold(c)⟩.
    weights = random.integers(-1, 2, found.shape).astype(dtype)
    back = nn.fold(weights, lengths, taps, dilation, padding, stride)
    assert back.dtype == x.dtype
    assert back.shape == x.shape
    wide = complex if np.dtype(dtype).kind == "c" else float
    assert (found.astype(wide) * weights.astype(wide)).sum() == (x.astype(wide) * back.astype(wide)).sum()
    np.testing.assert_array_equal(nn.fold(weights[0], lengths, taps, dilation, padding, stride), back[0])


def test_a_layer_is_a_product_with_columns(random: np.random.Generator) -> None:
    x, w = random.integers(-5, 5, (2, 3, 8, 7)), random.integers(-5, 5, (4, 3, 3, 3))
    for padding, words in [(1, "same"), (0, "valid")]:
        product = w.reshape(4, -1) @ nn.unfold(x, 3, padding=words)
        np.testing.assert_array_equal(
            product.reshape(2, 4, *([8, 7] if padding else [6, 5])), nn.conv2d(x, w, padding=padding)
        )


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda x: nn.unfold(x[0, 0], 2), ValueError, "x has 2 dimensions"),
        (lambda x: nn.unfold(x, 9), ValueError, r"spans \(9, 9\) samples"),
        (lambda x: nn.unfold(x, 0), ValueError, "kernel_size must be at least 1"),
        (lambda x: nn.unfold(x, 2.0), TypeError, "kernel_size"),
        (lambda x: nn.unfold(x, 2, stride=(1, 2, 3)), ValueError, "stride has 3 entries"),
        (lambda x: nn.unfold(x, 2, padding=-1), ValueError, "padding=-1"),
        (lambda x: nn.unfold(x, 2, padding="full"), ValueError, "padding='full'"),
        (lambda x: nn.fold(x, (4, 4), 2), ValueError, "x has 4 dimensions"),
        (lambda x: nn.fold(x[0], (4, 4), 2), ValueError, r"x has shape \(3, 6, 6\)"),
        (lambda x: nn.fold(x[0], (4, 0), 2), ValueError, "output_size must be at least 1"),
        (lambda x: nn.fold(x[0], (1, 4), 2), ValueError, "padded output_size"),
    ],
)
def test_errors_name_the_argument(call: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call(np.ones((2, 3, 6, 6)))
