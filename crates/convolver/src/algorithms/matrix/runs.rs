//! Runs: a long sum with few outputs, cut into parts of it that stay in the cache.
//!
//! Computes  C[o, p] = Σ_r  Σ_{t in run r}  k[o, t] · x[at(p) + by(t)]
//!
//! Idea      In the gradient of weights the kernel is as large as the input, and every weight is used for a few positions alone. So
//!           none is packed before it is used: a run of summed elements and taps is packed, and multiplied by all positions,
//!           while it is in the cache. A run is a problem of its own whose taps begin further on; only where samples lie differs.
//! Picture   terms  ├──run──┼──run──┼──run──┼──run──┤
//!                  ├──────part─────┼──────part─────┤     sums of a part stay in the cache; parts are added in order
//! Threads   tiles of outputs and parts of the sum are shared. Parts are cut by the plan, so that the bits are the same for any
//!           number of threads.
//! Cost      the weights are packed for each tile of positions, and read from memory once
//! Wins      gradients of weights

use super::layout::{Layout, extents};
use super::multiply::Samples;
use super::positions::Positions;
use super::run::{Run, Sums, TERMS_OF_RUN};
use super::size::{Cut, Size};
use super::store::{joined, store};
use super::weights::{Kernel, Packing, Weights};
use crate::algorithms::tile::{Block, Parts, Tile};
use crate::machine::Machine;
use crate::problem::{Axis, Problem};
use convolver_kernels::{BLOCK, Dims, Extent, Lane, Scratch, Source, Storing, View, ViewMut, Working, grid_position};
use std::ops::Range;

/// Terms of a sum from which on it is long, and of a run at most, or at least if that makes more parts.
const LONG: usize = 512;
const MOST_TERMS: usize = 2048;
const LEAST_TERMS: usize = 256;
/// Bytes of a tile's sums, of a run's box, and of the sums of all parts.
const SUMS: usize = 560 << 10;
const BOX: usize = 256 << 10;
const PARTS: usize = 16 << 20;
/// Parts and tiles for each core, so that none waits long for the others.
const SHARES: usize = 2;
/// Rows that are summed at once, or a few fewer; lanes of a panel.
const ROWS: usize = 8;
const PANEL: usize = 64;
/// Positions and banks of a tile at least.
const POSITIONS: usize = 64;
const BANKS: usize = 128;

/// Share of the multiply-add rate that products reach. Seconds to pack a weight, to load a sample into a box, to add and store a sum,
/// and to begin a run: estimates.
const REACHED: f64 = 0.85;
const PACK: f64 = 0.15e-9;
const LOAD: f64 = 0.2e-9;
const ADD: f64 = 0.4e-9;
const STORE: f64 = 1e-9;
const BEGIN: f64 = 4e-6;
/// Seconds of a problem that is shared at least.
const WORTH_SHARING: f64 = 40e-6;

/// The tile of a problem whose sum is long, with its runs; none if it is short, or has as many outputs as terms.
pub(super) fn cut(problem: &Problem, machine: &Machine) -> Option<Size> {
    let outputs: Dims<usize> = problem.axes.iter().map(Axis::output).collect();
    let taps: Dims<usize> = problem.axes.iter().map(|axis| axis.kernel).collect();
    let bytes = problem.working().size();
    let few = 2 * outputs.iter().product::<usize>() < taps.iter().product();
    if problem.taps() < LONG || !few || problem.outputs() == 0 {
        return None;
    }
    let (batch, banks) = (problem.batch.clone(), problem.bank.iter().product());
    let elements = problem.summed.last().copied().unwrap_or(1);
    let mut size = Size { batch, outputs, banks, elements, pieces: None, cut: None };
    while sums(&size) * bytes > SUMS {
        if problem.bank.len() == 1 && size.banks > BANKS {
            size.banks = size.banks.div_ceil(2).next_multiple_of(32);
        } else if size.positions() <= POSITIONS || !super::size::halve(problem, &mut size) {
            break;
        }
    }
    let (positions, bank_tiles) = size.tiles(problem);
    let tiles = positions * bank_tiles * problem.group.iter().product::<usize>();
    let wanted = (SHARES * machine.cores).div_ceil(tiles);
    let boxed = problem.axes.iter().any(|axis| axis.low > 0 || axis.high > 0 || axis.spread > 1)
        || problem.input.size() != bytes;
    let mut cut = Cut { taps, parts: 1 };
    loop {
        let terms = size.elements * cut.taps.iter().product::<usize>();
        let large = boxed && samples(problem, &size, &cut).saturating_mul(size.elements * bytes) > BOX;
        let few = runs(problem, &size, &cut) < 2 * wanted && terms >= 2 * LEAST_TERMS;
        if terms <= LEAST_TERMS || !(terms > MOST_TERMS || large || few) {
            break;
        }
        match cut.taps.iter_mut().find(|taps| **taps > 1) {
            _ if size.elements > 1 => size.elements = size.elements.div_ceil(2),
            Some(taps) => *taps = taps.div_ceil(2),
            None => break,
        }
    }
    let most = PARTS / (problem.outputs() * bytes).max(1);
    cut.parts = wanted.min(runs(problem, &size, &cut)).min(most).max(1);
    size.cut = Some(cut);
    Some(size)
}

