//! Runs: a long sum, evaluated part by part in the cache.
//!
//! Idea      The gradient of weights has a kernel as large as its input and few outputs. Its values at the points are used once, so that
//!           none are kept: a run of taps along the first evaluated axis is a problem of its own, whose values are multiplied as
//!           soon as they are there. Sums at the points stay, and make outputs at the end.
//! Threads   as in matrix: tiles of outputs and parts of the sum, which are added in order
//! Promise   What a run is sure to add to Σ|k||x| is known of each run for its own K, and the error for the largest of them: so each run
//!           counts as much as the share its K is of the largest one, for the bank where that is least.

use super::cost::{EVALUATE, LOAD, POINT, REACHED};
use super::cut::{self, Cut};
use super::directly;
use super::field::Field;
use super::load::load;
use super::promise::{Assured, Loudness, Need};
use super::run::{Panel, Run, Values};
use super::spectrum::Packing;
use super::store::store;
use crate::algorithms::matrix::{Kernel, of_taps};
use crate::algorithms::tile::{Block, Parts, Tile};
use crate::machine::Machine;
use crate::problem::Problem;
use convolver_kernels::{Dims, Lane, Real, Scratch, Storing, View, ViewMut, Working};
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// Bytes of the sums of a tile at its points, and of the values that are multiplied at once.
const SUMS: usize = 640 << 10;
const VALUES: usize = 448 << 10;
/// Terms of a run at least.
const TERMS: usize = 160;
/// Parts of the taps from which on they are cut into runs.
const MANY: usize = 8;
/// Parts and tiles for each core, and tiles at most: where there are more, each value of the kernel is used by several.
const SHARES: usize = 2;
const MOST_TILES: usize = 8;

/// How a long sum is cut.
#[derive(Clone, Debug)]
pub(super) struct Cuts {
    /// The tiles, and how axes are evaluated.
    pub(super) cut: Cut,
    /// The axis whose taps are cut into runs, its number among the evaluated ones, and the taps of a run.
    pub(super) axis: usize,
    of: usize,
    pub(super) taps: usize,
    /// Parts of about as many runs, which are summed apart.
    pub(super) parts: usize,
}

impl Cuts {
    /// The cut of a problem whose sum is long.
    pub(super) fn new(problem: &Problem, machine: &Machine, cut: &Cut) -> Option<Self> {
        let of = if cut.evaluated[0].is_some() { 0 } else { 1 };
        let axis = cut.evaluated[of]?;
        if cut.all_parts() < MANY || problem.is_empty() {
            return None;
        }
        let mut cut = cut.clone();
        cut.batch = problem.batch.clone();
        cut.outputs = problem.axes.iter().map(crate::problem::Axis::output).collect();
        let panel = 4 * machine.set.vector_bytes / problem.working().size();
        cut.banks = problem.bank[0].min(panel);
        let bytes = problem.working().size() * cut.points() * cut.banks.next_multiple_of(panel / 4);
        while cut.rows(problem, &cut.batch, &cut.outputs).saturating_mul(bytes) > SUMS {
            if !cut.halve(problem) {
                return None;
            }
        }
        let (tiles, bank_tiles) = cut.tiles(problem);
        let tiles = tiles * bank_tiles * problem.group.iter().product::<usize>();
        if tiles > MOST_TILES * machine.cores {
            return None;
        }
        let of_row = cut.terms(problem) / cut.parts[of].count;
        let taps = cut.parts[of].taps * TERMS.div_ceil(of_row).min(cut.parts[of].count);
        let mut cuts = Cuts { cut, axis, of, taps, parts: 1 };
        cuts.parts = (SHARES * machine.cores).div_ceil(tiles).min(cuts.runs(problem));
        Some(cuts)
    }

    pub(super) fn runs(&self, problem: &Problem) -> usize {
        problem.axes[self.axis].kernel.div_ceil(self.taps)
    }

    /// The taps of a run along each axis.
    fn place(&self, problem: &Problem, run: usize) -> Dims<Range<usize>> {
        let taps = |(number, axis): (usize, &crate::problem::Axis)| match number == self.axis {
            true => run * self.taps..axis.kernel.min((run + 1) * self.taps),
            false => 0..axis.kernel,
        };
        problem.axes.iter().enumerate().map(taps).collect()
    }

    /// A run as a problem, and how that is cut.
    pub(super) fn run(&self, problem: &Problem, run: usize) -> (Problem, Cut, Dims<Range<usize>>) {
        let taps = self.place(problem, run);
        let mut cut = self.cut.clone();
        cut.parts[self.of] =
            cut::Parts { count: taps[self.axis].len().div_ceil(cut.parts[self.of].taps), ..cut.parts[self.of] };
        (of_taps(problem, &taps), cut, taps)
    }
}

/// A long sum, for one input and kernel.
pub(super) struct Runs<'a, W> {
    pub(super) problem: &'a Problem,
    pub(super) cuts: &'a Cuts,
    pub(super) machine: &'a Machine,
    pub(super) weights: &'a Kernel<'a, W>,
    pub(super) kernel: &'a View<'a>,
    pub(super) direct_bytes: usize,
    pub(super) shared: bool,
}

