//! Lines of any kind: sums of weighted rows of the input, rows of what stands around it, inputs that are spread out.

use super::{Line, Loader, Packing, Terms};
use crate::problem::Sample;
use convolver_kernels::{Dims, View, Working};
use std::ops::Range;

/// Reads lines of one box.
pub(super) struct Reader<'a, W> {
    loader: &'a Loader<'a, W>,
    view: &'a View<'a>,
    /// The axis of the view that lines run along.
    axis: usize,
    /// Elements of the input, weighted.
    part: Vec<W>,
}

impl<'a, W: Working> Reader<'a, W> {
    pub(super) fn new(loader: &'a Loader<'a, W>, view: &'a View<'a>, line: Line) -> Self {
        let axis = match line {
            Line::Convolved { .. } => view.shape().len() - 1,
            Line::Batch { axis, .. } => axis,
        };
        Reader { loader, view, axis, part: Vec::new() }
    }

    pub(super) fn line(&mut self, packing: &Packing, terms: &Terms<W>, constant: W, target: &mut [W]) {
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
    pub(super) fn extended(&mut self, terms: &Terms<W>, constant: W, (start, step): (isize, usize), line: &mut [W]) {
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
