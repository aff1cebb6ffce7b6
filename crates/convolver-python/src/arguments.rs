//! Arguments: integers, one value per axis, pairs, numbers, sizes of memory, types.

use crate::call::Form;
use crate::elements;
use crate::errors::{type_error, value_error};
use crate::words::{BOUNDARIES, CONJUGATES, MODES, PRECISIONS, text, type_name};
use convolver::front::{Options, Padding, PerAxis, Side};
use convolver::{Boundary, Conjugate, ElementType, Fill, Method, Mode};
use pyo3::conversion::FromPyObject;
use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyByteArray, PyBytes, PyComplex, PyDict, PyFrozenSet, PyInt, PySet, PyString};

/// More entries than any array has axes.
const MOST_ENTRIES: usize = 64;

/// The name that a notation gives to the groups of a layer.
const GROUPS: &str = "g";

/// An argument that may be left out.
#[derive(Clone, Copy, Default)]
pub(crate) struct Argument<'a, 'py>(Option<Borrowed<'a, 'py, PyAny>>);

impl<'a, 'py> FromPyObject<'a, 'py> for Argument<'a, 'py> {
    type Error = PyErr;

    #[inline]
    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        Ok(Argument(Some(object)))
    }
}

impl<'a, 'py> Argument<'a, 'py> {
    /// Left out.
    pub(crate) const MISSING: Self = Argument(None);

    /// One that is always given.
    pub(crate) fn of(object: &'a Bound<'py, PyAny>) -> Self {
        Argument(Some(object.as_borrowed()))
    }

    /// The object, `None` included.
    #[inline]
    pub(crate) fn object(self) -> Option<Borrowed<'a, 'py, PyAny>> {
        self.0
    }

    /// The object, where `None` says the same as leaving it out.
    #[inline]
    pub(crate) fn unless_none(self) -> Option<Borrowed<'a, 'py, PyAny>> {
        self.0.filter(|object| !object.is_none())
    }
}

/// The arguments that every function takes, as the caller gave them.
#[derive(Clone, Copy, Default)]
pub(crate) struct Given<'a, 'py> {
    pub(crate) mode: Argument<'a, 'py>,
    pub(crate) stride: Argument<'a, 'py>,
    pub(crate) dilation: Argument<'a, 'py>,
    pub(crate) spread: Argument<'a, 'py>,
    pub(crate) padding: Argument<'a, 'py>,
    pub(crate) boundary: Argument<'a, 'py>,
    pub(crate) fill: Argument<'a, 'py>,
    pub(crate) method: Argument<'a, 'py>,
    pub(crate) precision: Argument<'a, 'py>,
    pub(crate) memory: Argument<'a, 'py>,
    pub(crate) dtype: Argument<'a, 'py>,
    pub(crate) lags: Argument<'a, 'py>,
    pub(crate) axes: Argument<'a, 'py>,
    pub(crate) spec: Argument<'a, 'py>,
    pub(crate) sizes: Argument<'a, 'py>,
    pub(crate) groups: Argument<'a, 'py>,
    pub(crate) flip: Argument<'a, 'py>,
    pub(crate) conjugate: Argument<'a, 'py>,
}

/// The same, read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Choices {
    pub(crate) options: Options,
    pub(crate) method: Method,
    pub(crate) memory: Option<usize>,
}

impl Choices {
    /// What holds where nothing is given.
    #[inline]
    pub(crate) fn new(mode: Mode, flip: bool, conjugate: Conjugate) -> Self {
        let options = Options { padding: Padding::Mode(mode), flip, conjugate, ..Options::default() };
        Choices { options, method: Method::Auto, memory: None }
    }
}

impl<'a, 'py> Given<'a, 'py> {
    /// All of them.
    #[inline]
    pub(crate) fn all(&self) -> [Argument<'a, 'py>; 18] {
        let Given { mode, stride, dilation, spread, padding, boundary, fill, method, precision, memory, dtype, .. } =
            *self;
        let Given { lags, axes, spec, sizes, groups, flip, conjugate, .. } = *self;
        [
            mode, stride, dilation, spread, padding, boundary, fill, method, precision, memory, dtype, lags, axes,
            spec, sizes, groups, flip, conjugate,
        ]
    }

