//! A view's model: its shape, and for every index in order the number of the element it names.

use crate::support::Random;
use convolver_kernels::{View, grid_position};

#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub(crate) shape: Vec<usize>,
    pub(crate) elements: Vec<usize>,
}

/// A view derived from another.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    Permuted(Vec<usize>),
    Split(usize, usize),
    Sliced(Vec<usize>, Vec<usize>),
    Reversed(usize),
    Stepped(usize, usize, usize, usize),
    Repeated(usize, usize),
    Broadcast(usize, usize),
}

impl Model {
    pub(crate) fn dense(shape: &[usize]) -> Self {
        Model { shape: shape.to_vec(), elements: (0..shape.iter().product()).collect() }
    }

    /// Every index of the shape, in order.
    pub(crate) fn indices(&self) -> impl Iterator<Item = Vec<usize>> + '_ {
        (0..self.elements.len()).map(|number| grid_position(&self.shape, number).to_vec())
    }

    pub(crate) fn at(&self, index: &[usize]) -> usize {
        self.elements[index.iter().zip(&self.shape).fold(0, |number, (at, length)| number * length + at)]
    }

    /// The model of another shape whose index names the element that `old` has.
    fn derived(&self, shape: Vec<usize>, old: impl Fn(Vec<usize>) -> Vec<usize>) -> Self {
        let count = shape.iter().product();
        let elements = (0..count).map(|number| self.at(&old(grid_position(&shape, number).to_vec()))).collect();
        Model { shape, elements }
    }

    pub(crate) fn changed(&self, change: &Change) -> Self {
        let mut shape = self.shape.clone();
        match change {
            Change::Permuted(axes) => {
                let shape = axes.iter().map(|&axis| self.shape[axis]).collect();
                self.derived(shape, |index| {
                    let mut old = vec![0; self.shape.len()];
                    axes.iter().zip(index).for_each(|(&axis, at)| old[axis] = at);
                    old
                })
            }
            &Change::Split(axis, outer) => {
                let inner = shape[axis] / outer;
                shape.splice(axis..=axis, [outer, inner]);
                self.derived(shape, |mut index| {
                    let place = index.remove(axis + 1);
                    index[axis] = index[axis] * inner + place;
                    index
                })
            }
            Change::Sliced(starts, lengths) => {
                self.derived(lengths.clone(), |index| index.iter().zip(starts).map(|(at, start)| at + start).collect())
            }
            &Change::Reversed(axis) => self.derived(shape, |mut index| {
                index[axis] = self.shape[axis] - 1 - index[axis];
                index
            }),
            &Change::Stepped(axis, first, step, count) => {
                shape[axis] = count;
                self.derived(shape, |mut index| {
                    index[axis] = first + index[axis] * step;
                    index
                })
            }
            &Change::Repeated(at, length) => {
                shape.insert(at, length);
                self.derived(shape, |mut index| {
                    index.remove(at);
                    index
                })
            }
            &Change::Broadcast(axis, length) => {
                shape[axis] = length;
                self.derived(shape, |mut index| {
                    index[axis] = 0;
                    index
                })
            }
        }
    }

    /// Two axes as one.
    pub(crate) fn merged(&self, outer: usize, inner: usize) -> Self {
        let (mut shape, length) = (self.shape.clone(), self.shape[inner]);
        shape[outer] *= length;
        shape.remove(inner);
        let at = if inner < outer { outer - 1 } else { outer };
        self.derived(shape, |mut index| {
            let place = index[at];
            index[at] = place / length;
            index.insert(inner, place % length);
            index
        })
    }

    /// A change that this view can undergo; one that repeats elements only if it is `read`.
    pub(crate) fn random_change(&self, random: &mut Random, read: bool) -> Change {
        let count = self.shape.len();
        loop {
            let axis = random.below(count.max(1));
            match random.below(if read { 7 } else { 5 }) {
                0 => {
                    let mut axes: Vec<_> = (0..count).collect();
                    (1..count).for_each(|i| axes.swap(i, random.below(i + 1)));
                    if axes.last().is_some_and(|&axis| self.shape[axis] > 0) && random.below(4) == 0 {
                        axes.pop();
                    }
                    return Change::Permuted(axes);
                }
                1 if count > 0 && count < 6 => {
                    let divisors: Vec<_> = (1..=6).filter(|&outer| self.shape[axis].is_multiple_of(outer)).collect();
                    return Change::Split(axis, divisors[random.below(divisors.len())]);
                }
                2 => {
                    let starts: Vec<_> = self.shape.iter().map(|length| random.below(length.min(&3) + 1)).collect();
                    let lengths =
                        self.shape.iter().zip(&starts).map(|(length, start)| {
                            length - start - if length - start > 1 { random.below(2) } else { 0 }
                        });
                    return Change::Sliced(starts.clone(), lengths.collect());
                }
                3 if count > 0 => return Change::Reversed(axis),
                4 if count > 0 => {
                    let (step, length) = (1 + random.below(4), self.shape[axis]);
                    let first = random.below(length + 1);
                    let count = random.below((length - first).div_ceil(step) + 1);
                    return Change::Stepped(axis, first, step, count);
                }
                5 if count < 6 => return Change::Repeated(random.below(count + 1), random.below(4)),
                6 if count > 0 && self.shape[axis] == 1 => return Change::Broadcast(axis, random.below(4)),
                _ => {}
            }
        }
    }
}

pub(crate) fn changed<'a>(view: &View<'a>, change: &Change) -> View<'a> {
    match change {
        Change::Permuted(axes) => view.permuted(axes),
        &Change::Split(axis, outer) => view.split(axis, outer),
        Change::Sliced(starts, lengths) => view.sliced(starts, lengths),
        &Change::Reversed(axis) => view.reversed(axis),
        &Change::Stepped(axis, first, step, count) => view.stepped(axis, first, step, count),
        &Change::Repeated(at, length) => view.repeated(at, length),
        &Change::Broadcast(axis, length) => view.broadcast(axis, length),
    }
}
