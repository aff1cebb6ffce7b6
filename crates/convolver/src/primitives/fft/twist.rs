//! The factors between columns and rows of a long line.

use convolver_kernels::{Real, root};

/// Factors ω^(f·c) for rows f and columns c, with w^c if numbers are real: of the lanes of a strip, and of the strip.
#[derive(Debug)]
pub(super) struct Twist<L> {
    pub(super) bases: Vec<L>,
    pub(super) steps: Vec<L>,
}

impl<L: Real> Twist<L> {
    pub(super) fn new(frequencies: &[usize], (points, real): (usize, bool), width: usize, lanes: usize) -> Self {
        // In quarters of a frequency: w is a quarter of one, backward.
        let quarters = move |frequency: usize| (4 * frequency + if real { 4 * points - 1 } else { 0 }) % (4 * points);
        let factor = move |frequency: usize, column: usize| root(quarters(frequency) * column, 4 * points);
        let base = |&frequency: &usize| {
            let parts = move |part: usize| (0..lanes).map(move |lane| factor(frequency, lane)[part]);
            parts(0).chain(parts(1))
        };
        let strips = width / lanes;
        Twist {
            bases: frequencies.iter().flat_map(base).collect(),
            steps: (0..strips)
                .flat_map(|strip| frequencies.iter().flat_map(move |&frequency| factor(frequency, strip * lanes)))
                .collect(),
        }
    }
}
