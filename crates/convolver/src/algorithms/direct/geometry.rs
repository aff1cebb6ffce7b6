//! Which axis lanes, rows and columns run along.
//!
//! Lanes run along the last convolved axis, or along a batch axis where its elements lie together in memory. Rows run
//! along the longest kernel axis that is left; every other tap is a column. Where outputs are far apart or few, lanes run
//! along the taps of the last axis instead, and every output is a dot product. Where kernels of a group lie together, lanes
//! are kernels, and the outputs of a row are places along the last axis.
//!
//! Fold    A single convolved axis has no other axis for rows. Where a phase has many taps, rows are blocks of as many
//!         outputs as a vector has lanes: output r·B + i sees through tap q·B + p what output (r+q)·B + i sees through
//!         tap p, so the taps B apart are kernel rows, and each p < B is a phase of them.
//! Rows    With stride s and dilation d = d'·gcd, s = s'·gcd, the outputs d' apart see input rows d'·s apart, and so do
//!         the taps s' apart: d' independent sets of outputs, and min(s', taps) phases of the kernel.
//! Lanes   Output o and tap b see place o·s + b·d = s·(o + ⌊b·d/s⌋) + (b·d mod s): element o + ⌊b·d/s⌋ of a phase.

use crate::primitives::tile::{Line, Packing, Phases};
use crate::problem::{Axis, Problem};
use convolver_kernels::{Dims, grid_position};
use smallvec::SmallVec;

/// What lanes run along.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::algorithms) enum Lanes {
    /// The last convolved axis.
    Convolved,
    /// A batch axis.
    Batch(usize),
    /// The group axis, where there is one.
    Group,
    /// The taps of the last convolved axis.
    Taps,
}

