"""`convolve`, `correlate` and `einconv` against NumPy, SciPy and `numpy.pad`."""

import itertools

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import signal

import convolver

MODES = ["full", "same", "valid"]
LENGTHS = list(itertools.product([1, 2, 5, 8], [1, 2, 3, 4, 9]))


def reference(x: np.ndarray, k: np.ndarray, padding: list[tuple[int, int]], **pad: object) -> np.ndarray:
    """Correlate a padded array, tap by tap."""
    extended = np.pad(x, [(max(low, 0), max(high, 0)) for low, high in padding], **pad)  # type: ignore[call-overload]
    cut = [slice(max(-low, 0), n - max(-high, 0)) for (low, high), n in zip(padding, extended.shape, strict=True)]
    windows = np.lib.stride_tricks.sliding_window_view(extended[tuple(cut)], k.shape)
    return np.einsum(windows, list(range(2 * x.ndim)), k, list(range(x.ndim, 2 * x.ndim)), list(range(x.ndim)))


@pytest.mark.parametrize(("n", "m"), LENGTHS)
@pytest.mark.parametrize("mode", MODES)
def test_one_axis_as_scipy(n: int, m: int, mode: str, random: np.random.Generator) -> None:
    x, k = random.integers(-9, 9, n), random.integers(-9, 9, m)
    for ours, theirs in [(convolver.convolve, signal.convolve), (convolver.correlate, signal.correlate)]:
        assert_array_equal(ours(x, k, mode), theirs(x, k, mode, method="direct"))


@pytest.mark.parametrize(("n", "m"), [(n, m) for n, m in LENGTHS if n >= m])
@pytest.mark.parametrize("mode", MODES)
def test_one_axis_as_numpy(n: int, m: int, mode: str, random: np.random.Generator) -> None:
    x, k = random.integers(-9, 9, n), random.integers(-9, 9, m)
    assert_array_equal(convolver.convolve(x, k, mode), np.convolve(x, k, mode))
    assert_array_equal(convolver.correlate(x, k, "valid"), np.correlate(x, k, "valid"))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("shapes", [((5, 6), (2, 3)), ((4, 4), (4, 1)), ((3, 4, 5), (1, 2, 3))])
def test_many_axes_as_scipy(mode: str, shapes: tuple[tuple[int, ...], ...], random: np.random.Generator) -> None:
    x, k = (random.integers(-9, 9, shape) for shape in shapes)
    assert_array_equal(convolver.convolve(x, k, mode), signal.convolve(x, k, mode, method="direct"))
    assert_array_equal(convolver.correlate(x, k, mode), signal.correlate(x, k, mode, method="direct"))


def test_correlate_conjugates_k(random: np.random.Generator) -> None:
    x, k = (random.random(n) + 1j * random.random(n) for n in (7, 3))
    for mode in MODES:
        assert_allclose(convolver.correlate(x, k, mode), signal.correlate(x, k, mode))
        assert_allclose(convolver.correlate(k, x, mode), signal.correlate(k, x, mode)[: None if mode != "same" else 3])
        assert_allclose(convolver.convolve(x, k, mode), signal.convolve(x, k, mode))
    assert_allclose(convolver.einconv("[t], [t] -> [t]", x, k), signal.correlate(x, k.conj(), "valid"))


@pytest.mark.parametrize("stride", [1, 2, 3, 20])
def test_stride_takes_every_nth(stride: int, random: np.random.Generator) -> None:
    x, k = random.integers(-9, 9, (9, 8)), random.integers(-9, 9, (3, 2))
    for mode in MODES:
        step = slice(None, None, stride)
        whole = convolver.convolve(x, k, mode)
        assert_array_equal(convolver.convolve(x, k, mode, stride=stride), whole[step, step])
        assert_array_equal(convolver.convolve(x, k, mode, stride=(1, stride)), whole[:, step])


def test_same_with_stride_has_the_ceiling_of_lengths() -> None:
    for mode in ["same", "same_upper", "same_lower", "causal"]:
        assert convolver.convolve(np.ones(7), np.ones(4), mode, stride=3).shape == (3,)


