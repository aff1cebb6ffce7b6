//! Running sums: a kernel of equal taps, whose long windows are made of shorter ones.
//!
//! Computes  y[i] = Σ_a c·x[i·s + a·d]  along each axis.
//!
//! Idea      a window of f·m + r samples is f windows of m samples and r samples alone, so a window of n samples costs about
//!           4·log₂ n additions instead of n. Axes follow one another on one tile in the second-level cache, and all lines
//!           of the tile are one: what runs over from a line to the next is never stored.
//! Picture   10 = 3·3 + 1   x x x x x x x x x x
//!                          ├ 3 ─┼─ 3 ─┼─ 3 ┤x│
//! Cost      for each axis and stage, the windows added times the box (`stages`)
//! Error     ≤ (n + 2)·u·Σ|k||x|: c·x is rounded once, and no sample passes through more than n sums
//! NaN       nothing is subtracted: a NaN or a large sample touches the windows that hold it and leaves no trace in others
//! Wins      long windows, integers whose products are slow
//! Refuses   kernels whose taps are not known to be equal, summed axes
//! Source    van Herk (1992) and Gil & Werman (1993) make windows of parts without subtracting; here the parts are shorter
//!           windows, because sums along a line from its start would leave vectors idle

mod run;
mod stages;

use super::direct::{Fit, Geometry, Lanes, Sizes, Tiling, direct_candidate, fitting};
use super::{Algorithm, Candidate, Prepared, Recipe, Refusal};
use crate::machine::Machine;
use crate::problem::{Known, Problem};
use convolver_kernels::{Scalar, View, with_working};
use stages::Stage;

/// Outputs for each tap from which on somebody looks whether the taps are equal.
const WORTH_ASKING: f64 = 32.0;

/// The algorithm; see the module.
pub(super) struct RunningSums;

impl Algorithm for RunningSums {
    fn name(&self) -> &'static str {
        "running-sums"
    }

    fn consider(&self, problem: &Problem, machine: &Machine, memory: usize) -> Result<Candidate, Refusal> {
        suits(problem).map_err(|reason| Refusal::Unsuited(reason.to_owned()))?;
        if !problem.known.constant {
            return Err(Refusal::Unsuited("the taps of the kernel are not known to be equal".to_owned()));
        }
        let direct = direct_candidate(problem, machine, memory);
        let shared = direct.as_ref().is_ok_and(|candidate| candidate.shared);
        let sizes = Sizes { cache: machine.rates.tile_bytes / 4, ceiling: memory / machine.cores / 5 };
        let layout = Layout::new(problem, sizes);
        let workspace_bytes = run::workspace(problem, &layout).saturating_mul(machine.cores);
        if workspace_bytes > memory {
            return Err(Refusal::Memory(workspace_bytes));
        }
        let seconds = seconds(problem, machine, &layout, shared);
        let otherwise = direct.map(|candidate| candidate.recipe)?;
        let recipe = Windows { problem: problem.clone(), machine: *machine, layout, shared, otherwise };
        Ok(Candidate { recipe: Box::new(recipe), shared, seconds, workspace_bytes })
    }

    fn error_bound(&self, problem: &Problem) -> f64 {
        super::direct::error_factor(problem, problem.taps())
    }

    fn recognise(&self, problem: &Problem, kernel: &View<'_>, known: &mut Known) {
        let worth = problem.products() / problem.taps() as f64 >= WORTH_ASKING * kernel.len() as f64;
        known.constant |= worth && suits(problem).is_ok() && constants(problem, kernel).is_some();
    }
}

/// How tiles are cut and walked.
#[derive(Clone, Debug)]
struct Layout {
    /// The problem with every output of its strided axes.
    every: Problem,
    /// Outputs of the problem per tile.
    tile: Fit,
    geometry: Geometry,
    /// The box of a whole tile.
    tiling: Tiling,
    /// For each convolved axis, the stages of its windows.
    stages: Vec<Vec<Stage>>,
}

