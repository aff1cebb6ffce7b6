"""`convolver.ndimage` against SciPy, where that is right."""

import inspect
import itertools

import numpy as np
import pytest
import scipy.ndimage

from convolver import ndimage

MODES = ["reflect", "mirror", "nearest", "wrap", "constant", "grid-mirror", "grid-wrap", "grid-constant"]
CALLS = {
    "correlate": lambda library, x, **options: library.correlate(x, np.arange(6.0).reshape(2, 3), **options),
    "convolve": lambda library, x, **options: library.convolve(x, np.arange(6.0).reshape(2, 3), **options),
    "correlate1d": lambda library, x, **options: library.correlate1d(x, [1, 2, 4], 0, **options),
    "convolve1d": lambda library, x, **options: library.convolve1d(x, [1.0, 2.0, 4.0, 0.5], **options),
    "uniform_filter": lambda library, x, **options: library.uniform_filter(x, (3, 4), **options),
    "uniform_filter1d": lambda library, x, **options: library.uniform_filter1d(x, 5, 0, **options),
    "gaussian_filter": lambda library, x, **options: library.gaussian_filter(x, (1, 2.5), (0, 1), **options),
    "gaussian_filter1d": lambda library, x, **options: library.gaussian_filter1d(x, 1.5, 0, 3, **options),
    "sobel": lambda library, x, **options: library.sobel(x, 0, **options),
    "prewitt": lambda library, x, **options: library.prewitt(x, **options),
    "laplace": lambda library, x, **options: library.laplace(x, **options),
    "gaussian_laplace": lambda library, x, **options: library.gaussian_laplace(x, (1, 2), truncate=3.0, **options),
    "gaussian_gradient_magnitude": lambda library, x, **options: library.gaussian_gradient_magnitude(x, 1, **options),
}


def both(name: str, x: np.ndarray, **options: object) -> tuple[np.ndarray, np.ndarray]:
    ours, theirs = (CALLS[name](library, x, **options) for library in (ndimage, scipy.ndimage))
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype
    return ours, theirs


def test_every_function_is_called_with_scipys_signature() -> None:
    assert set(CALLS) == set(ndimage.__all__)
    for name in CALLS:
        mine = inspect.signature(getattr(ndimage, name)).parameters.values()
        theirs = inspect.signature(getattr(scipy.ndimage, name)).parameters.values()
        assert [(p.name, p.default, p.kind) for p in mine] == [(p.name, p.default, p.kind) for p in theirs]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", CALLS)
def test_modes(name: str, mode: str, random: np.random.Generator) -> None:
    for shape in ((9, 8), (2, 3), (1, 70)):
        ours, theirs = both(name, random.random(shape), mode=mode, cval=2.5)
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("dtype", [np.int16, np.int32, np.float32, np.complex64, np.complex128])
def test_types(name: str, dtype: type, random: np.random.Generator) -> None:
    x = random.integers(-50, 50, (12, 11)).astype(dtype)
    ours, theirs = both(name, x)
    # Sums of integers are cut, and SciPy's may lie just below an integer.
    tolerance = 2 if np.dtype(dtype).kind == "i" else 1e-3 if dtype in (np.float32, np.complex64) else 1e-10
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=tolerance)


@pytest.mark.parametrize("name", CALLS)
def test_outputs(name: str, random: np.random.Generator) -> None:
    x = random.integers(0, 50, (12, 11)).astype(np.float64)
    expected = CALLS[name](ndimage, x)
    for dtype in (np.float32, "float64", np.dtype(np.complex128)):
        found = CALLS[name](ndimage, x, output=dtype)
        assert found.dtype == dtype
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-5)
    given = np.empty((11, 12)).T
    assert CALLS[name](ndimage, x, output=given) is given
    np.testing.assert_array_equal(given, expected)
    assert CALLS[name](ndimage, x, output=x) is x
    np.testing.assert_array_equal(x, expected)


