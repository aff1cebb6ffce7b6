"""The usual ways to do these jobs with NumPy and SciPy, as the documents behind this project describe them."""

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view
from numpy.typing import NDArray
from scipy import ndimage, signal

from data import Floats

Array = NDArray[np.float32]


def windows_1d(x: Floats, k: Floats, stride: int) -> Floats:
    """1-D: all windows gathered into an array, times the kernel."""
    starts = range(0, len(x) - len(k) + 1, stride)
    return np.array([x[i : i + len(k)] for i in starts]) @ k


def numpy_1d(x: Floats, k: Floats, stride: int) -> Floats:
    """1-D: NumPy's routine, then every stride-th output."""
    every: Floats = np.correlate(x, k, mode="valid")
    return every[::stride]


def numpy_channels(x: Floats, k: Floats, stride: int) -> Floats:
    """Channels summed: NumPy's routine channel by channel."""
    total: Floats = np.sum([numpy_1d(row, taps, stride) for row, taps in zip(x, k, strict=True)], axis=0)
    return total


def numpy_bank(x: Floats, k: Floats, stride: int) -> Floats:
    """Batch × kernels: two loops around the channels."""
    return np.array([[numpy_channels(example, kernel, stride) for kernel in k] for example in x])


def strided_view(x: Floats, k: Floats, stride: int) -> Floats:
    """2-D or, with a kernel as deep as x, 3-D: a view of all windows, contracted with the kernel."""
    height, width = k.shape[:2]
    rows, columns = (x.shape[0] - height) // stride + 1, (x.shape[1] - width) // stride + 1
    down, right, *deep = x.strides
    shape = (rows, columns, height, width, *x.shape[2:])
    view = as_strided(x, shape, (stride * down, stride * right, down, right, *deep))
    result: Floats = np.tensordot(view, k, axes=k.ndim)
    return result


def fft_and_slice(x: Floats, k: Floats, stride: int) -> Floats:
    """2-D or 3-D: every output by FFT, then those that the stride keeps."""
    result: Floats = signal.fftconvolve(x, np.flip(k), mode="valid")
    return result[::stride, ::stride] if x.ndim == 2 else result[::stride, ::stride, 0]


def shifted_sums(x: Floats, k: Floats, stride: int) -> Floats:
    """2-D or 3-D: shifted copies of x, weighted and added, tap by tap; then what the stride keeps."""
    height, width = k.shape[:2]
    rows, columns = x.shape[0] - height + 1, x.shape[1] - width + 1
    total = np.zeros((rows, columns))
    for y in range(height):
        for across in range(width):
            weighted = x[y : y + rows, across : across + columns] * k[y, across]
            total += weighted if x.ndim == 2 else weighted.sum(axis=-1)
    return total[::stride, ::stride]


def scipy_convolve(x: Floats, k: Floats) -> Floats:
    """Minibatch: `signal.convolve` with an axis added to the kernel."""
    result: Floats = signal.convolve(x, k[..., None], "valid")
    return result


def scipy_fft(x: Floats, k: Floats) -> Floats:
    """Minibatch: `signal.fftconvolve` with an axis added to the kernel."""
    result: Floats = signal.fftconvolve(x, k[..., None], "valid")
    return result


def scipy_ndimage(x: Floats, k: Floats) -> Floats:
    """Minibatch: `ndimage.convolve`, cut to the valid part; for odd kernels."""
    height, width = k.shape
    valid = (slice(height // 2, -(height // 2)), slice(width // 2, -(width // 2)))
    result: Floats = ndimage.convolve(x, k[..., None])
    return result[valid]


def scipy_rows(x: Floats, k: Floats) -> Floats:
    """Rows with rows: a loop of `signal.convolve`."""
    return np.vstack([signal.convolve(row, taps, "full") for row, taps in zip(x, k, strict=True)])


def fft_rows(x: Floats, k: Floats) -> Floats:
    """Rows with rows: `signal.fftconvolve` along one axis."""
    result: Floats = signal.fftconvolve(x, k, "full", axes=1)
    return result


def columns_1d(x: Floats, k: Floats, stride: int, pad: int) -> Floats:
    """A layer (n, length, channels) × (width, channels, kernels): windows as columns of a matrix, one product."""
    padded = np.pad(x, ((0, 0), (pad, pad), (0, 0)))
    view = sliding_window_view(padded, k.shape[0], axis=1)[:, ::stride].swapaxes(2, 3)
    examples, length = view.shape[:2]
    matrix = view.reshape(examples * length, -1)
    return (matrix @ k.reshape(-1, k.shape[2])).reshape(examples, length, -1)


def columns_2d(x: Floats, k: Floats, pad: int) -> Floats:
    """A bank over images (n, height, width) × (kernels, height, width): the same with two axes."""
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad)))
    view = sliding_window_view(padded, k.shape[1:], axis=(1, 2))
    examples, height, width = view.shape[:3]
    product = view.reshape(-1, k[0].size) @ k.reshape(len(k), -1).T
    return product.reshape(examples, height, width, len(k)).transpose(0, 3, 1, 2)


def columns(x: Array, taps: tuple[int, int], stride: int, padding: int) -> Array:
    """Every window of images (n, channels, height, width) as a column, (n, channels · taps, windows)."""
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    view = sliding_window_view(padded, taps, axis=(2, 3))[:, :, ::stride, ::stride]
    return view.transpose(0, 1, 4, 5, 2, 3).reshape(len(x), x.shape[1] * taps[0] * taps[1], -1)


def layer(x: Array, w: Array, stride: int, padding: int) -> Array:
    """A layer: the kernels times the columns."""
    height, width = ((n + 2 * padding - k) // stride + 1 for n, k in zip(x.shape[2:], w.shape[2:], strict=True))
    product = w.reshape(len(w), -1) @ columns(x, w.shape[2:], stride, padding)
    return product.reshape(len(x), len(w), height, width)


def layer_input(shape: tuple[int, ...], w: Array, g: Array, stride: int, padding: int) -> Array:
    """The gradient of its input: gradients of all columns, each added to where it was taken from."""
    (height, width), (rows, right) = w.shape[2:], g.shape[2:]
    product = w.reshape(len(w), -1).T @ g.reshape(*g.shape[:2], -1)
    windows = product.reshape(len(g), w.shape[1], height, width, rows, right)
    padded = np.zeros((*shape[:2], shape[2] + 2 * padding, shape[3] + 2 * padding), g.dtype)
    for y in range(height):
        for x in range(width):
            padded[:, :, y : y + stride * rows : stride, x : x + stride * right : stride] += windows[:, :, y, x]
    return padded[:, :, padding : padding + shape[2], padding : padding + shape[3]]


def layer_weight(x: Array, shape: tuple[int, ...], g: Array, stride: int, padding: int) -> Array:
    """The gradient of its kernels: gradients of outputs times the columns, summed over the images."""
    found = columns(x, (shape[2], shape[3]), stride, padding)
    product: Array = np.tensordot(g.reshape(*g.shape[:2], -1), found, ((0, 2), (0, 2)))
    return product.reshape(shape)
