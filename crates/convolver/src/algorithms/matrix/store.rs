//! Sums stored as elements of the output.

use super::layout::Lanes;
use super::positions::Positions;
use crate::problem::Problem;
use convolver_kernels::{Dims, Storing, ViewMut, grid_position};

/// Stores the sums of a tile: rows of banks or of positions, `pitch` numbers apart.
pub(super) fn store<W: Storing>(
    problem: &Problem,
    lanes: Lanes,
    positions: &Positions,
    (sums, pitch): (&[W], usize),
    output: ViewMut<'_>,
) {
    let mut output = output;
    // Lines that lie one behind the other, in the sums and in memory, are one.
    let axes = if positions.dense { problem.axes.len() } else { 1 };
    for last in (problem.output_shape().len() - axes + 1..problem.output_shape().len()).rev() {
        match output.merged(last - 1, last) {
            Ok(merged) => output = merged,
            Err(whole) => {
                output = whole;
                break;
            }
        }
    }
    let shape: Dims<usize> = output.shape().into();
    let bank_at = problem.batch.len() + problem.group.len();
    let outputs_at = bank_at + problem.bank.len();
    let last = shape.len() - 1;
    let (batch, banks, outputs) =
        (&shape[..problem.batch.len()], &shape[bank_at..outputs_at], &shape[outputs_at..last]);
    let (images, lines): (usize, usize) = (batch.iter().product(), outputs.iter().product());
    let line = shape[last];
    let line_start = |number: usize| if positions.dense { number * line } else { positions.lines[number] };
    let mut index: Dims<usize> = Dims::from_elem(0, shape.len());
    let at_image = |index: &mut Dims<usize>, image: usize| {
        index[..batch.len()].copy_from_slice(&grid_position(batch, image));
    };
    let together = banks.len() == 1 && output.strides()[bank_at] == output.element().size() as isize;
    if lanes == Lanes::Banks && together {
        for number in 0..images * lines {
            at_image(&mut index, number / lines);
            index[outputs_at..last].copy_from_slice(&grid_position(outputs, number % lines));
            for at in 0..line {
                index[last] = at;
                output.write(&index, bank_at, &sums[(line_start(number) + at) * pitch..][..banks[0]]);
            }
        }
        return;
    }
    let mut column = vec![W::default(); line];
    for number in 0..images * lines {
        at_image(&mut index, number / lines);
        index[outputs_at..last].copy_from_slice(&grid_position(outputs, number % lines));
        let first = line_start(number);
        for bank in 0..banks.iter().product() {
            match banks.len() {
                1 => index[bank_at] = bank,
                _ => index[bank_at..outputs_at].copy_from_slice(&grid_position(banks, bank)),
            }
            if lanes == Lanes::Positions {
                output.write(&index, last, &sums[bank * pitch + first..][..line]);
            } else {
                for (at, number) in column.iter_mut().enumerate() {
                    *number = sums[(first + at) * pitch + bank];
                }
                output.write(&index, last, &column);
            }
        }
    }
}
