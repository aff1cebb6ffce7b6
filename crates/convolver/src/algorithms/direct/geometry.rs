//! Which axis lanes, rows and columns of a band run along.
//!
//! Lanes run along the last convolved axis, or along a batch axis where its elements lie together in memory. Rows run
//! along the longest kernel axis that is left; every other tap is a column.
//!
//! Rows    With stride s and dilation d = d'·gcd, s = s'·gcd, the outputs d' apart see input rows d'·s apart, and so do
//!         the taps s' apart: d' independent sets of outputs, and min(s', taps) phases of the kernel.
//! Lanes   Output o and tap b see place o·s + b·d = s·(o + ⌊b·d/s⌋) + (b·d mod s): element o + ⌊b·d/s⌋ of a phase.

use crate::primitives::tile::{Line, Packing, Phases};
use crate::problem::{Axis, Problem};
use convolver_kernels::{Dims, Phase};
use smallvec::SmallVec;

/// What lanes run along.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::algorithms) enum Lanes {
    /// The last convolved axis.
    Convolved,
    /// A batch axis.
    Batch(usize),
}

/// How the axes of a problem are walked. There is at least one convolved axis.
#[derive(Clone, Debug)]
pub(in crate::algorithms) struct Geometry {
    pub(in crate::algorithms) lanes: Lanes,
    /// The convolved axis that rows run along, if any is left.
    pub(in crate::algorithms) row: Option<usize>,
    /// Convolved axes that are neither.
    pub(in crate::algorithms) others: SmallVec<[usize; 3]>,
    /// Phases seen along each convolved axis.
    pub(in crate::algorithms) phases: SmallVec<[Phases; 3]>,
}

/// The sizes of one tile's box.
#[derive(Clone, Debug)]
pub(in crate::algorithms) struct Tiling {
    /// Elements per phase of the lane axis, and per line.
    pub(in crate::algorithms) line: usize,
    /// Elements between neighbouring places of each convolved axis but the lanes'.
    pub(in crate::algorithms) steps: Dims<usize>,
    /// Places along each convolved axis.
    pub(in crate::algorithms) extents: Dims<usize>,
    /// Elements of the box of one summed element.
    pub(in crate::algorithms) plane: usize,
}

impl Geometry {
    pub(in crate::algorithms) fn new(problem: &Problem, lanes: Lanes) -> Self {
        let axes = &problem.axes;
        let free = match lanes {
            Lanes::Convolved => axes.len() - 1,
            Lanes::Batch(_) => axes.len(),
        };
        // Among equals the last axis, whose lines lie closest together.
        let row = (0..free).max_by_key(|&axis| (axes[axis].kernel, axis));
        Geometry {
            lanes,
            row,
            others: (0..free).filter(|&axis| Some(axis) != row).collect(),
            phases: axes.iter().map(Phases::of).collect(),
        }
    }

    /// The box that outputs of this shape need.
    pub(in crate::algorithms) fn tiling(&self, problem: &Problem, tile: &[usize], lanes: usize) -> Tiling {
        let axes = &problem.axes;
        let extents: Dims<usize> =
            axes.iter().zip(tile).map(|(axis, &tile)| (tile - 1) * axis.stride + axis.window()).collect();
        let (line, pitch) = match self.lanes {
            Lanes::Batch(_) => (lanes, lanes),
            Lanes::Convolved => {
                let last = axes.len() - 1;
                let line = tile[last] + (axes[last].window() - 1) / axes[last].stride;
                (line, line * self.phases[last].seen())
            }
        };
        let mut steps: Dims<usize> = Dims::from_elem(0, axes.len());
        let mut plane = pitch;
        for axis in (0..axes.len()).rev() {
            if self.lanes == Lanes::Convolved && axis == axes.len() - 1 {
                continue;
            }
            steps[axis] = plane;
            plane *= extents[axis];
        }
        Tiling { line, steps, extents, plane }
    }

