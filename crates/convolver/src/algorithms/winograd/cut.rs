//! How a problem is cut: which axes are evaluated at points, and how much a tile holds.

use crate::algorithms::matrix::equal_parts;
use crate::machine::Machine;
use crate::problem::{Axis, Problem};
use convolver_kernels::{Dims, POINTS};
use smallvec::SmallVec;

/// Squares of a tile at most, and so many at least where there are as many; bytes of their values at most.
const ROWS: usize = 64;
const FEW_ROWS: usize = 16;
const VALUES: usize = 8 << 20;
/// Bytes of what a tile sees, unless one square sees more; and where all its squares see most of it.
const BOX: usize = 4 << 20;
const LARGE_BOX: usize = 8 << 20;
/// Terms that are summed at once: a panel of them stays in the first-level cache at one point, in the second at all of them, and
/// errors grow with them.
const RUN: usize = 48;
/// Tiles for each core at least, where a problem has as many squares or banks.
const TILES: usize = 2;

/// The cut.
#[derive(Clone, Debug)]
pub(super) struct Cut {
    /// The axes that are evaluated, the one that lines run along last; the first is missing where there is only one.
    pub(super) evaluated: [Option<usize>; 2],
    /// How they are.
    pub(super) parts: [Parts; 2],
    /// The other axes.
    pub(super) walked: Dims<usize>,
    /// Images of a tile along each batch axis.
    pub(super) batch: Dims<usize>,
    /// Outputs of a tile along each convolved axis.
    pub(super) outputs: Dims<usize>,
    /// Banks of a tile.
    pub(super) banks: usize,
}

/// How an axis is evaluated: its taps in parts, whose sums make one output.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Parts {
    /// Taps of a part; the last one is filled up with zeros.
    pub(super) taps: usize,
    /// How many there are.
    pub(super) count: usize,
}

impl Parts {
    /// One tap, which is not evaluated.
    pub(super) const ONE: Parts = Parts { taps: 1, count: 1 };

    /// The parts that take the fewest products.
    pub(super) fn of(axis: &Axis) -> Self {
        let parts = |taps: usize| Parts { taps, count: axis.kernel.div_ceil(taps) };
        let cost = |parts: &Parts| (parts.count.saturating_mul(parts.squares(axis, axis.output())), parts.count);
        (2..POINTS).map(parts).min_by_key(cost).expect("there are several numbers of taps")
    }

    /// Outputs of a square along the axis.
    pub(super) fn side(self) -> usize {
        POINTS + 1 - self.taps
    }

    /// Squares along so many outputs of an axis: neighbours are a dilation apart.
    pub(super) fn squares(self, axis: &Axis, outputs: usize) -> usize {
        let of = |first: usize| (outputs - first).div_ceil(axis.dilation).div_ceil(self.side());
        (0..axis.dilation.min(outputs)).map(of).sum()
    }

    /// How many times fewer products evaluating an axis takes; 0 where it cannot be evaluated.
    fn gain(self, axis: &Axis) -> f64 {
        let products = POINTS as f64 * self.count as f64 * self.squares(axis, axis.output()) as f64;
        let suits = axis.stride == 1 && axis.spread == 1 && axis.kernel > 1;
        if suits { axis.kernel as f64 * axis.output() as f64 / products } else { 0.0 }
    }
}

impl Cut {
    /// The cut of a problem, if an axis gains by being evaluated.
    pub(super) fn new(problem: &Problem, machine: &Machine) -> Option<Self> {
        let gains: SmallVec<[f64; 3]> = problem.axes.iter().map(|axis| Parts::of(axis).gain(axis)).collect();
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
            parts: evaluated.map(|axis| axis.map_or(Parts::ONE, |axis| Parts::of(&problem.axes[axis]))),
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

    /// Parts of the taps along both evaluated axes.
    pub(super) fn all_parts(&self) -> usize {
        self.parts.iter().map(|parts| parts.count).product()
    }

    /// Terms of a sum at a point: parts, the taps of walked axes and summed elements.
    pub(super) fn terms(&self, problem: &Problem) -> usize {
        let walked = self.walked.iter().map(|&axis| problem.axes[axis].kernel);
        let counts = walked.chain([self.all_parts()]).chain(problem.summed.iter().copied());
        counts.fold(1, usize::saturating_mul)
    }

    /// Terms that are summed at once at most, and how many such sums there are: some of a part, or all of some parts.
    pub(super) fn runs(&self, problem: &Problem) -> [usize; 2] {
        let of_part = self.terms(problem) / self.all_parts();
        let parts = self.parts_of_run(problem);
        let run = if parts > 1 { parts * of_part } else { equal_parts(of_part, RUN, 1) };
        [run, self.all_parts().div_ceil(parts) * (parts * of_part).div_ceil(run)]
    }

    /// Parts whose terms are summed at once.
    pub(super) fn parts_of_run(&self, problem: &Problem) -> usize {
        (RUN * self.all_parts() / self.terms(problem)).clamp(1, self.all_parts())
    }

    /// Taps that are evaluated together.
    pub(super) fn taps(&self) -> usize {
        self.parts.iter().map(|parts| parts.taps).product()
    }

    /// Squares of so many images and outputs, those of walked axes apart.
    pub(super) fn rows(&self, problem: &Problem, batch: &[usize], outputs: &[usize]) -> usize {
        let walked = self.walked.iter().map(|&axis| outputs[axis]);
        let along = self.evaluated.iter().zip(&self.parts);
        let squares =
            along.filter_map(|(axis, parts)| axis.map(|axis| parts.squares(&problem.axes[axis], outputs[axis])));
        walked.chain(squares).chain(batch.iter().copied()).fold(1, usize::saturating_mul)
    }

    /// Squares whose samples are evaluated, of each part of the taps.
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
            // Values of some parts at a time.
            let values = self.seen(problem, &self.batch, &self.outputs).saturating_mul(self.points() * element);
            let few = groups * positions * along_banks < TILES * machine.cores;
            let seen = problem.axes.iter().zip(&self.outputs);
            let seen = seen.map(|(axis, &outputs)| (outputs - 1) * axis.stride + axis.window());
            let seen = seen.chain(self.batch.iter().copied()).fold(element, usize::saturating_mul);
            let (room, least) = if self.all_parts() > 1 { (LARGE_BOX, 2 * FEW_ROWS) } else { (BOX, FEW_ROWS) };
            if rows > ROWS || values > VALUES || seen > room {
                if !self.halve(problem) {
                    break;
                }
            } else if few && self.banks > panel && rows <= self.banks {
                // Evaluating the samples again costs less than keeping the kernel's values.
                self.banks = self.banks.div_ceil(2).next_multiple_of(panel);
            } else if !(few && rows > least && self.halve(problem)) {
                break;
            }
        }
    }

    /// Half the images, or else half the outputs along the axis with most of them to spare; false if there is one square.
    pub(super) fn halve(&mut self, problem: &Problem) -> bool {
        if let Some(images) = self.batch.iter_mut().find(|images| **images > 1) {
            *images = images.div_ceil(2);
            return true;
        }
        let unit = |axis: usize| match self.evaluated.iter().position(|&of| of == Some(axis)) {
            Some(of) => self.parts[of].side() * problem.axes[axis].dilation,
            None => 1,
        };
        let parts = |axis: usize| self.outputs[axis].div_ceil(unit(axis));
        let Some(axis) = (0..self.outputs.len()).filter(|&axis| parts(axis) > 1).max_by_key(|&axis| parts(axis)) else {
            return false;
        };
        self.outputs[axis] = parts(axis).div_ceil(2) * unit(axis);
        true
    }
}
