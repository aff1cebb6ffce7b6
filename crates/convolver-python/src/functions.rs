//! `convolve`, `correlate`, `einconv`, `explain`: their arguments and what Python says of them.

use crate::arguments::{Argument, Choices, Given};
use crate::arrays::Array;
use crate::call::Request;
use crate::errors::{guarded, raised};
use crate::explanation::Explanation;
use crate::repeated::Arguments;
use convolver::{Conjugate, Mode};
use pyo3::prelude::*;

/// The functions that compute at once, apart in what holds where nothing is given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Function {
    Convolve,
    Correlate,
    Einconv,
}

impl Function {
    /// What holds where nothing is given.
    pub(crate) fn choices(self) -> Choices {
        match self {
            Function::Convolve => Choices::new(Mode::Full, true, Conjugate::Neither),
            Function::Correlate => Choices::new(Mode::Full, false, Conjugate::Kernel),
            Function::Einconv => Choices::new(Mode::Valid, false, Conjugate::Neither),
        }
    }

    /// Runs a call.
    pub(crate) fn run<'py>(
        self,
        operands: [&Bound<'py, PyAny>; 2],
        given: &Given<'_, 'py>,
        out: Argument<'_, 'py>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (py, out) = (operands[0].py(), out.unless_none());
        let arguments = Arguments::new(self, given);
        let [x, k] = Array::operands(operands.map(Bound::as_borrowed))?;
        if let Some(request) = arguments.known(&x, &k) {
            return request.run(&x, &k, out, py);
        }
        // Reading arguments may run code of the caller's, which may change arrays: these are read after that.
        drop((x, k));
        let mut choices = self.choices();
        given.read(&mut choices)?;
        let form = given.form()?;
        let [x, k] = Array::operands(operands.map(Bound::as_borrowed))?;
        let request = Request::find(&x, &k, &form, &choices)?;
        arguments.keep(&x, &k, &request);
        request.run(&x, &k, out, py)
    }
}

