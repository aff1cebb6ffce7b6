//! Samples of a tile: loaded, freed of what is not finite, scaled, brought into strips.
//!
//! An input whose numbers are what is summed is read as it lies; whatever else goes through the tile loader.

use super::prepare::{exponent_of, power};
use super::run::{Loaded, Pair, Run};
use super::special::Special;
use crate::primitives::threads;
use crate::primitives::tile::Loader;
use crate::problem::{Axis, Boundary, Conjugate};
use convolver_kernels::{Dims, Element, Kind, Real, Source, Storing, View, Working, grid_position};
use std::sync::{Mutex, PoisonError};

/// Powers of two that samples are brought between before they are transformed, for narrow and wide numbers. Wider
/// ranges than the transform's are scaled, so that sums of squares and products neither over- nor underflow.
const NARROW: i32 = 20;
const WIDE: i32 = 200;

/// An input whose numbers are what is summed.
pub(super) struct Plain<'a, L> {
    source: Source<'a, L>,
    /// Numbers between neighbours along each axis, complex ones counted as one.
    steps: Dims<usize>,
}

impl<'a, L: Real> Plain<'a, L> {
    /// The input, if it is one.
    pub(super) fn of<W: Working<Lane = L>>(input: &View<'a>, axes: &[Axis], conjugate: bool) -> Option<Self> {
        let size = input.element().size();
        // What is constant around a later axis replaces the zeros around an earlier one.
        let simple = |axis: &Axis| axis.spread == 1 && !axis.boundary.contains(&Boundary::Constant);
        let suits = size == size_of::<W>() && !conjugate && axes.iter().all(simple);
        let source = if suits { input.source::<L>()? } else { return None };
        Some(Plain { source, steps: input.strides().iter().map(|&stride| stride as usize / size).collect() })
    }
}

/// The rows of one element of a tile.
struct Rows<'a, W> {
    loader: Loader<'a, W>,
    /// Batch, group and summed index.
    leading: Dims<usize>,
    /// The first place along each axis, and places between points.
    places: Dims<(isize, usize)>,
    /// Points that outputs see.
    extents: Dims<usize>,
}

impl<W: Storing + Element> Run<'_, W>
where
    W::Lane: Real,
{
    /// Loads an element of both tiles; `None` if its range is too far from that of those before.
    pub(super) fn load(
        &self,
        pair: &mut Pair<W>,
        element: usize,
        samples: &mut [W],
        tile: &mut [W::Lane],
        inside: bool,
    ) -> Option<Loaded> {
        let grid = &self.prepared.grid;
        let (rows, width) = (grid.rows(), grid.width());
        let lanes = self.prepared.whole.machine.set.lanes::<W::Lane>();
        let zero = W::Lane::default();
        let known: Vec<Mutex<W::Lane>> =
            (0..(samples.len() / width).div_ceil(lanes)).map(|_| Mutex::new(zero)).collect();
        let specials = Mutex::new(Vec::new());
        let of: Vec<Rows<'_, W>> = pair.starts.iter().map(|start| self.rows_of(start, element)).collect();
        threads::for_each_chunk(samples, lanes * width, inside, |number, chunk| {
            let (half, first) = (number * lanes / rows, number * lanes % rows);
            self.rows(&of[half], first, chunk);
            let (mut largest, finite) = self.prepared.whole.machine.set.survey(W::lanes(chunk));
            if !finite {
                let found = self.special(element, first, chunk);
                specials
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .extend(found.into_iter().map(|special| (half, number, special)));
                largest = self.prepared.whole.machine.set.survey(W::lanes(chunk)).0;
            }
            *known[number].lock().unwrap_or_else(PoisonError::into_inner) = largest;
        });
        let mut found = specials.into_inner().unwrap_or_else(PoisonError::into_inner);
        found.sort_by_key(|&(half, number, _)| (half, number));
        found.into_iter().for_each(|(half, _, special)| pair.specials[half].push(special));
        let largest =
            known.into_iter().map(|known| -> f64 { known.into_inner().unwrap_or_else(PoisonError::into_inner).into() });
        let largest = largest.fold(0.0, f64::max);
        let exponent = exponent::<W>(&mut pair.exponent, largest)?;
        let squares = grid.place_samples(tile, samples, pair.starts.len(), power(-exponent), inside);
        Some(Loaded { norm: squares.sqrt(), largest: largest * 2f64.powi(-exponent) })
    }

    /// Where the samples of an element of a tile are.
    fn rows_of(&self, (leading, start): &(Dims<usize>, Dims<usize>), element: usize) -> Rows<'_, W> {
        let whole = &self.prepared.whole;
        let (problem, layout) = (&whole.problem, &whole.layout);
        let (channel, parts) = self.prepared.element(element);
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
            fill: Loader::<W>::fill(problem.fill),
            conjugate: problem.conjugate == Conjugate::Input && problem.input.kind() == Kind::Complex,
        };
        Rows { loader, leading, places: places.into(), extents: extents.into() }
    }

    /// Loads rows of a tile from `first` on.
    fn rows(&self, of: &Rows<'_, W>, first: usize, rows: &mut [W]) {
        let (points, width) = (&self.prepared.whole.size.points, self.prepared.grid.width());
        let line = points.len() - 1;
        let mut places: Dims<isize> = of.places[..line].iter().map(|&(place, _)| place).collect();
        if self.prepared.whole.layout.is_long_line() {
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

    /// Takes what is not finite out of rows of a tile.
    fn special(&self, element: usize, first: usize, rows: &mut [W]) -> Vec<Special<W>> {
        let (points, width) = (&self.prepared.whole.size.points, self.prepared.grid.width());
        let finite = |part: W::Lane| -> bool { Into::<f64>::into(part).is_finite() };
        let mut found = Vec::new();
        for (number, sample) in rows.iter_mut().enumerate() {
            if !sample.parts().into_iter().all(finite) {
                let points = grid_position(points, first * width + number);
                found.push(Special { element, points, sample: std::mem::take(sample) });
            }
        }
        found
    }
}

/// The exponent that samples are scaled by, set by the first ones that are not zero; `None` for samples too large for it.
fn exponent<W: Working>(chosen: &mut Option<i32>, largest: f64) -> Option<i32>
where
    W::Lane: Real,
{
    let reach = if size_of::<W::Lane>() == 4 { NARROW } else { WIDE };
    let own = exponent_of::<W::Lane>(largest);
    if largest == 0.0 {
        return Some(chosen.unwrap_or(0));
    }
    let chosen = *chosen.get_or_insert(if own.abs() <= reach { 0 } else { own });
    (own - chosen <= 2 * reach).then_some(chosen)
}
