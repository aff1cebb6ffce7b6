"""`patched`: whole programs on the engine, and everything as before afterwards."""

import sys
import types
from fractions import Fraction
from functools import partial

import numpy as np
import pytest
import scipy.ndimage
import scipy.signal

import convolver

quiet = partial(convolver.patched, announce=None)


def other_module(**names: object) -> types.ModuleType:
    """A module that has imported these names before."""
    module = types.ModuleType("an_older_module")
    module.__dict__.update(names)
    sys.modules[module.__name__] = module
    return module


def held() -> list[object]:
    faces = {scipy.signal: convolver.signal, scipy.ndimage: convolver.ndimage, np: convolver.numpy}
    return [getattr(library, name) for library, face in faces.items() for name in face.__all__]


def test_calls_are_served_counted_and_undone() -> None:
    before = held()
    module = other_module(blur=scipy.ndimage.gaussian_filter, plain=len)
    try:
        with quiet() as report:
            assert all(new is not old for new, old in zip(held(), before, strict=True))
            assert module.plain is len
            module.blur(np.ones(5), 1)
            scipy.signal.convolve([1, 2], [1, 1])
            np.convolve([1, 2], [1, 1])
        assert report.served == {"scipy.ndimage.gaussian_filter": 1, "scipy.signal.convolve": 1, "numpy.convolve": 1}
        assert not report.passed_on
        assert module.blur is before[held().index(scipy.ndimage.gaussian_filter)]
    finally:
        del sys.modules[module.__name__]
    assert all(new is old for new, old in zip(held(), before, strict=True))


def test_names_imported_meanwhile_are_given_back() -> None:
    with quiet():
        module = other_module(convolve=np.convolve)
    try:
        assert module.convolve is np.convolve
    finally:
        del sys.modules[module.__name__]


def test_scipys_own_calls_are_served() -> None:
    x = np.random.default_rng(1).random(200)
    expected = (
        scipy.signal.resample_poly(x, 3, 2),
        scipy.signal.savgol_filter(x, 7, 2),
        scipy.ndimage.gaussian_laplace(x, 2),
    )
    with quiet() as report:
        found = (
            scipy.signal.resample_poly(x, 3, 2),
            scipy.signal.savgol_filter(x, 7, 2),
            scipy.ndimage.gaussian_laplace(x, 2),
        )
    assert set(report.served) == {"scipy.signal.upfirdn", "scipy.ndimage.convolve1d", "scipy.ndimage.gaussian_laplace"}
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-14)


def test_what_the_engine_has_no_type_for_is_passed_on() -> None:
    class Foreign:
        def __array_function__(self, *_: object) -> str:
            return "theirs"

    with quiet() as report:
        assert np.convolve([Fraction(1, 3)], [3]).tolist() == [1]
        assert np.convolve(Foreign(), [1]) == "theirs"
        assert np.convolve([1.0], np.ones(1, np.longdouble)).dtype == np.longdouble
    assert report.passed_on == {"numpy.convolve": 3}
    assert not report.served


def test_wrong_values_are_still_wrong() -> None:
    with quiet() as report, pytest.raises(ValueError, match="mode"):
        scipy.signal.convolve([1], [1], "middle")
    assert not report.served


def test_blocks_may_stand_inside_each_other_and_errors_end_them() -> None:
    before = np.convolve
    with quiet() as outer:
        with quiet() as inner:
            np.convolve([1], [1])
        np.convolve([1], [1])
    assert (inner.served.total(), outer.served.total()) == (1, 2)
    with pytest.raises(KeyError), quiet():
        raise KeyError
    assert np.convolve is before


def test_the_plain_function_and_what_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    report = convolver.patch()
    np.correlate([1, 2], [1])
    assert convolver.unpatch() is report
    assert str(report) == "convolver served 1 call (numpy.correlate 1)"
    with pytest.raises(RuntimeError, match="patch"):
        convolver.unpatch()
    with convolver.patched():
        np.convolve([1], [1])
        np.convolve(np.ones(1, object), [1])
    said = capsys.readouterr().err
    assert said == "convolver served 1 call (numpy.convolve 1) and passed on 1 call (numpy.convolve 1)\n"


def test_a_stand_in_looks_like_the_function() -> None:
    original = scipy.signal.convolve2d
    with quiet():
        assert scipy.signal.convolve2d.__name__ == original.__name__
        assert scipy.signal.convolve2d.__doc__ == original.__doc__
