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
use convolver_kernels::{Dims, Real, Working};
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

/// A tap that may be a witness.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    /// In a kernel.
    number: usize,
    /// Samples from that of an output's first tap to its.
    offset: usize,
    /// Its box.
    place: usize,
}

/// Taps of the last element, some of each box: those of a problem are the same for every kernel.
pub(super) struct Candidates {
    taps: Vec<Candidate>,
    /// The points of each tap, one after the other.
    points: Vec<usize>,
    boxes: usize,
}

impl Candidates {
    pub(super) fn new(whole: &Whole) -> Self {
        let (layout, points_of_tile) = (&whole.layout, &whole.size.points);
        // A box reaches along each axis from a power of two, less 1, to the next, counted from either end.
        let boxes: Dims<usize> = layout.axes.iter().map(|along| 2 * (along.window.ilog2() as usize + 1)).collect();
        let corner = |points: &[usize]| {
            points.iter().zip(&layout.axes).zip(&boxes).fold(0, |number, ((&point, along), boxes)| {
                let from_end = along.window - 1 - point;
                let octave = (point.min(from_end) + 1).ilog2() as usize;
                number * boxes + if point <= from_end { octave } else { boxes / 2 + octave }
            })
        };
        let (mut taps, mut all_points) = (Vec::new(), Vec::new());
        whole.for_some_taps(whole.size.elements - 1, |points, number| {
            let flat = |offset: usize, (&point, &points): (&usize, &usize)| offset * points + point;
            let offset = points.iter().zip(points_of_tile).fold(0, flat);
            taps.push(Candidate { number, offset, place: corner(points) });
            all_points.extend_from_slice(points);
        });
        Candidates { taps, points: all_points, boxes: boxes.iter().product() }
    }

    /// The witnesses of a kernel whose taps have these larger parts: the largest tap of each box, the largest of all first.
    pub(super) fn witnesses<L: Real>(&self, weight: impl Fn(usize) -> L) -> Vec<Witness<L>> {
        let mut found: Vec<Option<(L, usize)>> = vec![None; self.boxes];
        for (at, tap) in self.taps.iter().enumerate() {
            let weight = weight(tap.number);
            if found[tap.place].is_none_or(|(known, _)| weight > known) {
                found[tap.place] = Some((weight, at));
            }
        }
        let axes = self.points.len() / self.taps.len().max(1);
        let witness = |(weight, at): (L, usize)| {
            let points = Dims::from_slice(&self.points[at * axes..][..axes]);
            Witness { points, offset: self.taps[at].offset, weight }
        };
        let mut found: Vec<Witness<L>> = found.into_iter().flatten().map(witness).collect();
        found.sort_unstable_by(|left, right| right.weight.partial_cmp(&left.weight).unwrap_or(Ordering::Equal));
        found
    }
}
