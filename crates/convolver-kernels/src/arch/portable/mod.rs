//! Portable: arrays of 16 bytes that the compiler turns into whatever vectors the target has.

use super::{InstructionSet, kernels};
use crate::simd::{Lane, Vector};
use crate::working::Truth;

/// `N` numbers side by side.
#[derive(Clone, Copy)]
struct Numbers<L, const N: usize>([L; N]);

impl<L: Lane, const N: usize> Vector for Numbers<L, N> {
    type Lane = L;
    const COUNT: usize = N;
    const MANY_REGISTERS: bool = false;

    #[inline(always)]
    unsafe fn splat(number: L) -> Self {
        Self([number; N])
    }

    #[inline(always)]
    unsafe fn load(pointer: *const L) -> Self {
        // SAFETY: the caller vouches for `N` readable numbers.
        Self(unsafe { pointer.cast::<[L; N]>().read_unaligned() })
    }

    #[inline(always)]
    unsafe fn store(self, pointer: *mut L) {
        // SAFETY: the caller vouches for `N` writable numbers.
        unsafe { pointer.cast::<[L; N]>().write_unaligned(self.0) }
    }

    #[inline(always)]
    unsafe fn add_product(self, left: Self, right: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i].plus(left.0[i].times(right.0[i]))))
    }
}

pub(super) static SET: InstructionSet = InstructionSet {
    name: "portable",
    vector_bytes: 16,
    supported: || true,
    kernels: kernels! {
        [];
        f32: f32 = Numbers<f32, 4>;
        f64: f64 = Numbers<f64, 2>;
        i16: i16 = Numbers<i16, 8>;
        i32: i32 = Numbers<i32, 4>;
        i64: i64 = Numbers<i64, 2>;
        truth: Truth = Numbers<Truth, 16>;
    },
};
