"""The same network on numpy-ml's layers: as they are, and with the convolutions of `convolver.numpy_ml` in place."""

import collections
import collections.abc
import contextlib
import time
import warnings
from collections.abc import Iterator
from unittest import mock

import numpy as np

import convolver
from network import BATCH, Array, Labels, data, loss_gradient

# numpy-ml 0.1.2 looks for this where Python had it before 3.10.
collections.Hashable = collections.abc.Hashable  # type: ignore[attr-defined]
with warnings.catch_warnings():
    # About extras that are not installed, and backslashes in its docstrings.
    warnings.simplefilter("ignore")
    from numpy_ml.neural_nets.layers import Conv2D, layers

REPLACED = ("conv2D", "im2col", "col2im")


@contextlib.contextmanager
def served() -> Iterator[None]:
    """Our functions under the names that its layers call."""
    ours = {name: getattr(convolver.numpy_ml, name) for name in REPLACED}
    with mock.patch.multiple(layers, **ours):
        yield


def network() -> list[Conv2D]:
    """The layers, with its optimizer."""
    # Its layers draw their weights from here.
    np.random.seed(1)  # noqa: NPY002
    rule = "Adam(lr=0.003)"
    return [
        Conv2D(16, (3, 3), pad=1, act_fn="ReLU", optimizer=rule),
        Conv2D(32, (3, 3), pad=1, stride=2, act_fn="ReLU", optimizer=rule),
        Conv2D(10, (4, 4), optimizer=rule),
    ]


def forward(network: list[Conv2D], x: Array, learns: bool = False) -> Array:
    """Scores of the ten digits, channels last."""
    for layer in network:
        x = layer.forward(x, retain_derived=learns)
    return x


def epoch(network: list[Conv2D], x: Array, labels: Labels, order: Labels) -> None:
    """One look at every digit."""
    for chosen in np.split(order[: len(order) // BATCH * BATCH], len(order) // BATCH):
        scores = forward(network, x[chosen], learns=True)
        g = loss_gradient(scores.transpose(0, 3, 1, 2), labels[chosen]).transpose(0, 2, 3, 1)
        for layer in reversed(network):
            g = layer.backward(g)
        for layer in network:
            layer.update()


def train(epochs: int) -> tuple[list[Array], float, float]:
    """Learns; returns the weights, the share of held-out digits read rightly, and the seconds it took."""
    first, labels, second, truth = data()
    x, held_out = (images.transpose(0, 2, 3, 1) for images in (first, second))
    made, random, start = network(), np.random.default_rng(1), time.perf_counter()
    for _ in range(epochs):
        epoch(made, x, labels, random.permutation(len(x)))
    seconds = time.perf_counter() - start
    read = forward(made, held_out)[:, 0, 0].argmax(axis=1)
    return [layer.parameters["W"] for layer in made], float((read == truth).mean()), seconds
