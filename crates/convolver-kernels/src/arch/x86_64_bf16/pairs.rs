//! Pairs of numbers cut into pieces and joined, so that each is cut once for all taps: where they stay, or turned.

use super::split::{Extents, VECTOR, join, turn as turned};
use crate::micro::pieces::{Extent, PairSplit, PairTurn};
use std::arch::x86_64::*;

/// Numbers that pairs are made of.
trait Paired: Copy {
    /// What is known of the numbers so far.
    type Seen;

    /// # Safety
    /// The CPU has AVX-512, as for all below.
    unsafe fn none() -> Self::Seen;

    /// The pieces of some numbers and their partners, joined. Places that are masked are zeros.
    ///
    /// # Safety
    /// As `none`, and the numbers of the mask are readable.
    unsafe fn joined<const COUNT: usize>(
        mask: __mmask16,
        first: *const Self,
        second: *const Self,
        seen: &mut Self::Seen,
    ) -> [__m512i; COUNT];

    /// # Safety
    /// As `none`.
    unsafe fn finish(seen: Self::Seen) -> Extent;
}

impl Paired for f32 {
    type Seen = Extents;

    #[inline(always)]
    unsafe fn none() -> Extents {
        // SAFETY: the caller's word.
        unsafe { Extents::none() }
    }

    #[inline(always)]
    unsafe fn joined<const COUNT: usize>(
        mask: __mmask16,
        first: *const f32,
        second: *const f32,
        seen: &mut Extents,
    ) -> [__m512i; COUNT] {
        // SAFETY: the caller's word.
        unsafe {
            let mut even = _mm512_maskz_loadu_ps(mask, first);
            let mut odd = _mm512_maskz_loadu_ps(mask, second);
            seen.see(even);
            seen.see(odd);
            let mut pieces = [_mm512_setzero_si512(); COUNT];
            for (piece, joined) in pieces.iter_mut().enumerate() {
                *joined = join(&mut even, &mut odd, piece);
            }
            pieces
        }
    }

    #[inline(always)]
    unsafe fn finish(seen: Extents) -> Extent {
        // SAFETY: the caller's word.
        unsafe { seen.finish() }
    }
}

/// Bits of bfloat16 numbers: the least and the largest magnitude of each half word.
impl Paired for i16 {
    type Seen = [__m512i; 2];

    #[inline(always)]
    unsafe fn none() -> [__m512i; 2] {
        // SAFETY: the caller's word.
        unsafe { [_mm512_set1_epi32(-1), _mm512_setzero_si512()] }
    }

    #[inline(always)]
    unsafe fn joined<const COUNT: usize>(
        mask: __mmask16,
        first: *const i16,
        second: *const i16,
        seen: &mut [__m512i; 2],
    ) -> [__m512i; COUNT] {
        // SAFETY: the caller's word.
        unsafe {
            let even = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(mask, first));
            let odd = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(mask, second));
            let joined = _mm512_or_si512(even, _mm512_slli_epi32::<16>(odd));
            see(seen, joined);
            [joined; COUNT]
        }
    }

    #[inline(always)]
    unsafe fn finish([least, most]: [__m512i; 2]) -> Extent {
        // SAFETY: the caller's word.
        unsafe {
            let (lower, upper) = (_mm512_set1_epi32(0xffff), _mm512_srli_epi32::<16>);
            let most = _mm512_max_epu32(_mm512_and_si512(most, lower), upper(most));
            let least = _mm512_min_epu32(_mm512_and_si512(least, lower), upper(least));
            let least = _mm512_reduce_min_epu32(least).wrapping_add(1) << 16;
            Extent { least: least.wrapping_sub(1), most: _mm512_reduce_max_epu32(most) << 16 }
        }
    }
}

/// Sees the bits of bfloat16 numbers.
///
/// # Safety
/// The CPU has AVX-512.
#[inline(always)]
unsafe fn see([least, most]: &mut [__m512i; 2], numbers: __m512i) {
    // SAFETY: the caller's word. One less than nothing is the most there is.
    unsafe {
        let magnitude = _mm512_and_si512(numbers, _mm512_set1_epi16(0x7fff));
        *most = _mm512_max_epu16(*most, magnitude);
        *least = _mm512_min_epu16(*least, _mm512_sub_epi16(magnitude, _mm512_set1_epi16(1)));
    }
}