impl<W: Storing + Working<Lane = W> + Lane + Real> Runs<'_, W> {
    /// Whether a sample of the first run keeps the promise.
    pub(super) fn is_promising(&self, input: &View<'_>) -> bool {
        let (problem, mut cut, taps) = self.cuts.run(self.problem, 0);
        cut.batch.iter_mut().for_each(|images| *images = 1);
        let kernel = self.weights.of_taps(self.problem, &taps);
        let packing = Packing::new(&problem, &cut, self.machine, &kernel);
        self.of_run((&problem, &cut), &packing, false).is_promising(input, packing.sample())
    }

    fn of_run<'b>(
        &'b self,
        (problem, cut): (&'b Problem, &'b Cut),
        packing: &'b Packing<'b, W>,
        begun: bool,
    ) -> Run<'b, W> {
        let Runs { machine, kernel, direct_bytes, .. } = *self;
        Run { problem, cut, machine, packing, spectrum: None, kernel, direct_bytes, shared: false, begun }
    }

    fn field(&self, (problem, cut): (&Problem, &Cut), tile: Tile<'_>) -> Field {
        Field::new(problem, cut, Cut::elements(problem, self.machine), tile.batch, tile.outputs)
    }

    pub(super) fn run(&self, input: &View<'_>, output: ViewMut<'_>) {
        let Runs { problem, cuts, machine, .. } = *self;
        let (tile, count, all) = (cuts.cut.shape(problem), cuts.parts, cuts.runs(problem));
        let zeros: Dims<usize> = Dims::from_elem(0, tile.len());
        let field = self.field((problem, &cuts.cut), Block::new(problem, &zeros, &tile).tile);
        let most = machine.set.panel::<W>();
        let length = field.images * field.walks() * field.room() * cuts.cut.banks.next_multiple_of(most);
        let parts = Parts { tile: tile.clone(), count, length, shared: self.shared };
        let assured: Vec<Mutex<Vec<Assured>>> = (0..parts.all(&output)).map(|_| Mutex::default()).collect();
        let sum = |(tile, part): (usize, usize), (start, shape): (&[usize], &[usize]), outputs: &mut [W]| {
            let runs = all * part / count..all * (part + 1) / count;
            let found = self.part(runs, input, &Block::new(problem, start, shape), outputs);
            *assured[tile * count + part].lock().unwrap_or_else(PoisonError::into_inner) = found;
        };
        parts.run(output, sum, |tile, start, total, mut output| {
            let shape: Dims<usize> = output.shape().into();
            let block = Block::new(problem, start, &shape);
            let field = self.field((problem, &cuts.cut), block.tile);
            let mut first = 0;
            for panel in Panel::all::<W>(machine, block.banks.len()) {
                let room = field.images * field.walks() * field.room() * panel.width;
                store(
                    problem,
                    &cuts.cut,
                    machine.set,
                    &field,
                    (&total[first..first + room], panel.width),
                    panel.banks,
                    &mut output,
                );
                first += room;
            }
            let assured: Vec<Assured> = assured[tile * count..][..count]
                .iter()
                .flat_map(|part| std::mem::take(&mut *part.lock().unwrap_or_else(PoisonError::into_inner)))
                .collect();
            let need = Need::of_runs(problem, &cuts.cut, &assured);
            for failing in Assured::failing::<W>(&assured, &field, need) {
                directly::failing(
                    (problem, &cuts.cut, machine, self.direct_bytes),
                    (input, self.kernel),
                    (&field, &failing, start),
                    &mut output,
                );
            }
        });
    }

    /// Sums some runs at the points and makes outputs of that; what is known of each run.
    fn part(&self, runs: Range<usize>, input: &View<'_>, block: &Block<'_>, outputs: &mut [W]) -> Vec<Assured> {
        let machine = self.machine;
        let panels = Panel::all::<W>(machine, block.banks.len());
        let field = self.field((self.problem, &self.cuts.cut), block.tile);
        let points = self.cuts.cut.points();
        let rooms: Vec<usize> = panels.iter().map(|panel| points * Run::<W>::point(&field, panel.width)).collect();
        let mut sums = Scratch::<W>::new(rooms.iter().sum());
        let mut assured = Vec::new();
        for number in runs.clone() {
            let (problem, cut, taps) = self.cuts.run(self.problem, number);
            let kernel = self.weights.of_taps(self.problem, &taps);
            let packing = Packing::new(&problem, &cut, machine, &kernel);
            let run = self.of_run((&problem, &cut), &packing, number > runs.start);
            let field = self.field((&problem, &cut), block.tile);
            let samples = load::<W>((&problem, &cut, machine.set), &field, input, block.tile);
            let mut of_run = Assured::new(Loudness::new(machine.set, &field, &samples[..]), (&problem, &cut), &field);
            let longest = packing.chunks.iter().map(Range::len).max().unwrap_or(0);
            let mut fresh = Scratch::<W>::new(packing.numbers(longest, machine.set.panel::<W>()));
            let some = run.parts_at_once(&field, VALUES);
            let mut values = Values::new(&cut, &field, some);
            let turned: Vec<_> = panels
                .iter()
                .map(|panel| {
                    let banks = block.banks.start + panel.banks.start..block.banks.start + panel.banks.end;
                    packing.turned(block.group, banks, panel.width, false)
                })
                .collect();
            of_run
                .judge(turned.iter().map(|turned| (turned.trust, &turned.norms[..])), (longest, packing.chunks.len()));
            for parts in (0..field.parts()).step_by(some).map(|part| part..field.parts().min(part + some)) {
                values = run.values(&field, &samples, parts, values);
                let mut rest = &mut sums[..];
                for ((panel, turned), &room) in panels.iter().zip(&turned).zip(&rooms) {
                    let (sums, after) = std::mem::take(&mut rest).split_at_mut(room);
                    run.panel(&values, (0, panel), Some(turned), &mut fresh, sums);
                    rest = after;
                }
            }
            assured.push(of_run);
        }
        let (mut sums, mut outputs) = (&sums[..], outputs);
        for (panel, &room) in panels.iter().zip(&rooms) {
            let (of_panel, after) = sums.split_at(room);
            sums = after;
            let (target, after) = outputs.split_at_mut(field.images * field.walks() * field.room() * panel.width);
            outputs = after;
            Run::<W>::fold(machine, &field, of_panel, (Run::<W>::point(&field, panel.width), panel.width), target);
        }
        assured
    }
}

