//! How large tiles are.

use super::geometry::{Geometry, Lanes};
use crate::problem::Problem;
use convolver_kernels::{Dims, Kind};

/// Lanes of a batch axis that one tile takes.
pub(super) const BATCH_LANES: usize = 256;
/// Tiles that a large problem is cut into at least, for threads to share.
const PIECES: usize = 16;
/// Rows of outputs that a band computes at once, at most.
const STRIP: usize = 6;
/// Seconds of one piece at least: below this, setting it up weighs too much.
const PIECE_SECONDS: f64 = 25e-6;
/// Seconds of a problem that is shared at least: sleeping threads take tens of microseconds to wake. An image of 256² with
/// 5×5 taps took 41 µs alone and 43 µs on two threads, with 11×11 taps 145 and 101 µs.
const WORTH_SHARING: f64 = 50e-6;

/// How a tile is cut.
#[derive(Clone, Debug)]
pub(in crate::algorithms) struct Fit {
    /// Outputs per tile along each convolved axis.
    pub(in crate::algorithms) tile: Dims<usize>,
    /// Summed elements per pass over a tile.
    pub(in crate::algorithms) summed: usize,
}

/// A tile whose box fits the cache, unless that made it shorter than its own halo; within `ceiling` bytes if any does.
pub(in crate::algorithms) fn fitting(problem: &Problem, lanes: Lanes, count: usize, sizes: Sizes) -> Fit {
    let mut fit =
        Fit { tile: problem.axes.iter().map(|axis| axis.output()).collect(), summed: problem.summed.iter().product() };
    let over = |fit: &Fit, bytes_most: usize| bytes(problem, fit, lanes, count) > bytes_most;
    let least = if lanes == Lanes::Group { 1 } else { 64 };
    while over(&fit, sizes.cache.min(sizes.ceiling)) && shrink(problem, &mut fit, least, false) {}
    while over(&fit, sizes.ceiling) && shrink(problem, &mut fit, least, true) {}
    fit
}

/// Bytes that a tile should and that it may use.
#[derive(Clone, Copy, Debug)]
pub(in crate::algorithms) struct Sizes {
    pub(in crate::algorithms) cache: usize,
    pub(in crate::algorithms) ceiling: usize,
}

/// Bytes of one tile's box and, where results are not written in place, its outputs.
pub(super) fn bytes(problem: &Problem, fit: &Fit, lanes: Lanes, count: usize) -> usize {
    let tiling = Geometry::new(problem, lanes).tiling(problem, &fit.tile, count);
    let outputs = fit.tile.iter().product::<usize>().saturating_mul(count).saturating_mul(banks(problem));
    let sums = match (needs_scratch(problem), problem.kernel.kind()) {
        (false, _) => 0,
        (true, Kind::Complex) => outputs.saturating_mul(2),
        (true, _) => outputs,
    };
    let numbers = tiling.plane.saturating_mul(fit.summed).saturating_add(sums);
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
/// its own halo. The last axis keeps `least_last` outputs if it can. False if nothing can be.
fn shrink(problem: &Problem, fit: &mut Fit, least_last: usize, must: bool) -> bool {
    let least = |axis: usize| if axis + 1 == fit.tile.len() { least_last } else { 1 };
    let weight = |axis: usize| {
        fit.tile[axis] as f64 * problem.axes[axis].stride as f64 / (problem.axes[axis].window() as f64 + 8.0)
    };
    let longest = (0..fit.tile.len())
        .filter(|&axis| fit.tile[axis] > least(axis))
        .max_by(|&a, &b| weight(a).total_cmp(&weight(b)));
    match longest {
        Some(axis) if weight(axis) > 1.0 => fit.tile[axis] = fit.tile[axis].div_ceil(2),
        _ if fit.summed > 1 => fit.summed = fit.summed.div_ceil(2),
        _ if !must => return false,
        _ => match (0..fit.tile.len()).filter(|&axis| fit.tile[axis] > 1).max_by_key(|&axis| fit.tile[axis]) {
            Some(axis) => fit.tile[axis] = fit.tile[axis].div_ceil(2),
            None => return false,
        },
    }
    true
}

/// Cuts a large problem into enough pieces to share, by the problem and the machine alone. Whether it should be.
pub(super) fn share(problem: &Problem, fit: &mut Fit, lanes: Lanes, seconds: f64) -> bool {
    let wanted = if seconds < WORTH_SHARING { 1.0 } else { (seconds / PIECE_SECONDS).min(PIECES as f64) };
    let (together, shortest) = if lanes == Lanes::Group { (problem.group[0], 1) } else { (1, 256) };
    let pieces = |fit: &Fit| tiles(problem, fit) / together as f64;
    while pieces(fit) < wanted {
        let room = |axis: usize| {
            let least = (2 * problem.axes[axis].window()).max(if axis + 1 == fit.tile.len() { shortest } else { 1 });
            fit.tile[axis] / least
        };
        match (0..fit.tile.len()).max_by_key(|&axis| room(axis)) {
            // Whole strips of rows: a shorter one reuses less of what it loads.
            Some(axis) if room(axis) > 1 => {
                let strip = problem.axes[axis].kernel.min(STRIP);
                fit.tile[axis] = fit.tile[axis].div_ceil(2).next_multiple_of(strip);
            }
            _ => break,
        }
    }
    seconds >= WORTH_SHARING && pieces(fit) > 1.0
}

/// Tiles of a problem whose lanes run along a convolved axis.
pub(in crate::algorithms) fn tiles(problem: &Problem, fit: &Fit) -> f64 {
    let independent = problem.batch.iter().chain(&problem.group).map(|&length| length as f64).product::<f64>();
    let grid = problem.axes.iter().zip(&fit.tile).map(|(axis, &tile)| axis.output().div_ceil(tile) as f64);
    independent * grid.product::<f64>()
}

/// Planes that one tile takes: as many as are worth handing out, but enough tiles to share.
pub(super) fn planes(problem: &Problem, fit: &Fit, seconds: f64) -> usize {
    let Some(&planes) = problem.group.last().or(problem.batch.last()) else { return 1 };
    let tiles = tiles(problem, fit);
    let worth = (PIECE_SECONDS * tiles / seconds).max(1.0);
    let spare = if seconds < WORTH_SHARING { tiles } else { (tiles / PIECES as f64).max(1.0) };
    (worth.min(spare) as usize).clamp(1, planes.max(1))
}

/// The shape of a tile of the whole output: batch, group, bank, convolved; so many lanes and planes of it, if lanes or
/// planes run along an axis.
pub(in crate::algorithms) fn output_tile(
    problem: &Problem,
    tile: &[usize],
    lanes: Lanes,
    count: usize,
    planes: usize,
) -> Dims<usize> {
    let mut shape: Dims<usize> = Dims::from_elem(1, problem.batch.len() + problem.group.len());
    match lanes {
        Lanes::Batch(axis) => shape[axis] = count,
        Lanes::Group => shape[problem.batch.len()] = count,
        Lanes::Convolved | Lanes::Taps => shape.last_mut().into_iter().for_each(|last| *last = planes),
    }
    shape.extend(problem.bank.iter().chain(tile).copied());
    shape
}
