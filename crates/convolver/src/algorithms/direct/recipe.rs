//! How direct computes a problem, along whichever axis lies together in the memory of the operands it gets.

use super::cost;
use super::geometry::Lanes;
use super::merge::Merge;
use super::run;
use super::size::{self, Fit, Sizes};
use super::small;
use super::walk::Walk;
use super::weights::{Weights, dense};
use crate::algorithms::{Candidate, Operands, Prepared, Recipe, Refusal};
use crate::machine::Machine;
use crate::problem::{Axis, Problem};
use convolver_kernels::{Dims, InstructionSet, Scratch, Storing, View, ViewMut, Working, WorkingType, with_working};
use smallvec::SmallVec;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// The problem with at least one convolved axis: a contraction convolves one sample with one tap.
pub(in crate::algorithms) fn with_an_axis(problem: &Problem) -> Problem {
    let mut problem = problem.clone();
    if problem.axes.is_empty() {
        problem.axes.push(Axis::new(1, 1));
    }
    problem
}

/// That problem without other axes of one element.
fn trimmed(problem: &Problem) -> Problem {
    let mut problem = with_an_axis(problem);
    for axes in [&mut problem.batch, &mut problem.group, &mut problem.summed, &mut problem.bank] {
        axes.retain(|length| *length != 1);
    }
    problem
}

/// Inputs of a group of kernels that lie side by side, of which each is copied for every kernel, at most.
const MOST_SUMMED: usize = 32;
/// Places that the taps of a kernel span, or a stride, at most where lanes run along the group.
const NEAR: usize = 1 << 16;

/// The axes of operands that [`trimmed`] keeps, and whether it adds one.
struct Trim {
    input: Option<Dims<usize>>,
    output: Option<Dims<usize>>,
    added_axis: bool,
}

impl Trim {
    fn of(problem: &Problem) -> Self {
        let kept = |roles: [&[usize]; 3]| {
            let lengths: Dims<usize> = roles.into_iter().flatten().copied().collect();
            let kept: Dims<usize> = (0..lengths.len()).filter(|&axis| lengths[axis] != 1).collect();
            let convolved = lengths.len()..lengths.len() + problem.axes.len();
            (kept.len() < lengths.len()).then(|| kept.into_iter().chain(convolved).collect())
        };
        Trim {
            input: kept([&problem.batch, &problem.group, &problem.summed]),
            output: kept([&problem.batch, &problem.group, &problem.bank]),
            added_axis: problem.axes.is_empty(),
        }
    }

    /// Runs with the operands of the trimmed problem.
    fn apply<'a>(&self, input: &View<'a>, output: ViewMut<'a>, run: impl FnOnce(&View<'a>, ViewMut<'a>)) {
        let output = match &self.output {
            Some(kept) => output.permuted(kept),
            None => output,
        };
        let fewer = self.input.as_ref().map(|kept| input.permuted(kept));
        let input = fewer.as_ref().unwrap_or(input);
        with_axes(self.added_axis, input, output, run);
    }
}

/// The recipe for a problem and what it costs.
pub(in crate::algorithms) fn candidate(
    problem: &Problem,
    machine: &Machine,
    memory: usize,
) -> Result<Candidate, Refusal> {
    if small::suits(problem) {
        let recipe = Box::new(Small { problem: problem.clone(), set: machine.set });
        let seconds = problem.products() * machine.rates.scalar_product;
        return Ok(Candidate { recipe, shared: false, seconds, workspace_bytes: 0 });
    }
    let sizes = Sizes { cache: machine.rates.tile_bytes, ceiling: memory / machine.cores };
    let mut ways = Ways::new(trimmed(problem), machine, sizes);
    // Axes are merged where memory allows, and most arrays do.
    let likely = Merge::Spanned.of(&ways.problem).map(|merged| Ways::new(merged, machine, sizes));
    let usual = likely.as_ref().unwrap_or(&ways);
    let seconds = cost::seconds(&usual.problem, machine, usual.lanes, &usual.fit, usual.shared);
    let needed = |bytes: usize| bytes.saturating_mul(machine.cores);
    if needed(ways.promised) > memory {
        return Err(Refusal::Memory(needed(ways.promised)));
    }
    if needed(usual.promised) <= memory {
        ways.promised = ways.promised.max(usual.promised);
    }
    let needed = needed(ways.promised);
    let shared = ways.shared;
    let recipe = Direct { ways: Arc::new(ways), trim: Arc::new(Trim::of(problem)) };
    Ok(Candidate { recipe: Box::new(recipe), shared, seconds, workspace_bytes: needed })
}

