//! A walk: everything about computing a problem with lanes along one axis that depends on neither operand.

use super::geometry::{Geometry, Lanes, Tiling};
use super::size::Fit;
use crate::problem::{Axis, Boundary, Fill, Problem};
use convolver_kernels::{Dims, ElementType, InstructionSet, Phase, WorkingType};
use smallvec::SmallVec;

/// Offsets of columns. Most kernels have few.
pub(super) type Columns = SmallVec<[usize; 32]>;

/// A geometry with its tile and the order of its taps.
pub(super) struct Walk {
    pub(super) geometry: Geometry,
    /// Outputs per tile along each convolved axis.
    pub(super) tile: Dims<usize>,
    /// Outputs per tile along the lanes' batch axis.
    pub(super) count: usize,
    /// Summed elements per pass over a tile.
    pub(super) summed: usize,
    /// The packed box of a whole tile; boxes of smaller ones lie in it.
    pub(super) tiling: Tiling,
    /// Independent sets of output rows.
    pub(super) sets: usize,
    /// Input rows between two output rows of a set.
    pub(super) step: usize,
    /// Phases of the kernel for one summed element.
    pub(super) phases: Vec<Phase>,
    /// The first tap of every column, phase by phase.
    firsts: Vec<Dims<usize>>,
    /// The input row of each phase's first tap.
    pub(super) first_rows: Vec<usize>,
    /// Planes, elements of the last axis before the banks, per tile.
    pub(super) planes: usize,
    /// The numbers of the kernel's taps, flipped if the problem says so, in the order they are summed.
    pub(super) order: Vec<usize>,
    /// Neighbouring taps that a column stands for: more than one where lanes run along taps.
    pub(super) run: usize,
    /// The convolved axes as the loader sees them.
    pub(super) axes: SmallVec<[Axis; 3]>,
    /// Whether every number and weight fits an `i16`.
    pub(super) short: bool,
    /// Numbers of a working number, which offsets count.
    pub(super) parts: usize,
}

impl Walk {
    pub(super) fn new(
        problem: &Problem,
        set: &'static InstructionSet,
        lanes: Lanes,
        Fit { tile, summed }: Fit,
        count: usize,
    ) -> Self {
        let parts = if matches!(problem.working(), WorkingType::C64 | WorkingType::C128) { 2 } else { 1 };
        let block = (set.vector_bytes / problem.working().size()).max(1);
        let geometry = Geometry::new(problem, lanes).folded(problem, block);
        let taps = geometry.taps(problem);
        let tiling = geometry.tiling(problem, &tile, count);
        let lengths: Dims<usize> = problem.axes.iter().map(|axis| axis.kernel).collect();
        // Lanes along taps take a whole run for each column.
        let run = if lanes == Lanes::Taps { lengths[lengths.len() - 1] } else { 1 };
        let number = |taps: &Dims<usize>, at: usize| {
            (0..lengths.len()).fold(0, |number, axis| {
                let tap = taps[axis] + if axis + 1 == lengths.len() { at } else { 0 };
                number * lengths[axis] + if problem.flip { lengths[axis] - 1 - tap } else { tap }
            })
        };
        let each = taps.phases.iter().flatten().flatten();
        Walk {
            order: each.flat_map(|taps| (0..run).map(move |at| number(taps, at))).collect(),
            phases: taps.phases.iter().map(|of| Phase { rows: of[0].len(), columns: of.len() }).collect(),
            firsts: taps.phases.iter().flatten().map(|rows| rows[0].clone()).collect(),
            first_rows: taps
                .phases
                .iter()
                .map(|of| geometry.row.map_or(0, |row| of[0][0][row] * problem.axes[row].dilation))
                .collect(),
            planes: 1,
            sets: taps.sets,
            step: taps.step,
            run,
            axes: geometry.loaded_axes(problem),
            geometry,
            tile,
            count,
            summed,
            tiling,
            short: is_short(problem),
            parts,
        }
    }

    /// Weights of each phase, for one summed element.
    pub(super) fn weights_of_phases(&self) -> impl Iterator<Item = usize> {
        self.phases.iter().map(|phase| phase.rows * phase.columns * self.run)
    }

    /// This walk with several planes in a tile.
    pub(super) fn with_planes(self, planes: usize) -> Self {
        Walk { planes, ..self }
    }

    /// The places of the columns along the last axis, for a number of summed elements.
    pub(super) fn shifts(&self, problem: &Problem, elements: usize) -> Columns {
        let last = problem.axes.len() - 1;
        let mut firsts = &self.firsts[..];
        let mut shifts = Columns::with_capacity(elements * firsts.len());
        for phase in &self.phases {
            let (of_phase, rest) = firsts.split_at(phase.columns);
            for _ in 0..elements {
                shifts.extend(of_phase.iter().map(|first| first[last] * problem.axes[last].dilation));
            }
            firsts = rest;
        }
        shifts
    }

    /// Offsets of the columns in boxes of these steps, `elements` being where the box of each summed element starts.
    pub(super) fn columns(&self, problem: &Problem, tiling: &Tiling, elements: &[usize]) -> Columns {
        self.columns_at(elements, |first| self.geometry.offset(problem, tiling, first))
    }

    /// The same in an input of these steps, whose places stand in no phases.
    pub(super) fn columns_in_place(&self, problem: &Problem, tiling: &Tiling, elements: &[usize]) -> Columns {
        let along = |((tap, axis), step): ((&usize, &Axis), &usize)| tap * axis.dilation * step;
        self.columns_at(elements, |first| first.iter().zip(&problem.axes).zip(&tiling.steps).map(along).sum())
    }

    fn columns_at(&self, elements: &[usize], offset: impl Fn(&Dims<usize>) -> usize) -> Columns {
        let mut firsts = &self.firsts[..];
        let mut columns = Columns::with_capacity(elements.len() * firsts.len());
        for phase in &self.phases {
            let (of_phase, rest) = firsts.split_at(phase.columns);
            for element in elements {
                columns.extend(of_phase.iter().map(|first| (element + offset(first)) * self.parts));
            }
            firsts = rest;
        }
        columns
    }
}

/// Whether the sums are of 32 bits and their factors of 16, made up samples included.
pub(super) fn is_short(problem: &Problem) -> bool {
    let fits = |element| matches!(element, ElementType::Bool | ElementType::I8 | ElementType::U8 | ElementType::I16);
    let mut boundaries = problem.axes.iter().flat_map(|axis| axis.boundary);
    problem.working() == WorkingType::I32
        && fits(problem.input)
        && fits(problem.kernel)
        && boundaries.all(|side| !side.combines() && (side != Boundary::Constant || problem.fill == Fill::ZERO))
}
