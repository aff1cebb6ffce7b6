//! The kernel, packed in the order that bands read it.

use super::geometry::{Geometry, Lanes, Taps};
use super::size;
use crate::algorithms::Recipe;
use crate::machine::Machine;
use crate::problem::{Conjugate, Problem};
use convolver_kernels::{Dims, InstructionSet, Kind, View, Working, grid_position};
use std::sync::OnceLock;

/// A prepared kernel.
pub(super) struct Direct<W: Working> {
    /// The problem, with at least one convolved axis.
    pub(super) problem: Problem,
    /// Whether the caller's problem had none.
    pub(super) added_axis: bool,
    pub(super) set: &'static InstructionSet,
    pub(super) recipe: Recipe,
    weights: Vec<W>,
    /// The walk along the last convolved axis, and along a batch axis; each made when first needed.
    along_convolved: OnceLock<Walk<W>>,
    along_batch: OnceLock<Walk<W>>,
}

/// A geometry with the kernel packed for it.
pub(super) struct Walk<W: Working> {
    pub(super) geometry: Geometry,
    pub(super) recipe: Recipe,
    pub(super) taps: Taps,
    /// Real parts of the weights, and imaginary parts if the kernel has any. For every group, bank and run of summed
    /// elements: phases, columns, rows.
    pub(super) parts: Vec<Vec<W::Lane>>,
}

impl<W: Working> Direct<W> {
    pub(super) fn new(problem: &Problem, recipe: &Recipe, kernel: &View<'_>, machine: &Machine) -> Self {
        let added_axis = problem.axes.is_empty();
        let kernel = if added_axis { kernel.repeated(kernel.shape().len(), 1) } else { kernel.clone() };
        Direct {
            problem: size::with_an_axis(problem),
            added_axis,
            set: machine.set,
            recipe: recipe.clone(),
            weights: dense(problem, &kernel),
            along_convolved: OnceLock::new(),
            along_batch: OnceLock::new(),
        }
    }

    /// The walk whose lanes run along what lies together in the input's memory.
    pub(super) fn walk(&self, input: &View<'_>) -> &Walk<W> {
        let size = input.element().size() as isize;
        let together = |axis: usize| input.strides()[axis].abs() == size && input.shape()[axis] > 1;
        let batch = (0..self.problem.batch.len()).find(|&axis| together(axis));
        // Fewer elements than a vector has lanes would leave most of it empty.
        let enough = |axis: usize| self.problem.batch[axis] * W::PARTS >= self.set.lanes::<W::Lane>();
        match batch {
            Some(axis) if !together(input.shape().len() - 1) && enough(axis) => {
                let walk = self.along_batch.get_or_init(|| {
                    let count = self.problem.batch[axis].min(size::BATCH_LANES);
                    let sizes = size::Sizes { cache: self.recipe.bytes, ceiling: self.recipe.bytes };
                    let mut recipe = size::fitting(&self.problem, Lanes::Batch(axis), count, sizes);
                    recipe.shared = self.recipe.shared;
                    self.packed(Lanes::Batch(axis), recipe)
                });
                // The weights are the same for every batch axis; the axis is not.
                if walk.geometry.lanes == Lanes::Batch(axis) { walk } else { self.convolved() }
            }
            _ => self.convolved(),
        }
    }

    fn convolved(&self) -> &Walk<W> {
        self.along_convolved.get_or_init(|| self.packed(Lanes::Convolved, self.recipe.clone()))
    }

    fn packed(&self, lanes: Lanes, recipe: Recipe) -> Walk<W> {
        let geometry =
            Geometry::new(&self.problem, lanes).folded(&self.problem, self.set.lanes::<W::Lane>() / W::PARTS);
        let taps = geometry.taps(&self.problem);
        let numbers = if self.problem.kernel.kind() == Kind::Complex { 2 } else { 1 };
        let mut walk = Walk { geometry, recipe, taps, parts: vec![Vec::new(); numbers] };
        let lengths: Dims<usize> = self.problem.axes.iter().map(|axis| axis.kernel).collect();
        let taps: usize = lengths.iter().product();
        let summed: usize = self.problem.summed.iter().product();
        let order = tap_order(&self.problem, &walk, &lengths);
        for kernel in self.weights.chunks_exact(taps * summed) {
            for run in kernel.chunks(taps * walk.recipe.summed) {
                for phase in &order {
                    for element in run.chunks_exact(taps) {
                        phase.iter().for_each(|&tap| push(&mut walk.parts, element[tap]));
                    }
                }
            }
        }
        walk
    }
}

fn push<W: Working>(parts: &mut [Vec<W::Lane>], weight: W) {
    parts.iter_mut().zip(weight.parts()).for_each(|(part, number)| part.push(number));
}

/// For every phase, the numbers of the taps of one summed element in the order column, row.
fn tap_order<W: Working>(problem: &Problem, walk: &Walk<W>, lengths: &[usize]) -> Vec<Vec<usize>> {
    let number = |taps: &Dims<usize>| {
        (0..lengths.len()).fold(0, |number, axis| {
            let tap = if problem.flip { lengths[axis] - 1 - taps[axis] } else { taps[axis] };
            number * lengths[axis] + tap
        })
    };
    walk.taps.phases.iter().map(|columns| columns.iter().flatten().map(number).collect()).collect()
}

/// The kernel as dense working numbers, conjugated if the problem says so.
pub(in crate::algorithms) fn dense<W: Working>(problem: &Problem, kernel: &View<'_>) -> Vec<W> {
    let mut weights = vec![W::default(); kernel.len()];
    let shape = kernel.shape();
    let line = shape.last().copied().unwrap_or(1).max(1);
    for (number, line) in weights.chunks_mut(line).enumerate() {
        let index = grid_position(shape, number * line.len());
        kernel.read(&index, shape.len() - 1, 1, line);
    }
    if problem.conjugate == Conjugate::Kernel {
        weights.iter_mut().for_each(|weight| *weight = weight.conjugated());
    }
    weights
}
