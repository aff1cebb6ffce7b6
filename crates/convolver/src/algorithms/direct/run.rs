//! One input, tile by tile.

use super::geometry::{Lanes, Tiling};
use super::placed::Placed;
use super::recipe::Ways;
use super::size::output_tile;
use super::store::store;
use super::walk::{Columns, Walk};
use super::weights::Weights;
use crate::primitives::{threads, tile::Loader};
use crate::problem::{Axis, Conjugate, Problem};
use convolver_kernels::{
    Band, Dims, Dots, InstructionSet, Kind, Lane, MatrixMut, Phase, Scratch, Source, Storing, View, ViewMut, Working,
    grid_position,
};
use smallvec::SmallVec;
use std::ops::Range;

/// Bytes of weights that dot products go through at a time.
const WEIGHT_BYTES: usize = 16 << 10;

/// Computes one input along a walk.
pub(super) fn tiles<W: Storing>(ways: &Ways, walk: &Walk, weights: &Weights<W>, input: &View<'_>, output: ViewMut<'_>) {
    let run = Run::new(ways, walk, weights, input);
    let lanes = walk.geometry.lanes;
    let shape = output_tile(&ways.problem, &walk.tile, lanes, walk.count, walk.planes);
    if output.shape().iter().zip(&shape).all(|(length, tile)| length <= tile) {
        let start: Dims<usize> = Dims::from_elem(0, shape.len());
        return Tile::new(&run, &start, output).run();
    }
    threads::for_each_tile(output, &shape, ways.shared, |start, view| Tile::new(&run, start, view).run());
}

/// What all tiles of one input share.
pub(super) struct Run<'a, W: Working> {
    pub(super) problem: &'a Problem,
    pub(super) set: &'static InstructionSet,
    pub(super) walk: &'a Walk,
    pub(super) weights: &'a Weights<W>,
    pub(super) input: &'a View<'a>,
    /// The input itself as a box.
    pub(super) placed: Option<Placed<'a, W::Lane>>,
    /// Offsets in the packed box of a pass of as many summed elements as fit.
    columns: Columns,
}

/// Boxes of inputs that a tile sees, packed or in place.
struct Boxes<'a, L> {
    source: Source<'a, L>,
    /// Where the box of the tile's first output starts.
    origin: usize,
    /// Steps within a box.
    tiling: &'a Tiling,
    phases: &'a [Phase],
    columns: &'a [usize],
    /// The summed elements that are there.
    elements: Range<usize>,
}

impl<'a, W: Storing> Run<'a, W> {
    fn new(ways: &'a Ways, walk: &'a Walk, weights: &'a Weights<W>, input: &'a View<'a>) -> Self {
        let problem = &ways.problem;
        let summed: usize = problem.summed.iter().product();
        let starts: SmallVec<[usize; 4]> =
            (0..walk.summed.min(summed)).map(|element| element * walk.tiling.plane).collect();
        Run {
            problem,
            set: ways.set,
            walk,
            weights,
            input,
            placed: Placed::of(problem, walk, input),
            columns: walk.columns(problem, &walk.tiling, &starts),
        }
    }
}

/// Phases of the kernel over some summed elements.
pub(super) fn phases(walk: &Walk, elements: usize) -> SmallVec<[Phase; 4]> {
    walk.phases.iter().map(|phase| Phase { columns: phase.columns * elements, ..*phase }).collect()
}

/// One tile of the output.
pub(super) struct Tile<'a, W: Working> {
    pub(super) run: &'a Run<'a, W>,
    /// Where the tile starts: batch, group, bank, convolved.
    pub(super) start: &'a [usize],
    pub(super) output: ViewMut<'a>,
    /// Outputs of the tile along each convolved axis.
    pub(super) shape: Dims<usize>,
    /// The output's axis that the outputs of a row run along, and how many.
    pub(super) lane: (usize, usize),
    /// The output's axis that rows run along, and how many.
    pub(super) row: Option<(usize, usize)>,
    /// The first of the output's bank axes, and the first of its convolved axes.
    pub(super) banks_at: usize,
    pub(super) convolved_at: usize,
}

