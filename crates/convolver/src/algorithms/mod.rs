//! The ways to compute a convolution: one folder each, the same questions in the same order.

mod direct;
mod matrix;
mod overlap_save;
mod part;
mod polyphase;
mod running_sums;
mod separable;
mod sparse;
mod tile;
mod winograd;

use crate::machine::Machine;
use crate::problem::{Known, Problem};
use convolver_kernels::{View, ViewMut};

/// Every algorithm, in the order `explain` prints them.
pub const ALL: &[&dyn Algorithm] = &[
    &direct::Direct,
    &matrix::Matrix,
    &matrix::InPieces,
    &winograd::Winograd,
    &polyphase::Polyphase,
    &separable::Separable,
    &running_sums::RunningSums,
    &sparse::Sparse,
    &overlap_save::OverlapSave,
];

/// One way to compute a convolution.
pub trait Algorithm: Sync {
    /// The word that names it in `method=` and `explain`.
    fn name(&self) -> &'static str;

    /// How it would compute the problem within `memory` bytes of workspace and what that costs, or why it cannot.
    fn consider(&self, problem: &Problem, machine: &Machine, memory: usize) -> Result<Candidate, Refusal>;

    /// The factor c such that every output is within c·Σ|k||x| of the exact one, its own window counted, while no
    /// product or sum over- or underflows. 0 for exact types.
    fn error_bound(&self, problem: &Problem) -> f64;

    /// Whether the bits of an output depend on its own window alone. Otherwise they depend on what else is computed, too,
    /// within the error bound.
    fn is_local(&self) -> bool {
        true
    }

    /// Adds to `known` what this algorithm could use of a kernel's values; asked only where finding out is cheap
    /// beside the problem.
    fn recognise(&self, problem: &Problem, kernel: &View<'_>, known: &mut Known) {
        let _ = (problem, kernel, known);
    }
}

/// How an algorithm will compute a problem: everything that depends on neither operand.
pub trait Recipe: Send + Sync {
    /// Does all work that depends on the kernel but not on the input.
    fn prepare(&self, kernel: &View<'_>) -> Box<dyn Prepared>;

    /// Computes one input with one kernel, where that can be done cheaper than by `prepare` and `run`.
    fn run_once(&self, operands: Operands<'_>) {
        self.prepare(operands.kernel).run(operands.input, operands.output);
    }
}

/// A kernel made ready; runs any number of inputs from any number of threads.
pub trait Prepared: Send + Sync {
    /// Computes one input.
    fn run(&self, input: &View<'_>, output: ViewMut<'_>);
}

/// The arrays of one computation, with their axes in the problem's order.
pub struct Operands<'a> {
    /// Input.
    pub input: &'a View<'a>,
    /// Kernel.
    pub kernel: &'a View<'a>,
    /// Output.
    pub output: ViewMut<'a>,
}

/// A recipe with what it is predicted to cost.
pub struct Candidate {
    /// What would be done.
    pub recipe: Box<dyn Recipe>,
    /// Whether the work is worth handing to other threads.
    pub shared: bool,
    /// Predicted time.
    pub seconds: f64,
    /// Memory beside the operands, with every core at work.
    pub workspace_bytes: usize,
}

/// Why an algorithm does not compute a problem.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// It is not made for such problems.
    Unsuited(String),
    /// It needs at least this many bytes of workspace.
    Memory(usize),
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Refusal::Unsuited(reason) => f.write_str(reason),
            Refusal::Memory(least) => write!(f, "it needs at least {least} bytes of workspace"),
        }
    }
}
