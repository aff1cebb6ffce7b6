//! Random jobs for the band micro-kernel.

use crate::support::{Exact, Random};
use convolver_kernels::{Band, InstructionSet, Phase};

/// A band's job, owned.
#[derive(Clone, Debug)]
pub(crate) struct Job<L> {
    pub(crate) rows: usize,
    pub(crate) outputs: usize,
    pub(crate) start: usize,
    pub(crate) row_step: usize,
    pub(crate) phases: Vec<Phase>,
    pub(crate) columns: Vec<usize>,
    pub(crate) weights: Vec<L>,
    pub(crate) input: Vec<L>,
    pub(crate) accumulate: bool,
}

impl<L: Exact> Job<L> {
    /// A job of this size with random offsets and values, its input not one element longer than it must be.
    pub(crate) fn random(random: &mut Random, rows: usize, outputs: usize, phase_rows: &[usize]) -> Self {
        let row_step = random.below(90);
        let phases: Vec<_> = phase_rows.iter().map(|&rows| Phase { rows, columns: random.within(1, 5) }).collect();
        let offsets: Vec<_> =
            phases.iter().map(|phase| (0..phase.columns).map(|_| random.below(140)).collect()).collect();
        let columns = offsets.concat();
        let start = random.below(9);
        let furthest = |offsets: &Vec<usize>| offsets.iter().copied().max().unwrap();
        let reaches =
            phases.iter().zip(&offsets).map(|(phase, offsets)| furthest(offsets) + (phase.rows - 1) * row_step);
        let length = start + reaches.max().unwrap() + (rows - 1) * row_step + outputs;
        let input = (0..length).map(|_| L::random(random)).collect();
        let taps = phases.iter().map(|phase| phase.rows * phase.columns).sum::<usize>();
        let weights = (0..taps).map(|_| L::random(random)).collect();
        let accumulate = random.below(2) == 1;
        Job { rows, outputs, start, row_step, phases, columns, weights, input, accumulate }
    }

    pub(crate) fn band(&self) -> Band<'_, L> {
        Band {
            input: self.input[..].into(),
            start: self.start,
            row_step: self.row_step,
            phases: &self.phases,
            columns: &self.columns,
            weights: &self.weights,
            accumulate: self.accumulate,
        }
    }

    /// The output at (`row`, `at`), whose old value is `old`, by the formula.
    pub(crate) fn expected(&self, row: usize, at: usize, old: L) -> L {
        let mut sum = if self.accumulate { old } else { L::default() };
        let (mut weights, mut columns) = (self.weights.iter(), self.columns.iter());
        for phase in &self.phases {
            for column in columns.by_ref().take(phase.columns) {
                for kernel_row in 0..phase.rows {
                    let place = self.start + (row + kernel_row) * self.row_step + column + at;
                    sum = sum.plus(weights.next().unwrap().times(self.input[place]));
                }
            }
        }
        sum
    }

    /// What the job is, without its values.
    pub(crate) fn describe(&self, set: &InstructionSet) -> String {
        let Job { rows, outputs, start, row_step, phases, columns, accumulate, .. } = self;
        format!(
            "{}, {:?}: {rows} × {outputs} outputs, start {start}, row step {row_step}, {phases:?}, columns {columns:?}, \
             accumulate {accumulate}",
            set.name,
            L::TYPE
        )
    }
}