impl Layout {
    fn new(problem: &Problem, sizes: Sizes) -> Self {
        let mut every = problem.clone();
        every.axes.iter_mut().for_each(|axis| axis.stride = 1);
        let mut tile = fitting(&every, Lanes::Convolved, 1, sizes);
        for (outputs, axis) in tile.tile.iter_mut().zip(&problem.axes) {
            *outputs = outputs.div_ceil(axis.stride).min(axis.output());
        }
        let geometry = Geometry::new(&every, Lanes::Convolved);
        let tiling = geometry.tiling(&every, &outputs_of_every(problem, &tile.tile), 1);
        let stages = problem.axes.iter().map(|axis| stages::of(axis.kernel)).collect();
        Layout { every, tile, geometry, tiling, stages }
    }
}

/// Outputs that lie between the first and the last of so many strided ones, these included.
fn outputs_of_every(problem: &Problem, outputs: &[usize]) -> Vec<usize> {
    outputs.iter().zip(&problem.axes).map(|(&outputs, axis)| (outputs - 1) * axis.stride + 1).collect()
}

/// The recipe.
struct Windows {
    problem: Problem,
    machine: Machine,
    layout: Layout,
    shared: bool,
    /// For a kernel that is not what was said to be known of it: that costs time, not the answer.
    otherwise: Box<dyn Recipe>,
}

impl Recipe for Windows {
    fn prepare(&self, kernel: &View<'_>) -> Box<dyn Prepared> {
        match constants(&self.problem, kernel) {
            Some(taps) => with_working!(self.problem.working(), W => {
                let taps = taps.into_iter().map(run::number::<W>).collect();
                Box::new(run::Sums::new(&self.problem, &self.layout, self.shared, taps, &self.machine))
            }),
            None => self.otherwise.prepare(kernel),
        }
    }
}

/// Whether there are running sums for such problems at all.
fn suits(problem: &Problem) -> Result<(), &'static str> {
    if problem.axes.iter().all(|axis| axis.kernel == 1) {
        return Err("the kernel has one tap");
    }
    if problem.summed.iter().any(|&length| length > 1) {
        return Err("the kernel has summed axes");
    }
    Ok(())
}

/// The tap of every kernel (group by bank); `None` unless all taps of each are equal.
fn constants(problem: &Problem, kernel: &View<'_>) -> Option<Vec<Scalar>> {
    let shape = kernel.shape();
    let taps: usize = problem.axes.iter().map(|axis| axis.kernel).product();
    let tap = |number: usize| kernel.get(&convolver_kernels::grid_position(shape, number));
    (0..kernel.len())
        .step_by(taps)
        .map(|first| (first + 1..first + taps).all(|number| tap(number) == tap(first)).then(|| tap(first)))
        .collect()
}

/// Share of the multiply-add rate that sums of loaded vectors reach in the second-level cache: an estimate.
const REACHED: f64 = 0.3;

fn seconds(problem: &Problem, machine: &Machine, layout: &Layout, shared: bool) -> f64 {
    let tiles = super::direct::tiles(problem, &layout.tile);
    let banks = problem.bank.iter().product::<usize>() as f64;
    let parts = if problem.output.kind() == convolver_kernels::Kind::Complex { 0.5 } else { 1.0 };
    let number = problem.working().size() as f64;
    let plane = layout.tiling.plane as f64;
    let sums: f64 = layout.stages.iter().flatten().map(|stage| plane * stage.cost() as f64).sum();
    let moved = (problem.outputs() + problem.input_shape().iter().product::<usize>()) as f64 * number;
    let work = tiles
        * (sums * banks * parts / (machine.products_per_second(problem.working()) * REACHED) + machine.rates.tile)
        + tiles * (2.0 + banks) * plane * number / machine.rates.cache_bytes
        + moved / machine.rates.memory_bytes;
    if shared { work / machine.cores as f64 + machine.rates.hand_off } else { work }
}
