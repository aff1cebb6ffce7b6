//! The vector operations that micro-kernels are written over.

use crate::working::{Truth, Working};

/// A number that vectors hold: the real working types. Complex sums are pairs of real ones.
pub trait Lane: Working {
    /// The kernels of an instruction set for vectors of this number.
    fn kernels(set: &'static crate::InstructionSet) -> &'static crate::arch::Kernels<Self>;
}

macro_rules! lanes {
    ($($lane:ty, $field:ident;)*) => { $(
        impl Lane for $lane {
            fn kernels(set: &'static crate::InstructionSet) -> &'static crate::arch::Kernels<Self> {
                &set.kernels.$field
            }
        }
    )* };
}
lanes! { f32, f32; f64, f64; i16, i16; i32, i32; i64, i64; Truth, truth; }

/// A vector of `COUNT` numbers. Every method is inlined into a function that enables the vector's instruction set.
pub(crate) trait Vector: Copy {
    /// What the vector holds.
    type Lane: Lane;
    /// How many.
    const COUNT: usize;
    /// Whether the instruction set has 32 vector registers, not 16.
    const MANY_REGISTERS: bool;

    /// # Safety
    /// The CPU must have the vector's instruction set.
    unsafe fn splat(number: Self::Lane) -> Self;

    /// # Safety
    /// As `splat`; `COUNT` numbers from `pointer` on must be readable. No alignment is needed.
    unsafe fn load(pointer: *const Self::Lane) -> Self;

    /// # Safety
    /// As `splat`; `COUNT` numbers from `pointer` on must be writable. No alignment is needed.
    unsafe fn store(self, pointer: *mut Self::Lane);

    /// `self + left·right`, fused where the instruction set can.
    ///
    /// # Safety
    /// As `splat`.
    unsafe fn add_product(self, left: Self, right: Self) -> Self;
}
