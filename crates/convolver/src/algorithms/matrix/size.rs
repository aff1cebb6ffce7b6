//! How large tiles are: positions, banks and summed elements.

use crate::machine::Machine;
use crate::problem::Problem;
use convolver_kernels::{Dims, Pieces};

/// Bytes of the sums of one tile, of its box, and of a box of all summed elements unless that leaves few positions.
const SUMS: usize = 832 << 10;
const BOX: usize = 512 << 10;
const WHOLE_BOX: usize = 896 << 10;
/// Tiles for each core at least, where a problem has as many positions or banks.
const TILES: usize = 2;
/// Bytes of weights that are packed for all tiles at once, if every call packs them.
pub(super) const PACKED: usize = 32 << 20;
/// Positions and banks of a tile at least: a panel, and a few blocks of rows. Fewer banks where tiles pack weights, as in the
/// gradient of some: those that see other positions pack the same once more.
const POSITIONS: usize = 64;
const BANKS: usize = 64;
const BANKS_OF_MANY: usize = 32;

/// One tile.
#[derive(Clone, Debug)]
pub(super) struct Size {
    /// Images along each batch axis.
    pub(super) batch: Dims<usize>,
    /// Outputs along each convolved axis.
    pub(super) outputs: Dims<usize>,
    /// Banks; all of them where there are several bank axes.
    pub(super) banks: usize,
    /// Summed elements of a box.
    pub(super) elements: usize,
    /// The pieces that operands are cut into, if they are.
    pub(super) pieces: Option<Pieces>,
    /// How the sum is cut into runs, if it is.
    pub(super) cut: Option<Cut>,
}

/// How a long sum is cut; see `runs.rs`.
#[derive(Clone, Debug)]
pub(super) struct Cut {
    /// Taps of a run along each convolved axis; its summed elements are those of a box.
    pub(super) taps: Dims<usize>,
    /// Parts of about as many runs, which are summed apart.
    pub(super) parts: usize,
}

impl Size {
    pub(super) fn positions(&self) -> usize {
        self.batch.iter().product::<usize>() * self.outputs.iter().product::<usize>()
    }

    /// Samples that the tile sees of one summed element.
    pub(super) fn samples(&self, problem: &Problem) -> usize {
        let seen = problem.axes.iter().zip(&self.outputs);
        let seen = seen.map(|(axis, &outputs)| (outputs - 1) * axis.stride + axis.window());
        seen.chain([self.batch.iter().product()]).fold(1, usize::saturating_mul)
    }

    /// How many tiles a problem is cut into, along positions and along banks; groups are apart.
    pub(super) fn tiles(&self, problem: &Problem) -> (usize, usize) {
        let along = |lengths: &[usize], tile: &[usize]| -> usize {
            lengths.iter().zip(tile).map(|(&length, &tile)| length.div_ceil(tile)).product()
        };
        let outputs: Dims<usize> = problem.axes.iter().map(|axis| axis.output()).collect();
        let banks = problem.bank.iter().product::<usize>().div_ceil(self.banks);
        (along(&problem.batch, &self.batch) * along(&outputs, &self.outputs), banks)
    }

    /// The shape of a tile of the output: batch, group, bank, convolved.
    pub(super) fn shape(&self, problem: &Problem) -> Dims<usize> {
        let banks = match problem.bank[..] {
            [_] => Dims::from_elem(self.banks, 1),
            _ => problem.bank.clone(),
        };
        let groups = problem.group.iter().map(|_| 1);
        self.batch.iter().copied().chain(groups).chain(banks).chain(self.outputs.iter().copied()).collect()
    }
}

/// The tile of a problem whose operands are cut into these pieces.
pub(super) fn size(problem: &Problem, machine: &Machine, pieces: Option<Pieces>) -> Size {
    let bytes = problem.working().size();
    // An empty problem has tiles of one, too.
    let banks = problem.bank.iter().product::<usize>().max(1);
    let mut size = Size {
        batch: problem.batch.iter().map(|&images| images.max(1)).collect(),
        outputs: problem.axes.iter().map(|axis| axis.output()).collect(),
        banks,
        elements: problem.summed.iter().product(),
        pieces,
        cut: None,
    };
    let divisible = problem.bank.len() == 1;
    let groups: usize = problem.group.iter().product();
    let boxed = boxed(problem, pieces);
    let weights = problem.kernel_shape().iter().fold(bytes, |sum, &length| sum.saturating_mul(length));
    let many = weights > PACKED && pieces.is_none();
    // Banks that are lanes fill whole vectors.
    let vector = if problem.banks_last { machine.set.vector_bytes / bytes } else { 1 };
    loop {
        let (positions, along_banks) = size.tiles(problem);
        let each = if many { 1 } else { TILES };
        let few = groups * positions * along_banks < each * machine.cores;
        let large = size.positions() * size.banks.next_multiple_of(vector) * bytes > SUMS;
        // One element of a summed axis with all of a tile's samples is the smallest box.
        let one = size.samples(problem).saturating_mul(bytes);
        let whole = one.saturating_mul(size.elements);
        let wide = one > BOX || (boxed && size.positions() > 4 * POSITIONS && whole > WHOLE_BOX);
        if !(few || large || wide) {
            break;
        }
        let fewer_banks = match many {
            true => size.banks > BANKS_OF_MANY,
            false => size.banks > BANKS && size.banks >= size.positions(),
        };
        if fewer_banks && divisible && !wide {
            size.banks = size.banks.div_ceil(2).next_multiple_of(32);
        } else if (size.positions() <= POSITIONS && !wide) || !halve(problem, &mut size) {
            break;
        }
    }
    let one = size.samples(problem).saturating_mul(bytes);
    size.elements = size.elements.min((BOX / one.max(1)).max(1));
    size
}

/// Whether samples are brought into boxes, however the operands lie.
fn boxed(problem: &Problem, pieces: Option<Pieces>) -> bool {
    let inside = problem.axes.iter().all(|axis| axis.low <= 0 && axis.high <= 0 && axis.spread == 1);
    !inside || problem.input.size() != problem.working().size() || pieces.is_some()
}

/// Half the images, or half the outputs along the axis that is cut at least cost. False if there is one position.
pub(super) fn halve(problem: &Problem, size: &mut Size) -> bool {
    if let Some(images) = size.batch.iter_mut().find(|images| **images > 1) {
        *images = images.div_ceil(2);
        return true;
    }
    let last = size.outputs.len() - 1;
    let weight = |axis: usize| {
        let lanes = if axis == last { 0.125 } else { 1.0 };
        lanes * size.outputs[axis] as f64 * problem.axes[axis].stride as f64 / problem.axes[axis].window() as f64
    };
    let longest = (0..=last).filter(|&axis| size.outputs[axis] > 1).max_by(|&a, &b| weight(a).total_cmp(&weight(b)));
    let Some(axis) = longest else { return false };
    size.outputs[axis] = size.outputs[axis].div_ceil(2);
    true
}
