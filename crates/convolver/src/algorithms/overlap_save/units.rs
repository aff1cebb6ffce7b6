//! The output cut into tiles, each a unit of work.

use super::recipe::Whole;
use super::size::lanes;
use convolver_kernels::{Dims, Tiles, View, ViewMut, grid_position};

/// Where a tile starts: batch and group, and outputs along the axes of the problem.
pub(super) type Start = (Dims<usize>, Dims<usize>);

/// An output of a problem.
pub(super) struct Outputs<'a> {
    pub(super) tiles: Tiles<'a>,
    /// Tiles along each convolved axis of the problem.
    grid: Dims<usize>,
    /// Whether units that follow each other are the same tile of another input.
    interleaved: bool,
    /// Inputs along each axis of the batch, and how many of the last are one unit.
    batch: Dims<usize>,
    pub(super) together: usize,
    groups: usize,
}

/// A tile, of one input or of several that follow each other along the last axis of the batch.
pub(super) struct Unit {
    pub(super) number: usize,
    /// Of the first input.
    pub(super) start: Start,
}

impl<'a> Outputs<'a> {
    pub(super) fn new(whole: &Whole, input: &View<'_>, output: ViewMut<'a>) -> Self {
        let problem = &whole.problem;
        // Inputs whose samples lie between each other's share lines of the cache.
        let strides = input.strides();
        let line = strides[strides.len() - whole.layout.order.len() + whole.layout.order[whole.layout.order.len() - 1]];
        let batch = &strides[..problem.batch.len()];
        let interleaved = batch.iter().any(|stride| stride.abs() < line.abs());
        let beside = batch.last().is_some_and(|stride| stride.abs() < line.abs());
        let together = if beside { whole.together } else { 1 };
        let along = problem.axes.iter().zip(&whole.tile);
        let grid = along.map(|(axis, &tile)| axis.output().div_ceil(tile)).collect();
        let single = problem.batch.iter().chain(&problem.group).map(|_| 1);
        let mut shape: Dims<usize> =
            single.chain(problem.bank.iter().copied()).chain(whole.tile.iter().copied()).collect();
        let mut batch = problem.batch.clone();
        if let Some(last) = batch.last_mut() {
            shape[problem.batch.len() - 1] = together;
            *last = last.div_ceil(together);
        }
        Outputs { tiles: Tiles::new(output, &shape), grid, interleaved, batch, together, groups: whole.size.groups }
    }

    /// Units of a group.
    pub(super) fn units(&self) -> usize {
        self.tiles.len() / self.groups
    }

    /// A unit of a group.
    pub(super) fn unit(&self, whole: &Whole, group: usize, unit: usize) -> Unit {
        let (problem, of_batch) = (&whole.problem, whole.size.tiles);
        let batches = self.batch.iter().product::<usize>();
        let (batch, tile) =
            if self.interleaved { (unit % batches, unit / batches) } else { (unit / of_batch, unit % of_batch) };
        let mut leading = grid_position(&self.batch, batch);
        if let Some(last) = leading.last_mut() {
            *last *= self.together;
        }
        leading.extend(grid_position(&problem.group, group));
        let position = grid_position(&self.grid, tile);
        let start = position.iter().zip(&whole.tile).map(|(&at, &tile)| at * tile).collect();
        Unit { number: (batch * self.groups + group) * of_batch + tile, start: (leading, start) }
    }
}

impl Whole {
    /// Goes through the lines of a box of outputs of a tile, whose lengths and first output in the tile are along the axes
    /// of the problem: each with its index in a view of the box, its first output in the tile along the axes of the
    /// layout, and that output's place in the tile.
    pub(super) fn for_each_line(
        &self,
        shape: &[usize],
        offset: &[usize],
        mut action: impl FnMut(&Dims<usize>, &Dims<usize>, usize),
    ) {
        let (order, points) = (&self.layout.order, &self.size.points);
        let convolved = shape.len() - order.len();
        let line = order.len() - 1;
        let lengths: Dims<usize> = order[..line].iter().map(|&axis| shape[convolved + axis]).collect();
        let mut index: Dims<usize> = Dims::from_elem(0, shape.len());
        let mut first: Dims<usize> = order.iter().map(|&axis| offset[axis]).collect();
        for _ in 0..lengths.iter().product() {
            let place = first.iter().zip(points).fold(0, |place, (&at, &points)| place * points + at);
            action(&index, &first, place);
            for axis in (0..line).rev() {
                let at = &mut index[convolved + order[axis]];
                *at = if *at + 1 < lengths[axis] { *at + 1 } else { 0 };
                first[axis] = offset[order[axis]] + *at;
                if *at > 0 {
                    break;
                }
            }
        }
    }

    /// A view of outputs of a tile, cut into pieces of as many rows as a vector has lanes if threads are to share them.
    pub(super) fn pieces<'a>(&self, view: ViewMut<'a>, shared: bool, width: usize) -> Tiles<'a> {
        let mut shape: Dims<usize> = view.shape().into();
        if shared {
            let (convolved, lanes) = (shape.len() - self.layout.order.len(), lanes(&self.problem, &self.machine));
            let cut = &mut shape[convolved + self.layout.order[self.layout.cut()]];
            *cut = if self.layout.is_long_line() { lanes * width } else { lanes };
        }
        Tiles::new(view, &shape)
    }

    /// A bank's part of a view of outputs.
    pub(super) fn bank<'a>(&self, view: &'a mut ViewMut<'_>, bank: usize) -> ViewMut<'a> {
        let banks_at = self.problem.batch.len() + self.problem.group.len();
        let convolved_at = banks_at + self.problem.bank.len();
        let mut starts: Dims<usize> = Dims::from_elem(0, view.shape().len());
        starts[banks_at..convolved_at].copy_from_slice(&grid_position(&self.problem.bank, bank));
        let mut lengths: Dims<usize> = view.shape().into();
        lengths[banks_at..convolved_at].fill(1);
        view.sliced(&starts, &lengths)
    }
}
