"""Layers of neural networks by PyTorch's conventions: a thin translation to the notation of `einconv`.

| layout | input and output | weights | weights of `conv_transpose1d` to `3d` |
|---|---|---|---|
| ``"NCL"``, ``"NCHW"``, ``"NCDHW"`` | batch, channels, space | out, in / groups, space | in, out / groups, space |
| ``"NLC"``, ``"NHWC"``, ``"NDHWC"`` | batch, space, channels | space, in / groups, out | space, in, out / groups |

``"NCHW"`` and ``"NHWC"`` are understood for any number of axes. An input of one dimension less has no batch axis. Like
PyTorch's these correlate, and conjugate nothing. ``padding`` is a number, one for each axis, pairs ``(low, high)``, or
a word:

| ``padding`` | a layer of length n, stride s | its transpose |
|---|---|---|
| ``"valid"`` | no padding | nothing is cut off |
| ``"same"`` | ⌈n/s⌉ outputs, an odd sample at the end (ONNX's ``SAME_UPPER``) | n·s outputs |
| ``"causal"`` | ⌈n/s⌉ outputs, all padding before | n·s outputs, all cut off at the end |

The gradients are in `convolver.nn.grad`.
"""

from convolver.nn import grad
from convolver.nn._layers import conv1d, conv2d, conv3d
from convolver.nn._transposed import conv_transpose1d, conv_transpose2d, conv_transpose3d
from convolver.nn._windows import fold, unfold

__all__ = [
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "fold",
    "grad",
    "unfold",
]
