//! Problems so small that setting up a tile would take longer than the sum: one convolved axis, rows on the stack.

use crate::algorithms::Operands;
use crate::primitives::tile::Loader;
use crate::problem::{Conjugate, Problem, Sample};
use convolver_kernels::{Dims, Storing, grid_position};

/// Numbers of a row on the stack.
const ROW: usize = 64;
/// Multiply-adds above which vectors pay.
const PRODUCTS: usize = 4096;

/// Whether a problem is one of these.
pub(super) fn suits(problem: &Problem) -> bool {
    let [axis] = &problem.axes[..] else { return false };
    let row = axis.input <= ROW && axis.kernel <= ROW && axis.output() <= ROW;
    let one = |lengths: &[usize]| lengths.iter().all(|&length| length == 1);
    row && one(&problem.summed)
        && one(&problem.bank)
        && problem.outputs() * axis.kernel <= PRODUCTS
        && !axis.boundary.iter().any(|boundary| boundary.combines())
}

/// Computes such a problem, in the order of the definition.
pub(super) fn run<W: Storing>(problem: &Problem, operands: Operands<'_>) {
    let Operands { input, kernel, mut output } = operands;
    let axis = &problem.axes[0];
    let fill = Loader::<W>::fill(problem.fill);
    let (mut x, mut k, mut y) = ([W::default(); ROW], [W::default(); ROW], [W::default(); ROW]);
    let (x, k, y) = (&mut x[..axis.input], &mut k[..axis.kernel], &mut y[..axis.output()]);
    let rows = problem.batch.len() + problem.group.len();
    let lengths: Dims<usize> = output.shape()[..rows].into();
    let mut group_of_kernel = None;
    for number in 0..lengths.iter().product() {
        let position = grid_position(&lengths, number);
        let group = &position[problem.batch.len()..];
        if group_of_kernel.as_deref() != Some(group) {
            group_of_kernel = Some(Dims::from(group));
            let index = padded(group, kernel.shape().len());
            kernel.read(&index, index.len() - 1, 1, k);
            if problem.conjugate == Conjugate::Kernel {
                k.iter_mut().for_each(|weight| *weight = weight.conjugated());
            }
            if problem.flip {
                k.reverse();
            }
        }
        let index = padded(&position, input.shape().len());
        input.read(&index, index.len() - 1, 1, x);
        if problem.conjugate == Conjugate::Input {
            x.iter_mut().for_each(|number| *number = number.conjugated());
        }
        for (o, sum) in y.iter_mut().enumerate() {
            *sum = k.iter().enumerate().fold(W::default(), |sum, (tap, weight)| {
                let place = axis.place(o, tap);
                let sample = match x.get(place as usize) {
                    Some(&sample) if axis.spread == 1 => sample,
                    _ => match axis.sample(place) {
                        Sample::At(sample) => x[sample],
                        Sample::Fill => fill,
                        Sample::Zero | Sample::Mix(_) => W::default(),
                    },
                };
                sum.plus(weight.times(sample))
            });
        }
        let index = padded(&position, output.shape().len());
        output.write(&index, index.len() - 1, y);
    }
}

/// A position with zeros for the axes after it.
fn padded(position: &[usize], axes: usize) -> Dims<usize> {
    let mut index = Dims::from(position);
    index.resize(axes, 0);
    index
}
