"""The convolutions of numpy-ml's `neural_nets.utils` on the engine: its names, argument order and conventions.

Arrays are ``(examples, length, channels)`` or ``(examples, rows, columns, channels)``, kernels ``(taps, in, out)`` or
``(rows, columns, in, out)``. ``dilation`` counts the zeros between taps, so 0 is dense. ``pad`` is an int, a tuple
``(before, after)`` in 1-D, ``(rows, columns)`` or ``(top, bottom, left, right)`` in 2-D, "same" (as long as the input,
whatever the stride), or "causal" in 1-D.
"""

from typing import Any, TypeAlias

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from convolver import _native
from convolver._errors import renamed

__all__ = ["col2im", "conv1D", "conv2D", "deconv2D", "dilate", "im2col", "pad1D", "pad2D"]

Pad: TypeAlias = int | tuple[int, ...] | str


def _window(taps: int, dilation: int) -> int:
    return taps * (dilation + 1) - dilation


def _around(length: int, out: int, taps: int, stride: int, dilation: int) -> tuple[int, int]:
    """Return the padding that makes ``out`` outputs of ``length`` samples, an odd one at the end."""
    total = stride * (out - 1) + _window(taps, dilation) - length
    if total < 0:
        raise ValueError(
            f"pad cannot be negative: {out} outputs of {taps} taps at stride={stride} need fewer than {length} samples"
        )
    return total // 2, total - total // 2


def _sides(X: NDArray[Any], pad: Pad, taps: Any, stride: int | None, dilation: int) -> tuple[tuple[int, int], ...]:
    """Return the padding of each axis between the first and the last."""
    lengths = X.shape[1:-1]
    words = ("same", "causal") if len(lengths) == 1 else ("same",)
    if isinstance(pad, str):
        if pad not in words:
            raise ValueError(f"pad={pad!r} is not known; use an int, a tuple or one of {', '.join(map(repr, words))}")
        if not taps or not stride:
            raise ValueError(f"pad={pad!r} depends on the kernel and the stride; give both")
        taps = (taps,) if isinstance(taps, int) else taps
        sides = [_around(length, length, count, stride, dilation) for length, count in zip(lengths, taps, strict=True)]
        return ((sum(sides[0]), 0),) if pad == "causal" else tuple(sides)
    given = (pad,) * (2 * len(lengths)) if isinstance(pad, int) else tuple(pad)
    if len(lengths) == 2 and len(given) == 2:
        given = (given[0], given[0], given[1], given[1])
    if len(given) != 2 * len(lengths):
        raise ValueError(f"pad={pad!r} has {len(given)} entries; give {2 * len(lengths)}, or one int")
    return tuple(zip(given[::2], given[1::2], strict=True))


def _padded(X: NDArray[Any], sides: tuple[tuple[int, int], ...]) -> NDArray[Any]:
    return np.pad(X, ((0, 0), *sides, (0, 0)))


def _check(name: str, array: NDArray[Any], dimensions: int) -> None:
    if array.ndim != dimensions:
        raise ValueError(f"{name} has {array.ndim} dimensions; it needs {dimensions}")


def _conv(axes: str, X: NDArray[Any], W: NDArray[Any], stride: int, pad: Pad, dilation: int) -> NDArray[Any]:
    X, W = np.asarray(X), np.asarray(W)
    for name, array in (("X", X), ("W", W)):
        _check(name, array, len(axes.split()) + 2)
    sides = _sides(X, pad, W.shape[:-2], stride, dilation)
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
        _check(name, array, 4)
    lengths = [stride * (length - 1) + 1 for length in X.shape[1:3]]
    spread = np.broadcast_to(X[:1, :1, :1], (X.shape[0], *lengths, X.shape[3]))
    cut = _sides(spread, pad, W.shape[:2], 1, dilation)
    # numpy-ml pads by what it cuts off again, so the two leave what the outputs lack.
    sides = [
        _around(length + low + high, length + _window(taps, dilation) - 1, taps, 1, dilation)
        for length, (low, high), taps in zip(lengths, cut, W.shape, strict=False)
    ]
    try:
        return _native._einconv_spread(
            "n [y x] c, [y x] c o -> n [y x] o", X, W, stride, flip=True, padding=sides, dilation=dilation + 1
        )
    except (TypeError, ValueError) as error:
        raise renamed(error, x="X", k="W") from None


