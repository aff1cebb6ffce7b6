//! Axes that lie together in memory as one axis: fewer axes, longer lines.
//!
//! Spanned   a last axis that the kernel spans whole, so that it has one output: pixels of D channels in a line, a kernel
//!           row of K pixels is K·D neighbouring taps, and a step of s pixels one of s·D numbers.
//! Batch     a batch axis of N images inside the last convolved axis (images last): output (o, n) sees (o + t·d, n), and in
//!           the merged line element o·N + n sees o·N + n + t·(d·N): a dilation of d·N.

use crate::problem::{Axis, Boundary, Problem};
use convolver_kernels::{View, ViewMut};

/// Two axes of a problem that may be taken as one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Merge {
    /// The last two convolved axes, the last of which has one output.
    Spanned,
    /// A batch axis inside the last convolved axis.
    Batch(usize),
}

impl Merge {
    /// Every merge that a problem allows, if memory does, with the problem it leads to.
    pub(super) fn all(problem: &Problem) -> Vec<(Merge, Problem)> {
        let batches = (0..problem.batch.len()).map(Merge::Batch);
        std::iter::once(Merge::Spanned).chain(batches).filter_map(|merge| Some((merge, merge.of(problem)?))).collect()
    }

    /// The problem with the axes merged.
    pub(super) fn of(self, problem: &Problem) -> Option<Problem> {
        let mut merged = problem.clone();
        let last = merged.axes.pop()?;
        let axis = match self {
            Merge::Spanned => {
                let outer = merged.axes.pop()?;
                let spanned = last.kernel == last.input && (last.low, last.high, last.spread) == (0, 0, 1);
                let dense = |axis: &Axis| axis.dilation == 1 || axis.kernel == 1;
                if !(spanned && dense(&last) && dense(&outer) && repeats(&outer)) {
                    return None;
                }
                let (kernel, stride) = (outer.kernel * last.kernel, outer.stride.checked_mul(last.input)?);
                Axis { kernel, stride, dilation: 1, ..lengthened(&outer, last.input)? }
            }
            Merge::Batch(axis) => {
                let count = merged.batch.remove(axis);
                if count < 2 || last.stride != 1 || !repeats(&last) {
                    return None;
                }
                Axis { dilation: last.dilation.checked_mul(count)?, ..lengthened(&last, count)? }
            }
        };
        merged.axes.push(axis);
        merged.rebuild().build().ok()
    }

    /// The operands with the axes merged, where they lie together in memory; otherwise the output as it was.
    pub(super) fn views<'a>(
        self,
        input: &View<'a>,
        output: ViewMut<'a>,
    ) -> Result<(View<'a>, ViewMut<'a>), ViewMut<'a>> {
        let last = input.shape().len() - 1;
        match self {
            Merge::Spanned => {
                let Some(input) = input.merged(last - 1, last) else { return Err(output) };
                let kept: Vec<usize> = (0..output.shape().len() - 1).collect();
                Ok((input, output.permuted(&kept)))
            }
            Merge::Batch(axis) => {
                let Some(input) = input.merged(last, axis) else { return Err(output) };
                let last = output.shape().len() - 1;
                output.merged(last, axis).map(|output| (input, output))
            }
        }
    }
}

/// Whether what stands around an axis is the same all along, so that every element of a longer one has it, too.
pub(in crate::algorithms) fn repeats(axis: &Axis) -> bool {
    let plain = |boundary: Boundary| matches!(boundary, Boundary::Zero | Boundary::Constant);
    let side = |padding: isize, boundary: Boundary| padding <= 0 || plain(boundary);
    axis.spread == 1 && side(axis.low, axis.boundary[0]) && side(axis.high, axis.boundary[1])
}

/// An axis each of whose samples is so many.
pub(in crate::algorithms) fn lengthened(axis: &Axis, by: usize) -> Option<Axis> {
    let padding = |padding: isize| padding.checked_mul(isize::try_from(by).ok()?);
    Some(Axis { input: axis.input.checked_mul(by)?, low: padding(axis.low)?, high: padding(axis.high)?, ..*axis })
}
