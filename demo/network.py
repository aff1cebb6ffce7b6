"""A convolutional network that learns handwritten digits: forward and backward on our calls, the rest in NumPy.

    pixels (n, 1, 8, 8) → 16 kernels of 3×3 → 32 of 3×3, stride 2 → 10 of 4×4, one for each digit

Each layer but the last is followed by a rectifier. The loss is the cross entropy of the softmax, the steps are Adam's
(Kingma & Ba, 2015) with a rate that falls to zero. Every layer can also be computed by columns, as the documents behind
this project do.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits

import usual
from convolver import nn

Array = NDArray[np.float32]
Labels = NDArray[np.int64]

EPOCHS, BATCH, RATE = 15, 32, 3e-3


@dataclass(frozen=True)
class Way:
    """How a layer and its gradients are computed: (x, w, stride, padding), and with gradients in place of one."""

    forward: Callable[[Any, Any, int, int], Any]
    of_input: Callable[[Any, Any, Any, int, int], Any]
    of_weight: Callable[[Any, Any, Any, int, int], Any]


OURS = Way(
    lambda x, w, stride, padding: nn.conv2d(x, w, stride=stride, padding=padding),
    lambda shape, w, g, stride, padding: nn.grad.conv2d_input(shape, w, g, stride, padding),
    lambda x, shape, g, stride, padding: nn.grad.conv2d_weight(x, shape, g, stride, padding),
)
COLUMNS = Way(usual.layer, usual.layer_input, usual.layer_weight)


@dataclass
class Layer:
    """Kernels, one number for each, and where the kernels stand."""

    w: Array
    b: Array
    stride: int
    padding: int


def layers(random: np.random.Generator) -> list[Layer]:
    """The network before it has learned anything."""
    made = []
    for kernels, channels, taps, stride, padding in ((16, 1, 3, 1, 1), (32, 16, 3, 2, 1), (10, 32, 4, 1, 0)):
        shape = (kernels, channels, taps, taps)
        w = random.standard_normal(shape) * np.sqrt(2 / (channels * taps**2))
        made.append(Layer(w.astype(np.float32), np.zeros(kernels, np.float32), stride, padding))
    return made


def forward(network: list[Layer], x: Array) -> list[Array]:
    """What enters each layer, and what leaves the last one."""
    seen = [x]
    for number, layer in enumerate(network, 1):
        y = OURS.forward(seen[-1], layer.w, layer.stride, layer.padding) + layer.b.reshape(-1, 1, 1)
        seen.append(y if number == len(network) else np.maximum(y, 0))
    return seen


def backward(network: list[Layer], seen: list[Array], g: Array) -> list[tuple[Array, Array]]:
    """The gradients of every layer's weights and biases, from that of the network's output."""
    found: list[tuple[Array, Array]] = []
    for number in reversed(range(len(network))):
        layer, x = network[number], seen[number]
        if number < len(network) - 1:
            g = g * (seen[number + 1] > 0)
        found.insert(0, (OURS.of_weight(x, layer.w.shape, g, layer.stride, layer.padding), g.sum((0, 2, 3))))
        if number > 0:
            g = OURS.of_input(x.shape, layer.w, g, layer.stride, layer.padding)
    return found


def loss_gradient(scores: Array, labels: Labels) -> Array:
    """The gradient of the mean cross entropy with respect to the scores, (n, 10, 1, 1)."""
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    g: Array = raised / raised.sum(axis=1, keepdims=True)
    g[np.arange(len(labels)), labels, 0, 0] -= 1
    return g / np.float32(len(labels))


class Adam:
    """Steps against running means of the gradients, over the roots of those of their squares."""

    def __init__(self, parameters: list[Array]) -> None:
        self.parameters, self.steps = parameters, 0
        self.means = [np.zeros_like(parameter) for parameter in parameters]
        self.squares = [np.zeros_like(parameter) for parameter in parameters]

    def step(self, gradients: list[Array], rate: float) -> None:
        """Moves every parameter in place."""
        self.steps += 1
        for parameter, mean, square, g in zip(self.parameters, self.means, self.squares, gradients, strict=True):
            mean += 0.1 * (g - mean)
            square += 0.001 * (g * g - square)
            size = np.sqrt(square / (1 - 0.999**self.steps)) + 1e-8
            parameter -= rate / (1 - 0.9**self.steps) * mean / size


def data() -> tuple[Array, Labels, Array, Labels]:
    """Four fifths of the digits to learn from, and the others; in an order of our own, as theirs is by writer."""
    digits = load_digits()
    images = (digits.images / 16).astype(np.float32)[:, None]
    order = np.random.default_rng(0).permutation(len(images))
    learned, held_out = np.split(order, [len(order) * 4 // 5])
    return images[learned], digits.target[learned], images[held_out], digits.target[held_out]


def train(say: Callable[[str], None]) -> tuple[list[Layer], float]:
    """Learns, and returns the network with the share of held-out digits that it reads rightly."""
    x, labels, held_out, truth = data()
    random = np.random.default_rng(1)
    network = layers(random)
    adam = Adam([array for layer in network for array in (layer.w, layer.b)])
    batches = len(x) // BATCH
    for epoch in range(EPOCHS):
        say(f"learning digits: epoch {epoch + 1} of {EPOCHS}")
        for chosen in np.split(random.permutation(len(x))[: batches * BATCH], batches):
            seen = forward(network, x[chosen])
            gradients = backward(network, seen, loss_gradient(seen[-1], labels[chosen]))
            rate = RATE * (1 - adam.steps / (EPOCHS * batches))
            adam.step([array for pair in gradients for array in pair], rate)
    read = forward(network, held_out)[-1][:, :, 0, 0].argmax(axis=1)
    return network, float((read == truth).mean())