    /// Reads everything that does not depend on the operands.
    pub(crate) fn read(&self, choices: &mut Choices) -> PyResult<()> {
        let options = &mut choices.options;
        if let Some(object) = self.mode.object() {
            options.padding = Padding::Mode(MODES.read("mode", object)?);
        }
        if let Some(object) = self.padding.unless_none() {
            if self.mode.object().is_some() {
                return value_error("mode= and padding= both say how x is padded; give one of them");
            }
            options.padding = Padding::Samples(pairs("padding", object, |object| integer("padding", object))?);
        }
        if let Some(object) = self.lags.unless_none() {
            if options.padding != Padding::Mode(Mode::Full) {
                return value_error("lags= chooses among the outputs of mode=\"full\"; leave mode= and padding= out");
            }
            options.padding = Padding::Lags(lags(object)?);
        }
        if let Some(object) = self.stride.object() {
            options.stride = steps("stride", object)?;
        }
        if let Some(object) = self.dilation.object() {
            options.dilation = steps("dilation", object)?;
        }
        if let Some(object) = self.spread.object() {
            options.spread = steps("spread", object)?;
        }
        if let Some(object) = self.flip.object() {
            options.flip = flag("flip", object)?;
        }
        if let Some(object) = self.conjugate.unless_none() {
            options.conjugate = CONJUGATES.read("conjugate", object)?;
        }
        if let Some(object) = self.boundary.object() {
            options.boundary = boundaries(object)?;
        }
        if let Some(object) = self.fill.object() {
            options.fill = fill(object)?;
        }
        if let Some(object) = self.precision.object() {
            options.precision = PRECISIONS.read("precision", object)?;
        }
        if let Some(object) = self.dtype.unless_none() {
            options.dtype = Some(element("dtype", object)?);
        }
        if let Some(object) = self.method.object() {
            choices.method = method(object)?;
        }
        if let Some(object) = self.memory.unless_none() {
            choices.memory = Some(memory(object)?);
        }
        Ok(())
    }

    /// How the axes of the operands are told apart.
    pub(crate) fn form(&self) -> PyResult<Form> {
        let Some(spec) = self.spec.object() else {
            return Ok(Form::Axes(self.axes.unless_none().map(axes).transpose()?));
        };
        let spec = text("spec", spec)?;
        let mut sizes = self.sizes.unless_none().map(sizes).transpose()?.unwrap_or_default();
        if let Some(object) = self.groups.object() {
            match integer("groups", object)? {
                groups @ 1.. => sizes.push((GROUPS.to_owned(), groups as usize)),
                groups => return value_error(format!("groups must be at least 1, not {groups}")),
            }
        }
        Ok(Form::Named { spec, sizes })
    }
}

/// A Python integer, or anything with `__index__` but truth values.
pub(crate) fn integer(argument: &str, object: Borrowed<'_, '_, PyAny>) -> PyResult<isize> {
    if object.is_instance_of::<PyBool>() {
        return type_error(format!("{argument} must be an integer, not bool"));
    }
    object.extract::<isize>().map_err(|error| {
        let py = object.py();
        if error.is_instance_of::<PyOverflowError>(py) {
            PyValueError::new_err(format!("{argument} is too large: it does not fit 64 bits"))
        } else if error.is_instance_of::<PyTypeError>(py) {
            PyTypeError::new_err(format!("{argument} must be an integer, not {}", type_name(object)))
        } else {
            error
        }
    })
}

/// The entries of a tuple, list, array or the like; `None` for anything else, numbers and strings above all.
pub(crate) fn entries<'py>(
    argument: &str,
    object: Borrowed<'_, 'py, PyAny>,
) -> PyResult<Option<Vec<Bound<'py, PyAny>>>> {
    let single = object.is_instance_of::<PyInt>()
        || object.is_instance_of::<PyString>()
        || object.is_instance_of::<PyBytes>()
        || object.is_instance_of::<PyByteArray>()
        || object.is_instance_of::<PyDict>()
        || object.is_instance_of::<PySet>()
        || object.is_instance_of::<PyFrozenSet>();
    let count = if single { None } else { object.len().ok() };
    match count {
        None => Ok(None),
        Some(count) if count > MOST_ENTRIES => {
            value_error(format!("{argument} has {count} entries, more than an array has axes"))
        }
        Some(_) => object.try_iter()?.collect::<PyResult<Vec<_>>>().map(Some),
    }
}

