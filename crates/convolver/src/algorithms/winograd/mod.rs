//! Winograd: sums over channels as products at six points of each axis.
//!
//! Computes  y = Aᵀ·Σ_t ((G·k_t) ⊙ (Bᵀ·x_t))·A  for squares of outputs, t running over summed elements and the taps of other axes.
//!
//! Idea      Along an axis of r = 2 to 5 taps, six samples and six products make 7 − r outputs, which take r·(7 − r) products directly.
//!           Evaluated along two axes, 36 products make the 16 outputs of 3×3 taps instead of 144. The sum over elements is
//!           made at the points: a product of matrices for each, of squares by banks.
//! Parts     More taps are cut into parts of r, which are terms of the sum like elements: of 7 taps two parts of 4. So a gradient of
//!           weights, with few outputs and as many taps as its images have places, is the same thing.
//! Runs      Such a gradient's values are used once: they are evaluated run by run of its taps and never kept, see `runs.rs`.
//! Picture   box   [place][element]  ─Bᵀ→  values [point][square][element]
//!                                                  × spectrum [point][term][bank]      products of matrices
//!           output [place][bank]    ←Aᵀ─  sums   [point][square][bank]
//!           Lanes are elements, then banks, so that squares of any size and distance (dilation) are alike.
//! Cost      6/(7 − r) products for each output and term along an axis instead of r; evaluating samples, taps and outputs
//! Error     ≤ (16n + 2)·u·Σ|k||x| for n taps and every output's own window, see `promise.rs`
//! NaN       a square that sees what is not finite takes another way, see `directly.rs`; so does all of a problem whose middle tile mostly
//!           would, as with a kernel that is not finite or mostly zeros
//! Wins      several taps along one axis or two, summed over some dozens of channels for several kernels
//! Refuses   integers and complex numbers; problems without an axis of stride 1 that takes fewer products so; several axes of banks, or
//!           that are summed
//! Source    see `convolver_kernels::micro::points`

mod cost;
mod cut;
mod directly;
mod field;
mod load;
mod promise;
mod recipe;
mod run;
mod runs;
mod spectrum;
mod store;

pub(super) use recipe::candidate as winograd_candidate;

use super::direct::error_factor;
use super::{Algorithm, Candidate, Refusal};
use crate::machine::Machine;
use crate::problem::Problem;

/// The algorithm; see the module.
pub(super) struct Winograd;

impl Algorithm for Winograd {
    fn name(&self) -> &'static str {
        "winograd"
    }

    fn consider(&self, problem: &Problem, machine: &Machine, memory: usize) -> Result<Candidate, Refusal> {
        recipe::candidate(problem, machine, memory)
    }

    fn error_bound(&self, problem: &Problem) -> f64 {
        error_factor(problem, promise::FACTOR * problem.taps())
    }

    /// The roundings of an output depend on all samples of its square.
    fn is_local(&self) -> bool {
        false
    }
}
