//! What the faces of other libraries need beside the public functions: layers, filters, folding.
//!
//! Private to `convolver`: the modules in Python that call these say what is wrong with users' arguments.

use crate::arguments::{self, Argument, Given};
use crate::arrays::{Array, Fresh};
use crate::errors::{guarded, raised};
use crate::functions::Function;
use crate::words::BOUNDARIES;
use convolver::filter::{Combine, Filter, Pass, combine, gaussian_weights};
use convolver::fold::{Windows, fold};
use convolver::problem::Sample;
use convolver::{ElementType, Fill, Owned};
use pyo3::prelude::*;

/// `einconv` with what layers say besides: how many `groups` the axis named g has, how far apart (`spread`) the samples of
/// the input stand with zeros between them, which operand is conjugated.
#[pyfunction(name = "_einconv")]
#[pyo3(signature = (spec, x, k, *, groups=Argument::MISSING, spread=Argument::MISSING, conjugate=Argument::MISSING,
    flip=Argument::MISSING, mode=Argument::MISSING, stride=Argument::MISSING, dilation=Argument::MISSING,
    padding=Argument::MISSING, boundary=Argument::MISSING, fill=Argument::MISSING, method=Argument::MISSING,
    precision=Argument::MISSING, memory=Argument::MISSING, dtype=Argument::MISSING, out=Argument::MISSING))]
#[allow(clippy::too_many_arguments, reason = "the arguments of einconv")]
pub(crate) fn layer<'py>(
    spec: &Bound<'py, PyAny>,
    x: &Bound<'py, PyAny>,
    k: &Bound<'py, PyAny>,
    groups: Argument<'_, 'py>,
    spread: Argument<'_, 'py>,
    conjugate: Argument<'_, 'py>,
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
    let layer = Given { spec: Argument::of(spec), groups, spread, conjugate, flip, ..Given::default() };
    let options = Given { mode, stride, dilation, padding, boundary, fill, ..layer };
    let given = Given { method, precision, memory, dtype, ..options };
    guarded(|| Function::Einconv.run([x, k], &given, out))
}

/// What stands in the places before and after an axis of ``length`` samples, as ``(place, sample, weight)``: the sample at
/// ``place``, counted from the first one that was added, is the sum of samples of the axis times their weights.
#[pyfunction(name = "_edges")]
pub(crate) fn edges(
    length: usize,
    sides: (usize, usize),
    boundary: (Bound<'_, PyAny>, Bound<'_, PyAny>),
) -> PyResult<Vec<(usize, usize, f64)>> {
    guarded(|| {
        let (before, after) = (&boundary.0, &boundary.1);
        let [before, after] = [before, after].map(|word| BOUNDARIES.read("boundary", word.as_borrowed()));
        let (before, after) = (before?, after?);
        let low = sides.0 as isize;
        let places = (-low..0).chain((0..sides.1).map(|past| (length + past) as isize));
        let weights = |at: isize| {
            let place = (at + low) as usize;
            let terms: Vec<_> = match (if at < 0 { before } else { after }).sample(at, length) {
                Sample::At(sample) => vec![(place, sample, 1.0)],
                Sample::Mix(terms) => terms.into_iter().map(|(sample, weight)| (place, sample, weight)).collect(),
                Sample::Zero | Sample::Fill => Vec::new(),
            };
            terms
        };
        Ok(places.flat_map(weights).collect())
    })
}

/// A pass of a filter: axes, weights, flip, low, boundary, divisor.
type Written<'py> = (Vec<usize>, Bound<'py, PyAny>, bool, Vec<usize>, Vec<Bound<'py, PyAny>>, f64);

fn read<'a>((written, kernel): (&Written<'_>, &'a Array<'_>)) -> PyResult<Pass<'a>> {
    let (axes, _, flip, low, boundary, divisor) = written;
    let boundary = boundary.iter().map(|word| BOUNDARIES.read("mode", word.as_borrowed()));
    Ok(Pass {
        axes: axes.clone(),
        kernel: kernel.view(),
        flip: *flip,
        low: low.clone(),
        boundary: boundary.collect::<PyResult<_>>()?,
        divisor: *divisor,
    })
}

