//! Each: lanes that have weights of their own, as channels last in memory each with its kernel.
//!
//! Computes   y[r, i, l] = Σ_p Σ_q Σ_c  w_p[c, q, l] · x_c(ρ, ℓ, ⌊l / shared⌋·step)      a frame (see `frame`) for every lane l
//!
//! Idea      a vector is neighbouring lanes of one place. What a part of the outputs sees is copied between zeros (see
//!           `padded`), a vector of lanes at a time, and summed from there (see `rolling`), places as its vectors.
//! Groups    Where outputs of a group are lanes, they see the same inputs. A copy repeats each of these for its lanes, so that
//!           sums over the inputs of a group are sums over elements as anywhere.
//! Picture   inputs  a0 a1 b0 b1         two groups a and b of two inputs and two outputs each
//!           copies  a0 a0 b0 b0 | a1 a1 b1 b1
//! Weights   those of a vector of lanes together, tap by tap

use super::frame::Frame;
use super::padded::{Lanes, Layout, Part, Picked};
use super::rolling::{Pass, Rolling, Rolls, passes};
use crate::memory::MatricesMut;
use crate::simd::{Lane, Vector, WIDEST};
use std::ops::Range;

/// A frame for every lane.
#[derive(Clone, Copy, Debug)]
pub struct Each<'a, L> {
    /// The first lane's frame, with the weights of all: for every vector of lanes, those of each tap, and zeros for lanes
    /// that the last one lacks.
    pub frame: Frame<'a, L>,
    /// Neighbouring lanes that see the same numbers.
    pub shared: usize,
    /// Numbers from there to what the next lanes see.
    pub step: usize,
}

/// Computes a whole target, a matrix of rows × lanes for each place.
///
/// # Safety
/// The CPU must have the instruction set, and `check` must have passed for the target.
pub(crate) type Run<L> = unsafe fn(&Rolls<L>, &Each<'_, L>, &Layout, &mut MatricesMut<'_, L>);

/// Places below which a row is not cut.
const WIDE: usize = 4;

impl<L: Lane> Each<'_, L> {
    /// Checks that every element read for `rows` × `places` outputs of so many lanes lies in the input.
    pub(crate) fn check(&self, (rows, places): (usize, usize), lanes: usize, vector: usize) {
        assert!(self.shared > 0, "lanes see numbers");
        let picked = (vector - 1).checked_mul(self.step);
        assert!(picked.is_some_and(|last| u32::try_from(last).is_ok()), "lanes are near each other");
        let beyond = ((lanes - 1) / self.shared).checked_mul(self.step).expect("lanes lie within their input");
        let filled = lanes.next_multiple_of(vector);
        self.frame.check((rows, places), beyond, |taps| taps.checked_mul(filled));
    }

    /// How it is cut and copied.
    pub(crate) fn layout(&self, rows: usize, places: usize, vector: usize) -> Layout {
        Layout::fitting(&self.frame, (rows, places), (vector, vector), WIDE)
    }
}

/// See [`Run`].
///
/// # Safety
/// See [`Run`].
#[inline(always)]
pub(crate) unsafe fn run<V: Vector>(
    rolls: &Rolls<V::Lane>,
    job: &Each<'_, V::Lane>,
    layout: &Layout,
    target: &mut MatricesMut<'_, V::Lane>,
) {
    let (frame, size) = (&job.frame, (target.matrix.rows, target.count));
    let (lanes, pitch) = (target.matrix.columns, frame.places.pitch);
    let taps: usize = frame.phases.iter().map(|phase| phase.rows * phase.columns).sum();
    let passes = passes(frame.phases, rolls.own.len().min(layout.fewest_rows(size.0) + 1));
    let mut room = layout.room::<V::Lane>(1, V::COUNT);
    let room = room.as_mut_ptr();
    let strides = (target.matrix.row_stride, target.step);
    for part in layout.parts(size) {
        for first in (0..lanes).step_by(V::COUNT) {
            let count = V::COUNT.min(lanes - first);
            let beyond = first / job.shared * job.step;
            let [row, place] = [part.rows.start as isize * strides.0, part.places.start as isize * strides.1];
            let y = target.matrix.pointer.wrapping_offset(row + place).wrapping_add(first);
            let zeros = first == 0;
            // SAFETY: `check` has seen the numbers of all lanes; the part and the lanes lie within the target.
            unsafe {
                if job.shared == 1 && job.step == 1 {
                    layout.fill::<V, _>(frame, &part, beyond, room, (Lanes { pitch, count }, zeros));
                } else {
                    let mut picks = [0; WIDEST];
                    for (lane, pick) in picks[..count].iter_mut().enumerate() {
                        *pick = (((first + lane) / job.shared - first / job.shared) * job.step) as u32;
                    }
                    let numbers = picks[count - 1] as usize + 1;
                    let picked = Picked { pitch, picks: &picks, count: numbers };
                    layout.fill::<V, _>(frame, &part, beyond, room, (picked, zeros));
                }
                let weights = frame.weights.as_ptr().add(first * taps);
                let lanes = Chunk { x: room.cast_const(), weights, y, lanes: first..first + count };
                lanes.run::<V>(rolls, job, (layout, &passes), &part, strides);
            }
        }
    }
}

/// A vector of lanes of a part with its zeros, and its weights.
struct Chunk<L> {
    x: *const L,
    weights: *const L,
    y: *mut L,
    lanes: Range<usize>,
}

impl<L: Lane> Chunk<L> {
    /// # Safety
    /// As `run`.
    #[inline(always)]
    unsafe fn run<V: Vector<Lane = L>>(
        &self,
        rolls: &Rolls<L>,
        job: &Each<'_, L>,
        (layout, passes): (&Layout, &[Pass]),
        part: &Part,
        (row_stride, place_stride): (isize, isize),
    ) {
        let (count, step) = (self.lanes.len(), job.frame.places.step * V::COUNT);
        for pass in passes {
            // SAFETY: the caller's word; the pass is within the part.
            unsafe {
                let rolling = Rolling {
                    x: self.x.add(layout.bases[pass.phase] + pass.first * layout.pitch),
                    row_step: layout.pitch,
                    columns: layout.columns.get_unchecked(pass.columns.0..pass.columns.0 + pass.columns.1),
                    weights: self.weights.add(pass.taps * V::COUNT),
                    column_step: pass.column_step,
                    y: self.y,
                    row_stride,
                    rows: part.rows.len(),
                    vectors: part.places.len(),
                    steps: (step, place_stride),
                    counts: (count, count),
                    accumulate: pass.taps > 0,
                };
                rolls.own.get_unchecked(pass.rows - 1)(&rolling);
            }
        }
    }
}
