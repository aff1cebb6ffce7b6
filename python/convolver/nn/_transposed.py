"""Transposed layers: the gradient of a layer with respect to its input, as a layer.

    y[i] = Σ_{o, a : o·s + a·d - l = i}  x[o]·w[a]

is the convolution of x, spread s apart, with w: the engine leaves out the zeros between (algorithm `polyphase`).
"""

from typing import Any, Unpack

from numpy.typing import ArrayLike, NDArray

from convolver import _native
from convolver._errors import renamed
from convolver.nn._operands import Options, Padding, Steps, add_bias, array, checked_bias, checked_groups, notations
from convolver.nn._sizes import cuts, remembered, steps


@remembered
def _problem(
    axes: int,
    x: tuple[int, ...],
    w: tuple[int, ...],
    stride: Steps,
    padding: Padding,
    dilation: Steps,
    groups: int,
    output_padding: Steps,
    last: bool,
) -> dict[str, Any]:
    """Return what `einconv` is told, from the shapes."""
    if len(w) != axes + 2:
        raise ValueError(f"w has {len(w)} dimensions; it needs {axes + 2}")
    channels, taken = x[-1 if last else -axes - 1], w[-2 if last else 0]
    if channels != taken:
        raise ValueError(f"x has {channels} channels, but w takes {taken}")
    if channels % groups:
        raise ValueError(f"x has {channels} channels, which groups={groups} does not divide")
    strides, dilations = steps("stride", stride, axes), steps("dilation", dilation, axes)
    extra = steps("output_padding", output_padding, axes, least=0)
    if any(more >= max(s, d) for more, s, d in zip(extra, strides, dilations, strict=True)):
        raise ValueError(f"output_padding={output_padding} must be smaller than stride or dilation along every axis")
    lengths, taps = (x[-axes - 1 : -1], w[:axes]) if last else (x[-axes:], w[2:])
    reaches = [d * (k - 1) for d, k in zip(dilations, taps, strict=True)]
    sides = tuple(
        (reach - low, reach - high + more)
        for reach, (low, high), more in zip(reaches, cuts(padding, lengths, strides, reaches), extra, strict=True)
    )
    outputs = [
        s * (m - 1) + 1 - reach + low + high
        for s, m, reach, (low, high) in zip(strides, lengths, reaches, sides, strict=True)
    ]
    if min(outputs) < 1 <= min(lengths):
        axis = outputs.index(min(outputs))
        raise ValueError(f"padding={padding} leaves {outputs[axis]} outputs along axis {axis} of space; cut off less")
    grouped = {"groups": groups} if groups > 1 else {}
    return {"spread": strides, "flip": True, "dilation": dilations, "padding": sides, **grouped}


def _transposed(
    axes: int,
    x: ArrayLike,
    w: ArrayLike,
    bias: ArrayLike | None,
    arguments: tuple[Steps, Padding, Steps, int, Steps],
    layout: str,
    options: Any,
) -> NDArray[Any]:
    x, w, groups = array("x", x), array("w", w), checked_groups(arguments[3])
    notation = notations(axes, layout, groups, "x", x.ndim)
    last = notation.channels_last
    for word in ("boundary", "fill"):
        if word in options:
            raise TypeError(f"{word} says what stands around the input of a layer; a transposed one sees only x")
    problem = _problem(axes, x.shape, w.shape, *arguments, last)
    added = None
    if bias is not None:
        added = checked_bias(bias, groups * w.shape[-1 if last else 1], x, w, options.get("dtype"))
    try:
        y = _native._einconv(notation.transposed, x, w, **problem, **options)
    except (TypeError, ValueError) as error:
        raise renamed(error, k="w") from None
    return y if added is None else add_bias(y, added, axes, last)


