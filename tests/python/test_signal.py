"""`convolver.signal` and `convolver.numpy` against SciPy and NumPy, where those are right."""

import inspect
import itertools

import numpy as np
import pytest
import scipy.signal

import convolver.numpy
from convolver import signal

TYPES = [np.int8, np.uint16, np.int64, np.float32, np.float64, np.complex64, np.complex128]


def numbers(random: np.random.Generator, shape: tuple[int, ...], dtype: type) -> np.ndarray:
    values = random.integers(0, 9, shape).astype(dtype)
    return values + 1j * random.integers(0, 9, shape).astype(dtype) if np.dtype(dtype).kind == "c" else values


def same(ours: np.ndarray, theirs: np.ndarray, *operands: np.ndarray) -> None:
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype
    # SciPy's transforms err by the largest element, and run in the operands' precision.
    single = any(array.dtype in (np.float32, np.complex64) for array in (theirs, *operands))
    np.testing.assert_allclose(ours, theirs, rtol=1e-4 if single else 1e-9, atol=1e-3 if single else 1e-9)


@pytest.mark.parametrize("face", [signal, convolver.numpy], ids=lambda face: face.__name__)
def test_signatures_are_the_mirrored_ones(face: object) -> None:
    theirs = scipy.signal if face is signal else np
    for name in face.__all__:
        mine = inspect.signature(getattr(face, name)).parameters.values()
        original = inspect.signature(getattr(theirs, name)).parameters.values()
        assert [p.name for p in mine] == [p.name for p in original]
        assert [p.default for p in mine][2:] == [p.default for p in original][2:]


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("name", ["convolve", "correlate", "fftconvolve", "oaconvolve"])
@pytest.mark.parametrize("shapes", [((9,), (4,)), ((5, 6), (2, 3)), ((3, 4, 5), (3, 2, 1)), ((3,), (5,)), ((1,), (1,))])
def test_arrays_of_every_type(name: str, mode: str, shapes: tuple, random: np.random.Generator) -> None:
    for left, right in itertools.product(TYPES, TYPES[-4:]):
        x, k = numbers(random, shapes[0], left), numbers(random, shapes[1], right)
        ours, theirs = (getattr(library, name)(x, k, mode) for library in (signal, scipy.signal))
        if name in ("convolve", "correlate"):
            theirs = theirs.astype(np.result_type(x, k))
        same(ours, theirs, x, k)


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
def test_integers_stay_exact(mode: str) -> None:
    x, k = np.array([2**53 + 1, 5, -(2**63), 7]), np.array([1, 3])
    for method in ("auto", "direct", "fft"):
        assert (signal.convolve(x, k, mode, method) == np.convolve(x, k, mode)).all()


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("boundary", ["fill", "wrap", "circular", "symm", "symmetric"])
@pytest.mark.parametrize("name", ["convolve2d", "correlate2d"])
def test_images(name: str, boundary: str, mode: str, random: np.random.Generator) -> None:
    for shape, taps in (((7, 6), (3, 3)), ((7, 6), (2, 4)), ((5, 5), (1, 4)), ((3, 9), (5, 2))):
        if mode == "valid" and shape == (3, 9):
            continue
        for dtype in (np.int32, np.float64, np.complex128):
            x, k = numbers(random, shape, dtype), numbers(random, taps, dtype)
            ours, theirs = (getattr(library, name)(x, k, mode, boundary, 2) for library in (signal, scipy.signal))
            same(ours, theirs)


@pytest.mark.parametrize(
    "mode", ["constant", "symmetric", "edge", "smooth", "wrap", "reflect", "antisymmetric", "line"]
)
def test_upfirdn(mode: str, random: np.random.Generator) -> None:
    for up, down, taps, axis in itertools.product((1, 2, 5), (1, 3), (1, 4, 9), (0, -1)):
        for dtype in (np.int16, np.int64, np.float32, np.complex64):
            h, x = numbers(random, (taps,), dtype), numbers(random, (4, 6), dtype)
            arguments = (h, x, up, down, axis, mode, 3 if mode == "constant" else 0)
            same(signal.upfirdn(*arguments), scipy.signal.upfirdn(*arguments))


def test_resampling_through_scipy(random: np.random.Generator) -> None:
    x, h = random.random(300), scipy.signal.firwin(201, 0.1)
    same(signal.upfirdn(h, x, 20, 7), scipy.signal.upfirdn(h, x, 20, 7))


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
def test_lags_are_those_of_correlate(mode: str) -> None:
    for first, second in itertools.product(range(1, 8), range(1, 8)):
        for place in range(max(0, first - second) + 1):
            x, k = np.zeros(first), np.zeros(second)
            x[min(place, first - 1)], k[0] = 1, 1
            found = signal.correlate(x, k, mode)
            lags = signal.correlation_lags(first, second, mode)
            assert lags.shape == found.shape
            if found.any():
                assert lags[found.argmax()] == min(place, first - 1)


def test_broadcasting_with_same_loses_no_row() -> None:
    assert signal.fftconvolve(np.ones((1, 8)), np.ones((4, 3)), "same", axes=-1).shape == (4, 8)


