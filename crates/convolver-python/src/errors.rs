//! Errors of the engine as Python's exceptions; no panic gets through.

use convolver::Error;
use pyo3::exceptions::{PyRuntimeError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The exception for an error of the engine.
pub(crate) fn raised(error: Error) -> PyErr {
    if error.is_type() { PyTypeError::new_err(error.to_string()) } else { PyValueError::new_err(error.to_string()) }
}

pub(crate) fn value_error<T>(message: impl Into<String>) -> PyResult<T> {
    Err(PyValueError::new_err(message.into()))
}

pub(crate) fn type_error<T>(message: impl Into<String>) -> PyResult<T> {
    Err(PyTypeError::new_err(message.into()))
}

/// Does the work of a call. A panic, which would be a mistake of ours, becomes a `RuntimeError` that programs can catch.
pub(crate) fn guarded<T>(work: impl FnOnce() -> PyResult<T>) -> PyResult<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
        Err(PyRuntimeError::new_err(format!(
            "convolver failed in a way it should not; please report this: {}",
            text.unwrap_or("no message")
        )))
    })
}
