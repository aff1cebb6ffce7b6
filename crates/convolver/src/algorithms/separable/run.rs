//! One input, tile by tile: load a box, shorten it along one axis after another, store it.

use super::factors::Factors;
use super::{Fit, Geometry, Lanes, Tiling};
use crate::algorithms::Prepared;
use crate::algorithms::direct::{Rows, output_tile};
use crate::machine::Machine;
use crate::primitives::{threads, tile::Loader};
use crate::problem::{Conjugate, Problem};
use convolver_kernels::{
    Band, Dims, InstructionSet, Kind, MatrixMut, Phase, Scalar, Scratch, Storing, View, ViewMut, Working, grid_position,
};

/// A factored kernel.
pub(super) struct Separable<W: Working> {
    problem: Problem,
    fit: Fit,
    shared: bool,
    set: &'static InstructionSet,
    geometry: Geometry,
    /// For each convolved axis but the last, its taps as rows.
    rows: Vec<Rows>,
    /// For every kernel, for each convolved axis, its taps in the order bands read them.
    weights: Vec<Vec<Vec<W::Lane>>>,
}

/// Bytes that one tile needs: the box, what it is shortened to, and the outputs.
pub(super) fn workspace(problem: &Problem, fit: &Fit, tiling: &Tiling) -> usize {
    let outputs: usize = fit.tile.iter().product();
    let numbers = tiling.plane.saturating_mul(3).saturating_add(outputs);
    numbers.saturating_mul(problem.working().size())
}

impl<W: Storing> Separable<W> {
    pub(super) fn new(problem: &Problem, fit: &Fit, shared: bool, factors: &[Factors], machine: &Machine) -> Self {
        let geometry = Geometry::new(problem, Lanes::Convolved);
        let last = problem.axes.len() - 1;
        let rows: Vec<Rows> = (0..last).map(|axis| Rows::of(&problem.axes[axis])).collect();
        let number = |tap: Scalar| match tap {
            Scalar::Integer(integer) => W::of_integer(integer as i64),
            Scalar::Number(number) => W::of_parts(number.re, number.im),
        };
        let ordered = |axis: usize, taps: &[Scalar]| -> Vec<W::Lane> {
            let at = |tap: usize| number(taps[if problem.flip { taps.len() - 1 - tap } else { tap }]).parts()[0];
            if axis == last {
                (0..taps.len()).map(at).collect()
            } else {
                rows[axis].taps.iter().flatten().map(|&tap| at(tap)).collect()
            }
        };
        let weights =
            factors.iter().map(|axes| axes.iter().enumerate().map(|(axis, taps)| ordered(axis, taps)).collect());
        let weights = weights.collect();
        Separable { problem: problem.clone(), fit: fit.clone(), shared, set: machine.set, geometry, rows, weights }
    }

    /// Shortens a box along the last axis: lines of the extents before it.
    fn along_last(&self, weights: &[W::Lane], tiling: &Tiling, lines: usize, count: usize, from: &[W], to: &mut [W]) {
        let pitch = tiling.plane / tiling.extents[..tiling.extents.len() - 1].iter().product::<usize>();
        let last = self.problem.axes.len() - 1;
        let columns: Vec<usize> = (0..self.problem.axes[last].kernel)
            .map(|tap| {
                let mut taps: Dims<usize> = Dims::from_elem(0, last + 1);
                taps[last] = tap;
                self.geometry.offset(&self.problem, tiling, &taps) * W::PARTS
            })
            .collect();
        let job = Band {
            input: W::lanes(from).into(),
            start: 0,
            row_step: pitch * W::PARTS,
            phases: &[Phase { rows: 1, columns: columns.len() }],
            columns: &columns,
            weights,
            accumulate: false,
        };
        let count = count * W::PARTS;
        self.set.band(&job, &mut MatrixMut::from_slice(W::lanes_mut(to), lines, count, count));
    }

