//! How a problem is cut: which axes are evaluated at points, and how much a tile holds.

use crate::machine::Machine;
use crate::problem::{Axis, Problem};
use convolver_kernels::{Dims, POINTS};
use smallvec::SmallVec;

/// Squares of a tile at most, and so many at least where there are as many; bytes of their values at most.
const ROWS: usize = 64;
const FEW_ROWS: usize = 16;
const VALUES: usize = 8 << 20;
/// Bytes of what a tile sees, unless one square sees more.
const BOX: usize = 2 << 20;
/// Tiles for each core at least, where a problem has as many squares or banks.
const PIECES: usize = 2;

/// The cut.
#[derive(Clone, Debug)]
pub(super) struct Cut {
    /// The axes that are evaluated, the one that lines run along last; the first is missing where there is only one.
    pub(super) evaluated: [Option<usize>; 2],
    /// The other axes.
    pub(super) walked: Dims<usize>,
    /// Images of a tile along each batch axis.
    pub(super) batch: Dims<usize>,
    /// Outputs of a tile along each convolved axis.
    pub(super) outputs: Dims<usize>,
    /// Banks of a tile.
    pub(super) banks: usize,
}

/// Outputs of a square along an axis.
pub(super) fn side(axis: &Axis) -> usize {
    POINTS + 1 - axis.kernel
}

/// Squares along so many outputs of an axis: neighbours are a dilation apart.
pub(super) fn squares(axis: &Axis, outputs: usize) -> usize {
    let of = |first: usize| (outputs - first).div_ceil(axis.dilation).div_ceil(side(axis));
    (0..axis.dilation.min(outputs)).map(of).sum()
}

/// How many times fewer products evaluating an axis takes; below 1 where it must not be evaluated.
fn gain(axis: &Axis) -> f64 {
    let suits = axis.stride == 1 && axis.spread == 1 && (2..POINTS).contains(&axis.kernel);
    let products = POINTS * squares(axis, axis.output());
    if suits { (axis.kernel * axis.output()) as f64 / products as f64 } else { 0.0 }
}

impl Cut {
    /// The cut of a problem, if an axis gains by being evaluated.
    pub(super) fn new(problem: &Problem, machine: &Machine) -> Option<Self> {
        let gains: SmallVec<[f64; 3]> =
            problem.axes.iter().map(|axis| if axis.kernel < POINTS { gain(axis) } else { 0.0 }).collect();
        let mut best: SmallVec<[usize; 3]> = (0..gains.len()).filter(|&axis| gains[axis] > 1.0).collect();
        // Of axes that gain alike, the later ones lie together.
        best.sort_by(|&a, &b| gains[b].total_cmp(&gains[a]).then(b.cmp(&a)));
        best.truncate(2);
        best.sort_unstable();
        let evaluated = match best[..] {
            [] => return None,
            [one] => [None, Some(one)],
            [first, second, ..] => [Some(first), Some(second)],
        };
        let walked = (0..problem.axes.len()).filter(|axis| !best.contains(axis)).collect();
        let mut cut = Cut {
            evaluated,
            walked,
            batch: problem.batch.iter().map(|&images| images.max(1)).collect(),
            outputs: problem.axes.iter().map(Axis::output).collect(),
            banks: problem.bank.iter().product::<usize>().max(1),
        };
        cut.shrink(problem, machine);
        Some(cut)
    }

    /// Points of a square.
    pub(super) fn points(&self) -> usize {
        self.evaluated.iter().flatten().map(|_| POINTS).product()
    }

    /// Terms of a sum at a point: summed elements and the taps of walked axes.
    pub(super) fn terms(&self, problem: &Problem) -> usize {
        let walked = self.walked.iter().map(|&axis| problem.axes[axis].kernel);
        walked.product::<usize>().saturating_mul(problem.summed.iter().product())
    }

    /// Taps that are evaluated together.
    pub(super) fn taps(&self, problem: &Problem) -> usize {
        self.evaluated.iter().flatten().map(|&axis| problem.axes[axis].kernel).product()
    }

