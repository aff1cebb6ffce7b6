//! Arrays: where an operand lies in memory, and arrays for results.
//!
//! An exact `numpy.ndarray` is read through the fields of its C structure, which costs nothing; everything else goes
//! through `numpy.asarray` or `numpy.from_dlpack` first.

use crate::elements;
use crate::errors::{type_error, value_error};
use crate::words::type_name;
use convolver::{Dims, ElementType, View, ViewMut};
use numpy::npyffi::flags::NPY_ARRAY_WRITEABLE;
use numpy::npyffi::{self, NpyTypes, PY_ARRAY_API, PyArrayObject};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use std::ffi::c_int;
use std::ptr::null_mut;

/// An array as it lies in memory. Lengths and strides stay with NumPy: views copy them, and only views are used while
/// other Python threads run.
pub(crate) struct Array<'py> {
    pointer: *mut u8,
    pub(crate) element: ElementType,
    swapped: bool,
    axes: usize,
    lengths: *const usize,
    strides: *const isize,
    /// Keeps the memory.
    owner: Bound<'py, PyAny>,
}

impl<'py> Array<'py> {
    /// The operand that an argument gives. No code of the caller's may run between this and its last use: it could
    /// give the array other memory.
    #[inline(always)]
    pub(crate) fn operand(argument: &str, object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let owner = array(argument, object)?;
        // SAFETY: `array` returns arrays.
        unsafe { Array::read(argument, owner) }
    }

    /// The operands x and k, both of them arrays before either is looked at.
    #[inline(always)]
    pub(crate) fn operands([x, k]: [Borrowed<'_, 'py, PyAny>; 2]) -> PyResult<[Self; 2]> {
        let (x, k) = (array("x", x)?, array("k", k)?);
        // SAFETY: `array` returns arrays.
        unsafe { Ok([Array::read("x", x)?, Array::read("k", k)?]) }
    }

    /// # Safety
    /// `owner` must be a `numpy.ndarray` or of a class derived from it.
    #[inline(always)]
    unsafe fn read(argument: &str, owner: Bound<'py, PyAny>) -> PyResult<Self> {
        // SAFETY: the layout of every ndarray, by the caller's promise.
        let fields = unsafe { &(*owner.as_ptr().cast::<PyArrayObject>()).fields };
        // SAFETY: an array holds its dtype.
        let Some((element, swapped)) = (unsafe { elements::of_descr(owner.py(), fields.descr) }) else {
            return type_error(elements::unsupported(argument, &owner.getattr("dtype")?));
        };
        Ok(Array {
            pointer: fields.data.cast(),
            element,
            swapped,
            axes: fields.nd as usize,
            lengths: fields.dimensions.cast(),
            strides: fields.strides,
            owner,
        })
    }

    /// Length of each axis.
    #[inline(always)]
    pub(crate) fn shape(&self) -> &[usize] {
        // SAFETY: an array of `axes` axes holds that many lengths, none of them negative.
        if self.axes == 0 { &[] } else { unsafe { std::slice::from_raw_parts(self.lengths, self.axes) } }
    }

    #[inline(always)]
    fn strides(&self) -> &[isize] {
        // SAFETY: as many strides as lengths.
        if self.axes == 0 { &[] } else { unsafe { std::slice::from_raw_parts(self.strides, self.axes) } }
    }

    /// A view of the whole array.
    #[inline(always)]
    pub(crate) fn view(&self) -> View<'_> {
        // SAFETY: NumPy vouches for shape and strides, and `owner` keeps the memory. That nobody writes meanwhile is the
        // program's own affair, as for every function of NumPy that lets other threads run.
        unsafe { View::from_raw(self.pointer, self.element, self.swapped, self.shape(), self.strides()) }
    }

    /// A view with the axes in another order; `shape` is the array's own in that order.
    pub(crate) fn reordered(&self, order: &[usize], shape: &[usize]) -> View<'_> {
        debug_assert!(order.iter().zip(shape).all(|(&axis, &length)| self.shape()[axis] == length));
        let strides: Dims<isize> = order.iter().map(|&axis| self.strides()[axis]).collect();
        // SAFETY: as in `view`; the order names each axis once.
        unsafe { View::from_raw(self.pointer, self.element, self.swapped, shape, &strides) }
    }

    /// The caller's array for the result, checked in every way.
    pub(crate) fn output(
        object: Borrowed<'_, 'py, PyAny>,
        element: ElementType,
        shape: &[usize],
        operands: &[(&str, &Array<'_>)],
    ) -> PyResult<Self> {
        // SAFETY: any object may be asked.
        if unsafe { npyffi::PyArray_Check(object.py(), object.as_ptr()) } == 0 {
            return type_error(format!("out must be a numpy.ndarray, not {}", type_name(object)));
        }
        // SAFETY: just tested.
        let out = unsafe { Array::read("out", object.to_owned()) }?;
        // SAFETY: as above.
        let flags = unsafe { (*object.as_ptr().cast::<PyArrayObject>()).fields.flags };
        if out.element != element {
            return type_error(format!("out has elements of type {}, but the result is {element}", out.element));
        }
        if out.shape() != shape {
            return value_error(format!("out has shape {:?}, but the result has {shape:?}", out.shape()));
        }
        if flags & NPY_ARRAY_WRITEABLE == 0 {
            return value_error("out is read-only");
        }
        if out.overlaps_itself() {
            return value_error("out has elements that share memory with each other; give an array of its own");
        }
        if let Some(argument) = out.overlapped(operands) {
            return value_error(format!("out shares memory with {argument}; give an array of its own"));
        }
        Ok(out)
    }

    /// The first of the operands that may share memory with this array.
    pub(crate) fn overlapped<'a>(&self, operands: &[(&'a str, &Array<'_>)]) -> Option<&'a str> {
        let (low, high) = self.view().address_range()?;
        let meets =
            |array: &Array<'_>| array.view().address_range().is_some_and(|range| low < range.1 && range.0 < high);
        operands.iter().find(|(_, operand)| meets(operand)).map(|&(argument, _)| argument)
    }

    /// A view to write the whole array through.
    ///
    /// # Safety
    /// The array must come from `output`, and this must be the only view of it.
    pub(crate) unsafe fn view_mut(&self) -> ViewMut<'_> {
        // SAFETY: `output` found it writable, without repeated elements and apart from the operands.
        unsafe { ViewMut::from_raw(self.pointer, self.element, self.swapped, self.shape(), self.strides()) }
    }

    /// Whether two indices may name the same bytes: along axes in the order of their strides, each must step over all
    /// that the ones before it reach.
    fn overlaps_itself(&self) -> bool {
        let mut axes: Vec<_> = self.shape().iter().zip(self.strides()).filter(|&(&length, _)| length > 1).collect();
        axes.sort_by_key(|(_, stride)| stride.unsigned_abs());
        let mut reach = self.element.size();
        !self.shape().contains(&0)
            && axes.iter().any(|&(&length, stride)| {
                let overlaps = stride.unsigned_abs() < reach;
                reach = reach.saturating_add(stride.unsigned_abs().saturating_mul(length - 1));
                overlaps
            })
    }

    pub(crate) fn python(&self) -> Python<'py> {
        self.owner.py()
    }

    /// The Python object.
    pub(crate) fn into_object(self) -> Bound<'py, PyAny> {
        self.owner
    }
}

