//! Where samples lie, as what an output adds to an address and what a term adds to it.
//!
//! Output o and tap t of an axis with stride s and dilation d see place o·s + t·d. On the axis that runs of neighbours lie
//! along, places are kept apart by their remainder modulo s, so that outputs are neighbours (positions as lanes):
//! o·s + t·d = s·(o + ⌊t·d/s⌋) + (t·d mod s);  or modulo d, so that taps are (positions as rows).

use super::chunk::equal_parts;
use super::size::Size;
use crate::algorithms::direct::{lengthened, repeats};
use crate::primitives::tile::{Line, Loader, Packing, Phases};
use crate::problem::{Axis, Boundary, Conjugate, Problem};
use convolver_kernels::{
    BLOCK, Dims, Extent, Gather, InstructionSet, Kind, Lane, MatrixMut, PairSplit, Pieces, Run, Scratch, Source, View,
    ViewMut, Working, grid_position,
};
use smallvec::SmallVec;
use std::ops::Range;

/// What the lanes of a product are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Lanes {
    /// Positions; banks are rows.
    Positions,
    /// Banks; positions are rows.
    Banks,
}

/// How samples are found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Place {
    /// In the input itself.
    Input,
    /// In a box whose lines run along the last convolved axis.
    Convolved,
    /// In a box whose lines run along the summed axis.
    Summed,
}

/// The tables' rules.
pub(super) struct Layout {
    pub(super) lanes: Lanes,
    place: Place,
    /// Numbers from one place to the next along each convolved axis.
    steps: Dims<usize>,
    /// Remainders of the places of the last axis that are kept apart, and the numbers each takes.
    modulus: usize,
    remainders: Phases,
    line: usize,
    /// Numbers from one summed element to the next: along each summed axis of the input, or in a box.
    elements: Dims<usize>,
    /// Numbers from one image to the next: along each batch axis of the input, or in a box.
    images: Dims<usize>,
    /// Numbers from one group of the input to the next.
    groups: Dims<usize>,
    /// Whether a box is cut into pieces as a whole, its summed elements in pairs.
    pub(super) paired: bool,
}

/// Whether neighbours along an axis are neighbours in memory.
fn together(strides: &[isize], shape: &[usize], size: usize, axis: usize) -> bool {
    strides[axis] == size as isize && shape[axis] > 1
}

impl Layout {
    pub(super) fn new<L: Lane>(
        problem: &Problem,
        size: &Size,
        pieces: Option<Pieces>,
        input: &View<'_>,
        output: &ViewMut<'_>,
    ) -> Self {
        let (batch, group) = (problem.batch.len(), problem.group.len());
        let banks_at = batch + group;
        let last = problem.axes.len() - 1;
        let axis = &problem.axes[last];
        let banks_together = problem.bank.len() == 1
            && together(output.strides(), output.shape(), problem.output.size(), banks_at)
            && axis.output() > 1;
        let interleaved =
            problem.summed.len() == 1 && together(input.strides(), input.shape(), problem.input.size(), banks_at);
        // Runs of neighbours are outputs of a line, or its taps.
        let lanes = if interleaved || banks_together || axis.output() * 2 < axis.kernel {
            Lanes::Banks
        } else {
            Lanes::Positions
        };
        let source = input.source::<L>();
        // A number that is used once may be far from its neighbours.
        let once = problem.axes.iter().all(|axis| axis.kernel == 1);
        let dense = lanes == Lanes::Banks || axis.stride == 1 || axis.output() == 1 || once;
        let plain = problem.conjugate != Conjugate::Input || problem.input.kind() != Kind::Complex;
        let inside = problem.axes.iter().all(|axis| axis.low <= 0 && axis.high <= 0 && axis.spread == 1);
        let numbers = |axis: usize| input.strides()[axis] as usize / problem.input.size();
        let (modulus, remainders) = (1, Phases::of(&Axis::new(1, 1)));
        // Pairs of elements are cut once for all taps.
        let whole = problem.summed.last().is_some_and(|last| last.is_multiple_of(BLOCK));
        let paired = pieces.is_some() && whole && !once && (interleaved || lanes == Lanes::Positions);
        if source.is_some() && dense && plain && inside && !paired {
            return Layout {
                lanes,
                place: Place::Input,
                steps: (0..=last).map(|axis| numbers(banks_at + problem.summed.len() + axis)).collect(),
                modulus,
                remainders,
                line: 0,
                elements: (0..problem.summed.len()).map(|axis| numbers(banks_at + axis)).collect(),
                images: (0..batch).map(numbers).collect(),
                groups: (batch..banks_at).map(numbers).collect(),
                paired: false,
            };
        }
        let place = if interleaved { Place::Summed } else { Place::Convolved };
        let (modulus, remainders) = match (place, lanes) {
            (Place::Summed, _) => (modulus, remainders),
            (_, Lanes::Positions) => (axis.stride, Phases::of(axis)),
            (_, Lanes::Banks) => {
                let turned = Axis { stride: axis.dilation, dilation: axis.stride, kernel: size.outputs[last], ..*axis };
                (axis.dilation, Phases::of(&turned))
            }
        };
        let extents = extents(problem, &size.outputs);
        let line = extents[last].div_ceil(modulus);
        let mut steps: Dims<usize> = Dims::from_elem(1, last + 1);
        let mut plane = if place == Place::Summed { problem.summed[0] } else { line * remainders.seen() };
        if place == Place::Summed {
            steps[last] = plane;
            plane *= extents[last];
        }
        for axis in (0..last).rev() {
            steps[axis] = plane;
            plane *= extents[axis];
        }
        let images = size.batch.iter().product();
        let element = if place == Place::Summed { 1 } else { plane.saturating_mul(images) };
        Layout {
            lanes,
            place,
            steps,
            modulus,
            remainders,
            line,
            elements: Dims::from_elem(element, 1),
            images: Dims::from_elem(plane, 1),
            groups: Dims::new(),
            paired,
        }
    }