impl<'a, W: Storing> Tile<'a, W> {
    pub(super) fn new(run: &'a Run<'a, W>, start: &'a [usize], output: ViewMut<'a>) -> Self {
        let problem = run.problem;
        let banks_at = problem.batch.len() + problem.group.len();
        let convolved_at = banks_at + problem.bank.len();
        let shape: Dims<usize> = output.shape()[convolved_at..].into();
        let lane_axis = match run.walk.geometry.lanes {
            Lanes::Convolved | Lanes::Taps => output.shape().len() - 1,
            Lanes::Batch(axis) => axis,
            Lanes::Group => problem.batch.len(),
        };
        let lane = (lane_axis, output.shape()[lane_axis]);
        let row = run.walk.geometry.row.map(|row| (convolved_at + row, shape[row]));
        Tile { run, start, output, shape, lane, row, banks_at, convolved_at }
    }

    fn run(mut self) {
        if self.run.walk.geometry.lanes == Lanes::Group {
            return self.each();
        }
        let planes = if self.run.walk.planes > 1 { self.output.shape()[self.banks_at - 1] } else { 1 };
        let inside = planes == 1 && self.origin().is_some();
        if !inside && self.framed() {
            return;
        }
        if planes == 1 {
            return self.plane();
        }
        for plane in 0..planes {
            let (mut start, mut first): (Dims<usize>, Dims<usize>) = (self.start.into(), Dims::new());
            start[self.banks_at - 1] += plane;
            first.resize(start.len(), 0);
            first[self.banks_at - 1] = plane;
            let mut lengths: Dims<usize> = self.output.shape().into();
            lengths[self.banks_at - 1] = 1;
            Tile::new(self.run, &start, self.output.sliced(&first, &lengths)).plane();
        }
    }

    /// A tile of a single plane.
    fn plane(mut self) {
        let mut sums = self.scratch();
        match self.origin() {
            Some((placed, origin)) => {
                let boxes = Boxes {
                    source: placed.source,
                    origin,
                    tiling: &placed.tiling,
                    phases: &placed.phases,
                    columns: &placed.columns,
                    elements: 0..self.run.problem.summed.iter().product(),
                };
                self.bands(&boxes, &mut sums);
            }
            None => self.packed(&mut sums),
        }
        if let Some(mut sums) = sums {
            let rows = self.row;
            store(
                &mut self.output,
                &mut sums,
                (self.banks_at, self.convolved_at),
                &self.run.walk.geometry.others,
                rows,
                self.lane,
            );
        }
    }

    /// The input itself as the tile's box, where the tile sees nothing outside.
    fn origin(&self) -> Option<(&'a Placed<'a, W::Lane>, usize)> {
        let placed = self.run.placed.as_ref()?;
        let problem = self.run.problem;
        // Neighbouring outputs that are lanes see neighbouring places of a phase.
        if self.run.walk.geometry.lanes == Lanes::Convolved && problem.axes[problem.axes.len() - 1].stride > 1 {
            return None;
        }
        let strides = self.run.input.strides();
        let size = self.run.input.element().size();
        let mut origin: usize = (0..self.banks_at).map(|axis| self.start[axis] * (strides[axis] as usize / size)).sum();
        let output = &self.start[self.convolved_at..];
        for (number, (axis, &output)) in problem.axes.iter().zip(output).enumerate() {
            let place = axis.place(output, 0);
            let end = place + ((self.shape[number] - 1) * axis.stride + axis.window()) as isize;
            if axis.spread != 1 || place < 0 || end as usize > axis.input {
                return None;
            }
            origin += place as usize * placed.tiling.steps[number];
        }
        Some((placed, origin))
    }

