//! One input, tile by tile.

use super::cut::Cut;
use super::directly;
use super::field::{Field, Tile};
use super::load::load;
use super::promise::{Loudness, Trust};
use super::spectrum::{Packing, Spectrum};
use super::store::store;
use crate::machine::Machine;
use crate::primitives::threads;
use crate::problem::Problem;
use convolver_kernels::{
    Dims, Evaluate, Lane, MatrixMut, Products, Real, Scratch, Source, Storing, Terms, View, ViewMut, Working,
    grid_position,
};
use std::ops::Range;

/// Numbers that points are further apart than they need be, so that those of a square do not share a line of the cache.
const APART: usize = 16;

/// How sums are made, for one input and kernel.
pub(super) struct Run<'a, W: Working> {
    pub(super) problem: &'a Problem,
    pub(super) cut: &'a Cut,
    pub(super) machine: &'a Machine,
    pub(super) packing: &'a Packing<'a, W>,
    /// The kernel evaluated, unless each tile evaluates what it uses.
    pub(super) spectrum: Option<&'a Spectrum<W>>,
    pub(super) kernel: &'a View<'a>,
    /// Bytes that computing without points may use.
    pub(super) direct_bytes: usize,
    pub(super) shared: bool,
}

/// Squares at their points, ready to be multiplied.
struct Values<'a, W> {
    numbers: &'a [W],
    /// Numbers from one point to the next.
    step: usize,
    /// Where each row of sums finds its square, and what each term adds.
    rows: Vec<usize>,
    terms: Vec<usize>,
}

