//! The positions of a tile: what each adds to an address.
//!
//! Where samples are multiplied where they lie, some positions at a time are equally far apart: sixteen, or a vector of
//! them. A line of outputs is filled up to whole vectors; or lines are walked as one, with what lies between them, where that
//! is less. What is computed for positions that are no outputs is not stored.

use super::chunk::runs;
use super::layout::{Layout, Place};
use super::size::Size;
use crate::problem::Problem;
use convolver_kernels::{BLOCK, Run, grid_position};
use std::ops::Range;

/// Bytes of a cache line.
const CACHE_LINE: usize = 64;

/// Products that take as long as gathering one number: an estimate.
const GATHERED: usize = 8;

/// What lines are filled up to whole numbers of: vectors, if it takes less time to multiply positions that are no outputs than to
/// gather those that are. No more than a quarter is multiplied in vain, as that takes room.
pub(super) fn filled(layout: &Layout, problem: &Problem, size: &Size, vector: usize) -> usize {
    let walk = Walk::new(layout, problem, &size.outputs, vector);
    let outputs: usize = size.outputs.iter().rev().take(2).product();
    let positions = walk.parts * walk.lanes;
    let worth = positions * 4 <= outputs * 5 && positions * size.banks <= outputs * (size.banks + GATHERED);
    if worth { vector } else { 1 }
}

/// How the lines of the last two axes are walked.
struct Walk {
    /// Lines that are walked by themselves, or one for all of them.
    parts: usize,
    /// Positions of each.
    lanes: usize,
    /// Positions from one line of outputs to the next within a part.
    line_step: usize,
    /// Numbers from one line to the next.
    pitch: usize,
}

impl Walk {
    /// In whole numbers of `filled` positions.
    fn new(layout: &Layout, problem: &Problem, outputs: &[usize], filled: usize) -> Self {
        let last = outputs.len() - 1;
        let (width, unit) = (outputs[last], layout.unit(problem));
        let rows = if last > 0 { outputs[last - 1] } else { 1 };
        let pitch = if rows > 1 { layout.output(problem, last - 1, 1) } else { 0 };
        let whole = |count: usize| count.next_multiple_of(filled);
        let as_one = (rows - 1) * (pitch / unit) + width;
        let one =
            pitch.is_multiple_of(unit) && (rows == 1 || pitch / unit >= width) && whole(as_one) <= rows * whole(width);
        match one {
            true => Walk { parts: 1, lanes: whole(as_one), line_step: pitch / unit, pitch },
            false => Walk { parts: rows, lanes: whole(width), line_step: 0, pitch },
        }
    }
}

/// Positions that are the lanes of a panel.
pub(super) struct Panel {
    /// Their numbers.
    pub(super) positions: Range<usize>,
    /// As runs of neighbours.
    pub(super) runs: Vec<Run>,
    /// Numbers of the panel.
    pub(super) width: usize,
    /// A place in every cache line of a term.
    pub(super) asked: Vec<usize>,
}

impl Panel {
    /// What the first adds, if they fill the panel and lie together.
    pub(super) fn together(&self) -> Option<usize> {
        match self.runs[..] {
            [Run { offset, count, step: 1 }] if count == self.width => Some(offset),
            _ => None,
        }
    }
}

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
        if layout.filled > 1 {
            return Positions::filled(layout, problem, slabs, outputs);
        }
        let offsets = (last.saturating_sub(1)..=last).fold(slabs, along);
        let lines = (0..offsets.len()).step_by(outputs[last]).collect();
        Positions { offsets, lines, dense: true }
    }

    /// Slabs of all lines of the last two axes.
    fn filled(layout: &Layout, problem: &Problem, slabs: Vec<usize>, outputs: &[usize]) -> Self {
        let last = outputs.len() - 1;
        let (rows, unit) = (if last > 0 { outputs[last - 1] } else { 1 }, layout.unit(problem));
        let Walk { parts, lanes, line_step, pitch } = Walk::new(layout, problem, outputs, layout.filled);
        let mut positions = Positions { offsets: Vec::new(), lines: Vec::new(), dense: false };
        for first in slabs.iter().flat_map(|slab| (0..parts).map(move |part| slab + part * pitch)) {
            let begin = positions.offsets.len();
            positions.lines.extend((0..rows / parts).map(|line| begin + line * line_step));
            positions.offsets.extend((0..lanes).map(|lane| first + lane * unit));
        }
        if layout.paired {
            // A tile once more, where blocks are not filled.
            let count = positions.offsets.len();
            positions.offsets.extend_from_within(count - count % BLOCK..);
        }
        positions
    }

    /// As panels: so many positions each, and how wide they are.
    pub(super) fn panels<W>(&self, panels: impl Iterator<Item = Range<usize>>) -> Vec<Panel> {
        let line = CACHE_LINE / size_of::<W>();
        let panel = |lanes: Range<usize>| {
            let positions = lanes.start..lanes.end.min(self.offsets.len());
            let runs = runs(&self.offsets[positions.clone()]);
            // The last number of a line's length: the first one may lie in a line with those of the panel before.
            let of_run = |run: &Run| {
                let (offset, last) = (run.offset, (run.count - 1) * run.step);
                (0..=last).step_by(line).map(move |at| offset + last.min(at + line - 1))
            };
            Panel { positions, width: lanes.len(), asked: runs.iter().flat_map(of_run).collect(), runs }
        };
        panels.map(panel).collect()
    }
}
