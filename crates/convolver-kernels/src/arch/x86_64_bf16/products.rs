//! Products of pieces in vectors: a pair of a row times the pairs of 16 lanes, both products of each added to the lane's sum.
//!
//! Eight rows × 32 lanes of sums stay in registers for all steps; a pair of terms loads two vectors of lanes, and one pair of
//! each row. The small products of a step come first, as with tiles.

use crate::memory::MatrixMut;
use crate::micro::pieces::{BLOCK, PieceProducts, Pieces, Placed, Side, TILE_ROWS};
use std::arch::x86_64::*;

pub(super) fn is_supported() -> bool {
    is_x86_feature_detected!("avx512bf16")
}

/// Joined pairs of a tile.
const TILE: usize = TILE_ROWS * TILE_ROWS;
/// Rows that are summed at once.
const ROWS: usize = 8;
/// Vectors of lanes of a block.
const VECTORS: usize = BLOCK / TILE_ROWS;

/// # Safety
/// See [`Multiply`](crate::micro::pieces::Multiply).
#[target_feature(enable = "avx512f,avx512bf16")]
pub(super) unsafe fn multiply(job: &PieceProducts<'_>, target: &mut MatrixMut<'_, f32>) {
    // SAFETY: the caller's word.
    unsafe {
        match job.side {
            Side::Rows => of_side::<true>(job, target),
            Side::Lanes => of_side::<false>(job, target),
        }
    }
}

/// A block of an operand: where its tiles lie, from one row of a tile to the next, and from one piece to the next.
#[derive(Clone, Copy)]
struct Operand {
    tiles: [*const i32; 2],
    row: usize,
    piece: usize,
}

/// # Safety
/// As `multiply`, for the side that is placed.
#[inline(always)]
unsafe fn of_side<const ROWS_PLACED: bool>(job: &PieceProducts<'_>, target: &mut MatrixMut<'_, f32>) {
    let Placed { pairs, tiles, steps, row_step, piece_step } = job.placed;
    let block = job.pieces.block(steps.len());
    // SAFETY: `check` has counted what is read of every tile, step and piece, and the target holds whole blocks.
    unsafe {
        for (number, places) in tiles.chunks_exact(BLOCK / TILE_ROWS).enumerate() {
            let tiles = [pairs.pointer.add(places[0]), pairs.pointer.add(places[1])];
            let placed = Operand { tiles, row: row_step, piece: piece_step };
            for (other, packed) in job.packed.chunks_exact(block).enumerate() {
                let tiles = [packed.as_ptr(), packed.as_ptr().add(TILE)];
                let packed = Operand { tiles, row: TILE_ROWS, piece: 2 * TILE };
                let (row, lane) = if ROWS_PLACED { (number, other) } else { (other, number) };
                for first in (0..BLOCK).step_by(ROWS) {
                    let row = (row * BLOCK + first) as isize;
                    let sums = target.pointer.offset(row * target.row_stride).add(lane * BLOCK);
                    let sums = (sums, target.row_stride, job.accumulate);
                    strip::<ROWS_PLACED>((placed, packed), first, steps, job.pieces, sums);
                }
            }
        }
    }
}

/// The sums of some rows of a block.
///
/// # Safety
/// The CPU has AVX-512 BF16, every tile of both operands is readable at every step and piece, and the sums are writable.
#[inline(always)]
unsafe fn strip<const ROWS_PLACED: bool>(
    (placed, packed): (Operand, Operand),
    first: usize,
    steps: &[usize],
    pieces: Pieces,
    (target, pitch, accumulate): (*mut f32, isize, bool),
) {
    // Pieces of the packed operand and of the placed one.
    let products: &[(usize, usize)] = match pieces {
        Pieces::One => &[(0, 0)],
        Pieces::Two => &[(0, 1), (1, 0), (0, 0)],
        Pieces::TwoWhole => &[(1, 1), (0, 1), (1, 0), (0, 0)],
        Pieces::Three => &[(0, 2), (1, 1), (2, 0), (0, 1), (1, 0), (0, 0)],
    };
    let size = pieces.block(1);
    // SAFETY: the caller's word.
    unsafe {
        let mut sums = [[_mm512_setzero_ps(); VECTORS]; ROWS];
        if accumulate {
            for (r, sums) in sums.iter_mut().enumerate() {
                for (v, sum) in sums.iter_mut().enumerate() {
                    *sum = _mm512_loadu_ps(target.offset(r as isize * pitch).add(v * TILE_ROWS));
                }
            }
        }
        for (number, &step) in steps.iter().enumerate() {
            for &(of_packed, of_placed) in products {
                let placed_at = step + of_placed * placed.piece;
                let packed_at = number * size + of_packed * packed.piece;
                let ((rows, rows_at), (lanes, lanes_at)) = match ROWS_PLACED {
                    true => ((placed, placed_at), (packed, packed_at)),
                    false => ((packed, packed_at), (placed, placed_at)),
                };
                let row_step = if ROWS_PLACED { rows.row } else { TILE_ROWS };
                let lane_step = if ROWS_PLACED { TILE_ROWS } else { lanes.row };
                let rows = rows.tiles[first / TILE_ROWS].add(rows_at + first % TILE_ROWS * row_step);
                let lanes = [lanes.tiles[0].add(lanes_at), lanes.tiles[1].add(lanes_at)];
                for pair in 0..TILE_ROWS {
                    let mut numbers = [_mm512_setzero_si512(); VECTORS];
                    for (number, lanes) in numbers.iter_mut().zip(lanes) {
                        *number = _mm512_loadu_si512(lanes.add(pair * lane_step).cast());
                    }
                    for (r, sums) in sums.iter_mut().enumerate() {
                        let weight = _mm512_set1_epi32(*rows.add(r * row_step + pair));
                        for (sum, &number) in sums.iter_mut().zip(&numbers) {
                            *sum = _mm512_dpbf16_ps(*sum, bh(number), bh(weight));
                        }
                    }
                }
            }
        }
        for (r, sums) in sums.iter().enumerate() {
            for (v, &sum) in sums.iter().enumerate() {
                _mm512_storeu_ps(target.offset(r as isize * pitch).add(v * TILE_ROWS), sum);
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
