//! The field of a tile: which places it sees, and where its squares lie in what it computes with.
//!
//! Orders    box      image, walked places, two evaluated axes, element
//!           values   point, image, walked places, part, square, element: of some parts at a time
//!           sums     point, image, walked outputs, square, bank
//!           outputs  image, walked outputs, two evaluated axes, bank
//! An evaluated axis that is missing has one place and one output.

use super::cut::{Cut, Parts};
use crate::problem::{Axis, Problem};
use convolver_kernels::{Dims, Evaluation, POINTS, grid_position};
use std::ops::Range;

/// One evaluated axis of a tile.
pub(super) struct Along {
    /// The axis, if it is there.
    pub(super) axis: Option<usize>,
    pub(super) taps: usize,
    pub(super) parts: Parts,
    pub(super) dilation: usize,
    /// Outputs, and how many there is room for.
    pub(super) outputs: usize,
    pub(super) room: usize,
    /// Places that the squares see; those that outputs see are fewer.
    pub(super) places: usize,
    pub(super) seen: usize,
    /// The first output of each square, and its first place.
    pub(super) squares: Vec<usize>,
}

impl Along {
    fn new(problem: &Problem, (axis, parts): (Option<usize>, Parts), outputs: &[usize]) -> Self {
        let squares = vec![0];
        let Some(number) = axis else {
            let (taps, dilation, outputs, room, places, seen) = (1, 1, 1, 1, 1, 1);
            return Along { axis, taps, parts, dilation, outputs, room, places, seen, squares };
        };
        let (of, outputs) = (&problem.axes[number], outputs[number]);
        let dilation = of.dilation;
        let step = parts.side() * dilation;
        let squares: Vec<usize> = (0..dilation.min(outputs)).flat_map(|first| (first..outputs).step_by(step)).collect();
        let last = squares.iter().max().copied().unwrap_or(0);
        Along {
            axis,
            taps: of.kernel,
            parts,
            dilation,
            outputs,
            room: last + (parts.side() - 1) * dilation + 1,
            places: last + ((parts.count - 1) * parts.taps + POINTS - 1) * dilation + 1,
            seen: outputs - 1 + of.window(),
            squares,
        }
    }

    /// Places from the first of a square to that of what a part of the taps sees of it.
    pub(super) fn part(&self, part: usize) -> usize {
        part * self.parts.taps * self.dilation
    }

    fn evaluation(&self, evaluation: impl Fn(usize) -> Evaluation, count: usize) -> Evaluation {
        if self.axis.is_some() { evaluation(count) } else { Evaluation::One }
    }
}

/// The field.
pub(super) struct Field {
    pub(super) images: usize,
    pub(super) along: [Along; 2],
    /// Places and outputs along each walked axis.
    pub(super) walked_places: Dims<usize>,
    pub(super) walked_outputs: Dims<usize>,
    /// Numbers of an element's place: summed elements in whole vectors.
    pub(super) elements: usize,
    /// Squares of a plane, by the axes.
    pub(super) squares: Vec<[usize; 2]>,
}

impl Field {
    pub(super) fn new(problem: &Problem, cut: &Cut, elements: usize, batch: &[usize], outputs: &[usize]) -> Self {
        let along = [0, 1].map(|axis| Along::new(problem, (cut.evaluated[axis], cut.parts[axis]), outputs));
        let walked = |places: fn(&Axis, usize) -> usize| -> Dims<usize> {
            cut.walked.iter().map(|&axis| places(&problem.axes[axis], outputs[axis])).collect()
        };
        let squares = along[0].squares.iter();
        let squares = squares.flat_map(|&first| along[1].squares.iter().map(move |&second| [first, second])).collect();
        Field {
            images: batch.iter().product(),
            walked_places: walked(|axis, outputs| (outputs - 1) * axis.stride + axis.window()),
            walked_outputs: walked(|_, outputs| outputs),
            elements,
            squares,
            along,
        }
    }