/// Numbers of a tile's sums.
fn sums(size: &Size) -> usize {
    size.positions().next_multiple_of(BLOCK).saturating_mul(size.banks.next_multiple_of(PANEL) + 16)
}

/// Samples that a tile sees of one summed element in a run.
fn samples(problem: &Problem, size: &Size, cut: &Cut) -> usize {
    let taps: Dims<Range<usize>> = cut.taps.iter().map(|&taps| 0..taps).collect();
    size.samples(&of_taps(problem, &taps))
}

fn runs(problem: &Problem, size: &Size, cut: &Cut) -> usize {
    let (last, others) = problem.summed.split_last().unwrap_or((&1, &[]));
    let along = problem.axes.iter().zip(&cut.taps).map(|(axis, taps)| axis.kernel.div_ceil(*taps));
    along.product::<usize>() * others.iter().product::<usize>() * last.div_ceil(size.elements)
}

/// Seconds of the whole, and whether it is shared.
pub(super) fn seconds(problem: &Problem, machine: &Machine, size: &Size, cut: &Cut) -> (f64, bool) {
    let lanes = machine.set.vector_bytes / problem.working().size();
    let groups: usize = problem.group.iter().product();
    let (tiles, bank_tiles) = size.tiles(problem);
    let (banks, terms) = (problem.bank.iter().product::<usize>() as f64, problem.taps() as f64);
    let positions = problem.outputs() as f64 / (groups as f64 * banks);
    let rate = machine.products_per_second(problem.working()) * REACHED;
    // Filled up to whole vectors, and to as many rows as are summed at once.
    let filled = banks.max(1.0) / size.banks as f64 * size.banks.next_multiple_of(lanes) as f64;
    let rows = positions / size.positions() as f64 * size.positions().next_multiple_of(ROWS) as f64;
    let products = rows * filled * terms / rate;
    let packed = filled * terms * tiles as f64 * PACK;
    let runs = (runs(problem, size, cut) * tiles * bank_tiles) as f64;
    let loaded = runs * samples(problem, size, cut) as f64 * size.elements as f64 * LOAD;
    let stored = positions * banks * (cut.parts as f64 * ADD + STORE);
    let work = groups as f64 * (products + packed + loaded + stored + runs * BEGIN);
    if work > WORTH_SHARING { (work / machine.cores as f64 + machine.rates.hand_off, true) } else { (work, false) }
}

/// Bytes of workspace.
pub(super) fn bytes(problem: &Problem, machine: &Machine, size: &Size, cut: &Cut) -> usize {
    let groups: usize = problem.group.iter().product();
    let (tiles, bank_tiles) = size.tiles(problem);
    let (panels, sums) = (size.banks.next_multiple_of(PANEL), sums(size));
    // As many elements as channels that lie together need.
    let elements = problem.summed.last().copied().unwrap_or(1);
    let each =
        samples(problem, size, cut).saturating_mul(elements).saturating_add(panels * TERMS_OF_RUN).saturating_add(sums);
    let parts = if cut.parts > 1 { groups * tiles * bank_tiles * cut.parts } else { 0 };
    let parts = sums.saturating_mul(parts);
    each.saturating_mul(machine.cores).saturating_add(parts).saturating_mul(problem.working().size())
}

