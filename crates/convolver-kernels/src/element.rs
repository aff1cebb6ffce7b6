//! Element types: what an array may hold.
//!
//! An array holds one of fifteen [`ElementType`]s; each is summed in one of the eight types of [`crate::working`].

use crate::working::WorkingType;
use half::{bf16, f16};
use num_complex::Complex;
use std::fmt;
use std::str::FromStr;

/// What family an element type belongs to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// Truth values.
    Bool,
    /// Signed and unsigned integers.
    Integer,
    /// Real floating-point numbers.
    Float,
    /// Complex floating-point numbers.
    Complex,
}

/// What only this crate implements: memory is read and written by what these traits say of a type.
pub(crate) mod sealed {
    /// The seal.
    pub trait Sealed {}
}

/// A Rust type that an array may hold. No other type can be one.
pub trait Element: sealed::Sealed + Copy + Send + Sync + 'static {
    /// The same type as a value.
    const TYPE: ElementType;
}

macro_rules! element_types {
    ($($variant:ident $rust:ty, $name:literal $long:literal, $kind:ident, $working:ident;)*) => {
        /// The type of the elements of an array.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[allow(missing_docs, reason = "each variant is the Rust or NumPy type of that name")]
        pub enum ElementType {
            $($variant,)*
        }

        impl ElementType {
            /// Every element type.
            pub const ALL: &'static [ElementType] = &[$(ElementType::$variant,)*];

            /// The type's name in problem texts and messages.
            pub const fn name(self) -> &'static str {
                match self { $(ElementType::$variant => $name,)* }
            }

            /// NumPy's name of the type, for messages to users.
            pub const fn long_name(self) -> &'static str {
                match self { $(ElementType::$variant => $long,)* }
            }

            /// Bytes one element takes.
            pub const fn size(self) -> usize {
                match self { $(ElementType::$variant => size_of::<$rust>(),)* }
            }

            /// Bytes after which an element must be aligned to be read in place.
            pub const fn alignment(self) -> usize {
                match self { $(ElementType::$variant => align_of::<$rust>(),)* }
            }

            /// Bool, integer, float or complex.
            pub const fn kind(self) -> Kind {
                match self { $(ElementType::$variant => Kind::$kind,)* }
            }

            /// The type that sums with a result of this type run in.
            pub const fn working(self) -> WorkingType {
                match self { $(ElementType::$variant => WorkingType::$working,)* }
            }
        }

        $(impl sealed::Sealed for $rust {}
        impl Element for $rust { const TYPE: ElementType = ElementType::$variant; })*
    };
}

element_types! {
    Bool bool, "bool" "bool", Bool, Truth;
    I8 i8, "i8" "int8", Integer, I16;
    I16 i16, "i16" "int16", Integer, I16;
    I32 i32, "i32" "int32", Integer, I32;
    I64 i64, "i64" "int64", Integer, I64;
    U8 u8, "u8" "uint8", Integer, I16;
    U16 u16, "u16" "uint16", Integer, I16;
    U32 u32, "u32" "uint32", Integer, I32;
    U64 u64, "u64" "uint64", Integer, I64;
    F16 f16, "f16" "float16", Float, F32;
    BF16 bf16, "bf16" "bfloat16", Float, F32;
    F32 f32, "f32" "float32", Float, F32;
    F64 f64, "f64" "float64", Float, F64;
    C64 Complex<f32>, "c64" "complex64", Complex, C64;
    C128 Complex<f64>, "c128" "complex128", Complex, C128;
}

/// Runs an expression with a name standing for the Rust type of an [`ElementType`].
#[macro_export]
macro_rules! with_element {
    ($element:expr, $alias:ident => $body:expr) => {
        $crate::with_element!(@arms $element, $alias => $body;
            Bool $crate::Flag, I8 i8, I16 i16, I32 i32, I64 i64, U8 u8, U16 u16, U32 u32, U64 u64,
            F16 $crate::half::f16, BF16 $crate::half::bf16, F32 f32, F64 f64,
            C64 $crate::num_complex::Complex<f32>, C128 $crate::num_complex::Complex<f64>)
    };
    (@arms $element:expr, $alias:ident => $body:expr; $($variant:ident $rust:ty),*) => {
        match $element { $($crate::ElementType::$variant => { type $alias = $rust; $body })* }
    };
}

impl fmt::Display for ElementType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for ElementType {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.iter().copied().find(|element| element.name() == text).ok_or(())
    }
}

