//! Boxes: the samples that a tile sees, where they cannot be read in place.

use super::layout::{Layout, Place, extents};
use super::size::Size;
use crate::algorithms::direct::{lengthened, repeats};
use crate::algorithms::tile::Tile;
use crate::primitives::tile::{Line, Loader, Packing, Phases, widen};
use crate::problem::{Axis, Problem};
use convolver_kernels::{
    Dims, Extent, InstructionSet, Lane, PairSplit, Pieces, Scratch, Source, View, Working, grid_position,
};
use smallvec::SmallVec;
use std::ops::Range;

/// A box cut into joined pairs.
pub(super) struct Pairs {
    pub(super) joined: Scratch<i32>,
    pub(super) pieces: Pieces,
    pub(super) piece_step: usize,
    pub(super) extent: Extent,
}

impl Pairs {
    /// Zeros, where there are any around the input.
    pub(super) fn new(layout: &Layout, problem: &Problem, size: &Size, pieces: Pieces) -> Self {
        let piece_step = layout.piece_step(problem, size);
        // What positions that are no outputs see.
        let mut joined = Scratch::<i32>::new(piece_step * pieces.count() + layout.beyond(problem));
        if problem.axes.iter().any(|axis| axis.low > 0 || axis.high > 0) {
            joined.fill(0);
        }
        Pairs { joined, pieces, piece_step, extent: Extent::NONE }
    }
}

impl Layout {
    /// Cuts the samples of a box into pairs.
    pub(super) fn cut(&self, problem: &Problem, set: &'static InstructionSet, samples: &[f32], pairs: &mut Pairs) {
        let samples = &samples[..samples.len() - self.beyond(problem)];
        let Pairs { pieces, piece_step, .. } = *pairs;
        // Rows of numbers, from the first of one to the first of its partner, and the next.
        let (columns, step, pitch) = match self.place {
            Place::Summed => {
                let place = self.steps[self.steps.len() - 1];
                (place / 2, place, self.pair_pitch())
            }
            _ => (self.elements[0], 2 * self.elements[0], self.elements[0]),
        };
        let job = PairSplit {
            numbers: Source::from(samples),
            first: (0, columns),
            rows: samples.len() / step,
            columns,
            row_steps: (step, pitch),
            pieces,
            piece_step,
        };
        pairs.extent = set.split_pairs(&job, &mut pairs.joined);
    }

    /// Cuts the samples that a tile sees from where they lie; false if they cannot be read there.
    pub(super) fn cut_in_place(
        &self,
        problem: &Problem,
        set: &'static InstructionSet,
        input: &View<'_>,
        (tile, elements): (Tile<'_>, Range<usize>),
        pairs: &mut Pairs,
    ) -> bool {
        let (pieces, piece_step) = (pairs.pieces, pairs.piece_step);
        let (kind, target) = ((pieces, piece_step), &mut pairs.joined[..]);
        let extent = match (input.source::<f32>(), input.bfloats()) {
            (Some(source), _) => {
                let inside = self.inside(problem, (input, source), tile, elements);
                inside.and_then(|inside| match self.turned {
                    true => Some(inside.turn(self, kind, target, |job, target| set.turn_pairs(job, target))),
                    false => inside.cut(self, kind, target, |job, target| set.split_pairs(job, target)),
                })
            }
            (None, Some(source)) if pieces == Pieces::One => {
                let inside = self.inside(problem, (input, source), tile, elements);
                inside.and_then(|inside| match self.turned {
                    true => Some(inside.turn(self, kind, target, |job, target| set.turn_bfloat_pairs(job, target))),
                    false => inside.cut(self, kind, target, |job, target| set.join_pairs(job, target)),
                })
            }
            _ => None,
        };
        extent.map(|extent| pairs.extent = extent).is_some()
    }

    /// Where the samples are that a tile sees of some summed elements, unless they are loaded to a box, and the first one.
    pub(super) fn in_place<'a, W: Working<Lane = W> + Lane>(
        &self,
        problem: &Problem,
        input: &View<'a>,
        (tile, elements): (Tile<'_>, Range<usize>),
    ) -> Option<(Source<'a, W>, usize)> {
        if self.place != Place::Input {
            return None;
        }
        let source = input.source::<W>().expect("asked for before");
        let leading = tile.leading.iter().zip(self.images.iter().chain(&self.groups)).map(|(at, step)| at * step);
        let place = |(axis, (of, &output)): (usize, (&Axis, &usize))| of.place(output, 0) as usize * self.steps[axis];
        let places = problem.axes.iter().zip(tile.first).enumerate().map(place).sum::<usize>();
        let element = grid_position(&problem.summed, elements.start);
        let element = element.iter().zip(&self.elements).map(|(at, step)| at * step).sum::<usize>();
        Some((source, leading.sum::<usize>() + places + element))
    }

    /// Fills a box.
    pub(super) fn fill<W: Working<Lane = W> + Lane>(
        &self,
        problem: &Problem,
        set: &'static InstructionSet,
        input: &View<'_>,
        (tile, elements): (Tile<'_>, Range<usize>),
        target: &mut [W],
    ) {
        match (self.place, input.source::<W>(), input.bfloats()) {
            (Place::Convolved, Some(source), _) => {
                if let Some(inside) = self.inside(problem, (input, source), tile, elements.clone()) {
                    return self.copy(set, &inside, target);
                }
            }
            (Place::Convolved, None, Some(bits)) => {
                let inside = self.inside(problem, (input, bits), tile, elements.clone());
                if let Some((inside, target)) = inside.zip(W::singles_mut(target)) {
                    let mut halves = Scratch::<i16>::new(target.len());
                    halves.fill(0);
                    self.copy(set, &inside, &mut halves);
                    return widen(&halves, target);
                }
            }
            _ => {}
        }
        self.load(problem, input, (tile, elements), target);
    }

    fn load<W: Working>(
        &self,
        problem: &Problem,
        input: &View<'_>,
        (tile, elements): (Tile<'_>, Range<usize>),
        target: &mut [W],
    ) {
        let Tile { leading, first, batch, outputs } = tile;
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
