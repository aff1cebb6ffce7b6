"""Layers, forward."""

from typing import Any, Unpack

from numpy.typing import ArrayLike, NDArray

from convolver import _native
from convolver._errors import renamed
from convolver.nn._operands import (
    LayerOptions,
    Padding,
    Steps,
    add_bias,
    array,
    checked_bias,
    checked_groups,
    misfit,
    notations,
)

_MODES = {"same": "same_upper", "valid": "valid", "causal": "causal"}


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
    options: Any,
) -> NDArray[Any]:
    x, w, groups = array("x", x), array("w", w), checked_groups(groups)
    notation = notations(axes, layout, groups, "x", x.ndim)
    last = notation.channels_last
    if isinstance(padding, str):
        if padding not in _MODES:
            raise ValueError(
                f"padding={padding!r} is not known; use a number, pairs or one of {', '.join(map(repr, _MODES))}"
            )
        options["mode"] = _MODES[padding]
    else:
        options["padding"] = padding
    added = None
    if bias is not None and w.ndim == axes + 2:
        added = checked_bias(bias, w.shape[-1 if last else 0], x, w, options.get("dtype"))
    if groups > 1:
        options["groups"] = groups
    try:
        y = _native._einconv(notation.layer, x, w, stride=stride, dilation=dilation, **options)
    except (TypeError, ValueError) as error:
        wrong = misfit(x.shape, w.shape, groups, axes, last)
        raise ValueError(wrong) if wrong else renamed(error, k="w") from None
    return y if added is None else add_bias(y, added, axes, last)


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
    **options: Unpack[LayerOptions],
) -> NDArray[Any]:
    """Apply a convolutional layer to signals.

    Parameters
    ----------
    x : array_like
        Input of shape ``(n, c, l)``, or of the layout's; the batch axis may be missing.
    w : array_like
        Weights of shape ``(o, c / groups, k)``, or of the layout's.
    bias, stride, padding, dilation, groups, layout, **options
        As in `conv2d`. The layouts are "NCL" and "NLC".

    Returns
    -------
    numpy.ndarray
        The result in the same layout.

    Raises
    ------
    ValueError, TypeError
        As `conv2d`.

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
    **options: Unpack[LayerOptions],
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
        Samples added around ``x``, negative ones are cut off; the words are those of the table in `convolver.nn`.
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
    **options: Unpack[LayerOptions],
) -> NDArray[Any]:
    """Apply a convolutional layer to volumes.

    Parameters
    ----------
    x : array_like
        Input of shape ``(n, c, d, h, w)``, or of the layout's; the batch axis may be missing.
    w : array_like
        Weights of shape ``(o, c / groups, kd, kh, kw)``, or of the layout's.
    bias, stride, padding, dilation, groups, layout, **options
        As in `conv2d`. The layouts are "NCDHW" and "NDHWC".

    Returns
    -------
    numpy.ndarray
        The result in the same layout.

    Raises
    ------
    ValueError, TypeError
        As `conv2d`.

    Examples
    --------
    >>> import numpy
    >>> from convolver import nn
    >>> x, w = numpy.ones((1, 2, 4, 5, 6)), numpy.ones((4, 1, 3, 3, 3))
    >>> nn.conv3d(x, w, groups=2).shape
    (1, 4, 2, 3, 4)
    """
    return _conv(3, x, w, bias, stride, padding, dilation, groups, layout, options)
