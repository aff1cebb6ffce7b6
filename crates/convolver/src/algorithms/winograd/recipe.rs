//! How winograd computes a problem.

use super::cut::Cut;
use super::run::Run;
use super::runs::{Cuts, Runs};
use super::spectrum::{Packing, Spectrum};
use super::{cost, directly, runs};
use crate::algorithms::direct::dense;
use crate::algorithms::matrix::Kernel;
use crate::algorithms::{Candidate, Operands, Prepared, Recipe, Refusal};
use crate::machine::Machine;
use crate::problem::Problem;
use convolver_kernels::{Element, Lane, Real, Scratch, Storing, View, ViewMut, Working, WorkingType};
use ndarray::{ArrayViewD, IxDyn};
use std::marker::PhantomData;
use std::sync::{Arc, OnceLock};

/// Bytes of a kernel's values that are kept for several tiles, at most.
const KEPT: usize = 40 << 20;

/// The recipe for a problem and what it costs.
pub(in crate::algorithms) fn candidate(
    problem: &Problem,
    machine: &Machine,
    memory: usize,
) -> Result<Candidate, Refusal> {
    let unsuited = |reason: &str| Refusal::Unsuited(reason.to_owned());
    if !matches!(problem.working(), WorkingType::F32 | WorkingType::F64) {
        return Err(unsuited("the numbers are not real ones"));
    }
    if problem.bank.len() > 1 || problem.summed.len() > 1 {
        return Err(unsuited("there are several axes of banks, or several that are summed"));
    }
    let added = Added::of(problem);
    let problem = &added.problem(problem);
    let cut = Cut::new(problem, machine);
    let cut = cut.ok_or_else(|| unsuited("no axis of stride 1 takes fewer products at points"))?;
    let once = cut.tiles(problem).0 == 1;
    let kept = cost::spectrum_bytes(problem, &cut) <= KEPT || once;
    let whole = kept.then(|| (cost::seconds(problem, machine, &cut), cost::bytes(problem, machine, &cut), None));
    let in_runs = Cuts::new(problem, machine, &cut).map(|cuts| {
        let cost = (runs::seconds(problem, machine, &cuts), runs::bytes(problem, machine, &cuts));
        ((cost.0, true), cost.1, Some(cuts))
    });
    let quickest = whole.into_iter().chain(in_runs).min_by(|a, b| a.0.0.total_cmp(&b.0.0));
    let Some(((seconds, shared), own, cuts)) = quickest else {
        return Err(unsuited("the kernel at all points is too large to keep"));
    };
    let otherwise = match directly::candidate(problem, machine, memory.saturating_sub(own)) {
        Err(Refusal::Memory(least)) => return Err(Refusal::Memory(least.saturating_add(own))),
        otherwise => otherwise?,
    };
    let direct_bytes = otherwise.workspace_bytes;
    let workspace_bytes = own.saturating_add(direct_bytes);
    if workspace_bytes > memory {
        return Err(Refusal::Memory(workspace_bytes));
    }
    let (problem, otherwise) = (problem.clone(), otherwise.recipe);
    let way = Way { problem, machine: *machine, added, cut, cuts, shared, once, direct_bytes, otherwise };
    let way = Arc::new(way);
    let recipe: Box<dyn Recipe> = match way.problem.working() {
        WorkingType::F32 => Box::new(ByPoints::<f32>(way, PhantomData)),
        _ => Box::new(ByPoints::<f64>(way, PhantomData)),
    };
    Ok(Candidate { recipe, shared, seconds, workspace_bytes })
}

/// Axes of one element that a problem lacks.
#[derive(Clone, Copy)]
struct Added {
    bank: bool,
    summed: bool,
    /// The groups, and the batch axes before them.
    groups: usize,
    leading: usize,
}

impl Added {
    fn of(problem: &Problem) -> Self {
        let groups = problem.group.len();
        let leading = problem.batch.len() + groups;
        Added { bank: problem.bank.is_empty(), summed: problem.summed.is_empty(), groups, leading }
    }

    fn problem(self, problem: &Problem) -> Problem {
        let mut whole = problem.clone();
        whole.bank.extend(self.bank.then_some(1));
        whole.summed.extend(self.summed.then_some(1));
        whole
    }

    fn input<'a>(self, input: &View<'a>) -> View<'a> {
        if self.summed { input.repeated(self.leading, 1) } else { input.clone() }
    }

    fn kernel<'a>(self, kernel: &View<'a>) -> View<'a> {
        let kernel = if self.bank { kernel.repeated(self.groups, 1) } else { kernel.clone() };
        if self.summed { kernel.repeated(self.groups + 1, 1) } else { kernel }
    }

    fn output(self, output: ViewMut<'_>) -> ViewMut<'_> {
        if self.bank { output.with_axis(self.leading) } else { output }
    }
}

