//! What a problem costs: arithmetic, bytes packed, bytes moved, tiles.

use super::geometry::Lanes;
use super::size::{self, Fit};
use crate::machine::Machine;
use crate::primitives::tile::Phases;
use crate::problem::{Axis, Boundary, Problem};
use convolver_kernels::{Kind, WorkingType};

/// Share of the multiply-add rate reached where a loaded input serves several outputs, and where it serves one.
/// Estimates: 256² f32 images were seen at 0.53 with 5×5 taps and at 0.73 with 11×11.
const REUSED: f64 = 0.7;
const LOADED: f64 = 0.4;
/// The same where elements are summed, whose lines lie far apart, and by how much less for each phase of the last axis but the first, up to
/// a few: this, and where nothing else is said what follows, from 6000 random layers of one to three axes on two cores of a Zen 5 server.
const SUMMED: f64 = 0.6;
const OF_A_PHASE: f64 = 0.9;
const PHASES: usize = 4;
/// The same where a group has few inputs, which are copied together: 3×3 layers of 4 to 8 channels a group were seen at 0.69
/// to 0.89 on Zen 5.
const GROUPED: f64 = 0.7;
const FEW_INPUTS: usize = 8;
/// Seconds for a line of outputs and each line of taps that it sees, where elements are summed.
const LINE: f64 = 0.5e-9;
/// Vectors summed lane by lane in the time of one multiply-add of vectors: an estimate from the instructions it takes.
const LANES_SUMMED: f64 = 0.15;
/// Seconds to read and pack a line of weights, and each of its weights.
const PACK_LINE: f64 = 20e-9;
const PACK: f64 = 2e-9;
/// Seconds to store an output beside those of other banks, from 4 banks on: 1 to 5 ns in 2900 layers of 8² to 180².
const BETWEEN_BANKS: f64 = 2.5e-9;
const FEW_BANKS: usize = 4;
/// Seconds to load a sample from between those of other elements, and more for each of these up to some: from 0.4 ns with 4 elements to 1.7
/// with 64, and twice that where lines are short.
const BETWEEN_ELEMENTS: f64 = 0.4e-9;
const FOR_EACH: f64 = 0.035e-9;
const ELEMENTS: usize = 48;
/// Seconds to load a line that does not lie as sums need it, or to store one of another size: from 970 layers of bfloat16.
const MADE_LINE: f64 = 30e-9;
/// Numbers a second that a strided line is taken apart into its phases. From 0.3 to 0.6 ns a number, in lines of 52 to 1000;
/// and where planes are copied from where they lie, from 0.35 ms for 3.2 million numbers in lines of 112.
const APART: f64 = 2.2e9;
const APART_IN_PLACE: f64 = 9e9;
/// The same of an input that is spread out, zeros included: 10 to 20 ms for 4.8 million of them.
const SPREAD: f64 = 0.25e9;

/// Seconds that the sums of a problem take on one core, with lanes along outputs or taps.
pub(super) fn arithmetic(problem: &Problem, machine: &Machine, lanes: Lanes) -> f64 {
    let last = problem.axes[problem.axes.len() - 1];
    let rate = machine.products_per_second(problem.working());
    let vector = (machine.set.vector_bytes as f64 / problem.working().size() as f64).max(1.0);
    let complex = if problem.kernel.kind() == Kind::Complex { 1.0 } else { 0.5 };
    let parts = if problem.output.kind() == Kind::Complex { complex } else { 1.0 };
    let filled = |count: usize| (count as f64 / vector).ceil() * vector / count as f64;
    if lanes == Lanes::Taps {
        let outputs = problem.outputs() as f64;
        let products = problem.products() * filled(last.kernel);
        return products / (rate * LOADED) + outputs * vector / (rate * LANES_SUMMED);
    }
    let reused = problem.axes.len() > 1 && problem.axes.iter().rev().skip(1).any(|axis| axis.kernel > 2);
    let summed = problem.summed.iter().product::<usize>();
    let in_place = in_place(problem, lanes);
    let share = if summed > 1 && summed <= FEW_INPUTS && in_place && !problem.group.is_empty() {
        GROUPED
    } else if summed > 1 {
        // Taps of different phases share nothing that is loaded.
        SUMMED / (1.0 + OF_A_PHASE * (Phases::of(&last).seen().min(PHASES) - 1) as f64)
    } else if reused {
        REUSED
    } else {
        LOADED
    };
    // Every place of the input is met once, where the last axis is strided or the input spread out.
    let spread = problem.axes.iter().map(|axis| axis.spread as f64).product::<f64>();
    let places = spread * numbers(&problem.input_shape());
    let taken_apart = match in_place {
        _ if spread > 1.0 => SPREAD,
        true => APART_IN_PLACE,
        false => APART,
    };
    let apart = if last.stride > 1 || spread > 1.0 { places / taken_apart } else { 0.0 };
    let lines = if summed > 1 { problem.products() / (last.kernel as f64 * last.output() as f64) * LINE } else { 0.0 };
    problem.products() * parts * filled(last.output()) / (rate * share) + lines + apart
}