    /// Shortens a box along an axis before the last: `outer` boxes of rows of `inner` numbers.
    fn along(
        &self,
        axis: usize,
        weights: &[W::Lane],
        (outer, extent, inner): (usize, usize, usize),
        from: &[W],
        mut to: Matrices<'_, W>,
    ) {
        let rows = &self.rows[axis];
        let pitch = inner * W::PARTS;
        let phases: Vec<Phase> = rows.taps.iter().map(|taps| Phase { rows: taps.len(), columns: 1 }).collect();
        let dilation = self.problem.axes[axis].dilation;
        let columns: Vec<usize> = rows.taps.iter().map(|taps| taps[0] * dilation * pitch).collect();
        for number in 0..outer {
            let height = to.rows;
            let mut target = to.matrix(number);
            for set in 0..rows.sets.min(height) {
                let job = Band {
                    input: W::lanes(from).into(),
                    start: number * extent * pitch + set * self.problem.axes[axis].stride * pitch,
                    row_step: rows.step * pitch,
                    phases: &phases,
                    columns: &columns,
                    weights,
                    accumulate: false,
                };
                self.set.band(&job, &mut target.rows(set, rows.sets));
            }
        }
    }

    fn tile(&self, input: &View<'_>, start: &[usize], mut output: ViewMut<'_>) {
        let problem = &self.problem;
        let banks_at = problem.batch.len() + problem.group.len();
        let convolved_at = banks_at + problem.bank.len();
        let shape: Dims<usize> = output.shape()[convolved_at..].into();
        let tiling = self.geometry.tiling(problem, &shape, 1);
        let mut packed = Scratch::<W>::new(tiling.plane);
        let loader = Loader {
            axes: &problem.axes,
            fill: Loader::<W>::fill(problem.fill),
            conjugate: problem.conjugate == Conjugate::Input && problem.input.kind() == Kind::Complex,
        };
        let mut leading: Dims<usize> = start[..banks_at].into();
        leading.resize(banks_at + problem.summed.len(), 0);
        let packing = self.geometry.packing(problem, &tiling, tiling.extents.clone(), &start[convolved_at..], (0, 1));
        loader.load(input, &leading, &packing, &mut packed);
        let group = problem
            .group
            .iter()
            .zip(&start[problem.batch.len()..])
            .fold(0, |number, (&length, &at)| number * length + at);
        let banks: Dims<usize> = output.shape()[banks_at..convolved_at].into();
        let (mut near, mut far) = (Scratch::<W>::new(tiling.plane), Scratch::<W>::new(tiling.plane));
        for bank in 0..banks.iter().product() {
            let weights = &self.weights[group * banks.iter().product::<usize>() + bank];
            let last = shape.len() - 1;
            let lines: usize = tiling.extents[..last].iter().product();
            self.along_last(&weights[last], &tiling, lines, shape[last], &packed, &mut near);
            let (mut outer, mut inner) = (lines, shape[last]);
            for axis in (0..last).rev() {
                outer /= tiling.extents[axis];
                let sizes = (outer, tiling.extents[axis], inner);
                let to = Matrices { numbers: &mut far, rows: shape[axis], columns: inner };
                self.along(axis, &weights[axis], sizes, &near, to);
                inner *= shape[axis];
                std::mem::swap(&mut near, &mut far);
            }
            let mut index: Dims<usize> = Dims::from_elem(0, output.shape().len());
            index[banks_at..convolved_at].copy_from_slice(&grid_position(&banks, bank));
            for (line, numbers) in near[..inner].chunks_exact(shape[last]).enumerate() {
                index[convolved_at..convolved_at + last].copy_from_slice(&grid_position(&shape[..last], line));
                output.write(&index, convolved_at + last, numbers);
            }
        }
    }
}

/// Boxes of numbers one after another, each a matrix to write.
struct Matrices<'a, W> {
    numbers: &'a mut [W],
    rows: usize,
    columns: usize,
}

impl<W: Working> Matrices<'_, W> {
    fn matrix(&mut self, number: usize) -> MatrixMut<'_, W::Lane> {
        let columns = self.columns * W::PARTS;
        let from = number * self.rows * columns;
        MatrixMut::from_slice(&mut W::lanes_mut(self.numbers)[from..], self.rows, columns, columns)
    }
}

impl<W: Storing> Prepared for Separable<W> {
    fn run(&self, input: &View<'_>, output: ViewMut<'_>) {
        threads::for_each_tile(
            output,
            &output_tile(&self.problem, &self.fit.tile, Lanes::Convolved, 1, 1),
            self.shared,
            |start, view| self.tile(input, start, view),
        );
    }
}