/// Convolve ``x`` with ``k``.
///
/// Slides the flipped ``k`` along ``x`` over every axis, or over ``axes``.
///
/// Parameters
/// ----------
/// x : array_like
///     The input. Views of any kind are read in place.
/// k : array_like
///     The kernel: as many dimensions as ``x``, or one per entry of ``axes``
///     (one kernel for everything else). With ``axes`` and as many dimensions
///     as ``x``, the other axes broadcast: a kernel for every row.
/// mode : {"full", "same", "valid", "same_upper", "same_lower", "causal"}
///     Which outputs are computed. "same" has the length of ``x``, centred as
///     in NumPy and SciPy; "same_upper" and "same_lower" are ONNX's; "causal"
///     puts all padding before ``x``. In "valid" with stride and dilation 1, a
///     ``k`` at least as long as ``x`` along every convolved axis changes
///     places with it, as in SciPy.
/// axes : int or tuple of int, optional
///     Axes of ``x`` to convolve; all of them if not given. A ``k`` with as
///     many dimensions as there are ``axes`` has them in the same order.
/// stride, dilation : int or tuple of int
///     Step of the output, and distance between taps; one for all convolved
///     axes or one for each.
/// padding : int, tuple of int or tuple of (low, high), optional
///     Samples added around ``x`` instead of a mode; negative ones are cut
///     off. Not together with ``mode``.
/// boundary : str, tuple of str or tuple of (str, str)
///     What stands outside ``x``: "zero", "constant" (``fill``), "edge",
///     "reflect", "symmetric", "wrap", "antireflect", "antisymmetric",
///     "smooth" or "line".
/// fill : number
///     The value of the boundary "constant".
/// method : str
///     "auto", "measure" (time the candidates once and remember) or the name
///     of an algorithm as `explain` prints it.
/// precision : {"highest", "high", "medium"}
///     How much of float32's precision is insisted on.
/// memory : int or str, optional
///     Ceiling for workspace: bytes, or as in "512MiB".
/// dtype : dtype, optional
///     Type of the result, where it shall be wider than
///     ``numpy.result_type(x, k)``.
/// out : numpy.ndarray, optional
///     Where to write the result: of exactly its shape and type, and apart
///     from the operands in memory.
///
/// Returns
/// -------
/// numpy.ndarray
///     The result, or ``out``.
///
/// Raises
/// ------
/// ValueError
///     If a value, a shape or a size is wrong; arrays without dimensions and
///     convolved axes of length 0 among them. ``out`` is as it was.
/// TypeError
///     If an argument has a wrong type, or the operands one that is not
///     computed with: objects, long doubles, text, dates, records.
///
/// Examples
/// --------
/// >>> import convolver
/// >>> convolver.convolve([1, 2, 3], [0, 1, 5])
/// array([ 0,  1,  7, 13, 15])
/// >>> convolver.convolve([1.0, 2.0, 3.0], [1.0, 1.0, 1.0], "same", boundary="edge")
/// array([4., 6., 8.])
///
/// A minibatch with the images on the last axis, and one kernel for all:
///
/// >>> import numpy
/// >>> images = numpy.ones((5, 4, 3))
/// >>> convolver.convolve(images, numpy.ones((2, 2)), "valid", axes=(0, 1)).shape
/// (4, 3, 3)
#[pyfunction]
#[pyo3(
    signature = (x, k, mode=Argument::MISSING, *, axes=Argument::MISSING, stride=Argument::MISSING,
        dilation=Argument::MISSING, padding=Argument::MISSING, boundary=Argument::MISSING, fill=Argument::MISSING,
        method=Argument::MISSING, precision=Argument::MISSING, memory=Argument::MISSING, dtype=Argument::MISSING,
        out=Argument::MISSING),
    text_signature = "(x, k, mode='full', *, axes=None, stride=1, dilation=1, padding=None, boundary='zero', fill=0, \
        method='auto', precision='highest', memory=None, dtype=None, out=None)"
)]
#[allow(clippy::too_many_arguments, reason = "the public signature")]
pub(crate) fn convolve<'py>(
    x: &Bound<'py, PyAny>,
    k: &Bound<'py, PyAny>,
    mode: Argument<'_, 'py>,
    axes: Argument<'_, 'py>,
    stride: Argument<'_, 'py>,
    dilation: Argument<'_, 'py>,
    padding: Argument<'_, 'py>,
    boundary: Argument<'_, 'py>,
    fill: Argument<'_, 'py>,
    method: Argument<'_, 'py>,
    precision: Argument<'_, 'py>,
    memory: Argument<'_, 'py>,
    dtype: Argument<'_, 'py>,
    out: Argument<'_, 'py>,
) -> PyResult<Bound<'py, PyAny>> {
    let options = Given { axes, mode, stride, dilation, padding, boundary, fill, ..Given::default() };
    let given = Given { method, precision, memory, dtype, ..options };
    guarded(|| Function::Convolve.run([x, k], &given, out))
}

