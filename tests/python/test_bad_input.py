"""Every argument of every function wrong in every way: a clear error that names it, and nothing written."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import convolver
from convolver import nn

BIG = [2**31, 2**62, 2**63 - 1, 2**63, 2**64, 10**5000, -(2**63), -(2**64)]
NO_INTEGERS: list[Any] = [1.5, True, "1", b"1", None, 1j, [1.5], [True], ["1"], {}, {1}, object(), np.float32(1), [[1]]]
NO_STEPS = [0, -1, [0], [1, 1], [], [1] * 100, [-(2**63)], *BIG[1:]]
NO_PADDINGS: list[Any] = [
    1.5,
    True,
    "1",
    b"1",
    1j,
    [1.5],
    {},
    object(),
    [(1, 2, 3)],
    [()],
    [[[1, 2]]],
    [1, 2],
    [],
    *BIG[1:],
]
NO_BOUNDARIES: list[Any] = [
    "",
    "Zero",
    "nearest",
    0,
    None,
    b"zero",
    [],
    ["zero", "zero"],
    [("zero", 1)],
    [("zero",) * 3],
    {},
]
NO_METHODS: list[Any] = ["", "fft", "Direct", 0, None, b"auto", ["auto"], "separable", "\ud800"]
NO_PRECISIONS: list[Any] = ["", "low", "Highest", 0, None, b"high"]
NO_MEMORIES: list[Any] = [
    "",
    "GiB",
    "1XB",
    "-1",
    "1e9",
    "inf",
    "nan",
    "1 2",
    -1,
    1.5,
    True,
    b"1",
    [1],
    2**64,
    "9" * 400,
    ".",
]
NO_FILLS: list[Any] = ["1", b"1", None, [1, 2], {}, object(), 10**400, np.array([1, 2]), 1j]
NO_DTYPES: list[Any] = ["float33", object, "O", "U3", "longdouble", "M8[s]", [("a", int)], "float16", 3, object()]
NO_MODES: list[Any] = ["", "FULL", "fully", 0, None, b"full", ["full"], "\ud800", "valid\0"]
NO_ARRAYS: list[Any] = [
    None,
    "abc",
    b"abc",
    {},
    {1},
    object(),
    lambda: 0,
    [[1], [1, 2]],
    3,
    3.5,
    [],
    np.zeros((1, 0)),
    np.array(2),
]

OPTIONS = {
    "mode": NO_MODES,
    "stride": [*NO_INTEGERS, *NO_STEPS],
    "dilation": [*NO_INTEGERS, *NO_STEPS],
    "padding": NO_PADDINGS,
    "boundary": NO_BOUNDARIES,
    "fill": NO_FILLS,
    "method": NO_METHODS,
    "precision": NO_PRECISIONS,
    "memory": NO_MEMORIES,
}
NUMBERED = {**OPTIONS, "axes": [1.5, True, "0", 1j, {}, [], [0, 0], [0, -1], 1, -2, [0, 1], *BIG], "dtype": NO_DTYPES}
NAMED = {
    **OPTIONS,
    "sizes": [1, "t", [], {1: 2}, {"t": 1.5}, {"t": -1}, {"t": 99}, {"t": 2**64}, {"q": 3}],
    "flip": [0, 1, None, "no", [], 0.0],
}
SPECS: list[Any] = [
    "",
    "t",
    "[t], [t]",
    "[t] -> [t]",
    "[t], [t] -> t",
    "[t, [t] -> [t]",
    "é",
    "\0",
    None,
    1,
    b"x",
    "[t]",
]

X, K = np.arange(8.0), np.array([1.0, 2.0])


def functions() -> list[tuple[str, Callable[..., Any], dict[str, Any], bool]]:
    spec = "[t], [t] -> [t]"
    return [
        ("convolve", convolver.convolve, {"x": X, "k": K}, True),
        ("correlate", convolver.correlate, {"x": X, "k": K}, True),
        ("explain", convolver.explain, {"x": X, "k": K}, False),
        ("einconv", convolver.einconv, {"spec": spec, "x": X, "k": K}, True),
        ("plan", convolver.plan, {"spec": spec, "x_shape": (8,), "k": K}, False),
    ]


def cases() -> list[Any]:
    table = []
    for name, function, good, has_out in functions():
        wrong: dict[str, list[Any]] = dict(NUMBERED if "spec" not in good else NAMED)
        wrong |= {argument: NO_ARRAYS for argument in ("x", "k") if argument in good}
        if name == "einconv":
            wrong["dtype"] = NO_DTYPES
        if "spec" in good:
            wrong["spec"] = SPECS
        if name == "plan":
            wrong["x_shape"] = [*NO_INTEGERS[:-1], -1, (8, 8), (), (0,), (1,), (-8,), *BIG[2:]]
            wrong["dtype"] = ["float33", object, "U3", "longdouble", 3]
        for argument, values in wrong.items():
            for number, value in enumerate(values):
                case = (function, good, has_out, argument, value)
                table.append(pytest.param(*case, id=f"{name}-{argument}-{number}"))
    return table


def fill_needs_its_boundary(argument: str) -> dict[str, Any]:
    return {"boundary": "constant"} if argument == "fill" else {}


@pytest.mark.parametrize(("function", "good", "has_out", "argument", "value"), cases())
def test_wrong(function: Callable[..., Any], good: dict[str, Any], has_out: bool, argument: str, value: Any) -> None:
    if argument == "mode":
        good = {**good, "padding": None}
    out = np.full(9, 17.0)
    arguments = {**good, **fill_needs_its_boundary(argument), argument: value}
    if has_out and argument not in ("dtype", "k", "x"):
        arguments["out"] = out
    with pytest.raises((ValueError, TypeError, MemoryError)) as raised:
        function(**arguments)
    message = str(raised.value)
    assert message, "an error says something"
    if argument not in ("spec", "sizes") and not isinstance(raised.value, MemoryError):
        names = [argument, "out", *(["x"] if argument == "x_shape" else [])]
        named = re.search(rf"\b({'|'.join(names)})\b", message)
        assert named or "too large to index" in message or "convolved axis" in message
    assert (out == 17).all()


@pytest.mark.parametrize("function", [convolver.convolve, convolver.correlate])
def test_wrong_out(function: Callable[..., Any]) -> None:
    frozen = np.empty(9)
    frozen.flags.writeable = False
    shared = np.empty(20)
    for x, out, error in [
        (X, [0.0] * 9, TypeError),
        (X, "out", TypeError),
        (X, np.empty(8), ValueError),
        (X, np.empty((9, 1)), ValueError),
        (X, np.empty(9, np.float32), TypeError),
        (X, np.empty(9, complex), TypeError),
        (X, np.empty(9, object), TypeError),
        (X, frozen, ValueError),
        (X, np.lib.stride_tricks.as_strided(np.zeros(9), (9,), (0,)), ValueError),
        (X, np.lib.stride_tricks.as_strided(np.zeros(9), (9,), (4,)), ValueError),
        (shared[:8], shared[3:12], ValueError),
        (shared[:8], shared[7::-1][:0], ValueError),
    ]:
        before = np.array(out, copy=True)
        with pytest.raises(error, match="out"):
            function(x, K, out=out)
        np.testing.assert_array_equal(out, before)
    with pytest.raises(ValueError, match="out shares memory with k"):
        function(X, shared[:2], out=shared[1:10])


def test_mode_and_padding() -> None:
    with pytest.raises(ValueError, match="mode= and padding="):
        convolver.convolve(X, K, "full", padding=1)


def test_dimensions_are_named() -> None:
    with pytest.raises(ValueError, match="x has 2 dimensions and k has 1"):
        convolver.convolve(np.ones((3, 3)), np.ones(3))
    with pytest.raises(ValueError, match="no dimensions"):
        convolver.convolve(2, 3)
    with pytest.raises(ValueError, match="names no axis"):
        convolver.convolve(X, K, axes=())
    with pytest.raises(ValueError, match="k has length 0 along convolved axis 0"):
        convolver.convolve(X, [])
    with pytest.raises(ValueError, match="x has length 0"):
        convolver.convolve(np.array([]), K)
    with pytest.raises(ValueError, match="axis 0"):
        convolver.convolve(np.ones((3, 5)), np.ones((2, 5)), axes=1)
    with pytest.raises(ValueError, match="valid"):
        convolver.convolve(np.ones((3, 5)), np.ones((5, 3)), "valid")
    with pytest.raises(ValueError, match="k spans"):
        convolver.convolve(X, K, "valid", dilation=8)


def test_arguments_of_calls() -> None:
    for call in [
        lambda: convolver.convolve(),  # type: ignore[call-arg]
        lambda: convolver.convolve(X),  # type: ignore[call-arg]
        lambda: convolver.convolve(X, K, "full", 0),  # type: ignore[misc]
        lambda: convolver.convolve(X, K, strides=1),  # type: ignore[call-arg]
        lambda: convolver.convolve(X, K, x=X),  # type: ignore[misc]
    ]:
        with pytest.raises(TypeError):
            call()


@pytest.mark.parametrize("value", [0, -1, 4097, 2**64, 1.5, True, "2", None])
def test_wrong_number_of_threads(value: Any) -> None:
    before = convolver.get_num_threads()
    with pytest.raises((ValueError, TypeError)):
        convolver.set_num_threads(value)
    assert convolver.get_num_threads() == before


class Hostile:
    def __init__(self, error: BaseException) -> None:
        self.error = error

    def __index__(self) -> int:
        raise self.error

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise self.error


@pytest.mark.parametrize("error", [ZeroDivisionError("mine"), KeyboardInterrupt("mine")])
def test_errors_of_the_caller_pass_through(error: BaseException) -> None:
    with pytest.raises(type(error), match="mine"):
        convolver.convolve(X, K, stride=Hostile(error))
    with pytest.raises(type(error), match="mine"):
        convolver.convolve(Hostile(error), K)


@pytest.mark.parametrize("argument", ["bias", "stride", "padding", "dilation", "groups", "layout"])
def test_wrong_layers(argument: str) -> None:
    x, w = np.ones((2, 4, 6, 6)), np.ones((4, 4, 3, 3))
    wrong: dict[str, list[Any]] = {
        "bias": [1.0, np.ones(3), np.ones((4, 1)), np.ones(4, complex), ["a"] * 4],
        "stride": [0, -1, 1.5, None, "1", (1, 1, 1), 2**64],
        "padding": ["full", "SAME", 1.5, (1, 1, 1), -4, 2**64],
        "dilation": [0, 3, 1.5, None, 2**64],
        "groups": [0, -1, 3, 1.5, True, None, "1"],
        "layout": ["NCL", "nchw", "", 3, None],
    }
    for value in wrong[argument]:
        with pytest.raises((ValueError, TypeError)):
            nn.conv2d(x, w, **{argument: value})
    for shapes in [((4, 6), (4, 4, 3, 3)), ((2, 4, 6, 6), (4, 3, 3)), ((2, 5, 6, 6), (4, 4, 3, 3))]:
        with pytest.raises(ValueError, match=r"^[xw] has"):
            nn.conv2d(np.ones(shapes[0]), np.ones(shapes[1]))