    /// Sums over packed boxes, as many summed elements at a time as fit.
    fn packed(&mut self, sums: &mut Option<Vec<Scratch<W>>>) {
        let Run { problem, walk, .. } = *self.run;
        let summed: usize = problem.summed.iter().product();
        let pass = walk.summed.min(summed);
        let mut packed = Scratch::<W>::new(walk.tiling.plane * pass);
        for first in (0..summed).step_by(pass) {
            let elements = first..summed.min(first + pass);
            self.load(elements.clone(), &mut packed);
            let starts: SmallVec<[usize; 4]> = (0..elements.len()).map(|number| number * walk.tiling.plane).collect();
            let phases = phases(walk, elements.len());
            let fewer;
            let columns = if elements.len() == pass {
                &self.run.columns
            } else {
                fewer = walk.columns(problem, &walk.tiling, &starts);
                &fewer
            };
            let boxes = Boxes {
                source: W::lanes(&packed).into(),
                origin: 0,
                tiling: &walk.tiling,
                phases: &phases,
                columns,
                elements,
            };
            self.bands(&boxes, sums);
        }
    }

    /// Room for sums that are not written in place: for each part of the kernel, banks × outputs.
    fn scratch(&mut self) -> Option<Vec<Scratch<W>>> {
        let index: Dims<usize> = Dims::from_elem(0, self.output.shape().len());
        if W::PARTS == 1 && self.output.matrix::<W::Lane>(&index, self.row, self.lane).is_some() {
            return None;
        }
        let outputs = self.output.len();
        Some(self.run.weights.parts.iter().map(|_| Scratch::new(outputs)).collect())
    }

    /// Packs the boxes of some summed elements.
    pub(super) fn load(&self, elements: Range<usize>, packed: &mut [W]) {
        let Run { problem, walk, input, .. } = *self.run;
        let loader = Loader {
            axes: &walk.axes,
            fill: Loader::<W>::fill(problem.fill),
            conjugate: problem.conjugate == Conjugate::Input && problem.input.kind() == Kind::Complex,
        };
        let extent = |(axis, &outputs): (&Axis, &usize)| (outputs - 1) * axis.stride + axis.window();
        let extents = problem.axes.iter().zip(&self.shape).map(extent).collect();
        let across = matches!(walk.geometry.lanes, Lanes::Batch(_) | Lanes::Group);
        let lanes = (if across { self.start[self.lane.0] } else { 0 }, self.lane.1);
        let packing = walk.geometry.packing(problem, &walk.tiling, extents, &self.start[self.convolved_at..], lanes);
        let mut leading: Dims<usize> = self.start[..self.banks_at].into();
        for (number, element) in elements.enumerate() {
            leading.truncate(self.banks_at);
            leading.extend(grid_position(&problem.summed, element));
            loader.load(input, &leading, &packing, &mut packed[number * walk.tiling.plane..]);
        }
    }

    /// Sums every output of the tile over the summed elements of some boxes.
    fn bands(&mut self, boxes: &Boxes<'_, W::Lane>, sums: &mut Option<Vec<Scratch<W>>>) {
        let Run { problem, walk, weights, .. } = *self.run;
        let taps = walk.order.len();
        let summed: usize = problem.summed.iter().product();
        let group = number_of(&problem.group, &self.start[problem.batch.len()..self.banks_at]);
        let bank_lengths: Dims<usize> = self.output.shape()[self.banks_at..self.convolved_at].into();
        let others: Dims<usize> = walk.geometry.others.iter().map(|&axis| self.shape[axis]).collect();
        let mut index: Dims<usize> = Dims::from_elem(0, self.output.shape().len());
        let mut number = 0;
        for bank in 0..bank_lengths.iter().product() {
            // A tile has every kernel of its bank.
            let kernel = group * problem.bank.iter().product::<usize>() + bank;
            let from = (kernel * summed + boxes.elements.start) * taps;
            let weights = || weights.parts.iter().map(|part| &part[from..from + boxes.elements.len() * taps]);
            index[self.banks_at..self.convolved_at].copy_from_slice(&grid_position(&bank_lengths, bank));
            for other in 0..others.iter().product() {
                let mut start = boxes.origin;
                for (&axis, at) in walk.geometry.others.iter().zip(grid_position(&others, other)) {
                    index[self.convolved_at + axis] = at;
                    start += at * problem.axes[axis].stride * boxes.tiling.steps[axis];
                }
                for (part, weights) in weights().enumerate() {
                    self.matrix(boxes, start * W::PARTS, weights, &index, (number, part), sums);
                }
                number += 1;
            }
        }
    }

