"""Programs that others wrote, unchanged: run as they are, then with every call served by the engine.

The examples in SciPy's own documentation, read from the installed package, on photographs; and a pipeline of
scikit-image's filters.
"""

import contextlib
import doctest
import io
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from types import ModuleType
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import scipy.datasets
import scipy.ndimage
import scipy.signal
import skimage

import convolver
from data import photograph

matplotlib.use("Agg")

Values = dict[str, Any]
ROUNDS = 5


@dataclass(frozen=True)
class Program:
    """A program, which returns what it computed, by name."""

    title: str
    run: Callable[[], Values]


def documented(library: ModuleType, face: ModuleType) -> Callable[[], Values]:
    """The examples in the documentation of a library's functions, as one program."""
    parser = doctest.DocTestParser()
    sources = [
        (name, "".join(example.source for example in parser.get_examples(getattr(library, name).__doc__)))
        for name in face.__all__
    ]
    programs = [(name, compile(source, f"<{library.__name__}.{name}>", "exec")) for name, source in sources]

    def run() -> Values:
        found: Values = {}
        for name, program in programs:
            # The same random numbers every time.
            names: Values = {"np": np, "__name__": name}
            with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings(), seeded():
                warnings.simplefilter("ignore")
                exec(program, names)
            arrays = {key: value for key, value in names.items() if isinstance(value, np.ndarray)}
            found.update({f"{name}: {key}": value for key, value in arrays.items()})
            plt.close("all")
        return found

    return run


@contextlib.contextmanager
def seeded() -> Any:
    """Photographs for the pictures that SciPy would download, and one seed for all random numbers."""
    generator, picture, face = np.random.default_rng, scipy.datasets.ascent, scipy.datasets.face
    # As numbers, not integers: those are cut, and SciPy's may be one too low (docs/differences.md).
    grey = skimage.data.camera().astype(np.float64)
    # Of the size of the one it stands for.
    coloured = skimage.data.retina()[200:968, 200:1224].astype(np.float64)
    np.random.default_rng = lambda seed=0: generator(0 if seed is None else seed)
    scipy.datasets.ascent = lambda: grey
    scipy.datasets.face = lambda gray=False: coloured[..., 1] if gray else coloured
    try:
        yield
    finally:
        np.random.default_rng, scipy.datasets.ascent, scipy.datasets.face = generator, picture, face


def pipeline() -> Values:
    """Edges, blobs, corners and likeness with scikit-image."""
    image = photograph()
    smooth = skimage.filters.gaussian(image, 2)
    return {
        "gaussian": smooth,
        "sobel": skimage.filters.sobel(image),
        "scharr": skimage.filters.scharr(image),
        "laplace": skimage.filters.laplace(image),
        "unsharp_mask": skimage.filters.unsharp_mask(image, 3),
        "difference_of_gaussians": skimage.filters.difference_of_gaussians(image, 1, 6),
        "canny": skimage.feature.canny(image, 2),
        "corner_harris": skimage.feature.corner_harris(image),
        "structure_tensor": np.stack(skimage.feature.structure_tensor(image)),
        "hessian_matrix": np.stack(skimage.feature.hessian_matrix(image, use_gaussian_derivatives=True)),
        "likeness": skimage.metrics.structural_similarity(image, smooth, data_range=1.0),
    }


def all_programs() -> list[Program]:
    """Every program."""
    return [
        Program("scipy.signal's documentation", documented(scipy.signal, convolver.signal)),
        Program("scipy.ndimage's documentation", documented(scipy.ndimage, convolver.ndimage)),
        Program("scikit-image's filters", pipeline),
    ]


def difference(ours: Values, theirs: Values) -> float:
    """The largest difference between two runs, beside the largest value; infinite where a result is missing."""
    if ours.keys() != theirs.keys():
        return float("inf")
    apart = [0.0]
    for name, value in theirs.items():
        left, right = np.asarray(ours[name]), np.asarray(value)
        if left.shape != right.shape or left.dtype != right.dtype:
            return float("inf")
        if right.dtype.kind in "biufc" and right.size:
            size = max(float(np.abs(right.astype(complex)).max()), 1e-300)
            apart.append(float(np.abs(left.astype(complex) - right.astype(complex)).max()) / size)
    return max(apart)


def run(program: Program, quick: bool) -> bool:
    """Prints a program's row; whether both runs agree."""
    theirs = program.run()
    with convolver.patched(announce=None) as report:
        ours = program.run()
    apart = difference(ours, theirs)
    agree = apart <= 1e-6
    times = ""
    if not quick:
        rounds = [once(program) for _ in range(ROUNDS)]
        before, after = (median(side) for side in zip(*rounds, strict=True))
        times = f"{before * 1e3:>7.0f} ms {after * 1e3:>7.0f} ms {before / after:>6.2f}×"
    calls = f"{report.served.total()} calls served"
    print(f"{'✓' if agree else '✗':2} {program.title:<30} {times:>28} {apart:>9.1e}   {calls}", flush=True)
    return agree


def once(program: Program) -> tuple[float, float]:
    """Seconds as it is, and served."""
    start = time.perf_counter()
    program.run()
    middle = time.perf_counter()
    with convolver.patched(announce=None):
        start_served = time.perf_counter()
        program.run()
        return middle - start, time.perf_counter() - start_served
