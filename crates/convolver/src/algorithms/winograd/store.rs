//! Outputs of a panel of banks, stored as elements of the result.

use super::cut::Cut;
use super::field::Field;
use crate::problem::Problem;
use convolver_kernels::{
    Dims, Gather, InstructionSet, Lane, MatrixMut, Real, Run, Scratch, Source, Storing, Turn, ViewMut, Working,
    grid_position,
};
use std::ops::Range;

/// Stores some banks of a tile; `outputs` holds rows of `width` banks.
pub(super) fn store<W: Storing + Working<Lane = W> + Lane + Real>(
    problem: &Problem,
    cut: &Cut,
    set: &'static InstructionSet,
    field: &Field,
    (outputs, width): (&[W], usize),
    banks: Range<usize>,
    output: &mut ViewMut<'_>,
) {
    let bank_at = problem.batch.len() + problem.group.len();
    let batch: Dims<usize> = output.shape()[..problem.batch.len()].into();
    let [outer, inner] = &field.along;
    let line_axis = bank_at + 1 + inner.axis.expect("lines run along an axis that is there");
    let mut index: Dims<usize> = Dims::from_elem(0, output.shape().len());
    index[bank_at] = banks.start;
    let lines: Vec<usize> = (0..inner.outputs).map(|at| at * width).collect();
    let runs = [Run { offset: 0, count: banks.len(), step: 1 }];
    let (rows, columns) = ((bank_at, banks.len()), (line_axis, inner.outputs));
    let mut turned = None;
    for plane in 0..field.images * field.walks() {
        index[..batch.len()].copy_from_slice(&grid_position(&batch, plane / field.walks()));
        let walk = grid_position(&field.walked_outputs, plane % field.walks());
        walk.iter().zip(&cut.walked).for_each(|(&at, &axis)| index[bank_at + 1 + axis] = at);
        for row in 0..outer.outputs {
            if let Some(axis) = outer.axis {
                index[bank_at + 1 + axis] = row;
            }
            let start = (plane * field.room() + row * inner.room) * width;
            let job = Turn { source: Source::from(outputs), start, step: width, lines: inner.outputs };
            if let Some(mut target) = output.matrix::<W>(&index, Some(columns), rows) {
                set.gather(&Gather { source: Source::from(outputs), start, lines: &lines, runs: &runs }, &mut target);
            } else if let Some(mut target) = output.matrix::<W>(&index, Some(rows), columns) {
                set.turn(&job, &mut target);
            } else {
                let turned: &mut Scratch<W> = turned.get_or_insert_with(|| Scratch::new(banks.len() * inner.outputs));
                set.turn(&job, &mut MatrixMut::from_slice(turned, banks.len(), inner.outputs, inner.outputs));
                for (bank, line) in banks.clone().zip(turned.chunks_exact(inner.outputs)) {
                    index[bank_at] = bank;
                    output.write(&index, line_axis, line);
                }
                index[bank_at] = banks.start;
            }
        }
    }
}
