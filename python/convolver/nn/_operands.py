"""What the layers read: arrays, layouts, and the notations that these make."""

import itertools
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias, TypedDict

import numpy as np
from numpy.typing import DTypeLike, NDArray

Steps: TypeAlias = int | Sequence[int]
Padding: TypeAlias = int | str | Sequence[int] | Sequence[tuple[int, int]]
Boundary: TypeAlias = str | Sequence[str] | Sequence[tuple[str, str]]

# By the number of convolved axes.
CHANNELS_FIRST = {1: "NCL", 2: "NCHW", 3: "NCDHW"}
CHANNELS_LAST = {1: "NLC", 2: "NHWC", 3: "NDHWC"}


class Options(TypedDict, total=False):
    """What `einconv` takes besides, for layers and transposed ones."""

    method: str
    precision: str
    memory: int | str | None
    dtype: DTypeLike | None
    out: NDArray[Any] | None


class LayerOptions(Options, total=False):
    """What layers and their gradients take."""

    boundary: Boundary
    fill: complex


class Notations(NamedTuple):
    """The problems of a layer, and of its transpose, whose weights have other axes where channels are last."""

    layer: str
    input_gradient: str
    weight_gradient: str
    transposed: str
    channels_last: bool


def _notations(axes: int, batch: str, grouped: bool, last: bool) -> Notations:
    """Write input, weights and output; each is made of the other two."""
    space = "[" + " ".join("zyx"[3 - axes :]) + "]"
    c, o = ("(g c)", "(g o)") if grouped else ("c", "o")
    if last:
        x, w, y, transposed = f"{batch}{space} {c}", f"{space} c {o}", f"{batch}{space} {o}", f"{space} {o} c"
    else:
        x, w, y, transposed = f"{batch}{c} {space}", f"{o} c {space}", f"{batch}{o} {space}", f"{o} c {space}"
    return Notations(f"{x}, {w} -> {y}", f"{y}, {w} -> {x}", f"{x}, {y} -> {w}", f"{y}, {transposed} -> {x}", last)


# By layout, number of convolved axes, dimensions of the input, and whether there are groups.
_NOTATIONS = {
    (word, axes, dimensions, grouped): _notations(axes, "n " if dimensions == axes + 2 else "", grouped, last)
    for axes, last, grouped in itertools.product((1, 2, 3), (False, True), (False, True))
    for word in {"NHWC" if last else "NCHW", (CHANNELS_LAST if last else CHANNELS_FIRST)[axes]}
    for dimensions in (axes + 1, axes + 2)
}


def notations(axes: int, layout: str, groups: int, name: str, dimensions: int) -> Notations:
    """Find the notations for an array of this name and so many dimensions."""
    if not isinstance(layout, str):
        raise TypeError(f"layout must be a string, not {type(layout).__name__}")
    found = _NOTATIONS.get((layout, axes, dimensions, groups > 1))
    if found is not None:
        return found
    known = dict.fromkeys([CHANNELS_FIRST[axes], CHANNELS_LAST[axes], "NCHW", "NHWC"])
    if layout not in known:
        raise ValueError(f"layout={layout!r} is not known; use one of {', '.join(map(repr, known))}")
    raise ValueError(f"{name} has {dimensions} dimensions; it needs {axes + 2}, or {axes + 1} without a batch axis")


def array(name: str, value: Any) -> NDArray[Any]:
    """Read an operand."""
    if isinstance(value, np.ndarray):
        return value
    try:
        if hasattr(value, "__dlpack__") and not hasattr(value, "__array__"):
            return np.from_dlpack(value)
        return np.asarray(value)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{name} cannot be read as an array: {error}") from error


def misfit(
    x: Sequence[int], w: Sequence[int], groups: int, axes: int, last: bool, names: tuple[str, str] = ("x", "w")
) -> str | None:
    """Say in the words of a layer how the shapes of its input and weights do not fit, if they do not."""
    x_name, w_name = names
    if len(w) != axes + 2:
        return f"{w_name} has {len(w)} dimensions; it needs {axes + 2}"
    channels = x[-1 if last else -axes - 1]
    per_group, out = (w[-2], w[-1]) if last else (w[1], w[0])
    if channels != per_group * groups:
        taken = f"{w_name} takes {per_group * groups}: {per_group} in each of groups={groups}"
        return f"{x_name} has {channels} channels, but {taken}"
    if out % groups:
        return f"{w_name} has {out} output channels, which groups={groups} does not divide"
    return None


def checked_groups(groups: Any) -> int:
    """Read the number of groups."""
    if type(groups) is int and groups > 0:
        return groups
    if isinstance(groups, bool) or not hasattr(groups, "__index__"):
        raise TypeError(f"groups must be an integer, not {type(groups).__name__}")
    count: int = groups.__index__()
    if count < 1:
        raise ValueError(f"groups must be at least 1, not {count}")
    return count


def checked_bias(bias: Any, channels: int, x: NDArray[Any], w: NDArray[Any], dtype: Any) -> NDArray[Any]:
    """Read a bias for so many output channels of what `x` and `w` make, or of the type that is asked for."""
    added = array("bias", bias)
    if added.shape != (channels,):
        raise ValueError(
            f"bias has shape {added.shape}, but there are {channels} output channels: it needs ({channels},)"
        )
    if added.dtype == x.dtype == w.dtype:
        return added
    result = np.dtype(dtype or np.result_type(x, w))
    if not np.can_cast(added.dtype, result, "same_kind"):
        raise TypeError(f"bias has dtype {added.dtype}, which cannot be added to a result of type {result}; convert it")
    return added


def add_bias(y: NDArray[Any], bias: NDArray[Any], axes: int, last: bool) -> NDArray[Any]:
    """Add one number per channel, in place."""
    np.add(y, bias if last else bias.reshape((-1,) + (1,) * axes), out=y, casting="same_kind")
    return y
