"""Arithmetic rate of the public call on an image that fits the second-level cache, one core: python bench/share.py.

With --peak-f32 and --peak-f64 (GFLOP/s of that core and instruction set, taken in the same minutes) the share of the
peak is printed, too. CONVOLVER_ISA chooses the instruction set.
"""

import argparse
import timeit

import numpy as np

import convolver

SIDE, ROUNDS, SECONDS = 256, 25, 4e-3


def rate(x: np.ndarray, k: np.ndarray) -> float:
    """GFLOP/s of the best round."""
    names = {"correlate": convolver.correlate, "x": x, "k": k}
    timer = timeit.Timer('correlate(x, k, "valid")', globals=names)
    calls = max(1, round(SECONDS / min(timer.repeat(5, 1))))
    seconds = min(timer.repeat(ROUNDS, calls)) / calls
    return 2 * (SIDE - k.shape[0] + 1) ** 2 * k.size / seconds / 1e9


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peak-f32", type=float)
    parser.add_argument("--peak-f64", type=float)
    arguments = parser.parse_args()
    convolver.set_num_threads(1)
    random = np.random.default_rng(1)
    for dtype, peak in (("float32", arguments.peak_f32), ("float64", arguments.peak_f64)):
        x = random.standard_normal((SIDE, SIDE)).astype(dtype)
        for taps in (3, 5, 7, 11, 15, 21):
            reached = rate(x, random.standard_normal((taps, taps)).astype(dtype))
            share = f"  {reached / peak:4.0%} of {peak:g}" if peak else ""
            print(f"{dtype} {SIDE}x{SIDE}, {taps:2d}x{taps:<2d} {reached:6.1f} GFLOP/s{share}")
