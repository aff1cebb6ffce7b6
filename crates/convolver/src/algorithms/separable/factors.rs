//! Whether a kernel is a product of one-dimensional kernels, and which.
//!
//! The largest tap is the pivot. The lines of taps through it, along each axis, are the factors: one as it stands, the
//! others relative to the pivot. The kernel is their product if every tap is, to within the rounding of the sums;
//! integers must be so exactly. Scaling a kernel scales one factor and changes no decision.

use crate::problem::Problem;
use convolver_kernels::{Dims, Kind, Scalar, View, WorkingType, grid_position};

/// The factors of one kernel: for each convolved axis its taps.
pub(super) type Factors = Vec<Vec<Scalar>>;

/// The factors of every kernel (group by bank); `None` unless all are products.
pub(super) fn of_all(problem: &Problem, kernel: &View<'_>) -> Option<Vec<Factors>> {
    let shape = kernel.shape();
    let leading = shape.len() - problem.axes.len();
    let count: usize = shape[..leading].iter().product();
    (0..count)
        .map(|number| {
            let mut starts = grid_position(&shape[..leading], number);
            let order: Vec<usize> = (leading..shape.len()).collect();
            starts.resize(shape.len(), 0);
            let lengths: Dims<usize> =
                (0..shape.len()).map(|axis| if axis < leading { 1 } else { shape[axis] }).collect();
            let one = kernel.sliced(&starts, &lengths).permuted(&order);
            if problem.output.kind() < Kind::Float { integers(&one) } else { numbers(problem, &one) }
        })
        .collect()
}

/// The line of taps through the pivot along an axis.
fn line(kernel: &View<'_>, pivot: &[usize], axis: usize) -> Vec<Scalar> {
    let mut index = Dims::from(pivot);
    let tap = |at: usize| {
        index[axis] = at;
        kernel.get(&index)
    };
    (0..kernel.shape()[axis]).map(tap).collect()
}

/// The tap of largest magnitude, and the axis whose factor carries the scale.
fn pivot(kernel: &View<'_>, magnitude: impl Fn(Scalar) -> f64) -> Option<(Dims<usize>, usize)> {
    let taps = (0..kernel.len()).map(|number| grid_position(kernel.shape(), number));
    let pivot = taps.max_by(|a, b| magnitude(kernel.get(a)).total_cmp(&magnitude(kernel.get(b))))?;
    let carrier = (0..pivot.len()).rev().find(|&axis| kernel.shape()[axis] > 1)?;
    Some((pivot, carrier))
}

fn real(tap: Scalar) -> f64 {
    match tap {
        Scalar::Integer(integer) => integer as f64,
        Scalar::Number(number) => number.re,
    }
}

/// The rounding unit of a sum.
fn unit(working: WorkingType) -> f64 {
    match working {
        WorkingType::F32 | WorkingType::C64 => 2f64.powi(-24),
        _ => 2f64.powi(-53),
    }
}

fn numbers(problem: &Problem, kernel: &View<'_>) -> Option<Factors> {
    let (pivot, carrier) = pivot(kernel, |tap| real(tap).abs())?;
    let scale = real(kernel.get(&pivot));
    if scale == 0.0 || !scale.is_finite() {
        return None;
    }
    // Of the sums, not of the kernel: a rounded product of narrow type is another kernel to a wide input.
    let unit = unit(problem.working());
    let tolerance = (4 * pivot.len()) as f64 * unit;
    // Factors are used in the working type, where those far below 1 would lose digits.
    let least = if unit == 2f64.powi(-53) { 2f64.powi(-900) } else { 2f64.powi(-100) };
    let factors: Vec<Vec<f64>> = (0..pivot.len())
        .map(|axis| {
            let by = if axis == carrier { 1.0 } else { scale };
            line(kernel, &pivot, axis).into_iter().map(|tap| real(tap) / by).collect()
        })
        .collect();
    let fits =
        |(axis, taps): (usize, &Vec<f64>)| axis == carrier || taps.iter().all(|tap| *tap == 0.0 || tap.abs() >= least);
    if !factors.iter().enumerate().all(fits) {
        return None;
    }
    for number in 0..kernel.len() {
        let at = grid_position(kernel.shape(), number);
        // The relative factors first: only their product with the scale may underflow.
        let relative: f64 = (0..at.len()).filter(|&axis| axis != carrier).map(|axis| factors[axis][at[axis]]).product();
        let (tap, product) = (real(kernel.get(&at)), relative * factors[carrier][at[carrier]]);
        // A NaN is no product.
        let close = (product - tap).abs() <= tolerance * tap.abs();
        if !close {
            return None;
        }
    }
    let exact = |tap: f64| Scalar::Number(tap.into());
    Some(factors.into_iter().map(|taps| taps.into_iter().map(exact).collect()).collect())
}

fn integers(kernel: &View<'_>) -> Option<Factors> {
    let integer = |tap: Scalar| match tap {
        Scalar::Integer(integer) => integer,
        Scalar::Number(number) => number.re as i128,
    };
    let (pivot, carrier) = pivot(kernel, |tap| real(tap).abs())?;
    let scale = integer(kernel.get(&pivot));
    if scale == 0 {
        return None;
    }
    let mut factors: Vec<Vec<i128>> =
        (0..pivot.len()).map(|axis| line(kernel, &pivot, axis).into_iter().map(integer).collect()).collect();
    let mut divisor = 1i128;
    for axis in (0..pivot.len()).filter(|&axis| axis != carrier) {
        let common = factors[axis].iter().fold(0, |common, &tap| gcd(common, tap.abs()));
        factors[axis].iter_mut().for_each(|tap| *tap /= common);
        divisor = divisor.checked_mul(scale / common)?;
    }
    for tap in &mut factors[carrier] {
        if *tap % divisor != 0 {
            return None;
        }
        *tap /= divisor;
    }
    for number in 0..kernel.len() {
        let at = grid_position(kernel.shape(), number);
        let product = (0..at.len()).try_fold(1i128, |product, axis| product.checked_mul(factors[axis][at[axis]]))?;
        if product != integer(kernel.get(&at)) {
            return None;
        }
    }
    Some(factors.into_iter().map(|taps| taps.into_iter().map(Scalar::Integer).collect()).collect())
}

fn gcd(left: i128, right: i128) -> i128 {
    if right == 0 { left } else { gcd(right, left % right) }
}