/// One step for all axes, or one for each; at least 1.
fn steps(argument: &str, object: Borrowed<'_, '_, PyAny>) -> PyResult<PerAxis<usize>> {
    let step = |object: Borrowed<'_, '_, PyAny>| match integer(argument, object)? {
        step @ 1.. => Ok(step as usize),
        step => value_error(format!("{argument} must be at least 1, not {step}")),
    };
    Ok(match entries(argument, object)? {
        None => PerAxis::All(step(object)?),
        Some(each) => PerAxis::Each(each.iter().map(|entry| step(entry.as_borrowed())).collect::<PyResult<_>>()?),
    })
}

/// One value for all axes, one for each, or a pair for each.
fn pairs<T: Copy>(
    argument: &str,
    object: Borrowed<'_, '_, PyAny>,
    read: impl Fn(Borrowed<'_, '_, PyAny>) -> PyResult<T>,
) -> PyResult<PerAxis<Side<T>>> {
    let side = |object: Borrowed<'_, '_, PyAny>| match entries(argument, object)? {
        None => read(object).map(|value| (value, value)),
        Some(pair) => match pair.as_slice() {
            [low, high] => Ok((read(low.as_borrowed())?, read(high.as_borrowed())?)),
            others => value_error(format!(
                "{argument} has an entry of {} values where an axis takes one, or a pair (before, after)",
                others.len()
            )),
        },
    };
    Ok(match entries(argument, object)? {
        None => PerAxis::All(read(object).map(|value| (value, value))?),
        Some(each) => PerAxis::Each(each.iter().map(|entry| side(entry.as_borrowed())).collect::<PyResult<_>>()?),
    })
}

fn boundaries(object: Borrowed<'_, '_, PyAny>) -> PyResult<PerAxis<Side<Boundary>>> {
    pairs("boundary", object, |object| BOUNDARIES.read("boundary", object))
}

/// A first and a last lag for all axes, or a pair for each.
fn lags(object: Borrowed<'_, '_, PyAny>) -> PyResult<PerAxis<Side<isize>>> {
    let pair = |entries: &[Bound<'_, PyAny>]| match entries {
        [first, last] => {
            let (first, last) = (integer("lags", first.as_borrowed())?, integer("lags", last.as_borrowed())?);
            if first > last {
                return value_error(format!("lags=({first}, {last}) ends before it starts; give (first, last)"));
            }
            Ok((first, last))
        }
        others => {
            value_error(format!("lags has an entry of {} values where an axis takes (first, last)", others.len()))
        }
    };
    let Some(each) = entries("lags", object)? else {
        return type_error(format!("lags must be (first, last) or a pair for each axis, not {}", type_name(object)));
    };
    let inner = each.iter().map(|entry| entries("lags", entry.as_borrowed())).collect::<PyResult<Vec<_>>>()?;
    if inner.iter().all(Option::is_none) {
        return pair(&each).map(PerAxis::All);
    }
    inner.iter().map(|entry| pair(entry.as_deref().unwrap_or_default())).collect::<PyResult<_>>().map(PerAxis::Each)
}

/// The axes to convolve.
fn axes(object: Borrowed<'_, '_, PyAny>) -> PyResult<Vec<isize>> {
    match entries("axes", object)? {
        None => Ok(vec![integer("axes", object)?]),
        Some(each) => each.iter().map(|entry| integer("axes", entry.as_borrowed())).collect(),
    }
}

/// A shape.
pub(crate) fn shape(argument: &str, object: Borrowed<'_, '_, PyAny>) -> PyResult<Vec<usize>> {
    let length = |object: Borrowed<'_, '_, PyAny>| {
        let length = integer(argument, object)?;
        usize::try_from(length)
            .or_else(|_| value_error(format!("{argument} has the length {length}; lengths cannot be negative")))
    };
    match entries(argument, object)? {
        None => Ok(vec![length(object)?]),
        Some(each) => each.iter().map(|entry| length(entry.as_borrowed())).collect(),
    }
}

