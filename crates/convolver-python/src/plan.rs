//! `plan`: all that depends on shapes and kernel, done once.

use crate::arguments::{self, Argument, Given};
use crate::arrays::Array;
use crate::call::{Cast, Key, Output, Shaped};
use crate::errors::{guarded, raised, type_error, value_error};
use crate::explanation::Explanation;
use crate::functions::Function;
use crate::words::type_name;
use convolver::front::Arranged;
use convolver::plan::{PreparedPlan, cached_for};
use convolver::{Dims, ElementType};
use pyo3::prelude::*;
use std::sync::Arc;

/// A planned convolution with its kernel; call it with any number of inputs, from any thread.
///
/// Made by `plan`.
///
/// Attributes
/// ----------
/// algorithm : str
///     Name of the chosen algorithm.
/// workspace_bytes : int
///     Memory beside the operands while it runs.
#[pyclass(module = "convolver", frozen)]
pub(crate) struct Plan {
    plan: Arc<convolver::Plan>,
    prepared: PreparedPlan,
    input: Cast,
    output: Output,
    shape: Dims<usize>,
    element: ElementType,
}

#[pymethods]
impl Plan {
    /// Compute one input.
    ///
    /// Parameters
    /// ----------
    /// x : array_like
    ///     Of the shape and type that was planned.
    /// out : numpy.ndarray, optional
    ///     Where to write the result.
    ///
    /// Returns
    /// -------
    /// numpy.ndarray
    ///     The result, or ``out``.
    ///
    /// Raises
    /// ------
    /// ValueError
    ///     If ``x`` or ``out`` has another shape.
    /// TypeError
    ///     If ``x`` or ``out`` has another type.
    #[pyo3(signature = (x, out=None))]
    fn __call__<'py>(&self, x: &Bound<'py, PyAny>, out: Option<&Bound<'py, PyAny>>) -> PyResult<Bound<'py, PyAny>> {
        guarded(|| {
            let py = x.py();
            let x = Array::operand("x", x.as_borrowed())?;
            if x.element != self.element {
                return type_error(format!("x has elements of type {}, but {} was planned", x.element, self.element));
            }
            if x.shape() != &self.shape[..] {
                return value_error(format!("x has shape {:?}, but {:?} was planned", x.shape(), &self.shape[..]));
            }
            let target = self.output.target(py, out.map(Bound::as_borrowed), &[("x", &x)])?;
            let input = self.input.view(&x);
            // SAFETY: made or checked just now, and this is its only view.
            let output = unsafe { self.output.view_mut(&target) };
            let result = if self.plan.is_long() {
                py.detach(|| self.prepared.run(&input, output))
            } else {
                self.prepared.run(&input, output)
            };
            result.map_err(raised)?;
            Ok(target.into_object())
        })
    }

    /// Name of the chosen algorithm.
    #[getter]
    fn algorithm(&self) -> &'static str {
        self.plan.algorithm()
    }

    /// Memory beside the operands while the plan runs, with every core at work.
    #[getter]
    fn workspace_bytes(&self) -> usize {
        self.plan.workspace_bytes()
    }

    /// Return the largest absolute error of an output for inputs of magnitude ``x_max`` at most.
    ///
    /// Parameters
    /// ----------
    /// x_max : float
    ///     The largest magnitude of a sample, and of the fill if there is one.
    ///
    /// Returns
    /// -------
    /// float
    ///     The bound; 0 for integers and truth values.
    ///
    /// Raises
    /// ------
    /// ValueError
    ///     If ``x_max`` is negative or not a number.
    /// TypeError
    ///     If it is no real number.
    fn error_bound(&self, x_max: &Bound<'_, PyAny>) -> PyResult<f64> {
        guarded(|| match x_max.extract::<f64>() {
            Ok(largest) if largest >= 0.0 => Ok(self.prepared.error_bound(largest)),
            Ok(largest) => value_error(format!("x_max is {largest}; a magnitude is at least 0")),
            Err(_) => type_error(format!("x_max must be a real number, not {}", type_name(x_max.as_borrowed()))),
        })
    }

    /// Say why the plan is as it is.
    ///
    /// Returns
    /// -------
    /// Explanation
    ///     Every algorithm's predicted time and workspace, or why it was
    ///     refused.
    fn explain(&self) -> Explanation {
        self.plan.explain().into()
    }

    fn __repr__(&self) -> String {
        format!("<convolver.Plan: {} by {}>", self.plan.problem(), self.plan.algorithm())
    }
}

