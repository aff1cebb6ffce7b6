//! Separable: a kernel that is a product of one-dimensional kernels, applied one axis after another.
//!
//! Computes  y = (((x ∗ f_C) ∗ …) ∗ f_1)  for k[a_1, …, a_C] = f_1[a_1]·…·f_C[a_C].
//!
//! Idea      a window of K₁ × K₂ taps costs K₁ + K₂ products instead of K₁·K₂. All axes are done on one tile while it is
//!           in the second-level cache, so nothing but the result is written.
//! Picture   box ░░░░░  last axis   ▒▒▒  first axis   ▓▓▓
//!               ░░░░░  ─────────▶  ▒▒▒  ─────────▶   ▓▓▓
//!               ░░░░░              ▒▒▒
//! Cost      for each axis its taps times the box it is applied to
//! Error     ≤ (ΣKᵢ + 6C + 2)·u·Σ|k||x|: the factors reproduce each tap to within 4C·u, are rounded once, and are summed in
//!           sequence
//! NaN       one touches a line of the first pass and that line's window of the next: exactly the window of the kernel
//! Wins      two or more axes with more than a few taps
//! Refuses   kernels not known to be products, complex kernels, bool, summed axes
//! Source    Treitel & Shanks, The Design of Multistage Separable Planar Filters (1971)

mod factors;
mod run;

use super::direct::{Fit, Geometry, Lanes, Sizes, Tiling, direct_candidate, fitting};
use super::{Algorithm, Candidate, Prepared, Recipe, Refusal};
use crate::machine::Machine;
use crate::problem::{Known, Problem};
use convolver_kernels::{Kind, View, with_working};

/// Elements of a kernel above which nobody asks whether it is a product.
const WORTH_ASKING: usize = 1 << 20;

/// The algorithm; see the module.
pub(super) struct Separable;

impl Algorithm for Separable {
    fn name(&self) -> &'static str {
        "separable"
    }

    fn consider(&self, problem: &Problem, machine: &Machine, memory: usize) -> Result<Candidate, Refusal> {
        suits(problem).map_err(|reason| Refusal::Unsuited(reason.to_owned()))?;
        if !problem.known.separable {
            return Err(Refusal::Unsuited(
                "the kernel is not known to be a product of one-dimensional kernels".to_owned(),
            ));
        }
        let direct = direct_candidate(problem, machine, memory);
        let shared = direct.as_ref().is_ok_and(|candidate| candidate.shared);
        let sizes = Sizes { cache: machine.rates.tile_bytes / 3, ceiling: memory / machine.cores / 4 };
        let fit = fitting(problem, Lanes::Convolved, 1, sizes);
        let tiling = Geometry::new(problem, Lanes::Convolved).tiling(problem, &fit.tile, 1);
        let workspace_bytes = run::workspace(problem, &fit, &tiling).saturating_mul(machine.cores);
        if workspace_bytes > memory {
            return Err(Refusal::Memory(workspace_bytes));
        }
        let seconds = seconds(problem, machine, &fit, &tiling, shared);
        let otherwise = direct.map(|candidate| candidate.recipe)?;
        let recipe = Factored { problem: problem.clone(), machine: *machine, fit, shared, otherwise };
        Ok(Candidate { recipe: Box::new(recipe), shared, seconds, workspace_bytes })
    }

    fn error_bound(&self, problem: &Problem) -> f64 {
        let axes = problem.axes.len();
        let taps: usize = problem.axes.iter().map(|axis| axis.kernel).sum();
        super::direct::error_factor(problem, taps + 6 * axes)
    }

    fn recognise(&self, problem: &Problem, kernel: &View<'_>, known: &mut Known) {
        let worth =
            kernel.len() <= WORTH_ASKING && problem.products() / problem.taps() as f64 >= 32.0 * kernel.len() as f64;
        known.separable |= worth && suits(problem).is_ok() && factors::of_all(problem, kernel).is_some();
    }
}

/// The recipe.
struct Factored {
    problem: Problem,
    machine: Machine,
    fit: Fit,
    shared: bool,
    /// For a kernel that is not what was said to be known of it: that costs time, not the answer.
    otherwise: Box<dyn Recipe>,
}

impl Recipe for Factored {
    fn prepare(&self, kernel: &View<'_>) -> Box<dyn Prepared> {
        match factors::of_all(&self.problem, kernel) {
            Some(factors) => with_working!(self.problem.working(), W => {
                Box::new(run::Separable::<W>::new(&self.problem, &self.fit, self.shared, &factors, &self.machine))
            }),
            None => self.otherwise.prepare(kernel),
        }
    }
}

/// Whether kernels of this problem can be factored at all.
fn suits(problem: &Problem) -> Result<(), &'static str> {
    if problem.axes.iter().filter(|axis| axis.kernel > 1).count() < 2 {
        return Err("the kernel has more than one tap along fewer than two axes");
    }
    if problem.summed.iter().any(|&length| length > 1) {
        return Err("the kernel has summed axes");
    }
    if problem.kernel.kind() == Kind::Complex {
        return Err("the kernel is complex");
    }
    if problem.output.kind() == Kind::Bool {
        return Err("bool has no division");
    }
    Ok(())
}

/// Share of the multiply-add rate that passes of a few taps reach in the second-level cache: an estimate.
const REACHED: f64 = 0.35;

fn seconds(problem: &Problem, machine: &Machine, fit: &Fit, tiling: &Tiling, shared: bool) -> f64 {
    let tiles = super::direct::tiles(problem, fit);
    let banks = problem.bank.iter().product::<usize>() as f64;
    let mut products = 0.0;
    let mut extents: Vec<f64> = tiling.extents.iter().map(|&extent| extent as f64).collect();
    for axis in (0..extents.len()).rev() {
        extents[axis] = fit.tile[axis] as f64;
        products += extents.iter().product::<f64>() * problem.axes[axis].kernel as f64;
    }
    let number = problem.working().size() as f64;
    let moved = (problem.outputs() + problem.input_shape().iter().product::<usize>()) as f64 * number;
    let work = tiles
        * (products * banks / (machine.products_per_second(problem.working()) * REACHED) + machine.rates.tile)
        + tiles * 2.0 * tiling.plane as f64 * number / machine.rates.cache_bytes
        + moved / machine.rates.memory_bytes;
    if shared { work / machine.cores as f64 + machine.rates.hand_off } else { work }
}
