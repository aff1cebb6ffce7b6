//! Products of pieces in vectors: a pair of a row times the pairs of 16 lanes, both products of each added to the lane's sum.
//!
//! Eight rows × 32 lanes of sums stay in registers for all steps; a pair of terms loads two vectors of lanes, and one pair of
//! each row; of placed rows, six × 64 lanes where there are as many. The small products of a step come first, as with tiles.

use crate::memory::MatrixMut;
use crate::micro::pieces::{BLOCK, LEFT_OUT, PieceProducts, Pieces, Side, TILE_ROWS};
use std::arch::x86_64::*;

pub(super) fn is_supported() -> bool {
    is_x86_feature_detected!("avx512bf16")
}

/// Joined pairs of a tile.
const TILE: usize = TILE_ROWS * TILE_ROWS;
/// Rows of a block that are summed at once.
const ROWS: usize = 8;
/// Placed rows that stay in the second-level cache for all lanes, while the pairs of 64 lanes stay in the first-level one.
const TOGETHER: usize = 192;
/// Vectors of lanes of a block.
const VECTORS: usize = BLOCK / TILE_ROWS;

/// # Safety
/// See [`Multiply`](crate::micro::pieces::Multiply).
#[target_feature(enable = "avx512f,avx512bf16")]
pub(super) unsafe fn multiply(job: &PieceProducts<'_>, target: &mut MatrixMut<'_, f32>) {
    // SAFETY: the caller's word.
    unsafe {
        match job.side {
            Side::Rows => placed_rows(job, target),
            Side::Lanes => placed_lanes(job, target),
        }
    }
}

/// # Safety
/// As `multiply`, for placed rows. Some rows are multiplied by all lanes, whose pairs are read one after the other.
#[inline(always)]
unsafe fn placed_rows(job: &PieceProducts<'_>, target: &mut MatrixMut<'_, f32>) {
    let block = job.pieces.block(job.placed.steps.len());
    // SAFETY: `check` has counted what is read of every row and block at every step and piece, and the target holds all.
    unsafe {
        for (number, places) in job.placed.places.chunks(TOGETHER).enumerate() {
            let mut lane = 0;
            while lane < target.columns {
                let first = job.packed.as_ptr().add(lane / BLOCK * block);
                let second = first.wrapping_add(block);
                macro_rules! strips { ($lanes:expr; $($rows:literal)*) => {{
                    let (lanes, mut done) = ($lanes, 0);
                    $( while places.len() - done >= $rows {
                        let (mut rows, mut sums) = ([first; $rows], [target.pointer; $rows]);
                        for (r, (row, sums)) in rows.iter_mut().zip(&mut sums).enumerate() {
                            *row = job.placed.pairs.pointer.add(places[done + r]);
                            let number = number * TOGETHER + done + r;
                            let row = job.targets.map_or(number, |targets| targets[number]) as isize;
                            *sums = target.pointer.offset(row * target.row_stride).add(lane);
                        }
                        strip::<true, $rows, _>(job, (rows, lanes), sums);
                        done += $rows;
                    } )*
                }} }
                if target.columns - lane > BLOCK {
                    strips!([first, first.add(TILE), second, second.wrapping_add(TILE)]; 6 4 2 1);
                    lane += 2 * BLOCK;
                } else {
                    strips!([first, first.add(TILE)]; 8 4 2 1);
                    lane += BLOCK;
                }
            }
        }
    }
}