/// Plan a convolution of many inputs with one kernel.
///
/// Parameters
/// ----------
/// spec : str
///     The axes, as in `einconv`.
/// x_shape : tuple of int
///     Shape of the inputs.
/// k : array_like
///     The kernel. The plan keeps its values.
/// dtype : dtype, optional
///     Type of the inputs; that of ``k`` if not given. The results have
///     ``numpy.result_type`` of both.
/// sizes, flip, mode, stride, dilation, padding, boundary, fill, method, precision, memory
///     As in `einconv`.
///
/// Returns
/// -------
/// Plan
///     To be called with inputs.
///
/// Raises
/// ------
/// ValueError, TypeError
///     As `einconv`.
///
/// Examples
/// --------
/// >>> import numpy, convolver
/// >>> p = convolver.plan("n [t], [t] -> n [t]", (2, 5), numpy.array([1.0, 1.0]))
/// >>> p(numpy.arange(10.0).reshape(2, 5))
/// array([[ 1.,  3.,  5.,  7.],
///        [11., 13., 15., 17.]])
/// >>> p.algorithm
/// 'direct'
/// >>> p.error_bound(9.0) < 1e-13
/// True
#[pyfunction]
#[pyo3(
    signature = (spec, x_shape, k, *, dtype=Argument::MISSING, sizes=Argument::MISSING, flip=Argument::MISSING,
        mode=Argument::MISSING, stride=Argument::MISSING, dilation=Argument::MISSING, padding=Argument::MISSING,
        boundary=Argument::MISSING, fill=Argument::MISSING, method=Argument::MISSING, precision=Argument::MISSING,
        memory=Argument::MISSING),
    text_signature = "(spec, x_shape, k, *, dtype=None, sizes=None, flip=False, mode='valid', stride=1, dilation=1, \
        padding=None, boundary='zero', fill=0, method='auto', precision='highest', memory=None)"
)]
#[allow(clippy::too_many_arguments, reason = "the public signature")]
pub(crate) fn plan<'py>(
    spec: &Bound<'py, PyAny>,
    x_shape: &Bound<'py, PyAny>,
    k: &Bound<'py, PyAny>,
    dtype: Argument<'_, 'py>,
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
) -> PyResult<Plan> {
    let spec = Argument::of(spec);
    let options = Given { spec, sizes, flip, mode, stride, dilation, padding, boundary, fill, ..Given::default() };
    let given = Given { method, precision, memory, ..options };
    guarded(|| {
        let mut choices = Function::Einconv.choices();
        given.read(&mut choices)?;
        let form = given.form()?;
        let shape = Dims::from_vec(arguments::shape("x_shape", x_shape.as_borrowed())?);
        let wanted = dtype.unless_none().map(|object| arguments::element("dtype", object)).transpose()?;
        let k = Array::operand("k", k.as_borrowed())?;
        let element = wanted.unwrap_or(k.element);
        let key = Key { x: Shaped { shape, element }, k: Shaped::of(&k), form, choices };
        let arranged = key.arrange().map_err(raised)?;
        let output = Output::of(x_shape.py(), &arranged)?;
        let Arranged { problem, input, kernel, .. } = arranged;
        let kernel = Cast::new(kernel, key.k.shape.len(), problem.kernel_shape());
        let kernel = kernel.view(&k);
        let plan = cached_for(&problem, &kernel, &key.choices.method, key.choices.memory).map_err(raised)?;
        let prepared = plan.prepare(&kernel).map_err(raised)?;
        let input = Cast::new(input, key.x.shape.len(), problem.input_shape());
        Ok(Plan { plan, prepared, input, output, shape: key.x.shape, element })
    })
}