/// Correlate ``x`` with ``k``.
///
/// Slides ``k`` along ``x`` without flipping it, and conjugates it.
///
/// Parameters
/// ----------
/// x, k, mode, axes, stride, dilation, padding, boundary, fill, method, precision, memory, dtype, out
///     As in `convolve`.
/// lags : tuple of int or tuple of (int, int), optional
///     First and last lag wanted of ``mode="full"``, both included; one pair
///     for all convolved axes or one for each. At lag l the kernel starts at
///     sample l of ``x``, as in ``scipy.signal.correlation_lags``. Only these
///     lags are computed, every ``stride``-th of them.
///
/// Returns
/// -------
/// numpy.ndarray
///     The result, or ``out``.
///
/// Raises
/// ------
/// ValueError, TypeError
///     As `convolve`.
///
/// Examples
/// --------
/// >>> import numpy, convolver
/// >>> convolver.correlate(numpy.arange(10), numpy.arange(5), "valid")
/// array([30, 40, 50, 60, 70, 80])
/// >>> convolver.correlate(numpy.arange(10), numpy.arange(5), "valid", stride=5)
/// array([30, 80])
///
/// The lags from -1 to 1 alone, of the nine that two signals of length 5 have:
///
/// >>> convolver.correlate(numpy.arange(5), numpy.arange(5), lags=(-1, 1))
/// array([20, 30, 20])
#[pyfunction]
#[pyo3(
    signature = (x, k, mode=Argument::MISSING, *, axes=Argument::MISSING, stride=Argument::MISSING,
        dilation=Argument::MISSING, padding=Argument::MISSING, boundary=Argument::MISSING, fill=Argument::MISSING,
        method=Argument::MISSING, precision=Argument::MISSING, memory=Argument::MISSING, dtype=Argument::MISSING,
        out=Argument::MISSING, lags=Argument::MISSING),
    text_signature = "(x, k, mode='full', *, axes=None, stride=1, dilation=1, padding=None, boundary='zero', fill=0, \
        method='auto', precision='highest', memory=None, dtype=None, out=None, lags=None)"
)]
#[allow(clippy::too_many_arguments, reason = "the public signature")]
pub(crate) fn correlate<'py>(
    x: &Bound<'py, PyAny>,
    k: &Bound<'py, PyAny>,
    mode: Argument<'_, 'py>,
    axes: Argument<'_, 'py>,
    stride: Argument<'_, 'py>,
    dilation: Argument<'_, 'py>,
    padding: Argument<'_, 'py>,
    boundary: Argument<'_, 'py>,
    fill: Argument<'_, 'py>,
    method: Argument<'_, 'py>,
    precision: Argument<'_, 'py>,
    memory: Argument<'_, 'py>,
    dtype: Argument<'_, 'py>,
    out: Argument<'_, 'py>,
    lags: Argument<'_, 'py>,
) -> PyResult<Bound<'py, PyAny>> {
    let options = Given { axes, mode, stride, dilation, padding, boundary, fill, lags, ..Given::default() };
    let given = Given { method, precision, memory, dtype, ..options };
    guarded(|| Function::Correlate.run([x, k], &given, out))
}

/// Convolve arrays whose axes are named in one line.
///
/// Parameters
/// ----------
/// spec : str
///     The axes of ``x``, ``k`` and the result, as in
///     ``"n c [y x], o c [y x] -> n o [y x]"``. Brackets mark the convolved
///     axes. A name in ``x`` and the result is a batch; in all three a kernel
///     per row; in ``x`` and ``k``, or in one of them alone, summed; in ``k``
///     and the result a bank of kernels. ``(g c)`` splits an axis, ``...``
///     stands for any leading axes of ``x`` and the result.
/// x, k : array_like
///     Input and kernel.
/// sizes : dict of str to int, optional
///     Lengths of names that the shapes leave open.
/// flip : bool
///     Convolve instead of correlating. Nothing is conjugated either way.
/// mode, stride, dilation, padding, boundary, fill, method, precision, memory, dtype, out
///     As in `convolve`, per convolved axis in the order of the brackets. A
///     kernel longer than the padded ``x`` is an error.
///
/// Returns
/// -------
/// numpy.ndarray
///     The result, or ``out``.
///
/// Raises
/// ------
/// ValueError, TypeError
///     As `convolve`; and if ``spec`` does not fit the operands.
///
/// Examples
/// --------
/// >>> import numpy, convolver
/// >>> x = numpy.arange(16).reshape(2, 2, 4)
/// >>> k = numpy.arange(8).reshape(2, 2, 2)
/// >>> convolver.einconv("n c [t], o c [t] -> n o [t]", x, k, stride=2)
/// array([[[ 24,  36],
///         [ 64, 108]],
/// <BLANKLINE>
///        [[ 72,  84],
///         [240, 284]]])
#[pyfunction]
#[pyo3(
    signature = (spec, x, k, *, sizes=Argument::MISSING, flip=Argument::MISSING, mode=Argument::MISSING,
        stride=Argument::MISSING, dilation=Argument::MISSING, padding=Argument::MISSING, boundary=Argument::MISSING,
        fill=Argument::MISSING, method=Argument::MISSING, precision=Argument::MISSING, memory=Argument::MISSING,
        dtype=Argument::MISSING, out=Argument::MISSING),
    text_signature = "(spec, x, k, *, sizes=None, flip=False, mode='valid', stride=1, dilation=1, padding=None, \
        boundary='zero', fill=0, method='auto', precision='highest', memory=None, dtype=None, out=None)"
)]
#[allow(clippy::too_many_arguments, reason = "the public signature")]
pub(crate) fn einconv<'py>(
    spec: &Bound<'py, PyAny>,
    x: &Bound<'py, PyAny>,
    k: &Bound<'py, PyAny>,
    sizes: Argument<'_, 'py>,
    flip: Argument<'_, 'py>,
    mode: Argument<'_, 'py>,
    stride: Argument<'_, 'py>,
    dilation: Argument<'_, 'py>,
    padding: Argument<'_, 'py>,
    boundary: Argument<'_, 'py>,
    fill: Argument<'_, 'py>,
    method: Argument<'_, 'py>,
    precision: Argument<'_, 'py>,
    memory: Argument<'_, 'py>,
    dtype: Argument<'_, 'py>,
    out: Argument<'_, 'py>,
) -> PyResult<Bound<'py, PyAny>> {
    let spec = Argument::of(spec);
    let options = Given { spec, sizes, flip, mode, stride, dilation, padding, boundary, fill, ..Given::default() };
    let given = Given { method, precision, memory, dtype, ..options };
    guarded(|| Function::Einconv.run([x, k], &given, out))
}

