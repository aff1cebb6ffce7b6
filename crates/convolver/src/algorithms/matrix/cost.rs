//! What a problem costs: products, gathering, loading, storing.

use super::layout::are_paired;
use super::size::Size;
use crate::machine::Machine;
use crate::primitives::tile::Phases;
use crate::problem::Problem;
use convolver_kernels::{BLOCK, ElementType, Rows};

/// Share of the multiply-add rate that products reach: an estimate.
const REACHED: f64 = 0.75;
/// Seconds to gather a number (and cut it into pieces), to load one into a box, and to store a sum: estimates.
const GATHER: f64 = 0.15e-9;
const CUT: f64 = 0.25e-9;
const LOAD: f64 = 0.3e-9;
/// Seconds to read a byte of a panel of positions, however few banks it is multiplied by: from 6000 random layers on two cores of a Zen 5 server.
const READ: f64 = 0.0075e-9;
/// Seconds to join a number with another one of its place where rows may lie anywhere, and to turn them: from 0.13 ns on a Zen 5 server,
/// which takes about half of what is reckoned here.
const JOIN: f64 = 0.2e-9;
/// Seconds to load a number of a line that is taken apart into its phases, and to begin a run of a gathered line: 1.9 ms for
/// an f64 image of 1000² with stride 5 and 25 taps on one core, and 0.7 ms for 400 000 runs of one number.
const APART: f64 = 0.8e-9;
const RUN: f64 = 1.5e-9;
/// Seconds for a place of an input that is spread out: 10 to 20 ms for 4.8 million of them.
const SPREAD: f64 = 4e-9;
const STORE: f64 = 0.3e-9;
/// Seconds to store the outputs of a position whose banks are neighbours and do not fill a vector: 3.5 to 6 ns for one and four of them.
const FEW: f64 = 5e-9;
/// Share of panels whose positions are no neighbours, where outputs are: an estimate.
const APART_PANELS: f64 = 0.2;
/// Seconds to begin a panel of a chunk, whole and in pieces: 0.6 ms for 2016 panels of nine f64 terms, 1.9 ms for 1008.
const PANEL: f64 = 0.3e-6;
const CUT_PANEL: f64 = 1.0e-6;
/// Seconds to cut a weight, beside a number; and for a sum with tiles, which is never made in the output. On two cores of an Emerald Rapids
/// server 1.4 ms for the weights of 3×3 taps of 512 channels, 4.9 ms more than `matrix` for 64 to 256 channels of 16·56².
const CUT_WEIGHT: f64 = 0.5e-9;
const TILED_SUM: f64 = 0.4e-9;
/// Seconds of a problem that is shared at least.
const WORTH_SHARING: f64 = 40e-6;
/// Seconds to set up a run.
const BEGIN: f64 = 4e-6;

