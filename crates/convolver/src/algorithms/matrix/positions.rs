//! The positions of a tile: what each adds to an address.
//!
//! Where samples are multiplied where they lie, sixteen positions at a time are equally far apart. A line of outputs is
//! filled up to sixteens; or lines are walked as one, with what lies between them, where that is less. What is computed for
//! positions that are no outputs is not stored.

use super::layout::{Layout, Place};
use crate::problem::Problem;
use convolver_kernels::{BLOCK, TILE_ROWS, grid_position};

/// The positions of a tile.
pub(super) struct Positions {
    /// What each adds.
    pub(super) offsets: Vec<usize>,
    /// Where among them each line of outputs begins.
    pub(super) lines: Vec<usize>,
    /// Whether lines follow each other without a gap.
    pub(super) dense: bool,
}

impl Positions {
    /// Images, then outputs.
    pub(super) fn new(layout: &Layout, problem: &Problem, batch: &[usize], outputs: &[usize]) -> Self {
        let images = batch.iter().product::<usize>();
        let image = |number: usize| match layout.place {
            Place::Input => grid_position(batch, number).iter().zip(&layout.images).map(|(at, step)| at * step).sum(),
            _ => number * layout.images[0],
        };
        let along = |places: Vec<usize>, axis: usize| -> Vec<usize> {
            let added: Vec<usize> = (0..outputs[axis]).map(|output| layout.output(problem, axis, output)).collect();
            places.iter().flat_map(|place| added.iter().map(move |added| place + added)).collect()
        };
        let last = outputs.len() - 1;
        let slabs = (0..last.saturating_sub(1)).fold((0..images).map(image).collect(), along);
        if layout.paired {
            return Positions::in_sixteens(layout, problem, slabs, outputs);
        }
        let offsets = (last.saturating_sub(1)..=last).fold(slabs, along);
        let lines = (0..offsets.len()).step_by(outputs[last]).collect();
        Positions { offsets, lines, dense: true }
    }

    /// Slabs of all lines of the last two axes.
    fn in_sixteens(layout: &Layout, problem: &Problem, slabs: Vec<usize>, outputs: &[usize]) -> Self {
        let last = outputs.len() - 1;
        let (width, unit) = (outputs[last], layout.unit(problem));
        let rows = if last > 0 { outputs[last - 1] } else { 1 };
        let pitch = if rows > 1 { layout.output(problem, last - 1, 1) } else { 0 };
        let whole = |count: usize| count.next_multiple_of(TILE_ROWS);
        let as_one = (rows - 1) * (pitch / unit) + width;
        let one =
            pitch.is_multiple_of(unit) && (rows == 1 || pitch / unit >= width) && whole(as_one) <= rows * whole(width);
        let (parts, lanes, line_step) = if one { (1, whole(as_one), pitch / unit) } else { (rows, whole(width), 0) };
        let mut positions = Positions { offsets: Vec::new(), lines: Vec::new(), dense: false };
        for first in slabs.iter().flat_map(|slab| (0..parts).map(move |part| slab + part * pitch)) {
            let begin = positions.offsets.len();
            positions.lines.extend((0..rows / parts).map(|line| begin + line * line_step));
            positions.offsets.extend((0..lanes).map(|lane| first + lane * unit));
        }
        // A tile once more, where blocks are not filled.
        let count = positions.offsets.len();
        positions.offsets.extend_from_within(count - count % BLOCK..);
        positions
    }
}
