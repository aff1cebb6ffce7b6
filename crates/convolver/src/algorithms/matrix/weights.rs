//! Weights: the kernel as rows or lanes of a product.

use super::chunk::{Chunk, runs};
use super::layout::Lanes;
use crate::problem::{Axis, Problem};
use convolver_kernels::{
    BLOCK, Dims, Extent, Gather, InstructionSet, Lane, MatrixMut, Pieces, Run, Scratch, Source, Split, Terms, Turn,
    View, Working, grid_position,
};
use std::ops::Range;

/// A kernel, and where its weights lie.
pub(in crate::algorithms) struct Kernel<'a, W> {
    source: Source<'a, W>,
    /// Numbers from one weight to the next along each axis: group, bank, summed, taps.
    steps: Dims<usize>,
    /// Where the first one lies.
    start: usize,
}

impl<'a, W: Working<Lane = W> + Lane> Kernel<'a, W> {
    /// The kernel as it lies in memory, if it can be read there.
    pub(in crate::algorithms) fn in_place(view: &View<'a>) -> Option<Self> {
        let steps = view.strides().iter().map(|&stride| stride as usize / view.element().size());
        Some(Kernel { source: view.source()?, steps: steps.collect(), start: 0 })
    }

    /// The numbers that weights lie among.
    pub(in crate::algorithms) fn source(&self) -> Source<'a, W> {
        self.source
    }

    /// Dense weights.
    pub(in crate::algorithms) fn dense(problem: &Problem, weights: &'a [W]) -> Self {
        let shape = problem.kernel_shape();
        let mut steps: Dims<usize> = Dims::from_elem(1, shape.len());
        for axis in (1..shape.len()).rev() {
            steps[axis - 1] = steps[axis] * shape[axis];
        }
        Kernel { source: weights.into(), steps, start: 0 }
    }

    /// The kernel from these taps of a problem's on, as many as there are along each axis.
    pub(in crate::algorithms) fn of_taps(&self, problem: &Problem, taps: &[Range<usize>]) -> Self {
        let first = self.steps.len() - taps.len();
        let skipped =
            |(axis, taps): (&Axis, &Range<usize>)| if problem.flip { axis.kernel - taps.end } else { taps.start };
        let skipped = problem.axes.iter().zip(taps).map(skipped).zip(&self.steps[first..]);
        let start = self.start + skipped.map(|(taps, step)| taps * step).sum::<usize>();
        Kernel { source: self.source, steps: self.steps.clone(), start }
    }

    /// Dense weights with these axes, the last one's numbers being neighbours.
    pub(super) fn in_order(shape: &[usize], axes: &[usize], weights: &'a [W]) -> Self {
        let mut steps: Dims<usize> = Dims::from_elem(1, axes.len());
        let mut step = 1;
        for &axis in axes.iter().rev() {
            steps[axis] = step;
            step *= shape[axis];
        }
        Kernel { source: weights.into(), steps, start: 0 }
    }

    /// The weights of some banks and terms, those of a box being counted from `element`, where they lie; and where those of
    /// each bank do.
    pub(super) fn rows<'b>(
        &self,
        problem: &Problem,
        chunk: &'b Chunk,
        (group, banks, element): (usize, Range<usize>, usize),
    ) -> (Terms<'b, W>, Vec<usize>)
    where
        'a: 'b,
    {
        let start = self.group(problem, group) + self.element(problem, element);
        (Terms { numbers: self.source, start, places: &chunk.weights }, self.banks(problem, banks))
    }
}

