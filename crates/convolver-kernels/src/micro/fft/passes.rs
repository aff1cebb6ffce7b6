//! Which passes make a transform, their twiddles, and how much they round.
//!
//! Error    A transform multiplies by a unitary matrix times √n. In units of the rounding unit u, relative to the norm of what
//!          goes in, its passes err by
//!
//! | pass | units |
//! |---|---|
//! | sums and differences | 1 each: 2 levels make radix 4, 1 makes radix 2 |
//! | radix 8 | 6: four sums on the longest path, a factor √½ that is off by 1 and rounded by 1 |
//! | radix 3, 5 | 10, 40: at most 4 and 6 roundings on a path, factors off by 1 and 4, paths from a point to another adding up to 1.37 and 1.41, and √radix for the norm of a sum of so many |
//! | twiddles | 6: √5 for a complex product, fused or not, and 3.3 for the factor, see `root` |
//!
//! which also bounds every number that comes out by the same share of the sum of magnitudes that go in, as errors there
//! need no √radix.
//!
//! Source   Brent, Percival & Zimmermann, Error bounds on complex floating-point multiplication (2007)

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
        let columns = if left == 1 { 0 } else { left };
        let twiddles = (0..columns).flat_map(|j| (1..radix).flat_map(move |m| root(j * m, points))).collect();
        Pass { radix, points, twiddles }
    };
    radices(points).expect("a length that is a product of 2, 3 and 5").into_iter().map(pass).collect()
}

/// The two parts of e^(−2πi·number/points).
///
/// The angle is brought to an eighth of a turn at most, where it is off by 1.9 units u, and cosine and sine by an ulp,
/// which is at most u there: 3.3·u in all.
pub fn root<L: Real>(number: usize, points: usize) -> [L; 2] {
    // In parts of 8·points of a turn.
    let mut part = 8 * (number % points);
    let (below, left, steep) = (part > 4 * points, 2 * points, points);
    part = if below { 8 * points - part } else { part };
    let backward = part > left;
    part = if backward { 4 * points - part } else { part };
    let swapped = part > steep;
    part = if swapped { 2 * points - part } else { part };
    let angle = TAU * part as f64 / (8 * points) as f64;
    let (sine, cosine) = if swapped { (angle.cos(), angle.sin()) } else { angle.sin_cos() };
    [if backward { -cosine } else { cosine }, if below { sine } else { -sine }].map(|part| L::of_parts(part, 0.0))
}

/// How much a transform of `points` points rounds in f64, see the top of this file; `None` for other lengths than products
/// of 2, 3 and 5.
pub fn rounding(points: usize) -> Option<f64> {
    let of_radix = |radix: usize| match radix {
        2 => 1.0,
        4 => 2.0,
        8 => 6.0,
        3 => 10.0,
        _ => 40.0,
    };
    Some(radices(points)?.into_iter().map(|radix| of_radix(radix) + TWIDDLE).sum())
}

/// See the top of this file.
const TWIDDLE: f64 = 6.0;

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
