//! How large tiles are, and what a problem costs.

use super::exact::Limbs;
use super::layout::Layout;
use crate::machine::Machine;
use crate::primitives::fft::lengths;
use crate::problem::Problem;
use convolver_kernels::{Dims, Kind, WorkingType};

/// Share of the rate of vector operations that transforms reach while a tile fits the second-level cache: 62 of 80
/// GFLOP/s, which are 0.5, were seen for 128² points in f32, 34 of 40 in f64.
const REACHED: f64 = 0.5;
/// Bytes a second read and written where it does not, of one core: 24e9 were seen from the third-level cache.
const BEYOND: f64 = 24e9;
/// Bytes of a tile that fits.
const FITS: f64 = 1.25e6;
/// Seconds for a line of a tile to be loaded, or stored: an estimate.
const LINE: f64 = 50e-9;
/// Copies within the second-level cache that an element of a tile makes on its way in, and on its way out: estimates.
const COPIES_IN: f64 = 5.0;
const COPIES_OUT: f64 = 3.0;
/// What a run takes beyond these units, as a factor: from 1.4 to 2.1 was seen over problems of one to three axes.
const OVERHEAD: f64 = 1.7;
/// Seconds for an output to be looked at again, times the taps of a kernel: the more taps, the fewer outputs are so small.
/// From 1 to 4 ns an output were seen with 256 to 49 taps.
const SECOND_LOOK: f64 = 200e-9;
/// Each length that is tried is so much longer than the one before.
const FINER: f64 = 1.12;
/// Points of a tile at most.
const MOST: usize = 1 << 28;
/// Points of a tile from which on threads may share its work.
pub(super) const INSIDE: usize = 1 << 16;
/// Kernels of their own from which on a single call makes their spectra in the run, by the thread that uses them.
const MANY: usize = 8;
/// Bytes of a line of the cache.
pub(super) const CACHE_LINE: usize = 64;
/// Lines of the cache whose samples are loaded together, and the inputs from which on that is worth it.
const LINES: usize = 4;
const LEAST: usize = 3;
/// Bytes of several inputs that are loaded together, and of what comes of them, of one thread at most.
const TOGETHER: usize = 16 << 20;

/// A problem cut into tiles.
pub(super) struct Size {
    /// Points along each axis of a tile, in the order of the layout.
    pub(super) points: Dims<usize>,
    /// Tiles of one input.
    pub(super) tiles: usize,
    /// Units of work of one kernel: tiles of all inputs.
    pub(super) units: usize,
    /// Kernels of their own.
    pub(super) groups: usize,
    /// Kernels that share an input.
    pub(super) banks: usize,
    /// Parts of the input that are summed.
    pub(super) elements: usize,
    /// Whether threads share the work of one tile rather than the tiles.
    pub(super) inside: bool,
    /// Whether a single call makes the spectra of kernels in the run.
    pub(super) made: bool,
    /// Whether outputs see points past the end of the transform, which are zero.
    pub(super) wraps: bool,
    /// How integers are cut.
    pub(super) limbs: Option<Limbs>,
    /// Numbers of a spectrum.
    spectrum: usize,
    /// Complex points of a transform.
    complex: usize,
}

impl Size {
    /// What a tile of these outputs (in the problem's order) makes of a problem.
    fn new(problem: &Problem, layout: &Layout, (tile, points): (&[usize], Dims<usize>), machine: &Machine) -> Self {
        let lanes = lanes(problem, machine);
        let tiles: usize = problem.axes.iter().zip(tile).map(|(axis, &tile)| axis.output().div_ceil(tile)).product();
        let units: usize = tiles * problem.batch.iter().product::<usize>();
        let groups = problem.group.iter().product::<usize>();
        let complex = points.iter().product::<usize>() / layout.folds();
        let width = points[points.len() - 1];
        let spectrum = if layout.is_long_line() { complex } else { (complex / width).next_multiple_of(lanes) * width };
        let elements = layout.parts() * problem.summed.iter().product::<usize>();
        let exact = !matches!(problem.output.kind(), Kind::Float | Kind::Complex);
        let limbs = exact.then(|| Limbs::new(problem, layout, &points, lanes, elements));
        Size {
            tiles,
            limbs,
            units,
            groups,
            banks: problem.bank.iter().product(),
            elements,
            inside: units * groups < 4 * machine.cores && points.iter().product::<usize>() >= INSIDE,
            made: groups >= MANY,
            wraps: (0..points.len()).any(|axis| {
                let along = &layout.axes[axis];
                along.transformed && along.extent(tile[layout.order[axis]]) > points[axis]
            }),
            spectrum: 2 * spectrum,
            points,
            complex,
        }
    }

