"""The jobs: data, our call, and the usual ways to do the same."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

import convolver
import usual
from data import BEAT, Floats, colours, digits, heartbeats, patches, photograph, wave


@dataclass(frozen=True)
class Job:
    """One convolution, done by us and by others."""

    title: str
    call: str
    x: Floats
    k: Floats
    ours: Callable[[Floats, Floats], Floats]
    theirs: dict[str, Callable[[Floats, Floats], Floats]]


def lead_jobs() -> list[Job]:
    """1-D signals, channels summed, batch × kernels."""
    long = heartbeats(64)
    leads = np.stack([np.roll(heartbeats(16), 11 * lead) for lead in range(8)])
    templates = np.stack([np.roll(BEAT, lead) for lead in range(8)])
    bank = np.random.default_rng(1).standard_normal((8, 8, 3))
    return [
        Job(
            "ECG, 65536 samples, 64 taps, stride 5",
            'correlate(x, k, "valid", stride=5)',
            long,
            BEAT,
            lambda x, k: convolver.correlate(x, k, "valid", stride=5),
            {
                "gathered windows": lambda x, k: usual.windows_1d(x, k, 5),
                "np.correlate, sliced": lambda x, k: usual.numpy_1d(x, k, 5),
            },
        ),
        Job(
            "8 ECG leads summed, 16384 samples, 64 taps",
            'einconv("c [t], c [t] -> [t]", x, k)',
            leads,
            templates,
            lambda x, k: convolver.einconv("c [t], c [t] -> [t]", x, k),
            {"np.correlate per channel": lambda x, k: usual.numpy_channels(x, k, 1)},
        ),
        Job(
            "digits as 8-channel signals, 8 kernels",
            'einconv("n c [t], k c [t] -> n k [t]", x, k)',
            digits(),
            bank,
            lambda x, k: convolver.einconv("n c [t], k c [t] -> n k [t]", x, k),
            {"np.correlate in loops": lambda x, k: usual.numpy_bank(x, k, 1)},
        ),
    ]


def photograph_jobs() -> list[Job]:
    """A photograph with stride, and one with a kernel that spans its colours."""
    flat: dict[str, Callable[[Floats, Floats], Floats]] = {
        "as_strided, tensordot": lambda x, k: usual.strided_view(x, k, 2),
        "fftconvolve, sliced": lambda x, k: usual.fft_and_slice(x, k, 2),
        "sub-matrix sums": lambda x, k: usual.shifted_sums(x, k, 2),
    }
    colour = wave(11, 6, 1.0)[..., None] * np.array([0.6, 0.3, -0.9])
    return [
        *(
            Job(
                f"photograph 512×512, {size}×{size} taps, stride 2",
                'correlate(x, k, "valid", stride=2)',
                photograph(),
                wave(size, size / 2, 0.5),
                lambda x, k: convolver.correlate(x, k, "valid", stride=2),
                flat,
            )
            for size in (5, 21)
        ),
        Job(
            "colours 512×512×3, 11×11×3 taps, stride 2",
            'einconv("[y x] d, [y x] d -> [y x]", x, k, stride=2)',
            colours(),
            colour,
            lambda x, k: convolver.einconv("[y x] d, [y x] d -> [y x]", x, k, stride=2),
            flat,
        ),
    ]


def batch_jobs() -> list[Job]:
    """A minibatch on the last axis, and rows with a kernel each."""
    rng = np.random.default_rng(2)
    minibatch: dict[str, Callable[[Floats, Floats], Floats]] = {
        "signal.convolve": usual.scipy_convolve,
        "signal.fftconvolve": usual.scipy_fft,
        "ndimage.convolve, cut": usual.scipy_ndimage,
    }
    blur = np.stack([np.arange(63) < 1 + row // 8 for row in range(512)]).astype(np.float64)
    rows: dict[str, Callable[[Floats, Floats], Floats]] = {
        "loop of signal.convolve": usual.scipy_rows,
        "fftconvolve(axes=1)": usual.fft_rows,
    }

    def ours(x: Floats, k: Floats) -> Floats:
        return convolver.convolve(x, k, "full", axes=1)

    return [
        *(
            Job(
                f"minibatch 100×100×50, {size}×{size} taps",
                'convolve(x, k, "valid", axes=(0, 1))',
                patches(100, 50),
                rng.standard_normal((size, size)),
                lambda x, k: convolver.convolve(x, k, "valid", axes=(0, 1)),
                minibatch,
            )
            for size in (5, 11)
        ),
        Job(
            "photograph, 63 taps of its own for every row",
            'convolve(x, k, "full", axes=1)',
            photograph(),
            blur / blur.sum(axis=1, keepdims=True),
            ours,
            rows,
        ),
        Job(
            "ECG cut into 16 rows, 9 taps for every row",
            'convolve(x, k, "full", axes=1)',
            heartbeats().reshape(16, 64),
            rng.standard_normal((16, 9)),
            ours,
            rows,
        ),
    ]


def layer_jobs() -> list[Job]:
    """Layers of a network."""
    rng = np.random.default_rng(3)
    signals = np.stack([np.roll(heartbeats(), 29 * lead) for lead in range(16 * 16)])
    layer = signals.reshape(16, 16, 1024).swapaxes(1, 2).copy()
    return [
        Job(
            "layer 16×1024×16, 9 taps, 32 kernels, stride 2",
            'einconv("n [t] c, [t] c o -> n [t] o", x, k, stride=2, padding=4)',
            layer,
            rng.standard_normal((9, 16, 32)),
            lambda x, k: convolver.einconv("n [t] c, [t] c o -> n [t] o", x, k, stride=2, padding=4),
            {"im2col, one product": lambda x, k: usual.columns_1d(x, k, 2, 4)},
        ),
        Job(
            "1797 digits, bank of 8 kernels of 3×3",
            "nn.conv2d(x[:, None], k[:, None], padding=1)",
            digits(),
            np.stack([wave(3, 3, angle) for angle in np.arange(8) * np.pi / 4]),
            lambda x, k: convolver.nn.conv2d(x[:, None], k[:, None], padding=1),
            {"im2col, one product": lambda x, k: usual.columns_2d(x, k, 1)},
        ),
    ]


def all_jobs() -> list[Job]:
    """Every job, in the order they are shown."""
    return [*photograph_jobs(), *batch_jobs(), *layer_jobs(), *lead_jobs()]