/// Places from those that are read to those that are asked for: no prefetcher of the CPU follows as many planes, or so short rows.
const AHEAD: usize = 256;

/// Pairs of numbers, joined as the pieces of a tile's row.
///
/// # Safety
/// See [`Pair`](crate::micro::pieces::Pair).
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(super) unsafe fn split(job: &PairSplit<'_, f32>, target: &mut [i32]) -> Extent {
    // SAFETY: the caller's word.
    unsafe {
        match job.pieces.count() {
            1 => split_of::<f32, 1>(job, target),
            2 => split_of::<f32, 2>(job, target),
            _ => split_of::<f32, 3>(job, target),
        }
    }
}

/// Pairs of bfloat16 numbers, joined as they are.
///
/// # Safety
/// See [`Pair`](crate::micro::pieces::Pair).
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(super) unsafe fn join_bfloats(job: &PairSplit<'_, i16>, target: &mut [i32]) -> Extent {
    // SAFETY: the caller's word; there is one piece.
    unsafe { split_of::<i16, 1>(job, target) }
}

/// # Safety
/// As `split`, with as many pieces as the job asks for.
#[inline(always)]
unsafe fn split_of<N: Paired, const COUNT: usize>(job: &PairSplit<'_, N>, target: &mut [i32]) -> Extent {
    // SAFETY: `check` has counted the reach of every row and piece; every access is of a row's columns.
    unsafe {
        let from = job.numbers.pointer;
        let (first, second, to) = (from.add(job.first.0), from.add(job.first.1), target.as_mut_ptr());
        let further =
            if job.columns > AHEAD { AHEAD } else { (AHEAD / job.columns.max(1)).wrapping_mul(job.row_steps.0) };
        let mut seen = N::none();
        for row in 0..job.rows {
            let (first, second) = (first.add(row * job.row_steps.0), second.add(row * job.row_steps.0));
            let to = to.add(row * job.row_steps.1);
            let mut at = 0;
            while at < job.columns {
                let mask = mask(job.columns - at);
                _mm_prefetch::<_MM_HINT_T0>(first.wrapping_add(further).wrapping_add(at).cast());
                _mm_prefetch::<_MM_HINT_T0>(second.wrapping_add(further).wrapping_add(at).cast());
                let pieces = N::joined::<COUNT>(mask, first.add(at), second.add(at), &mut seen);
                for (piece, joined) in pieces.into_iter().enumerate() {
                    _mm512_mask_storeu_epi32(to.add(piece * job.piece_step + at), mask, joined);
                }
                at += VECTOR;
            }
        }
        N::finish(seen)
    }
}

/// The first so many places of a vector.
#[inline(always)]
fn mask(count: usize) -> __mmask16 {
    ((1u32 << count.min(VECTOR)) - 1) as u16
}

/// Planes of pairs, cut and turned.
///
/// # Safety
/// See [`TurnPairs`](crate::micro::pieces::TurnPairs).
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(super) unsafe fn turn(job: &PairTurn<'_, f32>, target: &mut [i32]) -> Extent {
    // SAFETY: the caller's word.
    unsafe {
        match job.pieces.count() {
            1 => turn_of::<f32, 1>(job, target),
            2 => turn_of::<f32, 2>(job, target),
            _ => turn_of::<f32, 3>(job, target),
        }
    }
}

