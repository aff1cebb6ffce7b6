"""Gradients and transposed layers against one matrix per axis, and against differences."""

from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings

import convolver
from convolver import nn
from layers import FIRST, LAST, Layer, layers, moved
from oracle import Array
from strategies import SETTINGS

GRADIENTS = {
    1: (nn.conv1d, nn.grad.conv1d_input, nn.grad.conv1d_weight),
    2: (nn.conv2d, nn.grad.conv2d_input, nn.grad.conv2d_weight),
    3: (nn.conv3d, nn.grad.conv3d_input, nn.grad.conv3d_weight),
}
TRANSPOSED = {1: nn.conv_transpose1d, 2: nn.conv_transpose2d, 3: nn.conv_transpose3d}


@SETTINGS
@given(layers())
def test_gradients(drawn: tuple[Layer, Array]) -> None:
    layer, g = drawn
    x, w, arguments, count = layer.x, layer.w, layer.arguments, len(layer.axes)
    _, of_input, of_weight = GRADIENTS[count]
    expected = layer.combined(("y", g), ("w", w.conj()), "x", x.dtype)
    expected.check(of_input(x.shape, w, g, **arguments))
    last = of_input(moved(x).shape, moved(w, True), moved(g), **arguments, layout=LAST[count])
    expected.check(np.moveaxis(last, -1, 1))
    out = np.zeros(x.shape, x.dtype.newbyteorder("="))
    assert of_input(x.shape, w, g, **arguments, layout=FIRST[count], out=out) is out
    expected.check(out)

    expected = layer.combined(("x", x.conj()), ("y", g), "w", w.dtype)
    expected.check(of_weight(x, w.shape, g, **arguments))
    last = of_weight(moved(x), moved(w, True).shape, moved(g), **arguments, layout=LAST[count])
    expected.check(np.moveaxis(last, (-1, -2), (0, 1)))


@SETTINGS
@given(layers(only_zeros=True))
def test_transposed(drawn: tuple[Layer, Array]) -> None:
    """A transposed layer takes an output's place to an input's: the gradient of the input, unconjugated."""
    layer, g = drawn
    x, w, count = layer.x, layer.w, len(layer.axes)
    extended = [n + sum(axis.padding or (0, 0)) for n, axis in zip(x.shape[2:], layer.axes, strict=True)]
    spans = [axis.dilation * (k - 1) + 1 for axis, k in zip(layer.axes, w.shape[2:], strict=True)]
    unseen = [(n - k) % axis.stride for n, k, axis in zip(extended, spans, layer.axes, strict=True)]
    expected = layer.combined(("y", g), ("w", w), "x", x.dtype)
    transposed, arguments = TRANSPOSED[count], {**layer.arguments, "output_padding": tuple(unseen)}
    expected.check(transposed(g, w, **arguments))
    last = transposed(moved(g), moved(w, True).swapaxes(-1, -2), **arguments, layout=LAST[count])
    expected.check(np.moveaxis(last, -1, 1))
    if g.shape[0] == 1:
        expected.check(transposed(g[0], w, **arguments)[None])


@settings(SETTINGS, max_examples=50)
@given(layers(only_zeros=True))
def test_gradients_of_transposed(drawn: tuple[Layer, Array]) -> None:
    """As the documentation of `nn.grad` has them: layers, and gradients of layers."""
    layer, g = drawn
    x, w, arguments, count = layer.x, layer.w, layer.arguments, len(layer.axes)
    forward, _, of_weight = GRADIENTS[count]
    # x stands for the gradient of the transposed layer's output, g for its input.
    layer.combined(("x", x), ("w", w.conj()), "y", g.dtype).check(forward(x, w.conj(), **arguments))
    expected = layer.combined(("x", x), ("y", g.conj()), "w", w.dtype)
    expected.check(of_weight(x, w.shape, g, **arguments).conj())


