"""Convolutions of neural networks, by PyTorch's conventions: a thin translation to `einconv`.

| layout | input | weights |
|---|---|---|
| ``"NCL"``, ``"NCHW"``, ``"NCDHW"`` | batch, channels, space | out, in / groups, space |
| ``"NLC"``, ``"NHWC"``, ``"NDHWC"`` | batch, space, channels | space, in / groups, out |

``"NCHW"`` and ``"NHWC"`` are understood for any number of axes. An input of one dimension less has no batch axis. Like
PyTorch's these correlate, and conjugate nothing.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convolver._native import einconv

__all__ = ["conv1d", "conv2d", "conv3d"]

Steps: TypeAlias = int | Sequence[int]
Padding: TypeAlias = int | str | Sequence[int] | Sequence[tuple[int, int]]

_CHANNELS_FIRST = {1: "NCL", 2: "NCHW", 3: "NCDHW"}
_CHANNELS_LAST = {1: "NLC", 2: "NHWC", 3: "NDHWC"}
_MODES = {"same": "same_upper", "valid": "valid", "causal": "causal"}


def _channels_last(layout: str, axes: int) -> bool:
    if layout in ("NCHW", _CHANNELS_FIRST[axes]):
        return False
    if layout in ("NHWC", _CHANNELS_LAST[axes]):
        return True
    if not isinstance(layout, str):
        raise TypeError(f"layout must be a string, not {type(layout).__name__}")
    known = dict.fromkeys([_CHANNELS_FIRST[axes], _CHANNELS_LAST[axes], "NCHW", "NHWC"])
    raise ValueError(f"layout={layout!r} is not known; use one of {', '.join(map(repr, known))}")


def _check(x: NDArray[Any], w: NDArray[Any], groups: int, axes: int, last: bool) -> None:
    """Say in the words of a layer what `einconv` would say in those of its notation."""
    if x.ndim not in (axes + 1, axes + 2):
        raise ValueError(f"x has {x.ndim} dimensions; it needs {axes + 2}, or {axes + 1} without a batch axis")
    if w.ndim != axes + 2:
        raise ValueError(f"w has {w.ndim} dimensions; it needs {axes + 2}")
    channels = x.shape[-1 if last else -axes - 1]
    per_group, out = (w.shape[-2], w.shape[-1]) if last else (w.shape[1], w.shape[0])
    if channels != per_group * groups:
        raise ValueError(
            f"x has {channels} channels, but w takes {per_group * groups}: {per_group} in each of groups={groups}"
        )
    if out % groups:
        raise ValueError(f"w has {out} output channels, which groups={groups} does not divide")


def _groups(groups: int) -> int:
    if isinstance(groups, bool) or not hasattr(groups, "__index__"):
        raise TypeError(f"groups must be an integer, not {type(groups).__name__}")
    count = groups.__index__()
    if count < 1:
        raise ValueError(f"groups must be at least 1, not {count}")
    return count


def _array(name: str, value: Any) -> NDArray[Any]:
    if isinstance(value, np.ndarray):
        return value
    try:
        if hasattr(value, "__dlpack__") and not hasattr(value, "__array__"):
            return np.from_dlpack(value)
        return np.asarray(value)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{name} cannot be read as an array: {error}") from error


def _conv(
    axes: int,
    x: ArrayLike,
    w: ArrayLike,
    bias: ArrayLike | None,
    stride: Steps,
    padding: Padding,
    dilation: Steps,
    groups: int,
    layout: str,
    options: dict[str, Any],
) -> NDArray[Any]:
    last, groups = _channels_last(layout, axes), _groups(groups)
    x, w = _array("x", x), _array("w", w)
    _check(x, w, groups, axes, last)
    space = "[" + " ".join("zyx"[3 - axes :]) + "]"
    batch = "n " if x.ndim == axes + 2 else ""
    if last:
        spec = f"{batch}{space} (g c), {space} c (g o) -> {batch}{space} (g o)"
    else:
        spec = f"{batch}(g c) {space}, (g o) c {space} -> {batch}(g o) {space}"
    if isinstance(padding, str):
        if padding not in _MODES:
            raise ValueError(
                f"padding={padding!r} is not known; use a number, pairs or one of {', '.join(map(repr, _MODES))}"
            )
        options["mode"] = _MODES[padding]
    else:
        options["padding"] = padding
    if bias is not None:
        bias = _bias(
            _array("bias", bias), w.shape[-1 if last else 0], np.dtype(options.get("dtype") or np.result_type(x, w))
        )
    y = einconv(spec, x, w, sizes={"g": groups}, stride=stride, dilation=dilation, **options)
    if bias is not None:
        added = bias if last else bias.reshape((-1,) + (1,) * axes)
        np.add(y, added, out=y, casting="same_kind")
    return y


def _bias(bias: NDArray[Any], channels: int, result: np.dtype[Any]) -> NDArray[Any]:
    if bias.shape != (channels,):
        raise ValueError(
            f"bias has shape {bias.shape}, but there are {channels} output channels: it needs ({channels},)"
        )
    if not np.can_cast(bias.dtype, result, "same_kind"):
        raise TypeError(f"bias has dtype {bias.dtype}, which cannot be added to a result of type {result}; convert it")
    return bias


def conv1d(
    x: ArrayLike,
    w: ArrayLike,
    bias: ArrayLike | None = None,
    stride: Steps = 1,
    padding: Padding = 0,
    dilation: Steps = 1,
    groups: int = 1,
    *,
    layout: str = "NCHW",
    **options: Any,
) -> NDArray[Any]:
    """Apply a convolutional layer to a signal.

    Parameters
    ----------
    x : array_like
        Input of shape ``(n, c, l)``, or of the layout's; the batch axis may be missing.
    w : array_like
        Weights of shape ``(o, c / groups, k)``, or of the layout's.
    bias : array_like, optional
        One number per output channel, added to the result in place, in the result's type.
    stride, dilation : int or tuple of int
        Step of the output, and distance between taps; one for all axes or one for each.
    padding : int, tuple of int, tuple of (low, high), or {"same", "valid", "causal"}
        Samples added around ``x``. "same" is ONNX's SAME_UPPER, with any stride.
    groups : int
        Groups of channels that are convolved apart.
    layout : str
        "NCHW" or "NCL" for channels first, "NHWC" or "NLC" for channels last.
    **options
        ``boundary``, ``fill``, ``method``, ``precision``, ``memory``, ``dtype`` and ``out``, as in `einconv`.

    Returns
    -------
    numpy.ndarray
        The result in the same layout.

    Raises
    ------
    ValueError
        If shapes, groups or sizes do not fit.
    TypeError
        If an argument has a wrong type.

    Examples
    --------
    >>> import numpy
    >>> from convolver import nn
    >>> x = numpy.arange(6.0).reshape(1, 2, 3)
    >>> nn.conv1d(x, numpy.ones((1, 2, 2)), bias=[10.0])
    array([[[18., 22.]]])
    """
    return _conv(1, x, w, bias, stride, padding, dilation, groups, layout, options)


def conv2d(
    x: ArrayLike,
    w: ArrayLike,
    bias: ArrayLike | None = None,
    stride: Steps = 1,
    padding: Padding = 0,
    dilation: Steps = 1,
    groups: int = 1,
    *,
    layout: str = "NCHW",
    **options: Any,
) -> NDArray[Any]:
    """Apply a convolutional layer to images.

    Parameters
    ----------
    x : array_like
        Input of shape ``(n, c, h, w)``, or of the layout's; the batch axis may be missing.
    w : array_like
        Weights of shape ``(o, c / groups, kh, kw)``, or of the layout's.
    bias : array_like, optional
        One number per output channel, added to the result in place, in the result's type.
    stride, dilation : int or tuple of int
        Step of the output, and distance between taps; one for all axes or one for each.
    padding : int, tuple of int, tuple of (low, high), or {"same", "valid", "causal"}
        Samples added around ``x``. "same" is ONNX's SAME_UPPER, with any stride.
    groups : int
        Groups of channels that are convolved apart.
    layout : str
        "NCHW" for channels first, "NHWC" for channels last.
    **options
        ``boundary``, ``fill``, ``method``, ``precision``, ``memory``, ``dtype`` and ``out``, as in `einconv`.

    Returns
    -------
    numpy.ndarray
        The result in the same layout.

    Raises
    ------
    ValueError
        If shapes, groups or sizes do not fit.
    TypeError
        If an argument has a wrong type.

    Examples
    --------
    >>> import numpy
    >>> from convolver import nn
    >>> x, w = numpy.ones((8, 3, 32, 32)), numpy.ones((16, 3, 5, 5))
    >>> nn.conv2d(x, w, stride=2, padding=2).shape
    (8, 16, 16, 16)
    >>> nn.conv2d(x.transpose(0, 2, 3, 1), w.transpose(2, 3, 1, 0), padding="same", layout="NHWC").shape
    (8, 32, 32, 16)
    """
    return _conv(2, x, w, bias, stride, padding, dilation, groups, layout, options)


def conv3d(
    x: ArrayLike,
    w: ArrayLike,
    bias: ArrayLike | None = None,
    stride: Steps = 1,
    padding: Padding = 0,
    dilation: Steps = 1,
    groups: int = 1,
    *,
    layout: str = "NCHW",
    **options: Any,
) -> NDArray[Any]:
    """Apply a convolutional layer to volumes.

    Parameters
    ----------
    x : array_like
        Input of shape ``(n, c, d, h, w)``, or of the layout's; the batch axis may be missing.
    w : array_like
        Weights of shape ``(o, c / groups, kd, kh, kw)``, or of the layout's.
    bias : array_like, optional
        One number per output channel, added to the result in place, in the result's type.
    stride, dilation : int or tuple of int
        Step of the output, and distance between taps; one for all axes or one for each.
    padding : int, tuple of int, tuple of (low, high), or {"same", "valid", "causal"}
        Samples added around ``x``. "same" is ONNX's SAME_UPPER, with any stride.
    groups : int
        Groups of channels that are convolved apart.
    layout : str
        "NCHW" or "NCDHW" for channels first, "NHWC" or "NDHWC" for channels last.
    **options
        ``boundary``, ``fill``, ``method``, ``precision``, ``memory``, ``dtype`` and ``out``, as in `einconv`.

    Returns
    -------
    numpy.ndarray
        The result in the same layout.

    Raises
    ------
    ValueError
        If shapes, groups or sizes do not fit.
    TypeError
        If an argument has a wrong type.

    Examples
    --------
    >>> import numpy
    >>> from convolver import nn
    >>> x, w = numpy.ones((1, 2, 4, 5, 6)), numpy.ones((4, 1, 3, 3, 3))
    >>> nn.conv3d(x, w, groups=2).shape
    (1, 4, 2, 3, 4)
    """
    return _conv(3, x, w, bias, stride, padding, dilation, groups, layout, options)
