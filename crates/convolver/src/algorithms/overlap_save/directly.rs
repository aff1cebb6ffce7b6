//! Some outputs computed without transforms: as a problem of their own.

use super::prepare::OverlapSave;
use crate::algorithms::Operands;
use crate::algorithms::direct::direct_candidate;
use crate::algorithms::part::Part;
use crate::problem::Conjugate;
use convolver_kernels::{Element, Real, Storing, View, ViewMut};
use ndarray::{ArrayViewD, IxDyn};

impl<W: Storing + Element> OverlapSave<'_, W>
where
    W::Lane: Real,
{
    /// Computes a box of outputs of a box of batch, group and bank indices; its first output is at `start` (batch,
    /// group, bank, convolved).
    pub(super) fn outputs(&self, input: &View<'_>, start: &[usize], output: ViewMut<'_>) {
        let problem = &self.whole.problem;
        let mut part = Part::new(problem, start, output.shape());
        part.problem.kernel = <W as Element>::TYPE;
        if problem.conjugate == Conjugate::Kernel {
            part.problem.conjugate = Conjugate::Neither;
        }
        let machine = &self.whole.machine;
        let direct = direct_candidate(&part.problem, machine, self.whole.direct_bytes)
            .or_else(|_| direct_candidate(&part.problem, machine, usize::MAX));
        let Ok(direct) = direct else { unreachable!("memory without a limit is enough") };
        let taps =
            ArrayViewD::from_shape(IxDyn(&problem.kernel_shape()), &self.taps[..]).expect("the kernel's own shape");
        let (input, kernel) = (part.input(input), part.kernel(&View::from_array(&taps)));
        direct.recipe.run_once(Operands { input: &input, kernel: &kernel, output });
    }
}