    /// Whether a tile is convolved in one go.
    pub(super) fn is_simple(&self) -> bool {
        self.elements == 1 && self.banks == 1
    }

    /// Limbs of a number; 1 where it is transformed as it is.
    fn copies(&self) -> usize {
        self.limbs.map_or(1, |limbs| limbs.count)
    }

    /// Numbers of all spectra that a kernel of its own has.
    pub(super) fn spectra(&self) -> usize {
        self.spectrum.saturating_mul(self.banks).saturating_mul(self.elements).saturating_mul(self.copies())
    }

    /// Numbers that one unit of work needs: tile, samples, sums and spectra.
    fn numbers(&self, made: bool) -> usize {
        let tile = self.spectrum;
        let exact = self.limbs.is_some();
        // Sums, and limbs as numbers.
        let sums = if exact {
            2 * tile
        } else if self.is_simple() {
            0
        } else {
            tile
        };
        let parts = self.elements.saturating_mul(self.copies());
        let kept = if self.banks > 1 || exact { tile.saturating_mul(parts) } else { 0 };
        let made = if made { self.spectra() } else { 0 };
        // The samples of a long line are fetched into another.
        (3 * tile).saturating_add(sums).saturating_add(kept).saturating_add(made)
    }

    /// Bytes of a computation for which the spectra of all kernels are kept, or made in the run.
    pub(super) fn bytes(&self, made: bool, problem: &Problem, machine: &Machine) -> usize {
        let kept = if made { 0 } else { self.spectra().saturating_mul(self.groups) };
        let units = self.numbers(made).saturating_mul(if self.inside && !made { 1 } else { machine.cores });
        kept.saturating_add(units).saturating_mul(real_size(problem.working()))
    }

    /// How many inputs are loaded together where a line of the cache holds samples of several, and the bytes that takes; as many
    /// as `memory` and equal work for all cores allow.
    pub(super) fn together(
        &self,
        problem: &Problem,
        tile: &[usize],
        machine: &Machine,
        memory: usize,
    ) -> (usize, usize) {
        let size = problem.working().size();
        let outputs = tile.iter().chain(&[self.banks]).fold(size, |bytes, &length| bytes.saturating_mul(length));
        let samples = self.spectrum.saturating_mul(self.elements).saturating_mul(real_size(problem.working()));
        let each = samples.saturating_add(outputs).saturating_add(2 * CACHE_LINE);
        let of_core = (self.tiles * self.groups * problem.batch.iter().product::<usize>()) / machine.cores;
        let most = [LINES * CACHE_LINE / size, problem.batch.last().copied().unwrap_or(1), TOGETHER / each, of_core];
        let together = most.into_iter().fold(memory / each.saturating_mul(machine.cores), usize::min);
        if together < LEAST || self.inside { (1, 0) } else { (together, together * each * machine.cores) }
    }

    /// Seconds of one core.
    fn seconds(&self, problem: &Problem, layout: &Layout, machine: &Machine) -> f64 {
        let number = real_size(problem.working());
        let points = self.complex as f64;
        let real = if number == 4 { WorkingType::F32 } else { WorkingType::F64 };
        let lanes = lanes(problem, machine);
        let operations: f64 =
            (0..self.points.len()).map(|axis| layout.operations(axis, self.points[axis], lanes)).sum();
        let tile_bytes = (self.spectrum * number) as f64;
        let beyond = if tile_bytes > FITS { 3.0 * tile_bytes / BEYOND } else { 0.0 };
        let transform = points * operations / (machine.products_per_second(real) * REACHED) + beyond;
        let copy = tile_bytes / if tile_bytes > FITS { BEYOND } else { machine.rates.cache_bytes };
        let rows = self.points[..self.points.len() - 1].iter().product::<usize>();
        let lines = if layout.is_long_line() { 1.0 } else { rows as f64 };
        let (elements, banks) = (self.elements as f64, self.banks as f64);
        let into = transform + COPIES_IN * copy + lines * LINE;
        let copies = self.copies() as f64;
        let product =
            if self.is_simple() && copies == 1.0 { 0.0 } else { elements * (copies + 1.0) / 2.0 * 3.0 * copy };
        let out = transform + product + COPIES_OUT * copy + lines * LINE;
        let unit = copies * (elements * into + banks * out) + machine.rates.tile;
        let kernels = self.groups as f64 * banks * elements * copies * (into + copy);
        let moved = (problem.outputs() + problem.input_shape().iter().product::<usize>()) * problem.working().size();
        let looks =
            if self.limbs.is_some() { 0.0 } else { problem.outputs() as f64 * SECOND_LOOK / problem.taps() as f64 };
        OVERHEAD * (self.units as f64 * self.groups as f64 * unit + kernels)
            + looks
            + moved as f64 / machine.rates.memory_bytes
    }
}

