"""The picture: what went in and what came out."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import convolver
from data import BEAT, colours, digits, heartbeats, patches, photograph, wave


def image(axes: Axes, array: object, title: str, colormap: str = "gray") -> None:
    """Shows an image without ticks; in two colours, with white at zero."""
    limit = float(np.abs(np.asarray(array)).max())
    axes.imshow(np.asarray(array), cmap=colormap, vmin=-limit if colormap == "RdBu" else 0, vmax=limit)
    axes.set_title(title, fontsize=9)
    axes.axis("off")


def draw(target: Path) -> None:
    """Computes one result of each kind and writes the picture."""
    # A figure of its own needs no screen and no pyplot.
    figure = Figure(figsize=(15, 11), layout="constrained")
    grid = figure.subplots(3, 4)
    figure.suptitle("convolver: inputs and what one call makes of each", fontsize=14)
    photographs(list(grid[0]))
    batches(list(grid[1]))
    signals(list(grid[2]))
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target, dpi=110)


def photographs(axes: list[Axes]) -> None:
    """A grey and a coloured photograph, with stride."""
    edges = convolver.correlate(photograph(), wave(21, 10, 0.5), "valid", stride=2)
    kernel = wave(11, 6, 1.0)[..., None] * np.array([0.6, 0.3, -0.9])
    across = convolver.einconv("[y x] d, [y x] d -> [y x]", colours(), kernel, stride=2)
    image(axes[0], photograph(), "photograph, 512×512")
    image(axes[1], edges, f"21×21 wave, stride 2: {edges.shape[0]}×{edges.shape[1]}", "RdBu")
    image(axes[2], colours(), "photograph, 512×512×3")
    image(axes[3], across, f"11×11×3 kernel, colours summed, stride 2: {across.shape[0]}×{across.shape[1]}", "RdBu")


def batches(axes: list[Axes]) -> None:
    """A minibatch with images last, rows with rows, a bank over digits."""
    batch = patches(100, 50)
    smooth = convolver.convolve(batch, np.outer(np.hanning(11), np.hanning(11)), "same", axes=(0, 1))
    image(axes[0], np.hstack([batch[..., 6], batch[..., 20]]), "two of 50 images on the last axis")
    image(axes[1], np.hstack([smooth[..., 6], smooth[..., 20]]), "the same, smoothed by one kernel")
    blur = (np.arange(63) < 1 + np.arange(512)[:, None] // 8).astype(np.float64)
    rows = convolver.convolve(photograph(), blur / blur.sum(axis=1, keepdims=True), "full", axes=1)
    image(axes[2], rows, "every row with a kernel of its own: wider blur further down")
    bank = np.stack([wave(3, 3, angle) for angle in np.arange(4) * np.pi / 4])
    maps = convolver.nn.conv2d(digits()[:5, None], bank[:, None], padding=1)
    mosaic = np.vstack([np.hstack([digits()[n] / 2, *maps[n]]) for n in range(5)])
    image(axes[3], mosaic, "five digits, each with four kernels of a bank", "RdBu")


def signals(axes: list[Axes]) -> None:
    """An electrocardiogram: matched, in rows, through a layer."""
    ecg = heartbeats()
    found = convolver.correlate(ecg, BEAT, "same")
    layer = np.random.default_rng(3).standard_normal((9, 1, 32))
    activity = convolver.einconv("n [t] c, [t] c o -> n [t] o", ecg.reshape(4, 256, 1), layer, stride=2, padding=4)
    rows = convolver.convolve(ecg.reshape(16, 64), np.hanning(11)[None, 1:-1] / 5, "same", axes=1)
    axes[0].plot(ecg, linewidth=0.8)
    axes[0].set_title("electrocardiogram, 1024 samples", fontsize=9)
    axes[1].plot(found, linewidth=0.8, color="tab:red")
    axes[1].set_title("correlated with one of its beats", fontsize=9)
    axes[2].plot(rows.T + 4 * np.arange(16), linewidth=0.8)
    axes[2].set_title("cut into 16 rows, smoothed along them", fontsize=9)
    axes[3].imshow(activity[0].T, aspect="auto", cmap="RdBu")
    axes[3].set_title("a layer: 32 kernels of 9 taps, stride 2", fontsize=9)