/// What is decided of a problem, which has an axis of banks and one that is summed.
struct Way {
    problem: Problem,
    machine: Machine,
    added: Added,
    cut: Cut,
    /// How the sum is cut into runs, if it is.
    cuts: Option<Cuts>,
    shared: bool,
    /// Whether every value of the kernel is used by one tile.
    once: bool,
    direct_bytes: usize,
    /// For operands of which too many squares break the promise.
    otherwise: Box<dyn Recipe>,
}

impl Way {
    fn run<'a, W: Working>(
        &'a self,
        (packing, spectrum): (&'a Packing<'a, W>, Option<&'a Spectrum<W>>),
        (problem, kernel): (&'a Problem, &'a View<'a>),
    ) -> Run<'a, W> {
        let Way { machine, cut, shared, direct_bytes, .. } = self;
        let (direct_bytes, shared) = (*direct_bytes, *shared);
        Run { problem, cut, machine, packing, spectrum, kernel, direct_bytes, shared, begun: false }
    }

    fn runs<'a, W: Working>(
        &'a self,
        cuts: &'a Cuts,
        problem: &'a Problem,
        (weights, kernel): (&'a Kernel<'a, W>, &'a View<'a>),
    ) -> Runs<'a, W> {
        let Way { machine, shared, direct_bytes, .. } = self;
        let (direct_bytes, shared) = (*direct_bytes, *shared);
        Runs { problem, cuts, machine, weights, kernel, direct_bytes, shared }
    }
}

/// The recipe.
struct ByPoints<W>(Arc<Way>, PhantomData<fn() -> W>);

impl<W: Storing + Working<Lane = W> + Lane + Real + Element> Recipe for ByPoints<W> {
    fn prepare(&self, kernel: &View<'_>) -> Box<dyn Prepared> {
        let way = self.0.clone();
        let taps = dense::<W>(&way.problem, &way.added.kernel(kernel));
        let weights = Kernel::dense(&way.problem, &taps);
        let packing = || Packing::new(&way.problem, &way.cut, &way.machine, &weights);
        let spectrum = way.cuts.is_none().then(|| packing().spectrum(way.shared));
        let otherwise = OnceLock::new();
        Box::new(WithKernel { way, taps, spectrum, otherwise })
    }

    fn run_once(&self, Operands { input, kernel, output }: Operands<'_>) {
        let way = &*self.0;
        let kernel = &way.added.kernel(kernel);
        let copy;
        let weights = if let Some(weights) = Kernel::<W>::in_place(kernel) {
            weights
        } else {
            copy = dense::<W>(&way.problem, kernel);
            Kernel::dense(&way.problem, &copy)
        };
        let (input, output) = (&way.added.input(input), way.added.output(output));
        if way.problem.is_empty() {
            return;
        }
        if let Some(cuts) = &way.cuts {
            let runs = way.runs(cuts, &way.problem, (&weights, kernel));
            return match runs.is_promising(input) {
                true => runs.run(input, output),
                false => way.otherwise.run_once(Operands { input, kernel, output }),
            };
        }
        let packing = Packing::new(&way.problem, &way.cut, &way.machine, &weights);
        if !way.run((&packing, None), (&way.problem, kernel)).is_promising(input, packing.sample()) {
            return way.otherwise.run_once(Operands { input, kernel, output });
        }
        let spectrum = (!way.once).then(|| packing.spectrum(way.shared));
        way.run((&packing, spectrum.as_ref()), (&way.problem, kernel)).run(input, output);
    }
}

/// The recipe with a kernel.
struct WithKernel<W: Working> {
    way: Arc<Way>,
    taps: Scratch<W>,
    /// Unless the sum is cut into runs.
    spectrum: Option<Spectrum<W>>,
    /// Made when first needed.
    otherwise: OnceLock<Box<dyn Prepared>>,
}

impl<W: Storing + Working<Lane = W> + Lane + Real + Element> Prepared for WithKernel<W> {
    fn run(&self, input: &View<'_>, output: ViewMut<'_>) {
        let way = &*self.way;
        let shape = IxDyn(&way.problem.kernel_shape());
        let taps = ArrayViewD::from_shape(shape, &self.taps[..]).expect("the kernel's own shape");
        let problem = Problem { kernel: <W as Element>::TYPE, ..way.problem.clone() };
        let weights = Kernel::dense(&problem, &self.taps);
        let (input, output) = (&way.added.input(input), way.added.output(output));
        if problem.is_empty() {
            return;
        }
        let kernel = &View::from_array(&taps);
        let otherwise = || self.otherwise.get_or_init(|| way.otherwise.prepare(kernel));
        if let Some(cuts) = &way.cuts {
            let runs = way.runs(cuts, &problem, (&weights, kernel));
            return if runs.is_promising(input) { runs.run(input, output) } else { otherwise().run(input, output) };
        }
        let packing = Packing::new(&problem, &way.cut, &way.machine, &weights);
        let Some(spectrum) = &self.spectrum else { unreachable!("made where there are no runs") };
        let run = way.run((&packing, Some(spectrum)), (&problem, kernel));
        if run.is_promising(input, spectrum.trust) {
            run.run(input, output);
        } else {
            otherwise().run(input, output);
        }
    }
}
