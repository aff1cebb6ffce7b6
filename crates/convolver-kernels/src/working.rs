//! Working types: what a sum is computed in.
//!
//! An integer sum modulo 2ⁿ does not depend on the sign, so `i16`, `i32` and `i64` serve all integers; 8-bit ones are
//! summed in 16 bits and cut. Half floats are summed in `f32` and rounded once. Bool is an or of ands.

use crate::element::{Stored, sealed::Sealed};
use crate::micro::Gather;
use crate::simd::Lane;
use num_complex::Complex;
use std::fmt::Debug;

/// The type a sum runs in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs, reason = "each variant is the Rust type of that name")]
pub enum WorkingType {
    Truth,
    I16,
    I32,
    I64,
    F32,
    F64,
    C64,
    C128,
}

impl WorkingType {
    /// Bytes one number takes.
    pub const fn size(self) -> usize {
        match self {
            WorkingType::Truth => 1,
            WorkingType::I16 => 2,
            WorkingType::I32 | WorkingType::F32 => 4,
            WorkingType::I64 | WorkingType::F64 | WorkingType::C64 => 8,
            WorkingType::C128 => 16,
        }
    }
}

/// A number that sums run in: loaded from every stored type, with the sum and product of its kind. Any bits are one.
pub trait Working: Sealed + Copy + Send + Sync + Default + PartialEq + Debug + 'static {
    /// The same type as a value.
    const TYPE: WorkingType;
    /// Real numbers of which one of these is made: 2 for complex numbers, else 1.
    const PARTS: usize;
    /// These real numbers.
    type Lane: Lane;

    /// A stored element as a number of this type.
    fn load<S: Stored>(stored: S) -> Self;
    /// The weight of a sample in a boundary; for integers it is one.
    fn of_weight(weight: f64) -> Self;
    /// The integer modulo 2ⁿ, or the number nearest to it.
    fn of_integer(integer: i64) -> Self;
    /// The number nearest to this one; its real part for real numbers.
    fn of_parts(real: f64, imaginary: f64) -> Self;
    /// Product; modulo 2ⁿ for integers, and for truth.
    fn times(self, other: Self) -> Self;
    /// Sum; modulo 2ⁿ for integers, or for truth.
    fn plus(self, other: Self) -> Self;
    /// The complex conjugate.
    fn conjugated(self) -> Self;
    /// Real and imaginary part.
    fn parts(self) -> [Self::Lane; 2];
    /// The number of this real and imaginary part; the latter is dropped for real numbers.
    fn join(real: Self::Lane, imaginary: Self::Lane) -> Self;
    /// A slice as the real numbers it is made of.
    fn lanes(numbers: &[Self]) -> &[Self::Lane];
    /// A slice as the real numbers it is made of.
    fn lanes_mut(numbers: &mut [Self]) -> &mut [Self::Lane];

    /// A slice as what it is, if that is f32.
    fn singles(numbers: &[Self]) -> Option<&[f32]> {
        let _ = numbers;
        None
    }
    /// A gather as what it is, if that is of f32.
    fn gather_singles(job: Gather<'_, Self>) -> Option<Gather<'_, f32>> {
        let _ = job;
        None
    }
    /// A slice as what it is, if that is f32.
    fn singles_mut(numbers: &mut [Self]) -> Option<&mut [f32]> {
        let _ = numbers;
        None
    }
}

/// What all real working types share.
macro_rules! real {
    () => {
        const PARTS: usize = 1;
        type Lane = Self;
        #[inline(always)]
        fn conjugated(self) -> Self {
            self
        }
        #[inline(always)]
        fn parts(self) -> [Self; 2] {
            [self, Self::default()]
        }
        #[inline(always)]
        fn join(real: Self, _: Self) -> Self {
            real
        }
        fn lanes(numbers: &[Self]) -> &[Self] {
            numbers
        }
        fn lanes_mut(numbers: &mut [Self]) -> &mut [Self] {
            numbers
        }
    };
}

macro_rules! working_integers { ($($rust:ty, $variant:ident;)*) => { $(
    impl Working for $rust {
        const TYPE: WorkingType = WorkingType::$variant;
        real!();
        #[inline(always)] fn load<S: Stored>(stored: S) -> Self { stored.to_i64() as $rust }
        fn of_weight(weight: f64) -> Self { weight as i64 as $rust }
        fn of_integer(integer: i64) -> Self { integer as $rust }
        fn of_parts(real: f64, _: f64) -> Self { real as i64 as $rust }
        #[inline(always)] fn times(self, other: Self) -> Self { self.wrapping_mul(other) }
        #[inline(always)] fn plus(self, other: Self) -> Self { self.wrapping_add(other) }
    }
)* } }
working_integers! { i16, I16; i32, I32; i64, I64; }