/// Whether lanes run along taps rather than along outputs.
pub(super) fn along_taps(problem: &Problem, machine: &Machine) -> bool {
    let last = problem.axes[problem.axes.len() - 1];
    let real = !matches!(problem.working(), WorkingType::C64 | WorkingType::C128);
    real && last.dilation == 1
        && arithmetic(problem, machine, Lanes::Taps) < arithmetic(problem, machine, Lanes::Convolved)
}

/// Bytes of the operands that are read and written.
fn moved(problem: &Problem) -> f64 {
    (problem.outputs() as f64 + numbers(&problem.input_shape())) * problem.working().size() as f64
}

/// Seconds of the work that tiles do not add to.
pub(super) fn work(problem: &Problem, machine: &Machine, lanes: Lanes) -> f64 {
    arithmetic(problem, machine, lanes) + moved(problem) / machine.rates.cache_bytes
}

/// Whether an input whose elements lie together is read or copied from where it lies, so that planes are set up together.
fn in_place(problem: &Problem, lanes: Lanes) -> bool {
    let zeros = |axis: &Axis| axis.spread == 1 && axis.boundary == [Boundary::Zero; 2];
    let real = !matches!(problem.working(), WorkingType::C64 | WorkingType::C128);
    real && lanes == Lanes::Convolved
        && problem.input.size() == problem.working().size()
        && problem.axes.iter().all(zeros)
}

/// Seconds for numbers that lie between those of other elements or banks: samples that are loaded, outputs that are stored.
fn between(problem: &Problem) -> f64 {
    if !problem.banks_last {
        return 0.0;
    }
    let stored = if problem.bank.iter().product::<usize>() >= FEW_BANKS { problem.outputs() as f64 } else { 0.0 };
    let elements = problem.summed.iter().product::<usize>();
    let each = BETWEEN_ELEMENTS + FOR_EACH * elements.min(ELEMENTS) as f64;
    let each = each + MADE_LINE / problem.axes[problem.axes.len() - 1].input as f64;
    let loaded = if elements > 1 { numbers(&problem.input_shape()) * each } else { 0.0 };
    stored * BETWEEN_BANKS + loaded
}

/// Seconds to load lines of samples and to store lines of outputs that are not of the size of numbers that are summed.
fn converted(problem: &Problem) -> f64 {
    let size = problem.working().size();
    let last = &problem.axes[problem.axes.len() - 1];
    let lines = |is_converted: bool, numbers: f64, of: usize| if is_converted { numbers / of as f64 } else { 0.0 };
    let loaded = lines(problem.input.size() != size, numbers(&problem.input_shape()), last.input);
    let stored = lines(problem.output.size() != size, problem.outputs() as f64, last.output());
    (loaded + stored) * MADE_LINE
}

fn numbers(shape: &[usize]) -> f64 {
    shape.iter().map(|&length| length as f64).product()
}

/// Seconds of the whole.
pub(super) fn seconds(problem: &Problem, machine: &Machine, lanes: Lanes, fit: &Fit, shared: bool) -> f64 {
    let tiles = size::tiles(problem, fit);
    let packed = tiles * size::bytes(problem, fit, lanes, 1) as f64;
    let planes = if in_place(problem, lanes) { size::planes(problem, fit, work(problem, machine, lanes)) } else { 1 };
    let set_up = tiles / planes as f64;
    let work = arithmetic(problem, machine, lanes)
        + packed / machine.rates.cache_bytes
        + moved(problem) / machine.rates.memory_bytes
        + between(problem)
        + converted(problem)
        + set_up * machine.rates.tile;
    let weights = numbers(&problem.kernel_shape());
    let packing = weights * (PACK_LINE / problem.axes[problem.axes.len() - 1].kernel as f64 + PACK);
    packing + if shared { work / machine.cores as f64 + machine.rates.hand_off } else { work }
}
