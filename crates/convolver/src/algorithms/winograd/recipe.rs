//! How winograd computes a problem.

use super::cut::Cut;
use super::run::Run;
use super::spectrum::{Packing, Spectrum};
use super::{cost, directly};
use crate::algorithms::direct::dense;
use crate::algorithms::matrix::Kernel;
use crate::algorithms::{Candidate, Operands, Prepared, Recipe, Refusal};
use crate::machine::Machine;
use crate::problem::Problem;
use convolver_kernels::{Element, Lane, Real, Scratch, Storing, View, ViewMut, Working, WorkingType};
use ndarray::{ArrayViewD, IxDyn};
use std::marker::PhantomData;
use std::sync::Arc;

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
    let cut = cut.ok_or_else(|| unsuited("no axis has 2 to 5 taps, stride 1 and enough outputs"))?;
    let once = cut.tiles(problem).0 == 1;
    if cost::spectrum_bytes(problem, &cut) > KEPT && !once {
        return Err(unsuited("the kernel at all points is too large to keep"));
    }
    let (seconds, shared) = cost::seconds(problem, machine, &cut);
    let own = cost::bytes(problem, machine, &cut);
    let direct_bytes = match directly::candidate(problem, machine, memory.saturating_sub(own)) {
        Ok(direct) => direct.workspace_bytes,
        Err(Refusal::Memory(least)) => return Err(Refusal::Memory(least.saturating_add(own))),
        Err(other) => return Err(other),
    };
    let workspace_bytes = own.saturating_add(direct_bytes);
    if workspace_bytes > memory {
        return Err(Refusal::Memory(workspace_bytes));
    }
    let way = Way { problem: problem.clone(), machine: *machine, added, cut, shared, once, direct_bytes };
    let way = Arc::new(way);
    let recipe: Box<dyn Recipe> = match problem.working() {
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
    shared: bool,
    /// Whether every value of the kernel is used by one tile.
    once: bool,
    direct_bytes: usize,
}

impl Way {
    fn run<W: Storing + Working<Lane = W> + Lane + Real>(
        &self,
        (packing, spectrum): (&Packing<'_, W>, Option<&Spectrum<W>>),
        (problem, kernel): (&Problem, &View<'_>),
        input: &View<'_>,
        output: ViewMut<'_>,
    ) {
        let Way { machine, cut, shared, direct_bytes, .. } = self;
        let (direct_bytes, shared) = (*direct_bytes, *shared);
        let (input, output) = (&self.added.input(input), self.added.output(output));
        Run { problem, cut, machine, packing, spectrum, kernel, direct_bytes, shared }.run(input, output);
    }
}

/// The recipe.
struct ByPoints<W>(Arc<Way>, PhantomData<fn() -> W>);

impl<W: Storing + Working<Lane = W> + Lane + Real + Element> Recipe for ByPoints<W> {
    fn prepare(&self, kernel: &View<'_>) -> Box<dyn Prepared> {
        let way = self.0.clone();
        let taps = dense::<W>(&way.problem, &way.added.kernel(kernel));
        let weights = Kernel::dense(&way.problem, &taps);
        let spectrum = Packing::new(&way.problem, &way.cut, &way.machine, &weights).spectrum(way.shared);
        Box::new(WithKernel { way, taps, spectrum })
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
        let packing = Packing::new(&way.problem, &way.cut, &way.machine, &weights);
        let spectrum = (!way.once).then(|| packing.spectrum(way.shared));
        way.run((&packing, spectrum.as_ref()), (&way.problem, kernel), input, output);
    }
}

/// The recipe with a kernel.
struct WithKernel<W: Working> {
    way: Arc<Way>,
    taps: Scratch<W>,
    spectrum: Spectrum<W>,
}

impl<W: Storing + Working<Lane = W> + Lane + Real + Element> Prepared for WithKernel<W> {
    fn run(&self, input: &View<'_>, output: ViewMut<'_>) {
        let way = &*self.way;
        let shape = IxDyn(&way.problem.kernel_shape());
        let taps = ArrayViewD::from_shape(shape, &self.taps[..]).expect("the kernel's own shape");
        let problem = Problem { kernel: <W as Element>::TYPE, ..way.problem.clone() };
        let weights = Kernel::dense(&problem, &self.taps);
        let packing = Packing::new(&way.problem, &way.cut, &way.machine, &weights);
        way.run((&packing, Some(&self.spectrum)), (&problem, &View::from_array(&taps)), input, output);
    }
}