/// A problem so small that it fits the stack.
struct Small {
    problem: Problem,
    set: &'static InstructionSet,
}

impl Recipe for Small {
    fn prepare(&self, kernel: &View<'_>) -> Box<dyn Prepared> {
        with_working!(self.problem.working(), W => {
            Box::new(small::OnStack::<W>::new(&self.problem, self.set, kernel))
        })
    }

    fn run_once(&self, operands: Operands<'_>) {
        with_working!(self.problem.working(), W => small::run::<W>(&self.problem, self.set, operands));
    }
}

/// Axes that may be taken as one, and the problem that gives.
struct Merged {
    merge: Merge,
    problem: Problem,
    /// Unless they need more room.
    ways: OnceLock<Option<Box<Ways>>>,
}

/// The ways to walk a problem. There is at least one convolved axis.
pub(super) struct Ways {
    pub(super) problem: Problem,
    pub(super) set: &'static InstructionSet,
    pub(super) shared: bool,
    machine: Machine,
    sizes: Sizes,
    /// Along outputs or taps of the last convolved axis.
    lanes: Lanes,
    fit: Fit,
    /// Bytes of workspace of one tile.
    promised: usize,
    usual: OnceLock<Walk>,
    /// Along each batch axis.
    batch: SmallVec<[OnceLock<Box<Walk>>; 2]>,
    /// Along the group axis, unless its summed elements need several passes.
    group: OnceLock<Option<Box<Walk>>>,
    merged: Vec<Merged>,
}

impl Ways {
    fn new(problem: Problem, machine: &Machine, sizes: Sizes) -> Self {
        let lanes = if cost::along_taps(&problem, machine) { Lanes::Taps } else { Lanes::Convolved };
        let mut fit = size::fitting(&problem, lanes, 1, sizes);
        let shared =
            !problem.is_empty() && size::share(&problem, &mut fit, lanes, cost::work(&problem, machine, lanes));
        Ways {
            promised: size::bytes(&problem, &fit, lanes, 1),
            set: machine.set,
            shared,
            machine: *machine,
            sizes,
            lanes,
            fit,
            usual: OnceLock::new(),
            batch: problem.batch.iter().map(|_| OnceLock::new()).collect(),
            group: OnceLock::new(),
            merged: Merge::all(&problem)
                .into_iter()
                .map(|(merge, problem)| Merged { merge, problem, ways: OnceLock::new() })
                .collect(),
            problem,
        }
    }

    /// Bytes that a tile may use, whatever lanes run along.
    fn room(&self) -> usize {
        self.promised.max(self.sizes.cache.min(self.sizes.ceiling))
    }

    fn usual(&self) -> &Walk {
        self.usual.get_or_init(|| {
            let planes = size::planes(&self.problem, &self.fit, self.work());
            Walk::new(&self.problem, self.set, self.lanes, self.fit.clone(), 1).with_planes(planes)
        })
    }

    fn work(&self) -> f64 {
        cost::work(&self.problem, &self.machine, self.lanes)
    }

    /// The walk whose lanes run along what lies together in the input's memory.
    fn walk(&self, input: &View<'_>) -> &Walk {
        let size = input.element().size() as isize;
        let together = |axis: usize| input.strides()[axis].abs() == size && input.shape()[axis] > 1;
        if together(input.shape().len() - 1) {
            return self.usual();
        }
        // Fewer elements than a vector has lanes would leave most of it empty.
        let vector = self.set.vector_bytes / self.problem.working().size();
        if self.problem.group.len() == 1
            && self.side_by_side(input, vector)
            && let Some(walk) = self.group.get_or_init(|| self.along_group())
        {
            return walk;
        }
        let enough = |&axis: &usize| together(axis) && self.problem.batch[axis] >= vector;
        let Some(axis) = (0..self.problem.batch.len()).find(enough) else { return self.usual() };
        self.batch[axis].get_or_init(|| {
            let count = self.problem.batch[axis].min(size::BATCH_LANES);
            let sizes = Sizes { cache: self.room(), ceiling: self.room() };
            let fit = size::fitting(&self.problem, Lanes::Batch(axis), count, sizes);
            Box::new(Walk::new(&self.problem, self.set, Lanes::Batch(axis), fit, count))
        })
    }

