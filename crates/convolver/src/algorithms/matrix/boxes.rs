//! Boxes: the samples that a tile sees, where they cannot be read in place.

use super::layout::{Layout, Place, extents};
use crate::algorithms::direct::{lengthened, repeats};
use crate::primitives::tile::{Line, Loader, Packing, Phases};
use crate::problem::{Axis, Boundary, Conjugate, Problem};
use convolver_kernels::{
    BLOCK, Dims, Extent, Gather, InstructionSet, Kind, Lane, MatrixMut, PairSplit, Pieces, Run, Scratch, Source, View,
    Working, grid_position,
};
use smallvec::SmallVec;
use std::ops::Range;

impl Layout {
    /// Cuts a box into pairs, each piece so many pairs after the one before, and gives the samples' extent.
    pub(super) fn cut(
        &self,
        set: &'static InstructionSet,
        pieces: Pieces,
        samples: &[f32],
        target: &mut [i32],
    ) -> (Extent, usize) {
        let piece_step = samples.len() / 2;
        let mut extent = Extent::NONE;
        let half = match self.place {
            Place::Summed => BLOCK / 2,
            _ => self.elements[0],
        };
        for (number, pair) in samples.chunks_exact(2 * half).enumerate() {
            let (even, odd) = pair.split_at(half);
            let job = PairSplit { even, odd, pieces, piece_step };
            extent = extent.and(set.split_pairs(&job, &mut target[number * half..]));
        }
        (extent, piece_step)
    }

