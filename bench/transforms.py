"""Long kernels beside the transforms of others: python bench/transforms.py error | memory | shapes [--seed N].

error    largest and mean error against long doubles, ours and SciPy's, relative to the largest output
memory   peak memory that a call adds in a fresh process, the result subtracted, ours and SciPy's
shapes   50 problems drawn at random beside those of SciPy, mkl_fft, torch.fft and ducc0 that are installed

Ratios above 1 say how many times better we are, in medians of rounds that everybody takes in turn.
"""

import argparse
import math
import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import scipy.fft
import scipy.signal

import convolver

THREADS, ROUNDS, SEED = 2, 5, 20261122

# Shapes of input and kernel, and the mode.
ERRORS = [
    ((10**6,), (10**4,), "full"),
    ((4099,), (4001,), "full"),
    ((512, 512), (31, 31), "same"),
    ((512, 512), (512, 512), "same"),
    ((1021, 769), (127, 65), "valid"),
    ((96, 96, 96), (17, 17, 17), "same"),
]
MEMORY = [
    ((2048, 2048), (31, 31), "same"),
    ((2048, 2048), (128, 128), "same"),
    ((1024, 1024), (1024, 1024), "same"),
    ((2048, 2048), (2048, 2048), "same"),
    ((128, 128, 128), (15, 15, 15), "same"),
    ((128, 128, 128), (64, 64, 64), "same"),
    ((10**7,), (10**5,), "same"),
]


def draw(random: np.random.Generator, shape: tuple[int, ...], dtype: str) -> Any:
    """Draw normally distributed numbers."""
    return random.standard_normal(shape).astype(dtype)