@pytest.mark.parametrize("name", ["correlate", "convolve", "uniform_filter"])
def test_origins(name: str, random: np.random.Generator) -> None:
    x = random.random((7, 6))
    for origin in ((0, 1), (-1, -1), (0, -1)):
        np.testing.assert_allclose(*both(name, x, origin=origin), rtol=1e-13)
    for function, size, origin in itertools.product(("correlate1d", "convolve1d"), range(1, 6), range(-2, 3)):
        results = []
        for library in (ndimage, scipy.ndimage):
            try:
                results.append(getattr(library, function)(x, np.arange(size), origin=origin))
            except ValueError:
                results.append(None)
        assert (results[0] is None) == (results[1] is None)
        if results[0] is not None:
            np.testing.assert_allclose(*results, rtol=1e-13)


def test_axes(random: np.random.Generator) -> None:
    x, weights = random.random((5, 6, 7)), random.random((3, 2))
    for axes in ((0, 1), (2, 0), (-1, 1)):
        for name in ("correlate", "convolve"):
            ours, theirs = (
                getattr(library, name)(x, weights, axes=axes, origin=(0, -1) if axes == (0, 1) else 0)
                for library in (ndimage, scipy.ndimage)
            )
            np.testing.assert_allclose(ours, theirs, rtol=1e-13)
        for name, arguments in (
            ("gaussian_filter", ((1, 2),)),
            ("uniform_filter", ((2, 3),)),
            ("gaussian_laplace", (1,)),
        ):
            ours, theirs = (
                getattr(library, name)(x, *arguments, axes=axes, mode=("wrap", "nearest"))
                for library in (ndimage, scipy.ndimage)
            )
            np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-13)
    assert (ndimage.laplace(x, axes=()) == x).all()
    np.testing.assert_allclose(ndimage.gaussian_filter(x, 0), x)


def test_gaussian_weights_are_scipys() -> None:
    impulse = np.zeros(41)
    impulse[20] = 1
    for sigma, order in itertools.product((0.3, 1, 4.5), range(5)):
        ours, theirs = (
            library.gaussian_filter1d(impulse, sigma, order=order, radius=15) for library in (ndimage, scipy.ndimage)
        )
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-14 * abs(theirs).max())


def test_a_constant_stays_the_constant() -> None:
    levels = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 20, axis=1)
    for sigma in (0.5, 1, 3, 8):
        assert (ndimage.gaussian_filter1d(levels, sigma) == levels).all()
    for size in range(1, 12):
        assert (ndimage.uniform_filter1d(levels, size) == levels).all()


def test_negative_sums_of_unsigned_images() -> None:
    image = np.array([10, 0, 0], np.uint8)
    assert ndimage.correlate1d(image, [1, 0, -1]).tolist() == [10, 10, 0]
    assert ndimage.correlate1d(image, [-1, 0, 1]).tolist() == [246, 246, 0]
    assert ndimage.correlate1d(image, [-1.0, 0.0, 1.0]).tolist() == [0, 0, 0]
    assert ndimage.correlate1d(image, [-1.0, 0.0, 1.0], output=np.int16).tolist() == [-10, -10, 0]


def test_large_integers_are_exact() -> None:
    x = np.full(5, 2**53 + 1)
    assert (ndimage.convolve1d(x, [1]) == x).all()
    assert (ndimage.sobel(np.array([[3, 2, 5]], np.uint64))[0] == np.array([-4 % 2**64, 8, 12])).all()


def test_tiny_and_unlike_taps() -> None:
    x = np.zeros(7)
    x[3] = 1e20
    np.testing.assert_allclose(ndimage.convolve1d(x, np.array([1, 2, 3]) * 1e-17)[2:5], [1000, 2000, 3000])
    np.testing.assert_allclose(ndimage.convolve(x, np.array([1, 2, 3]) * 1e-17)[2:5], [1000, 2000, 3000])


def test_nothing_spreads_beyond_its_window() -> None:
    x = np.ones(50)
    x[10] = np.nan
    assert np.isnan(ndimage.uniform_filter1d(x, 3)).sum() == 3
    x[10] = 1e17
    assert (ndimage.uniform_filter1d(x, 3)[12:] == 1).all()
    image = np.ones((9, 9))
    image[4, 4] = np.nan
    assert np.isnan(ndimage.laplace(image)).sum() == 5


