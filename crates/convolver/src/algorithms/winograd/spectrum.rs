//! The spectrum of a kernel: its taps evaluated at the points.
//!
//! Layout    a panel of banks for each group: chunks of terms, and in each [point][term][bank].

use super::cut::Cut;
use super::promise::Trust;
use crate::algorithms::matrix::Kernel;
use crate::machine::Machine;
use crate::primitives::threads;
use crate::problem::Problem;
use convolver_kernels::{
    Dims, Evaluate, Evaluation, Gather, Lane, MatrixMut, Real, Run, Scratch, Source, Turn, Working, grid_position,
};
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// Shares that the elements of a panel are turned in.
const SHARES: usize = 8;
/// A kernel, and how it is evaluated.
pub(super) struct Packing<'a, W> {
    problem: &'a Problem,
    cut: &'a Cut,
    machine: &'a Machine,
    kernel: &'a Kernel<'a, W>,
    /// Where each tap lies in the kernel, by walked and evaluated axes.
    taps: Vec<usize>,
    /// Rows of a turned panel: taps of an element by walked axes, then of evaluated ones, filled up.
    room: [usize; 3],
    /// What the taps of evaluated axes are, of those.
    there: [usize; 2],
    /// The terms of each chunk; those of some parts are neighbours.
    pub(super) chunks: Vec<Range<usize>>,
}

/// A panel of a kernel whose banks are lanes: [element][walked tap][evaluated taps][bank].
pub(super) struct Turned<W: Working> {
    taps: Scratch<W>,
    width: usize,
    pub(super) trust: Trust,
    /// The largest norm of a term's taps, of each bank.
    pub(super) norms: Vec<f64>,
}

/// Every panel of a kernel, evaluated.
pub(super) struct Spectrum<W: Working> {
    values: Scratch<W>,
    /// Where each panel begins: by group, tile of banks, panel.
    panels: Vec<usize>,
    panels_of_tile: usize,
    pub(super) trust: Trust,
}

impl<W: Working> Spectrum<W> {
    /// The values of a panel.
    pub(super) fn panel(&self, tile: usize, panel: usize) -> &[W] {
        &self.values[self.panels[tile * self.panels_of_tile + panel]..]
    }
}

/// A panel that is to be evaluated: its group and banks, and its numbers to a row.
struct Panel {
    group: usize,
    banks: Range<usize>,
    width: usize,
}

impl<'a, W: Working<Lane = W> + Lane + Real> Packing<'a, W> {
    pub(super) fn new(problem: &'a Problem, cut: &'a Cut, machine: &'a Machine, kernel: &'a Kernel<'a, W>) -> Self {
        let lengths: Dims<usize> = problem.axes.iter().map(|axis| axis.kernel).collect();
        let offsets = kernel.taps(problem);
        let evaluated: Dims<usize> = cut.evaluated.iter().flatten().copied().collect();
        let order: Dims<usize> = cut.walked.iter().chain(&evaluated).copied().collect();
        let counts: Dims<usize> = order.iter().map(|&axis| lengths[axis]).collect();
        let tap = |number: usize| {
            let mut at: Dims<usize> = Dims::from_elem(0, lengths.len());
            grid_position(&counts, number).iter().zip(&order).for_each(|(&tap, &axis)| at[axis] = tap);
            offsets[at.iter().zip(&lengths).fold(0, |number, (&at, &length)| number * length + at)]
        };
        let taps = (0..counts.iter().product()).map(tap).collect();
        let walks = cut.walked.iter().map(|&axis| lengths[axis]).product();
        let along = cut.parts.map(|parts| parts.taps * parts.count);
        let there = cut.evaluated.map(|axis| axis.map_or(1, |axis| lengths[axis]));
        // Those of some parts, so that a tile may take as many parts at a time.
        let terms = cut.terms(problem);
        let together = terms / cut.all_parts() * cut.parts_of_run(problem);
        let [run, _] = cut.runs(problem);
        let some = |first: usize| {
            let end = terms.min(first + together);
            (first..end).step_by(run).map(move |at| at..end.min(at + run))
        };
        let chunks = (0..terms).step_by(together).flat_map(some).collect();
        Packing { problem, cut, machine, kernel, taps, room: [walks, along[0], along[1]], there, chunks }
    }

