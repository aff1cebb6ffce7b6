//! Planes: many frames of one shape, one after another, each with weights of its own or all with the same.
//!
//! Computes   y[g, o, r, i] = a frame (see `frame`) over the input from g·input_step on, with the weights from
//!            g·weight_step on and those of kernel o among them
//!
//! Idea      a channel of a network layer may be 14² outputs of 9 taps: fewer instructions than preparing one band takes.
//!           All that does not depend on g is done once. Planes are copied between zeros (see `padded`), as many together
//!           as fit the first-level cache, and summed from there (see `rolling`).
//! Narrow    Where a row is a single vector, vectors are parts of a plane one below the other, so that there are sums
//!           enough to go on with while one waits.

use super::band::{self, Band, Strip};
use super::frame::Frame;
use super::padded::{Apart, Layout, Neighbours, Part};
use super::rolling::{Pass, Rolling, Rolls, passes};
use crate::memory::MatricesMut;
use crate::simd::{Lane, Vector};
use std::ops::Range;

/// How planes follow each other.
#[derive(Clone, Copy, Debug)]
pub struct Planes<'a, L> {
    /// The first plane's frame, with the weights of all.
    pub frame: Frame<'a, L>,
    /// Numbers from one plane to the next.
    pub input_step: usize,
    /// Weights from one plane to the next; zero where all have the same.
    pub weight_step: usize,
    /// Kernels that go over each plane, whose weights and outputs follow each other.
    pub kernels: usize,
}

/// Computes all planes.
///
/// # Safety
/// The CPU must have the instruction set, and `check` must have passed for the target.
pub(crate) type Run<L> = unsafe fn((&Rolls<L>, &[Strip<L>]), &Planes<'_, L>, &Layout, &mut MatricesMut<'_, L>);

impl<L: Lane> Planes<'_, L> {
    /// Checks that every element read for `matrices` of `rows` × `columns` outputs lies in the input.
    pub(crate) fn check(&self, matrices: usize, rows: usize, columns: usize) {
        assert_eq!(self.frame.places.pitch, 1, "places of a row are neighbours");
        assert!(self.kernels > 0 && matrices.is_multiple_of(self.kernels), "every kernel goes over every plane");
        let planes = matrices / self.kernels;
        let beyond = (planes - 1).checked_mul(self.input_step).expect("planes lie within their input");
        let weights =
            |taps: usize| (planes - 1).checked_mul(self.weight_step)?.checked_add(taps.checked_mul(self.kernels)?);
        self.frame.check((rows, columns), beyond, weights);
    }

    /// How its planes are cut and copied, unless they are too large for that.
    pub(crate) fn layout(&self, rows: usize, columns: usize, vector: usize) -> Option<Layout> {
        let layout = Layout::fitting(&self.frame, (rows, columns), (1, vector), WIDE * vector);
        (layout.length().saturating_mul(size_of::<L>()) <= MOST).then_some(layout)
    }
}

/// Bytes of the largest part that is worth a copy.
const MOST: usize = 256 << 10;

/// Vectors of a row below which it is not cut.
const WIDE: usize = 8;

/// See [`Run`].
///
/// # Safety
/// See [`Run`].
#[inline(always)]
pub(crate) unsafe fn run<V: Vector>(
    (rolls, strips): (&Rolls<V::Lane>, &[Strip<V::Lane>]),
    job: &Planes<'_, V::Lane>,
    layout: &Layout,
    target: &mut MatricesMut<'_, V::Lane>,
) {
    let (frame, size) = (&job.frame, (target.matrix.rows, target.matrix.columns));
    let between = frame.between(size, layout.apart);
    let taps: usize = frame.phases.iter().map(|phase| phase.rows * phase.columns).sum();
    let planes = target.count / job.kernels;
    let passes = passes(frame.phases, rolls.shared.len().min(layout.fewest_rows(size.0) + 1));
    let parts = parts(layout, size, &between);
    let alone = parts.len() == 1;
    let together = if alone { layout.together::<V::Lane>().min(planes) } else { 1 };
    let mut room = layout.room::<V::Lane>(together, V::COUNT);
    let room = room.as_mut_ptr();
    let ahead = if alone { together * job.input_step } else { layout.most.0 * frame.rows.step * frame.rows.pitch };
    // SAFETY: the parts lie within the target, and there is room for as many as are copied together.
    unsafe {
        for first in (0..planes).step_by(together) {
            let some = first..planes.min(first + together);
            if !between.is_empty() {
                for number in some.start * job.kernels..some.end * job.kernels {
                    let weights = number / job.kernels * job.weight_step + number % job.kernels * taps;
                    let x = frame.input.pointer.wrapping_offset(frame.start());
                    let mut input = frame.input;
                    input.pointer = x.wrapping_add(number / job.kernels * job.input_step + between.start);
                    let band = Band {
                        input,
                        start: 0,
                        row_step: frame.rows.step * frame.rows.pitch,
                        phases: frame.phases,
                        columns: frame.columns,
                        weights: frame.weights.get_unchecked(weights..weights + taps),
                        accumulate: false,
                    };
                    band::run(strips, &band, &mut target.at(number).part(between.start, between.len()));
                }
            }
            for part in &parts {
                // Where planes have a single part, the zeros of the one before stand.
                let zeros = !alone || first == 0;
                for plane in some.clone() {
                    let (beyond, to) = (plane * job.input_step, room.add((plane - first) * layout.length()));
                    if layout.apart == 1 {
                        layout.fill::<V, _>(frame, part, beyond, to, (Neighbours { ahead }, zeros));
                    } else {
                        let apart = Apart { step: layout.apart, line: layout.line, seen: &layout.seen, ahead };
                        layout.fill::<V, _>(frame, part, beyond, to, (apart, zeros));
                    }
                }
                for plane in some.clone() {
                    let x = room.add((plane - first) * layout.length()).cast_const();
                    for kernel in 0..job.kernels {
                        let weights = frame.weights.as_ptr().add(plane * job.weight_step + kernel * taps);
                        let matrix = target.at(plane * job.kernels + kernel);
                        let place = part.rows.start as isize * matrix.row_stride + part.places.start as isize;
                        let plane =
                            Plane { x, weights, y: matrix.pointer.offset(place), row_stride: matrix.row_stride };
                        plane.run::<V>(rolls, layout, &passes, part);
                    }
                }
            }
        }
    }
}

