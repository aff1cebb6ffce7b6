//! How large tiles are, and what a problem costs.

use super::geometry::{Geometry, Lanes, slack};
use super::small;
use crate::algorithms::{Candidate, Recipe, Refusal};
use crate::machine::Machine;
use crate::problem::{Axis, Problem};
use convolver_kernels::{Dims, Kind};

/// Lanes of a batch axis that one tile takes.
pub(super) const BATCH_LANES: usize = 256;
/// Tiles that a large problem is cut into at least, for threads to share.
const PIECES: usize = 16;
/// Seconds of one piece at least: below this, handing it over costs more than it gains.
const PIECE_SECONDS: f64 = 10e-6;
/// Share of the multiply-add rate reached where a loaded input serves several outputs, and where it serves one.
/// Estimates: 256² f32 images were seen at 0.53 with 5×5 taps and at 0.73 with 11×11.
const REUSED: f64 = 0.7;
const LOADED: f64 = 0.4;

/// The problem with at least one convolved axis: a contraction convolves one sample with one tap.
pub(super) fn with_an_axis(problem: &Problem) -> Problem {
    let mut problem = problem.clone();
    if problem.axes.is_empty() {
        problem.axes.push(Axis::new(1, 1));
    }
    problem
}

/// The recipe for a problem and what it costs.
pub(in crate::algorithms) fn candidate(
    problem: &Problem,
    machine: &Machine,
    memory: usize,
) -> Result<Candidate, Refusal> {
    let original = problem;
    let problem = &with_an_axis(problem);
    let number = problem.working().size();
    let sizes = Sizes { cache: machine.rates.tile_bytes, ceiling: memory / machine.cores };
    let mut recipe = fitting(problem, Lanes::Convolved, 1, sizes);
    if small::suits(original) {
        recipe.on_stack = true;
        let seconds = problem.products() * machine.rates.scalar_product;
        return Ok(Candidate { recipe, seconds, workspace_bytes: 0 });
    }
    let needed = bytes(problem, &recipe, Lanes::Convolved, 1).saturating_mul(machine.cores);
    if needed > memory {
        return Err(Refusal::Memory(needed));
    }
    let products = problem.products();
    let reused = problem.axes.len() > 1 && problem.axes.iter().rev().skip(1).any(|axis| axis.kernel > 2);
    let rate = machine.products_per_second(problem.working()) * if reused { REUSED } else { LOADED };
    let complex = if problem.kernel.kind() == Kind::Complex { 1.0 } else { 0.5 };
    let parts = if problem.output.kind() == Kind::Complex { complex } else { 1.0 };
    let moved = (problem.outputs() + problem.input_shape().iter().product::<usize>()) * number;
    if !problem.is_empty() {
        share(problem, &mut recipe, products * parts / rate + moved as f64 / machine.rates.cache_bytes);
    }
    let tiles = tiles(problem, &recipe);
    let packed = tiles * bytes(problem, &recipe, Lanes::Convolved, 1) as f64;
    let work = products * parts / rate
        + packed / machine.rates.cache_bytes
        + moved as f64 / machine.rates.memory_bytes
        + tiles * machine.rates.tile;
    let seconds = if recipe.shared { work / machine.cores as f64 + machine.rates.hand_off } else { work };
    Ok(Candidate { recipe, seconds, workspace_bytes: needed })
}

/// A tile whose box fits the cache, unless that made it shorter than its own halo; within `ceiling` bytes if any does.
pub(in crate::algorithms) fn fitting(problem: &Problem, lanes: Lanes, count: usize, sizes: Sizes) -> Recipe {
    let mut recipe = Recipe {
        tile: problem.axes.iter().map(|axis| axis.output()).collect(),
        summed: problem.summed.iter().product(),
        shared: false,
        bytes: sizes.cache.min(sizes.ceiling),
        on_stack: false,
    };
    let over = |recipe: &Recipe, bytes_most: usize| bytes(problem, recipe, lanes, count) > bytes_most;
    while over(&recipe, recipe.bytes) && shrink(problem, &mut recipe, false) {}
    while over(&recipe, sizes.ceiling) && shrink(problem, &mut recipe, true) {}
    recipe
}

/// Bytes that a tile should and that it may use.
#[derive(Clone, Copy, Debug)]
pub(in crate::algorithms) struct Sizes {
    pub(in crate::algorithms) cache: usize,
    pub(in crate::algorithms) ceiling: usize,
}