    /// A panel of a group's banks.
    pub(super) fn turned(&self, group: usize, banks: Range<usize>, width: usize, shared: bool) -> Turned<W> {
        let elements = self.problem.summed[0];
        let [walks, rows, columns] = self.room;
        let each = walks * rows * columns;
        let whole = self.room[1..] == self.there;
        let mut taps = Scratch::<W>::new(elements * each * width);
        if !whole || banks.len() < width {
            taps.fill(W::default());
        }
        let places = self.kernel.banks(self.problem, banks.clone());
        let start = self.kernel.group(self.problem, group);
        let first = |element: usize| start + self.kernel.element(self.problem, element);
        let together = self.taps.windows(2).all(|pair| pair[0] + 1 == pair[1]);
        let follow = elements > 1 && first(1) - first(0) == each;
        let share = elements.div_ceil(SHARES);
        threads::for_each_chunk(&mut taps, share * each * width, shared, |number, target| {
            let element = number * share;
            if whole && together && follow {
                let count = target.len() / width;
                return self.lines((first(element) + self.taps[0], count), &places, target, (width, false));
            }
            for (element, target) in (element..).zip(target.chunks_exact_mut(each * width)) {
                if whole {
                    self.some(first(element), &self.taps, &places, target, width);
                    continue;
                }
                for (line, taps) in self.taps.chunks_exact(self.there[1]).enumerate() {
                    let row = line / self.there[0] * rows + line % self.there[0];
                    self.some(first(element), taps, &places, &mut target[row * columns * width..], width);
                }
            }
        });
        let missing = elements * (each - walks * self.there[0] * self.there[1]);
        let parts = (self.cut.taps(), self.cut.all_parts() == 1, missing);
        let (trust, norms) = Trust::of(self.machine.set, &taps[..], (width, banks.len()), parts);
        Turned { taps, width, trust, norms }
    }

    /// How far the taps of the first panel are to be trusted.
    pub(super) fn sample(&self) -> Trust {
        let panel = self.machine.set.panels::<W>(self.cut.banks).next().expect("there are banks");
        self.turned(0, 0..panel.end.min(self.problem.bank[0]), panel.len(), false).trust
    }

    /// Some taps of an element.
    fn some(&self, start: usize, taps: &[usize], banks: &[usize], target: &mut [W], width: usize) {
        let (first, last) = (taps[0], taps[taps.len() - 1]);
        let forwards = taps.windows(2).all(|pair| pair[0] + 1 == pair[1]);
        let backwards = taps.windows(2).all(|pair| pair[0] == pair[1] + 1);
        let step = if banks.len() > 1 { banks[1].wrapping_sub(banks[0]) } else { 0 };
        if step != 1 && (forwards || backwards) {
            return self.lines((start + first.min(last), taps.len()), banks, target, (width, !forwards));
        }
        let runs = [Run { offset: banks[0], count: banks.len(), step: step.max(1) }];
        let job = Gather { source: self.kernel.source(), start, lines: taps, runs: &runs };
        self.machine.set.gather(&job, &mut MatrixMut::from_slice(target, taps.len(), banks.len(), width));
    }

    /// Taps that are neighbours, in either order.
    fn lines(
        &self,
        (start, count): (usize, usize),
        banks: &[usize],
        target: &mut [W],
        (width, backwards): (usize, bool),
    ) {
        let step = if banks.len() > 1 { banks[1] - banks[0] } else { 1 };
        let mut target = MatrixMut::from_slice(target, count, banks.len(), width);
        let mut target = if backwards { target.backwards() } else { target.rows_from(0, count) };
        let job = Turn { source: self.kernel.source(), start: start + banks[0], step, lines: banks.len() };
        self.machine.set.turn(&job, &mut target);
    }

    /// Numbers of a chunk.
    pub(super) fn numbers(&self, terms: usize, width: usize) -> usize {
        self.cut.points() * terms * width
    }

