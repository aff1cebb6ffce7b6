"""Types of results, and what is not computed with."""

import itertools
import re

import ml_dtypes
import numpy as np
import pytest
from numpy.testing import assert_array_equal

import convolver

TYPES = [
    *["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"],
    *["float16", "float32", "float64", "complex64", "complex128"],
]


@pytest.mark.parametrize(("left", "right"), list(itertools.product(TYPES, TYPES)))
def test_result_type(left: str, right: str) -> None:
    y = convolver.convolve(np.ones(3, left), np.ones(2, right), "valid")
    assert y.dtype == np.result_type(left, right)
    assert_array_equal(y, [1, 1] if left == right == "bool" else [2, 2])


@pytest.mark.parametrize("other", TYPES)
def test_bfloat16(other: str) -> None:
    x, k = np.array([1, 2, 3], ml_dtypes.bfloat16), np.ones(2, other)
    try:
        expected = np.result_type(x, k)
    except TypeError:
        with pytest.raises(TypeError, match=f"x is bfloat16 and k is {other}, which have no common type"):
            convolver.convolve(x, k, "valid")
        return
    y = convolver.convolve(x, k, "valid")
    assert y.dtype == expected
    assert_array_equal(y.astype(complex), [3, 5])


def test_bfloat16_alone() -> None:
    x = np.arange(5).astype(ml_dtypes.bfloat16)
    assert convolver.correlate(x, x[:2], "valid").dtype == x.dtype
    out = np.empty(4, x.dtype)
    assert_array_equal(convolver.correlate(x, x[:2], "valid", out=out).astype(float), [1, 2, 3, 4])
    assert convolver.convolve(np.ones(3, np.int8), np.ones(2, np.int8), dtype=x.dtype).dtype == x.dtype


def test_other_types_of_ml_dtypes_are_named() -> None:
    with pytest.raises(TypeError, match="x has dtype float8_e5m2"):
        convolver.convolve(np.ones(3, ml_dtypes.float8_e5m2), np.ones(2))


@pytest.mark.parametrize("name", [name for name in TYPES if "int" in name])
def test_integers_wrap(name: str) -> None:
    info = np.iinfo(name)
    x, k = np.array([info.min, info.max, info.max], name), np.array([info.max, 3], name)
    exact = np.convolve(x.astype(object), k.astype(object))
    modulus = 1 << info.bits
    expected = [(int(value) - info.min) % modulus + info.min for value in exact]
    assert convolver.convolve(x, k).tolist() == expected


def test_bool_is_or_of_ands() -> None:
    x, k = np.array([1, 0, 0, 1, 1], bool), np.array([1, 1], bool)
    assert convolver.convolve(x, k).dtype == bool
    assert_array_equal(convolver.convolve(x, k), np.convolve(x, k))


def test_uint64_is_exact() -> None:
    x = np.array([2**64 - 1, 2**63], np.uint64)
    assert convolver.convolve(x, np.array([1, 1], np.uint64)).tolist() == [2**64 - 1, 2**63 - 1, 2**63]
    assert convolver.convolve(x, np.array([1, 1])).dtype == np.float64
    assert convolver.convolve(x, np.array([1, 1]), dtype=np.uint64).tolist() == [2**64 - 1, 2**63 - 1, 2**63]
    assert convolver.convolve(x, np.array([1, 1]), dtype="int64").tolist() == [-1, 2**63 - 1, -(2**63)]


def test_half_sums_in_single() -> None:
    x = np.full(4096, 1, np.float16)
    assert convolver.convolve(x, x[:4000], "valid").dtype == np.float16
    assert (convolver.convolve(x, x[:4000], "valid") == 4000).all()


def test_dtype_widens() -> None:
    x = np.full(3, 255, np.uint8)
    y = convolver.convolve(x, x, "valid", dtype=np.int32)
    assert y.dtype == np.int32
    assert y.tolist() == [3 * 255**2]
    assert convolver.convolve(x, x, dtype=float).dtype == np.float64
    assert convolver.convolve(x, x, dtype=">c16").dtype == np.complex128


@pytest.mark.parametrize(("have", "wanted"), [("float64", "float32"), ("int16", "uint16"), ("complex64", "float64")])
def test_dtype_does_not_narrow(have: str, wanted: str) -> None:
    with pytest.raises(TypeError, match="dtype="):
        convolver.convolve(np.ones(3, have), np.ones(3, have), dtype=wanted)


UNSUPPORTED = {
    "object": np.array([1, 2, None]),
    "longdouble": np.ones(3, np.longdouble),
    "clongdouble": np.ones(3, np.clongdouble),
    "str": np.array(["a", "b"]),
    "bytes": np.array([b"a", b"b"]),
    "datetime64": np.array(["2024-01-01"], "M8[D]"),
    "timedelta64": np.array([1, 2], "m8[s]"),
    "record": np.zeros(3, [("a", int), ("b", float)]),
    "string": np.array(["a", "b"], np.dtypes.StringDType()),
}


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_unsupported_types_are_named(name: str) -> None:
    array = UNSUPPORTED[name]
    named = re.escape(str(array.dtype))
    with pytest.raises(TypeError, match=f"^x has dtype {named}"):
        convolver.convolve(array, [1])
    with pytest.raises(TypeError, match=f"^k has dtype {named}"):
        convolver.convolve([1], array)
    with pytest.raises(TypeError, match=f"^dtype is {named}"):
        convolver.convolve([1], [1], dtype=array.dtype)


def test_big_integers_are_objects() -> None:
    with pytest.raises(TypeError, match="x has dtype object"):
        convolver.convolve([2**70, 1], [1])
