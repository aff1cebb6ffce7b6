//! Where the taps of a kernel are: in a tile, and among the numbers of the kernel.

use super::recipe::Whole;
use crate::primitives::threads;
use convolver_kernels::{Dims, Working};
use smallvec::SmallVec;

/// Taps along an axis that are looked at for witnesses, at most, besides those near its ends, by the number of axes.
const SPREAD: [usize; 3] = [16, 64, 16];

/// Shares that a box is cut into where threads fill it with taps.
const SHARES: usize = 16;

/// Taps that differ along the line alone.
pub(super) struct TapRow<'a> {
    /// Their point along every other axis of a tile; the last entry is the line's.
    points: &'a mut Dims<usize>,
    /// The numbers along the line of those that see a part of it, each with its point; points ascend.
    pub(super) taps: &'a [(usize, usize)],
    /// The number in a kernel of the row's first tap, and of one whose number along the line is 1 more.
    first: usize,
    step: usize,
    /// The last number along the line, if they count down.
    last: Option<usize>,
}

/// How taps are numbered in a kernel.
pub(super) struct Numbering {
    /// The number that all others of the element are added to.
    pub(super) first: usize,
    /// Along each axis of the layout, from one tap to the next, and the last tap if they count down.
    steps: Dims<usize>,
    last: Dims<Option<usize>>,
}

impl Numbering {
    /// What a tap of an axis adds.
    pub(super) fn number(&self, axis: usize, tap: usize) -> usize {
        self.last[axis].map_or(tap, |last| last - tap) * self.steps[axis]
    }
}

impl TapRow<'_> {
    /// The points along the axes before the line.
    pub(super) fn before(&self) -> &[usize] {
        &self.points[..self.points.len() - 1]
    }

    /// The weights of the row, if they and what they see are neighbours, and whether the last of them is the first tap.
    fn dense<'b, W>(&self, weights: &'b [W]) -> Option<(&'b [W], bool)> {
        let last = self.taps.len().checked_sub(1)?;
        // Taps and their points ascend.
        let dense = self.step == 1 && self.taps[0] == (0, 0) && self.taps[last] == (last, last);
        dense.then(|| (&weights[self.number(0).min(self.number(last))..][..=last], self.last.is_some()))
    }

    /// The number of a tap in a kernel.
    pub(super) fn number(&self, tap: usize) -> usize {
        self.first + self.last.map_or(tap, |last| last - tap) * self.step
    }
}

