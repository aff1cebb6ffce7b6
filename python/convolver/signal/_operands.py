"""What the functions of `convolver.signal` share."""

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convolver._errors import renamed

Mode: TypeAlias = Literal["full", "valid", "same"]


def one_of(name: str, value: object, known: Sequence[str]) -> str:
    if isinstance(value, str) and value in known:
        return value
    raise ValueError(f"{name}={value!r} is not known; use one of {', '.join(map(repr, known))}")


def operands(in1: ArrayLike, in2: ArrayLike, mode: str) -> tuple[NDArray[Any], NDArray[Any]]:
    one_of("mode", mode, ("full", "valid", "same"))
    x, k = np.asarray(in1), np.asarray(in2)
    if x.ndim != k.ndim:
        raise ValueError(
            f"in1 has {x.ndim} dimensions and in2 has {k.ndim}; they should have the same number "
            "(convolver.convolve takes a smaller in2 with axes=)"
        )
    return x, k


def run(function: Any, x: NDArray[Any], k: NDArray[Any], *arguments: Any, **options: Any) -> Any:
    """Return the engine's answer; numbers without an axis are arrays of one element to it."""
    try:
        if x.ndim == 0:
            return function(x.reshape(1), k.reshape(1), **options)[0]
        return function(x, k, *arguments, **options)
    except (TypeError, ValueError) as error:
        raise renamed(error, x="in1", k="in2", fill="fillvalue") from None
