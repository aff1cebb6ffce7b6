//! One input, tile by tile.

use super::geometry::{Lanes, Tiling, slack};
use super::prepare::{Direct, Walk};
use super::size::output_tile;
use crate::algorithms::Prepared;
use crate::primitives::{threads, tile::Loader};
use crate::problem::Conjugate;
use convolver_kernels::{
    Band, Dims, InstructionSet, Kind, Lane, MatrixMut, Phase, Scratch, Source, Storing, Tiles, View, ViewMut, Working,
    grid_position,
};
use std::ops::Range;

impl<W: Storing> Prepared for Direct<W> {
    fn run(&self, input: &View<'_>, output: ViewMut<'_>) {
        let (input, output) = match self.added_axis {
            true => {
                let at = (input.shape().len(), output.shape().len());
                (input.repeated(at.0, 1), output.with_axis(at.1))
            }
            false => (input.clone(), output),
        };
        let walk = self.walk(&input);
        let tiles = Tiles::new(output, &output_tile(&self.problem, &walk.recipe, walk.geometry.lanes));
        threads::for_each(tiles.len(), walk.recipe.shared, |number| {
            if let Some((start, view)) = tiles.take(number) {
                Tile::new(self, walk, &start, view).run(&input);
            }
        });
    }
}

/// The boxes of inputs that a tile sees, packed or in place.
struct Boxes<'a, L> {
    source: Source<'a, L>,
    /// Where the first box starts.
    origin: usize,
    /// Where the box of each summed element starts, from there.
    elements: Vec<usize>,
    /// Steps within a box.
    tiling: Tiling,
}

/// One tile of the output.
struct Tile<'a, W: Working> {
    direct: &'a Direct<W>,
    walk: &'a Walk<W>,
    /// Where the tile starts: batch, group, bank, convolved.
    start: &'a [usize],
    output: ViewMut<'a>,
    tiling: Tiling,
    /// Outputs of the tile along each convolved axis.
    shape: Dims<usize>,
    /// The output's axis that lanes run along, and how many outputs.
    lane: (usize, usize),
    /// The output's axis that rows run along, and how many.
    row: Option<(usize, usize)>,
    /// The first of the output's bank axes, and the first of its convolved axes.
    banks_at: usize,
    convolved_at: usize,
}

impl<'a, W: Storing> Tile<'a, W> {
    fn new(direct: &'a Direct<W>, walk: &'a Walk<W>, start: &'a [usize], output: ViewMut<'a>) -> Self {
        let problem = &direct.problem;
        let banks_at = problem.batch.len() + problem.group.len();
        let convolved_at = banks_at + problem.bank.len();
        let shape: Dims<usize> = output.shape()[convolved_at..].into();
        let lane_axis = match walk.geometry.lanes {
            Lanes::Convolved => output.shape().len() - 1,
            Lanes::Batch(axis) => axis,
        };
        let lane = (lane_axis, output.shape()[lane_axis]);
        let row = walk.geometry.row.map(|row| (convolved_at + row, shape[row]));
        let tiling = walk.geometry.tiling(problem, &shape, lane.1);
        Tile { direct, walk, start, output, tiling, shape, lane, row, banks_at, convolved_at }
    }

    fn run(mut self, input: &View<'_>) {
        let summed: usize = self.direct.problem.summed.iter().product();
        let mut sums = self.scratch();
        match self.in_place(input) {
            Some(boxes) => self.bands(0..summed, &boxes, &mut sums),
            None => self.packed(input, summed, &mut sums),
        }
        if let Some(sums) = sums {
            self.store(&sums);
        }
    }

