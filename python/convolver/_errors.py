"""Errors of the engine in the words of a face: the arguments by the names that its users know."""

import re

__all__ = ["renamed"]


def renamed(error: Exception, **names: str) -> Exception:
    """Return the same error with other names for arguments, such as ``x="in1"``."""
    # Users have called another function than the engine's.
    text = str(error).removeprefix("_einconv() ")
    for name, new in names.items():
        text = re.sub(rf"\b{name}\b", new, text)
    return type(error)(text)
