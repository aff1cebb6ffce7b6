"""Operands as they lie in memory: all are read in place, none is changed."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import signal

import convolver

Array = np.ndarray


def unaligned(x: Array) -> Array:
    memory = np.empty(x.nbytes + 1, np.uint8)
    view = memory[1:].view(x.dtype).reshape(x.shape)
    view[...] = x
    return view


def uneven(x: Array) -> Array:
    """Rows a whole number of halves apart, but not of elements."""
    half = np.dtype((np.void, max(x.itemsize // 2, 1)))
    records = np.zeros(x.shape[0], [("row", x.dtype, x.shape[1:]), ("more", half)])
    records["row"] = x
    return records["row"]


def read_only(x: Array) -> Array:
    x = x.copy()
    x.flags.writeable = False
    return x


VIEWS: dict[str, Callable[[Array], Array]] = {
    "plain": lambda x: x,
    "fortran": np.asfortranarray,
    "strided": lambda x: np.repeat(np.repeat(x, 2, 0), 3, 1)[::2, ::3],
    "reversed": lambda x: x[::-1, ::-1].copy()[::-1, ::-1],
    "swapped bytes": lambda x: x.astype(x.dtype.newbyteorder()),
    "unaligned": unaligned,
    "read-only": read_only,
    "subclass": lambda x: x.copy().view(np.recarray),
    "uneven rows": uneven,
    "field": lambda x: np.rec.fromarrays([x.ravel(), x.ravel()], names="a,b")["a"].reshape(x.shape),
}


@pytest.mark.parametrize("dtype", ["int16", "float64", "complex128", "bool", "float16"])
@pytest.mark.parametrize("name", VIEWS)
def test_views(name: str, dtype: str, random: np.random.Generator) -> None:
    x, k = random.integers(0, 5, (6, 7)).astype(dtype), random.integers(0, 5, (3, 2)).astype(dtype)
    a, b = VIEWS[name](x), VIEWS[name](k)
    assert_array_equal(a, x)
    for mode in ["full", "valid"]:
        expected = convolver.convolve(x, k, mode)
        assert_array_equal(convolver.convolve(a, b, mode), expected)
        assert_array_equal(convolver.convolve(a, k, mode), expected)
        assert_array_equal(convolver.convolve(x, b, mode), expected)
    assert_array_equal(a, x)


def test_broadcast() -> None:
    x = np.broadcast_to(np.arange(5), (2**40, 5))
    assert_array_equal(convolver.convolve(x[:3], np.ones((1, 2), int), axes=1), [np.convolve(np.arange(5), [1, 1])] * 3)
    every = np.broadcast_to(np.int64(2), (4, 4))
    assert_array_equal(convolver.convolve(every, every, "valid"), [[64]])


def test_x_may_get_other_memory_while_arguments_are_read() -> None:
    x = np.ones(10)

    class Growing:
        def __index__(self) -> int:
            x.resize(2**20, refcheck=False)
            return 1

        def __array__(self, dtype: Any = None, copy: Any = None) -> Array:
            x.resize(2**21, refcheck=False)
            return np.ones(2)

    assert convolver.convolve(x, np.ones(2), stride=Growing()).shape == (2**20 + 1,)
    assert convolver.convolve(x, Growing()).shape == (2**21 + 1,)


def test_memmap(tmp_path: Any) -> None:
    x = np.memmap(tmp_path / "x", np.int32, "w+", shape=(20,))
    out = np.memmap(tmp_path / "out", np.int32, "w+", shape=(21,))
    x[:] = np.arange(20)
    assert convolver.convolve(x, np.array([1, 2], np.int32), out=out) is out
    assert_array_equal(out, np.convolve(x, np.array([1, 2], np.int32)))


class OnlyDLPack:
    def __init__(self, array: Array) -> None:
        self.array = array

    def __dlpack__(self, **options: Any) -> Any:
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self) -> Any:
        return self.array.__dlpack_device__()


def test_dlpack() -> None:
    x = np.arange(8.0)[::2]
    assert_array_equal(convolver.convolve(OnlyDLPack(x), OnlyDLPack(x)), np.convolve(x, x))


def test_what_asarray_takes() -> None:
    x = [1, 2, 3]
    expected = np.convolve(x, [1, 1])
    for given in [x, tuple(x), memoryview(np.array(x)), range(1, 4)]:
        assert_array_equal(convolver.convolve(given, [1, 1]), expected)


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
def test_swapped_operands_of_any_layout(mode: str, random: np.random.Generator) -> None:
    x, k = random.integers(-9, 9, (2, 3))[::-1], random.integers(-9, 9, (5, 6))[:, ::-1]
    assert_array_equal(convolver.correlate(x, k, mode), signal.correlate(x, k, mode, method="direct"))
