//! Overlap-save: a long input in bites that fit a transform.
//!
//! Computes  y[i] = Σ_c Σ_a k[c, a]·x[c, i·s + a·d] along every axis, a tile of outputs at a time.
//!
//! Idea      a circular convolution of length N equals the linear one in the outputs that see no more than N points. The
//!           kernel's spectrum is made once. A tile of N real points is one of N/2 complex ones, see `primitives::fft`.
//!           Channels, and the parts of a strided input, are summed before the inverse.
//! Picture   x: ├────B────┼─K−1─┤
//!                        ├────B────┼─K−1─┤      neighbouring bites share K−1 inputs; N = B + K − 1
//! Cost      per tile of P complex points 10·P·log₂P flops (`size.rs`), whatever K is; P/B outputs wasted per axis
//! Error     ≤ (8n + 2)·u·Σ|k||x| for n taps and every output's own window, see `promise.rs`
//! NaN       and infinities are set to zero before and convolved by themselves, see `special.rs`
//! Wins      more than a few dozen taps
//! Integers  are cut into limbs and come out exact, see `exact`
//! Refuses   problems without an axis that has both several taps and several outputs
//! Source    Oppenheim & Schafer, Discrete-Time Signal Processing, §8.7.3

mod directly;
mod exact;
mod input;
mod layout;
mod load;
mod prepare;
mod promise;
mod recipe;
mod run;
mod several;
mod size;
mod special;
mod store;
mod taps;
mod units;

use super::direct::error_factor;
use super::{Algorithm, Candidate, Refusal};
use crate::machine::Machine;
use crate::problem::Problem;

/// The algorithm; see the module.
pub(super) struct OverlapSave;

impl Algorithm for OverlapSave {
    fn name(&self) -> &'static str {
        "overlap-save"
    }

    fn consider(&self, problem: &Problem, machine: &Machine, memory: usize) -> Result<Candidate, Refusal> {
        recipe::candidate(problem, machine, memory)
    }

    fn error_bound(&self, problem: &Problem) -> f64 {
        error_factor(problem, promise::FACTOR * problem.taps())
    }

    fn is_local(&self) -> bool {
        false
    }
}
