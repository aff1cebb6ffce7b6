"""Real data that the installed packages carry inside them: nothing is downloaded."""

from functools import cache

import numpy as np
import pywt
import skimage
from numpy.typing import NDArray
from sklearn.datasets import load_digits

Floats = NDArray[np.float64]


@cache
def photograph() -> Floats:
    """A photograph of a cameraman, (512, 512), from 0 to 1."""
    return np.asarray(skimage.data.camera(), dtype=np.float64) / 255


@cache
def colours() -> Floats:
    """A photograph of an astronaut, (512, 512, 3), from 0 to 1."""
    return np.asarray(skimage.data.astronaut(), dtype=np.float64) / 255


@cache
def patches(size: int, count: int) -> Floats:
    """Pieces of the cameraman, (size, size, count): a minibatch with the images on the last axis."""
    image = photograph()
    steps = np.arange(count) * 37
    places = zip(steps % (image.shape[0] - size), (steps * 7) % (image.shape[1] - size), strict=True)
    return np.stack([image[y : y + size, x : x + size] for y, x in places], axis=-1)


@cache
def digits() -> Floats:
    """Handwritten digits, (1797, 8, 8), from 0 to 1."""
    return np.asarray(load_digits().images, dtype=np.float64) / 16


@cache
def heartbeats(times: int = 1) -> Floats:
    """An electrocardiogram of 1024 samples, repeated, in units of its own spread."""
    beats = np.asarray(pywt.data.ecg(), dtype=np.float64)
    return np.tile((beats - beats.mean()) / beats.std(), times)


BEAT = heartbeats()[160:224] - heartbeats()[160:224].mean()
"""One heartbeat of it, 64 samples around its peak."""


def wave(size: int, wavelength: float, angle: float) -> Floats:
    """A Gabor filter, (size, size): a wave in a round window, which answers to edges across `angle`."""
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    along = x * np.cos(angle) + y * np.sin(angle)
    window = np.exp(-(x**2 + y**2) / (2 * (size / 5) ** 2))
    rippled = window * np.sin(2 * np.pi * along / wavelength)
    result: Floats = rippled / np.abs(rippled).sum()
    return result
