//! One input, tile by tile.

use super::cut::Cut;
use super::directly;
use super::field::Field;
use super::load::load;
use super::promise::{Failing, Loudness, Trust};
use super::spectrum::{Packing, Spectrum, Turned};
use super::store::store;
use crate::algorithms::tile::{Block, Tile};
use crate::machine::Machine;
use crate::primitives::threads;
use crate::problem::Problem;
use convolver_kernels::{
    Ahead, Dims, Evaluate, Lane, MatrixMut, Products, Real, Scratch, Source, Storing, Terms, View, ViewMut, Working,
};
use std::ops::Range;

/// Numbers that points are further apart than they need be, so that those of a square do not share a line of the cache.
const APART: usize = 16;
/// Bytes of the values of several parts at most.
const VALUES: usize = 2 << 20;

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
    /// Whether there are sums of other terms already.
    pub(super) begun: bool,
}

/// What some parts see of squares, at their points, ready to be multiplied.
pub(super) struct Values<W: Working> {
    numbers: Scratch<W>,
    parts: Range<usize>,
    /// Numbers from one point to the next.
    step: usize,
    /// Where each row of sums finds its square, and what each term adds.
    rows: Vec<usize>,
    terms: Vec<usize>,
}

impl<W: Working> Values<W> {
    /// Room for so many parts.
    pub(super) fn new(cut: &Cut, field: &Field, parts: usize) -> Self {
        Values {
            numbers: Scratch::new(cut.points() * (field.evaluated(parts) * field.elements + APART)),
            parts: 0..0,
            step: 0,
            rows: Vec::new(),
            terms: Vec::new(),
        }
    }
}

/// Some banks of a tile.
pub(super) struct Panel {
    number: usize,
    pub(super) banks: Range<usize>,
    pub(super) width: usize,
}

impl Panel {
    /// The panels of so many banks.
    pub(super) fn all<W: Lane>(machine: &Machine, count: usize) -> Vec<Panel> {
        let panels = machine.set.panels::<W>(count).enumerate();
        panels
            .map(|(number, panel)| Panel { number, banks: panel.start..panel.end.min(count), width: panel.len() })
            .collect()
    }
}

