"""The convolutions of `scipy.signal` on the engine: SciPy's names, signatures, defaults and types.

`fftconvolve` and `oaconvolve` take whichever algorithm is fastest, as `convolve` does: the names are kept, and what
they promise of shapes and types.
"""

from convolver.signal._choice import choose_conv_method, correlation_lags
from convolver.signal._convolve import convolve, correlate, fftconvolve, oaconvolve
from convolver.signal._images import convolve2d, correlate2d
from convolver.signal._resample import upfirdn

__all__ = [
    "choose_conv_method",
    "convolve",
    "convolve2d",
    "correlate",
    "correlate2d",
    "correlation_lags",
    "fftconvolve",
    "oaconvolve",
    "upfirdn",
]