/// Lengths of names, sorted by name so that equal requests look equal.
fn sizes(object: Borrowed<'_, '_, PyAny>) -> PyResult<Vec<(String, usize)>> {
    let Ok(given) = object.cast::<PyDict>() else {
        return type_error(format!("sizes must be a dict of lengths by name, not {}", type_name(object)));
    };
    let entry = |(name, length): (Bound<'_, PyAny>, Bound<'_, PyAny>)| {
        let name = text("a name in sizes", name.as_borrowed())?;
        let argument = format!("sizes[{name:?}]");
        match integer(&argument, length.as_borrowed())? {
            length @ 0.. => Ok((name, length as usize)),
            length => value_error(format!("{argument} is {length}; lengths cannot be negative")),
        }
    };
    let mut sizes = given.iter().map(entry).collect::<PyResult<Vec<_>>>()?;
    sizes.sort();
    Ok(sizes)
}

/// True or False, NumPy's too.
fn flag(argument: &str, object: Borrowed<'_, '_, PyAny>) -> PyResult<bool> {
    object
        .extract::<bool>()
        .or_else(|_| type_error(format!("{argument} must be True or False, not {}", type_name(object))))
}

/// The value of the constant boundary.
pub(crate) fn fill(object: Borrowed<'_, '_, PyAny>) -> PyResult<Fill> {
    if object.is_instance_of::<PyString>() {
        return type_error("fill must be a number, not str");
    }
    if let Ok(truth) = object.extract::<bool>() {
        return Ok(Fill::Integer(i64::from(truth)));
    }
    let wrong = || PyTypeError::new_err(format!("fill must be a number, not {}", type_name(object)));
    match object.extract::<i64>() {
        Ok(integer) => return Ok(Fill::Integer(integer)),
        // Too large for an integer of the engine: as a float, which integer results refuse.
        Err(error) if error.is_instance_of::<PyOverflowError>(object.py()) => {
            let number = object.extract::<f64>().or_else(|_| value_error("fill is too large for a float"))?;
            return Ok(Fill::Number(number, 0.0));
        }
        Err(_) => {}
    }
    if object.is_instance_of::<PyComplex>() || object.hasattr("__complex__")? {
        let number = object.py().get_type::<PyComplex>().call1((object,)).map_err(|_| wrong())?;
        let part = |name| number.getattr(name)?.extract::<f64>();
        return Ok(Fill::Number(part("real")?, part("imag")?));
    }
    object.extract::<f64>().map(|number| Fill::Number(number, 0.0)).map_err(|_| wrong())
}

fn method(object: Borrowed<'_, '_, PyAny>) -> PyResult<Method> {
    text("method", object)?.parse().map_err(crate::errors::raised)
}

/// Bytes, or a number with a unit.
fn memory(object: Borrowed<'_, '_, PyAny>) -> PyResult<usize> {
    if !object.is_instance_of::<PyString>() {
        let bytes = integer("memory", object)?;
        return usize::try_from(bytes)
            .or_else(|_| value_error(format!("memory is {bytes} bytes; it cannot be negative")));
    }
    let text = text("memory", object)?;
    bytes(&text).map_or_else(
        || value_error(format!("memory={text:?} is not an amount; write bytes or as \"512MiB\", \"2GB\", \"100kB\"")),
        Ok,
    )
}

fn bytes(text: &str) -> Option<usize> {
    let text = text.trim();
    let unit_at = text.find(|letter: char| letter.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let unit = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1u64,
        "kb" => 1000,
        "mb" => 1000u64.pow(2),
        "gb" => 1000u64.pow(3),
        "tb" => 1000u64.pow(4),
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        "tib" => 1 << 40,
        _ => return None,
    };
    let number = number.trim_end();
    if !number.chars().all(|letter| letter.is_ascii_digit() || letter == '.') {
        return None;
    }
    let bytes = number.parse::<f64>().ok()? * unit as f64;
    (bytes < isize::MAX as f64).then_some(bytes as usize)
}

/// The element type that a dtype names.
pub(crate) fn element(argument: &str, object: Borrowed<'_, '_, PyAny>) -> PyResult<ElementType> {
    let py = object.py();
    let dtype = py
        .import("numpy")?
        .getattr("dtype")?
        .call1((object,))
        .map_err(|error| PyTypeError::new_err(format!("{argument} is not a NumPy type: {}", error.value(py))))?;
    elements::of_dtype(argument, &dtype)
}