/// New arrays for results of one type and shape, which nothing else sees until they are written.
pub(crate) struct Fresh {
    element: ElementType,
    number: c_int,
    pub(crate) shape: Dims<usize>,
    pub(crate) strides: Dims<isize>,
}

impl Fresh {
    pub(crate) fn of(py: Python<'_>, element: ElementType, shape: &[usize]) -> PyResult<Self> {
        let mut step = element.size() as isize;
        let mut strides: Dims<isize> = shape.iter().map(|&length| length as isize).collect();
        for stride in strides.iter_mut().rev() {
            // Strides of an empty array are never used.
            step = step.wrapping_mul(std::mem::replace(stride, step));
        }
        Ok(Fresh { element, number: elements::number(py, element)?, shape: Dims::from_slice(shape), strides })
    }

    pub(crate) fn element(&self) -> ElementType {
        self.element
    }

    /// An array.
    #[inline(always)]
    pub(crate) fn array<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let lengths = self.shape.as_ptr().cast_mut().cast();
        // SAFETY: a length for every axis, which NumPy only reads, allocating and checking the rest.
        unsafe {
            let array_type = npyffi::get_type_object(py, NpyTypes::PyArray_Type);
            let (axes, number) = (self.shape.len() as c_int, self.number);
            let (strides, data, object) = (null_mut(), null_mut(), null_mut());
            let array = PY_ARRAY_API.PyArray_New(py, array_type, axes, lengths, number, strides, data, 0, 0, object);
            Bound::from_owned_ptr_or_err(py, array)
        }
    }

    /// A view to write an array through, in the order of axes that `shape` and `strides` give.
    ///
    /// # Safety
    /// The array must come from `array`, and this must be its only view; `shape` and `strides` must be `self`'s, or both
    /// in another order.
    #[inline(always)]
    pub(crate) unsafe fn view_mut<'a>(
        &self,
        array: &'a Bound<'_, PyAny>,
        shape: &[usize],
        strides: &[isize],
    ) -> ViewMut<'a> {
        // SAFETY: an array of ours is laid out in rows, in native byte order, and nobody else has seen it.
        unsafe {
            let pointer = (*array.as_ptr().cast::<PyArrayObject>()).fields.data.cast();
            ViewMut::from_raw(pointer, self.element, false, shape, strides)
        }
    }
}

/// The array that an argument gives.
#[inline(always)]
fn array<'py>(argument: &str, object: Borrowed<'_, 'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = object.py();
    // SAFETY: any object may be asked.
    if unsafe { npyffi::PyArray_CheckExact(py, object.as_ptr()) } != 0 {
        return Ok(object.to_owned());
    }
    let converted = converted(argument, object)?;
    // SAFETY: any object may be asked.
    if unsafe { npyffi::PyArray_Check(py, converted.as_ptr()) } == 0 {
        return type_error(format!("{argument} must be an array, not {}", type_name(object)));
    }
    Ok(converted)
}

/// What is no exact `numpy.ndarray`, as an array.
#[cold]
fn converted<'py>(argument: &str, object: Borrowed<'_, 'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = object.py();
    let numpy = py.import("numpy")?;
    let dlpack_alone = object.hasattr("__dlpack__")? && !object.hasattr("__array__")?;
    let function = if dlpack_alone { "from_dlpack" } else { "asarray" };
    numpy.getattr(function)?.call1((object,)).map_err(|error| {
        let message = || format!("{argument} cannot be read as an array: {}", error.value(py));
        if error.is_instance_of::<PyValueError>(py) {
            PyValueError::new_err(message())
        } else if error.is_instance_of::<PyTypeError>(py) {
            PyTypeError::new_err(message())
        } else {
            error
        }
    })
}
