//! Planes: many frames of one shape, one after another, each with weights of its own or all with the same.
//!
//! Computes   y[g, r, i] = a frame (see `frame`) over the input from g·input_step on, with the weights from g·weight_step on
//!
//! Idea      a channel of a network layer may be 14² outputs of 9 taps: fewer instructions than preparing one band takes.
//!           All that does not depend on g is done once.

use super::band::{Strip, block};
use super::form::Bordered;
use super::frame::{Frame, Inside, lanes_within};
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
    let start = frame.start();
    let taps = frame.weights.len() - (target.count - 1) * job.weight_step;
    let deepest = frame.phases.iter().map(|phase| phase.rows).max().unwrap_or(1);
    // A single vector of each row leaves registers for as many rows as there are strips of.
    let most = if columns > vector { deepest.min(edges.len()) } else { edges.len() };
    let mut masks = Vec::new();
    let mut cuts: [Option<Cuts>; MOST_ROWS] = [const { None }; MOST_ROWS];
    let mut pieces = Vec::new();
    let mut row = 0;
    while row < rows {
        let some = (rows - row).div_ceil((rows - row).div_ceil(most));
        pieces.push((row, some, inside.rows.start <= row && row + some <= inside.rows.end));
        row += some;
    }
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