/// The problem of some taps along each axis.
pub(in crate::algorithms) fn of_taps(problem: &Problem, taps: &[Range<usize>]) -> Problem {
    let axis = |(axis, taps): (&Axis, &Range<usize>)| {
        let reach = |taps: usize| (taps * axis.dilation) as isize;
        let (low, high) = (axis.low - reach(taps.start), axis.high - reach(axis.kernel - taps.end));
        Axis { kernel: taps.len(), low, high, ..*axis }
    };
    Problem { axes: problem.axes.iter().zip(taps).map(axis).collect(), ..problem.clone() }
}

/// The problems of a run, one for each way in which those at the ends of axes are shorter. Their samples are wherever the first
/// runs' are.
pub(super) fn kinds(problem: &Problem, cut: &Cut) -> Vec<Problem> {
    let mut kinds = vec![problem.clone()];
    for (number, (axis, &taps)) in problem.axes.iter().zip(&cut.taps).enumerate() {
        let with = |kernel: usize| {
            move |kind: &Problem| {
                let mut kind = kind.clone();
                kind.axes[number].kernel = kernel;
                kind
            }
        };
        let left = axis.kernel % taps;
        let shorter: Vec<Problem> = kinds.iter().filter(|_| left > 0 && taps < axis.kernel).map(with(left)).collect();
        kinds = kinds.iter().map(with(taps)).chain(shorter).collect();
    }
    kinds
}

/// A long sum, for one input and kernel.
pub(super) struct Runs<'a, W> {
    problem: &'a Problem,
    size: &'a Size,
    cut: &'a Cut,
    layout: &'a Layout,
    kernel: &'a Kernel<'a, W>,
    shared: bool,
    /// What runs of each kind multiply.
    kinds: Vec<Run<'a, W>>,
}

