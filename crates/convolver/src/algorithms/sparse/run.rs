//! One input, tile by tile: load a box, sum the taps that are not zeros, store what comes out.

use super::Layout;
use crate::algorithms::Prepared;
use crate::algorithms::direct::{Lanes, dense, output_tile};
use crate::primitives::{threads, tile::Loader};
use crate::problem::{Axis, Conjugate, Problem};
use convolver_kernels::{
    Band, Dims, InstructionSet, Kind, MatrixMut, Phase, Scratch, Storing, View, ViewMut, Working, grid_position,
};

/// Some taps of a kernel: where in a box each finds its first sample, and its weight.
struct Chosen<W: Working> {
    columns: Vec<usize>,
    weights: Vec<W::Lane>,
}

/// A kernel's taps that are not zeros, and all of them.
struct Kernel<W: Working> {
    nonzero: Chosen<W>,
    all: Chosen<W>,
}

/// Kernels made ready, group by bank.
pub(super) struct Taps<W: Working> {
    problem: Problem,
    layout: Layout,
    shared: bool,
    set: &'static InstructionSet,
    kernels: Vec<Kernel<W>>,
}

/// Bytes that one tile needs: its box, and rows of outputs along two axes.
pub(super) fn workspace(problem: &Problem, layout: &Layout) -> usize {
    let outputs = rows(layout, &layout.tile.tile).saturating_mul(layout.tile.tile.last().copied().unwrap_or(1));
    layout.tiling.plane.saturating_add(outputs).saturating_mul(problem.working().size())
}

/// Rows of a tile of this shape that are summed at once.
fn rows(layout: &Layout, shape: &[usize]) -> usize {
    layout.geometry.row.map_or(1, |row| shape[row])
}

impl<W: Storing> Taps<W> {
    pub(super) fn new(
        problem: &Problem,
        layout: &Layout,
        shared: bool,
        set: &'static InstructionSet,
        kernel: &View<'_>,
    ) -> Self {
        let lengths: Dims<usize> = problem.axes.iter().map(|axis| axis.kernel).collect();
        let place = |number: usize| {
            let mut taps = grid_position(&lengths, number);
            if problem.flip {
                taps.iter_mut().zip(&lengths).for_each(|(tap, length)| *tap = length - 1 - *tap);
            }
            layout.geometry.offset(problem, &layout.tiling, &taps) * W::PARTS
        };
        let places: Vec<usize> = (0..problem.taps()).map(place).collect();
        let chosen = |taps: &[W], skip: bool| {
            let kept = || taps.iter().zip(&places).filter(|(tap, _)| !skip || **tap != W::default());
            Chosen {
                columns: kept().map(|(_, &place)| place).collect(),
                weights: kept().map(|(tap, _)| tap.parts()[0]).collect(),
            }
        };
        let numbers = dense::<W>(problem, kernel);
        let kernels = numbers.chunks_exact(places.len());
        Taps {
            problem: problem.clone(),
            layout: layout.clone(),
            shared,
            set,
            kernels: kernels.map(|taps| Kernel { nonzero: chosen(taps, true), all: chosen(taps, false) }).collect(),
        }
    }

    fn tile(&self, input: &View<'_>, start: &[usize], mut output: ViewMut<'_>) {
        let Layout { geometry, tiling, .. } = &self.layout;
        let problem = &self.problem;
        let banks_at = problem.batch.len() + problem.group.len();
        let convolved_at = banks_at + problem.bank.len();
        let shape: Dims<usize> = output.shape()[convolved_at..].into();
        let samples = self.load(input, &start[..banks_at], (&start[convolved_at..], &shape));
        // What is not finite is not zero times zero, either.
        let finite = samples.iter().fold(true, |finite, sample| finite & (sample.times(W::default()) == W::default()));
        let groups = problem.group.iter().zip(&start[problem.batch.len()..]);
        let group = groups.fold(0, |number, (&length, &at)| number * length + at);
        let banks: Dims<usize> = output.shape()[banks_at..convolved_at].into();
        let count: usize = banks.iter().product();

        let last = shape.len() - 1;
        let (rows, columns) = (rows(&self.layout, &shape), shape[last] * W::PARTS);
        let row_step = geometry.row.map_or(0, |row| problem.axes[row].stride * tiling.steps[row]) * W::PARTS;
        let others: Dims<usize> = geometry.others.iter().map(|&axis| shape[axis]).collect();
        let mut sums = Scratch::<W>::new(rows * shape[last]);
        let mut index: Dims<usize> = Dims::from_elem(0, output.shape().len());
        for bank in 0..count {
            let kernel = &self.kernels[group * count + bank];
            let Chosen { columns: places, weights } = if finite { &kernel.nonzero } else { &kernel.all };
            index[banks_at..convolved_at].copy_from_slice(&grid_position(&banks, bank));
            for other in 0..others.iter().product() {
                let mut from = 0;
                for (&axis, at) in geometry.others.iter().zip(grid_position(&others, other)) {
                    index[convolved_at + axis] = at;
                    from += at * problem.axes[axis].stride * tiling.steps[axis];
                }
                if places.is_empty() {
                    sums.fill(W::default());
                } else {
                    let job = Band {
                        input: W::lanes(&samples).into(),
                        start: from * W::PARTS,
                        row_step,
                        phases: &[Phase { rows: 1, columns: places.len() }],
                        columns: places,
                        weights,
                        accumulate: false,
                    };
                    self.set.band(&job, &mut MatrixMut::from_slice(W::lanes_mut(&mut sums), rows, columns, columns));
                }
                for (row, line) in sums.chunks_exact(shape[last]).enumerate() {
                    geometry.row.into_iter().for_each(|axis| index[convolved_at + axis] = row);
                    output.write(&index, convolved_at + last, line);
                }
            }
        }
    }

    /// The box of a tile, zeros where nothing is loaded.
    fn load(&self, input: &View<'_>, leading: &[usize], (first, shape): (&[usize], &[usize])) -> Scratch<W> {
        let (problem, Layout { geometry, tiling, .. }) = (&self.problem, &self.layout);
        let loader = Loader {
            axes: &problem.axes,
            fill: Loader::<W>::fill(problem.fill),
            conjugate: problem.conjugate == Conjugate::Input && problem.input.kind() == Kind::Complex,
        };
        let extent = |(axis, &outputs): (&Axis, &usize)| (outputs - 1) * axis.stride + axis.window();
        let extents: Dims<usize> = problem.axes.iter().zip(shape).map(extent).collect();
        let packing = geometry.packing(problem, tiling, extents, first, (0, 1));
        let mut leading: Dims<usize> = leading.into();
        leading.resize(leading.len() + problem.summed.len(), 0);
        // What no tap sees is not loaded, and must be finite, too.
        let mut samples = Scratch::<W>::new(tiling.plane);
        samples.fill(W::default());
        loader.load(input, &leading, &packing, &mut samples);
        samples
    }
}

impl<W: Storing> Prepared for Taps<W> {
    fn run(&self, input: &View<'_>, output: ViewMut<'_>) {
        let shape = output_tile(&self.problem, &self.layout.tile.tile, Lanes::Convolved, 1, 1);
        threads::for_each_tile(output, &shape, self.shared, |start, view| self.tile(input, start, view));
    }
}