/// # Safety
/// As `multiply`, for placed lanes.
#[inline(always)]
unsafe fn placed_lanes(job: &PieceProducts<'_>, target: &mut MatrixMut<'_, f32>) {
    let pairs = job.placed.pairs.pointer;
    // SAFETY: as for `placed_rows`.
    unsafe {
        for (lane, places) in job.placed.places.chunks_exact(VECTORS).enumerate() {
            let lanes = [pairs.add(places[0]), pairs.add(places[1])];
            for (number, block) in job.packed.chunks_exact(job.pieces.block(job.placed.steps.len())).enumerate() {
                for first in (0..BLOCK).step_by(ROWS) {
                    let block = block.as_ptr().add(first / TILE_ROWS * TILE + first % TILE_ROWS * TILE_ROWS);
                    let mut rows = [block; ROWS];
                    for (r, row) in rows.iter_mut().enumerate() {
                        *row = block.add(r * TILE_ROWS);
                    }
                    let mut sums = [target.pointer; ROWS];
                    for (r, sums) in sums.iter_mut().enumerate() {
                        let row = (number * BLOCK + first + r) as isize;
                        *sums = target.pointer.offset(row * target.row_stride).add(lane * BLOCK);
                    }
                    strip::<false, _, _>(job, (rows, lanes), sums);
                }
            }
        }
    }
}

/// The sums of some rows and vectors of lanes.
///
/// # Safety
/// The CPU has AVX-512 BF16, rows and lanes are readable at every step and piece of the job, and the sums are writable.
#[inline(always)]
unsafe fn strip<const ROWS_PLACED: bool, const R: usize, const V: usize>(
    job: &PieceProducts<'_>,
    (rows, lanes): ([*const i32; R], [*const i32; V]),
    target: [*mut f32; R],
) {
    // Pieces of the packed operand and of the placed one.
    let products: &[(usize, usize)] = match job.pieces {
        Pieces::One => &[(0, 0)],
        Pieces::Two => &[(0, 1), (1, 0), (0, 0)],
        Pieces::TwoWhole => &[(1, 1), (0, 1), (1, 0), (0, 0)],
        Pieces::Three => &[(0, 2), (1, 1), (2, 0), (0, 1), (1, 0), (0, 0)],
    };
    let lane_step = if ROWS_PLACED { TILE_ROWS } else { job.placed.row_step };
    let size = job.pieces.block(1);
    // SAFETY: the caller's word.
    unsafe {
        let mut sums = [[_mm512_setzero_ps(); V]; R];
        if job.accumulate {
            for (sums, row) in sums.iter_mut().zip(target) {
                for (v, sum) in sums.iter_mut().enumerate() {
                    *sum = _mm512_loadu_ps(row.add(v * TILE_ROWS));
                }
            }
        }
        for (number, &step) in job.placed.steps.iter().enumerate() {
            if ROWS_PLACED && step == LEFT_OUT {
                continue;
            }
            for &(of_packed, of_placed) in products {
                let placed_at = step + of_placed * job.placed.piece_step;
                let packed_at = number * size + of_packed * 2 * TILE;
                let (row_at, lane_at) = if ROWS_PLACED { (placed_at, packed_at) } else { (packed_at, placed_at) };
                for pair in 0..TILE_ROWS {
                    let mut numbers = [_mm512_setzero_si512(); V];
                    for (number, lanes) in numbers.iter_mut().zip(lanes) {
                        *number = _mm512_loadu_si512(lanes.add(lane_at + pair * lane_step).cast());
                    }
                    for (sums, row) in sums.iter_mut().zip(rows) {
                        let weight = _mm512_set1_epi32(*row.add(row_at + pair));
                        for (sum, &number) in sums.iter_mut().zip(&numbers) {
                            *sum = _mm512_dpbf16_ps(*sum, bh(number), bh(weight));
                        }
                    }
                }
            }
        }
        for (sums, row) in sums.iter().zip(target) {
            for (v, &sum) in sums.iter().enumerate() {
                _mm512_storeu_ps(row.add(v * TILE_ROWS), sum);
            }
        }
    }
}

/// Joined pairs as the numbers they are.
#[inline(always)]
fn bh(pairs: __m512i) -> __m512bh {
    // SAFETY: both are 512 bits of any value.
    unsafe { std::mem::transmute(pairs) }
}
