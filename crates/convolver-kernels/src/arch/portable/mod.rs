//! Portable: arrays of 16 bytes that the compiler turns into whatever vectors the target has.

use super::{InstructionSet, kernels, transforms};
use crate::simd::{Lane, Real, RealVector, Vector};
use crate::working::Truth;

/// `N` numbers side by side.
#[derive(Clone, Copy)]
struct Numbers<L, const N: usize>([L; N]);

impl<L: Lane, const N: usize> Vector for Numbers<L, N> {
    type Lane = L;
    const COUNT: usize = N;

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

impl<L: Real, const N: usize> RealVector for Numbers<L, N> {
    #[inline(always)]
    unsafe fn plus(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] + other.0[i]))
    }

    #[inline(always)]
    unsafe fn minus(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] - other.0[i]))
    }

    #[inline(always)]
    unsafe fn times(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] * other.0[i]))
    }

    #[inline(always)]
    unsafe fn minus_product(self, left: Self, right: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] - left.0[i] * right.0[i]))
    }

    #[inline(always)]
    unsafe fn least(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| if self.0[i] < other.0[i] { self.0[i] } else { other.0[i] }))
    }

    #[inline(always)]
    unsafe fn most(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| if self.0[i] > other.0[i] { self.0[i] } else { other.0[i] }))
    }

    #[inline(always)]
    unsafe fn below(self, other: Self) -> u32 {
        (0..N).fold(0, |bits, i| bits | u32::from(self.0[i] < other.0[i]) << i)
    }

    #[inline(always)]
    unsafe fn zip(self, other: Self) -> (Self, Self) {
        let at = |i: usize| if i.is_multiple_of(2) { self.0[i / 2] } else { other.0[i / 2] };
        (Self(std::array::from_fn(at)), Self(std::array::from_fn(|i| at(N + i))))
    }
}

pub(super) static SET: InstructionSet = InstructionSet {
    name: "portable",
    vector_bytes: 16,
    supported: || true,
    kernels: kernels! {
        [];
        panel 2;
        f32: Numbers<f32, 4>; [1 x 4, 2 x 3, 3 x 3], [1 x 4, 2 x 3, 3 x 3];
        f64: Numbers<f64, 2>; [1 x 4, 2 x 3, 3 x 3], [1 x 4, 2 x 3, 3 x 3];
        i16: Numbers<i16, 8>; [1 x 4, 2 x 3], [1 x 4, 2 x 3];
        i32: Numbers<i32, 4>; [1 x 4, 2 x 3], [1 x 4, 2 x 3];
        i64: Numbers<i64, 2>; [1 x 4, 2 x 3], [1 x 4, 2 x 3];
        truth: Numbers<Truth, 16>; [1 x 4, 2 x 3], [1 x 4, 2 x 3];
    },
    transforms: transforms! { []; f32: Numbers<f32, 4>; f64: Numbers<f64, 2>; },
    pieces: None,
};
