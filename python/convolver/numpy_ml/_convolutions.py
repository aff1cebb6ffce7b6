"""Banks of kernels."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convolver import _native
from convolver._errors import renamed
from convolver.numpy_ml._padding import Pad, around, check, sides_of, window_of


def _conv(axes: str, X: NDArray[Any], W: NDArray[Any], stride: int, pad: Pad, dilation: int) -> NDArray[Any]:
    X, W = np.asarray(X), np.asarray(W)
    for name, array in (("X", X), ("W", W)):
        check(name, array, len(axes.split()) + 2)
    sides = sides_of(X, pad, W.shape[:-2], stride, dilation)
    try:
        return _native.einconv(
            f"n [{axes}] c, [{axes}] c o -> n [{axes}] o", X, W, stride=stride, padding=sides, dilation=dilation + 1
        )
    except (TypeError, ValueError) as error:
        raise renamed(error, x="X", k="W") from None


def conv1D(X: NDArray[Any], W: NDArray[Any], stride: int, pad: Pad, dilation: int = 0) -> NDArray[Any]:
    """Correlate sequences with a bank of kernels.

    Parameters
    ----------
    X : numpy.ndarray
        ``(examples, length, channels)``.
    W : numpy.ndarray
        ``(taps, channels, kernels)``.
    stride : int
        Distance between windows.
    pad : int, tuple or {"same", "causal"}
        Zeros around the sequences.
    dilation : int
        Zeros between taps.

    Returns
    -------
    numpy.ndarray
        ``(examples, outputs, kernels)``.

    Raises
    ------
    ValueError
        If shapes, padding or steps do not fit.
    TypeError
        If an argument has a wrong type.

    Examples
    --------
    >>> import numpy
    >>> from convolver import numpy_ml
    >>> numpy_ml.conv1D(numpy.ones((8, 100, 16)), numpy.ones((9, 16, 32)), 2, "same").shape
    (8, 100, 32)
    """
    return _conv("t", X, W, stride, pad, dilation)


def conv2D(X: NDArray[Any], W: NDArray[Any], stride: int, pad: Pad, dilation: int = 0) -> NDArray[Any]:
    """Correlate images with a bank of kernels.

    Parameters
    ----------
    X : numpy.ndarray
        ``(examples, rows, columns, channels)``.
    W : numpy.ndarray
        ``(rows, columns, channels, kernels)``.
    stride, dilation
        As in `conv1D`, for both axes.
    pad : int, tuple or "same"
        Zeros around the images.

    Returns
    -------
    numpy.ndarray
        ``(examples, rows, columns, kernels)``.

    Raises
    ------
    ValueError, TypeError
        As `conv1D`.

    Examples
    --------
    >>> import numpy
    >>> from convolver import numpy_ml
    >>> numpy_ml.conv2D(numpy.ones((2, 9, 9, 3)), numpy.ones((3, 3, 3, 8)), 2, 1, 1).shape
    (2, 4, 4, 8)
    """
    return _conv("y x", X, W, stride, pad, dilation)


def deconv2D(X: NDArray[Any], W: NDArray[Any], stride: int, pad: Pad, dilation: int = 0) -> NDArray[Any]:
    """Convolve spread-out images with a bank of kernels: a transposed convolution, as `deconv2D_naive`.

    Parameters
    ----------
    X : numpy.ndarray
        ``(examples, rows, columns, channels)``.
    W : numpy.ndarray
        ``(rows, columns, channels, kernels)``.
    stride : int
        Distance between the samples of ``X`` among the outputs.
    pad : int, tuple or "same"
        Outputs to leave away at each side.
    dilation : int
        Zeros between taps.

    Returns
    -------
    numpy.ndarray
        ``(examples, rows, columns, kernels)``.

    Raises
    ------
    ValueError, TypeError
        As `conv1D`.

    Examples
    --------
    >>> import numpy
    >>> from convolver import numpy_ml
    >>> numpy_ml.deconv2D(numpy.ones((2, 4, 4, 3)), numpy.ones((3, 3, 3, 8)), 2, 0).shape
    (2, 9, 9, 8)
    """
    X, W = np.asarray(X), np.asarray(W)
    for name, array in (("X", X), ("W", W)):
        check(name, array, 4)
    lengths = [stride * (length - 1) + 1 for length in X.shape[1:3]]
    spread = np.broadcast_to(X[:1, :1, :1], (X.shape[0], *lengths, X.shape[3]))
    cut = sides_of(spread, pad, W.shape[:2], 1, dilation)
    # numpy-ml pads by what it cuts off again, so the two leave what the outputs lack.
    sides = [
        around(length + low + high, length + window_of(taps, dilation) - 1, taps, 1, dilation)
        for length, (low, high), taps in zip(lengths, cut, W.shape, strict=False)
    ]
    try:
        return _native._einconv(
            "n [y x] c, [y x] c o -> n [y x] o", X, W, spread=stride, flip=True, padding=sides, dilation=dilation + 1
        )
    except (TypeError, ValueError) as error:
        raise renamed(error, x="X", k="W") from None
