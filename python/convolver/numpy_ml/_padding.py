"""Zeros around arrays, and between their samples."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Pad: TypeAlias = int | tuple[int, ...] | str


def window_of(taps: int, dilation: int) -> int:
    return taps * (dilation + 1) - dilation


def around(length: int, out: int, taps: int, stride: int, dilation: int) -> tuple[int, int]:
    """Return the padding that makes ``out`` outputs of ``length`` samples, an odd one at the end."""
    total = stride * (out - 1) + window_of(taps, dilation) - length
    if total < 0:
        raise ValueError(
            f"pad cannot be negative: {out} outputs of {taps} taps at stride={stride} need fewer than {length} samples"
        )
    return total // 2, total - total // 2


def sides_of(X: NDArray[Any], pad: Pad, taps: Any, stride: int | None, dilation: int) -> tuple[tuple[int, int], ...]:
    """Return the padding of each axis between the first and the last."""
    lengths = X.shape[1:-1]
    words = ("same", "causal") if len(lengths) == 1 else ("same",)
    if isinstance(pad, str):
        if pad not in words:
            raise ValueError(f"pad={pad!r} is not known; use an int, a tuple or one of {', '.join(map(repr, words))}")
        if not taps or not stride:
            raise ValueError(f"pad={pad!r} depends on the kernel and the stride; give both")
        taps = (taps,) if isinstance(taps, int) else taps
        sides = [around(length, length, count, stride, dilation) for length, count in zip(lengths, taps, strict=True)]
        return ((sum(sides[0]), 0),) if pad == "causal" else tuple(sides)
    given = (pad,) * (2 * len(lengths)) if isinstance(pad, int) else tuple(pad)
    if len(lengths) == 2 and len(given) == 2:
        given = (given[0], given[0], given[1], given[1])
    if len(given) != 2 * len(lengths):
        raise ValueError(f"pad={pad!r} has {len(given)} entries; give {2 * len(lengths)}, or one int")
    return tuple(zip(given[::2], given[1::2], strict=True))


def _padded(X: NDArray[Any], sides: tuple[tuple[int, int], ...]) -> NDArray[Any]:
    return np.pad(X, ((0, 0), *sides, (0, 0)))


def check(name: str, array: NDArray[Any], dimensions: int) -> None:
    if array.ndim != dimensions:
        raise ValueError(f"{name} has {array.ndim} dimensions; it needs {dimensions}")


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
    check("X", X, 3)
    sides = sides_of(X, pad, kernel_width, stride, dilation)
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
    check("X", X, 4)
    sides = sides_of(X, pad, kernel_shape, stride, dilation)
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
    check("X", X, 4)
    rows, columns = (max(0, (length - 1) * (d + 1) + 1) for length in X.shape[1:3])
    spread = np.zeros((X.shape[0], rows, columns, X.shape[3]), X.dtype)
    spread[:, :: d + 1, :: d + 1] = X
    return spread
