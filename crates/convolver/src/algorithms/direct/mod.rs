//! Direct: the sum itself, a tile at a time, with vectors.
//!
//! Computes  y[i] = Σ_c Σ_a k[c, a]·x[c, i·s + a·d]  in this order for every output.
//!
//! Idea      a tile of outputs, and the box of inputs it sees, fit the second-level cache; the box is packed once
//!           (dense, typed, extended), and serves all kernels of a bank. A band of outputs stays in registers.
//! Picture   box ┌────────────┐      one line per input row, phases of a strided axis apart
//!               │ c0 ▒▒▒▒▒▒▒ │      rows of outputs × lanes = a band; the other taps are its columns
//!               │ c1 ▒▒▒▒▒▒▒ │
//!               └────────────┘
//! Taps      where outputs are far apart or few and the kernel's rows are runs of neighbours, lanes run along the taps
//! Merged    axes that lie together in memory are walked as one (`merge`)
//! Framed    an input with zeros around it is copied a part at a time, as few multiply-adds need it (`framed`); kernels of a
//!           group that lie together are lanes
//! Complex   x·(a + ib) is x·a and x·b, joined when the tile is stored: the band knows real numbers only, and a real
//!           kernel on a complex input costs no more than two real inputs.
//! Cost      products / rate, with the rate lower where a loaded input serves one output; bytes packed and written
//! Error     ≤ (n + 2)·u·Σ|k||x| for n products in sequence (u the rounding unit of the sum), and one rounding to the result
//! Wins      short kernels, strided and dilated ones, integers
//! Refuses   nothing
//! Source    the band: Goto & van de Geijn, Anatomy of High-Performance Matrix Multiplication (2008), applied to a
//!           sliding window; error: Higham, Accuracy and Stability of Numerical Algorithms, §3.1

mod cost;
mod framed;
mod geometry;
mod merge;
mod placed;
mod recipe;
mod run;
mod size;
mod small;
mod store;
mod walk;
mod weights;

pub(super) use geometry::{Geometry, Lanes, Rows, Tiling};
pub(super) use merge::{lengthened, repeats};
pub(super) use recipe::{candidate as direct_candidate, with_an_axis, with_axes};
pub(super) use size::{Fit, Sizes, fitting, output_tile, tiles};
pub(super) use weights::{dense, joined};

use super::{Algorithm, Candidate, Refusal};
use crate::machine::Machine;
use crate::problem::{Boundary, Problem};
use convolver_kernels::rounding_unit;

/// The algorithm; see the module.
pub(super) struct Direct;

impl Algorithm for Direct {
    fn name(&self) -> &'static str {
        "direct"
    }

    fn consider(&self, problem: &Problem, machine: &Machine, memory: usize) -> Result<Candidate, Refusal> {
        recipe::candidate(problem, machine, memory)
    }

    fn error_bound(&self, problem: &Problem) -> f64 {
        error_factor(problem, problem.taps())
    }
}

/// The bound for a sum of `terms` products in sequence, stored as the problem's result.
pub(super) fn error_factor(problem: &Problem, terms: usize) -> f64 {
    let Some(result) = rounding_unit(problem.output) else { return 0.0 };
    let sum = match problem.working() {
        convolver_kernels::WorkingType::F32 | convolver_kernels::WorkingType::C64 => 2f64.powi(-24),
        _ => 2f64.powi(-53),
    };
    // A complex product is four real ones; samples of combining boundaries are sums of three, one axis after another.
    let parts = if problem.output.kind() == convolver_kernels::Kind::Complex { 2.0 } else { 1.0 };
    let combining = problem.axes.iter().flat_map(|axis| axis.boundary).filter(|side| Boundary::combines(*side)).count();
    parts * ((terms + 2 + 4 * combining) as f64 * sum * 1.01) + if result > sum { result * 1.01 } else { 0.0 }
}
