//! How much transforms of tiles round.

use super::lengths::{halved, rows_and_columns};

/// What twisting adds to the rounding of a transform: two factors, off by 3.3 each, and two products, by √5.
const TWIST: f64 = 12.0;

/// What the powers of w add: a factor, off by 3.3, and a product, by √5.
const WEIGHT: f64 = 6.0;

/// How much the transform of a box of real numbers of these lengths rounds in f64, in rounding units, see
/// `convolver_kernels::rounding`.
pub fn rounding(lengths: &[usize], lanes: usize) -> f64 {
    let of = |points: usize| convolver_kernels::rounding(points).expect("a product of 2, 3 and 5");
    let (halved, line) = (halved(lengths), lengths.len() - 1);
    if lengths[..line].iter().all(|&length| length == 1) {
        let (rows, width) = rows_and_columns(halved[line], lanes).expect("a line of whole squares of vectors");
        return WEIGHT + of(rows) + of(width) + TWIST;
    }
    WEIGHT + halved.iter().map(|&length| of(length)).sum::<f64>()
}
