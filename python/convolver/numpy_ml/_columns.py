"""Windows as columns, and back."""

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from convolver import _native
from convolver.numpy_ml._padding import Pad, check, sides_of, window_of


def _outputs(lengths: tuple[int, ...], sides: Any, taps: Any, stride: int, dilation: int) -> list[int]:
    return [
        (length + low + high - window_of(count, dilation)) // stride + 1
        for length, (low, high), count in zip(lengths, sides, taps, strict=True)
    ]


def im2col(
    X: NDArray[Any], W_shape: tuple[int, int, int, int], pad: Pad, stride: int, dilation: int = 0
) -> tuple[NDArray[Any], tuple[int, ...]]:
    """Cut images into windows, one in each column.

    Parameters
    ----------
    X : numpy.ndarray
        ``(examples, rows, columns, channels)``.
    W_shape : tuple of int
        ``(rows, columns, channels, kernels)`` of a kernel.
    pad, stride, dilation
        As in `conv2D`.

    Returns
    -------
    X_col : numpy.ndarray
        ``(channels · taps, windows · examples)``.
    p : tuple of int
        Zeros ``(top, bottom, left, right)``.

    Raises
    ------
    ValueError
        If a window does not fit the padded images.

    Examples
    --------
    >>> import numpy
    >>> from convolver import numpy_ml
    >>> numpy_ml.im2col(numpy.arange(6).reshape(1, 2, 3, 1), (2, 2, 1, 1), 0, 1)[0]
    array([[0, 1],
           [1, 2],
           [3, 4],
           [4, 5]])
    """
    X = np.asarray(X)
    taps = W_shape[:2]
    check("X", X, 4)
    sides = sides_of(X, pad, taps, stride, dilation)
    # Examples last, as in the columns: what is copied then lies together.
    padded = np.pad(X.transpose(3, 1, 2, 0), ((0, 0), *sides, (0, 0)))
    window = tuple(window_of(count, dilation) for count in taps)
    if any(length < reach for length, reach in zip(padded.shape[1:3], window, strict=True)):
        raise ValueError(f"a kernel spans {window} samples, but the padded X has only {padded.shape[1:3]}; pad it more")
    windows = sliding_window_view(padded, window, (1, 2))[:, ::stride, ::stride, :, :: dilation + 1, :: dilation + 1]
    return windows.transpose(0, 4, 5, 1, 2, 3).reshape(X.shape[3] * taps[0] * taps[1], -1), (*sides[0], *sides[1])


def col2im(
    X_col: NDArray[Any],
    X_shape: tuple[int, int, int, int],
    W_shape: tuple[int, int, int, int],
    pad: tuple[int, int, int, int],
    stride: int,
    dilation: int = 0,
) -> NDArray[Any]:
    """Add windows back to where `im2col` took them from.

    Parameters
    ----------
    X_col : numpy.ndarray
        ``(channels · taps, windows · examples)``.
    X_shape : tuple of int
        ``(examples, rows, columns, channels)`` of the images.
    W_shape, stride, dilation
        As in `im2col`.
    pad : tuple of int
        ``(top, bottom, left, right)``, as `im2col` returned it.

    Returns
    -------
    numpy.ndarray
        ``(examples, channels, rows, columns)``, float64 as in numpy-ml.

    Raises
    ------
    TypeError
        If ``pad`` is not a tuple of four.
    ValueError
        If ``X_col`` does not have a column for every window.

    Examples
    --------
    >>> import numpy
    >>> from convolver import numpy_ml
    >>> numpy_ml.col2im(numpy.ones((2, 4)), (1, 1, 5, 1), (1, 2, 1, 1), (0, 0, 0, 0), 1)
    array([[[[1., 2., 2., 2., 1.]]]])
    """
    if not isinstance(pad, tuple) or len(pad) != 4:
        raise TypeError(f"pad must be a tuple (top, bottom, left, right), not {pad!r}")
    examples, *lengths, channels = X_shape
    taps, sides = W_shape[:2], (pad[:2], pad[2:])
    outputs = _outputs(tuple(lengths), sides, taps, stride, dilation)
    shape = (channels, *taps, *outputs, examples)
    columns = np.asarray(X_col)
    if min(outputs) < 1 or columns.size != np.prod(shape):
        raise ValueError(
            f"X_col has shape {columns.shape}; the windows of X_shape={X_shape} are {channels * taps[0] * taps[1]} "
            f"long, and there are {outputs[0]} by {outputs[1]} of them in each of {examples} examples"
        )
    windows = columns.reshape(shape).transpose(5, 0, 1, 2, 3, 4)
    steps, reach = [stride] * 2, [dilation + 1] * 2
    return _native._fold(windows, lengths, steps, reach, [sides[0][0], sides[1][0]], np.float64)
