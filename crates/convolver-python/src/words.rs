//! Words that choose among a few: modes, boundaries, precisions.
//!
//! A word written in a program is interned, so its address tells which it is; other strings are compared by text.

use crate::errors::{type_error, value_error};
use convolver::{Boundary, Conjugate, Mode, Precision};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyString;

/// The words of one argument.
pub(crate) struct Words<T: 'static> {
    values: &'static [T],
    name: fn(T) -> &'static str,
    interned: PyOnceLock<Vec<Py<PyString>>>,
}

pub(crate) static MODES: Words<Mode> = Words::new(Mode::ALL, Mode::name);
pub(crate) static BOUNDARIES: Words<Boundary> = Words::new(Boundary::ALL, Boundary::name);
pub(crate) static CONJUGATES: Words<Conjugate> = Words::new(Conjugate::ALL, Conjugate::name);
pub(crate) static PRECISIONS: Words<Precision> = Words::new(Precision::ALL, Precision::name);

impl<T: Copy> Words<T> {
    const fn new(values: &'static [T], name: fn(T) -> &'static str) -> Self {
        Words { values, name, interned: PyOnceLock::new() }
    }

    /// The value that a Python string names.
    pub(crate) fn read(&self, argument: &str, object: Borrowed<'_, '_, PyAny>) -> PyResult<T> {
        let py = object.py();
        let interned = self.interned.get_or_init(py, || {
            self.values.iter().map(|&value| PyString::intern(py, (self.name)(value)).unbind()).collect()
        });
        match interned.iter().position(|word| word.as_ptr() == object.as_ptr()) {
            Some(number) => Ok(self.values[number]),
            None => self.by_text(argument, object),
        }
    }

    #[cold]
    fn by_text(&self, argument: &str, object: Borrowed<'_, '_, PyAny>) -> PyResult<T> {
        let text = text(argument, object)?;
        let named = self.values.iter().copied().find(|&value| (self.name)(value) == text);
        let words = || self.values.iter().map(|&value| format!("{:?}", (self.name)(value))).collect::<Vec<_>>();
        named.map_or_else(
            || value_error(format!("{argument}={text:?} is not known; use one of {}", words().join(", "))),
            Ok,
        )
    }
}

/// The text of a string argument.
pub(crate) fn text(argument: &str, object: Borrowed<'_, '_, PyAny>) -> PyResult<String> {
    match object.cast::<PyString>() {
        // A string with lone surrogates has no UTF-8 and names nothing.
        Ok(string) => Ok(string.to_string_lossy().into_owned()),
        Err(_) => type_error(format!("{argument} must be a string, not {}", type_name(object))),
    }
}

/// The name of an object's type, for messages.
pub(crate) fn type_name(object: Borrowed<'_, '_, PyAny>) -> String {
    object.get_type().name().map_or_else(|_| "an unnamed type".into(), |name| name.to_string_lossy().into_owned())
}
