//! A box of a problem's outputs as a problem of its own.

use crate::problem::{Axis, Problem};
use convolver_kernels::{Dims, View};

/// The problem of some outputs.
pub(super) struct Part {
    pub(super) problem: Problem,
    /// Its first batch, group and bank.
    start: Dims<usize>,
    batches: usize,
    groups: usize,
}

impl Part {
    /// That of a box of outputs (batch, group, bank, convolved), of this shape from `start` on.
    pub(super) fn new(problem: &Problem, start: &[usize], shape: &[usize]) -> Self {
        let (batches, groups) = (problem.batch.len(), problem.group.len());
        let convolved = batches + groups + problem.bank.len();
        let axis = |(number, axis): (usize, &Axis)| {
            let (first, outputs) = (start[convolved + number], shape[convolved + number]);
            let low = axis.low - (first * axis.stride) as isize;
            let samples = axis.spread * (axis.input - 1) + 1;
            let high = ((outputs - 1) * axis.stride + axis.window()) as isize - samples as isize - low;
            Axis { low, high, ..*axis }
        };
        let lengths = |range: std::ops::Range<usize>| Dims::from(&shape[range]);
        let part = Problem {
            batch: lengths(0..batches),
            group: lengths(batches..batches + groups),
            bank: lengths(batches + groups..convolved),
            axes: problem.axes.iter().enumerate().map(axis).collect(),
            ..problem.clone()
        };
        Part { problem: part, start: start[..convolved].into(), batches, groups }
    }

    /// What it sees of the whole problem's input.
    pub(super) fn input<'a>(&self, input: &View<'a>) -> View<'a> {
        let mut starts = Dims::from(&self.start[..self.batches + self.groups]);
        starts.resize(input.shape().len(), 0);
        input.sliced(&starts, &self.problem.input_shape())
    }

    /// Its part of the whole problem's kernel.
    pub(super) fn kernel<'a>(&self, kernel: &View<'a>) -> View<'a> {
        let mut starts = Dims::from(&self.start[self.batches..]);
        starts.resize(kernel.shape().len(), 0);
        kernel.sliced(&starts, &self.problem.kernel_shape())
    }
}