impl<W> Kernel<'_, W> {
    fn offset(&self, axis: usize, lengths: &[usize], number: usize) -> usize {
        let position = grid_position(lengths, number);
        position.iter().zip(&self.steps[axis..]).map(|(at, step)| at * step).sum()
    }

    pub(in crate::algorithms) fn group(&self, problem: &Problem, group: usize) -> usize {
        self.start + self.offset(0, &problem.group, group)
    }

    pub(in crate::algorithms) fn banks(&self, problem: &Problem, banks: Range<usize>) -> Vec<usize> {
        let axis = problem.group.len();
        match problem.bank.len() {
            1 => banks.map(|bank| bank * self.steps[axis]).collect(),
            _ => banks.map(|bank| self.offset(axis, &problem.bank, bank)).collect(),
        }
    }

    /// Numbers from one element of the last summed axis to the next.
    pub(super) fn element_step(&self, problem: &Problem) -> usize {
        let last = problem.group.len() + problem.bank.len() + problem.summed.len();
        if problem.summed.is_empty() { 0 } else { self.steps[last - 1] }
    }

    /// What a summed element adds.
    pub(in crate::algorithms) fn element(&self, problem: &Problem, element: usize) -> usize {
        self.offset(problem.group.len() + problem.bank.len(), &problem.summed, element)
    }

    /// What each tap adds, in the order of the input.
    pub(in crate::algorithms) fn taps(&self, problem: &Problem) -> Vec<usize> {
        let first = problem.group.len() + problem.bank.len() + problem.summed.len();
        let lengths: Dims<usize> = problem.axes.iter().map(|axis| axis.kernel).collect();
        let taps = lengths.iter().product();
        let mut offsets: Vec<usize> = (0..taps).map(|tap| self.offset(first, &lengths, tap)).collect();
        if problem.flip {
            offsets.reverse();
        }
        offsets
    }
}

/// How weights are packed.
#[derive(Clone, Copy)]
pub(super) struct Packing<'a> {
    pub(super) problem: &'a Problem,
    pub(super) set: &'static InstructionSet,
    pub(super) pieces: Option<Pieces>,
    pub(super) lanes: Lanes,
}

/// The weights of one chunk.
#[derive(Clone, Copy)]
pub(super) struct Weights<'a, W> {
    /// Panels, unless they are in pieces, or rows, which are multiplied where they lie.
    pub(super) numbers: &'a [W],
    pub(super) pieces: &'a [i32],
    pub(super) extent: Extent,
}

