//! The input, tile by tile: rows of samples, as the numbers that are summed.
//!
//! An input that lies in memory as such numbers is read there; whatever else goes through the tile loader.

use super::recipe::Whole;
use super::units::Start;
use crate::primitives::tile::Loader;
use crate::problem::{Axis, Boundary, Conjugate};
use convolver_kernels::{Dims, Kind, Lane, Source, View, Working, grid_position};
use smallvec::SmallVec;
use std::ops::Range;

/// An input of a problem.
pub(super) struct Input<'a, W: Working> {
    whole: &'a Whole,
    /// Numbers of a row of a tile.
    width: usize,
    /// With its convolved axes in the order of the layout.
    turned: View<'a>,
    axes: SmallVec<[Axis; 3]>,
    /// What the `constant` boundary holds.
    fill: W,
    /// Whether every line is samples as they are, or zeros.
    simple: bool,
    plain: Option<Plain<'a, W::Lane>>,
}

/// An input whose numbers are what is summed.
struct Plain<'a, L> {
    source: Source<'a, L>,
    /// Numbers between neighbours along each axis, complex ones counted as one.
    steps: Dims<usize>,
}

impl<'a, L: Lane> Plain<'a, L> {
    /// The input, if it is one.
    fn of<W: Working<Lane = L>>(input: &View<'a>) -> Option<Self> {
        let size = input.element().size();
        let source = if size == size_of::<W>() { input.source::<L>()? } else { return None };
        Some(Plain { source, steps: input.strides().iter().map(|&stride| stride as usize / size).collect() })
    }
}

/// The rows of one element of a tile.
pub(super) struct Rows<'a, W> {
    loader: Loader<'a, W>,
    /// Batch, group and summed index.
    leading: Dims<usize>,
    /// The first place along each axis, and places between points.
    places: Dims<(isize, usize)>,
    /// Points that outputs see.
    extents: Dims<usize>,
}

impl<'a, W: Working> Input<'a, W> {
    pub(super) fn new(whole: &'a Whole, width: usize, input: &View<'a>) -> Self {
        let (problem, layout) = (&whole.problem, &whole.layout);
        let convolved = input.shape().len() - problem.axes.len();
        let order: Dims<usize> = (0..convolved).chain(layout.order.iter().map(|axis| convolved + axis)).collect();
        let (turned, axes) = (input.permuted(&order), layout.loaded());
        let conjugate = problem.conjugate == Conjugate::Input && problem.input.kind() == Kind::Complex;
        // What is constant around a later axis replaces the zeros around an earlier one.
        let as_it_is = |axis: &Axis| axis.spread == 1 && !axis.boundary.contains(&Boundary::Constant);
        let simple = !conjugate && axes.iter().all(as_it_is);
        let plain = if simple { Plain::of::<W>(&turned) } else { None };
        Input { whole, width, turned, axes, fill: Loader::<W>::fill(problem.fill), simple, plain }
    }