/// How the axes of a problem are walked. There is at least one convolved axis.
#[derive(Clone, Debug)]
pub(in crate::algorithms) struct Geometry {
    pub(in crate::algorithms) lanes: Lanes,
    /// The convolved axis that rows run along, if any is left.
    pub(in crate::algorithms) row: Option<usize>,
    /// Outputs of a row, where rows are blocks of the lanes' axis.
    pub(in crate::algorithms) fold: Option<usize>,
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
            Lanes::Convolved | Lanes::Taps => axes.len() - 1,
            Lanes::Batch(_) | Lanes::Group => axes.len(),
        };
        // Never the last of several axes: so taps are summed in one order whatever lanes run along, and an image alone
        // has the bits that it has among others. Among equals the later axis, whose lines lie closer together.
        let candidates = if axes.len() > 1 { axes.len() - 1 } else { free };
        let row = match lanes {
            Lanes::Taps => axes.len().checked_sub(2),
            // Along the last axis lie the places of a row.
            Lanes::Group if axes.len() == 1 => None,
            _ => (0..candidates).max_by_key(|&axis| (axes[axis].kernel, axis)),
        };
        Geometry {
            lanes,
            row,
            fold: None,
            others: (0..free)
                .filter(|&axis| Some(axis) != row && !(lanes == Lanes::Group && axis + 1 == free))
                .collect(),
            phases: axes.iter().map(Phases::of).collect(),
        }
        .side_by_side(lanes)
    }

    /// Where lanes run along taps, every place of the last axis stands in one phase.
    fn side_by_side(mut self, lanes: Lanes) -> Self {
        if let (Lanes::Taps, Some(last)) = (lanes, self.phases.last_mut()) {
            *last = Phases::of(&Axis::new(1, 1));
        }
        self
    }

    /// Rows that are blocks of `block` outputs, where that gives a phase at least two kernel rows.
    pub(in crate::algorithms) fn folded(mut self, problem: &Problem, block: usize) -> Self {
        let axis = &problem.axes[problem.axes.len() - 1];
        let alone = self.row.is_none() && self.lanes == Lanes::Convolved && axis.dilation == 1;
        if alone && axis.kernel / axis.stride >= 2 * block {
            self.fold = Some(block);
        }
        self
    }

    /// The box that outputs of this shape need.
    pub(in crate::algorithms) fn tiling(&self, problem: &Problem, tile: &[usize], lanes: usize) -> Tiling {
        let axes = &problem.axes;
        let extents: Dims<usize> =
            axes.iter().zip(tile).map(|(axis, &tile)| (tile - 1) * axis.stride + axis.window()).collect();
        let (line, pitch) = match self.lanes {
            Lanes::Batch(_) | Lanes::Group => (lanes, lanes),
            Lanes::Taps => (extents[axes.len() - 1], extents[axes.len() - 1]),
            Lanes::Convolved => {
                let last = axes.len() - 1;
                let line = tile[last] + (axes[last].window() - 1) / axes[last].stride;
                (line, line * self.phases[last].seen())
            }
        };
        let mut steps: Dims<usize> = Dims::from_elem(0, axes.len());
        let mut plane = pitch;
        for axis in (0..axes.len()).rev() {
            if axis == axes.len() - 1 && !matches!(self.lanes, Lanes::Batch(_) | Lanes::Group) {
                steps[axis] = usize::from(self.lanes == Lanes::Taps);
                continue;
            }
            steps[axis] = plane;
            plane = extents[axis].saturating_mul(plane);
        }
        Tiling { line, steps, extents, plane }
    }

    /// How the loader packs a box of these extents whose first output is at `output`.
    pub(in crate::algorithms) fn packing(
        &self,
        problem: &Problem,
        tiling: &Tiling,
        extents: Dims<usize>,
        output: &[usize],
        (lane_start, lane_count): (usize, usize),
    ) -> Packing {
        let starts = problem.axes.iter().zip(output).map(|(axis, &output)| axis.place(output, 0));
        let line = match self.lanes {
            Lanes::Convolved | Lanes::Taps => Line::Convolved { length: tiling.line },
            Lanes::Batch(axis) => Line::Batch { axis, start: lane_start, count: lane_count },
            Lanes::Group => Line::Batch { axis: problem.batch.len(), start: lane_start, count: lane_count },
        };
        Packing { starts: starts.collect(), extents, phases: self.phases.clone(), steps: tiling.steps.clone(), line }
    }

    /// The convolved axes as the loader sees them: runs of taps lie side by side, whatever the stride.
    pub(in crate::algorithms) fn loaded_axes(&self, problem: &Problem) -> SmallVec<[Axis; 3]> {
        let mut axes = problem.axes.clone();
        if let (Lanes::Taps, Some(last)) = (self.lanes, axes.last_mut()) {
            last.stride = 1;
        }
        axes
    }

    /// Every tap, by phases of columns of rows.
    pub(in crate::algorithms) fn taps(&self, problem: &Problem) -> Taps {
        let last = problem.axes.len() - 1;
        let mut lengths: Dims<usize> = problem.axes.iter().map(|axis| axis.kernel).collect();
        if self.lanes == Lanes::Taps {
            lengths[last] = 1;
            let columns = (0..lengths.iter().product()).map(|number| vec![grid_position(&lengths, number)]);
            let step = self.row.map_or(0, |row| problem.axes[row].stride);
            return Taps { sets: 1, step, phases: vec![columns.collect()] };
        }
        if let (None, Some(block)) = (self.row, self.fold) {
            let phases = folded_taps(&problem.axes[last], block);
            let place = |tap: usize| {
                let mut taps: Dims<usize> = Dims::from_elem(0, last + 1);
                taps[last] = tap;
                taps
            };
            let places = |column: Vec<usize>| column.into_iter().map(place).collect();
            return Taps {
                sets: 1,
                step: block,
                phases: phases.into_iter().map(|p| p.into_iter().map(places).collect()).collect(),
            };
        }
        let rows = self.row.map_or_else(Rows::none, |row| Rows::of(&problem.axes[row]));
        if let Some(row) = self.row {
            lengths[row] = 1;
        }
        let phase = |taps: &Vec<usize>| {
            let column = |number: usize| {
                let first = grid_position(&lengths, number);
                let tap = |&tap: &usize| {
                    let mut place = first.clone();
                    self.row.into_iter().for_each(|row| place[row] = tap);
                    place
                };
                taps.iter().map(tap).collect()
            };
            (0..lengths.iter().product()).map(column).collect()
        };
        Taps { sets: rows.sets, step: rows.step, phases: rows.taps.iter().map(phase).collect() }
    }

    /// Where in a box a tap lies.
    pub(in crate::algorithms) fn offset(&self, problem: &Problem, tiling: &Tiling, taps: &[usize]) -> usize {
        let last = problem.axes.len() - 1;
        let along = |axis: usize| taps[axis] * problem.axes[axis].dilation;
        if self.lanes != Lanes::Convolved {
            // A run of taps starts at its first one.
            return (0..=last).map(|axis| along(axis) * tiling.steps[axis]).sum();
        }
        let stride = problem.axes[last].stride;
        let slot = self.phases[last].slot(along(last) % stride).expect("a tap's own phase is seen");
        let before: usize = (0..last).map(|axis| along(axis) * tiling.steps[axis]).sum();
        before + slot * tiling.line + along(last) / stride
    }
}

/// Every tap of a kernel in the order bands sum them: its place along each convolved axis.
#[derive(Clone, Debug)]
pub(in crate::algorithms) struct Taps {
    /// Independent sets of output rows: set ρ holds rows ρ, ρ + sets, …
    pub(in crate::algorithms) sets: usize,
    /// Input rows between two output rows of a set.
    pub(in crate::algorithms) step: usize,
    /// Phases of columns of rows.
    pub(in crate::algorithms) phases: Vec<Vec<Vec<Dims<usize>>>>,
}

/// The taps of a strided axis whose rows are blocks of outputs: for every slot, the columns that have one more row than
/// the others, and the others.
fn folded_taps(axis: &Axis, block: usize) -> Vec<Vec<Vec<usize>>> {
    let mut phases = Vec::new();
    for slot in 0..axis.stride.min(axis.kernel) {
        let taps: Vec<usize> = (slot..axis.kernel).step_by(axis.stride).collect();
        let longer = taps.len() % block;
        for columns in [0..longer, longer..block.min(taps.len())] {
            if !columns.is_empty() {
                phases.push(columns.map(|first| taps[first..].iter().copied().step_by(block).collect()).collect());
            }
        }
    }
    phases
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
}

impl Rows {
    /// No row axis: one row, one tap.
    fn none() -> Self {
        Rows { sets: 1, step: 0, taps: vec![vec![0]] }
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
        }
    }
}

fn gcd(left: usize, right: usize) -> usize {
    if right == 0 { left } else { gcd(right, left % right) }
}
