//! Where samples lie, as what an output adds to an address and what a term adds to it.
//!
//! Output o and tap t of an axis with stride s and dilation d see place o·s + t·d. On the axis that runs of neighbours lie
//! along, places are kept apart by their remainder modulo s, so that outputs are neighbours (positions as lanes):
//! o·s + t·d = s·(o + ⌊t·d/s⌋) + (t·d mod s);  or modulo d, so that taps are (positions as rows).

use super::chunk::equal_parts;
use super::positions::filled;
use super::size::Size;
use crate::primitives::tile::Phases;
use crate::problem::{Axis, Boundary, Conjugate, Problem};
use convolver_kernels::{BLOCK, Dims, InstructionSet, Kind, Lane, Pieces, Rows, TILE_ROWS, View, ViewMut};
use std::ops::Range;

/// What the lanes of a product are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Lanes {
    /// Positions; banks are rows.
    Positions,
    /// Banks; positions are rows.
    Banks,
}

/// How samples are found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    /// In the input itself.
    Input,
    /// In a box whose lines run along the last convolved axis.
    Convolved,
    /// In a box whose lines run along the summed axis.
    Summed,
}

/// The tables' rules.
pub(super) struct Layout {
    pub(super) lanes: Lanes,
    pub(super) place: Place,
    /// Numbers from one place to the next along each convolved axis.
    pub(super) steps: Dims<usize>,
    /// Remainders of the places of the last axis that are kept apart, and the numbers each takes.
    pub(super) modulus: usize,
    pub(super) remainders: Phases,
    pub(super) line: usize,
    /// Numbers from one summed element to the next: along each summed axis of the input, or in a box.
    pub(super) elements: Dims<usize>,
    /// Numbers from one image to the next: along each batch axis of the input, or in a box.
    pub(super) images: Dims<usize>,
    /// Numbers from one group of the input to the next.
    pub(super) groups: Dims<usize>,
    /// Whether a box is cut into pieces as a whole, its summed elements in pairs.
    pub(super) paired: bool,
    /// Whether the numbers of such a box are planes in the input, which are turned while they are cut.
    pub(super) turned: bool,
    /// Whether rows of pairs are multiplied wherever they lie.
    pub(super) free: bool,
    /// The positions that lines are filled up to whole numbers of, or walked in as one, so that they are neighbours; or 1.
    pub(super) filled: usize,
}

/// Whether neighbours along an axis are neighbours in memory.
fn together(strides: &[isize], shape: &[usize], size: usize, axis: usize) -> bool {
    strides[axis] == size as isize && shape[axis] > 1
}

/// Whether summed elements come in pairs that are cut once for all taps. A box would hold what no single tap sees.
pub(super) fn are_paired(problem: &Problem) -> bool {
    let once = problem.axes.iter().all(|axis| axis.kernel == 1);
    let sparse = once && problem.axes.iter().any(|axis| axis.stride > 1);
    problem.summed.last().is_some_and(|last| last.is_multiple_of(BLOCK)) && !sparse
}

/// What the places of a box's last axis are kept apart by, and their remainders.
fn kept_apart(axis: &Axis, (place, lanes): (Place, Lanes), size: &Size) -> (usize, Phases) {
    match (place, lanes) {
        // Taps need not be neighbours where nothing is gathered.
        _ if place == Place::Summed || size.cut.is_some() => (1, Phases::of(&Axis::new(1, 1))),
        (_, Lanes::Positions) => (axis.stride, Phases::of(axis)),
        (_, Lanes::Banks) => {
            let turned = Axis {
                stride: axis.dilation,
                dilation: axis.stride,
                kernel: size.outputs[size.outputs.len() - 1],
                ..*axis
            };
            (axis.dilation, Phases::of(&turned))
        }
    }
}

/// Whether every summed element is a plane of an input that can be cut where it lies, with zeros around it.
fn are_planes(problem: &Problem, input: &View<'_>, pieces: Option<Pieces>) -> bool {
    let zero = |axis: &Axis| axis.spread == 1 && axis.boundary == [Boundary::Zero; 2];
    let readable = input.source::<f32>().is_some() || (input.bfloats().is_some() && pieces == Some(Pieces::One));
    let neighbours = input.strides().last() == Some(&(problem.input.size() as isize));
    problem.summed.len() == 1 && readable && neighbours && problem.axes.iter().all(zero)
}