/// Seconds of the whole, and whether it is shared.
pub(super) fn seconds(problem: &Problem, machine: &Machine, size: &Size) -> (f64, bool) {
    let count = |lengths: &[usize]| lengths.iter().map(|&length| length as f64).product::<f64>();
    let up = |count: f64, to: usize| (count / to as f64).ceil() * to as f64;
    let (banks, terms) = (count(&problem.bank), problem.taps() as f64);
    let positions = problem.outputs() as f64 / banks.max(1.0);
    let (tiles, bank_tiles) = size.tiles(problem);
    let pieces = size.pieces;
    let in_tile = size.positions() as f64;
    // Pairs of whole steps are cut once for all taps; what they see is not gathered.
    let paired = pieces.is_some() && are_paired(problem);
    let tiled = pieces.is_some() && machine.set.piece_rows() == Some(Rows::Tiles);
    let free = paired && machine.set.piece_rows() == Some(Rows::Free);
    let filled = if free { 1.0 } else { up(in_tile, BLOCK) / in_tile };
    let (products, gather, panel) = match pieces.zip(machine.set.piece_products_per_second()) {
        Some((pieces, rate)) => {
            let products = positions * filled * up(banks, BLOCK) * up(terms, BLOCK);
            let panels = positions / 64.0 * (terms / 256.0).ceil();
            let sums = if tiled { positions * banks * TILED_SUM } else { 0.0 };
            (products * pieces.products() as f64 / rate + sums, GATHER + CUT, panels * CUT_PANEL)
        }
        None => {
            let rate = machine.products_per_second(problem.working()) * REACHED;
            let vector = machine.set.vector_bytes / problem.working().size();
            let panels = positions / (4 * vector) as f64 * (terms / 256.0).ceil();
            let banks = up(banks, if problem.banks_last { vector } else { 2 });
            // Panels of weights are few, and stay.
            let read =
                if problem.banks_last { 0.0 } else { positions * terms * problem.working().size() as f64 * READ };
            (positions * filled * banks * terms / rate + read, GATHER, panels * PANEL)
        }
    };
    let groups = count(&problem.group);
    let weight = gather + LOAD + if pieces.is_some() { CUT_WEIGHT } else { 0.0 };
    let weights = groups * banks * terms * weight;
    let last = problem.axes.last();
    let load = match last {
        _ if problem.axes.iter().any(|axis| axis.spread > 1) => SPREAD,
        Some(axis) if axis.stride > 1 && axis.kernel > 1 && !problem.banks_last => APART,
        _ => LOAD,
    };
    // A run is a line of outputs, or as many of them as a panel takes.
    let gather = gather + RUN / last.map_or(1.0, |axis| (axis.output() as f64).clamp(1.0, 64.0));
    let inputs = seen(problem);
    let in_place = pieces.is_none() && problem.axes.iter().all(|axis| axis.stride == 1);
    let gather = if problem.banks_last && pieces.is_none() {
        // Banks are lanes, and positions are read wherever they lie.
        0.0
    } else if in_place {
        gather * APART_PANELS
    } else {
        gather
    };
    let (gathered, loaded, panel) = match paired {
        true => (0.0, inputs * bank_tiles as f64 * if free { JOIN } else { load + CUT }, 0.0),
        false => (positions * terms * bank_tiles as f64 * gather, inputs * load, panel),
    };
    let few = problem.banks_last && banks * (problem.working().size() as f64) < machine.set.vector_bytes as f64;
    let stored = problem.outputs() as f64 * STORE + if few { positions * FEW } else { 0.0 };
    let begun = groups * (tiles * bank_tiles) as f64 * machine.rates.tile * 4.0;
    let begun = begun + panel * bank_tiles as f64;
    let work = products + gathered + weights + loaded + stored + begun;
    if work > WORTH_SHARING {
        (BEGIN + work / machine.cores as f64 + machine.rates.hand_off, true)
    } else {
        (BEGIN + work, false)
    }
}

/// Numbers of the input that outputs see.
fn seen(problem: &Problem) -> f64 {
    let places = problem.axes.iter().map(Phases::places);
    let others = problem.batch.iter().chain(&problem.group).chain(&problem.summed).copied();
    places.chain(others).map(|count| count as f64).product()
}

/// Bytes of workspace: sums, box and operands of a tile for every core, and the weights.
pub(super) fn bytes(problem: &Problem, machine: &Machine, size: &Size) -> usize {
    let number = problem.working().size();
    // Lines may be filled up by a quarter, where there are no pieces.
    let positions = size.positions().saturating_mul(5) / 4;
    let few = size.pieces.is_none() && size.banks < BLOCK;
    let lanes = if few { BLOCK } else { size.banks.next_multiple_of(128) + 16 };
    let sums = positions.next_multiple_of(BLOCK).saturating_mul(lanes);
    // A box of all elements of an axis, as channels that lie together need it, and the same in pieces.
    let elements = problem.summed.last().copied().unwrap_or(1).max(size.elements);
    let elements = if size.pieces.is_some() { elements.saturating_mul(5) / 2 } else { elements };
    let samples = size.samples(problem).saturating_mul(elements.max(1));
    // The bits of bfloat16 numbers, before they are widened.
    let samples = if problem.input == ElementType::BF16 { samples.saturating_mul(3) / 2 } else { samples };
    let blocks = |count: usize, of: usize| count.next_multiple_of(of);
    let sums = sums.max(blocks(positions, 128).saturating_add(16).saturating_mul(blocks(size.banks, BLOCK)));
    // What is gathered and the weights of a chunk; then all weights, in chunks that are about equal.
    let operands = 128 * 256 * 2 + blocks(size.banks, 128) * 256 * 2;
    let groups: usize = problem.group.iter().product();
    let terms = blocks(problem.taps().saturating_mul(5) / 4, BLOCK);
    let weights = groups.saturating_mul(blocks(problem.bank.iter().product(), 128)).saturating_mul(terms);
    let each = sums.saturating_add(samples).saturating_add(operands).saturating_mul(number);
    each.saturating_mul(machine.cores).saturating_add(weights.saturating_mul(number.max(6)))
}
