//! Pairs of numbers cut into pieces and joined where they stay, so that each is cut once for all taps.

use super::split::{Extents, VECTOR, join};
use crate::micro::pieces::{Extent, PairSplit};
use std::arch::x86_64::*;

/// Pairs of numbers, joined as the pieces of a tile's row.
///
/// # Safety
/// See [`Pair`](crate::micro::pieces::Pair).
#[target_feature(enable = "avx512f,avx512bw")]
pub(super) unsafe fn split(job: &PairSplit<'_, f32>, target: &mut [i32]) -> Extent {
    // SAFETY: the caller's word.
    unsafe {
        match job.pieces.count() {
            1 => split_of::<1>(job, target),
            2 => split_of::<2>(job, target),
            _ => split_of::<3>(job, target),
        }
    }
}

/// # Safety
/// As `split`, with as many pieces as the job asks for.
#[inline(always)]
unsafe fn split_of<const COUNT: usize>(job: &PairSplit<'_, f32>, target: &mut [i32]) -> Extent {
    // SAFETY: `check` has counted the reach of every row and piece; every access is of a row's columns.
    unsafe {
        let from = job.numbers.pointer;
        let (first, second, to) = (from.add(job.first.0), from.add(job.first.1), target.as_mut_ptr());
        let mut extents = Extents::none();
        for row in 0..job.rows {
            let (first, second) = (first.add(row * job.row_steps.0), second.add(row * job.row_steps.0));
            let to = to.add(row * job.row_steps.1);
            let mut at = 0;
            while at < job.columns {
                let count = (job.columns - at).min(VECTOR);
                let mask = ((1u32 << count) - 1) as u16;
                let mut even = _mm512_maskz_loadu_ps(mask, first.add(at));
                let mut odd = _mm512_maskz_loadu_ps(mask, second.add(at));
                extents.see(even);
                extents.see(odd);
                for piece in 0..COUNT {
                    let both = join(&mut even, &mut odd, piece);
                    _mm512_mask_storeu_epi32(to.add(piece * job.piece_step + at), mask, both);
                }
                at += VECTOR;
            }
        }
        extents.finish()
    }
}

/// Pairs of bfloat16 numbers, joined as they are.
///
/// # Safety
/// See [`Pair`](crate::micro::pieces::Pair).
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(super) unsafe fn join_bfloats(job: &PairSplit<'_, i16>, target: &mut [i32]) -> Extent {
    // SAFETY: as `split_of`.
    unsafe {
        let from = job.numbers.pointer;
        let (first, second, to) = (from.add(job.first.0), from.add(job.first.1), target.as_mut_ptr());
        let mut extents = Extents::none();
        for row in 0..job.rows {
            let (first, second) = (first.add(row * job.row_steps.0), second.add(row * job.row_steps.0));
            let to = to.add(row * job.row_steps.1);
            for at in (0..job.columns).step_by(VECTOR) {
                let mask = ((1u32 << (job.columns - at).min(VECTOR)) - 1) as u16;
                let even = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(mask, first.add(at)));
                let odd = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(mask, second.add(at)));
                let odd = _mm512_slli_epi32::<16>(odd);
                extents.see(_mm512_castsi512_ps(_mm512_slli_epi32::<16>(even)));
                extents.see(_mm512_castsi512_ps(odd));
                _mm512_mask_storeu_epi32(to.add(at), mask, _mm512_or_si512(even, odd));
            }
        }
        extents.finish()
    }
}
