//! What a tile sees of an input that can be read in place, with zeros around it: rows that lie in both the input and the box.

use super::layout::{Layout, Place, extents};
use crate::algorithms::tile::Tile;
use crate::problem::{Axis, Boundary, Conjugate, Problem};
use convolver_kernels::{
    Dims, Extent, Gather, InstructionSet, Kind, Lane, MatrixMut, PairSplit, PairTurn, Pieces, Run, Source, View,
    grid_position,
};
use smallvec::SmallVec;
use std::ops::Range;

/// Rows of the input that a box holds.
pub(super) struct Inside<'a, L> {
    source: Source<'a, L>,
    /// Where each image starts.
    images: Vec<usize>,
    /// What each summed element adds.
    elements: Vec<usize>,
    /// Where groups of rows lie in an image, and in the box's.
    places: Vec<(usize, usize)>,
    rows: usize,
    /// What rows are made of: places whose remainders are the same lie together in a box.
    parts: SmallVec<[Part; 4]>,
    /// From one number of a part to the next.
    step: usize,
    /// From one row to the next.
    pitches: (usize, usize),
}

/// A part of a row: where it starts, in the input and in a box, and its numbers.
#[derive(Clone, Copy)]
struct Part {
    from: usize,
    to: usize,
    count: usize,
}

impl Layout {
    /// What lies inside, if it is all there is but zeros. Rows are lines of places, or the elements of a place.
    pub(super) fn inside<'a, L: Lane>(
        &self,
        problem: &Problem,
        (input, source): (&View<'_>, Source<'a, L>),
        tile: Tile<'_>,
        elements: Range<usize>,
    ) -> Option<Inside<'a, L>> {
        let zero = |axis: &Axis| axis.spread == 1 && axis.boundary == [Boundary::Zero; 2];
        let real = problem.conjugate != Conjugate::Input || problem.input.kind() != Kind::Complex;
        if !real || !problem.axes.iter().all(zero) {
            return None;
        }
        let steps: Dims<usize> = input.strides().iter().map(|&step| step as usize / problem.input.size()).collect();
        let (lead, along) = steps.split_at(steps.len() - problem.axes.len());
        let extents = extents(problem, tile.outputs);
        // Along each axis: the first sample that is there, its place in the box, and how many.
        let seen = |(number, axis): (usize, &Axis)| {
            let start = axis.place(tile.first[number], 0);
            let from = start.clamp(0, axis.input as isize);
            let end = (start + extents[number] as isize).clamp(from, axis.input as isize);
            (from as usize, (from - start) as usize, (end - from) as usize)
        };
        let inside: SmallVec<[(usize, usize, usize); 3]> = problem.axes.iter().enumerate().map(seen).collect();
        let last = inside.len() - 1;
        // The axis that rows follow each other along.
        let row = match self.place {
            Place::Summed => Some(last),
            _ => last.checked_sub(1),
        };
        let others: Dims<usize> = inside[..row.unwrap_or(0)].iter().map(|seen| seen.2).collect();
        // Where nothing is seen, there may be no address either.
        let empty = inside.iter().any(|seen| seen.2 == 0);
        let (mut from, mut to) = (0, 0);
        for (number, seen) in inside.iter().enumerate().filter(|_| !empty) {
            from += seen.0 * along[number];
            to += if number == last && self.place == Place::Convolved { 0 } else { seen.1 * self.steps[number] };
        }
        let parts = match self.place {
            Place::Summed => SmallVec::from_slice(&[Part { from: 0, to: 0, count: problem.summed[0] }]),
            _ => self.parts(along[last], inside[last].1, inside[last].2),
        };
        let count = if empty { 0 } else { others.iter().product() };
        let place = |number: usize| {
            let position = grid_position(&others, number);
            let at = |steps: &[usize]| position.iter().zip(steps).map(|(at, step)| at * step).sum::<usize>();
            (from + at(along), to + at(&self.steps))
        };
        let offset = |index: &[usize], steps: &[usize]| index.iter().zip(steps).map(|(at, step)| at * step).sum();
        let image = |image: usize| {
            let mut index: Dims<usize> = tile.leading.into();
            index.iter_mut().zip(grid_position(tile.batch, image)).for_each(|(index, at)| *index += at);
            offset(&index, lead)
        };
        // Elements of a box are neighbours along the last summed axis.
        let summed = &lead[tile.leading.len()..];
        let first = offset(&grid_position(&problem.summed, elements.start), summed);
        let step = summed.last().copied().unwrap_or(0);
        Some(Inside {
            source,
            images: (0..tile.batch.iter().product()).map(image).collect(),
            elements: (0..elements.len()).map(|number| first + number * step).collect(),
            places: (0..count).map(place).collect(),
            rows: row.map_or(1, |row| inside[row].2),
            parts,
            step: if self.place == Place::Summed { 1 } else { along[last].saturating_mul(self.modulus) },
            pitches: row.map_or((0, 0), |row| (along[row], self.steps[row])),
        })
    }

    /// The parts of a row of so many samples, `step` apart, the first of which stands at this place of a line.
    fn parts(&self, step: usize, first: usize, count: usize) -> SmallVec<[Part; 4]> {
        let part = |number: usize| {
            let place = first + number;
            let slot = if self.modulus == 1 { Some(0) } else { self.remainders.slot(place % self.modulus) };
            let to = slot? * self.line + place / self.modulus;
            Some(Part { from: number * step, to, count: (count - number).div_ceil(self.modulus) })
        };
        (0..self.modulus.min(count)).filter_map(part).collect()
    }

    /// Copies it to a box of zeros whose lines run along an axis.
    pub(super) fn copy<L: Lane>(&self, set: &'static InstructionSet, inside: &Inside<'_, L>, target: &mut [L]) {
        let lines: SmallVec<[usize; 64]> = (0..inside.rows).map(|row| row * inside.pitches.0).collect();
        for (image, &start) in inside.images.iter().enumerate() {
            for (number, element) in inside.elements.iter().enumerate() {
                for (from, to) in &inside.places {
                    let start = start + element + from;
                    let target = &mut target[image * self.images[0] + number * self.elements[0] + to..];
                    for &Part { from, to, count } in &inside.parts {
                        let runs = [Run { offset: from, count, step: inside.step }];
                        let job = Gather { source: inside.source, start, lines: &lines, runs: &runs };
                        let pitch = inside.pitches.1.max(count);
                        set.gather(&job, &mut MatrixMut::from_slice(&mut target[to..], inside.rows, count, pitch));
                    }
                }
            }
        }
    }
}

