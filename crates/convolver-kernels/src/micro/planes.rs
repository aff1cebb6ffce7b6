//! Planes: many frames of one shape, one after another, each with weights of its own or all with the same.
//!
//! Computes   y[g, r, i] = a frame (see `frame`) over the input from g·input_step on, with the weights from g·weight_step on
//!
//! Idea      a channel of a network layer may be 14² outputs of 9 taps: fewer instructions than preparing one band takes.
//!           All that does not depend on g is done once.
//! Padded    A plane that fits the first-level cache with its zeros is copied between them, and then a band like any other:
//!           masks for every row and tap would take longer.

use super::band::{Band, Phase, Strip, block};
use super::form::Bordered;
use super::frame::{Frame, Inside, Span, lanes_within};
use crate::memory::{MatricesMut, Source};
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
}

impl<L: Lane> Planes<'_, L> {
    /// Checks that every element read for `planes` of `rows` × `columns` outputs lies in the input.
    pub(crate) fn check(&self, planes: usize, rows: usize, columns: usize) -> Inside {
        assert_eq!(self.frame.places.step, 1, "neighbouring outputs see neighbouring places");
        assert_eq!(self.frame.places.pitch, 1, "places of a row are neighbours");
        let beyond = (planes - 1).checked_mul(self.input_step).expect("planes lie within their input");
        let weights = |taps: usize| (planes - 1).checked_mul(self.weight_step)?.checked_add(taps);
        self.frame.check((rows, columns), beyond, weights)
    }
}

/// Vectors of a row that are computed together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cut {
    /// The first output.
    column: usize,
    /// Vectors, and outputs of the last one.
    vectors: usize,
    last: usize,
    /// Where among the masks those of the first vector stand.
    masks: usize,
}

/// What a plane is computed from and written to, with the target's row stride.
pub(crate) type Plane<L> = (*const L, *const L, *mut L, isize);

