//! The tile loader: any part of any input, extended past its ends, as dense numbers of the working type.
//!
//! Boundaries, strides of views, byte order and element types end here: what an algorithm sees is a packed box.
//! A line of the box runs along the last convolved axis, or along a batch or group axis where that is what lies together in
//! memory. Along a convolved axis that is strided, only places that some tap sees are loaded; on a line the places of
//! one phase (place modulo stride) stand together, so that neighbouring outputs see neighbouring elements.

mod copier;
mod reader;

use crate::problem::{Axis, Boundary, Fill, Sample};
use convolver_kernels::{Dims, View, Working};
use copier::Copier;
pub use copier::widen;
use reader::Reader;
use smallvec::{SmallVec, smallvec};

/// What fills the places outside the input, and whether it is conjugated.
#[derive(Clone, Copy, Debug)]
pub struct Loader<'a, W> {
    /// The convolved axes.
    pub axes: &'a [Axis],
    /// What the `constant` boundary holds.
    pub fill: W,
    /// Whether the input is conjugated.
    pub conjugate: bool,
}

/// Where the places of a box go.
#[derive(Clone, Debug)]
pub struct Packing {
    /// First place along each convolved axis.
    pub starts: Dims<isize>,
    /// Places along each convolved axis.
    pub extents: Dims<usize>,
    /// Which phases of each convolved axis are seen by a tap.
    pub phases: SmallVec<[Phases; 3]>,
    /// Elements between neighbouring places of each convolved axis that lines do not run along.
    pub steps: Dims<usize>,
    /// What lines run along.
    pub line: Line,
}

/// What the lines of a box run along.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Line {
    /// The last convolved axis; each phase that is seen takes `length` elements.
    Convolved {
        /// Elements per phase.
        length: usize,
    },
    /// A batch or group axis of the input: its number, the first element and how many.
    Batch {
        /// The axis.
        axis: usize,
        /// First element.
        start: usize,
        /// Elements.
        count: usize,
    },
}

/// The phases of a strided axis: which remainders of a place modulo the stride some tap sees.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Phases {
    /// For each remainder, its number among those seen.
    slots: SmallVec<[Option<usize>; 4]>,
    /// How many are seen.
    seen: usize,
}

impl Phases {
    /// The phases of an axis.
    pub fn of(axis: &Axis) -> Self {
        let mut slots: SmallVec<[Option<usize>; 4]> = smallvec![None; axis.stride.min(axis.window())];
        for tap in 0..axis.kernel {
            let remainder = tap * axis.dilation % axis.stride;
            slots[remainder] = Some(0);
        }
        let mut seen = 0;
        for slot in slots.iter_mut().flatten() {
            *slot = seen;
            seen += 1;
        }
        Phases { slots, seen }
    }

    /// The number of a remainder among those seen.
    pub fn slot(&self, remainder: usize) -> Option<usize> {
        self.slots.get(remainder).copied().flatten()
    }

    /// How many are seen.
    pub fn seen(&self) -> usize {
        self.seen
    }

    /// Places of an axis that outputs see through some tap, about.
    pub fn places(axis: &Axis) -> usize {
        (axis.output() - 1) * Phases::of(axis).seen() + axis.kernel
    }
}

/// What stands at one place of an axis.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// Nothing that a tap sees.
    Unseen,
    /// A sample of the input.
    Sample(usize),
    /// Zero, on every line through it.
    Zero,
    /// Zero on some lines, the fill, or several samples together.
    Other,
}

/// Rows of the input that sum to one line of the box.
type Terms<W> = SmallVec<[(Dims<usize>, W); 1]>;

