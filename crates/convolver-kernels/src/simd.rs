//! The vector operations that micro-kernels are written over.

use crate::working::{Truth, Working};
use std::ops::{Add, Mul, Sub};

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

/// A real number that transforms run in.
pub trait Real: Lane + Into<f64> + PartialOrd + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> {
    /// The transforms of an instruction set for vectors of this number.
    #[doc(hidden)]
    fn transforms(set: &'static crate::InstructionSet) -> &'static crate::arch::Transforms<Self>;
}

macro_rules! reals {
    ($($lane:ident;)*) => { $(
        impl Real for $lane {
            fn transforms(set: &'static crate::InstructionSet) -> &'static crate::arch::Transforms<Self> {
                &set.transforms.$lane
            }
        }
    )* };
}
reals! { f32; f64; }

/// A vector of `COUNT` numbers. Every method is inlined into a function that enables the vector's instruction set.
pub(crate) trait Vector: Copy {
    /// What the vector holds.
    type Lane: Lane;
    /// How many.
    const COUNT: usize;

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

    /// Every second number from the first on, so many of them, from 1 to `COUNT`; and zeros.
    ///
    /// # Safety
    /// As `splat`; `2·count − 1` numbers from `pointer` on must be readable.
    #[inline(always)]
    unsafe fn load_every_second(pointer: *const Self::Lane, count: usize) -> Self {
        let mut numbers = [Self::Lane::default(); WIDEST];
        // SAFETY: the caller's word; a vector fits the array.
        unsafe {
            numbers[..count].iter_mut().enumerate().for_each(|(lane, number)| *number = *pointer.add(2 * lane));
            Self::load(numbers.as_ptr())
        }
    }

    /// The first `count < COUNT` numbers, and zeros. Nothing behind them is touched.
    ///
    /// # Safety
    /// As `splat`; `count` numbers from `pointer` on must be readable.
    #[inline(always)]
    unsafe fn load_first(pointer: *const Self::Lane, count: usize) -> Self {
        let mut numbers = [Self::Lane::default(); WIDEST];
        // SAFETY: the caller's word; `count` numbers fit the array, and so does a vector.
        unsafe {
            std::ptr::copy_nonoverlapping(pointer, numbers.as_mut_ptr(), count);
            Self::load(numbers.as_ptr())
        }
    }

    /// Writes the first `count < COUNT` numbers. Nothing behind them is touched.
    ///
    /// # Safety
    /// As `splat`; `count` numbers from `pointer` on must be writable.
    #[inline(always)]
    unsafe fn store_first(self, pointer: *mut Self::Lane, count: usize) {
        let mut numbers = [Self::Lane::default(); WIDEST];
        // SAFETY: the caller's word; a vector fits the array.
        unsafe {
            self.store(numbers.as_mut_ptr());
            std::ptr::copy_nonoverlapping(numbers.as_ptr(), pointer, count);
        }
    }

    /// Every second number of the sequence `self[0] … other[0] …`, and those between them.
    ///
    /// # Safety
    /// As `splat`.
    #[inline(always)]
    unsafe fn unzip(self, other: Self) -> (Self, Self) {
        let mut numbers = [Self::Lane::default(); 2 * WIDEST];
        // SAFETY: the caller's word; two vectors fit the array, and one each of its halves.
        unsafe {
            self.store(numbers.as_mut_ptr());
            other.store(numbers.as_mut_ptr().add(Self::COUNT));
            let half = |first: usize| {
                let half: [_; WIDEST] = std::array::from_fn(|i| numbers[(2 * i + first) % (2 * WIDEST)]);
                Self::load(half.as_ptr())
            };
            (half(0), half(1))
        }
    }

    /// The numbers of these places, each less than `COUNT`.
    ///
    /// # Safety
    /// As `splat`.
    #[inline(always)]
    unsafe fn picked(self, places: &[u32; WIDEST]) -> Self {
        let (mut numbers, mut picked) = ([Self::Lane::default(); WIDEST], [Self::Lane::default(); WIDEST]);
        // SAFETY: the caller's word; a vector fits the arrays.
        unsafe {
            self.store(numbers.as_mut_ptr());
            for (lane, number) in picked[..Self::COUNT].iter_mut().enumerate() {
                *number = numbers[places[lane] as usize];
            }
            Self::load(picked.as_ptr())
        }
    }

    /// The sum of the numbers of each vector, in one order.
    ///
    /// # Safety
    /// As `splat`.
    #[inline(always)]
    unsafe fn sums(vectors: [Self; TOGETHER]) -> [Self::Lane; TOGETHER] {
        vectors.map(|vector| {
            let mut numbers = [Self::Lane::default(); WIDEST];
            // SAFETY: the caller's word; a vector fits the array.
            unsafe { vector.store(numbers.as_mut_ptr()) };
            numbers[..Self::COUNT].iter().fold(Self::Lane::default(), |sum, &number| sum.plus(number))
        })
    }
}

/// Asks for the line of an address that will be written.
#[inline(always)]
pub(crate) fn prefetch_to_write<T>(address: *mut T) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a hint, which touches nothing.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_ET0 }>(address.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}

/// Asks for the line of an address that will be read soon, to come as near as the second-level cache.
#[inline(always)]
pub(crate) fn prefetch_to_read<T>(address: *const T) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: as above.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T1 }>(address.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}

/// Vectors whose numbers are summed together.
pub(crate) const TOGETHER: usize = 8;

/// Numbers in the widest vector there is.
pub(crate) const WIDEST: usize = 64;

/// A vector of real numbers.
pub(crate) trait RealVector: Vector<Lane: Real> {
    /// `self + other`.
    ///
    /// # Safety
    /// As `splat`, and so for all below.
    unsafe fn plus(self, other: Self) -> Self;

    /// `self − other`.
    ///
    /// # Safety
    /// As `splat`.
    unsafe fn minus(self, other: Self) -> Self;

    /// `self·other`.
    ///
    /// # Safety
    /// As `splat`.
    unsafe fn times(self, other: Self) -> Self;

    /// `self − left·right`, fused where the instruction set can.
    ///
    /// # Safety
    /// As `splat`.
    unsafe fn minus_product(self, left: Self, right: Self) -> Self;

    /// The smaller of each pair.
    ///
    /// # Safety
    /// As `splat`.
    unsafe fn least(self, other: Self) -> Self;

    /// The larger of each pair.
    ///
    /// # Safety
    /// As `splat`.
    unsafe fn most(self, other: Self) -> Self;

    /// A bit for every number, the lowest for the first: whether it is smaller than that of the other in its place.
    ///
    /// # Safety
    /// As `splat`.
    unsafe fn below(self, other: Self) -> u32;

    /// The two halves of the sequence `self[0] other[0] self[1] other[1] …`.
    ///
    /// # Safety
    /// As `splat`.
    unsafe fn zip(self, other: Self) -> (Self, Self);
}