def test_onnx_and_causal_modes(random: np.random.Generator) -> None:
    x, k = random.integers(-9, 9, 7), random.integers(-9, 9, 4)
    assert_array_equal(convolver.correlate(x, k, "same_upper"), reference(x, k, [(1, 2)]))
    assert_array_equal(convolver.correlate(x, k, "same_lower"), reference(x, k, [(2, 1)]))
    assert_array_equal(convolver.correlate(x, k, "causal"), reference(x, k, [(3, 0)]))


def test_dilation(random: np.random.Generator) -> None:
    x, k = random.integers(-9, 9, 12), random.integers(-9, 9, 3)
    spread = np.zeros(7, int)
    spread[::3] = k
    for mode in MODES:
        assert_array_equal(convolver.convolve(x, k, mode, dilation=3), convolver.convolve(x, spread, mode))


def test_longer_kernel_keeps_same_the_size_of_x() -> None:
    assert convolver.convolve(np.ones(3), np.ones(8), "same").shape == (3,)
    assert convolver.convolve(np.ones(3), np.ones(8), "valid").shape == (6,)


@pytest.mark.parametrize("padding", [0, 2, -1, (1, 2), ((0, 3), (2, -1)), [[1, 1], [0, 0]], np.array([1, 2])])
def test_padding(padding: object, random: np.random.Generator) -> None:
    x, k = random.integers(-9, 9, (6, 7)), random.integers(-9, 9, (2, 3))
    flat = np.asarray(padding)
    pairs = np.broadcast_to(flat[..., None] if flat.ndim < 2 else flat, (2, 2)).tolist()
    assert_array_equal(convolver.correlate(x, k, padding=padding), reference(x, k, [tuple(pair) for pair in pairs]))


@pytest.mark.parametrize("boundary", ["edge", "reflect", "symmetric", "wrap"])
@pytest.mark.parametrize("taps", [1, 2, 3, 12])
def test_boundaries_as_numpy_pad(boundary: str, taps: int, random: np.random.Generator) -> None:
    x, k = random.integers(-9, 9, (4, 5)), random.integers(-9, 9, (2, taps))
    pads = [(length - 1, length - 1) for length in k.shape]
    assert_array_equal(convolver.correlate(x, k, "full", boundary=boundary), reference(x, k, pads, mode=boundary))


def test_boundary_forms(random: np.random.Generator) -> None:
    x, k = random.integers(-9, 9, (4, 5)), random.integers(-9, 9, (3, 3))
    rows = np.pad(x, ((2, 2), (0, 0)), mode="edge")
    expected = reference(np.pad(rows, ((0, 0), (2, 2)), mode="wrap"), k, [(0, 0), (0, 0)])
    assert_array_equal(convolver.correlate(x, k, boundary=("edge", "wrap")), expected)
    assert_array_equal(convolver.correlate(x, k, boundary=[("edge", "edge"), ("wrap", "wrap")]), expected)
    constant = reference(x, k, [(2, 2), (2, 2)], mode="constant", constant_values=7)
    assert_array_equal(convolver.correlate(x, k, boundary="constant", fill=7), constant)
    assert_array_equal(convolver.correlate(x, k, boundary="constant", fill=np.float32(7)), constant)


def test_one_kernel_for_a_minibatch(random: np.random.Generator) -> None:
    x, k = random.random((6, 5, 3)), random.random((2, 3))
    y = convolver.convolve(x, k, "same", axes=(0, 1))
    for i in range(3):
        assert_allclose(y[..., i], signal.convolve(x[..., i], k, "same"), atol=1e-14)
    z = convolver.convolve(np.moveaxis(x, -1, 0), k, "same", axes=(-2, -1))
    assert_array_equal(np.moveaxis(z, 0, -1), y)


def test_axes_in_the_kernels_order(random: np.random.Generator) -> None:
    x, k = random.integers(-9, 9, (6, 5)), random.integers(-9, 9, (2, 3))
    assert_array_equal(convolver.convolve(x, k.T, axes=(1, 0)).shape, (7, 7))
    assert_array_equal(convolver.correlate(x, k, axes=(1, 0)), convolver.correlate(x.T, k).T)


def test_batch_broadcasts(random: np.random.Generator) -> None:
    x, k = random.integers(-9, 9, (1, 4, 7)), random.integers(-9, 9, (3, 1, 2))
    y = convolver.convolve(x, k, "same", axes=-1)
    assert y.shape == (3, 4, 7)
    for i, j in itertools.product(range(3), range(4)):
        assert_array_equal(y[i, j], np.convolve(x[0, j], k[i, 0])[:7])