    /// Where the samples are that a tile sees of some summed elements, unless they are loaded to `target`, and where in it
    /// the first one is.
    pub(super) fn samples<'a, W: Working<Lane = W> + Lane>(
        &self,
        problem: &Problem,
        set: &'static InstructionSet,
        input: &View<'a>,
        (start, batch, outputs): (&[usize], &[usize], &[usize]),
        elements: Range<usize>,
        target: &mut Scratch<W>,
    ) -> (Option<Source<'a, W>>, usize) {
        let leading = problem.batch.len() + problem.group.len();
        let first = &start[leading + problem.bank.len()..];
        if self.place == Place::Input {
            let source = input.source::<W>().expect("asked for before");
            let leading = start.iter().zip(self.images.iter().chain(&self.groups)).map(|(at, step)| at * step);
            let place =
                |(axis, (of, &output)): (usize, (&Axis, &usize))| of.place(output, 0) as usize * self.steps[axis];
            let places = problem.axes.iter().zip(first).enumerate().map(place).sum::<usize>();
            let element = grid_position(&problem.summed, elements.start);
            let element = element.iter().zip(&self.elements).map(|(at, step)| at * step).sum::<usize>();
            return (Some(source), leading.sum::<usize>() + places + element);
        }
        let place = (&start[..leading], first, batch, outputs);
        if !self.copy(problem, set, input, place, elements.clone(), target) {
            self.load(problem, input, place, elements, target);
        }
        (None, 0)
    }

    /// Copies the samples inside an input that can be read in place to a box of zeros; false if that cannot be.
    fn copy<W: Working<Lane = W> + Lane>(
        &self,
        problem: &Problem,
        set: &'static InstructionSet,
        input: &View<'_>,
        (leading, first, batch, outputs): (&[usize], &[usize], &[usize], &[usize]),
        elements: Range<usize>,
        target: &mut [W],
    ) -> bool {
        let zero = |axis: &Axis| axis.spread == 1 && axis.boundary == [Boundary::Zero; 2];
        let real = problem.conjugate != Conjugate::Input || problem.input.kind() != Kind::Complex;
        let (last, Some(source)) = (problem.axes.len() - 1, input.source::<W>()) else { return false };
        if self.place != Place::Convolved || self.modulus != 1 || !real || !problem.axes.iter().all(zero) {
            return false;
        }
        let steps: Dims<usize> = input.strides().iter().map(|&step| step as usize / problem.input.size()).collect();
        let (lead, along) = steps.split_at(steps.len() - problem.axes.len());
        // Along each axis: the first sample that is there, its place in the box, and how many.
        let seen = |number: usize| {
            let (axis, extent) = (&problem.axes[number], extents(problem, outputs)[number]);
            let start = axis.place(first[number], 0);
            let from = start.clamp(0, axis.input as isize);
            let end = (start + extent as isize).clamp(from, axis.input as isize);
            (from as usize, (from - start) as usize, (end - from) as usize)
        };
        let inside: SmallVec<[(usize, usize, usize); 3]> = (0..=last).map(seen).collect();
        if inside.iter().any(|&(_, _, count)| count == 0) {
            return true;
        }
        let origin = |place: fn(&(usize, usize, usize)) -> usize, steps: &[usize]| -> usize {
            inside.iter().zip(steps).map(|(seen, step)| place(seen) * step).sum()
        };
        let (from, to) = (origin(|seen| seen.0, along), origin(|seen| seen.1, &self.steps));
        let row = last.saturating_sub(1);
        let (rows, pitch) = if last > 0 { (inside[row].2, self.steps[row]) } else { (1, inside[last].2) };
        let lines: SmallVec<[usize; 64]> = (0..rows).map(|at| if last > 0 { at * along[row] } else { 0 }).collect();
        let runs = [Run { offset: 0, count: inside[last].2, step: along[last] }];
        let others: Dims<usize> = inside[..row].iter().map(|seen| seen.2).collect();
        let places: Vec<(usize, usize)> = (0..others.iter().product())
            .map(|number| {
                let position = grid_position(&others, number);
                let at = |steps: &[usize]| position.iter().zip(steps).map(|(at, step)| at * step).sum::<usize>();
                (from + at(along), to + at(&self.steps))
            })
            .collect();
        for image in 0..batch.iter().product() {
            let mut index: Dims<usize> = leading.into();
            index.iter_mut().zip(grid_position(batch, image)).for_each(|(index, at)| *index += at);
            for element in elements.clone() {
                index.truncate(leading.len());
                index.extend(grid_position(&problem.summed, element));
                let start: usize = index.iter().zip(lead).map(|(at, step)| at * step).sum();
                let plane = image * self.images[0] + (element - elements.start) * self.elements[0];
                for &(from, to) in &places {
                    let job = Gather { source, start: start + from, lines: &lines, runs: &runs };
                    let target = &mut target[plane + to..];
                    set.gather(&job, &mut MatrixMut::from_slice(target, rows, runs[0].count, pitch));
                }
            }
        }
        true
    }

    fn load<W: Working>(
        &self,
        problem: &Problem,
        input: &View<'_>,
        (leading, first, batch, outputs): (&[usize], &[usize], &[usize], &[usize]),
        elements: Range<usize>,
        target: &mut [W],
    ) {
        let last = problem.axes.len() - 1;
        let mut axes: SmallVec<[Axis; 3]> = problem.axes.clone();
        let mut phases: SmallVec<[Phases; 3]> = axes.iter().map(Phases::of).collect();
        let mut starts: Dims<isize> = problem.axes.iter().zip(first).map(|(axis, &at)| axis.place(at, 0)).collect();
        let mut extents = extents(problem, outputs);
        // Summed elements inside the last axis are one line with it, where they lie so in memory.
        let merged = match self.place {
            Place::Summed if repeats(&axes[last]) => input.merged(input.shape().len() - 1, leading.len()),
            _ => None,
        };
        let line = match (self.place, &merged) {
            (Place::Summed, None) => Line::Batch { axis: leading.len(), start: 0, count: elements.len() },
            (Place::Summed, Some(_)) => {
                let Some(longer) = lengthened(&axes[last], elements.len()) else { unreachable!("as long as the view") };
                axes[last] = Axis { stride: 1, ..longer };
                phases[last] = Phases::of(&Axis::new(1, 1));
                starts[last] *= elements.len() as isize;
                extents[last] *= elements.len();
                Line::Convolved { length: extents[last] }
            }
            _ => {
                axes[last].stride = self.modulus;
                phases[last] = self.remainders.clone();
                Line::Convolved { length: self.line }
            }
        };
        let input = merged.as_ref().unwrap_or(input);
        let loader = Loader { axes: &axes, fill: Loader::<W>::fill(problem.fill), conjugate: false };
        let packing = Packing { starts, extents, phases, steps: self.steps.clone(), line };
        let lines = if self.place == Place::Summed { 0..1 } else { elements.clone() };
        for image in 0..batch.iter().product() {
            let mut index: Dims<usize> = leading.into();
            index.iter_mut().zip(grid_position(batch, image)).for_each(|(index, at)| *index += at);
            for element in lines.clone() {
                index.truncate(leading.len());
                if merged.is_none() {
                    index.extend(grid_position(&problem.summed, element));
                }
                let place = image * self.images[0] + (element - lines.start) * self.elements[0];
                loader.load(input, &index, &packing, &mut target[place..]);
            }
        }
    }
}