impl Layout {
    pub(super) fn new<L: Lane>(
        problem: &Problem,
        size: &Size,
        (set, pieces): (&'static InstructionSet, Option<Pieces>),
        input: &View<'_>,
        output: &ViewMut<'_>,
    ) -> Self {
        let (batch, group) = (problem.batch.len(), problem.group.len());
        let banks_at = batch + group;
        let last = problem.axes.len() - 1;
        let axis = &problem.axes[last];
        let banks_last = problem.bank.len() == 1
            && together(output.strides(), output.shape(), problem.output.size(), banks_at)
            && axis.output() > 1;
        let interleaved =
            problem.summed.len() == 1 && together(input.strides(), input.shape(), problem.input.size(), banks_at);
        let once = problem.axes.iter().all(|axis| axis.kernel == 1);
        let paired = pieces.is_some() && are_paired(problem);
        // Rows that may lie anywhere are never computed in vain.
        let free = set.piece_rows() == Some(Rows::Free);
        let turned = paired && free && !interleaved && are_planes(problem, input, pieces);
        // Runs of neighbours are outputs of a line, or its taps.
        let as_rows = turned || interleaved || banks_last || size.cut.is_some() || axis.output() * 2 < axis.kernel;
        let lanes = if as_rows { Lanes::Banks } else { Lanes::Positions };
        let source = input.source::<L>();
        // A number that is used once may be far from its neighbours.
        let dense = lanes == Lanes::Banks || axis.stride == 1 || axis.output() == 1 || once;
        let plain = problem.conjugate != Conjugate::Input || problem.input.kind() != Kind::Complex;
        let inside = problem.axes.iter().all(|axis| axis.low <= 0 && axis.high <= 0 && axis.spread == 1);
        let numbers = |axis: usize| input.strides()[axis] as usize / problem.input.size();
        let paired = paired && (turned || interleaved || lanes == Lanes::Positions);
        if source.is_some() && dense && plain && inside && !paired {
            return Layout {
                lanes,
                place: Place::Input,
                steps: (0..=last).map(|axis| numbers(banks_at + problem.summed.len() + axis)).collect(),
                modulus: 1,
                remainders: Phases::of(&Axis::new(1, 1)),
                line: 0,
                elements: (0..problem.summed.len()).map(|axis| numbers(banks_at + axis)).collect(),
                images: (0..batch).map(numbers).collect(),
                groups: (batch..banks_at).map(numbers).collect(),
                paired: false,
                turned: false,
                free: false,
                filled: 1,
            };
        }
        let place = if interleaved || turned { Place::Summed } else { Place::Convolved };
        let (modulus, remainders) = kept_apart(axis, (place, lanes), size);
        let extents = extents(problem, &size.outputs);
        let line = extents[last].div_ceil(modulus);
        let mut steps: Dims<usize> = Dims::from_elem(1, last + 1);
        let mut plane = if place == Place::Summed { problem.summed[0] } else { line * remainders.seen() };
        if place == Place::Summed {
            steps[last] = plane;
            plane *= extents[last];
        }
        for axis in (0..last).rev() {
            steps[axis] = plane;
            plane *= extents[axis];
        }
        let images = size.batch.iter().product();
        let element = match place {
            Place::Summed => 1,
            // Planes of pairs are an odd number of cache lines apart, so that those of a tile are kept together.
            _ if paired => plane.saturating_mul(images).div_ceil(TILE_ROWS) / 2 * BLOCK + TILE_ROWS,
            _ => plane.saturating_mul(images),
        };
        let mut layout = Layout {
            lanes,
            place,
            steps,
            modulus,
            remainders,
            line,
            elements: Dims::from_elem(element, 1),
            images: Dims::from_elem(plane, 1),
            groups: Dims::new(),
            paired,
            turned,
            free: paired && free && lanes == Lanes::Banks,
            filled: 1,
        };
        if paired && !layout.free {
            layout.filled = TILE_ROWS;
        }
        if pieces.is_none() && place == Place::Convolved && lanes == Lanes::Positions {
            layout.filled = filled(&layout, problem, size, set.lanes::<L>());
        }
        layout
    }

    /// Numbers of a box.
    pub(super) fn room(&self, problem: &Problem, size: &Size) -> usize {
        let numbers = match self.place {
            Place::Input => 0,
            Place::Summed => self.images[0] * size.batch.iter().product::<usize>(),
            Place::Convolved => self.elements[0] * self.at_once(problem, size),
        };
        // What positions that are no outputs see.
        numbers + self.beyond(problem)
    }

    /// Joined pairs of a piece of a box.
    pub(super) fn piece_step(&self, problem: &Problem, size: &Size) -> usize {
        match self.place {
            Place::Summed => self.pair(self.images[0] * size.batch.iter().product::<usize>()),
            _ => self.elements[0] * self.at_once(problem, size) / 2,
        }
    }

    /// Numbers behind a box that positions see which are no outputs.
    pub(super) fn beyond(&self, problem: &Problem) -> usize {
        if self.filled > 1 { self.filled * self.unit(problem) } else { 0 }
    }

    /// Numbers between two positions of a line.
    pub(super) fn unit(&self, problem: &Problem) -> usize {
        match self.lanes {
            Lanes::Positions => 1,
            Lanes::Banks => problem.axes[problem.axes.len() - 1].stride * self.steps[self.steps.len() - 1],
        }
    }

    /// Joined pairs of a place's elements: an odd number of cache lines, as in a plane.
    pub(super) fn pair_pitch(&self) -> usize {
        self.steps[self.steps.len() - 1] / BLOCK / 2 * BLOCK + TILE_ROWS
    }

    /// Where the joined pair of a sample lies, the first of its pair, in a box of pairs.
    pub(super) fn pair(&self, sample: usize) -> usize {
        match self.place {
            Place::Summed => {
                let place = self.steps[self.steps.len() - 1];
                sample / place * self.pair_pitch() + sample % place
            }
            // Two elements' planes are one of pairs.
            _ => sample - sample / self.elements[0] / 2 * self.elements[0],
        }
    }

    /// The elements of the pairs of a step, first and second, of so many elements.
    pub(super) fn pair_elements(&self, elements: usize, step: usize) -> impl Iterator<Item = (usize, usize)> {
        let apart = self.place == Place::Summed;
        (step * TILE_ROWS..(step + 1) * TILE_ROWS)
            .map(move |pair| if apart { (pair, elements / 2 + pair) } else { (2 * pair, 2 * pair + 1) })
    }

    /// The summed elements of each box: neighbours along the last summed axis.
    pub(super) fn boxes(&self, problem: &Problem, size: &Size) -> Vec<Range<usize>> {
        let last = problem.summed.last().copied().unwrap_or(1);
        let some = self.at_once(problem, size);
        let all: usize = problem.summed.iter().product();
        let part = |first: usize| (first..first + last).step_by(some).map(move |at| at..(first + last).min(at + some));
        (0..all).step_by(last).flat_map(part).collect()
    }

    /// Summed elements of a box, at most.
    pub(super) fn at_once(&self, problem: &Problem, size: &Size) -> usize {
        let last = problem.summed.last().copied().unwrap_or(1);
        match self.place {
            Place::Convolved if self.paired => equal_parts(last, size.elements.max(BLOCK) / BLOCK * BLOCK, BLOCK),
            Place::Convolved => equal_parts(last, size.elements, 1),
            // In a box as in the input, the elements of a place lie together.
            _ if size.cut.is_some() && !self.elements_together() => equal_parts(last, size.elements, 1),
            _ => last,
        }
    }

    /// What output `output` of an axis adds.
    pub(super) fn output(&self, problem: &Problem, axis: usize, output: usize) -> usize {
        let place = output * problem.axes[axis].stride;
        if axis + 1 < problem.axes.len() || self.modulus == 1 {
            return place * self.steps[axis];
        }
        match self.lanes {
            Lanes::Positions => output,
            Lanes::Banks => self.apart(place),
        }
    }

    /// What tap `tap` of an axis adds.
    fn tap(&self, problem: &Problem, axis: usize, tap: usize) -> usize {
        let place = tap * problem.axes[axis].dilation;
        if axis + 1 < problem.axes.len() || self.modulus == 1 {
            return place * self.steps[axis];
        }
        match self.lanes {
            Lanes::Positions => self.apart(place),
            Lanes::Banks => tap,
        }
    }

    fn apart(&self, place: usize) -> usize {
        self.remainders.slot(place % self.modulus).expect("a remainder that is asked for is kept") * self.line
            + place / self.modulus
    }

    /// What each tap adds, in the order of the input.
    pub(super) fn taps(&self, problem: &Problem) -> Vec<usize> {
        let mut places = vec![0];
        for (axis, of) in problem.axes.iter().enumerate() {
            let added: Vec<usize> = (0..of.kernel).map(|tap| self.tap(problem, axis, tap)).collect();
            places = places.iter().flat_map(|place| added.iter().map(move |added| place + added)).collect();
        }
        places
    }

    /// Numbers from one element of the last summed axis to the next.
    pub(super) fn element_step(&self) -> usize {
        self.elements.last().copied().unwrap_or(0)
    }

    /// Whether the terms of a tap lie together, rather than those of an element.
    pub(super) fn elements_together(&self) -> bool {
        self.elements.last() == Some(&1)
    }
}

/// Places that outputs see along each convolved axis.
pub(super) fn extents(problem: &Problem, outputs: &[usize]) -> Dims<usize> {
    problem.axes.iter().zip(outputs).map(|(axis, &outputs)| (outputs - 1) * axis.stride + axis.window()).collect()
}
