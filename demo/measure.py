"""Comparing our result and our time with the usual ways, in the same run."""

import sys
import time
from collections.abc import Callable
from statistics import median

import numpy as np

from data import Floats
from jobs import Job

ROUNDS = 7
SHORTEST = 0.003


def say(text: str) -> None:
    """Shows what is being done on a line that the next text replaces, when a person watches."""
    if sys.stdout.isatty():
        print(f"\r\033[K  … {text}", end="", flush=True)


def clear() -> None:
    """Removes that line."""
    if sys.stdout.isatty():
        print("\r\033[K", end="", flush=True)


def allowed(job: Job) -> float:
    """How far two sums of these products may lie apart: rounding of both, the largest input times all taps."""
    scale = float(np.abs(job.x).max() * np.abs(job.k).sum())
    return 8 * job.k.size * float(np.finfo(np.float64).eps) * scale


def differences(job: Job) -> dict[str, float]:
    """The largest difference between our result and that of each usual way; infinite where the shapes differ."""
    ours = job.ours(job.x, job.k)
    found = {}
    for name, method in job.theirs.items():
        theirs = method(job.x, job.k)
        found[name] = float(np.abs(ours - theirs).max()) if ours.shape == theirs.shape else float("inf")
    return found


def seconds(job: Job) -> dict[str, float]:
    """The median time of us (named "") and of each usual way, one call of everybody per round."""
    methods: dict[str, Callable[[Floats, Floats], Floats]] = {"": job.ours, **job.theirs}
    calls = {name: repeats(job, method) for name, method in methods.items()}
    times: dict[str, list[float]] = {name: [] for name in methods}
    for round_number in range(ROUNDS):
        say(f"{job.title}: round {round_number + 1} of {ROUNDS}")
        for name, method in methods.items():
            times[name].append(once(job, method, calls[name]))
    return {name: median(values) for name, values in times.items()}


def repeats(job: Job, method: Callable[[Floats, Floats], Floats]) -> int:
    """Calls that together are long enough for the clock."""
    return max(1, round(SHORTEST / max(once(job, method, 1), 1e-7)))


def once(job: Job, method: Callable[[Floats, Floats], Floats], calls: int) -> float:
    """Seconds a call takes, averaged over some."""
    start = time.perf_counter()
    for _ in range(calls):
        method(job.x, job.k)
    return (time.perf_counter() - start) / calls


def duration(value: float) -> str:
    """Seconds in the unit that reads best."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value / 1e-6:.3g} µs"
