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

/// A kernel of ones, and of zeros where few taps are not: whatever can be known of a kernel is true of it. The ones stand in
/// a grid, so that it is a product of one-dimensional kernels, too.
fn ones(problem: &Problem) -> Owned {
    let shape = problem.kernel_shape();
    let mut kernel = Owned::zeros(problem.kernel, &shape);
    let one = match problem.kernel.kind() {
        kind if kind < convolver_kernels::Kind::Float => Scalar::Integer(1),
        _ => Scalar::Number(1.0.into()),
    };
    let share = problem.known.nonzero.map_or(1.0, |count| count as f64 / problem.taps() as f64);
    let along = share.powf(1.0 / problem.axes.len().max(1) as f64);
    let convolved = shape.len() - problem.axes.len();
    let kept = |length: usize| ((length as f64 * along).round() as usize).clamp(1, length);
    let mut view = kernel.view_mut();
    for number in 0..shape.iter().product() {
        let index = grid_position(&shape, number);
        let mut taps = index[convolved..].iter().zip(&shape[convolved..]);
        if taps.all(|(&tap, &length)| tap * kept(length) % length < kept(length)) {
            view.set(&index, one);
        }
    }
    kernel
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Taps that are not zeros, of a kernel made for a problem.
    fn count(text: &str) -> usize {
        let problem: Problem = text.parse().expect("a problem");
        let (kernel, shape) = (ones(&problem), problem.kernel_shape());
        (0..shape.iter().product())
            .filter(|&number| kernel.view().get(&grid_position(&shape, number)) != Scalar::Number(0.0.into()))
            .count()
    }

    #[test]
    fn few_taps_are_ones_where_few_are_known_not_to_be_zeros() {
        assert_eq!(count("f32 [90 90] * o2 [30 20] -> f32"), 1200);
        assert_eq!(count("f32 [90 90] * [30 20] known nonzero 6 -> f32"), 6);
        assert_eq!(count("f32 [900] * o3 [100] known nonzero 7 -> f32"), 21);
        assert_eq!(count("f64 c4 [90] * o2 [1] known nonzero 1 -> f64"), 8);
    }
}
