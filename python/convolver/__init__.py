"""Any convolution through one engine.

`convolve` and `correlate` take arrays of any layout and type; `einconv` names the axes in one line; `plan` does once
what depends on shapes and kernel; `explain` says how a call would be computed and why. `convolver.nn` has the layers of
neural networks by PyTorch's conventions.
"""

from convolver import ndimage, nn, numpy, numpy_ml, signal
from convolver._native import (
    Candidate,
    Explanation,
    Machine,
    Plan,
    __version__,
    convolve,
    correlate,
    einconv,
    explain,
    get_num_threads,
    machine,
    plan,
    set_num_threads,
    show_config,
)
from convolver._patch import Report, patch, patched, unpatch

__all__ = [
    "Candidate",
    "Explanation",
    "Machine",
    "Plan",
    "Report",
    "__version__",
    "convolve",
    "correlate",
    "einconv",
    "explain",
    "get_num_threads",
    "machine",
    "ndimage",
    "nn",
    "numpy",
    "numpy_ml",
    "patch",
    "patched",
    "plan",
    "set_num_threads",
    "show_config",
    "signal",
    "unpatch",
]
