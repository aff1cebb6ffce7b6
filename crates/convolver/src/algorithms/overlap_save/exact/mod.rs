//! Exact integers by transforms that round.
//!
//! Computes  y = Σ k·x modulo 2ⁿ, n the bits of the result; of bool whether the sum of ands is not zero.
//!
//! Limbs    With b = ⌈n/L⌉ every integer is Σᵢ dᵢ·2^(b·i) modulo 2ⁿ for L limbs −2^(b−1) ≤ dᵢ < 2^(b−1), so that
//!          y = Σₛ 2^(b·s)·yₛ, s < L, where yₛ is the sum over i + j = s of limb i of x convolved with limb j of k. Each yₛ
//!          is transformed in f64 and rounded to the integer that is nearest. Bool has one limb, 0 or 1.
//! Proof    yₛ comes out with an error below ½. Let u = 2⁻⁵³, P be the points of the transform, and E·u what it rounds by,
//!          relative to the norm of what it takes and for every number that comes out relative to the sum of magnitudes that
//!          go in (`primitives::fft::rounding`). The spectra X and K then have errors E·u·‖X‖ and (E + 2)·u·‖K‖, K being
//!          divided by P; a product of them adds √5·u, a sum of M products M·u. By Cauchy and Schwarz the sum of the
//!          magnitudes of all errors is at most (2E + 5 + M)·u·Σ‖X‖‖K‖ over these products, and the magnitudes themselves
//!          have a sum of at most Σ‖X‖‖K‖, by which the inverse adds E·u. As ‖X‖ = √P·‖x‖, and the division by P is done,
//!          |error| ≤ (3E + 5 + M)·u·Σ‖x‖‖k‖, and 1/16 more for products of errors, each of which is below 1/100.
//!          A tile has a box of N limbs, so ‖x‖ ≤ 2^(b−1)·√N. A kernel of K taps, at most m of them on one place of the tile,
//!          spread over elements, and L pairs of limbs have Σ‖x‖‖k‖ ≤ L·4^(b−1)·√(N·e·m·K) with e elements. `Limbs::new`
//!          takes the least L for which this bound is below ½. As |yₛ| ≤ Σ‖x‖‖k‖, it is below 2⁵⁰, too.
//! Skipped  limbs of small integers that are zero in all of a tile, or of a kernel
//! Cost     L transforms of every element of a tile and L back, with L(L + 1)/2 products of spectra between them
//! Source   Crandall & Fagin, Discrete weighted transforms and large-integer arithmetic (1994), for balanced limbs; Percival,
//!          Rapid multiplication modulo the sum and difference of highly composite numbers (2003), for the proof

mod prepare;
mod run;

pub(super) use prepare::ByLimbs;

use super::layout::Layout;
use crate::primitives::fft::rounding;
use crate::problem::Problem;
use convolver_kernels::Kind;

/// How integers are cut.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limbs {
    pub(super) count: usize,
    /// Bits of each but the last.
    pub(super) bits: usize,
    /// Bits of all.
    whole: usize,
    /// Whether numbers are truth values.
    truth: bool,
    /// What is added to an integer for its bits to be those of its limbs, each plus half its range.
    bias: u64,
}

/// 2⁵²: integers added to it stand in its low bits.
const ALIGNED: u64 = 0x4330_0000_0000_0000;
const LARGE: f64 = 4_503_599_627_370_496.0;

impl Limbs {
    /// As few as are proved to be exact for so many elements in tiles of these lengths.
    pub(super) fn new(problem: &Problem, layout: &Layout, points: &[usize], lanes: usize, elements: usize) -> Self {
        let truth = problem.output.kind() == Kind::Bool;
        let whole = if truth { 1 } else { 8 * problem.output.size() };
        let of_tile = points.iter().map(|&points| points as f64).product::<f64>();
        let folds = layout.axes.iter().zip(points).map(|(along, &points)| along.window.div_ceil(points) as f64);
        let taps = folds.product::<f64>() * problem.taps() as f64;
        let norms = (of_tile * elements as f64 * taps).sqrt();
        let transforms = 3.0 * rounding(points, lanes) + 5.0;
        let exact = |count: &usize| {
            let (bits, limbs) = (whole.div_ceil(*count) as i32, *count as f64);
            let largest = if truth { 1.0 } else { 4f64.powi(bits - 1) };
            let bound = (transforms + limbs * elements as f64) * 2f64.powi(-53) * limbs * largest * norms;
            bound * 17.0 / 16.0 < 0.5
        };
        // Tiles have at most 2²⁸ points: limbs of one bit would serve kernels of 2⁴⁰ taps.
        let count = (1..=whole).find(exact).unwrap_or(whole);
        let bits = whole.div_ceil(count);
        let count = whole.div_ceil(bits);
        let half = |limb: usize| 1u64 << (limb * bits + bits.min(whole - limb * bits) - 1);
        Limbs { count, bits, whole, truth, bias: (0..count).map(half).fold(0, u64::wrapping_add) }
    }

    /// How many limbs are not certainly zero in all of some integers.
    fn used(&self, integers: &[i64]) -> usize {
        if integers.iter().all(|&integer| integer == 0) {
            return 0;
        }
        // The bits of the largest magnitude; c limbs of b ≥ 2 bits hold all integers of b·c − 2 bits and a sign.
        let bits = integers.iter().fold(0, |bits, &integer| bits | (integer ^ (integer >> 63)));
        let needed = 66 - bits.leading_zeros() as usize;
        if self.bits == 1 { self.count } else { needed.div_ceil(self.bits).min(self.count) }
    }

    /// A limb of each integer.
    fn digits(&self, limb: usize, integers: &[i64], digits: &mut [f64]) {
        if self.truth {
            return integers
                .iter()
                .zip(digits)
                .for_each(|(&integer, digit)| *digit = f64::from(u8::from(integer != 0)));
        }
        let shift = limb * self.bits;
        let bits = self.bits.min(self.whole - shift);
        let (mask, offset) = ((1 << bits) - 1, LARGE + (1u64 << (bits - 1)) as f64);
        for (&integer, digit) in integers.iter().zip(digits) {
            let bits = (integer.cast_unsigned().wrapping_add(self.bias) >> shift) & mask;
            *digit = f64::from_bits(bits | ALIGNED) - offset;
        }
    }

    /// Adds sums of limbs, rounded, to integers.
    fn add(&self, limb: usize, sums: &[f64], integers: &mut [i64]) {
        // Up to 2⁵¹ in magnitude, integers stand in the low bits of what they are added to.
        let aligned = 1.5 * LARGE;
        for (&sum, integer) in sums.iter().zip(integers) {
            let rounded = (sum + aligned).to_bits().wrapping_sub(aligned.to_bits());
            *integer = integer.wrapping_add((rounded << (limb * self.bits)).cast_signed());
        }
    }
}
