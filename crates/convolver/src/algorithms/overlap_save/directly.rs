//! Some outputs computed without transforms: as a problem of their own.

use super::prepare::OverlapSave;
use crate::algorithms::Operands;
use crate::algorithms::direct::direct_candidate;
use crate::problem::{Axis, Conjugate, Problem};
use convolver_kernels::{Dims, Element, Real, Storing, View, ViewMut};
use ndarray::{ArrayViewD, IxDyn};

impl<W: Storing + Element> OverlapSave<'_, W>
where
    W::Lane: Real,
{
    /// Computes a box of outputs of a box of batch, group and bank indices; its first output is at `start` (batch,
    /// group, bank, convolved).
    pub(super) fn outputs(&self, input: &View<'_>, start: &[usize], output: ViewMut<'_>) {
        let problem = &self.whole.problem;
        let (batches, groups) = (problem.batch.len(), problem.group.len());
        let convolved = batches + groups + problem.bank.len();
        let shape = output.shape();
        let axis = |(number, axis): (usize, &Axis)| {
            let (first, outputs) = (start[convolved + number], shape[convolved + number]);
            let low = axis.low - (first * axis.stride) as isize;
            let samples = axis.spread * (axis.input - 1) + 1;
            let high = ((outputs - 1) * axis.stride + axis.window()) as isize - samples as isize - low;
            Axis { low, high, ..*axis }
        };
        let lengths = |range: std::ops::Range<usize>| Dims::from(&shape[range]);
        let part = Problem {
            kernel: <W as Element>::TYPE,
            batch: lengths(0..batches),
            group: lengths(batches..batches + groups),
            bank: lengths(batches + groups..convolved),
            axes: problem.axes.iter().enumerate().map(axis).collect(),
            conjugate: if problem.conjugate == Conjugate::Kernel { Conjugate::Neither } else { problem.conjugate },
            ..problem.clone()
        };
        let machine = &self.whole.machine;
        let direct = direct_candidate(&part, machine, self.whole.direct_bytes)
            .or_else(|_| direct_candidate(&part, machine, usize::MAX));
        let Ok(direct) = direct else { unreachable!("memory without a limit is enough") };
        let taps =
            ArrayViewD::from_shape(IxDyn(&problem.kernel_shape()), &self.taps[..]).expect("the kernel's own shape");
        let (mut kernel_starts, mut input_starts) =
            (Dims::from(&start[batches..convolved]), Dims::from(&start[..batches + groups]));
        kernel_starts.resize(problem.kernel_shape().len(), 0);
        input_starts.resize(input.shape().len(), 0);
        let kernel = View::from_array(&taps).sliced(&kernel_starts, &part.kernel_shape());
        let input = input.sliced(&input_starts, &part.input_shape());
        direct.recipe.run_once(Operands { input: &input, kernel: &kernel, output });
    }
}