/// Bytes of one tile's box and, where results are not written in place, its outputs.
fn bytes(problem: &Problem, recipe: &Recipe, lanes: Lanes, count: usize) -> usize {
    let tiling = Geometry::new(problem, lanes).tiling(problem, &recipe.tile, count);
    let outputs = recipe.tile.iter().product::<usize>().saturating_mul(count).saturating_mul(banks(problem));
    let sums = match (needs_scratch(problem), problem.kernel.kind()) {
        (false, _) => 0,
        (true, Kind::Complex) => outputs.saturating_mul(2),
        (true, _) => outputs,
    };
    let numbers = tiling.plane.saturating_mul(recipe.summed).saturating_add(sums).saturating_add(slack());
    numbers.saturating_mul(problem.working().size())
}

/// Whether results must be summed outside the output: they are rounded, cut or joined when stored.
fn needs_scratch(problem: &Problem) -> bool {
    problem.output.size() != problem.working().size() || problem.output.kind() == Kind::Complex
}

pub(super) fn banks(problem: &Problem) -> usize {
    problem.bank.iter().product()
}

/// Makes a tile smaller: first along the axis whose halo weighs least, then in summed elements, and only if `must` below
/// its own halo. False if that cannot be.
fn shrink(problem: &Problem, recipe: &mut Recipe, must: bool) -> bool {
    let least = |axis: usize| if axis + 1 == recipe.tile.len() { 64 } else { 1 };
    let weight = |axis: usize| {
        recipe.tile[axis] as f64 * problem.axes[axis].stride as f64 / (problem.axes[axis].window() as f64 + 8.0)
    };
    let longest = (0..recipe.tile.len())
        .filter(|&axis| recipe.tile[axis] > least(axis))
        .max_by(|&a, &b| weight(a).total_cmp(&weight(b)));
    match longest {
        Some(axis) if weight(axis) > 1.0 => recipe.tile[axis] = recipe.tile[axis].div_ceil(2),
        _ if recipe.summed > 1 => recipe.summed = recipe.summed.div_ceil(2),
        _ if !must => return false,
        _ => match (0..recipe.tile.len()).filter(|&axis| recipe.tile[axis] > 1).max_by_key(|&axis| recipe.tile[axis]) {
            Some(axis) => recipe.tile[axis] = recipe.tile[axis].div_ceil(2),
            None => return false,
        },
    }
    true
}

/// Cuts a large problem into enough pieces to share, by the problem and the machine alone.
fn share(problem: &Problem, recipe: &mut Recipe, seconds: f64) {
    let wanted = (seconds / PIECE_SECONDS).min(PIECES as f64);
    while tiles(problem, recipe) < wanted {
        let room = |axis: usize| {
            let least = (2 * problem.axes[axis].window()).max(if axis + 1 == recipe.tile.len() { 256 } else { 1 });
            recipe.tile[axis] / least
        };
        match (0..recipe.tile.len()).max_by_key(|&axis| room(axis)) {
            Some(axis) if room(axis) > 1 => recipe.tile[axis] = recipe.tile[axis].div_ceil(2),
            _ => break,
        }
    }
    recipe.shared = wanted >= 2.0 && tiles(problem, recipe) > 1.0;
}

/// Tiles of a problem whose lanes run along a convolved axis.
pub(in crate::algorithms) fn tiles(problem: &Problem, recipe: &Recipe) -> f64 {
    let independent = problem.batch.iter().chain(&problem.group).map(|&length| length as f64).product::<f64>();
    let grid = problem.axes.iter().zip(&recipe.tile).map(|(axis, &tile)| axis.output().div_ceil(tile) as f64);
    independent * grid.product::<f64>()
}

/// The shape of a tile of the whole output: batch, group, bank, convolved.
pub(in crate::algorithms) fn output_tile(problem: &Problem, recipe: &Recipe, lanes: Lanes) -> Dims<usize> {
    let batch = (0..problem.batch.len()).map(|axis| match lanes {
        Lanes::Batch(lane) if lane == axis => BATCH_LANES,
        _ => 1,
    });
    let single = problem.group.iter().map(|_| 1);
    batch.chain(single).chain(problem.bank.iter().copied()).chain(recipe.tile.iter().copied()).collect()
}