/// Filters ``x`` into ``output``, which may share memory with it.
#[pyfunction(name = "_filter")]
#[pyo3(signature = (x, terms, output, *, magnitude=false, fill=Argument::MISSING))]
pub(crate) fn filter<'py>(
    x: &Bound<'py, PyAny>,
    terms: Vec<Vec<Written<'py>>>,
    output: &Bound<'py, PyAny>,
    magnitude: bool,
    fill: Argument<'_, 'py>,
) -> PyResult<()> {
    guarded(|| {
        let py = x.py();
        let weights = terms
            .iter()
            .map(|term| term.iter().map(|pass| Array::operand("weights", pass.1.as_borrowed())).collect())
            .collect::<PyResult<Vec<Vec<_>>>>()?;
        let passes = terms.iter().zip(&weights).map(|(term, weights)| term.iter().zip(weights).map(read).collect());
        let filter = Filter {
            terms: passes.collect::<PyResult<_>>()?,
            combine: if magnitude { Combine::Magnitude } else { Combine::Sum },
            fill: fill.object().map_or(Ok(Fill::ZERO), arguments::fill)?,
        };
        let x = Array::operand("input", x.as_borrowed())?;
        let target = Array::operand("output", output.as_borrowed())?;
        let (element, shape) = (target.element, target.shape());
        let kernels = weights.iter().flatten().map(|kernel| ("weights", kernel));
        let operands: Vec<_> = std::iter::once(("input", &x)).chain(kernels).collect();
        if target.overlapped(&operands).is_some() {
            let mut result = Owned::zeros(element, shape);
            let (input, sums) = (x.view(), result.view_mut());
            py.detach(|| filter.run(&input, sums)).map_err(raised)?;
            let target = Array::output(output.as_borrowed(), element, shape, &[])?;
            // SAFETY: checked just now, and no other view of it is used any more.
            combine(&[result.view()], Combine::Sum, 1.0, unsafe { target.view_mut() });
            return Ok(());
        }
        let target = Array::output(output.as_borrowed(), element, shape, &operands)?;
        // SAFETY: checked just now, and this is its only view.
        let out = unsafe { target.view_mut() };
        let input = x.view();
        py.detach(|| filter.run(&input, out)).map_err(raised)
    })
}

/// Samples of a Gaussian's derivative, float64.
#[pyfunction(name = "_gaussian_weights")]
pub(crate) fn weights(py: Python<'_>, sigma: f64, order: usize, radius: usize) -> PyResult<Bound<'_, PyAny>> {
    guarded(|| {
        let weights = gaussian_weights(sigma, order, radius).map_err(raised)?;
        let fresh = Fresh::of(py, ElementType::F64, &[weights.len()])?;
        let array = fresh.array(py)?;
        // SAFETY: made just now, and this is its only view.
        unsafe { fresh.view_mut(&array, &fresh.shape, &fresh.strides) }.write(&[0], 0, &weights);
        Ok(array)
    })
}

/// Adds the windows in ``x``, whose axes are batch, taps and positions, to an array of batch and ``places``.
#[pyfunction(name = "_fold")]
pub(crate) fn folded<'py>(
    x: &Bound<'py, PyAny>,
    places: Vec<usize>,
    stride: Vec<usize>,
    dilation: Vec<usize>,
    low: Vec<isize>,
    dtype: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    guarded(|| {
        let py = x.py();
        let x = Array::operand("x", x.as_borrowed())?;
        let windows: Vec<_> = (0..places.len())
            .map(|axis| Windows { stride: stride[axis], dilation: dilation[axis], low: low[axis] })
            .collect();
        let batch = x.shape().len().saturating_sub(2 * places.len());
        let shape: Vec<usize> = x.shape()[..batch].iter().chain(&places).copied().collect();
        let fresh = Fresh::of(py, arguments::element("dtype", dtype.as_borrowed())?, &shape)?;
        let array = fresh.array(py)?;
        // SAFETY: made just now, and this is its only view.
        let (input, out) = (x.view(), unsafe { fresh.view_mut(&array, &fresh.shape, &fresh.strides) });
        py.detach(|| fold(&input, &windows, out)).map_err(raised)?;
        Ok(array)
    })
}