/// Bytes of the real numbers that sums are made of.
fn real_size(working: WorkingType) -> usize {
    match working {
        WorkingType::F32 | WorkingType::C64 => 4,
        _ => 8,
    }
}

pub(super) fn lanes(problem: &Problem, machine: &Machine) -> usize {
    machine.set.vector_bytes / real_size(problem.working())
}

/// The cheapest tile within `memory` bytes.
pub(super) struct Choice {
    /// Outputs along each axis of the problem.
    pub(super) tile: Dims<usize>,
    pub(super) size: Size,
    /// Of one core.
    pub(super) seconds: f64,
    pub(super) bytes: usize,
}

/// The points along each axis of the transform of a tile.
fn points(layout: &Layout, tile: &[usize], lanes: usize) -> Dims<usize> {
    let along = |axis: usize| {
        let along = &layout.axes[axis];
        if along.transformed { layout.length(axis, along.least(tile[layout.order[axis]]), lanes) } else { 1 }
    };
    (0..layout.axes.len()).map(along).collect()
}

/// The cheapest tile within `memory` bytes, or the bytes that some tile needs at least.
pub(super) fn choose(problem: &Problem, layout: &Layout, machine: &Machine, memory: usize) -> Result<Choice, usize> {
    let lanes = lanes(problem, machine);
    let choices: Vec<Vec<usize>> = (0..layout.axes.len()).map(|axis| tiles_along(layout, axis, lanes)).collect();
    let (mut best, mut least): (Option<Choice>, usize) = (None, usize::MAX);
    for combination in 0..choices.iter().map(Vec::len).product() {
        let mut left = combination;
        let mut tile: Dims<usize> = Dims::from_elem(1, layout.axes.len());
        for (axis, choices) in choices.iter().enumerate() {
            tile[layout.order[axis]] = choices[left % choices.len()];
            left /= choices.len();
        }
        let points = points(layout, &tile, lanes);
        if points.iter().copied().fold(1, usize::saturating_mul) > MOST {
            continue;
        }
        let size = Size::new(problem, layout, (&tile, points), machine);
        let bytes = size.bytes(size.made, problem, machine);
        least = least.min(bytes);
        if bytes > memory {
            continue;
        }
        let seconds = size.seconds(problem, layout, machine);
        if best.as_ref().is_none_or(|best| seconds < best.seconds) {
            best = Some(Choice { tile, size, seconds, bytes });
        }
    }
    best.ok_or(least)
}

/// The outputs along an axis that tiles of reasonable lengths have, those of all tiles about equal.
fn tiles_along(layout: &Layout, axis: usize, lanes: usize) -> Vec<usize> {
    let along = &layout.axes[axis];
    let outputs = along.axis.output();
    if !along.transformed {
        return vec![1];
    }
    let unit = layout.unit(axis, lanes);
    let whole = along.least(outputs);
    let mut tiles = vec![outputs];
    let mut longest = 0.0;
    for points in lengths(unit, along.window + 1, whole) {
        if points as f64 <= longest * FINER {
            continue;
        }
        let points = layout.length(axis, points, lanes);
        longest = points as f64;
        let most = points - along.window + 1;
        tiles.push(outputs.div_ceil(outputs.div_ceil(most)));
    }
    tiles.sort_unstable();
    tiles.dedup();
    tiles
}
