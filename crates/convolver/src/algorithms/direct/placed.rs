//! Inputs that are read where they lie.

use super::geometry::{Lanes, Tiling};
use super::run::phases;
use super::walk::{Columns, Walk};
use crate::problem::{Conjugate, Problem};
use convolver_kernels::{Kind, Lane, Phase, Source, View, grid_position};
use smallvec::SmallVec;

/// An input whose elements are what sums are made of, neighbours along the lanes.
pub(super) struct Placed<'a, L> {
    pub(super) source: Source<'a, L>,
    pub(super) tiling: Tiling,
    pub(super) phases: SmallVec<[Phase; 4]>,
    pub(super) columns: Columns,
    /// The columns' places along the last axis.
    pub(super) shifts: Columns,
}

impl<'a, L: Lane> Placed<'a, L> {
    /// The input as a box for tiles of this walk, if it lies so.
    pub(super) fn of(problem: &Problem, walk: &Walk, input: &View<'a>) -> Option<Self> {
        let size = input.element().size();
        let first = input.shape().len() - problem.axes.len();
        let (lane_axis, neighbours) = match walk.geometry.lanes {
            Lanes::Batch(axis) => (axis, true),
            // Copied lane by lane, as far apart as they lie.
            Lanes::Group => (problem.batch.len(), false),
            Lanes::Taps | Lanes::Convolved => (input.shape().len() - 1, true),
        };
        let plain = !(problem.conjugate == Conjugate::Input && problem.input.kind() == Kind::Complex);
        // Weights are packed by phase for as many summed elements as one pass takes.
        let one_pass = walk.phases.len() == 1 || walk.summed >= problem.summed.iter().product();
        // A real input of complex sums has half the numbers.
        let whole = problem.input.size() == walk.parts * size_of::<L>();
        let together = !neighbours || input.strides()[lane_axis] == size as isize;
        if !(plain && whole && one_pass && together) {
            return None;
        }
        let source = input.source::<L>()?;
        let step = |axis: usize| input.strides()[axis] as usize / size;
        let summed_at = problem.batch.len() + problem.group.len();
        let elements: SmallVec<[usize; 4]> = (0..problem.summed.iter().product())
            .map(|element| {
                let position = grid_position(&problem.summed, element);
                position.iter().enumerate().map(|(axis, &at)| at * step(summed_at + axis)).sum()
            })
            .collect();
        let steps = (0..problem.axes.len()).map(|axis| step(first + axis)).collect();
        let tiling = Tiling { steps, ..walk.tiling.clone() };
        let columns = walk.columns_in_place(problem, &tiling, &elements);
        let shifts = walk.shifts(problem, elements.len());
        Some(Placed { source, tiling, phases: phases(walk, elements.len()), columns, shifts })
    }
}
