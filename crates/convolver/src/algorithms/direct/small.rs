//! Problems so small that setting up a tile would take longer than the sum: one convolved axis, rows on the stack.

use crate::algorithms::{Operands, Prepared};
use crate::primitives::tile::Loader;
use crate::problem::{Axis, Boundary, Conjugate, Problem, Sample};
use convolver_kernels::{Band, InstructionSet, MatrixMut, Owned, Phase, Storing, View, ViewMut, grid_position};
use std::marker::PhantomData;

/// Numbers on the stack: a row of the input, as it is and extended, the taps and a row of outputs.
const NUMBERS: usize = 128;
/// The same for the smallest of all.
const FEW: usize = 32;
/// Axes of an operand at most.
const AXES: usize = 8;

/// Whether a problem is one of these.
pub(super) fn suits(problem: &Problem) -> bool {
    let [axis] = &problem.axes[..] else { return false };
    let numbers = [axis.input, axis.kernel, axis.extended(), axis.extended()];
    let row = numbers.iter().try_fold(0usize, |sum, &count| sum.checked_add(count)).is_some_and(|sum| sum <= NUMBERS);
    let one = |lengths: &[usize]| lengths.iter().all(|&length| length == 1);
    let axes = problem.batch.len() + problem.group.len() + problem.summed.len() + problem.bank.len() < AXES;
    row && axes && one(&problem.summed) && one(&problem.bank) && !axis.boundary.into_iter().any(Boundary::combines)
}

/// A kernel for such problems, as it is.
pub(super) struct OnStack<W> {
    problem: Problem,
    set: &'static InstructionSet,
    kernel: Owned,
    working: PhantomData<W>,
}

impl<W: Storing> OnStack<W> {
    pub(super) fn new(problem: &Problem, set: &'static InstructionSet, kernel: &View<'_>) -> Self {
        let mut owned = Owned::zeros(problem.kernel, kernel.shape());
        let mut view = owned.view_mut();
        for number in 0..kernel.len() {
            let index = grid_position(kernel.shape(), number);
            view.set(&index, kernel.get(&index));
        }
        OnStack { problem: problem.clone(), set, kernel: owned, working: PhantomData }
    }
}

impl<W: Storing> Prepared for OnStack<W> {
    fn run(&self, input: &View<'_>, output: ViewMut<'_>) {
        run::<W>(&self.problem, self.set, Operands { input, kernel: &self.kernel.view(), output });
    }
}

/// Computes such a problem, in the order of the definition.
pub(super) fn run<W: Storing>(problem: &Problem, set: &'static InstructionSet, operands: Operands<'_>) {
    let axis = &problem.axes[0];
    // Numbers are set to zero first, which for the fewest taps takes as long as the sums.
    if axis.input + axis.kernel + 2 * axis.extended() <= FEW {
        run_with::<W, FEW>(problem, operands, |axis, row, k, y| sums(axis, row, k, y));
    } else if W::PARTS == 1 && axis.stride == 1 {
        let columns: [usize; NUMBERS] = std::array::from_fn(|tap| tap * axis.dilation);
        run_with::<W, NUMBERS>(problem, operands, |_, row, k, y| {
            let (outputs, columns) = (y.len(), &columns[..k.len()]);
            let job = Band {
                input: W::lanes(row).into(),
                start: 0,
                row_step: 0,
                phases: &[Phase { rows: 1, columns: k.len() }],
                columns,
                weights: W::lanes(k),
                accumulate: false,
            };
            set.band(&job, &mut MatrixMut::from_slice(W::lanes_mut(y), 1, outputs, outputs));
        });
    } else {
        run_with::<W, NUMBERS>(problem, operands, |axis, row, k, y| sums(axis, row, k, y));
    }
}

/// Rows of a problem, summed by `sums(axis, row with what lies behind it, taps, outputs)`.
fn run_with<W: Storing, const N: usize>(
    problem: &Problem,
    operands: Operands<'_>,
    sums: impl Fn(&Axis, &[W], &[W], &mut [W]),
) {
    let Operands { input, kernel, mut output } = operands;
    let axis = &problem.axes[0];
    let mut numbers = [W::default(); N];
    let (y, rest) = numbers.split_at_mut(output.shape()[output.shape().len() - 1]);
    let (k, rest) = rest.split_at_mut(axis.kernel);
    // A row of its own, after the input's, only where something stands around the samples.
    let plain = axis.spread == 1 && axis.low == 0 && axis.high == 0;
    let batches = problem.batch.len();
    let rows = batches + problem.group.len();
    let (mut x_at, mut k_at, mut y_at) = ([0; AXES], [0; AXES], [0; AXES]);
    let (x_at, k_at) = (&mut x_at[..input.shape().len()], &mut k_at[..kernel.shape().len()]);
    let y_at = &mut y_at[..output.shape().len()];
    let mut is_new_group = true;
    loop {
        if is_new_group {
            kernel.read(k_at, k_at.len() - 1, 1, k);
            if problem.conjugate == Conjugate::Kernel {
                k.iter_mut().for_each(|weight| *weight = weight.conjugated());
            }
            if problem.flip {
                k.reverse();
            }
        }
        let (x, row) = rest.split_at_mut(axis.input);
        input.read(x_at, x_at.len() - 1, 1, x);
        if problem.conjugate == Conjugate::Input {
            x.iter_mut().for_each(|number| *number = number.conjugated());
        }
        if plain {
            sums(axis, rest, k, y);
        } else {
            extend(problem, x, &mut row[..axis.extended()]);
            sums(axis, row, k, y);
        }
        output.write(y_at, y_at.len() - 1, y);
        if !advance(&mut y_at[..rows], output.shape()) {
            return;
        }
        x_at[..rows].copy_from_slice(&y_at[..rows]);
        is_new_group = k_at[..rows - batches] != y_at[batches..rows];
        k_at[..rows - batches].copy_from_slice(&y_at[batches..rows]);
    }
}

/// The next position in a grid of these lengths; false after the last.
fn advance(position: &mut [usize], lengths: &[usize]) -> bool {
    for (at, &length) in position.iter_mut().zip(lengths).rev() {
        *at += 1;
        if *at < length {
            return true;
        }
        *at = 0;
    }
    false
}

/// The row that the outputs see: the input, extended past its ends. Places that are always zero hold it already.
fn extend<W: Storing>(problem: &Problem, x: &[W], row: &mut [W]) {
    let axis = &problem.axes[0];
    let outside = |place: usize| match axis.sample(place as isize - axis.low) {
        Sample::At(sample) => x[sample],
        Sample::Fill => Loader::<W>::fill(problem.fill),
        Sample::Zero | Sample::Mix(_) => W::default(),
    };
    let within = |place: isize| place.clamp(0, row.len() as isize) as usize;
    let (from, to) = (within(axis.low), within(axis.low + x.len() as isize));
    if axis.spread > 1 {
        row.iter_mut().enumerate().for_each(|(place, number)| *number = outside(place));
        return;
    }
    if axis.boundary[0] != Boundary::Zero {
        row[..from].iter_mut().enumerate().for_each(|(place, number)| *number = outside(place));
    }
    if from < to {
        row[from..to].copy_from_slice(&x[(from as isize - axis.low) as usize..][..to - from]);
    }
    if axis.boundary[1] != Boundary::Zero {
        row[to..].iter_mut().enumerate().for_each(|(place, number)| *number = outside(to + place));
    }
}

/// The sums of one row, tap by tap.
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