/// The parts of rows × columns that are copied: all but the columns between, which are summed where they lie.
fn parts(layout: &Layout, (rows, columns): (usize, usize), between: &Range<usize>) -> Vec<Part> {
    let sides = if between.is_empty() { [0..columns, 0..0] } else { [0..between.start, between.end..columns] };
    let side = |side: Range<usize>| {
        let moved =
            move |part: Part| Part { places: side.start + part.places.start..side.start + part.places.end, ..part };
        layout.parts((rows, side.len())).map(moved)
    };
    sides.into_iter().filter(|side| !side.is_empty()).flat_map(side).collect()
}

impl<L: Lane> Frame<'_, L> {
    /// The columns that see nothing outside, if a kernel of one row sees only rows that are there: nothing would be loaded
    /// less often from a copy.
    fn between(&self, (rows, columns): (usize, usize), apart: usize) -> Range<usize> {
        let Frame { rows: down, places: across, phases, firsts, shifts, .. } = self;
        let (least, most) = (shifts.iter().min().unwrap_or(&0), shifts.iter().max().unwrap_or(&0));
        let single = apart == 1 && phases.iter().all(|phase| phase.rows == 1);
        let inside = firsts.iter().all(|&first| {
            let first = down.first + first as isize;
            first >= 0 && first + (((rows - 1) * down.step) as isize) < down.count as isize
        });
        let columns = columns as isize;
        let from = (-(across.first + *least as isize)).clamp(0, columns);
        let end = (across.count as isize - across.first - *most as isize).clamp(from, columns);
        if single && inside { from as usize..end as usize } else { 0..0 }
    }

    /// Where the first output's window would begin, were it all there.
    fn start(&self) -> isize {
        let rows = self.rows.first.wrapping_mul(self.rows.pitch as isize);
        (self.origin as isize).wrapping_add(rows).wrapping_add(self.places.first)
    }
}

/// A part of a plane with its zeros, its weights and its outputs.
struct Plane<L> {
    x: *const L,
    weights: *const L,
    y: *mut L,
    row_stride: isize,
}

impl<L: Lane> Plane<L> {
    /// # Safety
    /// As `run`.
    #[inline(always)]
    unsafe fn run<V: Vector<Lane = L>>(&self, rolls: &Rolls<L>, layout: &Layout, passes: &[Pass], part: &Part) {
        let (rows, columns) = (part.rows.len(), part.places.len());
        let vectors = columns.div_ceil(V::COUNT);
        let width = |pass: &Pass| rolls.widths[pass.rows - 1];
        let width = passes.iter().map(width).min().unwrap_or(1);
        let below = if vectors == 1 { self.below(passes, rows, width) } else { 1 };
        let last = columns - (vectors - 1) * V::COUNT;
        for pass in passes {
            // SAFETY: the caller's word; the pass is within the part.
            unsafe {
                let rolling = Rolling {
                    x: self.x.add(layout.bases[pass.phase] + pass.first * layout.pitch),
                    row_step: layout.pitch,
                    columns: layout.columns.get_unchecked(pass.columns.0..pass.columns.0 + pass.columns.1),
                    weights: self.weights.add(pass.taps),
                    column_step: pass.column_step,
                    y: self.y,
                    row_stride: self.row_stride,
                    rows,
                    vectors,
                    steps: (V::COUNT, V::COUNT as isize),
                    counts: (V::COUNT, last),
                    accumulate: pass.taps > 0,
                };
                let rolling = if below > 1 { rolling.below(below, last) } else { rolling };
                rolls.shared.get_unchecked(pass.rows - 1)(&rolling);
            }
        }
    }

    /// How many vectors of as many rows each take the place of a single one.
    fn below(&self, passes: &[Pass], rows: usize, width: usize) -> usize {
        let deepest = passes.iter().map(|pass| pass.rows).max().unwrap_or(1);
        (2..=width.min(4)).rev().find(|&parts| rows.is_multiple_of(parts) && rows / parts > deepest).unwrap_or(1)
    }
}
