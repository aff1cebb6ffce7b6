//! Lengths of transforms: products of 2, 3 and 5, so that no tile is padded to twice its size.

use convolver_kernels::{Dims, radices};

/// The multiples of `unit` from `least` to `most` that are products of 2, 3 and 5, but for `unit` itself.
pub fn lengths(unit: usize, least: usize, most: usize) -> Vec<usize> {
    let (least, most) = (least.div_ceil(unit).max(1), most / unit);
    let powers = |base: usize| std::iter::successors(Some(1usize), move |power| power.checked_mul(base));
    let within = |product: &usize| *product <= most;
    let mut found = Vec::new();
    for five in powers(5).take_while(within) {
        for fifteen in powers(3).map(|three| five.saturating_mul(three)).take_while(within) {
            let products = powers(2).map(|two| fifteen.saturating_mul(two)).take_while(within);
            found.extend(products.filter(|&product| product >= least).map(|product| product * unit));
        }
    }
    found.sort_unstable();
    found
}

/// Vector operations for each point of a transform of so many points, there alone: sums, products and a product with a
/// twiddle, counted; a pass of radix 2 takes as long as its stores.
pub fn operations(points: usize) -> f64 {
    let of_radix = |radix| match radix {
        2 => 5.0,
        3 => 8.0,
        4 => 7.0,
        5 => 11.0,
        _ => 11.0,
    };
    radices(points).expect("a product of 2, 3 and 5").into_iter().map(of_radix).sum()
}

/// The length from `least` on that takes the least time, if a point takes `operations` of its length and `others` besides.
pub fn length(unit: usize, least: usize, operations: impl Fn(usize) -> f64, others: f64) -> usize {
    // There is a power of two below twice any number.
    let time = |length: usize| length as f64 * (operations(length) + others);
    let lengths = lengths(unit, least, 2 * least.max(unit));
    lengths.into_iter().min_by(|&a, &b| time(a).total_cmp(&time(b))).expect("a power of two")
}

/// The rows and columns of a long line: factors as equal as can be, both multiples of `lanes`.
pub fn rows_and_columns(points: usize, lanes: usize) -> Option<(usize, usize)> {
    if !points.is_multiple_of(lanes * lanes) {
        return None;
    }
    let part = points / (lanes * lanes);
    let rows = (1..=part).take_while(|rows| rows * rows <= part).filter(|&rows| part.is_multiple_of(rows)).last()?;
    Some((lanes * rows, lanes * (part / rows)))
}

/// The lengths of the box of complex numbers that a box of real ones becomes.
pub(super) fn halved(lengths: &[usize]) -> Dims<usize> {
    let mut halved: Dims<usize> = lengths.into();
    if let Some(first) = halved.iter_mut().find(|length| **length > 1) {
        *first /= 2;
    }
    halved
}
