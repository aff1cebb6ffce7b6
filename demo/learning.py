"""A network learns to read digits, and every step of it is done in both ways."""

import time
from collections.abc import Callable
from statistics import median

import numpy as np

import measure
import network
import network_of_numpy_ml
from network import BATCH, COLUMNS, EPOCHS, OURS, Layer, Way

ENOUGH = 0.98
ROUNDS = 9
HEADER = f"{'':2} {'layer':<26} {'step':<24} {'im2col':>9} {'ours':>9} {'ratio':>7} {'difference':>11}"


def run(quick: bool) -> bool:
    """Prints how well the network reads and what its steps take; whether all of it is as it should be."""
    start = time.perf_counter()
    learned, share = network.train(measure.say)
    seconds = time.perf_counter() - start
    measure.clear()
    agree = share >= ENOUGH
    took = "" if quick else f", learned in {seconds:.0f} s"
    print(f"{'✓' if agree else '✗'}  convolver.nn: {share:.1%} of the held-out digits after {EPOCHS} epochs{took}\n")
    print(HEADER)
    seen = network.forward(learned, network.data()[0][:BATCH])
    for number, layer in enumerate(learned):
        agree &= steps(layer, seen[number], seen[number + 1], quick)
    print()
    return numpy_ml(quick) and agree


def steps(layer: Layer, x: network.Array, g: network.Array, quick: bool) -> bool:
    """Prints a layer's row for the step forward and for both gradients; whether both ways agree."""
    place = (layer.stride, layer.padding)
    calls: dict[str, Callable[[Way], network.Array]] = {
        "forward": lambda way: way.forward(x, layer.w, *place),
        "gradient of the input": lambda way: way.of_input(x.shape, layer.w, g, *place),
        "gradient of the kernels": lambda way: way.of_weight(x, layer.w.shape, g, *place),
    }
    kernels, channels, height, width = layer.w.shape
    title = f"{channels}→{kernels}, {height}×{width}, stride {layer.stride}"
    agree = True
    for step, call in calls.items():
        ours, theirs = call(OURS), call(COLUMNS)
        apart = float(np.abs(ours - theirs).max() / np.abs(theirs).max())
        same = ours.shape == theirs.shape and apart <= 1e-5
        agree &= same
        times = f"{'':>9} {'':>9} {'':>7}"
        if not quick:
            columns, own = (median(rounds) for rounds in zip(*(both(call) for _ in range(ROUNDS)), strict=True))
            times = f"{measure.duration(columns):>9} {measure.duration(own):>9} {columns / own:>6.2f}×"
        print(f"{'✓' if same else '✗':2} {title:<26} {step:<24} {times} {apart:>11.1e}", flush=True)
        title = ""
    return agree


def both(call: Callable[[Way], network.Array]) -> tuple[float, float]:
    """Seconds by columns, and ours, a few calls after another."""
    found = []
    for way in (COLUMNS, OURS):
        start = time.perf_counter()
        for _ in range(5):
            call(way)
        found.append((time.perf_counter() - start) / 5)
    return found[0], found[1]


def numpy_ml(quick: bool) -> bool:
    """Prints the same of numpy-ml's layers: one epoch as they are and served, then all of them."""
    measure.say("learning digits with numpy-ml's layers")
    theirs, _, before = network_of_numpy_ml.train(1)
    with network_of_numpy_ml.served():
        ours, share, after = network_of_numpy_ml.train(1)
        if not quick:
            _, share, _ = network_of_numpy_ml.train(EPOCHS)
    measure.clear()
    apart = max(float(np.abs(a - b).max()) for a, b in zip(ours, theirs, strict=True))
    agree = apart <= 1e-9 and (quick or share >= ENOUGH)
    print(
        f"{'✓' if agree else '✗'}  numpy-ml's layers, as they are and served: weights {apart:.1e} apart after an epoch"
    )
    if not quick:
        print(f"   of {before:.2f} s and {after:.2f} s; {share:.1%} of the held-out digits after {EPOCHS} epochs")
    return agree