    /// The input itself as the tile's box: where its elements are what sums are made of, neighbours along the lanes, and
    /// the tile sees none outside.
    fn in_place<'v>(&self, input: &View<'v>) -> Option<Boxes<'v, W::Lane>> {
        let problem = &self.direct.problem;
        let size = input.element().size();
        let (first, lane_axis) = (input.shape().len() - problem.axes.len(), self.lane_of(input));
        let output = &self.start[self.convolved_at..];
        let inside = problem.axes.iter().zip(output).zip(&self.tiling.extents).all(|((axis, &output), &extent)| {
            let place = axis.place(output, 0);
            axis.spread == 1 && place >= 0 && place as usize + extent <= axis.input
        });
        let along = self.walk.geometry.lanes != Lanes::Convolved || problem.axes[problem.axes.len() - 1].stride == 1;
        let whole = self.lane.1 * W::PARTS >= self.direct.set.lanes::<W::Lane>();
        let plain = !(problem.conjugate == Conjugate::Input && problem.input.kind() == Kind::Complex);
        if !(inside && along && whole && plain && input.strides()[lane_axis] == size as isize) {
            return None;
        }
        let source = input.source::<W::Lane>()?;
        // A real input of complex sums has half the numbers.
        if problem.input.size() != W::PARTS * size_of::<W::Lane>() {
            return None;
        }
        let step = |axis: usize| input.strides()[axis] as usize / size;
        let mut origin: usize = (0..self.banks_at).map(|axis| self.start[axis] * step(axis)).sum();
        origin += (0..problem.axes.len())
            .map(|axis| problem.axes[axis].place(output[axis], 0) as usize * step(first + axis))
            .sum::<usize>();
        let summed_at = self.banks_at;
        let elements = (0..problem.summed.iter().product()).map(|element| {
            let position = grid_position(&problem.summed, element);
            position.iter().enumerate().map(|(axis, &at)| at * step(summed_at + axis)).sum()
        });
        let tiling =
            Tiling { steps: (0..problem.axes.len()).map(|axis| step(first + axis)).collect(), ..self.tiling.clone() };
        Some(Boxes { source, origin, elements: elements.collect(), tiling })
    }

    /// The input's axis that lanes run along.
    fn lane_of(&self, input: &View<'_>) -> usize {
        match self.walk.geometry.lanes {
            Lanes::Convolved => input.shape().len() - 1,
            Lanes::Batch(axis) => axis,
        }
    }

    /// Sums over packed boxes, as many summed elements at a time as fit.
    fn packed(&mut self, input: &View<'_>, summed: usize, sums: &mut Option<Vec<Scratch<W>>>) {
        let run = self.walk.recipe.summed;
        let plane = self.tiling.plane;
        let mut packed = Scratch::<W>::new(plane * run.min(summed) + slack());
        for first in (0..summed).step_by(run) {
            let elements = first..summed.min(first + run);
            self.load(input, elements.clone(), &mut packed);
            let boxes = Boxes {
                source: W::lanes(&packed).into(),
                origin: 0,
                elements: (0..elements.len()).map(|number| number * plane).collect(),
                tiling: self.tiling.clone(),
            };
            self.bands(elements, &boxes, sums);
        }
    }

    /// Room for sums that are not written in place: for each part of the kernel, banks × outputs.
    fn scratch(&mut self) -> Option<Vec<Scratch<W>>> {
        let index: Dims<usize> = Dims::from_elem(0, self.output.shape().len());
        if W::PARTS == 1 && self.output.matrix::<W::Lane>(&index, self.row, self.lane).is_some() {
            return None;
        }
        let outputs = self.output.len();
        Some(self.walk.parts.iter().map(|_| Scratch::new(outputs)).collect())
    }

    /// Packs the boxes of some summed elements.
    fn load(&self, input: &View<'_>, elements: Range<usize>, packed: &mut [W]) {
        let problem = &self.direct.problem;
        let loader = Loader {
            axes: &problem.axes,
            fill: Loader::<W>::fill(problem.fill),
            conjugate: problem.conjugate == Conjugate::Input && problem.input.kind() == Kind::Complex,
        };
        let output = &self.start[self.convolved_at..];
        let lane_start = if self.walk.geometry.lanes == Lanes::Convolved { 0 } else { self.start[self.lane.0] };
        let packing = self.walk.geometry.packing(problem, &self.tiling, output, lane_start);
        let mut leading: Dims<usize> = self.start[..self.banks_at].into();
        for (number, element) in elements.enumerate() {
            leading.truncate(self.banks_at);
            leading.extend(grid_position(&problem.summed, element));
            loader.load(input, &leading, &packing, &mut packed[number * self.tiling.plane..]);
        }
    }

    /// Sums every output of the tile over some summed elements.
    fn bands(&mut self, elements: Range<usize>, boxes: &Boxes<'_, W::Lane>, sums: &mut Option<Vec<Scratch<W>>>) {
        let problem = &self.direct.problem;
        let (walk, tiling) = (self.walk, &boxes.tiling);
        let pitch = walk.geometry.row.map_or(0, |row| tiling.steps[row]) * W::PARTS;
        let phases: Vec<Phase> = walk
            .taps
            .phases
            .iter()
            .map(|columns| Phase { rows: columns[0].len(), columns: columns.len() * boxes.elements.len() })
            .collect();
        let columns = walk.taps.phases.iter().flat_map(|columns| {
            let of_element = |element| columns.iter().map(move |rows| (element, &rows[0]));
            boxes.elements.iter().flat_map(of_element)
        });
        let columns: Vec<usize> =
            columns.map(|(element, taps)| (element + walk.geometry.offset(problem, tiling, taps)) * W::PARTS).collect();
        let taps = problem.axes.iter().map(|axis| axis.kernel).product::<usize>();
        let summed: usize = problem.summed.iter().product();
        let bank_lengths: Dims<usize> = self.output.shape()[self.banks_at..self.convolved_at].into();
        let group = number_of(&problem.group, &self.start[problem.batch.len()..self.banks_at]);
        let others: Dims<usize> = walk.geometry.others.iter().map(|&axis| self.shape[axis]).collect();
        for bank in 0..bank_lengths.iter().product() {
            let bank_position = grid_position(&bank_lengths, bank);
            let whole: Dims<usize> =
                bank_position.iter().zip(&self.start[self.banks_at..]).map(|(&at, &start)| at + start).collect();
            let kernel = group * problem.bank.iter().product::<usize>() + number_of(&problem.bank, &whole);
            let from = (kernel * summed + elements.start) * taps;
            for other in 0..others.iter().product() {
                let position = grid_position(&others, other);
                let mut index: Dims<usize> = Dims::from_elem(0, self.output.shape().len());
                index[self.banks_at..self.convolved_at].copy_from_slice(&bank_position);
                let mut start = boxes.origin * W::PARTS;
                for (&axis, &at) in walk.geometry.others.iter().zip(&position) {
                    index[self.convolved_at + axis] = at;
                    start += at * problem.axes[axis].stride * tiling.steps[axis] * W::PARTS;
                }
                for part in 0..walk.parts.len() {
                    let job = Band {
                        input: boxes.source,
                        start,
                        row_step: walk.taps.step * pitch,
                        phases: &phases,
                        columns: &columns,
                        weights: &walk.parts[part][from..from + elements.len() * taps],
                        accumulate: elements.start > 0,
                    };
                    let number = bank * others.iter().product::<usize>() + other;
                    self.band(job, &index, number, part, sums, pitch);
                }
            }
        }
    }

    /// The bands of one matrix of outputs: every set of rows.
    fn band(
        &mut self,
        job: Band<'_, W::Lane>,
        index: &[usize],
        number: usize,
        part: usize,
        sums: &mut Option<Vec<Scratch<W>>>,
        pitch: usize,
    ) {
        let rows = self.row.map_or(1, |(_, rows)| rows);
        let columns = self.lane.1 * W::PARTS;
        let mut target = match sums {
            None => self.output.matrix(index, self.row, self.lane).expect("asked for by `scratch`"),
            Some(sums) => {
                let from = number * rows * columns;
                MatrixMut::from_slice(&mut W::lanes_mut(&mut sums[part])[from..], rows, columns, columns)
            }
        };
        if let Some(block) = self.walk.geometry.fold {
            return blocks(self.direct.set, &job, block * W::PARTS, target);
        }
        let stride = self.walk.geometry.row.map_or(0, |row| self.direct.problem.axes[row].stride);
        let sets = self.walk.taps.sets;
        for set in 0..sets.min(rows) {
            let job = Band { start: job.start + set * stride * pitch, ..job };
            self.direct.set.band(&job, &mut target.rows(set, sets));
        }
    }

    /// Joins the parts, and rounds or cuts the sums to the output's elements.
    fn store(&mut self, sums: &[Scratch<W>]) {
        let rows = self.row.map_or(1, |(_, rows)| rows);
        let columns = self.lane.1;
        let mut lengths: Dims<usize> = self.output.shape()[self.banks_at..self.convolved_at].into();
        let others = &self.walk.geometry.others;
        lengths.extend(others.iter().map(|&axis| self.shape[axis]));
        lengths.push(rows);
        let mut line = vec![W::default(); columns];
        for (number, start) in (0..self.output.len()).step_by(columns).enumerate() {
            let position = grid_position(&lengths, number);
            let banks = self.convolved_at - self.banks_at;
            let mut index: Dims<usize> = Dims::from_elem(0, self.output.shape().len());
            index[self.banks_at..self.convolved_at].copy_from_slice(&position[..banks]);
            others.iter().zip(&position[banks..]).for_each(|(&axis, &at)| index[self.convolved_at + axis] = at);
            if let Some((axis, _)) = self.row {
                index[axis] = position[lengths.len() - 1];
            }
            let whole = &sums[0][start..start + columns];
            match sums.get(1) {
                None => self.output.write(&index, self.lane.0, whole),
                Some(turned) => {
                    let turned = &turned[start..start + columns];
                    line.iter_mut().zip(whole.iter().zip(turned)).for_each(|(sum, (&sum_a, &sum_b))| {
                        *sum = sum_a.plus(quarter_turn(sum_b));
                    });
                    self.output.write(&index, self.lane.0, &line);
                }
            }
        }
    }
}

/// The bands of one line of outputs in blocks: whole ones as rows, then what is left of them.
fn blocks<L: Lane>(set: &'static InstructionSet, job: &Band<'_, L>, block: usize, mut line: MatrixMut<'_, L>) {
    let job = Band { row_step: block, ..*job };
    let columns = line.columns();
    if columns >= block {
        set.band(&job, &mut line.folded(block));
    }
    let left = columns % block;
    if left > 0 {
        // The last block lies over its neighbour, unless outputs would be added to twice.
        let count = if columns >= block && !job.accumulate { block } else { left };
        let start = columns - count;
        set.band(&Band { start: job.start + start, ..job }, &mut line.part(start, count));
    }
}

/// i·number, exactly.
fn quarter_turn<W: Working>(number: W) -> W {
    let [real, imaginary] = number.parts();
    W::join(imaginary.times(<W::Lane>::of_weight(-1.0)), real)
}

/// The number of a position in a grid of these lengths.
fn number_of(lengths: &[usize], position: &[usize]) -> usize {
    lengths.iter().zip(position).fold(0, |number, (&length, &at)| number * length + at)
}
