"""What the smallest calls cost beside NumPy's: python bench/overhead.py.

Rounds of both functions in turn; the median of the rounds' ratios, and the best time of each.
"""

import statistics
import timeit
from collections.abc import Callable
from typing import Any

import numpy as np

import convolver

ROUNDS, CALLS = 200, 2000


def seconds(statement: str, names: dict[str, Any]) -> float:
    """Time of one call, the loop's few nanoseconds included."""
    return timeit.timeit(statement, globals=names, number=CALLS) / CALLS


def compare(label: str, ours: Callable[..., Any], theirs: Callable[..., Any], x: Any, k: Any, mode: str) -> None:
    """Print how two functions compare on the same arguments."""
    names = {"ours": ours, "theirs": theirs, "x": x, "k": k, "mode": mode}
    rounds = [(seconds("ours(x, k, mode)", names), seconds("theirs(x, k, mode)", names)) for _ in range(ROUNDS)]
    ratio = statistics.median(ours / theirs for ours, theirs in rounds)
    best = [min(round_[which] for round_ in rounds) * 1e9 for which in (0, 1)]
    print(f"{label:40s} {ratio:5.2f} of NumPy's time   {best[0]:6.0f} ns against {best[1]:6.0f} ns")


if __name__ == "__main__":
    x, k = np.arange(8), np.array([1, 2])
    for mode in ("valid", "same", "full"):
        compare(f"correlate 8 by 2 int64, {mode}", convolver.correlate, np.correlate, x, k, mode)
    compare("convolve 8 by 2 float64, full", convolver.convolve, np.convolve, x + 0.5, k + 0.5, "full")
    long, taps = np.linspace(0, 1, 1000), np.linspace(0, 1, 32)
    compare("correlate 1000 by 32 float64, valid", convolver.correlate, np.correlate, long, taps, "valid")