def test_types_and_sequences_that_scipy_refuses() -> None:
    half = np.ones((3, 3), np.float16)
    assert ndimage.gaussian_filter(half, 1).dtype == np.float16
    assert ndimage.correlate(half, np.ones((2, 2)), mode=("wrap", "nearest")).tolist() == [[4.0] * 3] * 3
    truth = np.array([True, False, False])
    assert ndimage.correlate1d(truth, [True, True]).tolist() == [True, True, False]


def test_empty_arrays() -> None:
    for name in CALLS:
        assert CALLS[name](ndimage, np.ones((0, 4))).shape == (0, 4)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda x: ndimage.correlate(x, [1, 2]), ValueError, "weights has shape"),
        (lambda x: ndimage.correlate(x, np.ones((0, 2))), ValueError, "weights has shape"),
        (lambda x: ndimage.correlate1d(x, []), ValueError, "weights has shape"),
        (lambda x: ndimage.correlate1d(x, [1, 2], origin=2), ValueError, "origin=2"),
        (lambda x: ndimage.correlate1d(x, [1, 2], mode="edge"), ValueError, "mode='edge'"),
        (lambda x: ndimage.correlate1d(x, [1, 2], axis=2), ValueError, "axis"),
        (lambda x: ndimage.gaussian_filter(x, 1, axes=(0, 0)), ValueError, "unique"),
        (lambda x: ndimage.gaussian_filter(x, 1, axes=5), ValueError, "out of range"),
        (lambda x: ndimage.gaussian_filter(x, (1, 2, 3)), ValueError, "sigma has 3 entries"),
        (lambda x: ndimage.gaussian_filter(x, 1, order=-1), ValueError, "order=-1"),
        (lambda x: ndimage.gaussian_filter(x, 1, radius=-1), ValueError, "radius=-1"),
        (lambda x: ndimage.gaussian_filter1d(x, np.nan, radius=1), ValueError, "sigma=NaN"),
        (lambda x: ndimage.gaussian_laplace(x, 1, order=2), TypeError, "order"),
        (lambda x: ndimage.uniform_filter1d(x, 0), ValueError, "size=0"),
        (lambda x: ndimage.sobel(x, output=np.ones(3)), ValueError, "output has shape"),
        (lambda x: ndimage.sobel(x.astype("g")), TypeError, "input has dtype"),
        (lambda x: ndimage.sobel(x, output=object), TypeError, "output has dtype object"),
        (lambda x: ndimage.sobel(x + 1j, output=np.ones(x.shape)), TypeError, "complex"),
        (lambda x: ndimage.sobel(x, mode="constant", cval=1j), ValueError, "cval"),
    ],
)
def test_errors_name_the_argument(call: object, error: type, words: str) -> None:
    with pytest.raises(error, match=words) as raised:
        call(np.ones((4, 5)))
    if "axis" not in words and words != "order":
        assert isinstance(raised.value, RuntimeError)


def test_origins_of_all_axes_stay_in_order() -> None:
    """SciPy moves origins with the axes only where some are named."""
    x, weights = np.arange(20.0).reshape(4, 5), np.arange(9.0).reshape(3, 3)
    for axes in ((0, 1), (1, 0), (-1, 0)):
        expected = scipy.ndimage.correlate(x, weights, axes=axes, origin=(0, 1))
        assert np.array_equal(ndimage.correlate(x, weights, axes=axes, origin=(0, 1)), expected)


def test_a_size_is_an_integer() -> None:
    for function in (ndimage.uniform_filter, ndimage.uniform_filter1d):
        with pytest.raises(TypeError):
            function([1.0, 2, 3, 4], 2.5)


def test_an_output_is_an_array_or_a_type() -> None:
    with pytest.raises(RuntimeError, match="neither an array nor a type"):
        ndimage.correlate1d([1.0, 2], [1], output=3)
