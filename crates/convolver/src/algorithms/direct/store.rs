//! Sums that were not made in place, joined and stored as elements of the output.

use convolver_kernels::{Dims, Scratch, Storing, ViewMut, Working, grid_position};

/// Joins the parts, and rounds or cuts the sums to the output's elements: for every bank and position along the other
/// axes, rows of outputs.
pub(super) fn store<W: Storing>(
    output: &mut ViewMut<'_>,
    sums: &mut [Scratch<W>],
    (banks_at, convolved_at): (usize, usize),
    others: &[usize],
    row: Option<(usize, usize)>,
    (lane, columns): (usize, usize),
) {
    let mut lengths: Dims<usize> = output.shape()[banks_at..convolved_at].into();
    lengths.extend(others.iter().map(|&axis| output.shape()[convolved_at + axis]));
    let rows = row.map_or(1, |(_, rows)| rows);
    if let [whole, turned] = sums {
        whole.iter_mut().zip(turned.iter()).for_each(|(sum, &turned)| *sum = sum.plus(quarter_turn(turned)));
    }
    let mut index: Dims<usize> = Dims::from_elem(0, output.shape().len());
    for (number, start) in (0..output.len()).step_by(rows * columns).enumerate() {
        let position = grid_position(&lengths, number);
        let banks = convolved_at - banks_at;
        index[banks_at..convolved_at].copy_from_slice(&position[..banks]);
        others.iter().zip(&position[banks..]).for_each(|(&axis, &at)| index[convolved_at + axis] = at);
        let numbers = &sums[0][start..start + rows * columns];
        match row {
            Some(row) => output.write_lines(&index, (lane, columns), row, (numbers, columns)),
            None => output.write(&index, lane, numbers),
        }
    }
}

/// i·number, exactly.
fn quarter_turn<W: Working>(number: W) -> W {
    let [real, imaginary] = number.parts();
    W::join(imaginary.times(<W::Lane>::of_weight(-1.0)), real)
}
