"""Windows as columns, and back. Nothing here needs them: they are for programs that do."""

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

from convolver import _native
from convolver.nn._operands import Padding, Steps, array
from convolver.nn._sizes import Pair, is_one, sides, steps


class _Windows:
    """Windows of space: how many axes, and what lies along each."""

    def __init__(self, kernel_size: Any, dilation: Steps, padding: Padding, stride: Steps) -> None:
        self.axes = 2 if is_one(kernel_size) else len(kernel_size)
        self.taps = steps("kernel_size", kernel_size, self.axes)
        self.dilations, self.strides = steps("dilation", dilation, self.axes), steps("stride", stride, self.axes)
        self.reaches = [d * (k - 1) for d, k in zip(self.dilations, self.taps, strict=True)]
        self.padding = padding

    def sides(self, lengths: tuple[int, ...]) -> list[Pair]:
        found = sides(self.padding, lengths, self.strides, self.reaches)
        if min(min(pair) for pair in found) < 0:
            raise ValueError(f"padding={self.padding} must not be negative")
        return found

    def positions(self, lengths: tuple[int, ...], name: str) -> list[int]:
        around = zip(lengths, self.sides(lengths), self.reaches, self.strides, strict=True)
        found = [(length + low + high - reach - 1) // stride + 1 for length, (low, high), reach, stride in around]
        if min(found) < 1:
            spans = tuple(reach + 1 for reach in self.reaches)
            raise ValueError(f"a window spans {spans} samples, more than the padded {name} {lengths} has; pad it more")
        return found


def unfold(
    x: ArrayLike, kernel_size: Steps, dilation: Steps = 1, padding: Padding = 0, stride: Steps = 1
) -> NDArray[Any]:
    """Cut images into windows, one in each column (im2col).

    Parameters
    ----------
    x : array_like
        ``(n, c, h, w)``, or other axes of space, as many as ``kernel_size`` has entries; the batch axis may be missing.
    kernel_size : int or tuple of int
        Taps of a window along each axis; an int is two axes.
    dilation, stride : int or tuple of int
        Distance between the taps of a window, and between windows.
    padding : int, tuple of int, tuple of (low, high), or {"same", "valid", "causal"}
        Zeros around ``x``.

    Returns
    -------
    numpy.ndarray
        ``(n, c · taps, windows)``, a new array.

    Raises
    ------
    ValueError
        If a window does not fit the padded images.
    TypeError
        If an argument has a wrong type.

    Examples
    --------
    >>> import numpy
    >>> from convolver import nn
    >>> nn.unfold(numpy.arange(6).reshape(1, 1, 2, 3), 2)
    array([[[0, 1],
            [1, 2],
            [3, 4],
            [4, 5]]])
    """
    windows, x = _Windows(kernel_size, dilation, padding, stride), array("x", x)
    axes = windows.axes
    if x.ndim not in (axes + 1, axes + 2):
        raise ValueError(
            f"x has {x.ndim} dimensions; with a kernel_size of {axes} axes it needs {axes + 2}, or {axes + 1} without "
            "a batch axis"
        )
    lengths = x.shape[-axes:]
    positions = windows.positions(lengths, "x")
    padded = np.pad(x, [(0, 0)] * (x.ndim - axes) + windows.sides(lengths))
    spans = [reach + 1 for reach in windows.reaches]
    seen = sliding_window_view(padded, spans, tuple(range(-axes, 0)), writeable=True)
    taken: Any = (..., *(slice(None, None, step) for step in (*windows.strides, *windows.dilations)))
    seen = np.moveaxis(seen[taken], range(-axes, 0), range(-2 * axes, -axes))
    rows = x.shape[-axes - 1] * int(np.prod(windows.taps))
    return seen.reshape(*x.shape[: -axes - 1], rows, int(np.prod(positions)))


def fold(
    x: ArrayLike,
    output_size: Steps,
    kernel_size: Steps,
    dilation: Steps = 1,
    padding: Padding = 0,
    stride: Steps = 1,
) -> NDArray[Any]:
    """Add windows back to where `unfold` took them from (col2im): its transpose, not its inverse.

    Parameters
    ----------
    x : array_like
        ``(n, c · taps, windows)``; the batch axis may be missing.
    output_size : int or tuple of int
        Lengths of space; an int is all of them.
    kernel_size, dilation, padding, stride
        As in `unfold`.

    Returns
    -------
    numpy.ndarray
        ``(n, c, *output_size)``, of the type of ``x``.

    Raises
    ------
    ValueError
        If ``x`` does not have a column for every window.
    TypeError
        If an argument has a wrong type.

    Examples
    --------
    >>> import numpy
    >>> from convolver import nn
    >>> nn.fold(numpy.ones((1, 4, 2)), (2, 3), 2)
    array([[[[1., 2., 1.],
             [1., 2., 1.]]]])
    """
    windows, x = _Windows(kernel_size, dilation, padding, stride), array("x", x)
    lengths = steps("output_size", output_size, windows.axes)
    positions, taps = windows.positions(lengths, "output_size"), int(np.prod(windows.taps))
    if x.ndim not in (2, 3):
        raise ValueError(f"x has {x.ndim} dimensions; it needs 3, or 2 without a batch axis")
    if x.shape[-2] % taps or x.shape[-1] != np.prod(positions):
        raise ValueError(
            f"x has shape {x.shape}; windows of {taps} taps need a multiple of {taps} rows, and {np.prod(positions)} "
            f"columns for output_size={lengths}"
        )
    cut = x.reshape(*x.shape[:-2], x.shape[-2] // taps, *windows.taps, *positions)
    lows = [low for low, _ in windows.sides(lengths)]
    return _native._fold(cut, lengths, windows.strides, windows.dilations, lows, x.dtype)
