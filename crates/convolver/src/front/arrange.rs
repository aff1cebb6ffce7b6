//! Arrangements: how a caller's arrays become a problem's operands, without copying an element.

use crate::problem::Problem;
use convolver_kernels::{View, ViewMut};

/// A problem, and how the caller's arrays become its operands.
#[derive(Clone, Debug)]
pub struct Arranged {
    /// What is computed.
    pub problem: Problem,
    /// Whether the caller's x and k change places first.
    pub swapped: bool,
    /// The caller's x.
    pub input: Recast,
    /// The caller's k.
    pub kernel: Recast,
    /// The caller's result.
    pub output: Recast,
    /// Shape of the caller's result.
    pub output_shape: Vec<usize>,
}

/// Steps that give a view other axes: reverse, split, lengthen, insert, then reorder.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Recast {
    /// Axes to reverse.
    pub reversed: Vec<usize>,
    /// After that, axes to split one by one, each numbered as the axes are then, and into how many outer parts.
    pub splits: Vec<(usize, usize)>,
    /// After that, axes of length 1 to repeat, and how often.
    pub stretches: Vec<(usize, usize)>,
    /// After that, lengths of new axes that repeat, added at the end.
    pub repeats: Vec<usize>,
    /// After that, the order of the axes.
    pub order: Vec<usize>,
}

impl Recast {
    /// The order alone.
    pub fn reordered(order: Vec<usize>) -> Self {
        Recast { order, ..Recast::default() }
    }

    /// Applies the steps to an operand.
    pub fn view<'a>(&self, view: &View<'a>) -> View<'a> {
        let mut view = view.clone();
        for &axis in &self.reversed {
            view = view.reversed(axis);
        }
        for &(axis, outer) in &self.splits {
            view = view.split(axis, outer);
        }
        for &(axis, length) in &self.stretches {
            view = view.broadcast(axis, length);
        }
        for &length in &self.repeats {
            view = view.repeated(view.shape().len(), length);
        }
        view.permuted(&self.order)
    }

    /// Applies the steps to a result.
    ///
    /// # Panics
    /// If a step repeats elements: a result has each of its elements once.
    pub fn view_mut<'a>(&self, mut view: ViewMut<'a>) -> ViewMut<'a> {
        assert!(self.stretches.is_empty() && self.repeats.is_empty(), "a result repeats nothing");
        for &axis in &self.reversed {
            view = view.reversed(axis);
        }
        for &(axis, outer) in &self.splits {
            view = view.split(axis, outer);
        }
        view.permuted(&self.order)
    }
}