impl<W: Storing + Working<Lane = W> + Lane + Real> Run<'_, W> {
    pub(super) fn run(&self, input: &View<'_>, output: ViewMut<'_>) {
        let shape = self.cut.shape(self.problem);
        threads::for_each_tile(output, &shape, self.shared, |start, view| self.tile(input, start, view));
    }

    /// Whether half of a tile's outputs at least keep the promise with taps like these: of one in the middle, as those at the ends see what is
    /// made up around the input. Where they do not, few others will, and computing so many outputs twice takes longer than computing
    /// all of them directly.
    pub(super) fn is_promising(&self, input: &View<'_>, trust: Trust) -> bool {
        let Run { problem, cut, machine, .. } = *self;
        let middle = |(length, &tile): (usize, &usize)| {
            let first = length.div_ceil(tile) / 2 * tile;
            // The last of two may be a sliver.
            let first = if 2 * (length - first) < tile { first - tile.min(first) } else { first };
            (first, tile.min(length - first))
        };
        let groups = problem.group.iter().map(|_| (0, 1));
        let images = problem.batch.iter().copied().zip(&cut.batch).map(middle);
        let (leading, batch): (Dims<usize>, Dims<usize>) = images.chain(groups).unzip();
        let outputs = problem.axes.iter().map(|axis| axis.output()).zip(&cut.outputs).map(middle);
        let (first, outputs): (Dims<usize>, Dims<usize>) = outputs.unzip();
        let batch = &batch[..problem.batch.len()];
        let tile = Tile { leading: &leading, first: &first, batch, outputs: &outputs };
        let field = Field::new(problem, cut, Cut::elements(problem, machine), tile.batch, tile.outputs);
        let samples = load::<W>((problem, cut, machine.set), &field, input, tile);
        let failing = Loudness::new(machine.set, &field, &samples[..]).failing(problem, cut, &field, trust);
        let outputs = field.images * field.walks() * field.along[0].outputs * field.along[1].outputs;
        2 * failing.iter().map(Failing::count).sum::<usize>() <= outputs
    }

    fn tile(&self, input: &View<'_>, start: &[usize], mut output: ViewMut<'_>) {
        let Run { problem, cut, machine, .. } = *self;
        let shape: Dims<usize> = output.shape().into();
        let block = Block::new(problem, start, &shape);
        let tile = block.tile;
        let elements = Cut::elements(problem, machine);
        let field = Field::new(problem, cut, elements, tile.batch, tile.outputs);
        let samples = load::<W>((problem, cut, machine.set), &field, input, tile);
        let loudness = Loudness::new(machine.set, &field, &samples[..]);
        let trust = self.banks(&field, &samples, &block, &mut output);
        drop(samples);
        for failing in loudness.failing(problem, cut, &field, trust) {
            let problem = (problem, cut, machine, self.direct_bytes);
            directly::failing(problem, (input, self.kernel), (&field, &failing, start), &mut output);
        }
    }

    /// Evaluates what some parts see of every square of a box.
    fn evaluate(&self, field: &Field, samples: &[W], parts: Range<usize>, numbers: &mut [W]) {
        let [outer, inner] = &field.along;
        let to: Vec<usize> = (0..field.evaluated(parts.len())).map(|square| square * field.elements).collect();
        let job = Evaluate {
            along: field.of_samples(),
            numbers: Source::from(samples),
            from: &field.squares_of_box(parts),
            from_steps: [outer.dilation * inner.places * field.elements, inner.dilation * field.elements],
            to: &to,
            to_steps: field.point_steps(to.len() * field.elements + APART),
            lanes: field.elements,
        };
        self.machine.set.evaluate(&job, numbers);
    }

    /// How many parts are evaluated at once in so many bytes, or a little more.
    pub(super) fn parts_at_once(&self, field: &Field, bytes: usize) -> usize {
        let of_part = field.evaluated(1) * field.elements * self.cut.points();
        let of_run = self.cut.parts_of_run(self.problem);
        let some = (bytes / (of_part * size_of::<W>()).max(1) / of_run).max(1) * of_run;
        some.min(field.parts())
    }

    /// The values of some parts, unless these are they.
    pub(super) fn values(&self, field: &Field, samples: &[W], parts: Range<usize>, mut values: Values<W>) -> Values<W> {
        if values.parts == parts {
            return values;
        }
        let (rows, terms) = self.places(field, parts.len());
        let step = field.evaluated(parts.len()) * field.elements + APART;
        self.evaluate(field, samples, parts.clone(), &mut values.numbers);
        Values { parts, step, rows, terms, ..values }
    }

    /// Numbers from one point of sums to the next.
    pub(super) fn point(field: &Field, width: usize) -> usize {
        field.rows() * width + APART
    }

    /// Where rows of sums find their squares, and what the terms of some parts add.
    fn places(&self, field: &Field, parts: usize) -> (Vec<usize>, Vec<usize>) {
        let square = field.squares.len() * field.elements;
        let row = |row: usize| {
            let (walk, square_of) = (row / field.squares.len(), row % field.squares.len());
            let (image, walk) = (walk / field.walks(), walk % field.walks());
            let plane = image * field.planes() + field.plane(self.problem, self.cut, walk);
            plane * parts * square + square_of * field.elements
        };
        let taps = field.planes_of_taps(self.problem, self.cut);
        let elements = self.problem.summed[0];
        let mut terms = Vec::with_capacity(parts * taps.len() * elements);
        for part in 0..parts {
            for tap in &taps {
                let first = (tap * parts + part) * square;
                terms.extend(first..first + elements);
            }
        }
        ((0..field.rows()).map(row).collect(), terms)
    }

    /// All banks of a tile; how far their taps are to be trusted.
    fn banks(&self, field: &Field, samples: &[W], block: &Block<'_>, output: &mut ViewMut<'_>) -> Trust {
        let (problem, set) = (self.problem, self.machine.set);
        let (group, first, count) = (block.group, block.banks.start, block.banks.len());
        let tile = group * problem.bank[0].div_ceil(self.cut.banks) + first / self.cut.banks;
        let panels = Panel::all::<W>(self.machine, count);
        let some = self.parts_at_once(field, VALUES);
        let mut values = Values::new(self.cut, field, some);
        let mut trust = Trust::ALL;
        // Values are kept for all panels, or else the sums of all of them.
        let together = if some == field.parts() { 1 } else { panels.len() };
        let most = set.panel::<W>();
        let mut sums = Scratch::<W>::new(together * self.cut.points() * (field.rows() * most + APART));
        let mut outputs = Scratch::<W>::new(field.images * field.walks() * field.room() * most);
        let mut fresh = Scratch::<W>::new(match self.spectrum {
            Some(_) => 0,
            None => self.packing.numbers(self.packing.chunks.iter().map(Range::len).max().unwrap_or(0), most),
        });
        for panels in panels.chunks(together) {
            let room = sums.len() / together;
            let turned = |panel: &Panel| {
                let banks = first + panel.banks.start..first + panel.banks.end;
                self.spectrum.is_none().then(|| self.packing.turned(group, banks, panel.width, false))
            };
            let turned: Vec<Option<Turned<W>>> = panels.iter().map(turned).collect();
            for turned in &turned {
                let known = turned.as_ref().map(|turned| turned.trust);
                trust = trust.and(known.or(self.spectrum.map(|whole| whole.trust)).unwrap_or(Trust::ALL));
            }
            for parts in (0..field.parts()).step_by(some).map(|part| part..field.parts().min(part + some)) {
                values = self.values(field, samples, parts, values);
                for ((panel, turned), sums) in panels.iter().zip(&turned).zip(sums.chunks_exact_mut(room)) {
                    self.panel(&values, (tile, panel), turned.as_ref(), &mut fresh, sums);
                }
            }
            for (panel, sums) in panels.iter().zip(sums.chunks_exact(room)) {
                let width = panel.width;
                Self::fold(self.machine, field, sums, (Self::point(field, width), width), &mut outputs);
                store(problem, self.cut, set, field, (&outputs, width), panel.banks.clone(), output);
            }
        }
        trust
    }

    /// The products of some parts by a panel.
    pub(super) fn panel(
        &self,
        values: &Values<W>,
        (tile, panel): (usize, &Panel),
        turned: Option<&Turned<W>>,
        fresh: &mut [W],
        sums: &mut [W],
    ) {
        let width = panel.width;
        let of_part = self.cut.terms(self.problem) / self.cut.all_parts();
        let first = values.parts.start * of_part;
        let those = first..values.parts.end * of_part;
        for chunk in self.packing.chunks.iter().filter(|chunk| those.contains(&chunk.start)) {
            let room = self.packing.numbers(chunk.len(), width);
            let spectrum = match (turned, self.spectrum) {
                (Some(turned), _) => {
                    self.packing.evaluate(turned, chunk, &mut fresh[..room]);
                    &fresh[..room]
                }
                (None, Some(spectrum)) => {
                    &spectrum.panel(tile, panel.number)[self.packing.numbers(chunk.start, width)..][..room]
                }
                (None, None) => unreachable!("turned where there is no spectrum"),
            };
            self.multiply(values, (chunk, first), spectrum, width, sums);
        }
    }

    /// The products of a chunk of terms at every point.
    fn multiply(
        &self,
        values: &Values<W>,
        (chunk, first): (&Range<usize>, usize),
        spectrum: &[W],
        width: usize,
        sums: &mut [W],
    ) {
        let places: Vec<usize> = (0..chunk.len()).map(|term| term * width).collect();
        let terms = &values.terms[chunk.start - first..chunk.end - first];
        let point = values.rows.len() * width + APART;
        for (number, sums) in sums.chunks_mut(point).enumerate().take(self.cut.points()) {
            let start = number * values.step;
            let rows = Terms { numbers: Source::from(&values.numbers[..]), start, places: terms };
            let panel = Terms { numbers: Source::from(spectrum), start: number * chunk.len() * width, places: &places };
            let job = Products {
                rows,
                row_places: &values.rows,
                panel,
                accumulate: self.begun || chunk.start > 0,
                ahead: Ahead::Rows,
            };
            self.machine.set.products(&job, &mut MatrixMut::from_slice(sums, values.rows.len(), width, width));
        }
    }

    /// The outputs of sums.
    pub(super) fn fold(
        machine: &Machine,
        field: &Field,
        sums: &[W],
        (point, width): (usize, usize),
        outputs: &mut [W],
    ) {
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
        machine.set.evaluate(&job, outputs);
    }
}
