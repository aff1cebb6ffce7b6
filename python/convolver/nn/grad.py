"""Gradients of the layers of `convolver.nn`, by the names and signatures of ``torch.nn.grad``.

For a layer ``y = nn.conv2d(x, w, bias, ...)`` and the gradient ``grad_out`` of ``y``:

| gradient of | is |
|---|---|
| ``x`` | ``conv2d_input(x.shape, w, grad_out, ...)`` |
| ``w`` | ``conv2d_weight(x, w.shape, grad_out, ...)`` |
| ``bias`` | ``grad_out.sum((0, 2, 3))``, with channels last ``grad_out.sum((0, 1, 2))`` |

and for ``y = nn.conv_transpose2d(x, w, bias, ...)``, without words for ``padding`` and with an ``output_padding`` below
the stride:

| gradient of | is |
|---|---|
| ``x`` | ``nn.conv2d(grad_out, w.conj(), ...)`` |
| ``w`` | ``conv2d_weight(grad_out, w.shape, x, ...)``, conjugated if it is complex |

With channels last, ``w.swapaxes(2, 3)`` stands for the weights of a transposed layer there, and comes out. ``...`` are
the arguments of the layer: stride, padding, dilation, groups, layout, boundary and the rest. Complex gradients are
conjugated as PyTorch's are.
"""

from collections.abc import Sequence
from typing import Any, Unpack

from numpy.typing import ArrayLike, NDArray

from convolver.nn._gradients import Arguments, input_gradient, layer_of, weight_gradient
from convolver.nn._operands import LayerOptions, Padding, Steps, array

__all__ = ["conv1d_input", "conv1d_weight", "conv2d_input", "conv2d_weight", "conv3d_input", "conv3d_weight"]


def _input(axes: int, size: Any, w: Any, grad_out: Any, arguments: Arguments, options: Any) -> NDArray[Any]:
    w, grad_out = array("w", w), array("grad_out", grad_out)
    layer = layer_of(axes, ("input_size", "w"), size, w.shape, *arguments)
    return input_gradient(layer, w, grad_out, **options)


def _weight(axes: int, x: Any, size: Any, grad_out: Any, arguments: Arguments, options: Any) -> NDArray[Any]:
    x, grad_out = array("x", x), array("grad_out", grad_out)
    layer = layer_of(axes, ("x", "weight_size"), x.shape, size, *arguments)
    return weight_gradient(layer, x, grad_out, **options)


def conv1d_input(
    input_size: Sequence[int],
    w: ArrayLike,
    grad_out: ArrayLike,
    stride: Steps = 1,
    padding: Padding = 0,
    dilation: Steps = 1,
    groups: int = 1,
    *,
    layout: str = "NCHW",
    **options: Unpack[LayerOptions],
) -> NDArray[Any]:
    """Compute the gradient of the input of `convolver.nn.conv1d`.

    Parameters
    ----------
    input_size, w, grad_out, stride, padding, dilation, groups, layout, **options
        As in `conv2d_input`.

    Returns
    -------
    numpy.ndarray
        Of the shape ``input_size``.

    Raises
    ------
    ValueError, TypeError
        As `conv2d_input`.

    Examples
    --------
    >>> from convolver import nn
    >>> nn.grad.conv1d_input((1, 1, 5), [[[1.0, 2.0]]], [[[1.0, 10.0]]], stride=2)
    array([[[ 1.,  2., 10., 20.,  0.]]])
    """
    return _input(1, input_size, w, grad_out, (stride, padding, dilation, groups, layout), options)


def conv1d_weight(
    x: ArrayLike,
    weight_size: Sequence[int],
    grad_out: ArrayLike,
    stride: Steps = 1,
    padding: Padding = 0,
    dilation: Steps = 1,
    groups: int = 1,
    *,
    layout: str = "NCHW",
    **options: Unpack[LayerOptions],
) -> NDArray[Any]:
    """Compute the gradient of the weights of `convolver.nn.conv1d`.

    Parameters
    ----------
    x, weight_size, grad_out, stride, padding, dilation, groups, layout, **options
        As in `conv2d_weight`.

    Returns
    -------
    numpy.ndarray
        Of the shape ``weight_size``.

    Raises
    ------
    ValueError, TypeError
        As `conv2d_weight`.

    Examples
    --------
    >>> from convolver import nn
    >>> nn.grad.conv1d_weight([[[1.0, 2.0, 3.0, 4.0]]], (1, 1, 2), [[[1.0, 10.0, 100.0]]])
    array([[[321., 432.]]])
    """
    return _weight(1, x, weight_size, grad_out, (stride, padding, dilation, groups, layout), options)