    /// Squares of so many images and outputs, those of walked axes apart.
    pub(super) fn rows(&self, problem: &Problem, batch: &[usize], outputs: &[usize]) -> usize {
        let walked = self.walked.iter().map(|&axis| outputs[axis]);
        let squares = self.evaluated.iter().flatten().map(|&axis| squares(&problem.axes[axis], outputs[axis]));
        walked.chain(squares).chain(batch.iter().copied()).fold(1, usize::saturating_mul)
    }

    /// Squares whose samples are evaluated.
    pub(super) fn seen(&self, problem: &Problem, batch: &[usize], outputs: &[usize]) -> usize {
        let places = |axis: usize| (outputs[axis] - 1) * problem.axes[axis].stride + problem.axes[axis].window();
        let mut seen: Dims<usize> = outputs.into();
        self.walked.iter().for_each(|&axis| seen[axis] = places(axis));
        self.rows(problem, batch, &seen)
    }

    /// How many tiles there are along positions, and along banks; groups are apart.
    pub(super) fn tiles(&self, problem: &Problem) -> (usize, usize) {
        let along = |lengths: &mut dyn Iterator<Item = (usize, usize)>| -> usize {
            lengths.map(|(length, tile)| length.div_ceil(tile)).product()
        };
        let batch = along(&mut problem.batch.iter().copied().zip(self.batch.iter().copied()));
        let outputs = along(&mut problem.axes.iter().map(Axis::output).zip(self.outputs.iter().copied()));
        (batch * outputs, problem.bank.iter().product::<usize>().div_ceil(self.banks))
    }

    /// The shape of a tile of the output: batch, group, bank, convolved.
    pub(super) fn shape(&self, problem: &Problem) -> Dims<usize> {
        let groups = problem.group.iter().map(|_| 1);
        self.batch.iter().copied().chain(groups).chain([self.banks]).chain(self.outputs.iter().copied()).collect()
    }

    /// Summed elements, filled up to whole vectors.
    pub(super) fn elements(problem: &Problem, machine: &Machine) -> usize {
        let lanes = machine.set.vector_bytes / problem.working().size();
        problem.summed.iter().product::<usize>().next_multiple_of(lanes)
    }

    fn shrink(&mut self, problem: &Problem, machine: &Machine) {
        let element = Cut::elements(problem, machine).saturating_mul(problem.working().size());
        let groups: usize = problem.group.iter().product();
        let panel = 4 * machine.set.vector_bytes / problem.working().size();
        loop {
            let (positions, along_banks) = self.tiles(problem);
            let rows = self.rows(problem, &self.batch, &self.outputs);
            let values = self.seen(problem, &self.batch, &self.outputs).saturating_mul(self.points() * element);
            let few = groups * positions * along_banks < PIECES * machine.cores;
            let seen = problem.axes.iter().zip(&self.outputs);
            let seen = seen.map(|(axis, &outputs)| (outputs - 1) * axis.stride + axis.window());
            let seen = seen.chain(self.batch.iter().copied()).fold(element, usize::saturating_mul);
            if rows > ROWS || values > VALUES || seen > BOX {
                if !self.halve(problem) {
                    break;
                }
            } else if few && self.banks > panel && (rows <= 2 * FEW_ROWS || self.banks > 8 * panel) {
                self.banks = self.banks.div_ceil(2).next_multiple_of(panel);
            } else if !(few && rows > FEW_ROWS && self.halve(problem)) {
                break;
            }
        }
    }

    /// Half the images, or else half the outputs along the axis with most of them to spare; false if there is one square.
    fn halve(&mut self, problem: &Problem) -> bool {
        if let Some(images) = self.batch.iter_mut().find(|images| **images > 1) {
            *images = images.div_ceil(2);
            return true;
        }
        let unit = |axis: usize| {
            if self.walked.contains(&axis) { 1 } else { side(&problem.axes[axis]) * problem.axes[axis].dilation }
        };
        let parts = |axis: usize| self.outputs[axis].div_ceil(unit(axis));
        let Some(axis) = (0..self.outputs.len()).filter(|&axis| parts(axis) > 1).max_by_key(|&axis| parts(axis)) else {
            return false;
        };
        self.outputs[axis] = parts(axis).div_ceil(2) * unit(axis);
        true
    }
}
