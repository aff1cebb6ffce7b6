//! The tile loader: any part of any input, extended past its ends, as dense numbers of the working type.
//!
//! Boundaries, strides of views, byte order and element types end here: what an algorithm sees is a packed box.
//! A line of the box runs along the last convolved axis, or along a batch or group axis where that is what lies together in
//! memory. Along a convolved axis that is strided, only places that some tap sees are loaded; on a line the places of
//! one phase (place modulo stride) stand together, so that neighbouring outputs see neighbouring elements.

use crate::problem::{Axis, Fill, Sample};
use convolver_kernels::{Dims, View, Working};
use smallvec::{SmallVec, smallvec};
use std::ops::Range;

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
        let mut reader = Reader::new(self, view, packing.line);
        let mut position: Dims<usize> = smallvec![0; lines];
        loop {
            if self.is_seen(packing, &position) {
                let at: usize = position.iter().zip(&packing.steps).map(|(&place, &step)| place * step).sum();
                let places: Dims<isize> =
                    position.iter().zip(&packing.starts).map(|(&place, &start)| start + place as isize).collect();
                let (terms, constant) = self.terms(leading, &places);
                reader.line(packing, &terms, constant, &mut target[at..]);
            }
            let next = (0..lines).rev().find(|&axis| {
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

    fn is_seen(&self, packing: &Packing, position: &[usize]) -> bool {
        let seen = |axis: usize| packing.phases[axis].slot(position[axis] % self.axes[axis].stride).is_some();
        (0..position.len()).all(|axis| self.axes[axis].stride == 1 || seen(axis))
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

/// Reads lines of one box.
struct Reader<'a, W> {
    loader: &'a Loader<'a, W>,
    view: &'a View<'a>,
    /// The axis of the view that lines run along.
    axis: usize,
    /// Elements of the input, weighted.
    part: Vec<W>,
}

impl<'a, W: Working> Reader<'a, W> {
    fn new(loader: &'a Loader<'a, W>, view: &'a View<'a>, line: Line) -> Self {
        let axis = match line {
            Line::Convolved { .. } => view.shape().len() - 1,
            Line::Batch { axis, .. } => axis,
        };
        Reader { loader, view, axis, part: Vec::new() }
    }

    fn line(&mut self, packing: &Packing, terms: &Terms<W>, constant: W, target: &mut [W]) {
        match packing.line {
            Line::Batch { start, count, .. } => self.run(terms, constant, (start, 1), &mut target[..count]),
            Line::Convolved { length } => {
                let last = packing.extents.len() - 1;
                let (extent, stride) = (packing.extents[last], self.loader.axes[last].stride);
                for remainder in 0..stride.min(extent) {
                    let Some(slot) = packing.phases[last].slot(remainder) else { continue };
                    let places = (extent - remainder).div_ceil(stride);
                    let start = packing.starts[last] + remainder as isize;
                    self.extended(terms, constant, (start, stride), &mut target[slot * length..][..places]);
                }
            }
        }
    }

    /// Every `step`-th place of the last convolved axis from `start` on, with the samples past its ends.
    fn extended(&mut self, terms: &Terms<W>, constant: W, (start, step): (isize, usize), line: &mut [W]) {
        let axis = self.loader.axes[self.loader.axes.len() - 1];
        let end = ((axis.input - 1) * axis.spread) as isize + 1;
        // The places of the line before `place`.
        let before = |place: isize| (place - start).max(0).cast_unsigned().div_ceil(step).min(line.len());
        let (from, to) = (before(0), before(end).max(before(0)));
        if axis.spread == 1 && from < to {
            let first = (start + (from * step) as isize) as usize;
            self.run(terms, constant, (first, step), &mut line[from..to]);
        } else if axis.spread > 1 {
            self.spread(terms, constant, (start, step), line, from..to);
        }
        for place in (0..from).chain(to..line.len()) {
            line[place] = match axis.sample(start + (place * step) as isize) {
                Sample::Zero => W::default(),
                Sample::Fill => self.loader.fill,
                Sample::At(sample) => self.element(terms, constant, sample),
                Sample::Mix(mixed) => mixed.iter().fold(W::default(), |sum, &(sample, weight)| {
                    sum.plus(W::of_weight(weight).times(self.element(terms, constant, sample)))
                }),
            };
        }
    }

    /// The places within an input that is spread out: samples, and zeros between them.
    fn spread(
        &mut self,
        terms: &Terms<W>,
        constant: W,
        (start, step): (isize, usize),
        line: &mut [W],
        inside: Range<usize>,
    ) {
        let spread = self.loader.axes[self.loader.axes.len() - 1].spread;
        line[inside.clone()].fill(W::default());
        let sample_at = |place: usize| {
            let at = (start + (place * step) as isize).cast_unsigned();
            at.is_multiple_of(spread).then_some(at / spread)
        };
        let hits: Vec<(usize, usize)> = inside.filter_map(|place| Some((place, sample_at(place)?))).collect();
        let Some(&(_, first)) = hits.first() else { return };
        // Samples are met at equal distances, so the second tells the step of all.
        let apart = hits.get(1).map_or(1, |&(_, second)| second - first);
        let mut dense = vec![W::default(); hits.len()];
        self.run(terms, constant, (first, apart), &mut dense);
        hits.iter().zip(dense).for_each(|(&(place, _), number)| line[place] = number);
    }

    fn element(&mut self, terms: &Terms<W>, constant: W, sample: usize) -> W {
        let mut element = [W::default()];
        self.run(terms, constant, (sample, 1), &mut element);
        element[0]
    }

    /// Every `step`-th sample from `start` on along the line's axis.
    fn run(&mut self, terms: &Terms<W>, constant: W, (start, step): (usize, usize), target: &mut [W]) {
        let read = |index: &Dims<usize>, target: &mut [W]| {
            let mut index = index.clone();
            index[self.axis] = start;
            self.view.read(&index, self.axis, step, target);
            if self.loader.conjugate {
                target.iter_mut().for_each(|number| *number = number.conjugated());
            }
        };
        if let [(index, weight)] = &terms[..]
            && *weight == W::of_weight(1.0)
            && constant == W::default()
        {
            return read(index, target);
        }
        target.fill(constant);
        self.part.resize(target.len(), W::default());
        for (index, weight) in terms {
            read(index, &mut self.part[..target.len()]);
            for (sum, &number) in target.iter_mut().zip(&self.part) {
                *sum = sum.plus(weight.times(number));
            }
        }
    }
}
