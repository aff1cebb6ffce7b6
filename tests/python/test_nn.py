"""Layers against a plain loop."""

import itertools
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from numpy.testing import assert_array_equal

from convolver import nn

LAYERS = {1: nn.conv1d, 2: nn.conv2d, 3: nn.conv3d}
CHANNELS_LAST = {1: "NLC", 2: "NHWC", 3: "NDHWC"}
CHANNELS_FIRST = {1: "NCL", 2: "NCHW", 3: "NCDHW"}


def loop(
    x: Any, w: Any, bias: Any = None, stride: int = 1, padding: Any = 0, dilation: int = 1, groups: int = 1
) -> Any:
    """Compute a layer of channels first, output by output."""
    axes = x.ndim - 2
    pads = [(padding, padding)] * axes if isinstance(padding, int) else padding
    x = np.pad(x, [(0, 0), (0, 0), *pads])
    lengths = [(n - dilation * (k - 1) - 1) // stride + 1 for n, k in zip(x.shape[2:], w.shape[2:], strict=True)]
    y = np.zeros((x.shape[0], w.shape[0], *lengths), x.dtype)
    per_group, outs = w.shape[1], w.shape[0] // groups
    for o, place in itertools.product(range(w.shape[0]), itertools.product(*map(range, lengths))):
        starts = zip((p * stride for p in place), w.shape[2:], strict=True)
        window = tuple(slice(start, start + dilation * (k - 1) + 1, dilation) for start, k in starts)
        first = per_group * (o // outs)
        seen = x[(slice(None), slice(first, first + per_group), *window)]
        y[(slice(None), o, *place)] = (seen * w[o]).reshape(x.shape[0], -1).sum(1)
    return y if bias is None else y + np.reshape(bias, (-1,) + (1,) * axes)


def last(x: Any) -> Any:
    return np.moveaxis(x, 1, -1)


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize("groups", [1, 2, 4])
@pytest.mark.parametrize("options", [{}, {"stride": 2, "padding": 1}, {"dilation": 2, "padding": 2}])
def test_layers(axes: int, groups: int, options: dict[str, Any], random: np.random.Generator) -> None:
    x = random.integers(-5, 5, (2, 4, *(5, 6, 4)[:axes]))
    w = random.integers(-5, 5, (8, 4 // groups, *(2, 3, 1)[:axes]))
    bias = random.integers(-5, 5, 8)
    layer = LAYERS[axes]
    expected = loop(x, w, bias, groups=groups, **options)
    for layout in ("NCHW", CHANNELS_FIRST[axes]):
        assert_array_equal(layer(x, w, bias, groups=groups, layout=layout, **options), expected)
    weights = np.moveaxis(w, (0, 1), (-1, -2))
    for layout in ("NHWC", CHANNELS_LAST[axes]):
        assert_array_equal(layer(last(x), weights, bias, groups=groups, layout=layout, **options), last(expected))
    assert_array_equal(layer(x[0], w, bias, groups=groups, **options), expected[0])
    unbiased = layer(last(x)[0], weights, groups=groups, layout="NHWC", **options)
    assert_array_equal(unbiased + bias, last(expected)[0])


@pytest.mark.parametrize(
    ("padding", "pads"),
    [("same", (1, 2)), ("valid", (0, 0)), ("causal", (3, 0)), (((2, 1),), (2, 1)), ((1,), (1, 1))],
)
def test_paddings(padding: Any, pads: tuple[int, int], random: np.random.Generator) -> None:
    x, w = random.integers(-5, 5, (2, 3, 9)), random.integers(-5, 5, (4, 3, 4))
    assert_array_equal(nn.conv1d(x, w, padding=padding), loop(x, w, padding=[pads]))


def test_same_with_stride() -> None:
    assert nn.conv2d(np.ones((1, 1, 7, 8)), np.ones((1, 1, 3, 4)), stride=3, padding="same").shape == (1, 1, 3, 3)


def test_per_axis_arguments(random: np.random.Generator) -> None:
    x, w = random.integers(-5, 5, (1, 2, 7, 8)), random.integers(-5, 5, (3, 2, 2, 3))
    y = nn.conv2d(x, w, stride=(1, 2), padding=((1, 0), (2, 2)))
    assert_array_equal(y, loop(x, w, padding=[(1, 0), (2, 2)])[..., ::2])


@pytest.mark.parametrize("dtype", ["float16", "float32", "complex64", ml_dtypes.bfloat16])
def test_types(dtype: Any, random: np.random.Generator) -> None:
    x, w = random.integers(-3, 3, (1, 2, 6)).astype(dtype), random.integers(-3, 3, (2, 2, 3)).astype(dtype)
    bias = np.array([1, 2], dtype)
    y = nn.conv1d(x, w, bias)
    assert y.dtype == x.dtype
    assert_array_equal(y.astype(complex), loop(x.astype(complex), w.astype(complex), bias.astype(complex)))


def test_out_and_boundary(random: np.random.Generator) -> None:
    x, w = random.random((1, 2, 6)), random.random((2, 2, 3))
    out = np.empty((1, 2, 6))
    assert nn.conv1d(x, w, [1.0, 2.0], padding=1, boundary="wrap", out=out) is out
    np.testing.assert_allclose(out, loop(np.pad(x, [(0, 0), (0, 0), (1, 1)], mode="wrap"), w, [1.0, 2.0]))
    before = out.copy()
    with pytest.raises(TypeError, match="bias has dtype complex"):
        nn.conv1d(x, w, [1j, 2], padding=1, out=out)
    assert_array_equal(out, before)


def test_empty_batch() -> None:
    assert nn.conv2d(np.ones((0, 3, 5, 5)), np.ones((2, 3, 3, 3)), np.ones(2)).shape == (0, 2, 3, 3)


@pytest.mark.parametrize("channels", [64, 512, 2048])
@pytest.mark.parametrize("quiet", [1e-1, 1e-2, 2e-3])
def test_quiet_windows_keep_their_precision_where_all_channels_are_alike(channels: int, quiet: float) -> None:
    """Roundings of equal terms are equal too, and add up."""
    rng = np.random.default_rng(channels)
    picture = np.where(rng.random((12, 11)) < 0.5, 1, quiet)
    picture[4:7, 3:6] = quiet
    x = np.broadcast_to((1.3 * picture).astype("f4"), (1, channels, 12, 11))
    weights = rng.uniform(1, 2, (16, 1, 1, 1)) * np.ones((1, 1, 3, 3))
    w = np.broadcast_to(weights.astype("f4"), (16, channels, 3, 3))
    expected = channels * nn.conv2d(x[:, :1].astype("f8"), w[:, :1].astype("f8"))
    for method in ("auto", "winograd"):
        error = np.abs(nn.conv2d(x, w, method=method) - expected)
        assert (error <= (16 * 9 * channels + 2) * 2.0**-24 * expected).all(), method