def errors() -> None:
    """Print errors against products of spectra in long doubles."""
    random = np.random.default_rng(SEED)
    for n, m, mode in ERRORS:
        for dtype in ("float64", "float32"):
            x, k = draw(random, n, dtype), draw(random, m, dtype)
            size = [a + b - 1 for a, b in zip(n, m, strict=True)]
            spectra = [scipy.fft.rfftn(a.astype(np.longdouble), size) for a in (x, k)]
            reference = scipy.fft.irfftn(spectra[0] * spectra[1], size)
            if mode != "full":
                kept = n if mode == "same" else [a - b + 1 for a, b in zip(n, m, strict=True)]
                starts = [(whole - part) // 2 for whole, part in zip(size, kept, strict=True)]
                reference = reference[tuple(slice(a, a + b) for a, b in zip(starts, kept, strict=True))]
            found = []
            for convolve in (convolver.convolve, scipy.signal.fftconvolve):
                error = np.abs(convolve(x, k, mode) - reference) / np.abs(reference).max()
                found.append((float(error.max()), float(np.sqrt((error**2).mean()))))
            (most, mean), (most_scipy, mean_scipy) = found
            print(
                f"{n} * {m} {mode} {dtype}: largest {most:.2g}, {most / most_scipy:.2f} of SciPy's; "
                f"mean {mean:.2g}, {mean / mean_scipy:.2f} of SciPy's",
                flush=True,
            )


def kilobytes(field: str) -> int:
    """Read a line of this process's status."""
    return int(re.findall(rf"{field}:\s+(\d+)", Path("/proc/self/status").read_text())[0])


def one_memory(who: str, case: int, dtype: str) -> None:
    """Print the peak of one call, in MiB."""
    n, m, mode = MEMORY[case]
    random = np.random.default_rng(SEED)
    x, k = draw(random, n, dtype), draw(random, m, dtype)
    convolve = convolver.convolve if who == "convolver" else scipy.signal.fftconvolve
    convolve(x[(slice(64),) * len(n)], k[(slice(16),) * len(m)], mode)
    Path("/proc/self/clear_refs").write_text("5")
    before = kilobytes("VmRSS")
    result = convolve(x, k, mode)
    print((kilobytes("VmHWM") - before) / 1024 - result.nbytes / 2**20)


def memory() -> None:
    """Print the peaks of all cases."""
    for case, (n, m, mode) in enumerate(MEMORY):
        for dtype in ("float64", "float32"):
            command = [sys.executable, __file__, "memory", "--case", str(case), "--dtype", dtype, "--who"]
            ours, theirs = (
                float(subprocess.run([*command, who], check=True, capture_output=True, text=True).stdout)
                for who in ("convolver", "scipy")
            )
            print(
                f"{n} * {m} {mode} {dtype}: {ours:.1f} MiB, SciPy {theirs:.1f} MiB, {ours / theirs:.2f} of it",
                flush=True,
            )


def by_transforms(rfftn: Callable[..., Any], irfftn: Callable[..., Any]) -> Callable[..., Any]:
    """Make a convolution along axes of a library's real transforms."""

    def convolve(x: Any, k: Any, mode: str, axes: tuple[int, ...], step: tuple[slice, ...]) -> Any:
        full = [x.shape[axis] + k.shape[axis] - 1 for axis in axes]
        size = [scipy.fft.next_fast_len(length, True) for length in full]
        y = irfftn(rfftn(x, size, axes) * rfftn(k, size, axes), size, axes)
        at = [slice(None)] * x.ndim
        for axis, length in zip(axes, full, strict=True):
            n, m = x.shape[axis], k.shape[axis]
            kept = {"full": length, "same": n, "valid": n - m + 1}[mode]
            start = (length - kept) // 2
            at[axis] = slice(start, start + kept)
        return np.ascontiguousarray(y[tuple(at)][step])

    return convolve


def peers() -> dict[str, Callable[..., Any]]:
    """Find the peers that are installed."""
    found: dict[str, Callable[..., Any]] = {
        "scipy.fft": by_transforms(
            lambda x, s, axes: scipy.fft.rfftn(x, s, axes, workers=THREADS),
            lambda y, s, axes: scipy.fft.irfftn(y, s, axes, workers=THREADS),
        ),
        "oaconvolve": lambda x, k, mode, axes, step: np.ascontiguousarray(
            scipy.signal.oaconvolve(x, k, mode, axes=axes)[step]
        ),
    }
    try:
        import mkl_fft.interfaces.scipy_fft as mkl

        found["mkl_fft"] = by_transforms(
            lambda x, s, axes: mkl.rfftn(x, s, axes, workers=THREADS),
            lambda y, s, axes: mkl.irfftn(y, s, axes, workers=THREADS),
        )
    except ImportError:
        pass
    try:
        import torch

        torch.set_num_threads(THREADS)
        found["torch.fft"] = by_transforms(
            lambda x, s, axes: torch.fft.rfftn(torch.from_numpy(x), s, axes),
            lambda y, s, axes: torch.fft.irfftn(y, s, axes).numpy(),
        )
    except ImportError:
        pass
    try:
        import ducc0

        def padded(x: Any, s: list[int], axes: tuple[int, ...]) -> Any:
            shape = list(x.shape)
            for axis, length in zip(axes, s, strict=True):
                shape[axis] = length
            wide = np.zeros(shape, x.dtype)
            wide[tuple(slice(length) for length in x.shape)] = x
            return ducc0.fft.r2c(wide, axes, nthreads=THREADS)

        found["ducc0"] = by_transforms(
            padded, lambda y, s, axes: ducc0.fft.c2r(y, axes, s[-1], False, 2, nthreads=THREADS)
        )
    except ImportError:
        pass
    return found


def shapes(seed: int) -> None:
    """Time random problems: prime and odd lengths, strides, several axes of which some are a batch."""
    random = np.random.default_rng(seed)
    convolver.set_num_threads(THREADS)
    others = peers()
    print("beside", ", ".join(others))
    odd = (p for p in range(11, 2**21, 2) if p < 2**11 or p % 97 == 5)
    primes = [p for p in odd if all(p % q for q in range(3, math.isqrt(p) + 1, 2))]
    ratios = []
    for _ in range(50):
        convolved, batch = int(random.integers(1, 4)), int(random.integers(0, 2))
        points = 2.0 ** random.uniform(14, 21)
        rows = int(random.integers(2, 33)) if batch else 1
        most = (points / rows) ** (1 / convolved) * 2.0 ** random.uniform(-0.5, 0.5, convolved)
        n = [int(primes[max(0, np.searchsorted(primes, length) - 1)]) for length in most]
        m = [int(random.integers(min(5, length), max(6, length // int(random.integers(1, 9))) + 1)) for length in n]
        strides = [int(random.integers(2, 8)) if random.random() < 0.3 else 1 for _ in n]
        mode, dtype = str(random.choice(["full", "same", "valid"])), str(random.choice(["float32", "float64"]))
        first = batch if random.random() < 0.8 else 0
        axes = tuple(range(first, first + convolved))
        at = 0 if first else convolved
        x_shape = [*n[:at], rows, *n[at:]] if batch else n
        k_shape = [*m[:at], 1, *m[at:]] if batch else m
        x, k = draw(random, tuple(x_shape), dtype), draw(random, tuple(k_shape), dtype)
        step = [slice(None)] * x.ndim
        for axis, stride in zip(axes, strides, strict=True):
            step[axis] = slice(None, None, stride)
        calls: dict[str, Callable[[], Any]] = {
            "convolver": lambda x=x, k=k, mode=mode, axes=axes, strides=strides: convolver.convolve(
                x, k, mode, axes=axes, stride=tuple(strides)
            )
        }
        for name, convolve in others.items():
            calls[name] = lambda convolve=convolve, x=x, k=k, mode=mode, axes=axes, step=tuple(step): convolve(
                x, k, mode, axes, step
            )
        results = {name: call() for name, call in calls.items()}
        scale = np.abs(results["scipy.fft"]).max()
        for name, result in results.items():
            off = np.abs(result - results["scipy.fft"]).max() / scale
            assert off < (1e-4 if dtype == "float32" else 1e-11), f"{name} is off by {off}"
        times: dict[str, list[float]] = {name: [] for name in calls}
        for _ in range(ROUNDS):
            for name, call in calls.items():
                call()
                start = time.perf_counter()
                call()
                times[name].append(time.perf_counter() - start)
        medians = {name: statistics.median(of) for name, of in times.items()}
        ours = medians.pop("convolver")
        best = min(medians, key=lambda name: medians[name])
        ratios.append(medians[best] / ours)
        print(
            f"{ratios[-1]:6.2f}  {x_shape} * {k_shape} along {axes} {mode} strides {strides} {dtype}: "
            f"{ours * 1e3:.3f} ms, {best} {medians[best] * 1e3:.3f} ms",
            flush=True,
        )
    mean = math.exp(statistics.fmean(math.log(ratio) for ratio in ratios))
    below = sum(ratio < 1 for ratio in ratios)
    print(f"{len(ratios)} problems: geometric mean {mean:.2f}, least {min(ratios):.2f}, below 1: {below}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["error", "memory", "shapes"])
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--case", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--dtype", help=argparse.SUPPRESS)
    parser.add_argument("--who", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, str(THREADS))
    if arguments.who:
        one_memory(arguments.who, arguments.case, arguments.dtype)
    else:
        {"error": errors, "memory": memory, "shapes": lambda: shapes(arguments.seed)}[arguments.what]()
