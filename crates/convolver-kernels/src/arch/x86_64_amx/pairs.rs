//! Pairs of numbers cut into pieces and joined before they are gathered, so that each is cut once for all taps.

use super::split::{Extents, TILE, VECTOR, Vectors, join, load};
use crate::micro::pieces::{BLOCK, Extent, Gathered, PairCopy, PairSplit};
use std::arch::x86_64::*;

/// Pairs of numbers, joined as the pieces of a tile's row.
///
/// # Safety
/// See [`Pair`](crate::micro::pieces::Pair).
#[target_feature(enable = "avx512f,avx512bw")]
pub(super) unsafe fn split(job: &PairSplit<'_>, target: &mut [i32]) -> Extent {
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
unsafe fn split_of<const COUNT: usize>(job: &PairSplit<'_>, target: &mut [i32]) -> Extent {
    // SAFETY: there are `pairs` pairs, and as much room for each piece; every access is below that.
    unsafe {
        let (even, odd, to) = (job.even.as_ptr(), job.odd.as_ptr(), target.as_mut_ptr());
        let mut extents = Extents::none();
        let mut at = 0;
        while at < job.even.len() {
            let count = (job.even.len() - at).min(VECTOR);
            let mask = ((1u32 << count) - 1) as u16;
            let (mut even, mut odd) =
                (_mm512_maskz_loadu_ps(mask, even.add(at)), _mm512_maskz_loadu_ps(mask, odd.add(at)));
            extents.see(even);
            extents.see(odd);
            for piece in 0..COUNT {
                let both = join(&mut even, &mut odd, piece);
                _mm512_mask_storeu_epi32(to.add(piece * job.piece_step + at), mask, both);
            }
            at += VECTOR;
        }
        extents.finish()
    }
}

/// Lines of joined pairs as rows of tiles.
///
/// # Safety
/// See [`Gathered`].
#[target_feature(enable = "avx512f,avx512bw")]
pub(super) unsafe fn copy(job: &PairCopy<'_>, target: &mut [i16]) {
    let vectors = Vectors::new(&job.numbers, job.vectors());
    let whole = vectors.whole();
    let (count, steps) = (job.pieces.count(), job.steps());
    // SAFETY: the gather's reach was checked for every piece, and the target has room for every row of every tile.
    unsafe {
        for (number, &line) in job.numbers.lines.iter().enumerate() {
            let line = job.numbers.source.pointer.add(job.numbers.start + line).cast::<f32>();
            for vector in 0..job.vectors() {
                // Rows of a block are lines and steps are vectors, or the other way round.
                let (block, tile, row, step) = match job.gathered {
                    Gathered::Rows => (number / BLOCK, number % BLOCK / 16, number % 16, vector),
                    Gathered::Lanes => (vector / 2, vector % 2, number % 16, number / 16),
                };
                let place = block * job.pieces.block(steps) + step * count * 2 * TILE + tile * TILE + row * BLOCK;
                let to = target.as_mut_ptr().add(place);
                for piece in 0..count {
                    let line = line.add(piece * job.piece_step);
                    let numbers = match &whole {
                        Some(whole) => _mm512_loadu_ps(line.wrapping_offset(*whole.get_unchecked(vector))),
                        None => load(line, vectors.parts(vector)),
                    };
                    _mm512_storeu_ps(to.add(piece * 2 * TILE).cast(), numbers);
                }
            }
        }
    }
}
