//! Strips of i32 sums whose factors fit 16 bits: a product and its sum are one instruction.

use crate::arch::vector;
use crate::memory::MatrixMut;
use crate::micro::Band;
use crate::micro::band::{self, Strip};
use std::arch::x86_64::*;

pub(super) fn is_supported() -> bool {
    is_x86_feature_detected!("avx512vnni")
}

// The upper halves of numbers are not multiplied: those of weights are zeros.
vector!(Shortx16(__m512i): i32, 16,
    |number: i32| _mm512_set1_epi32(number & 0xFFFF), _mm512_loadu_si512, _mm512_storeu_si512,
    |sum, left, right| _mm512_dpwssd_epi32(sum, left, right),
    first |pointer, count| _mm512_maskz_loadu_epi32(((1u32 << count) - 1) as u16, pointer),
    |pointer, count, vector| _mm512_mask_storeu_epi32(pointer, ((1u32 << count) - 1) as u16, vector));

pub(super) const STRIPS: &[Strip<i32>] =
    &[strip::<1, 8>, strip::<2, 8>, strip::<3, 6>, strip::<4, 4>, strip::<5, 4>, strip::<6, 4>];

// SAFETY: see `Strip`.
#[target_feature(enable = "avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx512vnni,fma")]
unsafe fn strip<const R: usize, const W: usize>(job: &Band<'_, i32>, target: &mut MatrixMut<'_, i32>, row: usize) {
    // SAFETY: this door enables the vector's features, and the caller vouches for the CPU and the job.
    unsafe { band::strip::<Shortx16, R, W>(job, target, row) }
}
