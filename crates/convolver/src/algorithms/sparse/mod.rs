//! Sparse: a kernel most of whose taps are zeros, which are skipped.
//!
//! Computes  y[i] = Σ_{a: k[a] ≠ 0} k[a]·x[i·s + a·d]
//!
//! Idea      a box is packed as direct packs it, and the taps that are not zeros are the columns of its bands: each tap is
//!           the offset of what it sees, so it costs the same wherever it stands
//! Picture   kernel  ▓ · · ▓ · · ▓
//!                   · · · · · · ·      four taps of 21: four columns
//!                   · · · ▓ · · ·
//! Cost      taps that are not zeros / rate, the rate being that of inputs that serve one output each
//! Error     ≤ (n + 2)·u·Σ|k||x| for n taps that are not zeros
//! NaN       zero times NaN is NaN: a tile that sees what is not finite is summed over all taps
//! Wins      kernels of few taps over a wide window: dilated ones with their zeros written out, pairs of echoes, masks
//! Refuses   kernels not known to hold many zeros, complex kernels, summed axes

mod run;

use super::direct::{Fit, Geometry, Lanes, Sizes, Tiling, direct_candidate, fitting};
use super::{Algorithm, Candidate, Prepared, Recipe, Refusal};
use crate::machine::Machine;
use crate::problem::{Known, Problem};
use convolver_kernels::{Kind, View, grid_position, with_working};

/// Outputs of a kernel from which on somebody looks for zeros: an estimate, reading a tap being
/// slow beside a product.
const WORTH_ASKING: usize = 1 << 15;
/// Taps for each that is not zero, at least.
const FEW: usize = 4;
/// Share of the multiply-add rate that is reached: an estimate.
const REACHED: f64 = 0.3;
/// Seconds to clear a number of a box, load it and look whether it is finite: an estimate, from 1.1 ms on two threads for
/// 512² samples and nine taps in a window of 65², of which the products are a small part.
const LOAD: f64 = 1.0e-9;

/// The algorithm; see the module.
pub(super) struct Sparse;

impl Algorithm for Sparse {
    fn name(&self) -> &'static str {
        "sparse"
    }

    fn consider(&self, problem: &Problem, machine: &Machine, memory: usize) -> Result<Candidate, Refusal> {
        suits(problem).map_err(|reason| Refusal::Unsuited(reason.to_owned()))?;
        let Some(nonzero) = problem.known.nonzero else {
            return Err(Refusal::Unsuited("the kernel is not known to hold many zeros".to_owned()));
        };
        let shared = direct_candidate(problem, machine, memory).is_ok_and(|candidate| candidate.shared);
        let sizes = Sizes { cache: machine.rates.tile_bytes, ceiling: memory / machine.cores / 2 };
        let layout = Layout::new(problem, sizes);
        let workspace_bytes = run::workspace(problem, &layout).saturating_mul(machine.cores);
        if workspace_bytes > memory {
            return Err(Refusal::Memory(workspace_bytes));
        }
        let seconds = seconds(problem, machine, &layout, (nonzero, shared));
        let recipe = Skipping { problem: problem.clone(), machine: *machine, layout, shared };
        Ok(Candidate { recipe: Box::new(recipe), shared, seconds, workspace_bytes })
    }

    fn error_bound(&self, problem: &Problem) -> f64 {
        super::direct::error_factor(problem, problem.taps())
    }

    fn recognise(&self, problem: &Problem, kernel: &View<'_>, known: &mut Known) {
        let taps = problem.taps();
        let kernels = kernel.len() / taps.max(1);
        if suits(problem).is_ok() && problem.products() / taps as f64 >= (WORTH_ASKING * kernels.max(1)) as f64 {
            known.nonzero = known.nonzero.or(most_nonzero(problem, kernel));
        }
    }
}

/// The box of a tile.
#[derive(Clone, Debug)]
struct Layout {
    tile: Fit,
    geometry: Geometry,
    /// The box of a whole tile; boxes of smaller ones lie in it.
    tiling: Tiling,
}

impl Layout {
    fn new(problem: &Problem, sizes: Sizes) -> Self {
        let tile = fitting(problem, Lanes::Convolved, 1, sizes);
        let geometry = Geometry::new(problem, Lanes::Convolved);
        let tiling = geometry.tiling(problem, &tile.tile, 1);
        Layout { tile, geometry, tiling }
    }
}

/// The recipe. A kernel of fewer zeros than was said to be known of it costs time, not the answer.
struct Skipping {
    problem: Problem,
    machine: Machine,
    layout: Layout,
    shared: bool,
}

impl Recipe for Skipping {
    fn prepare(&self, kernel: &View<'_>) -> Box<dyn Prepared> {
        with_working!(self.problem.working(), W => {
            Box::new(run::Taps::<W>::new(&self.problem, &self.layout, self.shared, self.machine.set, kernel))
        })
    }
}

/// Whether zeros can be skipped in such problems at all.
fn suits(problem: &Problem) -> Result<(), &'static str> {
    if problem.axes.iter().all(|axis| axis.kernel == 1) {
        return Err("the kernel has one tap");
    }
    if problem.kernel.kind() == Kind::Complex {
        return Err("the kernel is complex");
    }
    if problem.summed.iter().any(|&length| length > 1) {
        return Err("the kernel has summed axes");
    }
    Ok(())
}

/// Taps of the kernel with most that are not zeros; `None` if these are not few.
fn most_nonzero(problem: &Problem, kernel: &View<'_>) -> Option<usize> {
    let (taps, shape) = (problem.taps(), kernel.shape());
    let (&line, rows) = shape.split_last()?;
    // The axes before the convolved ones, of which each index has a kernel.
    let kernels = kernel.len() / taps;
    let rows_of_kernel = rows.iter().product::<usize>() / kernels;
    with_working!(problem.working(), W => {
        let mut numbers = vec![W::default(); line];
        let mut most = 1;
        for number in 0..kernels {
            let mut count = 0;
            for row in number * rows_of_kernel..(number + 1) * rows_of_kernel {
                let mut index = grid_position(rows, row);
                index.push(0);
                kernel.read(&index, rows.len(), 1, &mut numbers);
                count += numbers.iter().filter(|&&number| number != W::default()).count();
                if count * FEW > taps {
                    return None;
                }
            }
            most = most.max(count);
        }
        Some(most)
    })
}

fn seconds(problem: &Problem, machine: &Machine, layout: &Layout, (nonzero, shared): (usize, bool)) -> f64 {
    let tiles = super::direct::tiles(problem, &layout.tile);
    let parts = if problem.output.kind() == Kind::Complex { 0.5 } else { 1.0 };
    let number = problem.working().size() as f64;
    let products = problem.outputs() as f64 * nonzero as f64 * parts;
    let moved = (problem.outputs() + problem.input_shape().iter().product::<usize>()) as f64 * number;
    let work = products / (machine.products_per_second(problem.working()) * REACHED)
        + tiles * (layout.tiling.plane as f64 * LOAD + machine.rates.tile)
        + moved / machine.rates.memory_bytes;
    if shared { work / machine.cores as f64 + machine.rates.hand_off } else { work }
}