    /// Planes of walked places, of an image.
    pub(super) fn planes(&self) -> usize {
        self.walked_places.iter().product()
    }

    /// Walked outputs of an image.
    pub(super) fn walks(&self) -> usize {
        self.walked_outputs.iter().product()
    }

    /// Places of a plane.
    pub(super) fn places(&self) -> usize {
        self.along[0].places * self.along[1].places
    }

    /// Outputs of a plane that there is room for.
    pub(super) fn room(&self) -> usize {
        self.along[0].room * self.along[1].room
    }

    /// Squares of so many parts that are evaluated.
    pub(super) fn evaluated(&self, parts: usize) -> usize {
        self.images * self.planes() * parts * self.squares.len()
    }

    /// Squares that are summed.
    pub(super) fn rows(&self) -> usize {
        self.images * self.walks() * self.squares.len()
    }

    /// Parts along both axes.
    pub(super) fn parts(&self) -> usize {
        self.along[0].parts.count * self.along[1].parts.count
    }

    /// Where what some parts see of each square lies in the box.
    pub(super) fn squares_of_box(&self, parts: Range<usize>) -> Vec<usize> {
        let [outer, inner] = &self.along;
        let place = |plane: usize, part: usize, [first, second]: [usize; 2]| {
            let (row, column) = (part / inner.parts.count, part % inner.parts.count);
            let (first, second) = (first + outer.part(row), second + inner.part(column));
            (plane * self.places() + first * inner.places + second) * self.elements
        };
        let mut places = Vec::with_capacity(self.evaluated(parts.len()));
        for plane in 0..self.images * self.planes() {
            for part in parts.clone() {
                places.extend(self.squares.iter().map(|&square| place(plane, part, square)));
            }
        }
        places
    }

    /// Where each square of sums goes in outputs of so many banks.
    pub(super) fn squares_of_outputs(&self, banks: usize) -> Vec<usize> {
        let plane = |plane: usize| self.squares.iter().map(move |square| (plane, square));
        let place = |(plane, [first, second]): (usize, &[usize; 2])| {
            (plane * self.room() + first * self.along[1].room + second) * banks
        };
        (0..self.images * self.walks()).flat_map(plane).map(place).collect()
    }

    /// The plane that a walked output of an image sees through its first tap.
    pub(super) fn plane(&self, problem: &Problem, cut: &Cut, walk: usize) -> usize {
        let at = grid_position(&self.walked_outputs, walk);
        let places = at.iter().zip(&cut.walked).map(|(&at, &axis)| at * problem.axes[axis].stride);
        self.number(places)
    }

    /// The planes that each tap of walked axes adds.
    pub(super) fn planes_of_taps(&self, problem: &Problem, cut: &Cut) -> Vec<usize> {
        let counts: Dims<usize> = cut.walked.iter().map(|&axis| problem.axes[axis].kernel).collect();
        let plane = |tap: usize| {
            let at = grid_position(&counts, tap);
            self.number(at.iter().zip(&cut.walked).map(|(&at, &axis)| at * problem.axes[axis].dilation))
        };
        (0..counts.iter().product()).map(plane).collect()
    }

    /// The number of a plane.
    pub(super) fn number(&self, places: impl Iterator<Item = usize>) -> usize {
        places.zip(&self.walked_places).fold(0, |number, (place, &count)| number * count + place)
    }

    pub(super) fn of_samples(&self) -> [Evaluation; 2] {
        [0, 1].map(|axis| self.along[axis].evaluation(|_| Evaluation::Samples, 0))
    }

    pub(super) fn of_outputs(&self) -> [Evaluation; 2] {
        [0, 1].map(|axis| self.along[axis].evaluation(Evaluation::Outputs, self.along[axis].parts.side()))
    }

    /// Numbers between points along each axis, of points so many numbers apart.
    pub(super) fn point_steps(&self, step: usize) -> [usize; 2] {
        [POINTS * step, step]
    }
}
