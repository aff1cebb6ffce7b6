//! The kernel, packed in the order that a walk sums it.

use super::geometry::Lanes;
use super::walk::Walk;
use crate::problem::{Conjugate, Problem};
use convolver_kernels::{Dims, InstructionSet, Kind, Scratch, View, Working};
use smallvec::SmallVec;

/// Real parts of the weights, and imaginary parts if the kernel has any. For every group, bank and run of summed
/// elements: phases, columns, rows; where lanes run along the group, those of a vector side by side for each of these.
pub(super) struct Weights<W: Working> {
    pub(super) parts: SmallVec<[Scratch<W::Lane>; 2]>,
}

impl<W: Working> Weights<W> {
    /// The weights of every kernel, from the dense numbers of [`dense`].
    pub(super) fn new(problem: &Problem, set: &'static InstructionSet, walk: &Walk, dense: &[W]) -> Self {
        let separate = Self::separate(problem, walk, dense);
        if walk.geometry.lanes != Lanes::Group {
            return separate;
        }
        let each = walk.order.len() * problem.summed.iter().product::<usize>();
        separate.side_by_side(each, set.lanes::<W::Lane>())
    }

    /// Every weight beside those of the kernels of neighbouring lanes, a vector of them; zeros where the last lacks some.
    fn side_by_side(self, each: usize, vector: usize) -> Self {
        let interleaved = |part: &Scratch<W::Lane>| {
            let kernels = part.len() / each.max(1);
            let mut numbers = Scratch::new(kernels.next_multiple_of(vector) * each);
            numbers.fill(<W::Lane>::default());
            for (kernel, own) in part.chunks_exact(each.max(1)).enumerate() {
                let first = kernel / vector * vector * each + kernel % vector;
                own.iter().enumerate().for_each(|(place, &number)| numbers[first + place * vector] = number);
            }
            numbers
        };
        Weights { parts: self.parts.iter().map(interleaved).collect() }
    }

    fn separate(problem: &Problem, walk: &Walk, dense: &[W]) -> Self {
        let parts = if problem.kernel.kind() == Kind::Complex { 2 } else { 1 };
        let mut weights = Weights { parts: (0..parts).map(|_| Scratch::new(dense.len())).collect() };
        let taps = walk.order.len();
        let summed: usize = problem.summed.iter().product();
        let mut place = 0;
        for kernel in dense.chunks_exact(taps * summed) {
            for run in kernel.chunks(taps * walk.summed) {
                let mut order = &walk.order[..];
                for phase in walk.weights_of_phases() {
                    let (of_phase, rest) = order.split_at(phase);
                    for element in run.chunks_exact(taps) {
                        for &tap in of_phase {
                            for (part, number) in weights.parts.iter_mut().zip(element[tap].parts()) {
                                part[place] = number;
                            }
                            place += 1;
                        }
                    }
                    order = rest;
                }
            }
        }
        weights
    }
}

/// The view with axes that lie together in memory as one, from the last one on.
pub(in crate::algorithms) fn joined<'a>(view: &View<'a>) -> View<'a> {
    let mut joined = view.clone();
    while let Some(last) = joined.shape().len().checked_sub(2)
        && let Some(merged) = joined.merged(last, last + 1)
    {
        joined = merged;
    }
    joined
}

/// The kernel as dense working numbers, conjugated if the problem says so.
pub(in crate::algorithms) fn dense<W: Working>(problem: &Problem, kernel: &View<'_>) -> Scratch<W> {
    let mut weights = Scratch::<W>::new(kernel.len());
    let kernel = &joined(kernel);
    let shape = kernel.shape();
    if shape.is_empty() {
        kernel.repeated(0, 1).read(&[0], 0, 1, &mut weights);
    } else {
        let line = shape[shape.len() - 1];
        let mut index: Dims<usize> = Dims::from_elem(0, shape.len());
        for line in weights.chunks_exact_mut(line) {
            kernel.read(&index, shape.len() - 1, 1, line);
            for axis in (0..shape.len() - 1).rev() {
                index[axis] += 1;
                if index[axis] < shape[axis] {
                    break;
                }
                index[axis] = 0;
            }
        }
    }
    if problem.conjugate == Conjugate::Kernel {
        weights.iter_mut().for_each(|weight| *weight = weight.conjugated());
    }
    weights
}
