//! Sums stored as elements of the output, or made there.

use super::layout::Lanes;
use super::positions::Positions;
use crate::problem::Problem;
use convolver_kernels::{Dims, InstructionSet, Lane, MatrixMut, Scratch, Storing, Turn, ViewMut, grid_position};

/// Positions whose sums are turned at once, where they are rows and lines of positions are stored.
const TURNED: usize = 64;

/// Lines of a tile that lie one behind the other, in the sums and in memory, as one.
pub(super) fn joined<'a>(problem: &Problem, positions: &Positions, output: ViewMut<'a>) -> ViewMut<'a> {
    let (mut output, end) = (output, problem.output_shape().len());
    let axes = if positions.dense { problem.axes.len() } else { 1 };
    for last in (end - axes + 1..end).rev() {
        match output.merged(last - 1, last) {
            Ok(merged) => output = merged,
            Err(whole) => return whole,
        }
    }
    output
}

/// A joined tile as rows and lanes of sums to be made there, if it is a matrix of them.
pub(super) fn in_place<'a, W: Lane>(
    problem: &Problem,
    lanes: Lanes,
    positions: &Positions,
    output: &'a mut ViewMut<'_>,
) -> Option<MatrixMut<'a, W>> {
    let (bank_at, last) = (problem.batch.len() + problem.group.len(), output.shape().len() - 1);
    let single = |(axis, &length): (usize, &usize)| axis == bank_at || axis == last || length == 1;
    if !positions.dense || problem.bank.len() != 1 || !output.shape().iter().enumerate().all(single) {
        return None;
    }
    let (index, banks) = (Dims::from_elem(0, last + 1), (bank_at, output.shape()[bank_at]));
    let line = (last, output.shape()[last]);
    match lanes {
        Lanes::Positions => output.matrix(&index, Some(banks), line),
        Lanes::Banks => output.matrix(&index, Some(line), banks),
    }
}

/// What is left of a joined tile behind its first lanes.
pub(super) fn left<'a>(
    problem: &Problem,
    lanes: Lanes,
    first: usize,
    output: &'a mut ViewMut<'_>,
) -> Option<ViewMut<'a>> {
    let axis = match lanes {
        Lanes::Positions => output.shape().len() - 1,
        Lanes::Banks => problem.batch.len() + problem.group.len(),
    };
    let (mut from, mut lengths) = (Dims::from_elem(0, output.shape().len()), Dims::from_slice(output.shape()));
    (from[axis], lengths[axis]) = (first, lengths[axis].saturating_sub(first));
    (lengths[axis] > 0).then(|| output.sliced(&from, &lengths))
}

/// Stores the sums of a joined tile: rows of banks or of positions, `pitch` numbers apart.
pub(super) fn store<W: Storing + Lane>(
    problem: &Problem,
    set: &'static InstructionSet,
    (lanes, positions): (Lanes, &Positions),
    (sums, pitch): (&[W], usize),
    mut output: ViewMut<'_>,
) {
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
    let at_line = |index: &mut Dims<usize>, number: usize| {
        index[..batch.len()].copy_from_slice(&grid_position(batch, number / lines));
        index[outputs_at..last].copy_from_slice(&grid_position(outputs, number % lines));
        line_start(number)
    };
    let (along_line, along_banks) = ((last, line), (bank_at, banks.first().copied().unwrap_or(1)));
    // A single bank has no neighbours, whatever its stride.
    let together = banks.len() == 1 && banks[0] > 1 && output.strides()[bank_at] == output.element().size() as isize;
    match (lanes, W::singles(sums)) {
        (Lanes::Banks, _) if together => {
            for number in 0..images * lines {
                let first = at_line(&mut index, number);
                let rows = (&sums[first * pitch..], pitch);
                set.write_lines(&mut output, &index, along_banks, along_line, rows);
            }
        }
        (Lanes::Banks, Some(singles)) if banks.len() == 1 => {
            let mut turned = Scratch::<W>::new(banks[0] * TURNED);
            for number in 0..images * lines {
                let first = at_line(&mut index, number);
                for at in (0..line).step_by(TURNED) {
                    index[last] = at;
                    let count = TURNED.min(line - at);
                    let job = Turn { source: singles.into(), start: (first + at) * pitch, step: pitch, lines: count };
                    let target = W::singles_mut(&mut turned).expect("as the sums are");
                    set.turn(&job, &mut MatrixMut::from_slice(target, banks[0], count, TURNED));
                    set.write_lines(&mut output, &index, (last, count), along_banks, (&turned[..], TURNED));
                }
                index[last] = 0;
            }
        }
        (Lanes::Positions, _) if banks.len() == 1 && outputs.last().is_some_and(|&rows| rows > 1) => {
            // A bank's lines are stored one after the other; in the sums they are equally far apart.
            let rows = outputs[outputs.len() - 1];
            for number in (0..images * lines).step_by(rows) {
                let first = at_line(&mut index, number);
                let apart = line_start(number + 1) - first;
                for bank in 0..banks[0] {
                    index[bank_at] = bank;
                    let line = (&sums[bank * pitch + first..], apart);
                    set.write_lines(&mut output, &index, along_line, (last - 1, rows), line);
                }
                index[bank_at] = 0;
            }
        }
        (Lanes::Positions, _) if banks.len() == 1 => {
            for number in 0..images * lines {
                let first = at_line(&mut index, number);
                set.write_lines(&mut output, &index, along_line, along_banks, (&sums[first..], pitch));
            }
        }
        _ => {
            let mut column = vec![W::default(); line];
            for number in 0..images * lines {
                let first = at_line(&mut index, number);
                for bank in 0..banks.iter().product() {
                    index[bank_at..outputs_at].copy_from_slice(&grid_position(banks, bank));
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
    }
}
