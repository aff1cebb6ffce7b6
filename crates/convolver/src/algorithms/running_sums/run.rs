//! One input, tile by tile: load a box, lengthen its windows stage by stage, axis by axis, store what is asked for.

use super::{Layout, Stage, outputs_of_every};
use crate::algorithms::Prepared;
use crate::algorithms::direct::{Lanes, output_tile};
use crate::machine::Machine;
use crate::primitives::{threads, tile::Loader};
use crate::problem::{Conjugate, Problem};
use convolver_kernels::{
    Band, Dims, InstructionSet, Kind, MatrixMut, Phase, Scalar, Scratch, Storing, View, ViewMut, Working, grid_position,
};

/// Kernels of equal taps.
pub(super) struct Sums<W: Working> {
    problem: Problem,
    layout: Layout,
    shared: bool,
    set: &'static InstructionSet,
    /// The tap of every kernel, group by bank.
    taps: Vec<W>,
}

/// Bytes that one tile needs: the box as it is loaded, times a tap, and windows of two lengths; and a line of outputs.
pub(super) fn workspace(problem: &Problem, layout: &Layout) -> usize {
    let line = layout.tile.tile.last().copied().unwrap_or(1);
    layout.tiling.plane.saturating_mul(4).saturating_add(line).saturating_mul(problem.working().size())
}

/// A tap as a working number.
pub(super) fn number<W: Working>(tap: Scalar) -> W {
    match tap {
        Scalar::Integer(integer) => W::of_integer(integer as i64),
        Scalar::Number(number) => W::of_parts(number.re, number.im),
    }
}

impl<W: Storing> Sums<W> {
    pub(super) fn new(problem: &Problem, layout: &Layout, shared: bool, mut taps: Vec<W>, machine: &Machine) -> Self {
        if problem.conjugate == Conjugate::Kernel {
            taps.iter_mut().for_each(|tap| *tap = tap.conjugated());
        }
        Sums { problem: problem.clone(), layout: layout.clone(), shared, set: machine.set, taps }
    }

    fn tile(&self, input: &View<'_>, start: &[usize], mut output: ViewMut<'_>) {
        let Layout { every, geometry, .. } = &self.layout;
        let banks_at = every.batch.len() + every.group.len();
        let convolved_at = banks_at + every.bank.len();
        let shape: Dims<usize> = output.shape()[convolved_at..].into();
        let tiling = geometry.tiling(every, &outputs_of_every(&self.problem, &shape), 1);
        let plane = tiling.plane;
        let loader = Loader {
            axes: &every.axes,
            fill: Loader::<W>::fill(every.fill),
            conjugate: every.conjugate == Conjugate::Input && every.input.kind() == Kind::Complex,
        };
        let mut leading: Dims<usize> = start[..banks_at].into();
        leading.resize(banks_at + every.summed.len(), 0);
        let first: Dims<usize> =
            start[convolved_at..].iter().zip(&self.problem.axes).map(|(at, axis)| at * axis.stride).collect();
        let packing = geometry.packing(every, &tiling, tiling.extents.clone(), &first, (0, 1));
        let mut loaded = Scratch::<W>::new(plane);
        loader.load(input, &leading, &packing, &mut loaded);

        let last = shape.len() - 1;
        let steps: Dims<usize> = (0..=last).map(|axis| if axis == last { 1 } else { tiling.steps[axis] }).collect();
        let group =
            every.group.iter().zip(&start[every.batch.len()..]).fold(0, |number, (&length, &at)| number * length + at);
        let banks: Dims<usize> = output.shape()[banks_at..convolved_at].into();
        let count: usize = banks.iter().product();
        let mut boxes = Boxes { numbers: Scratch::new(3 * plane), plane, place: Place::Samples };
        let mut line = vec![W::default(); shape[last]];
        for bank in 0..count {
            let tap = self.taps[group * count + bank];
            boxes.begin(&loaded, tap);
            let mut valid = plane;
            for (axis, stages) in self.layout.stages.iter().enumerate() {
                let apart = every.axes[axis].dilation * steps[axis];
                boxes.lengthen(self.set, stages, apart, &mut valid);
            }
            let windows = boxes.windows();
            let mut index: Dims<usize> = Dims::from_elem(0, output.shape().len());
            index[banks_at..convolved_at].copy_from_slice(&grid_position(&banks, bank));
            for number in 0..shape[..last].iter().product() {
                let position = grid_position(&shape[..last], number);
                let places = position.iter().zip(&self.problem.axes).zip(&steps);
                let from: usize = places.map(|((&at, axis), &step)| at * axis.stride * step).sum();
                let stride = self.problem.axes[last].stride;
                let outputs = windows[from..].iter().step_by(stride);
                line.iter_mut().zip(outputs).for_each(|(output, &window)| *output = window);
                index[convolved_at..convolved_at + last].copy_from_slice(&position);
                output.write(&index, convolved_at + last, &line);
            }
        }
    }
}

