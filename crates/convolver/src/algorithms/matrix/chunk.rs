//! Chunks: as many terms as are multiplied at once, with the offsets of their samples and weights.

use super::layout::{Lanes, Layout};
use super::weights::Kernel;
use crate::problem::Problem;
use convolver_kernels::{BLOCK, Run};

/// Where the sample and the weight of a term lie.
type Term = (usize, usize);

/// Neighbouring terms of the sum.
pub(super) struct Chunk {
    /// Where the sample of each term lies.
    pub(super) samples: Vec<usize>,
    /// Where the weight of each term lies.
    pub(super) weights: Vec<usize>,
    /// Where the first joined pair of each step lies, in a box of pairs.
    pub(super) steps: Vec<usize>,
    /// The tap that each of these steps is of.
    pub(super) taps: Vec<usize>,
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
        let taps: Vec<Term> = layout.taps(problem).into_iter().zip(kernel.taps(problem)).collect();
        let step = (layout.element_step(), kernel.element_step(problem));
        let place = |element: usize, tap: &(usize, usize)| (element * step.0 + tap.0, element * step.1 + tap.1);
        let place = &place;
        let terms: Vec<Term> = if layout.paired {
            // All taps of some elements, whose samples then stay in the first-level cache. The pairs of a step are terms
            // 16 apart.
            let of_step = |step: usize, tap: &Term| -> Vec<Term> {
                let first = layout.pair_elements(elements, step).map(|(first, _)| place(first, tap));
                first.chain(layout.pair_elements(elements, step).map(|(_, second)| place(second, tap))).collect()
            };
            (0..elements / BLOCK).flat_map(|step| taps.iter().flat_map(move |tap| of_step(step, tap))).collect()
        } else if layout.elements_together() && layout.lanes == Lanes::Banks {
            taps.iter().flat_map(|tap| (0..elements).map(move |element| place(element, tap))).collect()
        } else {
            (0..elements).flat_map(|element| taps.iter().map(move |tap| place(element, tap))).collect()
        };
        let chunk = |(first, terms): (usize, &[Term])| Chunk {
            samples: terms.iter().map(|term| term.0).collect(),
            weights: terms.iter().map(|term| term.1).collect(),
            steps: match layout.paired {
                false => Vec::new(),
                true => terms.iter().step_by(BLOCK).map(|term| layout.pair(term.0)).collect(),
            },
            taps: match layout.paired {
                false => Vec::new(),
                true => (0..terms.len() / BLOCK).map(|step| (first / BLOCK + step) % taps.len()).collect(),
            },
        };
        // Whole elements in pairs, if several fit.
        let whole = if layout.paired && taps.len() * BLOCK <= most { taps.len() * BLOCK } else { BLOCK };
        let length = equal_parts(terms.len(), most, whole);
        terms.chunks(length).enumerate().map(|(number, terms)| chunk((number * length, terms))).collect()
    }

    pub(super) fn len(&self) -> usize {
        self.samples.len()
    }
}

/// Offsets as runs.
pub(super) fn runs(offsets: &[usize]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for &offset in offsets {
        let Some(run) = runs.last_mut() else {
            runs.push(Run { offset, count: 1, step: 1 });
            continue;
        };
        let last = run.offset + (run.count - 1) * run.step;
        if run.count == 1 && offset > last {
            *run = Run { count: 2, step: offset - last, ..*run };
        } else if run.count > 1 && offset == last + run.step {
            run.count += 1;
        } else if run.count == 2 && offset == last + 1 {
            // Neighbours begin with the last one.
            *run = Run { count: 1, step: 1, ..*run };
            runs.push(Run { offset: last, count: 2, step: 1 });
        } else {
            runs.push(Run { offset, count: 1, step: 1 });
        }
    }
    runs
}

/// So many things in equal parts of `most` at most, of whole steps of `step` if there are several.
pub(in crate::algorithms) fn equal_parts(count: usize, most: usize, step: usize) -> usize {
    let parts = count.div_ceil(most).max(1);
    if parts == 1 { count.max(1) } else { count.div_ceil(parts).next_multiple_of(step).min(most) }
}
