//! The promise: every output within c·n·u·Σ|k||x| over its own window, though a transform errs by the loudness of its tile.
//!
//! Error    Each output of a tile of P points errs by about u·√log₂P·‖k‖₂‖x‖₂/√P, roundings of twiddles aside, which may
//!          pile up where a single sample makes an echo: u·max|k|·max|x|. `MARGIN` times the sum of both is taken as the
//!          bound. Measured errors have a standard deviation of about 0.9 of the first term.
//! Check    Σ|k||x| ≥ |y|, so an output is precise enough if c·n·u·|y| reaches that bound: true of almost all. For the
//!          others the sum is bounded from below by some of its terms, the *witnesses*: large taps in different boxes of
//!          the kernel. Boxes are small towards its ends, where an output may see nothing else. What passes neither is
//!          computed directly.

use super::recipe::Whole;
use convolver_kernels::{Dims, Real, Working, grid_position};
use smallvec::SmallVec;
use std::cmp::Ordering;

/// c, in rounding units.
pub(super) const FACTOR: usize = 8;
/// See above.
const MARGIN: f64 = 8.0;

/// A tap that is certainly part of every sum.
#[derive(Clone, Debug)]
pub(super) struct Witness<L> {
    /// Its point along each axis.
    pub(super) points: Dims<usize>,
    /// Samples from that of an output's first tap to its.
    pub(super) offset: usize,
    /// Its larger part.
    pub(super) weight: L,
}

/// The least magnitude of an output (of scaled samples and taps) that proves it precise enough.
pub(super) fn threshold(points: usize, taps: usize, statistical: f64, echo: f64) -> f64 {
    let points = points as f64;
    MARGIN * (points.log2().max(1.0).sqrt() * statistical / points.sqrt() + echo) / (FACTOR * taps) as f64
}

/// The larger of the magnitudes of both parts.
pub(super) fn larger_part<W: Working>(number: W) -> W::Lane
where
    W::Lane: Real,
{
    let magnitude = |part: W::Lane| if part < W::Lane::default() { W::Lane::default() - part } else { part };
    let [re, im] = number.parts();
    let (re, im) = (magnitude(re), magnitude(im));
    if im > re { im } else { re }
}

/// Taps of the last element that may be witnesses: every combination of some along each axis. Those of a problem are the
/// same for every kernel.
pub(super) struct Candidates {
    /// What the number in a kernel of each begins with.
    first: usize,
    axes: SmallVec<[Vec<Candidate>; 3]>,
    boxes: usize,
}

/// What a tap of one axis adds.
struct Candidate {
    point: usize,
    /// To the number in a kernel.
    number: usize,
    /// To the samples from that of an output's first tap to its.
    offset: usize,
    /// To the number of the box.
    place: usize,
}

impl Candidates {
    pub(super) fn new(whole: &Whole) -> Self {
        let (layout, points_of_tile) = (&whole.layout, &whole.size.points);
        let element = whole.size.elements - 1;
        let numbering = whole.numbering(element);
        // A box reaches along each axis from a power of two, less 1, to the next, counted from either end.
        let octaves = |axis: usize| layout.axes[axis].window.ilog2() as usize + 1;
        let (mut boxes, mut samples) = (1, 1);
        let along = |axis: usize| {
            let (window, half) = (layout.axes[axis].window, octaves(axis));
            let candidate = |(tap, point): (usize, usize)| {
                let from_end = window - 1 - point;
                let octave = (point.min(from_end) + 1).ilog2() as usize;
                let place = boxes * if point <= from_end { octave } else { half + octave };
                Candidate { point, number: numbering.number(axis, tap), offset: samples * point, place }
            };
            let taps = whole.some_taps(element, axis).map(candidate).collect();
            (boxes, samples) = (boxes * 2 * half, samples * points_of_tile[axis]);
            taps
        };
        let mut axes: SmallVec<[Vec<Candidate>; 3]> = (0..layout.axes.len()).rev().map(along).collect();
        axes.reverse();
        Candidates { first: numbering.first, axes, boxes }
    }

    /// The witnesses of a kernel whose taps have these larger parts: the largest tap of each box, the largest of all first.
    pub(super) fn witnesses<L: Real>(&self, weight: impl Fn(usize) -> L) -> Vec<Witness<L>> {
        let (line, before) = self.axes.split_last().expect("a tile has axes");
        let counts: Dims<usize> = before.iter().map(Vec::len).collect();
        let mut found: Vec<Option<(L, usize, usize)>> = vec![None; self.boxes];
        for row in 0..counts.iter().product() {
            let (mut number, mut place) = (self.first, 0);
            for (at, candidates) in grid_position(&counts, row).into_iter().zip(before) {
                (number, place) = (number + candidates[at].number, place + candidates[at].place);
            }
            for (at, candidate) in line.iter().enumerate() {
                let (weight, best) = (weight(number + candidate.number), &mut found[place + candidate.place]);
                if best.is_none_or(|(known, ..)| weight > known) {
                    *best = Some((weight, row, at));
                }
            }
        }
        let witness = |(weight, row, at): (L, usize, usize)| {
            let places = grid_position(&counts, row).into_iter().chain([at]).zip(&self.axes);
            let taps: SmallVec<[&Candidate; 3]> = places.map(|(at, candidates)| &candidates[at]).collect();
            let offset = taps.iter().map(|tap| tap.offset).sum();
            Witness { points: taps.iter().map(|tap| tap.point).collect(), offset, weight }
        };
        let mut found: Vec<Witness<L>> = found.into_iter().flatten().map(witness).collect();
        found.sort_unstable_by(|left, right| right.weight.partial_cmp(&left.weight).unwrap_or(Ordering::Equal));
        found
    }
}
