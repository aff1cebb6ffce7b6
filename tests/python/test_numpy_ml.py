"""`convolver.numpy_ml` against its conventions, written out."""

import itertools

import numpy as np
import pytest

from convolver import numpy_ml


def plain(x: np.ndarray, w: np.ndarray, stride: int, dilation: int) -> np.ndarray:
    """A correlation of padded images, window by window."""
    step = dilation + 1
    reach = [(taps - 1) * step + 1 for taps in w.shape[:2]]
    shape = [(length - window) // stride + 1 for length, window in zip(x.shape[1:3], reach, strict=True)]
    out = np.zeros((len(x), *shape, w.shape[3]))
    for row, column in itertools.product(*map(range, shape)):
        top, left = row * stride, column * stride
        window = x[:, top : top + reach[0] : step, left : left + reach[1] : step]
        out[:, row, column] = np.tensordot(window, w, 3)
    return out


CASES = list(itertools.product((1, 2, 3), (0, 1), (0, 2, (1, 2), (0, 1, 2, 1), "same")))


@pytest.mark.parametrize(("stride", "dilation", "pad"), CASES)
def test_images(stride: int, dilation: int, pad: object, random: np.random.Generator) -> None:
    x, w = random.random((2, 9, 8, 3)), random.random((3, 2, 3, 4))
    padded, sides = numpy_ml.pad2D(x, pad, w.shape[:2], stride, dilation)
    assert padded.shape == (2, 9 + sides[0] + sides[1], 8 + sides[2] + sides[3], 3)
    expected = plain(padded, w, stride, dilation)
    found = numpy_ml.conv2D(x, w, stride, pad, dilation)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    if pad == "same":
        assert found.shape[1:3] == x.shape[1:3]

    columns, again = numpy_ml.im2col(x, w.shape, pad, stride, dilation)
    assert again == sides
    product = w.transpose(3, 2, 0, 1).reshape(4, -1) @ columns
    np.testing.assert_allclose(product.reshape(4, *expected.shape[1:3], 2).transpose(3, 1, 2, 0), expected, rtol=1e-12)

    # col2im is the transpose of im2col: <im2col(x), c> = <x, col2im(c)>.
    weights = random.random(columns.shape)
    back = numpy_ml.col2im(weights, x.shape, w.shape, again, stride, dilation)
    assert back.shape == (2, 3, 9, 8)
    assert (columns * weights).sum() == pytest.approx((x.transpose(0, 3, 1, 2) * back).sum())


@pytest.mark.parametrize(("stride", "dilation", "pad"), [case for case in CASES if case[2] in (0, 1, "same")])
def test_transposed(stride: int, dilation: int, pad: object, random: np.random.Generator) -> None:
    """<conv2D(y), x> = <y, deconv2D(x)> with the kernel's channels exchanged, where nothing is cut."""
    x, w = random.random((2, 4, 5, 3)), random.random((3, 3, 3, 4))
    found = numpy_ml.deconv2D(x, w, stride, pad, dilation)
    spread = numpy_ml.dilate(x, stride - 1)
    full = 2 * (dilation + 1)
    padded = np.pad(spread, ((0, 0), (full, full), (full, full), (0, 0)))
    whole = plain(padded, w[::-1, ::-1], 1, dilation)
    cut = (whole.shape[1] - found.shape[1]) // 2
    np.testing.assert_allclose(found, whole[:, cut : whole.shape[1] - cut, cut : whole.shape[2] - cut], rtol=1e-12)
    if pad == 0:
        assert cut == 0
        y = random.random(found.shape)
        back = numpy_ml.conv2D(y, w.transpose(0, 1, 3, 2), stride, 0, dilation)
        assert (back * x).sum() == pytest.approx((y * found).sum())


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("dilation", [0, 2])
@pytest.mark.parametrize("pad", [0, 3, (2, 1), "same", "causal"])
def test_sequences(pad: object, dilation: int, stride: int, random: np.random.Generator) -> None:
    x, w = random.random((2, 11, 3)), random.random((4, 3, 5))
    padded, sides = numpy_ml.pad1D(x, pad, 4, stride, dilation)
    expected = plain(padded[:, None], w[None], stride, dilation)[:, 0]
    found = numpy_ml.conv1D(x, w, stride, pad, dilation)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    if isinstance(pad, str):
        assert found.shape[1] == 11
        assert (sides[1] == 0) == (pad == "causal")


def test_zeros_between_samples() -> None:
    x = np.arange(1, 7, dtype=np.int16).reshape(1, 2, 3, 1)
    spread = numpy_ml.dilate(x, 2)
    assert spread.shape == (1, 4, 7, 1)
    assert spread.dtype == x.dtype
    assert spread[0, ::3, ::3, 0].tolist() == x[0, :, :, 0].tolist()
    assert spread.sum() == x.sum()
    assert (numpy_ml.dilate(x, 0) == x).all()


def test_columns_of_other_types() -> None:
    columns = np.ones((2, 4), np.float32)
    back = numpy_ml.col2im(columns, (1, 1, 5, 1), (1, 2, 1, 1), (0, 0, 0, 0), 1)
    assert back.dtype == np.float64


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda x, w: numpy_ml.conv2D(x[0], w, 1, 0), ValueError, "X has 3 dimensions"),
        (lambda x, w: numpy_ml.conv2D(x, w[0], 1, 0), ValueError, "W has 3 dimensions"),
        (lambda x, w: numpy_ml.conv2D(x, w, 1, "valid"), ValueError, "pad='valid'"),
        (lambda x, w: numpy_ml.conv2D(x, w, 1, "causal"), ValueError, "pad='causal'"),
        (lambda x, w: numpy_ml.conv2D(x, w, 1, (1, 2, 3)), ValueError, "pad=.* has 3 entries"),
        (lambda x, w: numpy_ml.conv2D(x, w, 0, 0), ValueError, "stride"),
        (lambda x, w: numpy_ml.conv2D(x, w[:, :, :2], 1, 0), ValueError, "length"),
        (lambda x, w: numpy_ml.conv2D(x, w, 1, 0, 9), ValueError, "W spans"),
        (lambda x, w: numpy_ml.conv2D(x.astype(object), w, 1, 0), TypeError, "X has dtype object"),
        (lambda x, w: numpy_ml.deconv2D(x, w, 1, 9), ValueError, "pad"),
        (lambda x, _: numpy_ml.pad2D(x, "same"), ValueError, "give both"),
        (lambda x, w: numpy_ml.im2col(x, w.shape, 0, 1, 9), ValueError, "spans"),
        (lambda x, w: numpy_ml.col2im(x, x.shape, w.shape, 1, 1), TypeError, "pad"),
        (lambda x, w: numpy_ml.col2im(x, x.shape, w.shape, (0, 0, 0, 0), 1), ValueError, "X_col has shape"),
    ],
)
def test_errors_name_the_argument(call: object, error: type, words: str) -> None:
    with pytest.raises(error, match=words):
        call(np.ones((2, 6, 6, 3)), np.ones((3, 3, 3, 4)))