/// Where windows of the length reached so far are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Place {
    Before,
    Samples,
    Behind,
}

/// Three boxes one after another: windows, the samples that an axis starts from, windows.
struct Boxes<W: Working> {
    numbers: Scratch<W>,
    plane: usize,
    place: Place,
}

impl<W: Storing> Boxes<W> {
    /// Makes the samples of a box times a tap.
    fn begin(&mut self, loaded: &[W], tap: W) {
        let samples = &mut self.numbers[self.plane..2 * self.plane];
        samples.iter_mut().zip(loaded).for_each(|(sample, &number)| *sample = tap.times(number));
        self.place = Place::Samples;
    }

    fn windows(&self) -> &[W] {
        &self.numbers[self.place as usize * self.plane..][..self.plane]
    }

    /// Makes windows along an axis whose neighbouring samples are so far `apart`, of the first `valid` numbers.
    fn lengthen(&mut self, set: &'static InstructionSet, stages: &[Stage], apart: usize, valid: &mut usize) {
        if !stages.is_empty() && self.place != Place::Samples {
            let windows = self.place as usize * self.plane;
            self.numbers.copy_within(windows..windows + *valid, self.plane);
            self.place = Place::Samples;
        }
        let samples = *valid;
        for stage in stages {
            *valid = samples - (stage.samples() - 1) * apart;
            self.stage(set, *stage, apart, *valid);
        }
    }

    fn stage(&mut self, set: &'static InstructionSet, stage: Stage, apart: usize, count: usize) {
        let plane = self.plane;
        // The windows are read beside the samples, and written to the third box.
        let (source, target, windows_at, samples_at) = if self.place == Place::Behind {
            let (target, source) = self.numbers.split_at_mut(plane);
            (source, target, plane, 0)
        } else {
            let (source, target) = self.numbers.split_at_mut(2 * plane);
            (source, target, self.place as usize * plane, plane)
        };
        let windows = (0..stage.windows).map(|number| windows_at + number * stage.of * apart);
        let alone = (0..stage.alone).map(|number| samples_at + (stage.windows * stage.of + number) * apart);
        let columns: Vec<usize> = windows.chain(alone).map(|place| place * W::PARTS).collect();
        let weights = vec![W::of_integer(1).parts()[0]; columns.len()];
        let job = Band {
            input: W::lanes(source).into(),
            start: 0,
            row_step: 0,
            phases: &[Phase { rows: 1, columns: columns.len() }],
            columns: &columns,
            weights: &weights,
            accumulate: false,
        };
        let count = count * W::PARTS;
        set.band(&job, &mut MatrixMut::from_slice(W::lanes_mut(target), 1, count, count));
        self.place = if self.place == Place::Behind { Place::Before } else { Place::Behind };
    }
}

impl<W: Storing> Prepared for Sums<W> {
    fn run(&self, input: &View<'_>, output: ViewMut<'_>) {
        let shape = output_tile(&self.problem, &self.layout.tile.tile, Lanes::Convolved, 1, 1);
        threads::for_each_tile(output, &shape, self.shared, |start, view| self.tile(input, start, view));
    }
}
