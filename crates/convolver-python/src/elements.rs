//! Element types by NumPy's numbers for them.

use crate::errors::type_error;
use convolver::ElementType;
use numpy::npyffi::{NPY_TYPES, PyArray_Descr};
use pyo3::prelude::*;
use std::ffi::{c_int, c_long};
use std::sync::atomic::{AtomicI32, Ordering};

/// NumPy's numbers from here on are handed out at run time, to types of other packages.
const FIRST_USER_TYPE: c_int = 256;

/// The number that `ml_dtypes` got for bfloat16; 0 until an array of it was seen.
static BFLOAT16: AtomicI32 = AtomicI32::new(0);

/// The element type with this number, other than bfloat16.
fn builtin(number: c_int) -> Option<ElementType> {
    use ElementType::*;
    const NUMBERS: [Option<ElementType>; 24] = {
        let mut numbers = [None; 24];
        numbers[NPY_TYPES::NPY_BOOL as usize] = Some(Bool);
        numbers[NPY_TYPES::NPY_BYTE as usize] = Some(I8);
        numbers[NPY_TYPES::NPY_UBYTE as usize] = Some(U8);
        numbers[NPY_TYPES::NPY_SHORT as usize] = Some(I16);
        numbers[NPY_TYPES::NPY_USHORT as usize] = Some(U16);
        numbers[NPY_TYPES::NPY_INT as usize] = Some(I32);
        numbers[NPY_TYPES::NPY_UINT as usize] = Some(U32);
        let long_is_64 = size_of::<c_long>() == 8;
        numbers[NPY_TYPES::NPY_LONG as usize] = Some(if long_is_64 { I64 } else { I32 });
        numbers[NPY_TYPES::NPY_ULONG as usize] = Some(if long_is_64 { U64 } else { U32 });
        numbers[NPY_TYPES::NPY_LONGLONG as usize] = Some(I64);
        numbers[NPY_TYPES::NPY_ULONGLONG as usize] = Some(U64);
        numbers[NPY_TYPES::NPY_FLOAT as usize] = Some(F32);
        numbers[NPY_TYPES::NPY_DOUBLE as usize] = Some(F64);
        numbers[NPY_TYPES::NPY_CFLOAT as usize] = Some(C64);
        numbers[NPY_TYPES::NPY_CDOUBLE as usize] = Some(C128);
        numbers[NPY_TYPES::NPY_HALF as usize] = Some(F16);
        numbers
    };
    NUMBERS.get(usize::try_from(number).ok()?).copied().flatten()
}

/// NumPy's number for an element type.
pub(crate) fn number(py: Python<'_>, element: ElementType) -> PyResult<c_int> {
    use ElementType::*;
    let long_is_64 = size_of::<c_long>() == 8;
    let number = match element {
        Bool => NPY_TYPES::NPY_BOOL,
        I8 => NPY_TYPES::NPY_BYTE,
        I16 => NPY_TYPES::NPY_SHORT,
        I32 => NPY_TYPES::NPY_INT,
        I64 if long_is_64 => NPY_TYPES::NPY_LONG,
        I64 => NPY_TYPES::NPY_LONGLONG,
        U8 => NPY_TYPES::NPY_UBYTE,
        U16 => NPY_TYPES::NPY_USHORT,
        U32 => NPY_TYPES::NPY_UINT,
        U64 if long_is_64 => NPY_TYPES::NPY_ULONG,
        U64 => NPY_TYPES::NPY_ULONGLONG,
        F16 => NPY_TYPES::NPY_HALF,
        F32 => NPY_TYPES::NPY_FLOAT,
        F64 => NPY_TYPES::NPY_DOUBLE,
        C64 => NPY_TYPES::NPY_CFLOAT,
        C128 => NPY_TYPES::NPY_CDOUBLE,
        BF16 => match BFLOAT16.load(Ordering::Relaxed) {
            0 => return py.import("ml_dtypes")?.getattr("bfloat16").and_then(|_| bfloat16_number(py)),
            known => return Ok(known),
        },
    };
    Ok(number as c_int)
}

fn bfloat16_number(py: Python<'_>) -> PyResult<c_int> {
    py.import("numpy")?.getattr("dtype")?.call1(("bfloat16",))?.getattr("num")?.extract()
}

/// The element type and whether its bytes are in the other order, if the engine computes with it.
///
/// # Safety
/// `descr` must point to a dtype object that stays alive for the call.
#[inline]
pub(crate) unsafe fn of_descr(py: Python<'_>, descr: *mut PyArray_Descr) -> Option<(ElementType, bool)> {
    // SAFETY: the caller's promise.
    let fields = unsafe { &(*descr).fields };
    let other = if cfg!(target_endian = "little") { b'>' } else { b'<' };
    let swapped = fields.byteorder as u8 == other;
    let element = match fields.type_num {
        number if number < FIRST_USER_TYPE => builtin(number),
        number if number == BFLOAT16.load(Ordering::Relaxed) => Some(ElementType::BF16),
        number => {
            // SAFETY: a dtype is a Python object, alive by the caller's promise.
            let dtype = unsafe { Bound::from_borrowed_ptr(py, descr.cast()) };
            let is_bfloat16 = || Ok::<_, PyErr>(dtype.getattr("name")?.extract::<String>()? == "bfloat16");
            let found = is_bfloat16().unwrap_or(false)
                && dtype.getattr("itemsize").is_ok_and(|size| size.eq(2).unwrap_or(false));
            found.then(|| {
                BFLOAT16.store(number, Ordering::Relaxed);
                ElementType::BF16
            })
        }
    };
    element.map(|element| (element, swapped))
}

/// The element type of a dtype object.
pub(crate) fn of_dtype(argument: &str, dtype: &Bound<'_, PyAny>) -> PyResult<ElementType> {
    // SAFETY: `numpy.dtype(...)` returns dtype objects, and this one is alive.
    match unsafe { of_descr(dtype.py(), dtype.as_ptr().cast()) } {
        Some((element, _)) => Ok(element),
        None => type_error(unsupported(argument, dtype)),
    }
}

/// What to say of a dtype that the engine does not compute with.
pub(crate) fn unsupported(argument: &str, dtype: &Bound<'_, PyAny>) -> String {
    let name = dtype.str().map_or_else(|_| "an unnamed type".into(), |name| name.to_string_lossy().into_owned());
    let is = if argument == "dtype" { "is" } else { "has dtype" };
    format!(
        "{argument} {is} {name}, which has no convolution here; use bool, an integer of up to 64 bits, float16, bfloat16, \
         float32, float64, complex64 or complex128"
    )
}
