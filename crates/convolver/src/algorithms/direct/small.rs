//! Problems so small that setting up a tile would take longer than the sum: one convolved axis, rows on the stack.

use crate::algorithms::Operands;
use crate::primitives::tile::Loader;
use crate::problem::{Axis, Boundary, Conjugate, Problem, Sample};
use convolver_kernels::{Dims, Storing};

/// Numbers of a row on the stack.
const ROW: usize = 96;
/// Multiply-adds above which vectors pay.
const PRODUCTS: usize = 4096;

/// Whether a problem is one of these.
pub(super) fn suits(problem: &Problem) -> bool {
    let [axis] = &problem.axes[..] else { return false };
    let row = axis.input.max(axis.kernel).max(axis.extended()) <= ROW;
    let one = |lengths: &[usize]| lengths.iter().all(|&length| length == 1);
    row && one(&problem.summed)
        && one(&problem.bank)
        && problem.outputs() * axis.kernel <= PRODUCTS
        && !axis.boundary.into_iter().any(Boundary::combines)
}

/// Computes such a problem, in the order of the definition.
pub(super) fn run<W: Storing>(problem: &Problem, operands: Operands<'_>) {
    let Operands { input, kernel, mut output } = operands;
    let axis = &problem.axes[0];
    let (mut x, mut k, mut y) = ([W::default(); ROW], [W::default(); ROW], [W::default(); ROW]);
    let outputs = output.shape()[output.shape().len() - 1];
    let (x, k, y) = (&mut x[..axis.input], &mut k[..axis.kernel], &mut y[..outputs]);
    // A row of its own only where something stands around the samples.
    let mut row = [W::default(); ROW];
    let plain = axis.spread == 1 && axis.low == 0 && axis.high == 0;
    let row = &mut row[..if plain { 0 } else { axis.extended() }];
    let batches = problem.batch.len();
    let rows = batches + problem.group.len();
    let mut x_at: Dims<usize> = Dims::from_elem(0, input.shape().len());
    let mut k_at: Dims<usize> = Dims::from_elem(0, kernel.shape().len());
    let mut y_at: Dims<usize> = Dims::from_elem(0, output.shape().len());
    let mut next = true;
    let mut new_group = true;
    while next {
        if new_group {
            kernel.read(&k_at, k_at.len() - 1, 1, k);
            if problem.conjugate == Conjugate::Kernel {
                k.iter_mut().for_each(|weight| *weight = weight.conjugated());
            }
            if problem.flip {
                k.reverse();
            }
        }
        input.read(&x_at, x_at.len() - 1, 1, x);
        if problem.conjugate == Conjugate::Input {
            x.iter_mut().for_each(|number| *number = number.conjugated());
        }
        match &mut row[..] {
            [] => sums(axis, x, k, y),
            row => {
                extend(problem, x, row);
                sums(axis, row, k, y);
            }
        }
        output.write(&y_at, y_at.len() - 1, y);
        let turned = (0..rows).rev().find(|&at| {
            y_at[at] += 1;
            let within = y_at[at] < output.shape()[at];
            if !within {
                y_at[at] = 0;
            }
            within
        });
        next = turned.is_some();
        x_at[..rows].copy_from_slice(&y_at[..rows]);
        new_group = k_at[..rows - batches] != y_at[batches..rows];
        k_at[..rows - batches].copy_from_slice(&y_at[batches..rows]);
    }
}

/// The row that the outputs see: the input, extended past its ends.
fn extend<W: Storing>(problem: &Problem, x: &[W], row: &mut [W]) {
    let axis = &problem.axes[0];
    for (at, number) in row.iter_mut().enumerate() {
        let place = at as isize - axis.low;
        *number = match x.get(place as usize) {
            Some(&sample) if axis.spread == 1 => sample,
            _ => match axis.sample(place) {
                Sample::At(sample) => x[sample],
                Sample::Fill => Loader::<W>::fill(problem.fill),
                Sample::Zero | Sample::Mix(_) => W::default(),
            },
        };
    }
}

/// The sums of one row, tap by tap so that outputs are lanes.
fn sums<W: Storing>(axis: &Axis, row: &[W], k: &[W], y: &mut [W]) {
    y.fill(W::default());
    for (tap, &weight) in k.iter().enumerate() {
        let seen = &row[tap * axis.dilation..];
        if axis.stride == 1 {
            y.iter_mut().zip(seen).for_each(|(sum, &sample)| *sum = sum.plus(weight.times(sample)));
        } else {
            let seen = seen.iter().step_by(axis.stride);
            y.iter_mut().zip(seen).for_each(|(sum, &sample)| *sum = sum.plus(weight.times(sample)));
        }
    }
}