/// Half the distance from 1 to the next number, for float and complex types.
pub fn rounding_unit(element: ElementType) -> Option<f64> {
    Some(match element {
        ElementType::F16 => 2f64.powi(-11),
        ElementType::BF16 => 2f64.powi(-8),
        ElementType::F32 | ElementType::C64 => 2f64.powi(-24),
        ElementType::F64 | ElementType::C128 => 2f64.powi(-53),
        _ => return None,
    })
}

/// An element read from memory, on its way into a sum. Each method is the `as` conversion of that name.
pub trait Stored: Element {
    /// The bytes in the other order; for complex numbers in each half.
    fn swapped(self) -> Self;
    /// As a real number (the real part of a complex one).
    fn to_f64(self) -> f64;
    /// As a real number of single precision, rounded once.
    fn to_f32(self) -> f32;
    /// As a complex number.
    fn to_c128(self) -> Complex<f64>;
    /// As an integer modulo 2⁶⁴.
    fn to_i64(self) -> i64;
    /// Whether it counts as true.
    fn to_bool(self) -> bool;
}

macro_rules! stored_integers { ($($rust:ty)*) => { $(
    impl Stored for $rust {
        #[inline(always)] fn swapped(self) -> Self { self.swap_bytes() }
        #[inline(always)] fn to_f64(self) -> f64 { self as f64 }
        #[inline(always)] fn to_f32(self) -> f32 { self as f32 }
        #[inline(always)] fn to_c128(self) -> Complex<f64> { Complex::new(self as f64, 0.0) }
        #[inline(always)] fn to_i64(self) -> i64 { self as i64 }
        #[inline(always)] fn to_bool(self) -> bool { self != 0 }
    }
)* } }
stored_integers!(i8 i16 i32 i64 u8 u16 u32 u64);

macro_rules! stored_floats { ($($rust:ty, $f64:expr, $f32:expr;)*) => { $(
    impl Stored for $rust {
        #[inline(always)] fn swapped(self) -> Self { Self::from_bits(self.to_bits().swap_bytes()) }
        #[inline(always)] fn to_f64(self) -> f64 { $f64(self) }
        #[inline(always)] fn to_f32(self) -> f32 { $f32(self) }
        #[inline(always)] fn to_c128(self) -> Complex<f64> { Complex::new($f64(self), 0.0) }
        #[inline(always)] fn to_i64(self) -> i64 { $f64(self) as i64 }
        #[inline(always)] fn to_bool(self) -> bool { $f64(self) != 0.0 }
    }
)* } }
stored_floats! {
    f16, f16::to_f64, f16::to_f32;
    // Without a branch, so that runs are read with vectors.
    bf16, bf16::to_f64, |number: bf16| f32::from_bits(u32::from(number.to_bits()) << 16);
    f32, f64::from, |number| number;
    f64, |number| number, |number| number as f32;
}

macro_rules! stored_complex { ($($part:ty)*) => { $(
    impl Stored for Complex<$part> {
        #[inline(always)] fn swapped(self) -> Self { Complex::new(self.re.swapped(), self.im.swapped()) }
        #[inline(always)] fn to_f64(self) -> f64 { self.re.to_f64() }
        #[inline(always)] fn to_f32(self) -> f32 { self.re.to_f32() }
        #[inline(always)] fn to_c128(self) -> Complex<f64> { Complex::new(self.re.to_f64(), self.im.to_f64()) }
        #[inline(always)] fn to_i64(self) -> i64 { self.re as i64 }
        #[inline(always)] fn to_bool(self) -> bool { self.re != 0.0 || self.im != 0.0 }
    }
)* } }
stored_complex!(f32 f64);

/// A bool as it lies in memory, where any byte but zero counts as true.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Flag(pub u8);

impl sealed::Sealed for Flag {}

impl Element for Flag {
    const TYPE: ElementType = ElementType::Bool;
}

impl Stored for Flag {
    #[inline(always)]
    fn swapped(self) -> Self {
        self
    }
    #[inline(always)]
    fn to_f64(self) -> f64 {
        f64::from(u8::from(self.to_bool()))
    }
    #[inline(always)]
    fn to_f32(self) -> f32 {
        f32::from(u8::from(self.to_bool()))
    }
    #[inline(always)]
    fn to_c128(self) -> Complex<f64> {
        Complex::new(self.to_f64(), 0.0)
    }
    #[inline(always)]
    fn to_i64(self) -> i64 {
        i64::from(self.to_bool())
    }
    #[inline(always)]
    fn to_bool(self) -> bool {
        self.0 != 0
    }
}
