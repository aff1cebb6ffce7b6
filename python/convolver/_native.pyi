"""The compiled half of `convolver`; private, its names are those of `convolver`."""

from collections.abc import Sequence
from typing import Any, Literal, SupportsComplex, SupportsFloat, SupportsIndex, TypeAlias, TypeVar, final, overload

from numpy.typing import ArrayLike, DTypeLike, NDArray

_Out = TypeVar("_Out", bound=NDArray[Any])
_Mode: TypeAlias = Literal["full", "same", "valid", "same_upper", "same_lower", "causal"]
_Boundary: TypeAlias = Literal[
    "zero",
    "constant",
    "edge",
    "reflect",
    "symmetric",
    "wrap",
    "antireflect",
    "antisymmetric",
    "smooth",
    "line",
]
_Precision: TypeAlias = Literal["highest", "high", "medium"]
_Steps: TypeAlias = SupportsIndex | Sequence[SupportsIndex]
_Padding: TypeAlias = SupportsIndex | Sequence[SupportsIndex] | Sequence[tuple[SupportsIndex, SupportsIndex]]
_Boundaries: TypeAlias = _Boundary | Sequence[_Boundary] | Sequence[tuple[_Boundary, _Boundary]]
_Fill: TypeAlias = SupportsComplex | SupportsFloat | SupportsIndex

__all__ = [
    "Candidate",
    "Explanation",
    "Machine",
    "Plan",
    "__version__",
    "_edges",
    "_einconv",
    "_filter",
    "_fold",
    "_gaussian_weights",
    "convolve",
    "correlate",
    "einconv",
    "explain",
    "get_num_threads",
    "machine",
    "plan",
    "set_num_threads",
    "show_config",
]

__version__: str

@final
class Candidate:
    @property
    def name(self) -> str: ...
    @property
    def chosen(self) -> bool: ...
    @property
    def refusal(self) -> str | None: ...
    @property
    def seconds(self) -> float | None: ...
    @property
    def workspace_bytes(self) -> int | None: ...

@final
class Explanation:
    @property
    def candidates(self) -> list[Candidate]: ...
    def _repr_html_(self) -> str: ...

@final
class Machine:
    @property
    def instruction_set(self) -> str: ...
    @property
    def instruction_sets(self) -> list[str]: ...
    @property
    def vector_bytes(self) -> int: ...
    @property
    def cores(self) -> int: ...
    @property
    def threads(self) -> int: ...

@final
class Plan:
    @property
    def algorithm(self) -> str: ...
    @property
    def workspace_bytes(self) -> int: ...
    @overload
    def __call__(self, x: ArrayLike, out: None = None) -> NDArray[Any]: ...
    @overload
    def __call__(self, x: ArrayLike, out: _Out) -> _Out: ...
    def error_bound(self, x_max: SupportsFloat) -> float: ...
    def explain(self) -> Explanation: ...

def convolve(
    x: ArrayLike,
    k: ArrayLike,
    mode: _Mode = "full",
    *,
    axes: _Steps | None = None,
    stride: _Steps = 1,
    dilation: _Steps = 1,
    padding: _Padding | None = None,
    boundary: _Boundaries = "zero",
    fill: _Fill = 0,
    method: str = "auto",
    precision: _Precision = "highest",
    memory: int | str | None = None,
    dtype: DTypeLike | None = None,
    out: NDArray[Any] | None = None,
) -> NDArray[Any]: ...
def correlate(
    x: ArrayLike,
    k: ArrayLike,
    mode: _Mode = "full",
    *,
    axes: _Steps | None = None,
    stride: _Steps = 1,
    dilation: _Steps = 1,
    padding: _Padding | None = None,
    boundary: _Boundaries = "zero",
    fill: _Fill = 0,
    method: str = "auto",
    precision: _Precision = "highest",
    memory: int | str | None = None,
    dtype: DTypeLike | None = None,
    out: NDArray[Any] | None = None,
    lags: tuple[int, int] | Sequence[tuple[int, int]] | None = None,
) -> NDArray[Any]: ...
def einconv(
    spec: str,
    x: ArrayLike,
    k: ArrayLike,
    *,
    sizes: dict[str, int] | None = None,
    flip: bool = False,
    mode: _Mode = "valid",
    stride: _Steps = 1,
    dilation: _Steps = 1,
    padding: _Padding | None = None,
    boundary: _Boundaries = "zero",
    fill: _Fill = 0,
    method: str = "auto",
    precision: _Precision = "highest",
    memory: int | str | None = None,
    dtype: DTypeLike | None = None,
    out: NDArray[Any] | None = None,
) -> NDArray[Any]: ...
def plan(
    spec: str,
    x_shape: _Steps,
    k: ArrayLike,
    *,
    dtype: DTypeLike | None = None,
    sizes: dict[str, int] | None = None,
    flip: bool = False,
    mode: _Mode = "valid",
    stride: _Steps = 1,
    dilation: _Steps = 1,
    padding: _Padding | None = None,
    boundary: _Boundaries = "zero",
    fill: _Fill = 0,
    method: str = "auto",
    precision: _Precision = "highest",
    memory: int | str | None = None,
) -> Plan: ...
def explain(
    x: ArrayLike,
    k: ArrayLike,
    mode: _Mode = "full",
    *,
    axes: _Steps | None = None,
    stride: _Steps = 1,
    dilation: _Steps = 1,
    padding: _Padding | None = None,
    boundary: _Boundaries = "zero",
    fill: _Fill = 0,
    method: str = "auto",
    precision: _Precision = "highest",
    memory: int | str | None = None,
    dtype: DTypeLike | None = None,
) -> Explanation: ...
def machine() -> Machine: ...
def get_num_threads() -> int: ...
def set_num_threads(n: SupportsIndex) -> None: ...
def show_config() -> None: ...

# For the faces alone.

def _edges(length: int, sides: tuple[int, int], boundary: tuple[str, str]) -> list[tuple[int, int, float]]: ...
def _einconv(
    spec: str,
    x: ArrayLike,
    k: ArrayLike,
    *,
    groups: SupportsIndex = ...,
    spread: _Steps = ...,
    conjugate: Literal["neither", "input", "kernel"] = ...,
    flip: bool = ...,
    mode: _Mode = ...,
    stride: _Steps = ...,
    dilation: _Steps = ...,
    padding: _Padding = ...,
    boundary: str | _Boundaries = ...,
    fill: _Fill = ...,
    method: str = ...,
    precision: _Precision = ...,
    memory: int | str | None = ...,
    dtype: DTypeLike | None = ...,
    out: NDArray[Any] | None = ...,
) -> NDArray[Any]: ...
def _filter(
    x: NDArray[Any],
    terms: Sequence[Sequence[tuple[tuple[int, ...], NDArray[Any], bool, tuple[int, ...], tuple[str, ...], float]]],
    output: NDArray[Any],
    *,
    magnitude: bool = False,
    fill: _Fill = ...,
) -> None: ...
def _fold(
    x: NDArray[Any],
    places: Sequence[int],
    stride: Sequence[int],
    dilation: Sequence[int],
    low: Sequence[int],
    dtype: DTypeLike,
) -> NDArray[Any]: ...
def _gaussian_weights(sigma: float, order: int, radius: int) -> NDArray[Any]: ...
