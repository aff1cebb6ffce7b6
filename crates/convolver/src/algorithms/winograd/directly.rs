//! Some outputs computed without points: as a problem of their own.

use crate::algorithms::direct::direct_candidate;
use crate::algorithms::matrix::Matrix;
use crate::algorithms::part::Part;
use crate::algorithms::{Algorithm, Candidate, Operands, Refusal};
use crate::machine::Machine;
use crate::problem::Problem;
use convolver_kernels::{View, ViewMut};

/// The cheapest way to compute a problem without points, as precisely as is promised with them.
pub(super) fn candidate(problem: &Problem, machine: &Machine, memory: usize) -> Result<Candidate, Refusal> {
    match (direct_candidate(problem, machine, memory), Matrix.consider(problem, machine, memory)) {
        (Ok(direct), Ok(matrix)) => Ok(if direct.seconds <= matrix.seconds { direct } else { matrix }),
        (direct, matrix) => direct.or(matrix),
    }
}

/// Computes a box of outputs of a problem whose first output is at `start` (batch, group, bank, convolved).
pub(super) fn outputs(
    (problem, machine, memory): (&Problem, &Machine, usize),
    (input, kernel): (&View<'_>, &View<'_>),
    start: &[usize],
    output: ViewMut<'_>,
) {
    let part = Part::new(problem, start, output.shape());
    let found = candidate(&part.problem, machine, memory).or_else(|_| candidate(&part.problem, machine, usize::MAX));
    let Ok(found) = found else { unreachable!("memory without a limit is enough") };
    let (input, kernel) = (part.input(input), part.kernel(kernel));
    found.recipe.run_once(Operands { input: &input, kernel: &kernel, output });
}
