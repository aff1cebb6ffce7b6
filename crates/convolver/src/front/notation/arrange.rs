//! From a notation, shapes and options to a problem and the ways into it.

use super::lengths::Lengths;
use super::parse::Term;
use super::roles::Roles;
use super::{Notation, fault};
use crate::front::arrange::{Arranged, Recast};
use crate::front::call::Options;
use crate::problem::{Error, Problem};
use convolver_kernels::ElementType;

pub(super) fn arrange(
    notation: &Notation,
    x: (&[usize], ElementType),
    k: (&[usize], ElementType),
    sizes: &[(String, usize)],
    options: &Options,
) -> Result<Arranged, Error> {
    let Notation { roles, .. } = notation;
    let lengths = Lengths::of(notation, x.0, k.0, sizes)?;
    let leading = &x.0[..x.0.len() - notation.x.axes.len()];
    let problem = problem(notation, x, k, &lengths, options)?;
    let Roles { batch, group, summed, bank, convolved } = roles;
    let route = |term, leading, order: &[&Vec<String>]| {
        Route { term, leading, lengths: &lengths }.recast(&order.iter().copied().flatten().collect::<Vec<_>>())
    };
    Ok(Arranged {
        swapped: false,
        input: route(&notation.x, leading.len(), &[batch, group, summed, convolved])?,
        kernel: route(&notation.k, 0, &[group, bank, summed, convolved])?,
        output: route(&notation.result, leading.len(), &[batch, group, bank, convolved])?,
        output_shape: output_shape(notation, leading, &lengths, &problem)?,
        problem,
    })
}

fn problem(
    notation: &Notation,
    x: (&[usize], ElementType),
    k: (&[usize], ElementType),
    lengths: &Lengths<'_>,
    options: &Options,
) -> Result<Problem, Error> {
    let Notation { roles, .. } = notation;
    let length = |name: &String| lengths.get(name);
    let leading = x.0[..x.0.len() - notation.x.axes.len()].iter().copied();
    let mut problem = options.problem(x.1, k.1)?;
    problem = leading.chain(roles.batch.iter().map(length)).fold(problem, |problem, length| problem.batch(length));
    problem = roles.group.iter().map(length).fold(problem, |problem, length| problem.group(length));
    problem = roles.summed.iter().map(length).fold(problem, |problem, length| problem.summed(length));
    problem = roles.bank.iter().map(length).fold(problem, |problem, length| problem.bank(length));
    let convolved: Vec<_> = convolved(&notation.x, x.0).zip(convolved(&notation.k, k.0)).collect();
    let innermost = notation.result.axes.last().filter(|axis| !axis.convolved).and_then(|axis| axis.parts.last());
    let together = roles.group.is_empty() && innermost.is_some_and(|name| roles.bank.contains(name));
    problem = problem.banks_last(together);
    problem = options.axes(&convolved)?.into_iter().fold(problem, |problem, axis| problem.axis(axis));
    problem.build().map_err(|error| named(error, notation))
}

/// The lengths of the convolved axes of an operand of this shape.
fn convolved<'a>(term: &'a Term, shape: &'a [usize]) -> impl Iterator<Item = usize> + 'a {
    let lengths = &shape[shape.len() - term.axes.len()..];
    term.axes.iter().zip(lengths).filter(|(axis, _)| axis.convolved).map(|(_, &length)| length)
}

/// The error with the name of the axis it is about.
fn named(error: Error, notation: &Notation) -> Error {
    let (axis, term) = match &error {
        Error::EmptyAxis { axis, argument: "x" } => (*axis, &notation.x),
        Error::EmptyAxis { axis, .. } | Error::KernelTooLong { axis, .. } => (*axis, &notation.k),
        Error::ZeroStep { axis, .. } => (*axis, &notation.x),
        _ => return error,
    };
    fault(&term.text, format!("{error} (convolved axis {axis} is {:?})", notation.roles.convolved[axis]))
}

fn output_shape(
    notation: &Notation,
    leading: &[usize],
    lengths: &Lengths<'_>,
    problem: &Problem,
) -> Result<Vec<usize>, Error> {
    let mut convolved = problem.axes.iter();
    let axes = notation.result.axes.iter().map(|axis| {
        if axis.convolved {
            return Ok(convolved.next().expect("x and the result have the same convolved axes").output());
        }
        let length = axis.parts.iter().map(|name| lengths.get(name)).try_fold(1usize, usize::checked_mul);
        let written = axis.parts.join(" ");
        length.ok_or_else(|| fault(&notation.result.text, format!("({written}) is too large to index; split it less")))
    });
    leading.iter().map(|&length| Ok(length)).chain(axes).collect()
}

/// The way from an array, as its term describes it, to the operand that the problem needs.
struct Route<'a> {
    term: &'a Term,
    leading: usize,
    lengths: &'a Lengths<'a>,
}

impl Route<'_> {
    /// The steps to an operand with the leading axes and then these, in this order.
    fn recast(&self, order: &[&String]) -> Result<Recast, Error> {
        let mut recast = Recast::default();
        let mut names = self.split(&mut recast)?;
        recast.order.extend(0..self.leading);
        for &name in order {
            let place = names.iter().position(|known| *known == name).unwrap_or_else(|| {
                recast.repeats.push(self.lengths.get(name));
                names.push(name);
                names.len() - 1
            });
            recast.order.push(self.leading + place);
        }
        Ok(recast)
    }

    /// Splits every group and returns the names of the axes there are then. The last axis is split first, so that the
    /// places of those before it hold.
    fn split<'b>(&'b self, recast: &mut Recast) -> Result<Vec<&'b String>, Error> {
        let mut names = Vec::new();
        for (number, axis) in self.term.axes.iter().enumerate().rev() {
            let mut parts: Vec<_> = axis.parts.iter().collect();
            if parts.len() > 1 {
                // What is left after the last split may have length 0, nothing else may; no element has a place then,
                // so the order of the parts is free.
                parts.sort_by_key(|name| self.lengths.get(name) == 0);
                let outer = parts[..parts.len() - 1].iter().map(|name| self.lengths.get(name));
                recast.splits.extend(outer.enumerate().map(|(step, outer)| (self.leading + number + step, outer)));
            }
            names.splice(0..0, parts);
        }
        match recast.splits.iter().any(|&(_, outer)| outer == 0) {
            true => {
                Err(fault(&self.term.text, "two parts of one group have length 0; give at most one of them no element"))
            }
            false => Ok(names),
        }
    }
}