def test_types_that_scipy_loses() -> None:
    half, truth = np.ones(3, np.float16), np.array([True, False, True])
    for function in (signal.convolve, signal.correlate, signal.fftconvolve, signal.oaconvolve, signal.upfirdn):
        assert function(half, half).dtype == np.float16
        assert function(truth, truth).dtype == bool
    for function in (signal.convolve2d, signal.correlate2d):
        assert function(half[None], half[None]).dtype == np.float16
        assert function(truth[None], truth[None]).dtype == bool


def test_choice_of_a_method(random: np.random.Generator) -> None:
    x, k = random.random(50), random.random(5)
    assert signal.choose_conv_method(x, k) == "direct"
    method, times = signal.choose_conv_method(x, k, "full", True)
    assert method in times
    assert set(times) == {"fft", "direct"}
    assert times[method] == min(times.values())


def test_numbers_and_empty_arrays() -> None:
    assert signal.convolve(3, 4) == 12
    assert signal.correlate(3, 4j) == -12j
    assert signal.fftconvolve([], [1]).shape == (0,)
    with pytest.raises(ValueError, match="in2 has length 0"):
        signal.convolve([1], [])


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: signal.convolve([1], [[1]]), ValueError, "in1 has 1 dimensions and in2 has 2"),
        (lambda: signal.convolve([1], [1], "middle"), ValueError, "mode='middle'.*'full', 'valid', 'same'"),
        (lambda: signal.convolve([1], [1], "same_upper"), ValueError, "mode='same_upper'"),
        (lambda: signal.convolve([1], [1], method="slow"), ValueError, "method='slow'"),
        (lambda: signal.correlate(np.ones((3, 1)), np.ones((1, 3)), "valid"), ValueError, "in1 has shape"),
        (lambda: signal.convolve(np.ones(2, object), [1]), TypeError, "in1 has dtype object"),
        (lambda: signal.fftconvolve([1], [1], axes=1), ValueError, "axes=1 is not an axis of in1"),
        (lambda: signal.fftconvolve([1], [1], axes=[]), ValueError, "axes cannot be empty"),
        (lambda: signal.fftconvolve([[1]], [[1]], axes=[0, -2]), ValueError, "twice"),
        (lambda: signal.fftconvolve([1], [1], axes=0.5), ValueError, "axes must be integers"),
        (lambda: signal.fftconvolve(np.ones((2, 3)), np.ones((3, 3)), axes=1), ValueError, "in1 has 2"),
        (lambda: signal.convolve2d([1], [1]), ValueError, "both need 2"),
        (lambda: signal.convolve2d([[1]], [[1]], boundary="edge"), ValueError, "boundary='edge'"),
        (lambda: signal.convolve2d([[1]], [[1]], fillvalue=[1, 2]), ValueError, "fillvalue has 2"),
        (lambda: signal.convolve2d([[1]], [[1]], fillvalue="a"), ValueError, "fillvalue must be a number"),
        (lambda: signal.upfirdn([], [1]), ValueError, "h has shape"),
        (lambda: signal.upfirdn([1], [1], 0), ValueError, "up is 0"),
        (lambda: signal.upfirdn([1], [1], axis=1), ValueError, "axis=1"),
        (lambda: signal.upfirdn([1], [1], mode="zero"), ValueError, "mode='zero'"),
        (lambda: signal.upfirdn(np.ones(1, object), [1.0]), TypeError, "h has dtype object"),
        (lambda: signal.correlation_lags(3, 2, "middle"), ValueError, "middle"),
        (lambda: convolver.numpy.convolve([], [1]), ValueError, "a cannot be empty"),
        (lambda: convolver.numpy.convolve([1], [[1]]), ValueError, "v has 2 dimensions"),
        (lambda: convolver.numpy.convolve([1], [1], "v"), ValueError, "mode='v'"),
        (lambda: convolver.numpy.convolve([1], [1], None), TypeError, "mode must be a string"),
        (lambda: convolver.numpy.convolve([1], np.ones(2, object)), TypeError, "v has dtype object"),
        (lambda: convolver.numpy.correlate(np.ones(2, "g"), [1]), TypeError, "a has dtype"),
    ],
)
def test_errors_name_the_argument(call: object, error: type, words: str) -> None:
    with pytest.raises(error, match=words):
        call()


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("name", ["convolve", "correlate"])
def test_numpy(name: str, mode: str, random: np.random.Generator) -> None:
    for first, second in itertools.product(range(1, 8), range(1, 8)):
        for dtype in (bool, np.int8, np.float16, np.complex128):
            a, v = numbers(random, (first,), dtype), numbers(random, (second,), dtype)
            ours, theirs = (getattr(library, name)(a, v, mode) for library in (convolver.numpy, np))
            assert ours.dtype == theirs.dtype
            np.testing.assert_array_equal(ours, theirs)
    assert (
        getattr(convolver.numpy, name)([3], [1, 2], mode=2).tolist() == getattr(np, name)([3], [1, 2], "full").tolist()
    )
