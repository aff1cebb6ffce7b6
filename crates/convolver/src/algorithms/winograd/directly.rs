//! Some outputs computed without points: as a problem of their own.

use super::cut::Cut;
use super::field::Field;
use super::promise::Failing;
use crate::algorithms::direct::direct_candidate;
use crate::algorithms::matrix::Matrix;
use crate::algorithms::part::Part;
use crate::algorithms::{Algorithm, Candidate, Operands, Refusal};
use crate::machine::Machine;
use crate::problem::Problem;
use convolver_kernels::{Dims, View, ViewMut, grid_position};

/// The cheapest way to compute a problem without points, as precisely as is promised with them.
pub(super) fn candidate(problem: &Problem, machine: &Machine, memory: usize) -> Result<Candidate, Refusal> {
    match (direct_candidate(problem, machine, memory), Matrix.consider(problem, machine, memory)) {
        (Ok(direct), Ok(matrix)) => Ok(if direct.seconds <= matrix.seconds { direct } else { matrix }),
        (Err(Refusal::Memory(direct)), Err(Refusal::Memory(matrix))) => Err(Refusal::Memory(direct.min(matrix))),
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

/// Computes the failing outputs of an image of a tile that begins at `start`.
pub(super) fn failing(
    (problem, cut, machine, memory): (&Problem, &Cut, &Machine, usize),
    operands: (&View<'_>, &View<'_>),
    (field, failing, start): (&Field, &Failing, &[usize]),
    output: &mut ViewMut<'_>,
) {
    let (batch, bank_at) = (problem.batch.len(), problem.batch.len() + problem.group.len());
    let shape: Dims<usize> = output.shape().into();
    let image = grid_position(&shape[..batch], failing.image);
    for &walks in &failing.walks {
        let mut first: Dims<usize> = image.clone();
        first.resize(shape.len(), 0);
        let mut lengths = shape.clone();
        lengths[..batch].fill(1);
        let walk = grid_position(&field.walked_outputs, walks);
        let along = cut.walked.iter().zip(walk.iter().map(|&at| at..at + 1));
        let evaluated = cut.evaluated.iter().zip(&failing.outputs);
        let evaluated = evaluated.filter_map(|(axis, outputs)| Some((axis.as_ref()?, outputs.clone())));
        for (axis, outputs) in along.chain(evaluated) {
            (first[bank_at + 1 + axis], lengths[bank_at + 1 + axis]) = (outputs.start, outputs.len());
        }
        let from: Dims<usize> = first.iter().zip(start).map(|(at, start)| at + start).collect();
        outputs((problem, machine, memory), operands, &from, output.sliced(&first, &lengths));
    }
}