    /// How the loader packs the box whose first output is at `output`.
    pub(in crate::algorithms) fn packing(
        &self,
        problem: &Problem,
        tiling: &Tiling,
        output: &[usize],
        lane_start: usize,
    ) -> Packing {
        let starts = problem.axes.iter().zip(output).map(|(axis, &output)| axis.place(output, 0));
        let line = match self.lanes {
            Lanes::Convolved => Line::Convolved { length: tiling.line },
            Lanes::Batch(axis) => Line::Batch { axis, start: lane_start, count: tiling.line },
        };
        Packing {
            starts: starts.collect(),
            extents: tiling.extents.clone(),
            phases: self.phases.clone(),
            steps: tiling.steps.clone(),
            line,
        }
    }

    /// The taps of the row axis.
    pub(in crate::algorithms) fn rows(&self, problem: &Problem) -> Rows {
        self.row.map_or_else(Rows::none, |row| Rows::of(&problem.axes[row]))
    }

    /// The taps that are not rows, in the order columns are summed: other axes, then the lanes' axis.
    pub(in crate::algorithms) fn column_taps(&self, problem: &Problem) -> Vec<Dims<usize>> {
        let mut axes = self.others.clone();
        if self.lanes == Lanes::Convolved {
            axes.push(problem.axes.len() - 1);
        }
        let lengths: Dims<usize> = axes.iter().map(|&axis| problem.axes[axis].kernel).collect();
        let all = (0..lengths.iter().product()).map(|number| {
            let mut taps: Dims<usize> = Dims::from_elem(0, problem.axes.len());
            let position = convolver_kernels::grid_position(&lengths, number);
            axes.iter().zip(position).for_each(|(&axis, tap)| taps[axis] = tap);
            taps
        });
        all.collect()
    }

    /// Where in a box a column's tap lies.
    pub(in crate::algorithms) fn column_offset(&self, problem: &Problem, tiling: &Tiling, taps: &[usize]) -> usize {
        let other: usize =
            self.others.iter().map(|&axis| taps[axis] * problem.axes[axis].dilation * tiling.steps[axis]).sum();
        if self.lanes != Lanes::Convolved {
            return other;
        }
        let last = problem.axes.len() - 1;
        let (axis, place) = (&problem.axes[last], taps[last] * problem.axes[last].dilation);
        let slot = self.phases[last].slot(place % axis.stride).expect("a tap's own phase is seen");
        other + slot * tiling.line + place / axis.stride
    }
}

/// The taps of the row axis.
#[derive(Clone, Debug)]
pub(in crate::algorithms) struct Rows {
    /// Independent sets of outputs: set ρ holds outputs ρ, ρ + sets, …
    pub(in crate::algorithms) sets: usize,
    /// Input rows between two outputs of a set.
    pub(in crate::algorithms) step: usize,
    /// For each phase, its taps.
    pub(in crate::algorithms) taps: Vec<Vec<usize>>,
    /// For each phase, the input row of its first tap.
    pub(in crate::algorithms) offsets: Vec<usize>,
}

impl Rows {
    /// No row axis: one row, one tap.
    fn none() -> Self {
        Rows { sets: 1, step: 0, taps: vec![vec![0]], offsets: vec![0] }
    }

    /// The taps of an axis as rows.
    pub(in crate::algorithms) fn of(axis: &Axis) -> Self {
        let Axis { stride, dilation, kernel, .. } = *axis;
        let common = gcd(stride, dilation);
        let apart = stride / common;
        let phases = apart.min(kernel);
        Rows {
            sets: dilation / common,
            step: dilation / common * stride,
            taps: (0..phases).map(|phase| (phase..kernel).step_by(apart).collect()).collect(),
            offsets: (0..phases).map(|phase| phase * dilation).collect(),
        }
    }

    /// The phases as a band has them, rows `pitch` elements apart.
    pub(in crate::algorithms) fn phases(&self, pitch: usize) -> Vec<Phase> {
        let phases = self.taps.iter().zip(&self.offsets);
        phases.map(|(taps, &offset)| Phase { offset: offset * pitch, rows: taps.len() }).collect()
    }
}

fn gcd(left: usize, right: usize) -> usize {
    if right == 0 { left } else { gcd(right, left % right) }
}

/// Numbers that a band may read past the end of a box.
pub(in crate::algorithms) const fn slack() -> usize {
    64
}