impl<W: Storing + Working<Lane = W> + Lane + Real> Run<'_, W> {
    pub(super) fn run(&self, input: &View<'_>, output: ViewMut<'_>) {
        let shape = self.cut.shape(self.problem);
        threads::for_each_tile(output, &shape, self.shared, |start, view| self.tile(input, start, view));
    }

    fn tile(&self, input: &View<'_>, start: &[usize], mut output: ViewMut<'_>) {
        let Run { problem, cut, machine, .. } = *self;
        let (group_at, bank_at) = (problem.batch.len(), problem.batch.len() + problem.group.len());
        let shape: Dims<usize> = output.shape().into();
        let tile = Tile {
            leading: &start[..bank_at],
            first: &start[bank_at + 1..],
            batch: &shape[..group_at],
            outputs: &shape[bank_at + 1..],
        };
        let elements = Cut::elements(problem, machine);
        let field = Field::new(problem, cut, elements, tile.batch, tile.outputs);
        let samples = load::<W>((problem, cut, machine.set), &field, input, tile);
        let loudness = Loudness::new(machine.set, &field, &samples[..]);
        let step = field.evaluated() * elements + APART;
        let mut numbers = Scratch::<W>::new(cut.points() * step);
        self.evaluate(&field, &samples, step, &mut numbers);
        drop(samples);
        let (rows, terms) = self.places(&field);
        let values = Values { numbers: &numbers, step, rows, terms };
        let trust = self.banks(&field, &values, (start, bank_at), &mut output);
        for failing in loudness.failing(problem, cut, &field, trust) {
            let image = grid_position(tile.batch, failing.image);
            for walks in failing.walks {
                let mut first: Dims<usize> = image.clone();
                first.resize(shape.len(), 0);
                let mut lengths = shape.clone();
                lengths[..group_at].fill(1);
                let walk = grid_position(&field.walked_outputs, walks);
                let along = cut.walked.iter().zip(walk.iter().map(|&at| at..at + 1));
                let evaluated = cut.evaluated.iter().zip(&failing.outputs);
                let evaluated = evaluated.filter_map(|(axis, outputs)| Some((axis.as_ref()?, outputs.clone())));
                for (axis, outputs) in along.chain(evaluated) {
                    (first[bank_at + 1 + axis], lengths[bank_at + 1 + axis]) = (outputs.start, outputs.len());
                }
                let from: Dims<usize> = first.iter().zip(start).map(|(at, start)| at + start).collect();
                let problem = (problem, machine, self.direct_bytes);
                directly::outputs(problem, (input, self.kernel), &from, output.sliced(&first, &lengths));
            }
        }
    }

    /// Evaluates every square of a box.
    fn evaluate(&self, field: &Field, samples: &[W], step: usize, numbers: &mut [W]) {
        let [outer, inner] = &field.along;
        let to: Vec<usize> = (0..field.evaluated()).map(|square| square * field.elements).collect();
        let job = Evaluate {
            along: field.of_samples(),
            numbers: Source::from(samples),
            from: &field.squares_of_box(),
            from_steps: [outer.dilation * inner.places * field.elements, inner.dilation * field.elements],
            to: &to,
            to_steps: field.point_steps(step),
            lanes: field.elements,
        };
        self.machine.set.evaluate(&job, numbers);
    }

    /// Where rows of sums find their squares, and what terms add.
    fn places(&self, field: &Field) -> (Vec<usize>, Vec<usize>) {
        let plane = field.squares.len() * field.elements;
        let row = |row: usize| {
            let (walk, square) = (row / field.squares.len(), row % field.squares.len());
            let (image, walk) = (walk / field.walks(), walk % field.walks());
            let plane_of = image * field.planes() + field.plane(self.problem, self.cut, walk);
            plane_of * plane + square * field.elements
        };
        let taps = field.planes_of_taps(self.problem, self.cut);
        let elements = self.problem.summed[0];
        let terms = taps.iter().flat_map(|tap| (0..elements).map(move |element| tap * plane + element));
        ((0..field.rows()).map(row).collect(), terms.collect())
    }

    /// All banks of a tile; how far their taps are to be trusted.
    fn banks(
        &self,
        field: &Field,
        values: &Values<'_, W>,
        (start, bank_at): (&[usize], usize),
        output: &mut ViewMut<'_>,
    ) -> Trust {
        let (problem, set) = (self.problem, self.machine.set);
        let of = start[problem.batch.len()..bank_at].iter().zip(&problem.group);
        let group = of.fold(0, |number, (&at, &length)| number * length + at);
        let (first, count) = (start[bank_at], output.shape()[bank_at]);
        let tiles = problem.bank[0].div_ceil(self.cut.banks);
        let tile = group * tiles + first / self.cut.banks;
        let mut trust = Trust::ALL;
        let (mut sums, mut outputs, mut fresh) = (None, None, None);
        for (number, panel) in set.panels::<W>(count).enumerate() {
            let width = panel.len();
            let banks = panel.start..panel.end.min(count);
            let point = field.rows() * width + APART;
            let most = self.cut.points() * (field.rows() * set.panel::<W>() + APART);
            let sums: &mut Scratch<W> = sums.get_or_insert_with(|| Scratch::new(most));
            let turned = match self.spectrum {
                Some(spectrum) => {
                    trust = spectrum.trust;
                    None
                }
                None => {
                    let turned = self.packing.turned(group, first + banks.start..first + banks.end, width);
                    trust = trust.and(turned.trust);
                    Some(turned)
                }
            };
            for chunk in &self.packing.chunks {
                let room = self.packing.room(chunk.len(), width);
                let spectrum = match (&turned, self.spectrum) {
                    (None, Some(spectrum)) => {
                        &spectrum.panel(tile, number)[self.packing.room(chunk.start, width)..][..room]
                    }
                    (Some(turned), _) => {
                        let fresh: &mut Scratch<W> = fresh.get_or_insert_with(|| {
                            let longest = self.packing.chunks.iter().map(Range::len).max().unwrap_or(0);
                            Scratch::new(self.packing.room(longest, set.panel::<W>()))
                        });
                        self.packing.evaluate(turned, chunk, &mut fresh[..room]);
                        &fresh[..room]
                    }
                    (None, None) => unreachable!("turned where there is no spectrum"),
                };
                self.multiply(values, chunk, spectrum, (point, width), sums);
            }
            let room = field.images * field.walks() * field.room() * set.panel::<W>();
            let outputs: &mut Scratch<W> = outputs.get_or_insert_with(|| Scratch::new(room));
            self.fold(field, sums, (point, width), outputs);
            store(problem, self.cut, set, field, (outputs, width), banks, output);
        }
        trust
    }

    /// The products of a chunk of terms at every point.
    fn multiply(
        &self,
        values: &Values<'_, W>,
        chunk: &Range<usize>,
        spectrum: &[W],
        (point, width): (usize, usize),
        sums: &mut [W],
    ) {
        let places: Vec<usize> = (0..chunk.len()).map(|term| term * width).collect();
        for (number, sums) in sums.chunks_mut(point).enumerate().take(self.cut.points()) {
            let start = number * values.step;
            let rows = Terms { numbers: Source::from(values.numbers), start, places: &values.terms[chunk.clone()] };
            let panel = Terms { numbers: Source::from(spectrum), start: number * chunk.len() * width, places: &places };
            let job = Products { rows, row_places: &values.rows, panel, accumulate: chunk.start > 0 };
            self.machine.set.products(&job, &mut MatrixMut::from_slice(sums, values.rows.len(), width, width));
        }
    }

    /// The outputs of sums.
    fn fold(&self, field: &Field, sums: &[W], (point, width): (usize, usize), outputs: &mut [W]) {
        let [outer, inner] = &field.along;
        let from: Vec<usize> = (0..field.rows()).map(|row| row * width).collect();
        let job = Evaluate {
            along: field.of_outputs(),
            numbers: Source::from(sums),
            from: &from,
            from_steps: field.point_steps(point),
            to: &field.squares_of_outputs(width),
            to_steps: [outer.dilation * inner.room * width, inner.dilation * width],
            lanes: width,
        };
        self.machine.set.evaluate(&job, outputs);
    }
}
