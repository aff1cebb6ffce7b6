//! What a problem costs: products at points, evaluating, loading, storing.

use super::cut::{Cut, Parts};
use crate::machine::Machine;
use crate::problem::Problem;
use convolver_kernels::POINTS;

/// Share of the multiply-add rate that products reach: an estimate. This and what follows was fitted to 20 layers on two cores of a Zen 5
/// server, so that the ratio of predictions is that of the times `matrix` and this took (both took half of what is predicted).
pub(super) const REACHED: f64 = 0.62;
/// Seconds to evaluate one number of samples, of sums or of taps at one of its points.
pub(super) const EVALUATE: f64 = 0.13e-9;
/// Seconds for a point of a square beside that, of samples: from gradients of weights, whose squares have few elements.
pub(super) const POINT: f64 = 15e-9;
/// Parts of the taps that double the time to evaluate, as their values do not stay in a cache: from gradients of weights of images of
/// 28² and 56², which took 1.3 to 1.6 times as long as was predicted without.
const MANY_PARTS: f64 = 64.0;
/// Seconds to load or turn a number, and to store one.
pub(super) const LOAD: f64 = 0.4e-9;
const STORE: f64 = 0.4e-9;
/// Seconds to load a number that is not of the type that sums run in: from 370 layers of bfloat16.
const CONVERTED: f64 = 2.5e-9;
/// Share of the multiply-add rate that tiles reach which are computed directly.
const AGAIN: f64 = 0.1;
/// Bytes of a kernel's values that caches hold: an estimate.
const SHARED_CACHE: f64 = 16e6;
/// Bytes of a kernel's values that a core reads a second, for each tile: from 2×2 and 3×3 layers of 128 and 256 channels.
const VALUES: f64 = 40e9;
/// Seconds to set up a tile.
const TILE: f64 = 15e-6;
/// Seconds of a problem that is shared at least, and to set up a run.
const WORTH_SHARING: f64 = 40e-6;
const BEGIN: f64 = 20e-6;
/// Terms of which most squares keep the promise, though half of the samples are zeros. Of fewer, many are computed once more, directly.
const TERMS: f64 = 40.0;

fn count(lengths: &[usize]) -> f64 {
    lengths.iter().map(|&length| length as f64).product()
}

/// Places of a tile for each of its squares.
fn places(problem: &Problem, cut: &Cut) -> f64 {
    let along = |(axis, parts): (&Option<usize>, &Parts)| {
        let axis = (*axis)?;
        let squares = parts.squares(&problem.axes[axis], cut.outputs[axis]) as f64;
        let shared = ((parts.count - 1) * parts.taps + POINTS - parts.side()) as f64;
        Some(parts.side() as f64 + shared / squares)
    };
    cut.evaluated.iter().zip(&cut.parts).filter_map(along).product()
}

/// Bytes of the values of a whole kernel.
pub(super) fn spectrum_bytes(problem: &Problem, cut: &Cut) -> usize {
    let banks: usize = problem.bank.iter().product();
    let numbers =
        [cut.points(), cut.terms(problem), banks.next_multiple_of(16)].into_iter().chain(problem.group.iter().copied());
    numbers.fold(problem.working().size(), usize::saturating_mul)
}

/// Seconds of the whole, and whether it is shared.
pub(super) fn seconds(problem: &Problem, machine: &Machine, cut: &Cut) -> (f64, bool) {
    let lanes = machine.set.vector_bytes as f64 / problem.working().size() as f64;
    let up = |count: f64| (count / lanes).ceil() * lanes;
    let points = cut.points() as f64;
    let groups = count(&problem.group);
    let (banks, terms) = (up(count(&problem.bank)), cut.terms(problem) as f64);
    let elements = up(count(&problem.summed));
    // Tiles at the end of an axis are taken for whole ones.
    let (tiles, bank_tiles) = cut.tiles(problem);
    let (reads, tiles) = (tiles as f64, tiles as f64 * groups);
    let rows = tiles * cut.rows(problem, &cut.batch, &cut.outputs) as f64;
    let seen = tiles * bank_tiles as f64 * cut.seen(problem, &cut.batch, &cut.outputs) as f64;
    let products = points * rows * terms * banks / (machine.products_per_second(problem.working()) * REACHED);
    let evaluate = EVALUATE * 16.0 / lanes;
    let parts = cut.all_parts() as f64;
    let evaluated = points * evaluate * (seen * parts * elements + rows * banks + groups * terms * banks);
    let evaluated = (evaluated + points * seen * parts * POINT) * (1.0 + parts / MANY_PARTS);
    let places = seen * places(problem, cut);
    let load = if problem.input.size() == problem.working().size() { LOAD } else { CONVERTED };
    let moved =
        places * elements * load + problem.outputs() as f64 * STORE + groups * terms * banks * cut.taps() as f64 * LOAD;
    let again =
        if terms < TERMS { problem.products() / (machine.products_per_second(problem.working()) * AGAIN) } else { 0.0 };
    // The values of a kernel are written once and read by every tile, which the caches that cores share serve in part.
    let values = spectrum_bytes(problem, cut) as f64;
    let written =
        3.0 * (values / machine.rates.cache_bytes + (values - SHARED_CACHE).max(0.0) / machine.rates.memory_bytes);
    let read = if reads > 1.0 { reads * values / VALUES } else { 0.0 };
    let work = products + evaluated + moved + written + read + again + tiles * bank_tiles as f64 * TILE;
    if work > WORTH_SHARING {
        (BEGIN + work / machine.cores as f64 + machine.rates.hand_off, true)
    } else {
        (BEGIN + work, false)
    }
}

/// Bytes of workspace: box, values, sums and outputs of a tile for every core, and the kernel's values.
pub(super) fn bytes(problem: &Problem, machine: &Machine, cut: &Cut) -> usize {
    let number = problem.working().size();
    let panel = 4 * machine.set.vector_bytes / number;
    let elements = Cut::elements(problem, machine);
    let (points, rows) = (cut.points(), cut.rows(problem, &cut.batch, &cut.outputs));
    let seen = cut.seen(problem, &cut.batch, &cut.outputs);
    // A square's places belong to it alone at most; a box is kept twice where it is loaded plane by plane.
    let samples = seen.saturating_mul(points).saturating_mul(elements);
    let sums = rows.saturating_mul(points + points).saturating_mul(panel);
    let turned = cut.terms(problem).saturating_mul(cut.taps() + points.min(96)).saturating_mul(panel);
    let each = samples.saturating_mul(3).saturating_add(sums).saturating_add(turned);
    each.saturating_mul(number).saturating_mul(machine.cores).saturating_add(spectrum_bytes(problem, cut))
}