@pytest.mark.parametrize(
    "boundary", ["zero", "constant", "reflect", ("edge", "wrap"), (("line", "smooth"), "symmetric")]
)
@pytest.mark.parametrize("arguments", [{}, {"stride": 2, "groups": 2}, {"dilation": (2, 1), "stride": (1, 3)}])
def test_differences(boundary: Any, arguments: dict[str, Any], random: np.random.Generator) -> None:
    """Central differences of a weighted sum of outputs; a layer is linear, so any step will do."""
    groups = arguments.get("groups", 1)
    x, w, b = random.random((2, 4, 5, 6)), random.random((4, 4 // groups, 2, 3)), random.random(4)
    arguments = {**arguments, "padding": ((2, 1), (1, 3)), "boundary": boundary}
    weights = random.standard_normal(nn.conv2d(x, w, b, **arguments, fill=2.5).shape)

    def differences(array: Array) -> Array:
        found = np.zeros(array.shape)
        for place in np.ndindex(array.shape):
            ends = []
            for step in (0.5, -1.0):
                array[place] += step
                ends.append((weights * nn.conv2d(x, w, b, **arguments, fill=2.5)).sum())
            array[place] += 0.5
            found[place] = ends[0] - ends[1]
        return found

    of_input = nn.grad.conv2d_input(x.shape, w, weights, **arguments, fill=2.5)
    of_weight = nn.grad.conv2d_weight(x, w.shape, weights, **arguments, fill=2.5)
    for found, array in [(of_input, x), (of_weight, w), (weights.sum((0, 2, 3)), b)]:
        np.testing.assert_allclose(found, differences(array), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("stride", "taps", "dilation"), [(1, 4, 1), (2, 3, 2), (3, 2, 1), (4, 1, 1)])
def test_words_of_transposed(stride: int, taps: int, dilation: int, random: np.random.Generator) -> None:
    x, w = random.integers(-5, 5, (2, 3, 5)), random.integers(-5, 5, (3, 2, taps))
    whole = nn.conv_transpose1d(x, w, stride=stride, dilation=dilation, padding="valid")
    assert whole.shape == (2, 2, 4 * stride + dilation * (taps - 1) + 1)
    same = nn.conv_transpose1d(x, w, stride=stride, dilation=dilation, padding="same")
    back = random.integers(-5, 5, (2, 2, 5 * stride))
    assert same.shape == back.shape
    layer = nn.conv1d(back, w, stride=stride, dilation=dilation, padding="same")
    assert (layer * x).sum() == (back * same).sum()
    causal = nn.conv_transpose1d(x, w, stride=stride, dilation=dilation, padding="causal")
    length = min(5 * stride, whole.shape[2])
    assert causal.shape == back.shape
    np.testing.assert_array_equal(causal[..., :length], whole[..., :length])
    assert not causal[..., length:].any()


def test_transposed_bias_types_and_out(random: np.random.Generator) -> None:
    x, w = random.integers(-3, 3, (2, 4, 3, 3)), random.integers(-3, 3, (4, 3, 2, 2))
    plain = nn.conv_transpose2d(x, w, stride=2, groups=2)
    assert plain.shape == (2, 6, 6, 6)
    bias = np.arange(6)
    np.testing.assert_array_equal(nn.conv_transpose2d(x, w, bias, stride=2, groups=2), plain + bias.reshape(6, 1, 1))
    for dtype in ("float16", "float32", "complex64"):
        out = np.empty(plain.shape, dtype)
        assert nn.conv_transpose2d(x.astype(dtype), w.astype(dtype), stride=2, groups=2, out=out) is out
        np.testing.assert_array_equal(out, plain)
    assert nn.conv_transpose2d(x[:0], w, stride=2, groups=2).shape == (0, 6, 6, 6)


@pytest.mark.parametrize("dtype", ["float16", ml_dtypes.bfloat16])
@pytest.mark.parametrize("boundary", ["zero", "symmetric"])
def test_sums_of_short_floats_are_rounded_once(dtype: Any, boundary: str, random: np.random.Generator) -> None:
    x, w = random.random((3, 2, 40)).astype(dtype), random.random((2, 2, 7)).astype(dtype)
    g = random.random((3, 2, 40)).astype(dtype)
    arguments: dict[str, Any] = {"padding": "same", "boundary": boundary}
    wide = [array.astype(np.float64) for array in (x, w, g)]
    exact = (
        nn.grad.conv1d_input(x.shape, wide[1], wide[2], **arguments),
        nn.grad.conv1d_weight(wide[0], w.shape, wide[2], **arguments),
    )
    out = np.zeros(x.shape, dtype)
    of_input = nn.grad.conv1d_input(x.shape, w, g, **arguments, out=out)
    assert of_input is out
    for found, value in zip((of_input, nn.grad.conv1d_weight(x, w.shape, g, **arguments)), exact, strict=True):
        assert found.dtype == dtype
        half = np.finfo(np.float16).eps / 2 if dtype == "float16" else 2**-8
        assert (np.abs(found.astype(np.float64) - value) <= 1.01 * half * value).all()


def test_lists_and_arrays_are_tuples(random: np.random.Generator) -> None:
    x, w = random.random((2, 4, 7, 6)), random.random((4, 4, 3, 2))
    given: dict[str, Any] = {"stride": (2, 1), "padding": ((1, 2), (0, 1)), "boundary": ("edge", "wrap")}
    lists = {"stride": np.array([2, 1]), "padding": [[1, 2], (0, 1)], "boundary": ["edge", ("wrap", "wrap")]}
    g = nn.conv2d(x, w, **given)
    for call in (
        lambda arguments, size: nn.grad.conv2d_input(size(x.shape), w, g, **arguments),
        lambda arguments, size: nn.grad.conv2d_weight(x, size(w.shape), g, **arguments),
        lambda arguments, _: nn.conv_transpose2d(g, w, stride=arguments["stride"], padding=arguments["padding"]),
    ):
        np.testing.assert_array_equal(call(lists, list), call(given, tuple))


def test_arrays_without_axes_are_numbers(random: np.random.Generator) -> None:
    x, w, two = random.standard_normal((2, 3, 9, 9)), random.standard_normal((3, 4, 3, 3)), np.array(2)
    np.testing.assert_array_equal(nn.conv_transpose2d(x, w, stride=two), nn.conv_transpose2d(x, w, stride=2))
    np.testing.assert_array_equal(nn.unfold(x, two, padding=two), nn.unfold(x, 2, padding=2))
    g = nn.conv2d(x, w.swapaxes(0, 1), stride=two)
    found = nn.grad.conv2d_input(x.shape, w.swapaxes(0, 1), g, stride=two)
    np.testing.assert_array_equal(found, nn.grad.conv2d_input(x.shape, w.swapaxes(0, 1), g, stride=2))


@pytest.mark.parametrize("wrong", [(True, True), (1.0, 1.0)])
def test_arguments_are_refused_whatever_was_called_before(wrong: Any) -> None:
    x, w = np.ones((1, 1, 5, 5)), np.ones((1, 1, 2, 2))
    for _ in range(2):
        with pytest.raises(TypeError, match="stride must be made of integers"):
            nn.conv_transpose2d(x, w, stride=wrong)
        nn.conv_transpose2d(x, w, stride=(1, 1))


@pytest.mark.parametrize("last", [False, True])
def test_no_images_have_no_gradient(last: bool) -> None:
    layout = "NHWC" if last else "NCHW"
    x = np.ones((0, 5, 5, 3) if last else (0, 3, 5, 5), "float32")
    w = np.ones((2, 2, 3, 4) if last else (4, 3, 2, 2), "float32")
    g = nn.conv2d(x, w, layout=layout)
    found = nn.grad.conv2d_weight(x, w.shape, g, layout=layout)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, np.zeros(w.shape))
    assert nn.grad.conv2d_weight(x, w.shape, g, layout=layout, out=w) is w
    assert not w.any()
    with pytest.raises(TypeError, match="out must be"):
        nn.grad.conv2d_weight(x, w.shape, g, layout=layout, out=np.ones(w.shape))


def test_an_array_is_no_shape() -> None:
    x, w = np.ones((1, 1, 5, 5)), np.ones((1, 1, 2, 2))
    with pytest.raises(TypeError, match="input_size must be made of integers"):
        nn.grad.conv2d_input(x, w, nn.conv2d(x, w))  # type: ignore[arg-type]


def test_unknown_options_are_those_of_the_function_called() -> None:
    with pytest.raises(TypeError, match=r"^got an unexpected keyword argument 'colour'"):
        nn.conv2d(np.ones((1, 1, 5, 5)), np.ones((1, 1, 2, 2)), colour=1)  # type: ignore[call-arg]


def test_same_bits(random: np.random.Generator) -> None:
    x, w = random.random((8, 16, 33, 29), np.float32), random.random((24, 16, 3, 3), np.float32)
    g = random.random((8, 24, 17, 15), np.float32)
    arguments: dict[str, Any] = {"stride": 2, "padding": 1, "boundary": "reflect"}
    before, results = convolver.get_num_threads(), []
    try:
        for threads in (1, 2, 5):
            convolver.set_num_threads(threads)
            both = nn.grad.conv2d_input(x.shape, w, g, **arguments), nn.grad.conv2d_weight(x, w.shape, g, **arguments)
            results.append([found.tobytes() for found in both])
    finally:
        convolver.set_num_threads(before)
    assert results[0] == results[1] == results[2]


X, W, G = (2, 4, 6, 5), np.ones((6, 2, 3, 3)), np.ones((2, 6, 4, 3))


@pytest.mark.parametrize(
    ("changed", "error", "words"),
    [
        ({"input_size": (2, 4, 6)}, ValueError, "input_size has 2 channels"),
        ({"input_size": 6}, TypeError, "input_size must be a shape"),
        ({"input_size": (2, 4, 6.0, 5)}, TypeError, "input_size must be made of integers"),
        ({"input_size": (2, 4, -6, 5)}, ValueError, "input_size has the length -6"),
        ({"input_size": (2, 4, 7, 5)}, ValueError, "grad_out has shape"),
        ({"input_size": (2, 5, 6, 5)}, ValueError, "input_size has 5 channels, but w takes 4"),
        ({"input_size": (2, 4, 0, 5)}, ValueError, "space cannot be empty"),
        ({"w": W[0]}, ValueError, "w has 3 dimensions"),
        ({"w": W[:5], "grad_out": G[:, :5]}, ValueError, "w has 5 output channels"),
        ({"w": W.astype(object)}, TypeError, "w has dtype object"),
        ({"grad_out": G[..., :2]}, ValueError, "grad_out has shape .* has"),
        ({"stride": 0}, ValueError, "stride must be at least 1"),
        ({"stride": (1, 1, 1)}, ValueError, "stride has 3 entries"),
        ({"stride": True}, TypeError, "stride must be made of integers, not bool"),
        ({"dilation": 1.5}, TypeError, "dilation must be made of integers"),
        ({"dilation": 4}, ValueError, "w spans 9 samples along axis 1"),
        ({"padding": "full"}, ValueError, "padding='full' is not known"),
        ({"padding": (1, 2, 3)}, ValueError, "padding has 3 entries"),
        ({"padding": ((1, 2, 3), 1)}, ValueError, "padding has 3 entries"),
        ({"padding": -4}, ValueError, "w spans"),
        ({"groups": 0}, ValueError, "groups must be at least 1"),
        ({"groups": 2.0}, TypeError, "groups must be an integer"),
        ({"layout": "HWCN"}, ValueError, "layout='HWCN' is not known"),
        ({"boundary": "mirror"}, ValueError, "boundary="),
        (
            {"padding": 1, "boundary": "edge", "grad_out": np.ones((2, 6, 6, 5)), "out": np.zeros(3)},
            ValueError,
            "out has",
        ),
        ({"out": np.zeros(3)}, ValueError, "out"),
        ({"method": "none"}, ValueError, "method"),
    ],
)
def test_errors_name_the_argument(changed: dict[str, Any], error: type[Exception], words: str) -> None:
    given: dict[str, Any] = {"input_size": X, "w": W, "grad_out": G, "groups": 2, **changed}
    with pytest.raises(error, match=words):
        nn.grad.conv2d_input(**given)
    if "input_size" in changed:
        return
    given |= {"x": np.ones(given.pop("input_size")), "weight_size": np.shape(given.pop("w"))}
    if error is ValueError or "w" not in changed:
        with pytest.raises(error, match=words.replace("w ", "weight_size ") if words.startswith("w ") else words):
            nn.grad.conv2d_weight(**given)


@pytest.mark.parametrize(
    ("changed", "error", "words"),
    [
        ({"x": np.ones((4, 3))}, ValueError, "x has 2 dimensions"),
        ({"x": np.ones((2, 5, 3, 3))}, ValueError, "x has 5 channels, but w takes 4"),
        ({"w": np.ones((4, 3, 2))}, ValueError, "w has 3 dimensions"),
        ({"groups": 3}, ValueError, "groups=3 does not divide"),
        ({"bias": np.ones(4)}, ValueError, "bias has shape"),
        ({"padding": 4}, ValueError, "padding=4 leaves -2 outputs along axis 0"),
        ({"padding": "full"}, ValueError, "padding='full'"),
        ({"output_padding": 2}, ValueError, "output_padding=2 must be smaller"),
        ({"output_padding": -1}, ValueError, "output_padding must be at least 0"),
        ({"stride": 0}, ValueError, "stride must be"),
        ({"boundary": "edge"}, TypeError, "boundary says"),
        ({"layout": 3}, TypeError, "layout must be"),
    ],
)
def test_errors_of_transposed(changed: dict[str, Any], error: type[Exception], words: str) -> None:
    given: dict[str, Any] = {"x": np.ones((2, 4, 3, 3)), "w": np.ones((4, 3, 2, 2)), "stride": 2, **changed}
    with pytest.raises(error, match=words):
        nn.conv_transpose2d(**given)