def conv_transpose1d(
    x: ArrayLike,
    w: ArrayLike,
    bias: ArrayLike | None = None,
    stride: Steps = 1,
    padding: Padding = 0,
    dilation: Steps = 1,
    groups: int = 1,
    *,
    output_padding: Steps = 0,
    layout: str = "NCHW",
    **options: Unpack[Options],
) -> NDArray[Any]:
    """Apply a transposed convolutional layer to signals.

    Parameters
    ----------
    x : array_like
        Input of shape ``(n, c, l)``, or of the layout's; the batch axis may be missing.
    w : array_like
        Weights of shape ``(c, o / groups, k)``, or of the layout's.
    bias, stride, padding, dilation, groups, output_padding, layout, **options
        As in `conv_transpose2d`. The layouts are "NCL" and "NLC".

    Returns
    -------
    numpy.ndarray
        The result in the same layout.

    Raises
    ------
    ValueError, TypeError
        As `conv_transpose2d`.

    Examples
    --------
    >>> from convolver import nn
    >>> nn.conv_transpose1d([[[1.0, 2.0, 3.0]]], [[[1.0, 0.5]]], stride=2)
    array([[[1. , 0.5, 2. , 1. , 3. , 1.5]]])
    """
    return _transposed(1, x, w, bias, (stride, padding, dilation, groups, output_padding), layout, options)


def conv_transpose2d(
    x: ArrayLike,
    w: ArrayLike,
    bias: ArrayLike | None = None,
    stride: Steps = 1,
    padding: Padding = 0,
    dilation: Steps = 1,
    groups: int = 1,
    *,
    output_padding: Steps = 0,
    layout: str = "NCHW",
    **options: Unpack[Options],
) -> NDArray[Any]:
    """Apply a transposed convolutional layer to images.

    After ``padding`` PyTorch has other arguments in other places: give those by name.

    Parameters
    ----------
    x : array_like
        Input of shape ``(n, c, h, w)``, or of the layout's; the batch axis may be missing.
    w : array_like
        Weights of shape ``(c, o / groups, kh, kw)``; with channels last ``(kh, kw, c, o / groups)``.
    bias : array_like, optional
        One number per output channel, added to the result in place, in the result's type.
    stride, dilation : int or tuple of int
        Distance between the samples of ``x`` among the outputs, and between taps; one for all axes or one for each.
    padding : int, tuple of int, tuple of (low, high), or {"same", "valid", "causal"}
        Outputs left away at each side; the words are those of the table in `convolver.nn`.
    groups : int
        Groups of channels that are convolved apart.
    output_padding : int or tuple of int
        Outputs added at the end: a layer with a stride has the same output for several lengths of its input.
    layout : str
        "NCHW" for channels first, "NHWC" for channels last.
    **options
        ``method``, ``precision``, ``memory``, ``dtype`` and ``out``, as in `einconv`.

    Returns
    -------
    numpy.ndarray
        The result in the same layout, ``stride·(h - 1) + dilation·(kh - 1) + 1 - low - high + output_padding`` high.

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
    >>> x, w = numpy.ones((8, 16, 14, 14)), numpy.ones((16, 3, 4, 4))
    >>> nn.conv_transpose2d(x, w, stride=2, padding=1).shape
    (8, 3, 28, 28)
    >>> nn.conv_transpose2d(x.transpose(0, 2, 3, 1), w.transpose(2, 3, 0, 1), stride=2, padding=1, layout="NHWC").shape
    (8, 28, 28, 3)
    """
    return _transposed(2, x, w, bias, (stride, padding, dilation, groups, output_padding), layout, options)


def conv_transpose3d(
    x: ArrayLike,
    w: ArrayLike,
    bias: ArrayLike | None = None,
    stride: Steps = 1,
    padding: Padding = 0,
    dilation: Steps = 1,
    groups: int = 1,
    *,
    output_padding: Steps = 0,
    layout: str = "NCHW",
    **options: Unpack[Options],
) -> NDArray[Any]:
    """Apply a transposed convolutional layer to volumes.

    Parameters
    ----------
    x : array_like
        Input of shape ``(n, c, d, h, w)``, or of the layout's; the batch axis may be missing.
    w : array_like
        Weights of shape ``(c, o / groups, kd, kh, kw)``, or of the layout's.
    bias, stride, padding, dilation, groups, output_padding, layout, **options
        As in `conv_transpose2d`. The layouts are "NCDHW" and "NDHWC".

    Returns
    -------
    numpy.ndarray
        The result in the same layout.

    Raises
    ------
    ValueError, TypeError
        As `conv_transpose2d`.

    Examples
    --------
    >>> import numpy
    >>> from convolver import nn
    >>> nn.conv_transpose3d(numpy.ones((1, 2, 3, 4, 5)), numpy.ones((2, 4, 2, 2, 2)), stride=2).shape
    (1, 4, 6, 8, 10)
    """
    return _transposed(3, x, w, bias, (stride, padding, dilation, groups, output_padding), layout, options)
