//! What can be wrong with a request, in the user's words.

use convolver_kernels::ElementType;

/// Why a request cannot be answered.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the message of each variant says what its fields are")]
pub enum Error {
    #[error("{argument} has length 0 along convolved axis {axis}; a convolution needs at least one sample and one tap")]
    EmptyAxis { argument: &'static str, axis: usize },
    #[error("the kernel k is empty: its summed axes need at least one element")]
    EmptySum,
    #[error("{argument} along convolved axis {axis} is 0; it must be at least 1")]
    ZeroStep { argument: &'static str, axis: usize },
    #[error(
        "k spans {window} samples along convolved axis {axis}, but the padded x has only {extended}; \
         pad x (mode=\"full\", mode=\"same\" or padding=) or shorten k"
    )]
    KernelTooLong { axis: usize, window: usize, extended: isize },
    #[error("{what} is too large to index; use smaller padding, stride, dilation or shapes")]
    TooLarge { what: String },
    #[error("{message}")]
    Value { message: String },
    #[error("{message}")]
    Type { message: String },
    #[error("the shape of {argument} is {found:?}, but the problem needs {expected:?}")]
    Shape { argument: &'static str, expected: Vec<usize>, found: Vec<usize> },
    #[error("the elements of {argument} are {found}, but the problem needs {expected}")]
    Elements { argument: &'static str, expected: ElementType, found: ElementType },
    #[error("out shares memory with {argument}; give an array of its own")]
    Overlap { argument: &'static str },
    #[error("method={method:?} cannot compute this problem: {reason}")]
    Refused { method: String, reason: String },
    #[error("method={method:?} is not known; use \"auto\", \"measure\" or one of {known}")]
    UnknownMethod { method: String, known: String },
    #[error("memory={limit} bytes is too little for every method; the least that one needs is {least} bytes")]
    Memory { limit: usize, least: usize },
    #[error("{problem:?} is not a problem text: {reason}")]
    Text { problem: String, reason: String },
}

impl Error {
    /// A wrong value.
    pub fn value(message: impl Into<String>) -> Self {
        Error::Value { message: message.into() }
    }

    /// A wrong type.
    pub fn of_type(message: impl Into<String>) -> Self {
        Error::Type { message: message.into() }
    }

    /// Whether a type is wrong rather than a value.
    pub fn is_type(&self) -> bool {
        matches!(self, Error::Type { .. } | Error::Elements { .. })
    }
}
