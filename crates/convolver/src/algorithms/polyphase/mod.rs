//! Polyphase: an input that is spread out, convolved without its zeros.
//!
//! Computes  y[o] = Σ_a k[a]·x̂[o·s + a·d − low]  where x̂ has a sample at every u-th place and zeros between.
//!
//! Idea      the outputs o = q·U + r with U = u / gcd(s, u) see samples through the same taps, every u / gcd(d, u)-th: for
//!           each r a dense convolution of its own, with stride s / gcd(s, u).
//! Picture   x̂  ●··●··●··●     u = 3, three phases
//!           r0 ▪  ▪           taps 0, 3, … of the kernel
//!           r1   ▪  ▪         taps 2, 5, …
//! Cost      1/u of the products, and something for each phase and for each output that stands apart from its neighbours
//! Error     that of the phases
//! NaN       a sample touches the outputs whose taps reach it; a kernel that is not finite times the zeros is NaN, so such
//!           a kernel takes the direct road
//! Wins      always, where an input is spread out
//! Refuses   an input that is not; a constant boundary after an axis that is; more than 4096 phases
//! Source    Crochiere & Rabiner, Multirate Digital Signal Processing (1983), §3.3

mod phase;
mod run;

use super::direct::direct_candidate;
use super::matrix::matrix_candidate;
use super::winograd::winograd_candidate;
use super::{Algorithm, Candidate, Refusal};
use crate::machine::Machine;
use crate::problem::{Boundary, Known, Problem};
use phase::Phase;
use smallvec::SmallVec;

/// Phases above which their number costs more than the zeros.
const MOST: usize = 4096;

/// Seconds to begin a phase, and to store an output among those of other phases: from 1200 random gradients of inputs and transposed layers
/// on two cores of a Zen 5 server.
const BEGIN: f64 = 3e-6;
const STORE: f64 = 1e-9;

/// Seconds of setting outputs to zero that are worth several threads.
const WORTH_SHARING: f64 = 40e-6;

/// Share of the multiply-add rate that phases of a few taps reach: an estimate.
const REACHED: f64 = 0.4;

/// The algorithm; see the module.
pub(super) struct Polyphase;

/// The phases of one output: one for each axis.
type Phases = SmallVec<[Phase; 3]>;

impl Algorithm for Polyphase {
    fn name(&self) -> &'static str {
        "polyphase"
    }

    fn consider(&self, problem: &Problem, machine: &Machine, memory: usize) -> Result<Candidate, Refusal> {
        let combinations = combinations(problem).map_err(|reason| Refusal::Unsuited(reason.to_owned()))?;
        let otherwise = direct_candidate(problem, machine, memory)?;
        let (mut products, mut seconds, mut stored) = (0.0, 0.0, 0.0);
        let (mut workspace_bytes, mut shared) = (otherwise.workspace_bytes, false);
        let mut parts = Vec::with_capacity(combinations.len());
        for phases in combinations {
            let Some(part) = dense(problem, &phases) else {
                parts.push(run::Part { phases, recipe: None });
                continue;
            };
            stored += part.outputs() as f64;
            let mut candidate = direct_candidate(&part, machine, memory)?;
            let others = [matrix_candidate(&part, machine, memory), winograd_candidate(&part, machine, memory)];
            let cheapest = others.into_iter().flatten().min_by(|a, b| a.seconds.total_cmp(&b.seconds));
            match cheapest.filter(|cheapest| cheapest.seconds < candidate.seconds) {
                Some(cheaper) => {
                    seconds += cheaper.seconds;
                    candidate = cheaper;
                }
                None => products += part.products(),
            }
            workspace_bytes = workspace_bytes.max(candidate.workspace_bytes);
            shared |= candidate.shared;
            parts.push(run::Part { phases, recipe: Some(candidate.recipe) });
        }
        let cores = if shared { machine.cores as f64 } else { 1.0 };
        let computed = parts.iter().filter(|part| part.recipe.is_some()).count();
        let bytes = problem.outputs() as f64 * problem.output.size() as f64;
        let cleared = if computed < parts.len() { bytes / machine.rates.memory_bytes } else { 0.0 };
        let seconds = seconds
            + computed as f64 * BEGIN
            + cleared
            + stored * STORE / cores
            + products / (machine.products_per_second(problem.working()) * REACHED * cores);
        let (problem, shared_clearing) = (problem.clone(), cleared > WORTH_SHARING);
        let recipe = Box::new(run::Parts { problem, parts, shared: shared_clearing, otherwise: otherwise.recipe });
        Ok(Candidate { recipe, shared, seconds, workspace_bytes })
    }

    fn error_bound(&self, problem: &Problem) -> f64 {
        // A kernel that is not finite has no error to bound, and any other sums fewer products than it has taps.
        super::matrix::InPieces.error_bound(problem).max(super::winograd::Winograd.error_bound(problem))
    }
}

/// Every combination of the axes' phases.
fn combinations(problem: &Problem) -> Result<Vec<Phases>, &'static str> {
    if problem.axes.iter().all(|axis| axis.spread == 1) {
        return Err("the input is not spread out");
    }
    let spread = problem.axes.iter().position(|axis| axis.spread > 1).expect("just seen");
    if problem.axes[spread + 1..].iter().any(|axis| axis.boundary.contains(&Boundary::Constant)) {
        return Err("a constant boundary of a later axis stands beside the zeros, too");
    }
    let counts = || problem.axes.iter().map(Phase::count);
    if counts().try_fold(1usize, usize::checked_mul).is_none_or(|count| count > MOST) {
        return Err("the input is spread out into too many phases");
    }
    let mut combinations = vec![Phases::new()];
    for axis in &problem.axes {
        let phases: Vec<_> = (0..Phase::count(axis)).filter_map(|first| Phase::of(axis, first)).collect();
        let longer = |phases_before: &Phases| {
            let before = phases_before.clone();
            phases.clone().into_iter().map(move |phase| before.iter().cloned().chain([phase]).collect())
        };
        combinations = combinations.iter().flat_map(longer).collect();
    }
    Ok(combinations)
}

/// The convolution that gives the outputs of these phases; `None` where no tap ever meets a sample.
fn dense(problem: &Problem, phases: &Phases) -> Option<Problem> {
    let axes = phases.iter().map(|phase| phase.taps.as_ref().map(|taps| taps.axis)).collect::<Option<_>>()?;
    let part = Problem { axes, known: Known::default(), ..problem.clone() };
    Some(part.rebuild().build().expect("a part of a problem is no larger than it"))
}