impl<'a, W: Storing + Working<Lane = W> + Lane> Runs<'a, W> {
    pub(super) fn new(
        (problem, kinds): (&'a Problem, &'a [Problem]),
        (packing, size, cut): (Packing<'a>, &'a Size, &'a Cut),
        layout: &'a Layout,
        kernel: &'a Kernel<'a, W>,
        shared: bool,
    ) -> Self {
        let kind = |problem: &'a Problem| Run::new(Packing { problem, ..packing }, size, layout, kernel, false);
        let kinds = kinds.iter().map(kind).collect();
        Runs { problem, size, cut, layout, kernel, shared, kinds }
    }

    pub(super) fn run(&self, input: &View<'_>, output: ViewMut<'_>) {
        let all = self.runs();
        // Elements that lie together are one run.
        let count = self.cut.parts.min(all);
        let (height, pitch) = Sums::shape(&self.kinds[0], self.size.banks, self.size.positions());
        let parts = Parts { tile: self.size.shape(self.problem), count, length: height * pitch, shared: self.shared };
        let sum = |(_, part): (usize, usize), (start, shape): (&[usize], &[usize]), sums: &mut [W]| {
            let runs = all * part / count..all * (part + 1) / count;
            self.part(runs, input, &Block::new(self.problem, start, shape), sums);
        };
        parts.run(output, sum, |_, start, sums, output| {
            let shape = output.shape().to_vec();
            let block = Block::new(self.problem, start, &shape);
            let positions = self.positions(&block);
            let (_, pitch) = Sums::shape(&self.kinds[0], block.banks.len(), positions.offsets.len());
            let output = joined(self.problem, &positions, output);
            store(self.problem, self.kinds[0].packing.set, (self.layout.lanes, &positions), (sums, pitch), output);
        });
    }

    fn positions(&self, block: &Block<'_>) -> Positions {
        Positions::new(self.layout, self.problem, block.tile.batch, block.tile.outputs)
    }

    fn runs(&self) -> usize {
        self.kinds[0].boxes.len() * self.grid().iter().product::<usize>()
    }

    /// Runs along each convolved axis.
    fn grid(&self) -> Dims<usize> {
        let along = self.problem.axes.iter().zip(&self.cut.taps);
        along.map(|(axis, taps)| axis.kernel.div_ceil(*taps)).collect()
    }

    /// The summed elements and the taps of a run.
    fn place(&self, number: usize) -> (Range<usize>, Dims<Range<usize>>) {
        let grid = self.grid();
        let of_box: usize = grid.iter().product();
        let position = grid_position(&grid, number % of_box);
        let along = position.iter().zip(&self.cut.taps).zip(&self.problem.axes);
        let taps = along.map(|((at, taps), axis)| at * taps..axis.kernel.min((at + 1) * taps)).collect();
        (self.kinds[0].boxes[number / of_box].clone(), taps)
    }

    /// Sums some runs.
    fn part(&self, runs: Range<usize>, input: &View<'_>, block: &Block<'_>, sums: &mut [W]) {
        let positions = self.positions(block);
        let count = block.banks.len();
        let mut sums = Sums::new(&self.kinds[0], count, positions.offsets.len(), sums);
        let terms = self.kinds.iter().map(Run::longest_chunk).max().unwrap_or(0);
        let mut weights = Scratch::<W>::new(self.kinds[0].packing.room::<W>(count, terms).0);
        let mut seen = SeenBox { samples: None, inside: Dims::new() };
        for number in runs {
            let (elements, taps) = self.place(number);
            let problem = of_taps(self.problem, &taps);
            let alike =
                |kind: &&Run<'_, W>| kind.problem().axes.iter().zip(&taps).all(|(a, taps)| a.kernel == taps.len());
            let kind = self.kinds.iter().find(alike).expect("a kind of every length");
            let kernel = self.kernel.of_taps(self.problem, &taps);
            let place = (block.tile, elements.clone());
            let (source, origin) = match self.layout.in_place(&problem, input, place.clone()) {
                Some(found) => found,
                None => (Source::from(self.filled(&problem, input, place, &mut seen)), 0),
            };
            let samples = Samples { source, origin, panels: &[], positions: &positions.offsets };
            for chunk in kind.chunks(&elements) {
                let numbers = kind.packing.room::<W>(count, chunk.len()).0;
                let of = (block.group, block.banks.clone(), elements.start);
                kind.packing.pack(&kernel, chunk, of, &mut weights[..numbers], &mut []);
                let packed = Weights { numbers: &weights[..numbers], pieces: &[], extent: Extent::NONE };
                kind.rows(&samples, chunk, packed, &mut [], &mut sums, || unreachable!("nothing is cut into pieces"));
                sums.accumulate = true;
            }
        }
    }

    /// A box with what a run sees.
    fn filled<'b>(
        &self,
        problem: &Problem,
        input: &View<'_>,
        (tile, elements): (Tile<'_>, Range<usize>),
        seen: &'b mut SeenBox<W>,
    ) -> &'b [W] {
        let room = self.layout.room(self.kinds[0].problem(), self.size);
        let extents = extents(problem, tile.outputs);
        let ends = |(number, axis): (usize, &Axis)| {
            let start = axis.place(tile.first[number], 0);
            let end = start + extents[number] as isize;
            [(-start).max(0) as usize, (end - axis.input as isize).max(0) as usize, extents[number]]
        };
        let inside: Dims<usize> = problem.axes.iter().enumerate().flat_map(ends).collect();
        let samples = seen.samples.get_or_insert_with(|| Scratch::new(room));
        // Zeros around what lies inside stay where they are from run to run.
        if inside != seen.inside {
            samples.fill(W::default());
            seen.inside = inside;
        }
        self.layout.fill(problem, self.kinds[0].packing.set, input, (tile, elements), samples);
        samples
    }
}

/// A box, and how far what it holds lies from the ends of the input.
struct SeenBox<W: Working> {
    samples: Option<Scratch<W>>,
    inside: Dims<usize>,
}