    /// Where the samples of an element of a tile are.
    pub(super) fn rows_of(&self, (leading, start): &Start, element: usize) -> Rows<'_, W> {
        let whole = self.whole;
        let (problem, layout) = (&whole.problem, &whole.layout);
        let (channel, parts) = layout.element(element);
        let mut leading = leading.clone();
        leading.extend(grid_position(&problem.summed, channel));
        let along = |(number, along): (usize, &super::layout::Along)| {
            let original = layout.order[number];
            let outputs = if along.transformed { whole.tile[original] } else { 1 };
            let first = start[original] * along.axis.stride + along.parts[parts[number]].offset;
            let step = if along.transformed { along.axis.stride } else { 1 };
            ((first as isize - along.axis.low, step), along.extent(outputs).min(whole.size.points[number]))
        };
        let (places, extents) = layout.axes.iter().enumerate().map(along).unzip::<_, _, Vec<_>, Vec<_>>();
        let loader = Loader {
            axes: &self.axes,
            fill: self.fill,
            conjugate: problem.conjugate == Conjugate::Input && problem.input.kind() == Kind::Complex,
        };
        Rows { loader, leading, places: places.into(), extents: extents.into() }
    }

    /// Loads rows of a tile from `first` on.
    pub(super) fn rows(&self, of: &Rows<'_, W>, first: usize, rows: &mut [W]) {
        let width = self.width;
        self.for_each_row(of, first, rows.len() / width, |row, places, (from, points)| {
            self.line(of, places, from, &mut rows[row * width..][..points]);
        });
    }

    /// Loads `count` rows of the same tile of `several` inputs that follow each other along the last axis of the batch, those
    /// of an input every `apart` numbers.
    pub(super) fn rows_of_several(
        &self,
        of: &Rows<'_, W>,
        (count, several): (usize, usize),
        (rows, apart): (&mut [W], usize),
    ) {
        let width = self.width;
        let batch = self.whole.problem.batch.len() - 1;
        let last = of.extents.len() - 1;
        let (place, step) = of.places[last];
        let mut leading = of.leading.clone();
        self.for_each_row(of, 0, count, |row, places, (from, points)| {
            let seen = points.min(of.extents[last].saturating_sub(from));
            let start = place + (from * step) as isize;
            let samples = if seen == 0 { Some(0..0) } else { self.samples(places, (start, step), seen) };
            let rows = &mut rows[row * width..];
            for input in 0..several {
                let line = &mut rows[input * apart..][..points];
                match &samples {
                    Some(samples) => {
                        line[..samples.start].fill(W::default());
                        line[samples.end..].fill(W::default());
                    }
                    None => {
                        line[seen..].fill(W::default());
                        leading[batch] = of.leading[batch] + input;
                        of.loader.line(&self.turned, &leading, places, (start, step), &mut line[..seen]);
                    }
                }
            }
            if let Some(samples) = samples.filter(|samples| !samples.is_empty()) {
                let mut index = of.leading.clone();
                index.extend(places.iter().map(|place| place.cast_unsigned()));
                index.push((start + (samples.start * step) as isize).cast_unsigned());
                let along = (index.len() - 1, step, samples.len());
                self.turned.read_lines(&index, along, (batch, several), (&mut rows[samples.start..], apart));
            }
        });
    }

    /// Goes through `count` rows of a tile from `first` on: each with its number, its places along the axes before the line's,
    /// its first point on the line and how many points it has. A long line is one row, a row that no output sees starts
    /// where the line ends.
    fn for_each_row(
        &self,
        of: &Rows<'_, W>,
        first: usize,
        count: usize,
        mut action: impl FnMut(usize, &[isize], (usize, usize)),
    ) {
        let (points, width) = (&self.whole.size.points, self.width);
        let line = points.len() - 1;
        let mut places: Dims<isize> = of.places[..line].iter().map(|&(place, _)| place).collect();
        if self.whole.layout.is_long_line() {
            return action(0, &places, (first * width, count * width));
        }
        let mut position = grid_position(&points[..line], first);
        let left = points[..line].iter().product::<usize>().saturating_sub(first);
        for row in 0..count {
            let mut seen = row < left;
            for axis in 0..line {
                places[axis] = of.places[axis].0 + (position[axis] * of.places[axis].1) as isize;
                seen &= position[axis] < of.extents[axis];
            }
            action(row, &places, (if seen { 0 } else { points[line] }, width));
            for axis in (0..line).rev() {
                position[axis] += 1;
                if position[axis] < points[axis] {
                    break;
                }
                position[axis] = 0;
            }
        }
    }

    /// Loads points of the line from `first` on, those that no output sees as zeros.
    fn line(&self, of: &Rows<'_, W>, places: &[isize], first: usize, line: &mut [W]) {
        let last = of.extents.len() - 1;
        let count = line.len().min(of.extents[last].saturating_sub(first));
        let (line, rest) = line.split_at_mut(count);
        rest.fill(W::default());
        let (place, step) = of.places[last];
        let start = place + (first * step) as isize;
        if count > 0 && !self.plain_line(of, places, (start, step), line) {
            of.loader.line(&self.turned, &of.leading, places, (start, step), line);
        }
    }

    /// Which of `count` points of a line are samples, where all others are zero; `None` where they may be anything else.
    fn samples(&self, places: &[isize], (start, step): (isize, usize), count: usize) -> Option<Range<usize>> {
        if !self.simple {
            return None;
        }
        for (axis, &place) in self.axes.iter().zip(places) {
            if !(0..axis.input as isize).contains(&place) {
                return (axis.boundary[usize::from(place >= 0)] == Boundary::Zero).then_some(0..0);
            }
        }
        let axis = &self.axes[self.axes.len() - 1];
        // The points before the first sample, and those before the end of the samples.
        let before = |place: isize| (place - start).max(0).cast_unsigned().div_ceil(step).min(count);
        let (from, to) = (before(0), before(axis.input as isize));
        let [low, high] = axis.boundary.map(|side| side == Boundary::Zero);
        ((from == 0 || low) && (to == count || high)).then_some(if from < to { from..to } else { 0..0 })
    }

    /// Loads a line of an input as it lies; false if that cannot be.
    fn plain_line(&self, of: &Rows<'_, W>, places: &[isize], (start, step): (isize, usize), line: &mut [W]) -> bool {
        let Some(Plain { source, steps }) = &self.plain else { return false };
        let Some(samples) = self.samples(places, (start, step), line.len()) else { return false };
        line[..samples.start].fill(W::default());
        line[samples.end..].fill(W::default());
        if samples.is_empty() {
            return true;
        }
        let mut at: usize = of.leading.iter().zip(steps).map(|(&index, &step)| index * step).sum();
        let before = places.iter().zip(&steps[of.leading.len()..]);
        at += before.map(|(place, step)| place.cast_unsigned() * step).sum::<usize>();
        let apart = steps[steps.len() - 1] * step;
        at += (start + (samples.start * step) as isize).cast_unsigned() * steps[steps.len() - 1];
        let numbers = source.slice(at * W::PARTS, ((samples.len() - 1) * apart + 1) * W::PARTS);
        let line = &mut line[samples];
        if apart == 1 {
            W::lanes_mut(line).copy_from_slice(numbers);
        } else {
            for (number, parts) in line.iter_mut().zip(numbers.chunks(apart * W::PARTS)) {
                *number = W::join(parts[0], parts[W::PARTS - 1]);
            }
        }
        true
    }
}
