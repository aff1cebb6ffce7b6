//! Which type a result has.

use super::error::Error;
use convolver_kernels::{ElementType, Kind};

/// The type that holds the values of both, as `numpy.result_type`; `None` where there is none,
/// as for f16 and bf16.
pub fn result_type(left: ElementType, right: ElementType) -> Option<ElementType> {
    use ElementType::*;
    let (low, high) = if left.kind() <= right.kind() { (left, right) } else { (right, left) };
    Some(match (low.kind(), high.kind()) {
        (Kind::Bool, _) => high,
        (Kind::Integer, Kind::Integer) => integer_result(low, high),
        // The smallest float that holds every value of the integer, or the float if that is wider.
        (Kind::Integer, Kind::Float) => match low.size() {
            1 => high,
            _ if high == BF16 => return None,
            2 => wider(high, F32),
            _ => F64,
        },
        (Kind::Integer, Kind::Complex) => {
            if low.size() <= 2 {
                high
            } else {
                C128
            }
        }
        (Kind::Float, Kind::Complex) => {
            if low == F64 {
                C128
            } else {
                high
            }
        }
        (Kind::Float, Kind::Float) if low != high && low.size() == high.size() => return None,
        _ => wider(low, high),
    })
}

fn wider(left: ElementType, right: ElementType) -> ElementType {
    if right.size() > left.size() { right } else { left }
}

fn is_signed(element: ElementType) -> bool {
    matches!(element, ElementType::I8 | ElementType::I16 | ElementType::I32 | ElementType::I64)
}

fn integer_result(left: ElementType, right: ElementType) -> ElementType {
    use ElementType::*;
    if is_signed(left) == is_signed(right) {
        return wider(left, right);
    }
    let (signed, unsigned) = if is_signed(left) { (left, right) } else { (right, left) };
    match unsigned {
        U8 => wider(signed, I16),
        U16 => wider(signed, I32),
        U32 => wider(signed, I64),
        _ => F64,
    }
}

/// The result's type where the caller asks for `wanted`, which may widen `natural` but never narrow it.
pub fn widened(natural: ElementType, wanted: Option<ElementType>) -> Result<ElementType, Error> {
    match wanted {
        None => Ok(natural),
        Some(wanted) if result_type(natural, wanted) == Some(wanted) => Ok(wanted),
        // int64 with uint64 is float64 by NumPy's rules; the user may ask for either integer, modulo 2⁶⁴.
        Some(wanted) => Err(Error::of_type(format!(
            "dtype={} would narrow the result, whose type is {}; dtype= can only widen",
            wanted.long_name(),
            natural.long_name()
        ))),
    }
}
