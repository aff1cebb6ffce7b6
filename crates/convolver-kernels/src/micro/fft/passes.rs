//! Which passes make a transform, and their twiddles.

use crate::simd::Real;
use std::f64::consts::TAU;

/// Radices of passes, best first.
pub(super) const RADICES: &[usize] = &[8, 4, 5, 3, 2];

/// One pass of a transform: blocks of `points` points become `radix` blocks each.
#[derive(Clone, Debug)]
pub struct Pass<L> {
    /// One of `RADICES`.
    pub radix: usize,
    /// Points of a block.
    pub points: usize,
    /// For every j < points/radix and 0 < m < radix the two parts of e^(−2πi·j·m/points); empty for the last pass.
    pub twiddles: Vec<L>,
}

impl<L: Real> Pass<L> {
    pub(super) fn check(&self) {
        assert!(RADICES.contains(&self.radix) && self.points.is_multiple_of(self.radix), "a pass has a known radix");
        let columns = self.points / self.radix;
        let needed = if columns == 1 { 0 } else { columns * (self.radix - 1) * 2 };
        assert!(columns > 0 && self.twiddles.len() == needed, "a pass has its twiddles");
    }
}

/// The radices of a transform of `points` points; `None` unless the length is a product of 2, 3 and 5.
///
/// Powers of two go by fours and eights, and the last pass is the largest.
pub fn radices(points: usize) -> Option<Vec<usize>> {
    let (mut left, mut radices) = (points, Vec::new());
    for radix in [3, 5] {
        while left.is_multiple_of(radix) && left > 0 {
            radices.push(radix);
            left /= radix;
        }
    }
    if !left.is_power_of_two() {
        return None;
    }
    let bits = left.trailing_zeros() as usize;
    // One 2 or two 4s make up what threes of bits leave, with as few passes.
    let (twos, fours) = match (bits % 3, bits) {
        (0, _) => (0, 0),
        (1, 1) => (1, 0),
        (1, _) => (0, 2),
        _ => (0, 1),
    };
    radices.extend(std::iter::repeat_n(2, twos));
    radices.extend(std::iter::repeat_n(4, fours));
    radices.extend(std::iter::repeat_n(8, (bits - twos - 2 * fours) / 3));
    Some(radices)
}

/// The passes of a transform of `points` points.
///
/// # Panics
/// If the length is no product of 2, 3 and 5.
pub fn passes<L: Real>(points: usize) -> Vec<Pass<L>> {
    let mut left = points;
    let pass = |radix: usize| {
        let points = left;
        left /= radix;
        let factor = |j: usize, m: usize| {
            // Reduced first, so that the angle is as exact as can be.
            let angle = -TAU * ((j * m % points) as f64 / points as f64);
            [angle.cos(), angle.sin()].map(|part| L::of_parts(part, 0.0))
        };
        let columns = if left == 1 { 0 } else { left };
        let twiddles = (0..columns).flat_map(|j| (1..radix).flat_map(move |m| factor(j, m))).collect();
        Pass { radix, points, twiddles }
    };
    radices(points).expect("a length that is a product of 2, 3 and 5").into_iter().map(pass).collect()
}

/// The frequency that each point has after the passes of a transform.
pub fn frequencies<L>(passes: &[Pass<L>]) -> Vec<usize> {
    let points = passes.first().map_or(1, |pass| pass.points);
    let frequency = |mut at: usize| {
        let (mut frequency, mut weight) = (0, 1);
        for pass in passes {
            let apart = pass.points / pass.radix;
            frequency += at / apart * weight;
            at %= apart;
            weight *= pass.radix;
        }
        frequency
    };
    (0..points).map(frequency).collect()
}
