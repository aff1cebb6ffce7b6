"""The examples in the docstrings run, the native functions' too, and every public name has a docstring."""

import doctest
import inspect

import pytest

import convolver
from convolver import _native, ndimage, nn, numpy, numpy_ml, signal

NAMES = [
    (module, name) for module in (convolver, ndimage, nn, nn.grad, numpy, numpy_ml, signal) for name in module.__all__
]


@pytest.mark.parametrize(("module", "name"), NAMES, ids=lambda value: getattr(value, "__name__", value))
def test_examples(module: object, name: str) -> None:
    thing = getattr(module, name)
    finder = doctest.DocTestFinder(recurse=False)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    tests = finder.find(thing, name, module=False, globs={})
    for test in tests:
        runner.run(test)
    assert runner.summarize(verbose=False).failed == 0
    if inspect.isroutine(thing):
        assert any(test.examples for test in tests), f"{name} shows no example"
        for section in ("Examples", *(["Parameters"] if inspect.signature(thing).parameters else [])):
            assert f"{section}\n" in (thing.__doc__ or "")


def test_every_name_has_a_docstring() -> None:
    for module, name in NAMES:
        if name != "__version__":
            assert inspect.getdoc(getattr(module, name))


def test_all_native_names_are_public() -> None:
    public = {name for name in _native.__all__ if name == "__version__" or not name.startswith("_")}
    assert public <= set(convolver.__all__)
    assert _native.__version__ == convolver.__version__
