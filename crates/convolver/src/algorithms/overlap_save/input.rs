//! The input, tile by tile: rows of samples, as the numbers that are summed.
//!
//! An input that lies in memory as such numbers is read there; whatever else goes through the tile loader.

use super::recipe::Whole;
use super::units::Start;
use crate::primitives::tile::Loader;
use crate::problem::{Axis, Boundary, Conjugate};
use convolver_kernels::{Dims, Kind, Lane, Source, View, Working, grid_position};
use smallvec::SmallVec;

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
    fn of<W: Working<Lane = L>>(input: &View<'a>, axes: &[Axis], conjugate: bool) -> Option<Self> {
        let size = input.element().size();
        // What is constant around a later axis replaces the zeros around an earlier one.
        let simple = |axis: &Axis| axis.spread == 1 && !axis.boundary.contains(&Boundary::Constant);
        let suits = size == size_of::<W>() && !conjugate && axes.iter().all(simple);
        let source = if suits { input.source::<L>()? } else { return None };
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
        let plain = Plain::of::<W>(&turned, &axes, conjugate);
        Input { whole, width, turned, axes, fill: Loader::<W>::fill(problem.fill), plain }
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
        let (points, width) = (&self.whole.size.points, self.width);
        let line = points.len() - 1;
        let mut places: Dims<isize> = of.places[..line].iter().map(|&(place, _)| place).collect();
        if self.whole.layout.is_long_line() {
            return self.line(of, &places, first * width, rows);
        }
        let mut position = grid_position(&points[..line], first);
        let mut left = points[..line].iter().product::<usize>().saturating_sub(first);
        for row in rows.chunks_exact_mut(width) {
            let mut seen = left > 0;
            for axis in 0..line {
                places[axis] = of.places[axis].0 + (position[axis] * of.places[axis].1) as isize;
                seen &= position[axis] < of.extents[axis];
            }
            self.line(of, &places, if seen { 0 } else { points[line] }, row);
            left = left.saturating_sub(1);
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

    /// Loads a line of an input as it lies; false if that cannot be.
    fn plain_line(&self, of: &Rows<'_, W>, places: &[isize], (start, step): (isize, usize), line: &mut [W]) -> bool {
        let Some(Plain { source, steps }) = &self.plain else { return false };
        let convolved = of.leading.len();
        let mut at: usize = of.leading.iter().zip(steps).map(|(&index, &step)| index * step).sum();
        for ((axis, &place), &step) in self.axes.iter().zip(places).zip(&steps[convolved..]) {
            if (0..axis.input as isize).contains(&place) {
                at += place as usize * step;
            } else if axis.boundary[usize::from(place >= 0)] == Boundary::Zero {
                line.fill(W::default());
                return true;
            } else {
                return false;
            }
        }
        let axis = &self.axes[self.axes.len() - 1];
        // The points before the first sample, and those before the end of the samples.
        let before = |place: isize| (place - start).max(0).cast_unsigned().div_ceil(step).min(line.len());
        let (from, to) = (before(0), before(axis.input as isize));
        let [low, high] = axis.boundary.map(|side| side == Boundary::Zero);
        if (from > 0 && !low) || (to < line.len() && !high) {
            return false;
        }
        line[..from].fill(W::default());
        line[to..].fill(W::default());
        if from < to {
            let apart = steps[steps.len() - 1] * step;
            at += (start + (from * step) as isize) as usize * steps[steps.len() - 1];
            let numbers = source.slice(at * W::PARTS, ((to - from - 1) * apart + 1) * W::PARTS);
            let line = &mut line[from..to];
            if apart == 1 {
                W::lanes_mut(line).copy_from_slice(numbers);
            } else {
                for (number, parts) in line.iter_mut().zip(numbers.chunks(apart * W::PARTS)) {
                    *number = W::join(parts[0], parts[W::PARTS - 1]);
                }
            }
        }
        true
    }
}