    /// One matrix of outputs: every set of rows, or rows of dot products.
    fn matrix(
        &mut self,
        boxes: &Boxes<'_, W::Lane>,
        start: usize,
        weights: &[W::Lane],
        index: &[usize],
        (number, part): (usize, usize),
        sums: &mut Option<Vec<Scratch<W>>>,
    ) {
        let Run { problem, walk, set, .. } = *self.run;
        let rows = self.row.map_or(1, |(_, rows)| rows);
        let columns = self.lane.1 * W::PARTS;
        let mut target = match sums {
            None => self.output.matrix(index, self.row, self.lane).expect("asked for by `scratch`"),
            Some(sums) => {
                let from = number * rows * columns;
                MatrixMut::from_slice(&mut W::lanes_mut(&mut sums[part])[from..], rows, columns, columns)
            }
        };
        let (source, mut accumulate) = (boxes.source, boxes.elements.start > 0);
        let pitch = walk.geometry.row.map_or(0, |row| boxes.tiling.steps[row]) * W::PARTS;
        let row_step = walk.step * pitch;
        if walk.geometry.lanes == Lanes::Taps {
            let step = problem.axes[problem.axes.len() - 1].stride;
            // As many rows of the kernel at a time as stay in the first-level cache while the outputs go by.
            let some = (WEIGHT_BYTES / (walk.run * size_of::<W::Lane>())).max(1);
            for (rows, weights) in boxes.columns.chunks(some).zip(weights.chunks(some * walk.run)) {
                let job = Dots { input: source, start, row_step, step, rows, run: walk.run, weights, accumulate };
                set.dots(&job, &mut target);
                accumulate = true;
            }
            return;
        }
        let Boxes { phases, columns, .. } = *boxes;
        let job = Band { input: source, start, row_step, phases, columns, weights, accumulate };
        if let Some(block) = walk.geometry.fold {
            return blocks(set, (&job, walk.short), block * W::PARTS, target);
        }
        let stride = walk.geometry.row.map_or(0, |row| problem.axes[row].stride);
        for first in 0..walk.sets.min(rows) {
            let job = Band { start: start + first * stride * pitch, ..job };
            band(set, (&job, walk.short), &mut target.rows(first, walk.sets));
        }
    }
}

/// A band, of factors that are short or not.
fn band<L: Lane>(set: &'static InstructionSet, (job, short): (&Band<'_, L>, bool), target: &mut MatrixMut<'_, L>) {
    if short { set.short_band(job, target) } else { set.band(job, target) }
}

/// The bands of one line of outputs in blocks: whole ones as rows, then what is left of them.
fn blocks<L: Lane>(
    set: &'static InstructionSet,
    (job, short): (&Band<'_, L>, bool),
    block: usize,
    mut line: MatrixMut<'_, L>,
) {
    let job = Band { row_step: block, ..*job };
    let columns = line.columns();
    if columns >= block {
        band(set, (&job, short), &mut line.folded(block));
    }
    let left = columns % block;
    if left > 0 {
        // The last block lies over its neighbour, unless outputs would be added to twice.
        let count = if columns >= block && !job.accumulate { block } else { left };
        let start = columns - count;
        band(set, (&Band { start: job.start + start, ..job }, short), &mut line.part(start, count));
    }
}

/// The number of a position in a grid of these lengths.
pub(super) fn number_of(lengths: &[usize], position: &[usize]) -> usize {
    lengths.iter().zip(position).fold(0, |number, (&length, &at)| number * length + at)
}
