//! Choosing by the clock: every candidate computes the problem on made-up data.

use super::Answer;
use crate::problem::Problem;
use convolver_kernels::{Owned, Scalar, grid_position};
use std::time::Instant;

/// Rounds over the candidates; the best time of each counts.
const ROUNDS: usize = 3;

/// The number of the fastest candidate, of which there is at least one.
pub(super) fn fastest(problem: &Problem, answers: &[Answer]) -> usize {
    let input = Owned::zeros(problem.input, &problem.input_shape());
    let mut output = Owned::zeros(problem.output, &problem.output_shape());
    let kernel = ones(problem);
    let mut best: Vec<Option<f64>> = answers.iter().map(|_| None).collect();
    for _ in 0..ROUNDS {
        for ((_, answer), best) in answers.iter().zip(&mut best) {
            let Ok(candidate) = answer else { continue };
            let start = Instant::now();
            candidate.recipe.prepare(&kernel.view()).run(&input.view(), output.view_mut());
            let seconds = start.elapsed().as_secs_f64();
            *best = Some(best.map_or(seconds, |best: f64| best.min(seconds)));
        }
    }
    let seconds = |number: usize| best[number].unwrap_or(f64::INFINITY);
    (0..answers.len()).min_by(|&a, &b| seconds(a).total_cmp(&seconds(b))).expect("there is a candidate")
}

/// A kernel of ones: whatever can be known of a kernel is true of it.
fn ones(problem: &Problem) -> Owned {
    let shape = problem.kernel_shape();
    let mut kernel = Owned::zeros(problem.kernel, &shape);
    let one = match problem.kernel.kind() {
        kind if kind < convolver_kernels::Kind::Float => Scalar::Integer(1),
        _ => Scalar::Number(1.0.into()),
    };
    let mut view = kernel.view_mut();
    for number in 0..shape.iter().product() {
        view.set(&grid_position(&shape, number), one);
    }
    kernel
}