impl<W: Working> Loader<'_, W> {
    /// The fill of a problem as a working number.
    pub fn fill(fill: Fill) -> W {
        match fill {
            Fill::Integer(integer) => W::of_integer(integer),
            Fill::Number(real, imaginary) => W::of_parts(real, imaginary),
        }
    }

    /// Loads a box for one index of the input's batch, group and summed axes.
    pub fn load(&self, view: &View<'_>, leading: &[usize], packing: &Packing, target: &mut [W]) {
        let lines = match packing.line {
            Line::Convolved { .. } => self.axes.len() - 1,
            Line::Batch { .. } => self.axes.len(),
        };
        let places: SmallVec<[Vec<Place>; 3]> = (0..lines).map(|axis| self.places(packing, axis)).collect();
        let mut copier = Copier::new(self, view, packing);
        let mut reader = Reader::new(self, view, packing.line);
        let mut index: Dims<usize> = leading.into();
        index.resize(leading.len() + self.axes.len(), 0);
        // Rows follow each other along the last of the axes, or there is one.
        let (outer, row) = (lines.saturating_sub(1), lines.checked_sub(1));
        let one = [Place::Sample(0)];
        let rows = row.map_or(&one[..], |row| &places[row]);
        let pitch = row.map_or(0, |row| packing.steps[row]);
        let mut position: Dims<usize> = smallvec![0; lines];
        loop {
            let first: usize =
                position.iter().zip(&packing.steps).take(outer).map(|(&place, &step)| place * step).sum();
            let (mut seen, mut zero, mut inside) = (true, false, true);
            for (axis, &place) in position.iter().enumerate().take(outer) {
                match places[axis][place] {
                    Place::Unseen => seen = false,
                    Place::Sample(sample) => index[leading.len() + axis] = sample,
                    Place::Zero => zero = true,
                    Place::Other => inside = false,
                }
            }
            let of_row = row.map(|row| leading.len() + row);
            of_row.into_iter().for_each(|axis| index[axis] = 0);
            let from = copier
                .as_ref()
                .map_or((0, 0), |copier| (copier.place(&index), of_row.map_or(0, |axis| copier.step(axis))));
            for (number, place) in rows.iter().enumerate().filter(|_| seen) {
                let line = &mut target[first + number * pitch..];
                match (&mut copier, place) {
                    (_, Place::Unseen) => {}
                    (Some(copier), Place::Zero) => copier.zeros(line),
                    (Some(copier), _) if zero => copier.zeros(line),
                    (Some(copier), Place::Sample(sample)) if inside => {
                        of_row.into_iter().for_each(|axis| index[axis] = *sample);
                        copier.line((from.0 + sample * from.1, &index), line);
                    }
                    _ => {
                        row.into_iter().for_each(|row| position[row] = number);
                        let along = position.iter().zip(&packing.starts);
                        let places: Dims<isize> = along.map(|(&place, &start)| start + place as isize).collect();
                        let (terms, constant) = self.terms(leading, &places);
                        reader.line(packing, &terms, constant, line);
                    }
                }
            }
            let next = (0..outer).rev().find(|&axis| {
                position[axis] += 1;
                let within = position[axis] < packing.extents[axis];
                if !within {
                    position[axis] = 0;
                }
                within
            });
            if next.is_none() {
                return;
            }
        }
    }

    /// What stands at each place of a box along an axis that lines do not run along.
    fn places(&self, packing: &Packing, number: usize) -> Vec<Place> {
        let axis = &self.axes[number];
        let phases = &packing.phases[number];
        // What is constant around another axis may stand there.
        let zeros = self.axes.iter().all(|axis| !axis.boundary.contains(&Boundary::Constant));
        let place = |place: usize| match axis.sample(packing.starts[number] + place as isize) {
            _ if axis.stride > 1 && phases.slot(place % axis.stride).is_none() => Place::Unseen,
            Sample::At(sample) => Place::Sample(sample),
            Sample::Zero if zeros => Place::Zero,
            _ => Place::Other,
        };
        (0..packing.extents[number]).map(place).collect()
    }

    /// Loads places along the last convolved axis, every `step`-th from `start` on, at one index of the input's batch,
    /// group and summed axes and one place along each of the other convolved axes.
    pub fn line(
        &self,
        view: &View<'_>,
        leading: &[usize],
        places: &[isize],
        (start, step): (isize, usize),
        target: &mut [W],
    ) {
        let (terms, constant) = self.terms(leading, places);
        Reader::new(self, view, Line::Convolved { length: 0 }).extended(&terms, constant, (start, step), target);
    }

    /// The rows of the input, with weights, and the constant that make the line at these places. Later axes are extended
    /// later, so their samples are taken apart first.
    fn terms(&self, leading: &[usize], places: &[isize]) -> (Terms<W>, W) {
        let mut index: Dims<usize> = leading.into();
        index.resize(leading.len() + self.axes.len(), 0);
        let mut terms: Terms<W> = smallvec![(index, W::of_weight(1.0))];
        let mut constant = W::default();
        for (axis, &place) in places.iter().enumerate().rev() {
            let at = leading.len() + axis;
            match self.axes[axis].sample(place) {
                Sample::At(sample) => terms.iter_mut().for_each(|(index, _)| index[at] = sample),
                Sample::Zero => terms.clear(),
                Sample::Fill => {
                    for (_, weight) in terms.drain(..) {
                        constant = constant.plus(weight.times(self.fill));
                    }
                }
                Sample::Mix(mixed) => {
                    let whole = std::mem::take(&mut terms);
                    for (index, weight) in whole {
                        for &(sample, share) in &mixed {
                            let mut index = index.clone();
                            index[at] = sample;
                            terms.push((index, weight.times(W::of_weight(share))));
                        }
                    }
                }
            }
        }
        (terms, constant)
    }
}