macro_rules! working_floats { ($($rust:ident, $variant:ident, $load:ident, $complex:ident, { $($singles:item)* };)*) => { $(
    impl Working for $rust {
        const TYPE: WorkingType = WorkingType::$variant;
        real!();
        #[inline(always)] fn load<S: Stored>(stored: S) -> Self { stored.$load() }
        fn of_weight(weight: f64) -> Self { weight as $rust }
        fn of_integer(integer: i64) -> Self { integer as $rust }
        fn of_parts(real: f64, _: f64) -> Self { real as $rust }
        #[inline(always)] fn times(self, other: Self) -> Self { self * other }
        #[inline(always)] fn plus(self, other: Self) -> Self { self + other }
        $($singles)*
    }

    impl Working for Complex<$rust> {
        const TYPE: WorkingType = WorkingType::$complex;
        const PARTS: usize = 2;
        type Lane = $rust;
        #[inline(always)]
        fn load<S: Stored>(stored: S) -> Self {
            let wide = stored.to_c128();
            Complex::new(wide.re as $rust, wide.im as $rust)
        }
        fn of_weight(weight: f64) -> Self { Complex::new(weight as $rust, 0.0) }
        fn of_integer(integer: i64) -> Self { Complex::new(integer as $rust, 0.0) }
        fn of_parts(real: f64, imaginary: f64) -> Self { Complex::new(real as $rust, imaginary as $rust) }
        #[inline(always)] fn times(self, other: Self) -> Self { self * other }
        #[inline(always)] fn plus(self, other: Self) -> Self { self + other }
        #[inline(always)] fn conjugated(self) -> Self { self.conj() }
        #[inline(always)] fn parts(self) -> [$rust; 2] { [self.re, self.im] }
        #[inline(always)] fn join(real: $rust, imaginary: $rust) -> Self { Complex::new(real, imaginary) }
        fn lanes(numbers: &[Self]) -> &[$rust] {
            // SAFETY: `Complex` is `repr(C)`: two numbers without padding.
            unsafe { std::slice::from_raw_parts(numbers.as_ptr().cast(), 2 * numbers.len()) }
        }
        fn lanes_mut(numbers: &mut [Self]) -> &mut [$rust] {
            // SAFETY: as above, and borrowed exclusively.
            unsafe { std::slice::from_raw_parts_mut(numbers.as_mut_ptr().cast(), 2 * numbers.len()) }
        }
    }
)* } }
working_floats! {
    f32, F32, to_f32, C64, {
        fn singles(numbers: &[Self]) -> Option<&[f32]> { Some(numbers) }
        fn gather_singles(job: Gather<'_, Self>) -> Option<Gather<'_, f32>> { Some(job) }
        fn singles_mut(numbers: &mut [Self]) -> Option<&mut [f32]> { Some(numbers) }
    };
    f64, F64, to_f64, C128, {};
}

/// A truth value: products are ands, sums are ors.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[repr(transparent)]
pub struct Truth(pub u8);

impl Sealed for Truth {}

impl Working for Truth {
    const TYPE: WorkingType = WorkingType::Truth;
    real!();
    #[inline(always)]
    fn load<S: Stored>(stored: S) -> Self {
        Truth(u8::from(stored.to_bool()))
    }
    fn of_weight(weight: f64) -> Self {
        Truth(u8::from(weight != 0.0))
    }
    fn of_integer(integer: i64) -> Self {
        Truth(u8::from(integer != 0))
    }
    fn of_parts(real: f64, _: f64) -> Self {
        Truth(u8::from(real != 0.0))
    }
    #[inline(always)]
    fn times(self, other: Self) -> Self {
        Truth(self.0 & other.0)
    }
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        Truth(self.0 | other.0)
    }
}

/// Runs an expression with a name standing for the Rust type of a [`WorkingType`].
#[macro_export]
macro_rules! with_working {
    ($working:expr, $alias:ident => $body:expr) => {
        $crate::with_working!(@arms $working, $alias => $body;
            Truth $crate::Truth, I16 i16, I32 i32, I64 i64, F32 f32, F64 f64,
            C64 $crate::num_complex::Complex<f32>, C128 $crate::num_complex::Complex<f64>)
    };
    (@arms $working:expr, $alias:ident => $body:expr; $($variant:ident $rust:ty),*) => {
        match $working { $($crate::WorkingType::$variant => { type $alias = $rust; $body })* }
    };
}
