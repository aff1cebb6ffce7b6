//! Instruction sets: a proved value each, with the kernels compiled for it.

mod portable;
#[cfg(target_arch = "x86_64")]
mod x86_64_v3;
#[cfg(target_arch = "x86_64")]
mod x86_64_v4;

use crate::memory::MatrixMut;
use crate::micro::Band;
use crate::simd::Lane;
use crate::working::Truth;

/// The instruction sets of this build, best first; the last one always works.
pub static ALL: &[&InstructionSet] = &[
    #[cfg(target_arch = "x86_64")]
    &x86_64_v4::SET,
    #[cfg(target_arch = "x86_64")]
    &x86_64_v3::SET,
    &portable::SET,
];

/// The best instruction set that this CPU has.
pub fn best() -> &'static InstructionSet {
    ALL.iter().find(|set| set.is_supported()).expect("the portable set always works")
}

/// The kernels compiled for one instruction set.
pub struct InstructionSet {
    /// Its name in `CONVOLVER_ISA`.
    pub name: &'static str,
    /// Bytes of a vector.
    pub vector_bytes: usize,
    /// Whether this CPU has it.
    supported: fn() -> bool,
    pub(crate) kernels: AllKernels,
}

impl std::fmt::Debug for InstructionSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// The kernels of an instruction set for every number that vectors hold.
pub(crate) struct AllKernels {
    pub(crate) f32: Kernels<f32>,
    pub(crate) f64: Kernels<f64>,
    pub(crate) i16: Kernels<i16>,
    pub(crate) i32: Kernels<i32>,
    pub(crate) i64: Kernels<i64>,
    pub(crate) truth: Kernels<Truth>,
}

/// The kernels of an instruction set for one number.
pub struct Kernels<L: Lane> {
    /// Numbers in a vector.
    pub(crate) count: usize,
    /// # Safety
    /// The CPU must have the instruction set, and the job must have been checked for the target.
    pub(crate) band: unsafe fn(&Band<'_, L>, &mut MatrixMut<'_, L>),
}

impl InstructionSet {
    /// Whether this CPU can run it.
    pub fn is_supported(&self) -> bool {
        (self.supported)()
    }

    /// Numbers of this type in a vector: how far past its last output a band may read.
    pub fn lanes<L: Lane>(&'static self) -> usize {
        L::kernels(self).count
    }

    /// Computes a band of outputs.
    ///
    /// # Panics
    /// If the job reads outside its tile, or the CPU lacks the instruction set.
    pub fn band<L: Lane>(&'static self, job: &Band<'_, L>, target: &mut MatrixMut<'_, L>) {
        assert!(self.is_supported(), "{} needs a CPU that has it", self.name);
        let kernels = L::kernels(self);
        job.check(target.rows, target.columns, kernels.count);
        // SAFETY: both asserted above.
        unsafe { (kernels.band)(job, target) }
    }
}

/// Writes the kernels of an instruction set: every generic body behind a door that enables its features.
macro_rules! kernels {
    ($features:tt; $($field:ident: $lane:ty = $vector:ty;)*) => {
        $crate::arch::AllKernels {
            $($field: $crate::arch::kernels!(@doors $features $lane, $vector),)*
        }
    };
    (@doors [$($features:literal)?] $lane:ty, $vector:ty) => {{
        // SAFETY: see `Kernels::band`.
        $(#[target_feature(enable = $features)])?
        unsafe fn band(
            job: &$crate::micro::Band<'_, $lane>,
            target: &mut $crate::memory::MatrixMut<'_, $lane>,
        ) {
            // SAFETY: this door enables the vector's features, and the caller vouches for the CPU and the job.
            unsafe { $crate::micro::band::run::<$vector>(job, target) }
        }
        $crate::arch::Kernels { count: <$vector as $crate::simd::Vector>::COUNT, band }
    }};
}
pub(crate) use kernels;

/// Implements [`Vector`](crate::simd::Vector) for a register type.
macro_rules! vector {
    ($name:ident($raw:ty): $lane:ty, $count:literal, many: $many:literal,
     $splat:expr, $load:expr, $store:expr, |$sum:ident, $left:ident, $right:ident| $product:expr) => {
        #[derive(Clone, Copy)]
        pub(super) struct $name($raw);

        impl $crate::simd::Vector for $name {
            type Lane = $lane;
            const COUNT: usize = $count;
            const MANY_REGISTERS: bool = $many;

            #[inline(always)]
            unsafe fn splat(number: $lane) -> Self {
                // SAFETY: the caller vouches for the instruction set.
                Self(unsafe { $splat(number) })
            }
            #[inline(always)]
            unsafe fn load(pointer: *const $lane) -> Self {
                // SAFETY: as above, and for the memory.
                Self(unsafe { $load(pointer.cast()) })
            }
            #[inline(always)]
            unsafe fn store(self, pointer: *mut $lane) {
                // SAFETY: as above.
                unsafe { $store(pointer.cast(), self.0) }
            }
            #[inline(always)]
            unsafe fn add_product(self, left: Self, right: Self) -> Self {
                let ($sum, $left, $right) = (self.0, left.0, right.0);
                // SAFETY: the caller vouches for the instruction set.
                Self(unsafe { $product })
            }
        }
    };
}
pub(crate) use vector;