/// Seconds to add and store a sum of a part, and to begin a run; in the units of `cost.rs`.
const ADD: f64 = 1e-9;
const BEGIN: f64 = 20e-6;

/// Seconds of the whole.
pub(super) fn seconds(problem: &Problem, machine: &Machine, cuts: &Cuts) -> f64 {
    let lanes = machine.set.vector_bytes / problem.working().size();
    let (run, cut, _) = cuts.run(problem, 0);
    let (tiles, bank_tiles) = cut.tiles(problem);
    let groups: usize = problem.group.iter().product();
    let elements = Cut::elements(problem, machine) as f64;
    let (points, banks) = (cut.points() as f64, cut.banks.next_multiple_of(lanes) as f64);
    let rows = cut.rows(problem, &cut.batch, &cut.outputs) as f64;
    let seen = cut.seen(&run, &cut.batch, &cut.outputs) as f64;
    let terms = cut.terms(&run) as f64;
    // Of a run of a tile.
    let products = points * rows * terms * banks / (machine.products_per_second(problem.working()) * REACHED);
    let evaluate = EVALUATE * 16.0 / lanes as f64;
    let squares = seen * cut.all_parts() as f64;
    let evaluated = points * (evaluate * (squares * elements + terms * banks) + squares * POINT);
    let samples = run.axes.iter().zip(&cut.outputs).map(|(axis, &outputs)| outputs - 1 + axis.window());
    let samples: f64 = samples.chain(cut.batch.iter().copied()).map(|count| count as f64).product();
    let moved = (samples * elements + terms * banks * cut.taps() as f64) * LOAD;
    let each = (groups * tiles * bank_tiles) as f64;
    let added = rows * points * banks * cuts.parts as f64 * ADD;
    let runs = cuts.runs(problem) as f64;
    BEGIN
        + each * (runs * (products + evaluated + moved + BEGIN) + added) / machine.cores as f64
        + machine.rates.hand_off
}

/// Bytes of workspace: box, values, a turned run, sums for every core; the outputs of all parts, and what is known of every run.
pub(super) fn bytes(problem: &Problem, machine: &Machine, cuts: &Cuts) -> usize {
    let number = problem.working().size();
    let (run, cut, _) = cuts.run(problem, 0);
    let panel = cut.banks.next_multiple_of(4 * machine.set.vector_bytes / number);
    let elements = Cut::elements(problem, machine);
    let (rows, seen) = (cut.rows(problem, &cut.batch, &cut.outputs), cut.seen(&run, &cut.batch, &cut.outputs));
    let of_part = seen.saturating_mul(elements).saturating_mul(cut.points() + 16);
    // Of a box, every square has its own places at most.
    let samples = of_part.saturating_mul(cut.all_parts()).saturating_mul(3);
    let turned = cut.terms(&run).saturating_mul(cut.taps()).saturating_add(cut.points() * 96).saturating_mul(panel);
    let sums = rows.saturating_mul(2 * cut.points()).saturating_mul(panel);
    let (tiles, bank_tiles) = cut.tiles(problem);
    let groups: usize = problem.group.iter().product();
    let parts = (groups * tiles * bank_tiles * cuts.parts).saturating_mul(rows * cut.points()).saturating_mul(panel);
    let each = samples.saturating_add(turned).saturating_add(sums);
    let outputs: usize = cut.batch.iter().chain(&cut.outputs).product();
    let known = (groups * tiles * bank_tiles)
        .saturating_mul(cuts.runs(problem))
        .saturating_mul(Assured::bytes(outputs, rows, cut.banks));
    each.saturating_mul(machine.cores).saturating_add(parts).saturating_mul(number).saturating_add(known)
}
