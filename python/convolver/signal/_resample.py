"""Filtering between insertion and removal of samples."""

import operator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convolver import _native
from convolver._errors import renamed
from convolver.signal._operands import one_of

_EXTENSIONS = (
    "constant",
    "symmetric",
    "edge",
    "smooth",
    "wrap",
    "reflect",
    "antisymmetric",
    "antireflect",
    "line",
)


def upfirdn(
    h: ArrayLike,
    x: ArrayLike,
    up: int = 1,
    down: int = 1,
    axis: int = -1,
    mode: str = "constant",
    cval: float = 0,
) -> NDArray[Any]:
    """Insert zeros, filter and keep every so-manieth output, as `scipy.signal.upfirdn`.

    Parameters
    ----------
    h : array_like
        The filter, one-dimensional.
    x : array_like
        The input.
    up : int
        Distance between the samples of ``x`` before filtering.
    down : int
        Every ``down``-th output is kept.
    axis : int
        The axis to filter along.
    mode : str
        How ``x`` goes on past its ends: "constant", "symmetric", "edge",
        "smooth", "wrap", "reflect", "antisymmetric", "antireflect" or "line".
    cval : number
        The value of the mode "constant".

    Returns
    -------
    numpy.ndarray
        The result; float64 for 64-bit integers, float32 for smaller ones.

    Raises
    ------
    ValueError
        If ``h`` is not one-dimensional or empty, a step is less than 1, or
        ``axis`` or ``mode`` is not known.
    TypeError
        If an array holds objects, long doubles or no numbers.

    Examples
    --------
    >>> from convolver import signal
    >>> signal.upfirdn([0.5, 1, 0.5], [1.0, 2.0, 3.0], up=2)
    array([0.5, 1. , 1.5, 2. , 2.5, 3. , 1.5])
    """
    taps, samples = np.asarray(h), np.asarray(x)
    if taps.ndim != 1 or taps.size == 0:
        raise ValueError(f"h has shape {taps.shape}; it must have one dimension and at least one tap")
    up, down = int(up), int(down)
    if up < 1 or down < 1:
        raise ValueError(f"up is {up} and down is {down}; both must be at least 1")
    axis = operator.index(axis)
    if not -samples.ndim <= axis < samples.ndim:
        raise ValueError(f"axis={axis} is not an axis of x, which has {samples.ndim} dimensions")
    boundary = one_of("mode", mode.lower() if isinstance(mode, str) else mode, _EXTENSIONS)
    names = [f"a{number}" for number in range(samples.ndim)]
    names[axis] = "[t]"
    term = " ".join(names)
    natural = np.result_type(taps, samples)
    kept = natural in (np.dtype(bool), np.dtype(np.float16)) or natural.kind not in "iufc"
    try:
        return _native._einconv(
            f"{term}, [t] -> {term}",
            samples,
            taps,
            spread=up,
            flip=True,
            stride=down,
            padding=taps.size - 1,
            boundary=boundary,
            fill=cval,
            dtype=None if kept else np.result_type(natural, np.float32),
        )
    except (TypeError, ValueError) as error:
        raise renamed(error, k="h") from None
