"""Threads and forks: same bits, no deadlock."""

import os
import threading
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import convolver


@pytest.fixture(autouse=True)
def _threads_as_before() -> Iterator[None]:
    before = convolver.get_num_threads()
    yield
    convolver.set_num_threads(before)


@pytest.fixture
def image(random: np.random.Generator) -> np.ndarray:
    return random.standard_normal((120, 130)).astype(np.float32)


def test_same_bits_for_any_number_of_threads(image: np.ndarray, random: np.random.Generator) -> None:
    k = random.standard_normal((5, 6)).astype(np.float32)
    results = []
    for threads in (1, 2, 3, 7):
        convolver.set_num_threads(threads)
        assert convolver.get_num_threads() == threads
        assert convolver.machine().threads == threads
        results.append(convolver.convolve(image, k, "same").tobytes())
    assert len(set(results)) == 1


def test_many_threads_at_once(image: np.ndarray) -> None:
    kernels = [np.full((3, n), n, np.float32) for n in range(1, 9)]
    expected = [convolver.convolve(image, k, "valid") for k in kernels]
    start = threading.Barrier(8)

    def work(number: int) -> bool:
        start.wait(timeout=30)
        order = [(number + i) % len(kernels) for i in range(len(kernels))]
        return all(np.array_equal(convolver.convolve(image, kernels[i], "valid"), expected[i]) for i in order)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(8)))


def test_more_shapes_than_the_cache_keeps() -> None:
    for _ in range(2):
        for n in range(1, 300):
            assert_array_equal(convolver.convolve(np.ones(n, int), [1], "full"), np.ones(n, int))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_forked_child(image: np.ndarray) -> None:
    k = np.ones((4, 4), np.float32)
    convolver.set_num_threads(4)
    expected = convolver.convolve(image, k)
    stop = threading.Event()

    def busy() -> None:
        n = 0
        while not stop.is_set():
            n = n % 50 + 10
            convolver.convolve(image[:n], k)

    workers = [threading.Thread(target=busy) for _ in range(2)]
    for worker in workers:
        worker.start()
    try:
        for _ in range(4):
            with warnings.catch_warnings():
                # Python 3.12 warns of forks beside threads, which is what is tested here.
                warnings.simplefilter("ignore", DeprecationWarning)
                child = os.fork()
            if child == 0:
                same = np.array_equal(convolver.convolve(image, k), expected)
                convolver.set_num_threads(3)
                same &= np.array_equal(convolver.convolve(image, k), expected)
                os._exit(0 if same else 1)
            _, status = os.waitpid(child, 0)
            assert os.waitstatus_to_exitcode(status) == 0
    finally:
        stop.set()
        for worker in workers:
            worker.join()
