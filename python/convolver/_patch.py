"""Whole programs on the engine: `patched`, `patch` and `unpatch`.

A function of SciPy or NumPy is known by its identity. While patched, every module that holds it, under whatever name,
holds a stand-in for it, which counts the calls and hands them to the face. What a program keeps elsewhere (in a class,
a closure, a default argument) it keeps.
"""

import atexit
import functools
import importlib
import importlib.util
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np

from convolver import ndimage, signal
from convolver import numpy as numpy_face

__all__ = ["Report", "patch", "patched", "unpatch"]

_FACES = {"scipy.signal": signal, "scipy.ndimage": ndimage, "numpy": numpy_face}


class Report:
    """Calls counted while patched.

    Attributes
    ----------
    served : collections.Counter
        Calls that the engine answered, by name.
    passed_on : collections.Counter
        Calls that went to the function they were meant for: with arrays of
        objects or long doubles, or of libraries that convolve for themselves.
    """

    def __init__(self) -> None:
        self.served: Counter[str] = Counter()
        self.passed_on: Counter[str] = Counter()

    def __str__(self) -> str:
        def counted(calls: Counter[str]) -> str:
            listed = ", ".join(f"{name} {count}" for name, count in calls.most_common())
            return f"{calls.total()} call{'' if calls.total() == 1 else 's'}" + (f" ({listed})" if listed else "")

        text = f"convolver served {counted(self.served)}"
        return f"{text} and passed on {counted(self.passed_on)}" if self.passed_on else text


_lock = threading.RLock()
_active: list[Report] = []
_originals: dict[int, tuple[Any, Any]] = {}  # by the identity of either: the function and its stand-in


def _is_foreign(argument: object) -> bool:
    kind = type(argument)
    speaks = hasattr(kind, "__array_function__") or hasattr(kind, "__array_namespace__")
    return speaks and not isinstance(argument, np.ndarray | np.generic)


def _count(kind: str, name: str) -> None:
    with _lock:
        for report in _active:
            getattr(report, kind)[name] += 1


def _stand_in(name: str, original: Any, face: Callable[..., Any]) -> Any:
    @functools.wraps(original)
    def serve(*args: Any, **kwargs: Any) -> Any:
        if not any(map(_is_foreign, (*args, *kwargs.values()))):
            try:
                result = face(*args, **kwargs)
            except TypeError:
                pass
            else:
                _count("served", name)
                return result
        _count("passed_on", name)
        return original(*args, **kwargs)

    return serve


def _learn() -> None:
    """Make the stand-ins, once; SciPy wraps some functions, and calls the inner ones itself."""
    for module_name, face in _FACES.items():
        if importlib.util.find_spec(module_name.partition(".")[0]) is None:
            continue
        module = importlib.import_module(module_name)
        for name in face.__all__:
            function = getattr(module, name)
            while function is not None and id(function) not in _originals:
                pair = (function, _stand_in(f"{module_name}.{name}", function, getattr(face, name)))
                _originals.update({id(member): pair for member in pair})
                function = getattr(function, "__wrapped__", None)


def _swap(place: int) -> None:
    """Put the functions (0) or their stand-ins (1) into every module."""
    for module in list(sys.modules.values()):
        if not isinstance(module, ModuleType):
            continue
        names = module.__dict__
        for name, value in list(names.items()):
            pair = _originals.get(id(value))
            if pair is not None and value is pair[1 - place]:
                names[name] = pair[place]


def patch() -> Report:
    """Let the engine serve the whole program from now on.

    `scipy.signal`, `scipy.ndimage` and `numpy.convolve` and `correlate` are
    replaced, also where modules have imported them before, until `unpatch`.
    If that is never called, the report is printed when the program ends.

    Returns
    -------
    Report
        Counts the calls.

    Examples
    --------
    >>> import numpy, convolver
    >>> report = convolver.patch()
    >>> numpy.convolve([1, 2], [1, 1])
    array([1, 3, 2])
    >>> print(convolver.unpatch())
    convolver served 1 call (numpy.convolve 1)
    """
    with _lock:
        report = Report()
        _active.append(report)
        if len(_active) == 1:
            _learn()
            _swap(1)
        return report


def unpatch() -> Report:
    """Undo the last `patch`.

    Returns
    -------
    Report
        What `patch` returned.

    Raises
    ------
    RuntimeError
        If nothing is patched.

    Examples
    --------
    >>> import convolver
    >>> report = convolver.patch()
    >>> convolver.unpatch() is report
    True
    """
    with _lock:
        if not _active:
            raise RuntimeError("nothing is patched; call patch() first")
        report = _active.pop()
        if not _active:
            _swap(0)
        return report


def _announce(text: str) -> None:
    print(text, file=sys.stderr)


@contextmanager
def patched(announce: Callable[[str], object] | None = _announce) -> Iterator[Report]:
    """Let the engine serve the whole program inside a ``with`` block.

    Parameters
    ----------
    announce : callable, optional
        Is given the report's text at the end; by default it is printed to
        standard error. ``None`` says nothing.

    Yields
    ------
    Report
        Counts the calls.

    Examples
    --------
    >>> import numpy, convolver
    >>> with convolver.patched(print):
    ...     numpy.convolve([1, 2], [1, 1])
    array([1, 3, 2])
    convolver served 1 call (numpy.convolve 1)
    """
    if announce is not None and not callable(announce):
        raise TypeError(f"announce must be callable or None, not {type(announce).__name__}")
    report = patch()
    try:
        yield report
    finally:
        unpatch()
        if announce is not None:
            announce(str(report))


@atexit.register
def _say_what_was_served() -> None:
    for report in _active:
        _announce(str(report))