impl Packing<'_> {
    /// The same without pieces.
    pub(super) fn whole(self) -> Self {
        Packing { pieces: None, ..self }
    }

    /// Numbers and joined pairs that the weights of so many banks and terms take.
    pub(super) fn room<W: Lane>(self, banks: usize, terms: usize) -> (usize, usize) {
        match (self.pieces, self.lanes) {
            (Some(pieces), _) => (0, banks.div_ceil(BLOCK) * pieces.block(terms.div_ceil(BLOCK))),
            (None, Lanes::Positions) => (0, 0),
            (None, Lanes::Banks) => (banks.next_multiple_of(self.set.lanes::<W>()) * terms, 0),
        }
    }

    /// Packs the weights of some banks and terms, the first of a box being those of `element`, into as much room as they take.
    pub(super) fn pack<W: Working<Lane = W> + Lane>(
        self,
        kernel: &Kernel<'_, W>,
        chunk: &Chunk,
        (group, banks, element): (usize, Range<usize>, usize),
        numbers: &mut [W],
        cut: &mut [i32],
    ) -> Extent {
        let start = kernel.group(self.problem, group) + kernel.element(self.problem, element);
        let banks = kernel.banks(self.problem, banks);
        let gather = |lines: &[usize], runs: &[Run], columns: usize, target: &mut [W]| {
            let job = Gather { source: kernel.source, start, lines, runs };
            self.set.gather(&job, &mut MatrixMut::from_slice(target, lines.len(), columns, columns));
        };
        let terms = chunk.len();
        match (self.pieces, self.lanes) {
            (None, Lanes::Positions) => {}
            (None, Lanes::Banks) => {
                for panel in self.set.panels::<W>(banks.len()) {
                    let numbers = &mut numbers[panel.start * terms..panel.end * terms];
                    let some = &banks[panel.start..panel.end.min(banks.len())];
                    let job = |lines, runs| Gather { source: kernel.source, start, lines, runs };
                    if !self.turned(job, &chunk.weights, some, panel.len(), numbers) {
                        by_terms(&chunk.weights, some, panel.len(), numbers, gather);
                    }
                }
            }
            (Some(pieces), Lanes::Positions) => {
                let numbers = Gather { source: kernel.source, start, lines: &banks, runs: &runs(&chunk.weights) };
                let numbers = W::gather_singles(numbers).expect("pieces are of f32");
                return self.set.split_rows(&Split { numbers, pieces, judged: true }, cut);
            }
            (Some(pieces), Lanes::Banks) => {
                let (across, along) = (runs(&banks), runs(&chunk.weights));
                // Numbers that are no neighbours either way are taken from fewer cache lines along the shorter step.
                let nearer =
                    |of: &[Run], other: &[Run]| of.first().map(|run| run.step) < other.first().map(|run| run.step);
                let copies = (copies(&across) * terms, copies(&along) * banks.len());
                if copies.0 < copies.1 || (copies.0 == copies.1 && !nearer(&along, &across)) {
                    let numbers = Gather { source: kernel.source, start, lines: &chunk.weights, runs: &across };
                    let numbers = W::gather_singles(numbers).expect("pieces are of f32");
                    return self.set.split_lanes(&Split { numbers, pieces, judged: true }, cut);
                }
                let numbers = Gather { source: kernel.source, start, lines: &banks, runs: &along };
                let numbers = W::gather_singles(numbers).expect("pieces are of f32");
                return self.set.split_turned(&Split { numbers, pieces, judged: true }, cut);
            }
        }
        Extent::NONE
    }

    /// Turns neighbouring terms of equally spaced banks, which are f32; false if they are something else.
    fn turned<'k, W: Working>(
        self,
        job: impl Fn(&'k [usize], &'k [Run]) -> Gather<'k, W>,
        terms: &[usize],
        banks: &'k [usize],
        width: usize,
        target: &mut [W],
    ) -> bool {
        let (across, along) = (runs(banks), runs(terms));
        let [banks_at] = across[..] else { return false };
        let short = along.len() * TURNED > terms.len() || along.iter().any(|run| run.step != 1);
        if short || (banks_at.count > 1 && banks_at.step == 1) {
            return false;
        }
        let (Some(numbers), Some(target)) = (W::gather_singles(job(banks, &[])), W::singles_mut(target)) else {
            return false;
        };
        if banks.len() < width {
            target.fill(0.0);
        }
        let mut first = 0;
        for run in along {
            let start = numbers.start + banks_at.offset + run.offset;
            let job = Turn { source: numbers.source, start, step: banks_at.step, lines: banks.len() };
            let lines = &mut target[first * width..][..run.count * width];
            self.set.turn(&job, &mut MatrixMut::from_slice(lines, run.count, banks.len(), width));
            first += run.count;
        }
        true
    }
}

/// Copies that a line takes: numbers that are not neighbours are copied one by one.
fn copies(runs: &[Run]) -> usize {
    runs.iter().map(|run| if run.step == 1 { 1 } else { run.count }).sum()
}

/// Terms that are turned together.
const TURNED: usize = 16;

/// Terms as rows, gathered in whichever order has runs of neighbours.
fn by_terms<W: Working>(
    terms: &[usize],
    banks: &[usize],
    width: usize,
    target: &mut [W],
    gather: impl Fn(&[usize], &[Run], usize, &mut [W]),
) {
    let (across, along) = (runs(banks), runs(terms));
    if copies(&across) * terms.len() <= copies(&along) * banks.len() {
        return gather(terms, &across, width, target);
    }
    let mut rows = Scratch::<W>::new(banks.len() * terms.len());
    gather(banks, &along, terms.len(), &mut rows);
    // So many terms at a time that their lines stay in the first-level cache until all banks are in them.
    for (number, lines) in target.chunks_mut(width * TURNED).enumerate() {
        for (bank, row) in rows.chunks_exact(terms.len()).enumerate() {
            let numbers = &row[number * TURNED..];
            lines.chunks_exact_mut(width).zip(numbers).for_each(|(line, &number)| line[bank] = number);
        }
        lines.chunks_exact_mut(width).for_each(|line| line[banks.len()..].fill(W::default()));
    }
}
