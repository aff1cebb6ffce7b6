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

/// The taps of one kernel, in order.
struct Taps<'a, T> {
    shape: &'a [usize],
    taps: Vec<T>,
}

impl<T: Copy> Taps<'_, T> {
    /// The place of the tap of largest magnitude along each axis, and the axis whose factor carries the scale.
    fn pivot(&self, magnitude: impl Fn(T) -> f64) -> Option<(Dims<usize>, usize)> {
        let (mut pivot, mut largest) = (0, f64::NEG_INFINITY);
        for (number, &tap) in self.taps.iter().enumerate() {
            if magnitude(tap) >= largest {
                (pivot, largest) = (number, magnitude(tap));
            }
        }
        let carrier = (0..self.shape.len()).rev().find(|&axis| self.shape[axis] > 1)?;
        Some((grid_position(self.shape, pivot), carrier))
    }

    /// Elements between neighbours along an axis.
    fn step(&self, axis: usize) -> usize {
        self.shape[axis + 1..].iter().product()
    }

    /// The line of taps through the pivot along an axis.
    fn line(&self, pivot: &[usize], axis: usize) -> Vec<T> {
        let number: usize = pivot.iter().enumerate().map(|(axis, &at)| at * self.step(axis)).sum();
        let first = number - pivot[axis] * self.step(axis);
        (0..self.shape[axis]).map(|at| self.taps[first + at * self.step(axis)]).collect()
    }

    /// Whether every tap is what its factors make of it.
    fn all(&self, is_product: impl Fn(T, &[usize]) -> bool) -> bool {
        let mut place: Dims<usize> = Dims::from_elem(0, self.shape.len());
        self.taps.iter().all(|&tap| {
            let right = is_product(tap, &place);
            for axis in (0..place.len()).rev() {
                place[axis] += 1;
                if place[axis] < self.shape[axis] {
                    break;
                }
                place[axis] = 0;
            }
            right
        })
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
    let shape = kernel.shape();
    let mut taps = vec![0f64; kernel.len()];
    let last = shape.len() - 1;
    for (number, line) in taps.chunks_exact_mut(shape[last]).enumerate() {
        kernel.read(&grid_position(shape, number * shape[last]), last, 1, line);
    }
    let kernel = Taps { shape, taps };
    let (pivot, carrier) = kernel.pivot(f64::abs)?;
    let scale = kernel.line(&pivot, carrier)[pivot[carrier]];
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
            kernel.line(&pivot, axis).into_iter().map(|tap| tap / by).collect()
        })
        .collect();
    let fits =
        |(axis, taps): (usize, &Vec<f64>)| axis == carrier || taps.iter().all(|tap| *tap == 0.0 || tap.abs() >= least);
    if !factors.iter().enumerate().all(fits) {
        return None;
    }
    let is_product = |tap: f64, at: &[usize]| {
        // The relative factors first: only their product with the scale may underflow.
        let relative: f64 = (0..at.len()).filter(|&axis| axis != carrier).map(|axis| factors[axis][at[axis]]).product();
        // A NaN is no product.
        (relative * factors[carrier][at[carrier]] - tap).abs() <= tolerance * tap.abs()
    };
    if !kernel.all(is_product) {
        return None;
    }
    let exact = |tap: f64| Scalar::Number(tap.into());
    Some(factors.into_iter().map(|taps| taps.into_iter().map(exact).collect()).collect())
}

fn integers(kernel: &View<'_>) -> Option<Factors> {
    let integer = |number: usize| match kernel.get(&grid_position(kernel.shape(), number)) {
        Scalar::Integer(integer) => integer,
        Scalar::Number(number) => number.re as i128,
    };
    let kernel = Taps { shape: kernel.shape(), taps: (0..kernel.len()).map(integer).collect() };
    let (pivot, carrier) = kernel.pivot(|tap| (tap as f64).abs())?;
    let scale = kernel.line(&pivot, carrier)[pivot[carrier]];
    if scale == 0 {
        return None;
    }
    let mut factors: Vec<Vec<i128>> = (0..pivot.len()).map(|axis| kernel.line(&pivot, axis)).collect();
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
    let product =
        |at: &[usize]| (0..at.len()).try_fold(1i128, |product, axis| product.checked_mul(factors[axis][at[axis]]));
    if !kernel.all(|tap, at| product(at) == Some(tap)) {
        return None;
    }
    Some(factors.into_iter().map(|taps| taps.into_iter().map(Scalar::Integer).collect()).collect())
}

fn gcd(left: i128, right: i128) -> i128 {
    if right == 0 { left } else { gcd(right, left % right) }
}
