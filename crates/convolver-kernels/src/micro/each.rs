//! Each: lanes that have weights of their own, as channels last in memory each with its kernel.
//!
//! Computes   y[r, i, l] = Σ_p Σ_q Σ_c  w_p[c, q, l] · x_c(ρ, ℓ, l)      a frame (see `frame`) for every lane l
//!
//! Idea      a vector is neighbouring lanes of one place. R rows × P places of them stay in registers, as in a band: P
//!           inputs and R vectors of weights are loaded for R·P multiply-adds. Nothing is gathered, whatever the step is. A
//!           row that is not there is a row of zeros; places near the ends of a row are computed one by one, with zeros for
//!           those that are not there.
//! Chunks    of few lanes each, so that a chunk's weights stay in the first-level cache while the places go by
//! Order     that of a band

use super::band::{Band, block};
use super::form::{Apart, Form};
use super::frame::{Frame, Inside};
use crate::memory::{MatricesMut, MatrixMut};
use crate::simd::{Lane, Vector};
use std::ops::Range;

/// Bytes of a chunk of lanes.
const CHUNK_BYTES: usize = 128;

/// R rows of outputs, compiled for an instruction set: the frame; the target, a matrix of rows × lanes for each place; the
/// first row; the places that see nothing outside; the lanes.
///
/// # Safety
/// The CPU must have the instruction set, the frame must have been checked for the target, and R rows from the first must
/// lie within it, as must the lanes.
pub(crate) type EachStrip<L> =
    unsafe fn(&Frame<'_, L>, &MatricesMut<'_, L>, row: usize, inside: Range<usize>, lanes: Range<usize>);

/// Computes a whole target.
///
/// # Safety
/// The CPU must have the instruction set of the strips, and `inside` must be what `check` gave for the target.
pub(crate) unsafe fn run<L: Lane>(
    strips: &[EachStrip<L>],
    frame: &Frame<'_, L>,
    inside: &Inside,
    target: &MatricesMut<'_, L>,
) {
    let deepest = frame.phases.iter().map(|phase| phase.rows).max().unwrap_or(1);
    let (most, rows, lanes) = (deepest.min(strips.len()), target.matrix.rows, target.matrix.columns);
    let chunk = CHUNK_BYTES / size_of::<L>();
    let mut row = 0;
    while row < rows {
        let some = (rows - row).div_ceil((rows - row).div_ceil(most));
        for first in (0..lanes).step_by(chunk) {
            // SAFETY: the caller's word; these rows and lanes lie within the target.
            unsafe { strips[some - 1](frame, target, row, inside.places.clone(), first..lanes.min(first + chunk)) };
        }
        row += some;
    }
}

/// See [`EachStrip`].
///
/// # Safety
/// See [`EachStrip`].
#[inline(always)]
pub(crate) unsafe fn strip<V: Vector, const R: usize, const P: usize>(
    frame: &Frame<'_, V::Lane>,
    target: &MatricesMut<'_, V::Lane>,
    row: usize,
    inside: Range<usize>,
    lanes: Range<usize>,
) {
    let x = frame.input.pointer.wrapping_offset(frame.start()).wrapping_add(row * frame.row_step());
    let (step, band) = (frame.places.step * frame.places.pitch, frame.band());
    // SAFETY: the caller's word; every block lies within the target, and those of several places inside.
    unsafe {
        let y = target.matrix.pointer.offset(row as isize * target.matrix.row_stride);
        let mut place = 0;
        while place < target.count {
            let there = if inside.contains(&place) { inside.end - place } else { 0 };
            let form = Apart::<false> {
                rows: frame.rows_from(row),
                steps: (step, target.step),
                lanes: target.matrix.columns,
                count: V::COUNT,
            };
            let block = Block {
                band: &band,
                form,
                x: x.wrapping_add(place * step),
                y: y.offset(place as isize * target.step),
                lanes: lanes.clone(),
                matrix: &target.matrix,
            };
            place += if there >= P {
                block.places::<V, R, P>();
                P
            } else if there > 0 {
                block.places::<V, R, 1>();
                1
            } else {
                block.at_border::<V, R>(frame, place);
                1
            };
        }
    }
}