impl Whole {
    /// Every row of taps of an element.
    pub(super) fn for_each_tap_row(&self, element: usize, mut action: impl FnMut(TapRow<'_>)) {
        let (layout, kernel) = (&self.layout, self.numbering(element));
        let (_, parts) = layout.element(element);
        let line = layout.axes.len() - 1;
        let taps: SmallVec<[&[(usize, usize)]; 3]> =
            (0..=line).map(|axis| &layout.axes[axis].parts[parts[axis]].taps[..]).collect();
        let mut points: Dims<usize> = Dims::from_elem(0, line + 1);
        let mut position: Dims<usize> = Dims::from_elem(0, line);
        for _ in 0..taps[..line].iter().map(|taps| taps.len()).product() {
            let mut first = kernel.first;
            for (axis, &place) in position.iter().enumerate() {
                let (tap, point) = taps[axis][place];
                points[axis] = point;
                first += kernel.number(axis, tap);
            }
            let (points, step, last) = (&mut points, kernel.steps[line], kernel.last[line]);
            action(TapRow { points, taps: taps[line], first, step, last });
            for (at, taps) in position.iter_mut().zip(&taps).rev() {
                *at = if *at + 1 < taps.len() { *at + 1 } else { 0 };
                if *at > 0 {
                    break;
                }
            }
        }
    }

    /// How the taps of an element are numbered.
    pub(super) fn numbering(&self, element: usize) -> Numbering {
        let (channel, _) = self.layout.element(element);
        let axes = &self.problem.axes;
        // The distance of neighbouring taps along each axis of the problem.
        let mut steps: Dims<usize> = Dims::from_elem(1, axes.len());
        for axis in (0..axes.len() - 1).rev() {
            steps[axis] = steps[axis + 1] * axes[axis + 1].kernel;
        }
        let order = &self.layout.order;
        Numbering {
            first: channel * steps[0] * axes[0].kernel,
            steps: order.iter().map(|&axis| steps[axis]).collect(),
            last: order.iter().map(|&axis| self.problem.flip.then(|| axes[axis].kernel - 1)).collect(),
        }
    }

    /// Every tap of an element: its point along each axis of a tile, and its number in a kernel.
    pub(super) fn for_each_tap(&self, element: usize, mut action: impl FnMut(&[usize], usize)) {
        self.for_each_tap_row(element, |row| each(row, &mut action));
    }

    /// Some of the taps that see an element's part of an axis, spread over them and more towards both ends: each with its
    /// point.
    pub(super) fn some_taps(&self, element: usize, axis: usize) -> impl Iterator<Item = (usize, usize)> {
        let (_, parts) = self.layout.element(element);
        let transformed = self.layout.axes.iter().filter(|along| along.transformed).count();
        let spread = SPREAD[(transformed - 1).min(SPREAD.len() - 1)];
        let taps = &self.layout.axes[axis].parts[parts[axis]].taps;
        let count = taps.len();
        let mut chosen: Vec<usize> = (0..count).step_by(count.div_ceil(spread)).collect();
        let near = std::iter::successors(Some(0), |&at| Some(at + 1 + at / 3)).take_while(|&at| at < count);
        chosen.extend(near.flat_map(|at| [at, count - 1 - at]));
        chosen.sort_unstable();
        chosen.dedup();
        chosen.into_iter().map(|at| taps[at])
    }

    /// Fills a box of samples with the taps of an element, brought to their places for the transform.
    ///
    /// A correlation is a convolution with the taps at negative places. Those of a kernel longer than the transform, as
    /// where most of what it sees is zero, fall on each other. What passes an end of the first axis of a tile of real
    /// numbers changes its sign.
    pub(super) fn place_taps<W: Working>(&self, element: usize, weights: &[W], samples: &mut [W], shared: bool) {
        let rows = (samples.len() / self.size.points[self.size.points.len() - 1]).div_ceil(SHARES);
        let length = rows * self.size.points[self.size.points.len() - 1];
        threads::for_each_chunk(samples, length, shared, |number, samples| {
            self.place_rows(element, weights, number * rows, samples);
        });
    }

    /// As `place_taps`, for some rows of the box.
    fn place_rows<W: Working>(&self, element: usize, weights: &[W], first: usize, samples: &mut [W]) {
        let (points, line) = (&self.size.points, self.size.points.len() - 1);
        let signed = self.layout.real.then(|| self.layout.cut());
        let turned = |(place, other): (usize, bool), (axis, tap): (usize, usize)| {
            let turns = tap.div_ceil(points[axis]);
            (place * points[axis] + turns * points[axis] - tap, other ^ (signed == Some(axis) && turns % 2 == 1))
        };
        let sign = |other| W::of_parts(if other { -1.0 } else { 1.0 }, 0.0);
        samples.fill(W::default());
        self.for_each_tap_row(element, |row| {
            let (number, other) = row.before().iter().copied().enumerate().fold((0, false), turned);
            let start = number.wrapping_sub(first).saturating_mul(points[line]);
            let Some(samples) = samples.get_mut(start..start.saturating_add(points[line])) else { return };
            let mut add = |point: usize, weight: W| {
                let (place, other) = turned((0, other), (line, point));
                samples[place] = samples[place].plus(weight.times(sign(other)));
            };
            let Some((weights, reversed)) = row.dense(weights).filter(|(weights, _)| weights.len() <= points[line])
            else {
                return row.taps.iter().for_each(|&(tap, point)| add(point, weights[row.number(tap)]));
            };
            // All but the first are at the end of their row.
            let (first, weights) = if reversed { weights.split_last() } else { weights.split_first() }.expect("a tap");
            add(0, *first);
            let samples = samples[points[line] - weights.len()..].iter_mut();
            let sign = sign(other ^ (signed == Some(line)));
            let add = |(sample, weight): (&mut W, &W)| *sample = sample.plus(weight.times(sign));
            if reversed {
                samples.zip(weights).for_each(add);
            } else {
                samples.rev().zip(weights).for_each(add);
            }
        });
    }
}

fn each(row: TapRow<'_>, action: &mut impl FnMut(&[usize], usize)) {
    let line = row.points.len() - 1;
    for &(tap, point) in row.taps {
        row.points[line] = point;
        action(row.points, row.number(tap));
    }
}
