"""Which method would be taken, and which lags outputs have."""

from time import perf_counter
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convolver import _native
from convolver.signal._operands import Mode, operands, run


@overload
def choose_conv_method(in1: ArrayLike, in2: ArrayLike, mode: Mode = "full", measure: Literal[False] = False) -> str: ...
@overload
def choose_conv_method(
    in1: ArrayLike, in2: ArrayLike, mode: Mode, measure: Literal[True]
) -> tuple[str, dict[str, float]]: ...
def choose_conv_method(
    in1: ArrayLike, in2: ArrayLike, mode: Mode = "full", measure: bool = False
) -> str | tuple[str, dict[str, float]]:
    """Say whether `convolve` would sum or transform, as `scipy.signal.choose_conv_method`.

    Parameters
    ----------
    in1, in2, mode
        As in `convolve`.
    measure : bool
        Time the algorithms instead of predicting.

    Returns
    -------
    method : {"direct", "fft"}
        The family of the fastest algorithm. `convolver.explain` names it.
    times : dict of float
        Seconds for each family, where ``measure`` is true; infinite where
        none of its algorithms can do it.

    Raises
    ------
    ValueError, TypeError
        As `convolve`.

    Examples
    --------
    >>> import numpy
    >>> from convolver import signal
    >>> signal.choose_conv_method(numpy.ones(1000), numpy.ones(3))
    'direct'
    """
    x, k = operands(in1, in2, mode)
    candidates = run(_native.explain, np.atleast_1d(x), np.atleast_1d(k), mode).candidates
    if not measure:
        return next(_family(candidate.name) for candidate in candidates if candidate.chosen)
    times = dict.fromkeys(("fft", "direct"), float("inf"))
    for candidate in candidates:
        if candidate.refusal is None:
            start = perf_counter()
            run(_native.convolve, np.atleast_1d(x), np.atleast_1d(k), mode, method=candidate.name)
            family = _family(candidate.name)
            times[family] = min(times[family], perf_counter() - start)
    return min(times, key=times.__getitem__), times


def _family(algorithm: str) -> str:
    return "fft" if "fft" in algorithm or "overlap" in algorithm else "direct"


def correlation_lags(in1_len: int, in2_len: int, mode: Mode = "full") -> NDArray[Any]:
    """Return the lags of the outputs of `correlate`, as `scipy.signal.correlation_lags`.

    Parameters
    ----------
    in1_len, in2_len : int
        Lengths of the two arrays along an axis.
    mode : {"full", "valid", "same"}
        As in `correlate`.

    Returns
    -------
    numpy.ndarray
        How far ``in2`` was moved along ``in1`` for each output.

    Raises
    ------
    ValueError
        If the mode is not known.

    Examples
    --------
    >>> from convolver import signal
    >>> signal.correlation_lags(3, 2)
    array([-1,  0,  1,  2])
    """
    if mode not in ("full", "valid", "same"):
        raise ValueError(f"Mode {mode} is invalid; use one of 'full', 'valid', 'same'")
    if mode == "full":
        return np.arange(1 - in2_len, in1_len)
    if mode == "same":
        return np.arange(-(in2_len // 2), in1_len - in2_len // 2)
    return np.arange(min(0, in1_len - in2_len), max(0, in1_len - in2_len) + 1)