def test_empty_batch_gives_an_empty_result() -> None:
    assert convolver.convolve(np.ones((0, 5)), np.ones(3), "valid", axes=1).shape == (0, 3)
    assert convolver.einconv("n c [t], o c [t] -> n o [t]", np.ones((0, 2, 5)), np.ones((3, 2, 2))).shape == (0, 3, 4)


def test_einconv_roles(random: np.random.Generator) -> None:
    x, k = random.integers(-9, 9, (2, 6, 5, 4)), random.integers(-9, 9, (4, 3, 2, 2))
    y = convolver.einconv("n (g c) [y x], (g o) c [y x] -> n (g o) [y x]", x, k, sizes={"g": 2})
    for n, o in itertools.product(range(2), range(4)):
        group = x[n, 3 * (o // 2) : 3 * (o // 2) + 3]
        assert_array_equal(y[n, o], signal.correlate(group, k[o], "valid")[0])


def test_einconv_flips(random: np.random.Generator) -> None:
    x, k = random.integers(-9, 9, 7), random.integers(-9, 9, 3)
    assert_array_equal(convolver.einconv("[t], [t] -> [t]", x, k, flip=True, mode="full"), np.convolve(x, k))


def test_out_is_returned(random: np.random.Generator) -> None:
    x, k = random.integers(-9, 9, (3, 7)), random.integers(-9, 9, 3)
    expected = convolver.convolve(x, k, axes=1)
    plain, strided = np.empty((3, 9), int), np.empty((9, 2, 3), int)[::-1, 0].T
    swapped = np.empty((3, 9), np.dtype(int).newbyteorder())
    for out in (plain, strided, swapped):
        assert convolver.convolve(x, k, axes=1, out=out) is out
        assert_array_equal(out, expected)
    reversed_output = np.empty(2, int)
    convolver.correlate([1, 2], [1, 2, 3], "valid", out=reversed_output)
    assert_array_equal(reversed_output, signal.correlate([1, 2], [1, 2, 3], "valid"))


def test_nan_touches_its_window_only() -> None:
    x = np.ones(9)
    x[4] = np.nan
    assert_array_equal(np.isnan(convolver.convolve(x, [1.0, 0.0], "same")), np.isin(np.arange(9), [4, 5]))


def test_methods_precisions_and_memory() -> None:
    x, k = np.arange(8.0), np.ones(3)
    expected = np.convolve(x, k)
    for options in [
        {"method": "direct"},
        {"method": "measure"},
        {"precision": "medium"},
        {"memory": "1GiB"},
        {"memory": " 1.5 mb "},
        {"memory": 2**30},
        {"memory": None},
        {"axes": None, "padding": None, "dtype": None, "out": None},
        {"stride": np.int64(1), "dilation": np.array(1)},
    ]:
        assert_array_equal(convolver.convolve(x, k, **options), expected)
    mode = "".join(["fu", "ll"])
    assert_array_equal(convolver.convolve(x, k, mode), expected)


def test_explain() -> None:
    explanation = convolver.explain(np.ones((40, 50)), np.ones((3, 4)), "same")
    names = [candidate.name for candidate in explanation.candidates]
    assert names == [
        "direct",
        "matrix",
        "pieces",
        "winograd",
        "polyphase",
        "separable",
        "running-sums",
        "sparse",
        "overlap-save",
    ]
    assert sum(candidate.chosen for candidate in explanation.candidates) == 1
    for candidate in explanation.candidates:
        assert (candidate.refusal is None) == (candidate.seconds is not None) == (candidate.workspace_bytes is not None)
        assert candidate.name in repr(candidate)
        assert candidate.name in repr(explanation)
        assert candidate.name in explanation._repr_html_()
    assert explanation._repr_html_().startswith("<table>")
    assert "-&gt;" in explanation._repr_html_()


def test_machine(capsys: pytest.CaptureFixture[str]) -> None:
    machine = convolver.machine()
    assert machine.instruction_set in machine.instruction_sets
    assert "portable" in machine.instruction_sets
    assert machine.cores >= 1
    assert machine.threads == convolver.get_num_threads()
    assert machine.instruction_set in repr(machine)
    convolver.show_config()
    assert convolver.__version__ in capsys.readouterr().out