impl<L: Lane> Inside<'_, L> {
    /// Cuts it into a box of pairs that are zeros; gives its extent. Numbers of a row must be neighbours.
    pub(super) fn cut(
        &self,
        layout: &Layout,
        (pieces, piece_step): (Pieces, usize),
        target: &mut [i32],
        split: impl Fn(&PairSplit<'_, L>, &mut [i32]) -> Extent,
    ) -> Option<Extent> {
        let [Part { to: column, count, .. }] = self.parts[..] else { return None };
        if self.step != 1 {
            return None;
        }
        let summed = layout.place == Place::Summed;
        let mut extent = Extent::NONE;
        let pairs: SmallVec<[(usize, usize); 64]> = match summed {
            true => SmallVec::from_slice(&[(self.elements[0], self.elements[0] + count / 2)]),
            false => self.elements.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect(),
        };
        let (columns, pitch) = if summed { (count / 2, layout.pair_pitch()) } else { (count, self.pitches.1) };
        for (image, &start) in self.images.iter().enumerate() {
            for (number, (first, second)) in pairs.iter().enumerate() {
                for (from, to) in &self.places {
                    let job = PairSplit {
                        numbers: self.source,
                        first: (start + first + from, start + second + from),
                        rows: self.rows,
                        columns,
                        row_steps: (self.pitches.0, pitch),
                        pieces,
                        piece_step,
                    };
                    let place = layout.pair(image * layout.images[0] + to + column) + number * layout.elements[0];
                    extent = extent.and(split(&job, &mut target[place..]));
                }
            }
        }
        Some(extent)
    }

    /// Cuts planes of it into a box of pairs that are zeros, the pairs of a place together; gives its extent.
    pub(super) fn turn(
        &self,
        layout: &Layout,
        (pieces, piece_step): (Pieces, usize),
        target: &mut [i32],
        turn: impl Fn(&PairTurn<'_, L>, &mut [i32]) -> Extent,
    ) -> Extent {
        // Rows that follow each other in memory are one line.
        let mut lines: Vec<(usize, Vec<usize>)> = Vec::new();
        for &(from, to) in &self.places {
            let (first, pitch) = (layout.pair(to), layout.pair(self.pitches.1));
            let row = (0..self.rows).map(|row| first + row * pitch);
            match lines.last_mut() {
                Some((first, line)) if *first + line.len() == from => line.extend(row),
                _ => lines.push((from, row.collect())),
            }
        }
        let elements = (self.elements.len(), self.elements[1] - self.elements[0]);
        let mut extent = Extent::NONE;
        for (image, &start) in self.images.iter().enumerate() {
            let target = &mut target[layout.pair(image * layout.images[0])..];
            for (from, places) in lines.iter().filter(|(_, places)| !places.is_empty()) {
                let start = start + self.elements[0] + from;
                let job = PairTurn { numbers: self.source, start, elements, places, pieces, piece_step };
                extent = extent.and(turn(&job, target));
            }
        }
        extent
    }
}
