//! The spectrum of a kernel: its taps evaluated at the points.
//!
//! Layout    a panel of banks for each group: chunks of terms, and in each [point][term][bank].

use super::cut::Cut;
use super::promise::Trust;
use crate::algorithms::matrix::{Kernel, equal_parts, runs};
use crate::machine::Machine;
use crate::primitives::threads;
use crate::problem::Problem;
use convolver_kernels::{
    Dims, Evaluate, Evaluation, Gather, Lane, MatrixMut, Real, Run, Scratch, Source, Turn, Working, grid_position,
};
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// Terms of a chunk at most: a panel of them at one point stays in the first-level cache, at all points in the second.
const CHUNK: usize = 96;

/// A kernel, and how it is evaluated.
pub(super) struct Packing<'a, W> {
    problem: &'a Problem,
    cut: &'a Cut,
    machine: &'a Machine,
    kernel: &'a Kernel<'a, W>,
    /// Where each tap of each term lies, those that are evaluated together side by side; and the same as runs.
    columns: Vec<usize>,
    runs: Vec<Run>,
    /// The terms of each chunk.
    pub(super) chunks: Vec<Range<usize>>,
}

/// A panel of a kernel whose banks are lanes: [term][tap][bank].
pub(super) struct Turned<W: Working> {
    taps: Scratch<W>,
    width: usize,
    pub(super) trust: Trust,
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
        let of_walk = |axes: &[usize]| -> Dims<usize> { axes.iter().map(|&axis| lengths[axis]).collect() };
        let evaluated: Dims<usize> = cut.evaluated.iter().flatten().copied().collect();
        let (walks, squares) = (of_walk(&cut.walked), of_walk(&evaluated));
        let tap = |walk: usize, square: usize| {
            let mut at: Dims<usize> = Dims::from_elem(0, lengths.len());
            grid_position(&walks, walk).iter().zip(&cut.walked).for_each(|(&tap, &axis)| at[axis] = tap);
            grid_position(&squares, square).iter().zip(&evaluated).for_each(|(&tap, &axis)| at[axis] = tap);
            offsets[at.iter().zip(&lengths).fold(0, |number, (&at, &length)| number * length + at)]
        };
        let taps: Vec<Vec<usize>> = (0..walks.iter().product())
            .map(|walk| (0..squares.iter().product()).map(|square| tap(walk, square)).collect())
            .collect();
        let elements: Vec<usize> = (0..problem.summed[0]).map(|element| kernel.element(problem, element)).collect();
        let columns: Vec<usize> = taps
            .iter()
            .flat_map(|taps| elements.iter().flat_map(move |element| taps.iter().map(move |tap| tap + element)))
            .collect();
        let terms = cut.terms(problem);
        let chunk = equal_parts(terms, CHUNK, 1);
        let chunks = (0..terms).step_by(chunk).map(|first| first..terms.min(first + chunk)).collect();
        let runs = runs(&columns);
        Packing { problem, cut, machine, kernel, columns, runs, chunks }
    }

    /// A panel of a group's banks.
    pub(super) fn turned(&self, group: usize, banks: Range<usize>, width: usize) -> Turned<W> {
        let set = self.machine.set;
        let start = self.kernel.group(self.problem, group);
        let places = self.kernel.banks(self.problem, banks.clone());
        let (rows, count) = (self.columns.len(), banks.len());
        let mut taps = Scratch::<W>::new(rows * width);
        let step = if count > 1 { places[1] - places[0] } else { 1 };
        if count > 1 && step == 1 {
            let runs = [Run { offset: places[0], count, step }];
            let job = Gather { source: self.kernel.source(), start, lines: &self.columns, runs: &runs };
            set.gather(&job, &mut MatrixMut::from_slice(&mut taps, rows, width, width));
        } else {
            if count < width {
                taps.fill(W::default());
            }
            let mut target = MatrixMut::from_slice(&mut taps, rows, count, width);
            if let [Run { offset, step: 1, .. }] = self.runs[..] {
                let start = start + places[0] + offset;
                set.turn(&Turn { source: self.kernel.source(), start, step, lines: count }, &mut target);
            } else {
                let mut lines = Scratch::<W>::new(count * rows);
                let job = Gather { source: self.kernel.source(), start, lines: &places, runs: &self.runs };
                set.gather(&job, &mut MatrixMut::from_slice(&mut lines, count, rows, rows));
                set.turn(&Turn { source: Source::from(&lines[..]), start: 0, step: rows, lines: count }, &mut target);
            }
        }
        let trust = Trust::of(set, &taps[..], (self.cut.taps(self.problem), width, count));
        Turned { taps, width, trust }
    }

    /// Numbers of a chunk.
    pub(super) fn room(&self, terms: usize, width: usize) -> usize {
        self.cut.points() * terms * width
    }

    /// Evaluates a chunk of terms.
    pub(super) fn evaluate(&self, turned: &Turned<W>, chunk: &Range<usize>, values: &mut [W]) {
        let width = turned.width;
        let each = self.cut.taps(self.problem) * width;
        let along = self
            .cut
            .evaluated
            .map(|axis| axis.map_or(Evaluation::One, |axis| Evaluation::Taps(self.problem.axes[axis].kernel)));
        let from: Vec<usize> = chunk.clone().map(|term| term * each).collect();
        let to: Vec<usize> = (0..chunk.len()).map(|term| term * width).collect();
        let point = chunk.len() * width;
        let job = Evaluate {
            along,
            numbers: Source::from(&turned.taps[..]),
            from: &from,
            from_steps: [along[1].counts().0 * width, width],
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
        let room = |panel: &Panel| self.room(terms, panel.width);
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
        threads::for_each(panels.len(), shared, |number| {
            let Panel { group, banks, width } = &panels[number];
            if banks.is_empty() {
                return;
            }
            let turned = self.turned(*group, banks.clone(), *width);
            {
                let mut all = trust.lock().unwrap_or_else(PoisonError::into_inner);
                *all = all.and(turned.trust);
            }
            let mut part = parts[number].lock().unwrap_or_else(PoisonError::into_inner);
            for chunk in &self.chunks {
                let place = self.room(chunk.start, *width);
                self.evaluate(&turned, chunk, &mut part[place..][..self.room(chunk.len(), *width)]);
            }
        });
        drop(parts);
        let trust = trust.into_inner().unwrap_or_else(PoisonError::into_inner);
        Spectrum { values, panels: places, panels_of_tile, trust }
    }
}