    /// Whether the inputs of neighbouring kernels of the group lie side by side, and the kernels fill a vector.
    fn side_by_side(&self, input: &View<'_>, vector: usize) -> bool {
        let Problem { batch, group, summed, bank, .. } = &self.problem;
        let size = input.element().size() as isize;
        let kernels = group[0] * bank.iter().product::<usize>();
        let strides = &input.strides()[batch.len()..];
        let side_by_side = match summed[..] {
            [] => strides[0] == size,
            [inputs] => inputs <= MOST_SUMMED && strides[1] == size && strides[0] == inputs as isize * size,
            _ => false,
        };
        side_by_side && bank.len() <= 1 && kernels >= vector
    }

    fn along_group(&self) -> Option<Box<Walk>> {
        let real = !matches!(self.problem.working(), WorkingType::C64 | WorkingType::C128);
        let sizes = Sizes { cache: self.room(), ceiling: self.room() };
        let count = self.problem.group[0];
        let mut fit = size::fitting(&self.problem, Lanes::Group, count, sizes);
        let one_pass = fit.summed == self.problem.summed.iter().product::<usize>();
        size::share(&self.problem, &mut fit, Lanes::Group, self.work());
        // What a few outputs of a vector of lanes see is copied.
        let near = self.problem.axes.iter().all(|axis| axis.window().max(axis.stride) <= NEAR);
        (real && one_pass && near).then(|| Box::new(Walk::new(&self.problem, self.set, Lanes::Group, fit, count)))
    }

    /// Computes one input, the weights being those of the problem and walk that its memory leads to.
    fn run<W: Storing>(
        &self,
        input: &View<'_>,
        output: ViewMut<'_>,
        weights: &mut dyn FnMut(&Ways, &Walk) -> Packed<W>,
    ) {
        let mut output = output;
        for Merged { merge, problem, ways } in &self.merged {
            let ways = ways.get_or_init(|| {
                let ways = Ways::new(problem.clone(), &self.machine, self.sizes);
                (ways.promised <= self.room()).then(|| Box::new(ways))
            });
            let Some(ways) = ways else { continue };
            match merge.views(input, output) {
                Ok((input, output)) => return ways.run(&input, output, weights),
                Err(whole) => output = whole,
            }
        }
        let walk = self.walk(input);
        run::tiles(self, walk, &weights(self, walk), input, output);
    }
}

/// Weights, shared by the runs of a prepared kernel.
type Packed<W> = Arc<Weights<W>>;

/// The recipe.
struct Direct {
    ways: Arc<Ways>,
    trim: Arc<Trim>,
}

impl Recipe for Direct {
    fn prepare(&self, kernel: &View<'_>) -> Box<dyn Prepared> {
        with_working!(self.ways.problem.working(), W => {
            let dense = dense::<W>(&self.ways.problem, kernel);
            Box::new(WithKernel { ways: self.ways.clone(), trim: self.trim.clone(), dense, packed: Mutex::default() })
        })
    }

    fn run_once(&self, Operands { input, kernel, output }: Operands<'_>) {
        with_working!(self.ways.problem.working(), W => {
            let dense = dense::<W>(&self.ways.problem, kernel);
            let mut weights = |ways: &Ways, walk: &Walk| Arc::new(Weights::new(&ways.problem, ways.set, walk, &dense));
            self.trim.apply(input, output, |input, output| self.ways.run(input, output, &mut weights));
        });
    }
}

/// The recipe with a kernel.
struct WithKernel<W: Working> {
    ways: Arc<Ways>,
    trim: Arc<Trim>,
    dense: Scratch<W>,
    /// The weights of each walk that was needed, found by its address.
    packed: Mutex<Vec<(usize, Packed<W>)>>,
}

impl<W: Storing> Prepared for WithKernel<W> {
    fn run(&self, input: &View<'_>, output: ViewMut<'_>) {
        let mut weights = |ways: &Ways, walk: &Walk| {
            let key = std::ptr::from_ref(walk).addr();
            let mut packed = self.packed.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((_, weights)) = packed.iter().find(|(known, _)| *known == key) {
                return weights.clone();
            }
            let weights = Arc::new(Weights::new(&ways.problem, ways.set, walk, &self.dense));
            packed.push((key, weights.clone()));
            weights
        };
        self.trim.apply(input, output, |input, output| self.ways.run(input, output, &mut weights));
    }
}

/// The operands with the axis that was added to their problem, if one was.
pub(in crate::algorithms) fn with_axes<'a>(
    added: bool,
    input: &View<'a>,
    output: ViewMut<'a>,
    run: impl FnOnce(&View<'a>, ViewMut<'a>),
) {
    if added {
        let (x, y) = (input.shape().len(), output.shape().len());
        run(&input.repeated(x, 1), output.with_axis(y));
    } else {
        run(input, output);
    }
}