    /// Evaluates a chunk of terms.
    pub(super) fn evaluate(&self, turned: &Turned<W>, chunk: &Range<usize>, values: &mut [W]) {
        let (width, elements) = (turned.width, self.problem.summed[0]);
        let [walks, rows, columns] = self.room;
        let along = [0, 1].map(|axis| match self.cut.evaluated[axis] {
            Some(_) => Evaluation::Taps(self.cut.parts[axis].taps),
            None => Evaluation::One,
        });
        let [outer, inner] = self.cut.parts;
        let place = |term: usize| {
            let (walk, element) = (term / elements, term % elements);
            let (part, walk) = (walk / walks, walk % walks);
            let (row, column) = (part / inner.count * outer.taps, part % inner.count * inner.taps);
            (((element * walks + walk) * rows + row) * columns + column) * width
        };
        let from: Vec<usize> = chunk.clone().map(place).collect();
        let to: Vec<usize> = (0..chunk.len()).map(|term| term * width).collect();
        let point = chunk.len() * width;
        let job = Evaluate {
            along,
            numbers: Source::from(&turned.taps[..]),
            from: &from,
            from_steps: [columns * width, width],
            to: &to,
            to_steps: [convolver_kernels::POINTS * point, point],
            lanes: width,
        };
        self.machine.set.evaluate(&job, values);
    }

    /// Evaluates every panel.
    pub(super) fn spectrum(&self, shared: bool) -> Spectrum<W> {
        let set = self.machine.set;
        let banks: usize = self.problem.bank.iter().product();
        let groups: usize = self.problem.group.iter().product();
        let mut panels = Vec::new();
        let mut panels_of_tile = 0;
        for group in 0..groups {
            for first in (0..banks).step_by(self.cut.banks) {
                let count = self.cut.banks.min(banks - first);
                let before = panels.len();
                panels.extend(set.panels::<W>(count).map(|panel| Panel {
                    group,
                    banks: first + panel.start..first + panel.end.min(count),
                    width: panel.len(),
                }));
                panels_of_tile = panels_of_tile.max(panels.len() - before);
                // The last tile may have fewer.
                while panels.len() - before < panels_of_tile {
                    panels.push(Panel { group, banks: first..first, width: 0 });
                }
            }
        }
        let terms = self.cut.terms(self.problem);
        let room = |panel: &Panel| self.numbers(terms, panel.width);
        let places = panels.iter().scan(0, |place, panel| Some(std::mem::replace(place, *place + room(panel))));
        let places: Vec<usize> = places.collect();
        let mut values = Scratch::<W>::new(panels.iter().map(room).sum());
        let trust = Mutex::new(Trust::ALL);
        let mut rest = &mut values[..];
        let parts: Vec<Mutex<&mut [W]>> = panels
            .iter()
            .map(|panel| {
                let (part, after) = std::mem::take(&mut rest).split_at_mut(room(panel));
                rest = after;
                Mutex::new(part)
            })
            .collect();
        // Threads take panels, or the elements and chunks of each where there are few of them.
        let several = panels.len() >= self.machine.cores;
        threads::for_each(panels.len(), shared && several, |number| {
            let Panel { group, banks, width } = &panels[number];
            if banks.is_empty() {
                return;
            }
            let inside = shared && !several;
            let turned = self.turned(*group, banks.clone(), *width, inside);
            {
                let mut all = trust.lock().unwrap_or_else(PoisonError::into_inner);
                *all = all.and(turned.trust);
            }
            let mut part = parts[number].lock().unwrap_or_else(PoisonError::into_inner);
            let mut rest = &mut part[..];
            let values: Vec<Mutex<&mut [W]>> = self
                .chunks
                .iter()
                .map(|chunk| {
                    let (values, after) = std::mem::take(&mut rest).split_at_mut(self.numbers(chunk.len(), *width));
                    rest = after;
                    Mutex::new(values)
                })
                .collect();
            threads::for_each(self.chunks.len(), inside, |chunk| {
                let mut values = values[chunk].lock().unwrap_or_else(PoisonError::into_inner);
                self.evaluate(&turned, &self.chunks[chunk], &mut values);
            });
        });
        drop(parts);
        let trust = trust.into_inner().unwrap_or_else(PoisonError::into_inner);
        Spectrum { values, panels: places, panels_of_tile, trust }
    }
}