/// R rows of some neighbouring places.
struct Block<'a, L> {
    band: &'a Band<'a, L>,
    form: Apart<'a, false>,
    x: *const L,
    y: *mut L,
    lanes: Range<usize>,
    matrix: &'a MatrixMut<'a, L>,
}

impl<L: Lane> Block<'_, L> {
    /// All lanes of P places inside.
    ///
    /// # Safety
    /// As `strip`.
    #[inline(always)]
    unsafe fn places<V: Vector<Lane = L>, const R: usize, const P: usize>(&self) {
        let Apart { rows, steps, lanes, .. } = self.form;
        for lane in self.lanes.clone().step_by(V::COUNT) {
            let count = V::COUNT.min(self.lanes.end - lane);
            let (x, y) = (self.x.wrapping_add(lane), self.y.wrapping_add(lane));
            // SAFETY: the caller's word; every tap has weights for all lanes.
            unsafe {
                let band = Band { weights: self.band.weights.get_unchecked(lane..), ..*self.band };
                if count == V::COUNT {
                    block::<V, R, P, _>(&band, self.form, x, y, self.matrix.row_stride);
                } else {
                    // What is left of the lanes is little: place by place.
                    let few = Apart::<true> { rows, steps, lanes, count };
                    for place in 0..P {
                        let (x, y) = (x.wrapping_add(place * steps.0), y.wrapping_offset(place as isize * steps.1));
                        block::<V, R, 1, _>(&band, few, x, y, self.matrix.row_stride);
                    }
                }
            }
        }
    }

    /// All lanes of one place that sees places outside, column by column of the kernel.
    ///
    /// # Safety
    /// As `strip`.
    #[inline(always)]
    unsafe fn at_border<V: Vector<Lane = L>, const R: usize>(&self, frame: &Frame<'_, L>, place: usize) {
        let Apart { lanes, .. } = self.form;
        for lane in self.lanes.clone().step_by(V::COUNT) {
            let count = V::COUNT.min(self.lanes.end - lane);
            let all = u64::MAX >> (u64::BITS as usize - count);
            // SAFETY: the caller's word; lanes beyond `count` are neither read nor written.
            unsafe {
                let mut sums = [V::splat(L::default()); R];
                let (mut weights, mut at) = (self.band.weights.as_ptr().add(lane), 0);
                for (number, phase) in self.band.phases.iter().enumerate() {
                    let form = Form::<V>::of_phase(self.form, number);
                    for q in 0..phase.rows {
                        for c in 0..phase.columns {
                            let across = frame.places.first
                                + (*frame.shifts.get_unchecked(at + c) + place * frame.places.step) as isize;
                            let across = across.cast_unsigned() < frame.places.count;
                            let weight = V::load_lanes(weights.add((c * phase.rows + q) * lanes), all);
                            let x = self.x.wrapping_add(lane).wrapping_add(*frame.columns.get_unchecked(at + c));
                            for (r, sum) in sums.iter_mut().enumerate() {
                                let there = across && Form::<V>::row_is_there(form, r + q);
                                let x = x.wrapping_add((r + q) * self.band.row_step);
                                let input = if there { V::load_lanes(x, all) } else { V::splat(L::default()) };
                                *sum = sum.add_product(input, weight);
                            }
                        }
                    }
                    weights = weights.add(phase.rows * phase.columns * lanes);
                    at += phase.columns;
                }
                for (r, sum) in sums.iter().enumerate() {
                    let y = self.y.offset(r as isize * self.matrix.row_stride).add(lane);
                    if count < V::COUNT { sum.store_first(y, count) } else { sum.store(y) }
                }
            }
        }
    }
}
