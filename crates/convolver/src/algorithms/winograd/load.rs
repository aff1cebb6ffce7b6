//! The box of a tile: what it sees, the elements of a place side by side.

use super::cut::Cut;
use super::field::Field;
use crate::algorithms::tile::Tile;
use crate::primitives::tile::{Line, Loader, Packing, Phases};
use crate::problem::{Axis, Boundary, Problem};
use convolver_kernels::{
    Dims, Gather, InstructionSet, Lane, MatrixMut, Real, Run, Scratch, Source, Turn, View, Working, grid_position,
};
use smallvec::SmallVec;
use std::ops::Range;

/// Numbers in memory: the first place of a tile, and what lies around it.
struct Placed<'a, L> {
    source: Source<'a, L>,
    /// Where the image's first place that is there lies.
    start: usize,
    /// Numbers from one element to the next, and along each convolved axis.
    element: usize,
    steps: Dims<usize>,
    /// Along each convolved axis, the places of the box that are there.
    inside: SmallVec<[Range<usize>; 3]>,
}

/// Loads a box.
pub(super) fn load<W: Working<Lane = W> + Lane + Real>(
    (problem, cut, set): (&Problem, &Cut, &'static InstructionSet),
    field: &Field,
    input: &View<'_>,
    tile: Tile<'_>,
) -> Scratch<W> {
    let image_room = field.planes() * field.places() * field.elements;
    let mut target = Scratch::<W>::new(field.images * image_room);
    let seen = seen(problem, tile.outputs);
    let zeros = |axis: &Axis| axis.spread == 1 && axis.boundary == [Boundary::Zero; 2];
    let source = input.source::<W>().filter(|_| problem.axes.iter().all(zeros));
    let full = problem.summed.iter().product::<usize>() == field.elements
        && field.along.iter().all(|along| along.places == along.seen);
    let mut planar = Scratch::<W>::new(0);
    for (image, target) in target.chunks_exact_mut(image_room).enumerate() {
        let mut index: Dims<usize> = tile.leading.into();
        index.iter_mut().zip(grid_position(tile.batch, image)).for_each(|(index, at)| *index += at);
        let placed = match source {
            Some(source) => in_place(problem, (input, source), &index, tile.first, &seen),
            None => {
                if planar.is_empty() {
                    let places: usize = seen.iter().product();
                    planar = Scratch::new(problem.summed[0] * places);
                }
                by_loader(problem, input, index, tile.first, &seen, &mut planar)
            }
        };
        let whole = placed.inside.iter().zip(&seen).all(|(inside, &seen)| inside.len() == seen);
        if !(full && whole) {
            target.fill(W::default());
        }
        copy((cut, set), field, &placed, problem.summed[0], target);
    }
    target
}

/// Places that outputs see along each convolved axis.
fn seen(problem: &Problem, outputs: &[usize]) -> Dims<usize> {
    problem.axes.iter().zip(outputs).map(|(axis, &outputs)| (outputs - 1) * axis.stride + axis.window()).collect()
}

/// Where an image lies in an input with zeros around it.
fn in_place<'a, W: Lane>(
    problem: &Problem,
    (input, source): (&View<'_>, Source<'a, W>),
    index: &[usize],
    first: &[usize],
    seen: &[usize],
) -> Placed<'a, W> {
    let steps: Dims<usize> = input.strides().iter().map(|&step| step as usize / problem.input.size()).collect();
    let (leading, along) = steps.split_at(steps.len() - problem.axes.len());
    let mut start = index.iter().zip(leading).map(|(at, step)| at * step).sum();
    let mut inside = SmallVec::new();
    for (((axis, &first), &seen), &step) in problem.axes.iter().zip(first).zip(seen).zip(along) {
        let place = axis.place(first, 0);
        let from = place.clamp(0, axis.input as isize);
        let end = (place + seen as isize).clamp(from, axis.input as isize);
        // Where nothing is seen, there may be no address either.
        start += if from < end { from as usize * step } else { 0 };
        inside.push((from - place) as usize..(end - place) as usize);
    }
    Placed { source, start, element: leading[leading.len() - 1], steps: along.into(), inside }
}

/// An image with its boundaries as elements of the working type, one plane for each summed element.
fn by_loader<'a, W: Working<Lane = W> + Lane>(
    problem: &Problem,
    input: &View<'_>,
    index: Dims<usize>,
    first: &[usize],
    seen: &[usize],
    planar: &'a mut Scratch<W>,
) -> Placed<'a, W> {
    let last = seen.len() - 1;
    let mut steps: Dims<usize> = Dims::from_elem(1, seen.len());
    for axis in (0..last).rev() {
        steps[axis] = steps[axis + 1] * seen[axis + 1];
    }
    let plane = steps[0] * seen[0];
    let starts = problem.axes.iter().zip(first).map(|(axis, &first)| axis.place(first, 0)).collect();
    // Every place is loaded, whatever the stride.
    let axes: SmallVec<[Axis; 3]> = problem.axes.iter().map(|axis| Axis { stride: 1, ..*axis }).collect();
    let loader = Loader { axes: &axes, fill: Loader::<W>::fill(problem.fill), conjugate: false };
    let packing = Packing {
        starts,
        extents: seen.into(),
        phases: axes.iter().map(|_| Phases::of(&Axis::new(1, 1))).collect(),
        steps: steps.clone(),
        line: Line::Convolved { length: seen[last] },
    };
    for (element, plane) in planar.chunks_exact_mut(plane).enumerate() {
        let mut index = index.clone();
        index.push(element);
        loader.load(input, &index, &packing, plane);
    }
    let inside = seen.iter().map(|&seen| 0..seen).collect();
    Placed { source: Source::from(&planar[..]), start: 0, element: plane, steps, inside }
}

/// Copies an image to its box.
fn copy<W: Working<Lane = W> + Lane + Real>(
    (cut, set): (&Cut, &'static InstructionSet),
    field: &Field,
    placed: &Placed<'_, W>,
    elements: usize,
    target: &mut [W],
) {
    if placed.inside.iter().any(|inside| inside.is_empty()) {
        return;
    }
    let [outer, inner] = &field.along;
    let one = || (0, 0..1);
    let axis = |axis: Option<usize>| axis.map_or_else(one, |axis| (placed.steps[axis], placed.inside[axis].clone()));
    let ((row_step, rows), (step, columns)) = (axis(outer.axis), axis(inner.axis));
    let counts: Dims<usize> = cut.walked.iter().map(|&axis| placed.inside[axis].len()).collect();
    let lines: Vec<usize> = (0..columns.len()).map(|column| column * step).collect();
    let runs = [Run { offset: 0, count: elements, step: placed.element }];
    for walk in 0..counts.iter().product() {
        let at = grid_position(&counts, walk);
        let plane = field.number(at.iter().zip(&cut.walked).map(|(at, &axis)| placed.inside[axis].start + at));
        let from = at.iter().zip(&cut.walked).map(|(at, &axis)| at * placed.steps[axis]).sum::<usize>();
        for row in rows.clone() {
            let start = placed.start + from + (row - rows.start) * row_step;
            let place = plane * field.places() + row * inner.places + columns.start;
            let line = &mut target[place * field.elements..];
            let mut target = MatrixMut::from_slice(line, columns.len(), elements, field.elements);
            if step == 1 && placed.element != 1 {
                let job = Turn { source: placed.source, start, step: placed.element, lines: elements };
                set.turn(&job, &mut target);
            } else {
                set.gather(&Gather { source: placed.source, start, lines: &lines, runs: &runs }, &mut target);
            }
        }
    }
}
