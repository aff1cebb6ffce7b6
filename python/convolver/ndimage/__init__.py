"""The linear filters of `scipy.ndimage` on the engine: SciPy's names, signatures, defaults and types.

Every function takes ``mode`` ("reflect", "mirror", "nearest", "wrap", "constant" and their "grid-" names), ``cval`` for
"constant", and ``output``: a type, or an array that may be the input itself. Errors are a `RuntimeError`, as SciPy's,
and a `ValueError` or `TypeError` too.
"""

from convolver.ndimage._derivatives import gaussian_gradient_magnitude, gaussian_laplace, laplace, prewitt, sobel
from convolver.ndimage._smoothing import gaussian_filter, gaussian_filter1d, uniform_filter, uniform_filter1d
from convolver.ndimage._weighted import convolve, convolve1d, correlate, correlate1d

__all__ = [
    "convolve",
    "convolve1d",
    "correlate",
    "correlate1d",
    "gaussian_filter",
    "gaussian_filter1d",
    "gaussian_gradient_magnitude",
    "gaussian_laplace",
    "laplace",
    "prewitt",
    "sobel",
    "uniform_filter",
    "uniform_filter1d",
]
