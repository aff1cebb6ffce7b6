//! The promise: every output within c·n·u·Σ|k||x| over its own window, though a transform errs by the loudness of its tile.
//!
//! Error    Each output of a tile of P points errs by about u·√log₂P·‖k‖₂‖x‖₂/√P, roundings of twiddles aside, which may
//!          pile up where a single sample makes an echo: u·max|k|·max|x|. `MARGIN` times the sum of both is taken as the
//!          bound. Measured errors have a standard deviation of about 0.9 of the first term.
//! Check    Σ|k||x| ≥ |y|, so an output is precise enough if c·n·u·|y| reaches that bound: true of almost all. For the
//!          others the sum is bounded from below by some of its terms, the *witnesses*: large taps in different boxes of
//!          the kernel. Boxes are small towards its ends, where an output may see nothing else. What passes neither is
//!          computed directly.

use super::layout::Layout;
use convolver_kernels::{Dims, Real, Working};

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

/// The witnesses among the taps that `for_each` goes through, each with its point along every axis and its larger part:
/// the largest first.
pub(super) fn witnesses<L: Real>(
    layout: &Layout,
    points_of_tile: &[usize],
    for_each: impl FnOnce(&mut dyn FnMut(&[usize], L)),
) -> Vec<Witness<L>> {
    // A box reaches along each axis from a power of two, less 1, to the next, counted from either end.
    let boxes: Dims<usize> = layout.axes.iter().map(|along| 2 * (along.window.ilog2() as usize + 1)).collect();
    let corner = |points: &[usize]| {
        points.iter().zip(&layout.axes).zip(&boxes).fold(0, |number, ((&point, along), boxes)| {
            let from_end = along.window - 1 - point;
            let octave = (point.min(from_end) + 1).ilog2() as usize;
            number * boxes + if point <= from_end { octave } else { boxes / 2 + octave }
        })
    };
    let mut found: Vec<Option<Witness<L>>> = vec![None; boxes.iter().product()];
    for_each(&mut |points, weight| {
        let place = &mut found[corner(points)];
        if place.as_ref().is_none_or(|known| weight > known.weight) {
            let flat = |offset: usize, (&point, &points): (&usize, &usize)| offset * points + point;
            let offset = points.iter().zip(points_of_tile).fold(0, flat);
            *place = Some(Witness { points: points.into(), offset, weight });
        }
    });
    let mut found: Vec<_> = found.into_iter().flatten().collect();
    found.sort_unstable_by(|left, right| Into::<f64>::into(right.weight).total_cmp(&left.weight.into()));
    found
}