/// R rows of outputs that may see places outside: the frame, the plane, the first row, how rows are cut, and the masks.
///
/// # Safety
/// The CPU must have the instruction set, the frame must have been checked for the target, and what is cut must lie within.
pub(crate) type Edge<L> = unsafe fn(&Frame<'_, L>, Plane<L>, row: usize, &[Cut], masks: &[u64]);

/// How the rows of a strip are cut: all of a row, or its ends where the middle is inside.
struct Cuts {
    all: Vec<Cut>,
    ends: Vec<Cut>,
    middle: Range<usize>,
}

impl Cuts {
    fn new<L: Lane>(
        frame: &Frame<'_, L>,
        inside: &Range<usize>,
        columns: usize,
        (width, vector): (usize, usize),
        some_outside: bool,
        masks: &mut Vec<u64>,
    ) -> Self {
        let mut cut = |places: Range<usize>| {
            let (mut cuts, mut column) = (Vec::new(), places.start);
            while column < places.end {
                let there = (places.end - column).div_ceil(vector);
                // Whole blocks, halves of even ones, and single vectors.
                let half = if width > 2 && width.is_multiple_of(2) { width / 2 } else { 1 };
                let vectors = [width, half].into_iter().find(|&width| width <= there).unwrap_or(1);
                let last = (places.end - column - (vectors - 1) * vector).min(vector);
                cuts.push(Cut { column, vectors, last, masks: masks.len() });
                for v in 0..vectors {
                    let (at, lanes) = (column + v * vector, if v + 1 == vectors { last } else { vector });
                    let within = |&shift: &usize| {
                        lanes_within(frame.places.first + (shift + at) as isize, frame.places.count, lanes)
                    };
                    masks.extend(frame.shifts.iter().map(within));
                }
                column += vectors * vector;
            }
            cuts
        };
        let left = inside.start.next_multiple_of(vector).min(columns);
        let right = columns - (columns - inside.end).next_multiple_of(vector).min(columns);
        let middle = if right >= left + width * vector { left..right } else { 0..0 };
        let ends = if middle.is_empty() { Vec::new() } else { [cut(0..left), cut(right..columns)].concat() };
        let all = if some_outside || middle.is_empty() { cut(0..columns) } else { Vec::new() };
        Cuts { all, ends, middle }
    }
}

/// Computes all planes.
///
/// # Safety
/// The CPU must have the instruction set of the strips and edges, of `widths` vectors, and `inside` must be what `check` gave
/// for the target.
pub(crate) unsafe fn run<L: Lane>(
    (strips, edges, widths): (&[Strip<L>], &[Edge<L>], &[usize]),
    vector: usize,
    job: &Planes<'_, L>,
    inside: &Inside,
    target: &mut MatricesMut<'_, L>,
) {
    let (frame, columns, rows) = (&job.frame, target.matrix.columns, target.matrix.rows);
    let deepest = frame.phases.iter().map(|phase| phase.rows).max().unwrap_or(1);
    // A single vector of each row leaves registers for as many rows as there are strips of.
    let most = if columns > vector { deepest } else { strips.len() };
    if let Some(padded) = Padded::new(frame, rows, columns)
        && (inside.rows != (0..rows) || inside.places != (0..columns))
    {
        // SAFETY: the caller's word.
        return unsafe { padded.run(strips, most, job, target) };
    }
    let start = frame.start();
    let taps = frame.weights.len() - (target.count - 1) * job.weight_step;
    let mut masks = Vec::new();
    let mut cuts: [Option<Cuts>; MOST_ROWS] = [const { None }; MOST_ROWS];
    let is_inside = |row: usize, some: usize| inside.rows.start <= row && row + some <= inside.rows.end;
    let pieces = strips_of(rows, most.min(edges.len()));
    let pieces: Vec<_> = pieces.into_iter().map(|(row, some)| (row, some, is_inside(row, some))).collect();
    for &(_, some, _) in &pieces {
        let some_outside = pieces.iter().any(|&(_, rows, is_inside)| rows == some && !is_inside);
        let sizes = (widths[some - 1], vector);
        cuts[some - 1]
            .get_or_insert_with(|| Cuts::new(frame, &inside.places, columns, sizes, some_outside, &mut masks));
    }
    // SAFETY: strips of the target, each within it; what is inside sees nothing outside the input.
    unsafe {
        let mut band = frame.band();
        for plane in 0..target.count {
            let x = frame.input.pointer.wrapping_add(plane * job.input_step).wrapping_offset(start);
            let weights = frame.weights.as_ptr().add(plane * job.weight_step);
            let mut matrix = target.at(plane);
            let plane = (x, weights, matrix.pointer, matrix.row_stride);
            band.weights = std::slice::from_raw_parts(weights, taps);
            for &(row, some, is_inside) in &pieces {
                let Some(cuts) = &cuts[some - 1] else { continue };
                if !is_inside || cuts.middle.is_empty() {
                    edges[some - 1](frame, plane, row, &cuts.all, &masks);
                    continue;
                }
                edges[some - 1](frame, plane, row, &cuts.ends, &masks);
                // An address within the input again, as the middle of a row sees nothing outside.
                band.input.pointer = x.wrapping_add(cuts.middle.start);
                strips[some - 1](&band, &mut matrix.part(cuts.middle.start, cuts.middle.len()), row);
            }
        }
    }
}

/// Bytes of a plane with its zeros, at most.
const PADDED: usize = 16 << 10;

/// A plane with the zeros around it.
struct Padded<L> {
    plane: Vec<L>,
    /// Numbers from one row to the next.
    pitch: usize,
    /// Offsets of the taps' columns.
    columns: Vec<usize>,
    /// The rows and places of the input that are seen, and where they go.
    rows: (Range<usize>, usize),
    places: (Range<usize>, usize),
}

impl<L: Lane> Padded<L> {
    /// Unless it takes too much room, or taps see several planes.
    fn new(frame: &Frame<'_, L>, rows: usize, columns: usize) -> Option<Self> {
        let Frame { rows: down, places: across, phases, firsts, shifts, .. } = frame;
        let widest = shifts.iter().max()? + columns;
        let pitch = widest.next_multiple_of(4);
        let deepest = |(phase, first): (&Phase, &usize)| first + (phase.rows - 1) * down.step;
        let tall = phases.iter().zip(*firsts).map(deepest).max()? + (rows - 1) * down.step + 1;
        if tall.checked_mul(pitch)?.checked_mul(size_of::<L>())? > PADDED {
            return None;
        }
        let (mut offsets, mut at) = (Vec::with_capacity(shifts.len()), 0);
        for (phase, first) in phases.iter().zip(*firsts) {
            for column in at..at + phase.columns {
                if frame.columns[column] != first * down.pitch + shifts[column] {
                    return None;
                }
                offsets.push(first * pitch + shifts[column]);
            }
            at += phase.columns;
        }
        let seen = |span: &Span, length: usize| {
            let from = span.first.clamp(0, span.count as isize);
            let end = (span.first + length as isize).clamp(from, span.count as isize);
            if from == end { (0..0, 0) } else { (from as usize..end as usize, (from - span.first) as usize) }
        };
        Some(Padded {
            plane: vec![L::default(); tall * pitch],
            pitch,
            columns: offsets,
            rows: seen(down, tall),
            places: seen(across, widest),
        })
    }

    /// # Safety
    /// As `run`.
    unsafe fn run(mut self, strips: &[Strip<L>], most: usize, job: &Planes<'_, L>, target: &mut MatricesMut<'_, L>) {
        let frame = &job.frame;
        let pieces = strips_of(target.matrix.rows, most.min(strips.len()));
        let taps = frame.weights.len() - (target.count - 1) * job.weight_step;
        let (rows, places) = (&self.rows, &self.places);
        let first = frame.origin + rows.0.start * frame.rows.pitch + places.0.start;
        for plane in 0..target.count {
            // SAFETY: what is copied lies in the plane by the ranges of `new`, and in the input by what `check` saw of the
            // frame's places and planes.
            unsafe {
                let from = frame.input.pointer.wrapping_add(first + plane * job.input_step);
                for row in 0..rows.0.len() {
                    let to = self.plane.as_mut_ptr().add((rows.1 + row) * self.pitch + places.1);
                    std::ptr::copy_nonoverlapping(from.wrapping_add(row * frame.rows.pitch), to, places.0.len());
                }
                let band = Band {
                    input: Source::from(&self.plane[..]),
                    start: 0,
                    row_step: frame.rows.step * self.pitch,
                    phases: frame.phases,
                    columns: &self.columns,
                    weights: frame.weights.get_unchecked(plane * job.weight_step..plane * job.weight_step + taps),
                    accumulate: false,
                };
                band.check(target.matrix.rows, target.matrix.columns);
                let mut matrix = target.at(plane);
                for &(row, some) in &pieces {
                    strips[some - 1](&band, &mut matrix, row);
                }
            }
        }
    }
}

/// The first row of each strip and how many it has: at most so many, and about as many in each.
fn strips_of(rows: usize, most: usize) -> Vec<(usize, usize)> {
    let (mut strips, mut row) = (Vec::new(), 0);
    while row < rows {
        let some = (rows - row).div_ceil((rows - row).div_ceil(most));
        strips.push((row, some));
        row += some;
    }
    strips
}

/// Rows that a strip has at most.
const MOST_ROWS: usize = 6;

/// See [`Edge`].
///
/// # Safety
/// See [`Edge`].
#[inline(always)]
pub(crate) unsafe fn edge<V: Vector, const R: usize, const W: usize>(
    frame: &Frame<'_, V::Lane>,
    (x, weights, y, row_stride): Plane<V::Lane>,
    row: usize,
    cuts: &[Cut],
    masks: &[u64],
) {
    let columns = frame.columns.len();
    // SAFETY: the caller's word; weights of a plane are as many as its taps.
    unsafe {
        let x = x.wrapping_add(row * frame.row_step());
        let y = y.offset(row as isize * row_stride);
        let mut band = frame.band();
        band.weights = std::slice::from_raw_parts(weights, 0);
        for cut in cuts {
            let lanes = &masks[cut.masks..][..cut.vectors * columns];
            let form = Bordered { rows: frame.rows_from(row), lanes, columns, last: (cut.vectors - 1, cut.last) };
            let (x, y) = (x.wrapping_add(cut.column), y.add(cut.column));
            match cut.vectors {
                1 => block::<V, R, 1, _>(&band, form, x, y, row_stride),
                2 if const { W == 4 } => block::<V, R, 2, _>(&band, form, x, y, row_stride),
                3 if const { W == 6 } => block::<V, R, 3, _>(&band, form, x, y, row_stride),
                4 if const { W == 8 } => block::<V, R, 4, _>(&band, form, x, y, row_stride),
                _ => block::<V, R, W, _>(&band, form, x, y, row_stride),
            }
        }
    }
}