    /// Numbers of a box.
    pub(super) fn room(&self, problem: &Problem, size: &Size) -> usize {
        match self.place {
            Place::Input => 0,
            Place::Summed => self.images[0] * size.batch.iter().product::<usize>(),
            Place::Convolved => self.elements[0] * self.at_once(problem, size),
        }
    }

    /// Where the joined pairs of a sample lie in a box of pairs, where the sample's place has a pair.
    pub(super) fn pair(&self, sample: usize) -> usize {
        match self.place {
            Place::Summed => sample / 2,
            // Two elements' planes are one of pairs.
            _ => sample - sample / self.elements[0] / 2 * self.elements[0],
        }
    }

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

    /// The summed elements of each box: neighbours along the last summed axis.
    pub(super) fn boxes(&self, problem: &Problem, size: &Size) -> Vec<Range<usize>> {
        let last = problem.summed.last().copied().unwrap_or(1);
        let some = self.at_once(problem, size);
        let all: usize = problem.summed.iter().product();
        let part = |first: usize| (first..first + last).step_by(some).map(move |at| at..(first + last).min(at + some));
        (0..all).step_by(last).flat_map(part).collect()
    }

    /// Summed elements of a box, at most.
    pub(super) fn at_once(&self, problem: &Problem, size: &Size) -> usize {
        let last = problem.summed.last().copied().unwrap_or(1);
        match self.place {
            Place::Convolved if self.paired => equal_parts(last, size.elements.max(BLOCK) / BLOCK * BLOCK, BLOCK),
            Place::Convolved => equal_parts(last, size.elements, 1),
            _ => last,
        }
    }

    /// What output `output` of an axis adds.
    fn output(&self, problem: &Problem, axis: usize, output: usize) -> usize {
        let place = output * problem.axes[axis].stride;
        if axis + 1 < problem.axes.len() || self.modulus == 1 {
            return place * self.steps[axis];
        }
        match self.lanes {
            Lanes::Positions => output,
            Lanes::Banks => self.apart(place),
        }
    }

    /// What tap `tap` of an axis adds.
    fn tap(&self, problem: &Problem, axis: usize, tap: usize) -> usize {
        let place = tap * problem.axes[axis].dilation;
        if axis + 1 < problem.axes.len() || self.modulus == 1 {
            return place * self.steps[axis];
        }
        match self.lanes {
            Lanes::Positions => self.apart(place),
            Lanes::Banks => tap,
        }
    }

    fn apart(&self, place: usize) -> usize {
        self.remainders.slot(place % self.modulus).expect("a remainder that is asked for is kept") * self.line
            + place / self.modulus
    }

    /// What each position of a tile adds: images, then outputs.
    pub(super) fn positions(&self, problem: &Problem, batch: &[usize], outputs: &[usize]) -> Vec<usize> {
        let images = batch.iter().product::<usize>();
        let image = |number: usize| match self.place {
            Place::Input => grid_position(batch, number).iter().zip(&self.images).map(|(at, step)| at * step).sum(),
            _ => number * self.images[0],
        };
        let mut places: Vec<usize> = (0..images).map(image).collect();
        for (axis, &count) in outputs.iter().enumerate() {
            let added: Vec<usize> = (0..count).map(|output| self.output(problem, axis, output)).collect();
            places = places.iter().flat_map(|place| added.iter().map(move |added| place + added)).collect();
        }
        places
    }

    /// What each tap adds, in the order of the input.
    pub(super) fn taps(&self, problem: &Problem) -> Vec<usize> {
        let mut places = vec![0];
        for (axis, of) in problem.axes.iter().enumerate() {
            let added: Vec<usize> = (0..of.kernel).map(|tap| self.tap(problem, axis, tap)).collect();
            places = places.iter().flat_map(|place| added.iter().map(move |added| place + added)).collect();
        }
        places
    }

    /// Numbers from one element of the last summed axis to the next.
    pub(super) fn element_step(&self) -> usize {
        self.elements.last().copied().unwrap_or(0)
    }

    /// Whether the terms of a tap lie together, rather than those of an element.
    pub(super) fn elements_together(&self) -> bool {
        self.elements.last() == Some(&1)
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

fn extents(problem: &Problem, outputs: &[usize]) -> Dims<usize> {
    problem.axes.iter().zip(outputs).map(|(axis, &outputs)| (outputs - 1) * axis.stride + axis.window()).collect()
}
