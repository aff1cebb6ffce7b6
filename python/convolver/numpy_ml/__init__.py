"""The convolutions of numpy-ml's `neural_nets.utils` on the engine: its names, argument order and conventions.

Arrays are ``(examples, length, channels)`` or ``(examples, rows, columns, channels)``, kernels ``(taps, in, out)`` or
``(rows, columns, in, out)``. ``dilation`` counts the zeros between taps, so 0 is dense. ``pad`` is an int, a tuple
``(before, after)`` in 1-D, ``(rows, columns)`` or ``(top, bottom, left, right)`` in 2-D, "same" (as long as the input,
whatever the stride), or "causal" in 1-D.
"""

from convolver.numpy_ml._columns import col2im, im2col
from convolver.numpy_ml._convolutions import conv1D, conv2D, deconv2D
from convolver.numpy_ml._padding import dilate, pad1D, pad2D

__all__ = ["col2im", "conv1D", "conv2D", "deconv2D", "dilate", "im2col", "pad1D", "pad2D"]