/// Planes of pairs of bfloat16 numbers, joined as they are and turned: 32 places of sixteen planes are two squares, each of every
/// other four places.
///
/// # Safety
/// See [`TurnPairs`](crate::micro::pieces::TurnPairs).
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(super) unsafe fn turn_bfloats(job: &PairTurn<'_, i16>, target: &mut [i32]) -> Extent {
    let (elements, step) = job.elements;
    // SAFETY: `check` has counted the reach of every element and place.
    unsafe {
        let mut seen = i16::none();
        for pair in (0..elements / 2).step_by(VECTOR) {
            let numbers = job.numbers.pointer.add(job.start + pair * step);
            let partner = elements / 2 * step;
            let to = target.as_mut_ptr().add(pair);
            for at in (0..job.places.len()).step_by(2 * VECTOR) {
                let count = (job.places.len() - at).min(2 * VECTOR);
                let mask = u32::MAX >> (2 * VECTOR - count);
                let places = job.places.get_unchecked(at..at + count);
                // Further on in these planes, or behind their end in the next ones.
                let further = match (at + AHEAD).checked_sub(job.places.len()) {
                    Some(behind) => VECTOR * step + behind,
                    None => at + AHEAD,
                };
                let (first, further) = (numbers.add(at), numbers.wrapping_add(further));
                let (mut low, mut high) = ([_mm512_setzero_si512(); VECTOR], [_mm512_setzero_si512(); VECTOR]);
                for plane in 0..VECTOR {
                    _mm_prefetch::<_MM_HINT_T0>(further.wrapping_add(plane * step).cast());
                    _mm_prefetch::<_MM_HINT_T0>(further.wrapping_add(plane * step + partner).cast());
                    let even = _mm512_maskz_loadu_epi16(mask, first.add(plane * step));
                    let odd = _mm512_maskz_loadu_epi16(mask, first.add(plane * step + partner));
                    see(&mut seen, even);
                    see(&mut seen, odd);
                    low[plane] = _mm512_unpacklo_epi16(even, odd);
                    high[plane] = _mm512_unpackhi_epi16(even, odd);
                }
                put(to, places, 0, turned(low));
                put(to, places, 4, turned(high));
            }
        }
        i16::finish(seen)
    }
}

/// Stores the rows of a square, those of four places in eight.
///
/// # Safety
/// The CPU has AVX-512, and each place is writable.
#[inline(always)]
unsafe fn put(to: *mut i32, places: &[usize], first: usize, square: [__m512i; VECTOR]) {
    // SAFETY: the caller's word.
    unsafe {
        for (row, pairs) in square.into_iter().enumerate() {
            if let Some(&place) = places.get(row / 4 * 8 + first + row % 4) {
                _mm512_storeu_si512(to.add(place).cast(), pairs);
            }
        }
    }
}

/// Sixteen planes of pairs at a time, which is a square of pairs for every sixteen places.
///
/// # Safety
/// As `turn`, with as many pieces as the job asks for.
#[inline(always)]
unsafe fn turn_of<N: Paired, const COUNT: usize>(job: &PairTurn<'_, N>, target: &mut [i32]) -> Extent {
    let (elements, step) = job.elements;
    // SAFETY: `check` has counted the reach of every element, place and piece.
    unsafe {
        let to = target.as_mut_ptr();
        let mut seen = N::none();
        for pair in (0..elements / 2).step_by(VECTOR) {
            let first = job.numbers.pointer.add(job.start + pair * step);
            let second = first.add(elements / 2 * step);
            let mut at = 0;
            while at < job.places.len() {
                let mask = mask(job.places.len() - at);
                let mut cut = [[_mm512_setzero_si512(); VECTOR]; COUNT];
                for plane in 0..VECTOR {
                    let (first, second) = (first.add(plane * step + at), second.add(plane * step + at));
                    // The planes of the next pairs.
                    _mm_prefetch::<_MM_HINT_T0>(first.wrapping_add(VECTOR * step).cast());
                    _mm_prefetch::<_MM_HINT_T0>(second.wrapping_add(VECTOR * step).cast());
                    let pieces = N::joined::<COUNT>(mask, first, second, &mut seen);
                    for (cut, joined) in cut.iter_mut().zip(pieces) {
                        cut[plane] = joined;
                    }
                }
                for (piece, cut) in cut.into_iter().enumerate() {
                    let to = to.add(piece * job.piece_step + pair);
                    let places = job.places.get_unchecked(at..job.places.len().min(at + VECTOR));
                    for (&place, pairs) in places.iter().zip(turned(cut)) {
                        _mm512_storeu_si512(to.add(place).cast(), pairs);
                    }
                }
                at += VECTOR;
            }
        }
        N::finish(seen)
    }
}