def conv2d_input(
    input_size: Sequence[int],
    w: ArrayLike,
    grad_out: ArrayLike,
    stride: Steps = 1,
    padding: Padding = 0,
    dilation: Steps = 1,
    groups: int = 1,
    *,
    layout: str = "NCHW",
    **options: Unpack[LayerOptions],
) -> NDArray[Any]:
    """Compute the gradient of the input of `convolver.nn.conv2d`.

    Parameters
    ----------
    input_size : tuple of int
        Shape of the layer's input.
    w : array_like
        The layer's weights.
    grad_out : array_like
        Gradient of the layer's output, of its shape.
    stride, padding, dilation, groups, layout, **options
        As the layer had them. What ``boundary="constant"`` is filled with has no gradient.

    Returns
    -------
    numpy.ndarray
        Of the shape ``input_size``; zero for samples that no window reaches.

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
    >>> nn.grad.conv2d_input((1, 1, 3, 4), numpy.ones((1, 1, 2, 2)), numpy.ones((1, 1, 1, 2)), stride=2)
    array([[[[1., 1., 1., 1.],
             [1., 1., 1., 1.],
             [0., 0., 0., 0.]]]])
    """
    return _input(2, input_size, w, grad_out, (stride, padding, dilation, groups, layout), options)


def conv2d_weight(
    x: ArrayLike,
    weight_size: Sequence[int],
    grad_out: ArrayLike,
    stride: Steps = 1,
    padding: Padding = 0,
    dilation: Steps = 1,
    groups: int = 1,
    *,
    layout: str = "NCHW",
    **options: Unpack[LayerOptions],
) -> NDArray[Any]:
    """Compute the gradient of the weights of `convolver.nn.conv2d`.

    Parameters
    ----------
    x : array_like
        The layer's input.
    weight_size : tuple of int
        Shape of the layer's weights.
    grad_out : array_like
        Gradient of the layer's output, of its shape.
    stride, padding, dilation, groups, layout, **options
        As the layer had them.

    Returns
    -------
    numpy.ndarray
        Of the shape ``weight_size``.

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
    >>> x = numpy.arange(12.0).reshape(1, 1, 3, 4)
    >>> nn.grad.conv2d_weight(x, (1, 1, 2, 2), numpy.ones((1, 1, 1, 2)), stride=2)
    array([[[[ 2.,  4.],
             [10., 12.]]]])
    """
    return _weight(2, x, weight_size, grad_out, (stride, padding, dilation, groups, layout), options)


def conv3d_input(
    input_size: Sequence[int],
    w: ArrayLike,
    grad_out: ArrayLike,
    stride: Steps = 1,
    padding: Padding = 0,
    dilation: Steps = 1,
    groups: int = 1,
    *,
    layout: str = "NCHW",
    **options: Unpack[LayerOptions],
) -> NDArray[Any]:
    """Compute the gradient of the input of `convolver.nn.conv3d`.

    Parameters
    ----------
    input_size, w, grad_out, stride, padding, dilation, groups, layout, **options
        As in `conv2d_input`.

    Returns
    -------
    numpy.ndarray
        Of the shape ``input_size``.

    Raises
    ------
    ValueError, TypeError
        As `conv2d_input`.

    Examples
    --------
    >>> import numpy
    >>> from convolver import nn
    >>> nn.grad.conv3d_input((1, 2, 4, 5, 6), numpy.ones((4, 2, 3, 3, 3)), numpy.ones((1, 4, 2, 3, 4))).shape
    (1, 2, 4, 5, 6)
    """
    return _input(3, input_size, w, grad_out, (stride, padding, dilation, groups, layout), options)


def conv3d_weight(
    x: ArrayLike,
    weight_size: Sequence[int],
    grad_out: ArrayLike,
    stride: Steps = 1,
    padding: Padding = 0,
    dilation: Steps = 1,
    groups: int = 1,
    *,
    layout: str = "NCHW",
    **options: Unpack[LayerOptions],
) -> NDArray[Any]:
    """Compute the gradient of the weights of `convolver.nn.conv3d`.

    Parameters
    ----------
    x, weight_size, grad_out, stride, padding, dilation, groups, layout, **options
        As in `conv2d_weight`.

    Returns
    -------
    numpy.ndarray
        Of the shape ``weight_size``.

    Raises
    ------
    ValueError, TypeError
        As `conv2d_weight`.

    Examples
    --------
    >>> import numpy
    >>> from convolver import nn
    >>> nn.grad.conv3d_weight(numpy.ones((1, 2, 4, 5, 6)), (4, 2, 3, 3, 3), numpy.ones((1, 4, 2, 3, 4))).shape
    (4, 2, 3, 3, 3)
    """
    return _weight(3, x, weight_size, grad_out, (stride, padding, dilation, groups, layout), options)
