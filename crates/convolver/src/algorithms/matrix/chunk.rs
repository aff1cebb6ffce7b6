//! Chunks: as many terms as are multiplied at once, with the offsets of their samples and weights.

use super::layout::{Lanes, Layout};
use super::weights::Kernel;
use crate::problem::Problem;
use convolver_kernels::Run;

/// Neighbouring terms of the sum.
pub(super) struct Chunk {
    /// Where the sample of each term lies.
    pub(super) samples: Vec<usize>,
    /// Where the weight of each term lies.
    pub(super) weights: Vec<usize>,
}

impl Chunk {
    /// The chunks of at most `most` terms that so many summed elements of a box make, their offsets from those of the
    /// first element.
    pub(super) fn all<W>(
        problem: &Problem,
        layout: &Layout,
        kernel: &Kernel<'_, W>,
        elements: usize,
        most: usize,
    ) -> Vec<Chunk> {
        let mut taps: Vec<(usize, usize)> = layout.taps(problem).into_iter().zip(kernel.taps(problem)).collect();
        // Runs of neighbours are samples where positions are rows, and weights where they are lanes.
        if layout.lanes == Lanes::Positions && problem.flip {
            taps.reverse();
        }
        let step = (layout.element_step(), kernel.element_step(problem));
        let place = |element: usize, tap: &(usize, usize)| (element * step.0 + tap.0, element * step.1 + tap.1);
        let place = &place;
        let terms: Vec<(usize, usize)> = if layout.elements_together() && layout.lanes == Lanes::Banks {
            taps.iter().flat_map(|tap| (0..elements).map(move |element| place(element, tap))).collect()
        } else {
            (0..elements).flat_map(|element| taps.iter().map(move |tap| place(element, tap))).collect()
        };
        let chunk = |terms: &[(usize, usize)]| Chunk {
            samples: terms.iter().map(|term| term.0).collect(),
            weights: terms.iter().map(|term| term.1).collect(),
        };
        terms.chunks(most).map(chunk).collect()
    }

    pub(super) fn len(&self) -> usize {
        self.samples.len()
    }
}

/// Offsets as runs of neighbours.
pub(super) fn runs(offsets: &[usize]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for &offset in offsets {
        match runs.last_mut() {
            Some(run) if run.offset + run.count == offset => run.count += 1,
            _ => runs.push(Run { offset, count: 1 }),
        }
    }
    runs
}
