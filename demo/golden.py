"""The values that the documents behind this project print, beside ours. Integers in, the same integers out."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

import convolver

IMAGE = [
    [2, 3, 7, 4, 6, 2, 9],
    [6, 6, 9, 8, 7, 4, 3],
    [3, 4, 8, 3, 8, 9, 7],
    [7, 8, 3, 6, 6, 3, 4],
    [4, 2, 1, 8, 3, 4, 6],
    [3, 2, 4, 1, 9, 8, 3],
    [0, 1, 3, 9, 2, 1, 4],
]
KERNEL = [[3, 4, 4], [1, 0, 2], [-1, 0, 3]]


class Golden(NamedTuple):
    """A call with the result it must have."""

    what: str
    expected: object
    ours: Callable[[], object]


def ramp(*shape: int) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """0, 1, 2, … in this shape."""
    return np.arange(np.prod(shape), dtype=np.int64).reshape(shape)


def exact(result: object) -> object:
    """The result as nested lists if it is an array of integers; anything else matches nothing."""
    array = np.asarray(result)
    return array.tolist() if array.dtype == np.int64 else f"{array.dtype} instead of int64"


GOLDEN = [
    Golden(
        "1-D valid correlation",
        [1, 2, 3, 4, 5, 6, 7],
        lambda: exact(convolver.correlate([1, 2, 3, 4, 5, 6, 7, 8], [1, 0], "valid")),
    ),
    Golden(
        "1-D, ten samples, five taps",
        [30, 40, 50, 60, 70, 80],
        lambda: exact(convolver.correlate(ramp(10), ramp(5), "valid")),
    ),
    Golden(
        "the same with stride 5",
        [30, 80],
        lambda: exact(convolver.correlate(ramp(10), ramp(5), "valid", stride=5)),
    ),
    Golden(
        "channels summed, stride 5",
        [10670, 11620, 12570, 13520, 14470],
        lambda: exact(convolver.einconv("c [t], c [t] -> [t]", ramp(4, 25), ramp(4, 5), stride=5)),
    ),
    Golden(
        "batch × kernels, stride 2",
        [[[24, 36], [64, 108]], [[72, 84], [240, 284]]],
        lambda: exact(convolver.einconv("n c [t], k c [t] -> n k [t]", ramp(2, 2, 4), ramp(2, 2, 2), stride=2)),
    ),
    Golden(
        "2-D with stride 2",
        [[91, 100, 88], [69, 91, 117], [44, 72, 74]],
        lambda: exact(convolver.correlate(IMAGE, KERNEL, "valid", stride=2)),
    ),
    Golden(
        "shape of rows with rows",
        (4, 29),
        lambda: convolver.convolve(np.ones((4, 10)), np.ones((4, 20)), "full", axes=1).shape,
    ),
]


def check() -> bool:
    """Prints every golden value beside ours; whether all agree."""
    print(f"{'':2} {'golden value':<28} {'published':<48} ours")
    agree = True
    for golden in GOLDEN:
        ours = golden.ours()
        same = ours == golden.expected
        agree = agree and same
        print(f"{'✓' if same else '✗':2} {golden.what:<28} {golden.expected!s:<48} {ours}")
    return agree
