//! The dots micro-kernel against its formula: every instruction set, every lane, every length of run.

mod support;

use convolver_kernels::{Dots, InstructionSet, MatrixMut};
use std::panic::{AssertUnwindSafe, catch_unwind};
use support::{Exact, Random};

struct Job<L> {
    start: usize,
    row_step: usize,
    step: usize,
    rows: Vec<usize>,
    run: usize,
    weights: Vec<L>,
    input: Vec<L>,
    accumulate: bool,
}

impl<L: Exact> Job<L> {
    /// Random offsets and values, the input not one element longer than it must be.
    fn random(random: &mut Random, size: (usize, usize), run: usize) -> Self {
        let rows: Vec<_> = (0..random.within(1, 5)).map(|_| random.below(200)).collect();
        let (start, row_step, step) = (random.below(9), random.below(50), random.below(20));
        let furthest = rows.iter().max().unwrap();
        let length = start + (size.0 - 1) * row_step + (size.1 - 1) * step + furthest + run;
        let weights = (0..rows.len() * run).map(|_| L::random(random)).collect();
        let input = (0..length).map(|_| L::random(random)).collect();
        Job { start, row_step, step, rows, run, weights, input, accumulate: random.below(2) == 1 }
    }

    fn dots(&self) -> Dots<'_, L> {
        let Job { start, row_step, step, run, accumulate, .. } = *self;
        let (input, rows, weights) = (self.input[..].into(), &self.rows[..], &self.weights[..]);
        Dots { input, start, row_step, step, rows, run, weights, accumulate }
    }

    fn expected(&self, row: usize, column: usize, old: L) -> L {
        let first = self.start + row * self.row_step + column * self.step;
        let taps = self.rows.iter().flat_map(|offset| (0..self.run).map(move |tap| first + offset + tap));
        let start = if self.accumulate { old } else { L::default() };
        taps.zip(&self.weights).fold(start, |sum, (place, &weight)| sum.plus(weight.times(self.input[place])))
    }
}

fn every_run<L: Exact>(set: &'static InstructionSet) {
    let mut random = Random(11);
    for run in (1..=3 * set.lanes::<L>() + 1).chain([300]) {
        for _ in 0..8 {
            let size = (random.within(1, 3), random.within(1, 20));
            let (job, stride, margin) = (Job::<L>::random(&mut random, size, run), size.1 + random.below(5), 9);
            let mut target = vec![L::canary(); margin + size.0 * stride + margin];
            let mut expected = target.clone();
            for (row, column) in (0..size.0).flat_map(|row| (0..size.1).map(move |column| (row, column))) {
                let place = margin + row * stride + column;
                target[place] = L::random(&mut random);
                expected[place] = job.expected(row, column, target[place]);
            }
            let inside = &mut target[margin..margin + (size.0 - 1) * stride + size.1];
            set.dots(&job.dots(), &mut MatrixMut::from_slice(inside, size.0, size.1, stride));
            assert!(target == expected, "{}, {:?}: runs of {run}, {size:?} outputs", set.name, L::TYPE);
        }
    }
}

#[test]
fn every_length_of_run() {
    for_every_lane!(every_run);
}

fn refusals<L: Exact>(set: &'static InstructionSet) {
    let mut random = Random(12);
    for _ in 0..50 {
        let (run, size) = (random.within(1, 40), (random.within(1, 3), random.within(1, 20)));
        let job = Job::<L>::random(&mut random, size, run);
        let whole = job.dots();
        let shorter = &job.input[..job.input.len() - 1];
        let wrong = [
            Dots { input: shorter.into(), ..whole },
            Dots { rows: &[], ..whole },
            Dots { run: 0, weights: &[], ..whole },
            Dots { weights: &whole.weights[1..], ..whole },
            Dots { step: usize::MAX, start: whole.start + 1, ..whole },
            Dots { start: usize::MAX, ..whole },
        ];
        for (number, job) in wrong.iter().enumerate() {
            let mut target = vec![L::canary(); size.0 * size.1];
            let refused = catch_unwind(AssertUnwindSafe(|| {
                set.dots(job, &mut MatrixMut::from_slice(&mut target, size.0, size.1, size.1));
            }));
            assert!(refused.is_err(), "{}: wrong job {number} ran", set.name);
        }
    }
}

#[test]
fn jobs_that_read_outside_are_refused() {
    for_every_lane!(refusals);
}