/// Say how a call of `convolve` would be computed, without computing it.
///
/// Parameters
/// ----------
/// x, k, mode, axes, stride, dilation, padding, boundary, fill, method, precision, memory, dtype
///     As in `convolve`.
///
/// Returns
/// -------
/// Explanation
///     A table of every algorithm's predicted time and workspace, or why it
///     was refused; the choice is marked. ``candidates`` has the same as data.
///
/// Raises
/// ------
/// ValueError, TypeError
///     As `convolve`.
///
/// Examples
/// --------
/// >>> import numpy, convolver
/// >>> explanation = convolver.explain(numpy.ones(1000), numpy.ones(5))
/// >>> [candidate.name for candidate in explanation.candidates if candidate.chosen]
/// ['direct']
#[pyfunction]
#[pyo3(
    signature = (x, k, mode=Argument::MISSING, *, axes=Argument::MISSING, stride=Argument::MISSING,
        dilation=Argument::MISSING, padding=Argument::MISSING, boundary=Argument::MISSING, fill=Argument::MISSING,
        method=Argument::MISSING, precision=Argument::MISSING, memory=Argument::MISSING, dtype=Argument::MISSING),
    text_signature = "(x, k, mode='full', *, axes=None, stride=1, dilation=1, padding=None, boundary='zero', fill=0, \
        method='auto', precision='highest', memory=None, dtype=None)"
)]
#[allow(clippy::too_many_arguments, reason = "the public signature")]
pub(crate) fn explain<'py>(
    x: &Bound<'py, PyAny>,
    k: &Bound<'py, PyAny>,
    mode: Argument<'_, 'py>,
    axes: Argument<'_, 'py>,
    stride: Argument<'_, 'py>,
    dilation: Argument<'_, 'py>,
    padding: Argument<'_, 'py>,
    boundary: Argument<'_, 'py>,
    fill: Argument<'_, 'py>,
    method: Argument<'_, 'py>,
    precision: Argument<'_, 'py>,
    memory: Argument<'_, 'py>,
    dtype: Argument<'_, 'py>,
) -> PyResult<Explanation> {
    let options = Given { axes, mode, stride, dilation, padding, boundary, fill, ..Given::default() };
    let given = Given { method, precision, memory, dtype, ..options };
    guarded(|| {
        let mut choices = Function::Convolve.choices();
        given.read(&mut choices)?;
        let form = given.form()?;
        let [x, k] = Array::operands([x.as_borrowed(), k.as_borrowed()])?;
        let request = Request::find(&x, &k, &form, &choices)?;
        let (_, kernel) = request.operands(&x, &k);
        Ok(Explanation::from(request.plan(&kernel).map_err(raised)?.explain()))
    })
}