def pad1D(
    X: NDArray[Any], pad: Pad, kernel_width: int | None = None, stride: int | None = None, dilation: int = 0
) -> tuple[NDArray[Any], tuple[int, ...]]:
    """Put zeros around sequences.

    Parameters
    ----------
    X : numpy.ndarray
        ``(examples, length, channels)``.
    pad : int, tuple or {"same", "causal"}
        How many.
    kernel_width, stride, dilation : int
        Of the convolution that "same" and "causal" are for.

    Returns
    -------
    X_pad : numpy.ndarray
        The padded sequences.
    p : tuple of int
        Zeros ``(before, after)``.

    Raises
    ------
    ValueError
        If ``pad`` is not known, or does not fit.

    Examples
    --------
    >>> import numpy
    >>> from convolver import numpy_ml
    >>> numpy_ml.pad1D(numpy.ones((1, 5, 2)), "causal", kernel_width=3, stride=1)[1]
    (2, 0)
    """
    X = np.asarray(X)
    _check("X", X, 3)
    sides = _sides(X, pad, kernel_width, stride, dilation)
    return _padded(X, sides), sides[0]


def pad2D(
    X: NDArray[Any],
    pad: Pad,
    kernel_shape: tuple[int, int] | None = None,
    stride: int | None = None,
    dilation: int = 0,
) -> tuple[NDArray[Any], tuple[int, ...]]:
    """Put zeros around images.

    Parameters
    ----------
    X : numpy.ndarray
        ``(examples, rows, columns, channels)``.
    pad : int, tuple or "same"
        How many.
    kernel_shape, stride, dilation
        Of the convolution that "same" is for.

    Returns
    -------
    X_pad : numpy.ndarray
        The padded images.
    p : tuple of int
        Zeros ``(top, bottom, left, right)``.

    Raises
    ------
    ValueError
        As `pad1D`.

    Examples
    --------
    >>> import numpy
    >>> from convolver import numpy_ml
    >>> numpy_ml.pad2D(numpy.ones((1, 5, 5, 2)), "same", (2, 3), 1)[1]
    (0, 1, 1, 1)
    """
    X = np.asarray(X)
    _check("X", X, 4)
    sides = _sides(X, pad, kernel_shape, stride, dilation)
    return _padded(X, sides), (*sides[0], *sides[1])


def dilate(X: NDArray[Any], d: int) -> NDArray[Any]:
    """Insert rows and columns of zeros.

    Parameters
    ----------
    X : numpy.ndarray
        ``(examples, rows, columns, channels)``.
    d : int
        Zeros between neighbours.

    Returns
    -------
    numpy.ndarray
        ``rows + d·(rows - 1)`` rows, and columns likewise.

    Raises
    ------
    ValueError
        If ``X`` has not four dimensions.

    Examples
    --------
    >>> import numpy
    >>> from convolver import numpy_ml
    >>> numpy_ml.dilate(numpy.arange(4).reshape(1, 2, 2, 1), 1)[0, :, :, 0]
    array([[0, 0, 1],
           [0, 0, 0],
           [2, 0, 3]])
    """
    X = np.asarray(X)
    _check("X", X, 4)
    rows, columns = (max(0, (length - 1) * (d + 1) + 1) for length in X.shape[1:3])
    spread = np.zeros((X.shape[0], rows, columns, X.shape[3]), X.dtype)
    spread[:, :: d + 1, :: d + 1] = X
    return spread


def _outputs(lengths: tuple[int, ...], sides: Any, taps: Any, stride: int, dilation: int) -> list[int]:
    return [
        (length + low + high - _window(count, dilation)) // stride + 1
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
    _check("X", X, 4)
    sides = _sides(X, pad, taps, stride, dilation)
    # Examples last, as in the columns: what is copied then lies together.
    padded = np.pad(X.transpose(3, 1, 2, 0), ((0, 0), *sides, (0, 0)))
    window = tuple(_window(count, dilation) for count in taps)
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
