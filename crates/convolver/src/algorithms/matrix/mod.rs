//! Matrix: products of matrices, put together tile by tile.
//!
//! Computes  C[o, p] = Σ_t  k[o, t] · x[at(p) + by(t)]  for banks o, positions p (images and outputs) and terms t (summed
//! elements and taps).
//!
//! Idea      Where a sample lies is the sum of what its output says and what its term says. So two tables of offsets are
//!           all there is to a convolution, and the rest is a product of matrices that are read where they lie. Only
//!           positions that are lanes and no neighbours, or a unit for pieces, need some terms of some positions gathered
//!           first. What im2col writes out never exists as a whole.
//! Picture              positions ├─panel─┤              channels first: positions are lanes
//!           terms  │    x x x x │x x x x│ x x           channels last:  positions are rows, banks are lanes
//!           banks ─┼──  C C C C │C C C C│ C C
//! Memory    What is read in place from memory is asked for while the panel or the rows before are multiplied; a panel that
//!           begins where no vector does is copied first, as each of its vectors would be read from two cache lines.
//! Box       Where the input cannot be read in place (padding, another type, a step along the lanes), the samples that a
//!           tile sees are loaded into a box first, as many summed elements at a time as fit.
//! Pieces    Where a unit multiplies pieces of f32 numbers, cutting them for it is another algorithm, `pieces`. It costs less where many
//!           products are made of each number.
//! Pairs     Where summed elements come in whole steps of the unit for pieces, what a tile sees is cut once, elements joined in
//!           pairs, and multiplied where it lies: a tap is a shifted load, and nothing is gathered. Where rows of pairs may lie
//!           anywhere, positions are rows in every layout (planes of the input, and of sums, are turned), none is computed
//!           in vain, and taps are left out where they see nothing but zeros around the input.
//! Runs      Where the sum is long and outputs are few, the sum is cut instead, see `runs.rs`.
//! Cost      products / rate, rounded up to whole blocks; for each kernel block again the gathering of the positions, also
//!           where they are read in place, or the cutting of what a tile sees
//! Error     products of pieces: 6·(n + 8) roundings in the worst order; otherwise as direct
//! NaN       pieces of what is not finite, or too small for the unit, are not multiplied: then the numbers themselves are
//! Wins      sums over channels for several kernels: layers of networks, and their gradients
//! Refuses   complex numbers
//! Source    Goto & van de Geijn, Anatomy of High-Performance Matrix Multiplication (2008); pieces: Henry, Tang & Heinecke,
//!           Leveraging the bfloat16 Artificial Intelligence Datatype For Higher-Precision Computations (2019)

mod boxes;
mod chunk;
mod cost;
mod inside;
mod layout;
mod multiply;
mod packed;
mod positions;
mod recipe;
mod run;
mod runs;
mod seen;
mod size;
mod store;
mod weights;

pub(super) use chunk::equal_parts;
pub(super) use recipe::either as matrix_candidate;
pub(super) use runs::of_taps;
pub(super) use weights::Kernel;

use super::direct::error_factor;
use super::{Algorithm, Candidate, Refusal};
use crate::machine::Machine;
use crate::problem::{Boundary, Fill, Precision, Problem};
use convolver_kernels::{ElementType, Pieces, WorkingType};

/// The algorithm with multiply-adds; see the module.
pub(super) struct Matrix;

impl Algorithm for Matrix {
    fn name(&self) -> &'static str {
        "matrix"
    }

    fn consider(&self, problem: &Problem, machine: &Machine, memory: usize) -> Result<Candidate, Refusal> {
        recipe::candidate(problem, machine, memory, None)
    }

    fn error_bound(&self, problem: &Problem) -> f64 {
        error_factor(problem, problem.taps())
    }
}

/// The same with a unit for pieces.
pub(super) struct InPieces;

impl Algorithm for InPieces {
    fn name(&self) -> &'static str {
        "pieces"
    }

    fn consider(&self, problem: &Problem, machine: &Machine, memory: usize) -> Result<Candidate, Refusal> {
        let unsuited = |reason: &str| Err(Refusal::Unsuited(reason.to_owned()));
        match pieces(problem, machine) {
            None if !machine.set.has_pieces() => unsuited("the CPU has no unit for products of bfloat16 pieces"),
            None => unsuited("the sums do not run in float32"),
            pieces => recipe::candidate(problem, machine, memory, pieces),
        }
    }

    fn error_bound(&self, problem: &Problem) -> f64 {
        let Some(pieces) = wanted_pieces(problem) else { return error_factor(problem, problem.taps()) };
        let cut = match (pieces, problem.precision) {
            // Each operand is rounded to eight bits, and the product of both errors counts, too.
            (Pieces::One, Precision::Medium) => 1.01 * 2f64.powi(-7),
            (Pieces::Two, _) => 2f64.powi(-14),
            _ => 0.0,
        };
        error_factor(problem, 6 * (problem.taps() + 8)) + cut
    }

    /// Whether a panel is multiplied in pieces depends on all that is in it.
    fn is_local(&self) -> bool {
        false
    }
}

/// The pieces that a problem's operands can be cut into on this machine.
fn pieces(problem: &Problem, machine: &Machine) -> Option<Pieces> {
    wanted_pieces(problem).filter(|_| machine.set.has_pieces())
}

/// The pieces that a problem's operands can be cut into.
fn wanted_pieces(problem: &Problem) -> Option<Pieces> {
    if problem.working() != WorkingType::F32 {
        return None;
    }
    let bits = |element: ElementType| match element {
        ElementType::Bool | ElementType::I8 | ElementType::U8 | ElementType::BF16 => 8,
        ElementType::F16 => 11,
        _ => 24,
    };
    // Samples that a boundary makes up have whatever bits they have.
    let made_up = problem.axes.iter().flat_map(|axis| axis.boundary).any(Boundary::combines)
        || (problem.fill != Fill::ZERO && problem.axes.iter().any(|axis| axis.boundary.contains(&Boundary::Constant)));
    let needed = if made_up { 24 } else { bits(problem.input).max(bits(problem.kernel)) };
    Some(match (needed, problem.precision) {
        (8, _) | (_, Precision::Medium) => Pieces::One,
        (11, _) => Pieces::TwoWhole,
        (_, Precision::High) => Pieces::Two,
        _ => Pieces::Three,
    })
}
