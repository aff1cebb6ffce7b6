//! How overlap-save computes a problem.

use super::exact::ByLimbs;
use super::layout::Layout;
use super::prepare::{Made, OverlapSave, Taps};
use super::promise::Candidates;
use super::size::{Size, choose};
use crate::algorithms::direct::{dense, direct_candidate};
use crate::algorithms::{Candidate, Operands, Prepared, Recipe, Refusal};
use crate::machine::Machine;
use crate::primitives::fft::{Grid, Shape};
use crate::problem::{Conjugate, Problem};
use convolver_kernels::num_complex::Complex;
use convolver_kernels::{Dims, Element, Kind, Real, Storing, View, Working, WorkingType};
use std::sync::{Arc, OnceLock};

/// Seconds of work below which handing it over costs more than it gains.
const WORTH_SHARING: f64 = 20e-6;

/// What is decided of a problem.
pub(super) struct Whole {
    pub(super) problem: Problem,
    pub(super) machine: Machine,
    pub(super) layout: Layout,
    pub(super) size: Size,
    /// Outputs of a tile along each axis of the problem.
    pub(super) tile: Dims<usize>,
    pub(super) shared: bool,
    /// Whether there is memory for a prepared kernel to keep all spectra.
    pub(super) keeps: bool,
    /// Inputs that are loaded together where they lie between each other's samples.
    pub(super) together: usize,
    /// Bytes that computing without transforms may use.
    pub(super) direct_bytes: usize,
}

impl Whole {
    /// What transforms are made for.
    pub(super) fn shape(&self) -> Shape<'_> {
        let line = self.layout.order[self.layout.order.len() - 1];
        Shape { lengths: &self.size.points, real: self.layout.real, columns: self.tile[line] }
    }
}

/// The recipe for a problem and what it costs.
pub(super) fn candidate(problem: &Problem, machine: &Machine, memory: usize) -> Result<Candidate, Refusal> {
    let unsuited = || Refusal::Unsuited("no axis has more than one tap and more than one output".to_owned());
    let layout = Layout::new(problem).ok_or_else(unsuited)?;
    // What transforms cannot do precisely enough is computed directly, in what memory they leave.
    let exact = !matches!(problem.output.kind(), Kind::Float | Kind::Complex);
    let spare = match direct_candidate(problem, machine, 0) {
        _ if exact => 0,
        Err(Refusal::Memory(least)) => least,
        answer => answer?.workspace_bytes,
    };
    let choice = choose(problem, &layout, machine, memory.saturating_sub(spare))
        .map_err(|least| Refusal::Memory(least.saturating_add(spare)))?;
    let direct =
        if exact { None } else { Some(direct_candidate(problem, machine, memory.saturating_sub(choice.bytes))?) };
    let direct_bytes = direct.as_ref().map_or(0, |direct| direct.workspace_bytes);
    let shared = choice.seconds > WORTH_SHARING;
    let seconds = if shared { choice.seconds / machine.cores as f64 + machine.rates.hand_off } else { choice.seconds };
    let kept = choice.size.bytes(false, problem, machine);
    let keeps = kept <= memory.saturating_sub(direct_bytes);
    let alone = direct_bytes + if keeps { kept.max(choice.bytes) } else { choice.bytes };
    let (together, beside) =
        if exact { (1, 0) } else { choice.size.together(problem, &choice.tile, machine, memory.saturating_sub(alone)) };
    let workspace_bytes = alone + beside;
    let whole = Whole {
        problem: problem.clone(),
        machine: *machine,
        layout,
        size: choice.size,
        tile: choice.tile,
        shared,
        keeps,
        together,
        direct_bytes,
    };
    let recipe: Box<dyn Recipe> = match (whole.size.limbs, direct) {
        (Some(limbs), _) => Box::new(ByLimbs::new(whole, limbs)),
        (None, None) => unreachable!("numbers that round have a direct way"),
        (None, Some(direct)) => match problem.working() {
            WorkingType::F32 => ByTransforms::<f32>::boxed(whole, direct.recipe),
            WorkingType::F64 => ByTransforms::<f64>::boxed(whole, direct.recipe),
            WorkingType::C64 => ByTransforms::<Complex<f32>>::boxed(whole, direct.recipe),
            _ => ByTransforms::<Complex<f64>>::boxed(whole, direct.recipe),
        },
    };
    Ok(Candidate { recipe, shared, seconds, workspace_bytes })
}

/// The recipe.
struct ByTransforms<W: Working>
where
    W::Lane: Real,
{
    whole: Arc<Whole>,
    /// Made when first needed: few recipes are chosen.
    made: OnceLock<Made<W::Lane>>,
    /// For kernels that are not finite.
    otherwise: Box<dyn Recipe>,
}

impl<W: Storing + Element> ByTransforms<W>
where
    W::Lane: Real,
{
    fn boxed(whole: Whole, otherwise: Box<dyn Recipe>) -> Box<dyn Recipe> {
        Box::new(ByTransforms::<W> { whole: Arc::new(whole), made: OnceLock::new(), otherwise })
    }
}

impl<W: Storing + Element> Recipe for ByTransforms<W>
where
    W::Lane: Real,
{
    fn prepare(&self, kernel: &View<'_>) -> Box<dyn Prepared> {
        match self.prepared(Taps::Copied(dense::<W>(&self.whole.problem, kernel)), self.whole.keeps) {
            Some(prepared) => Box::new(prepared),
            None => self.otherwise.prepare(kernel),
        }
    }

    fn run_once(&self, Operands { input, kernel, output }: Operands<'_>) {
        let as_it_is = self.whole.problem.conjugate != Conjugate::Kernel;
        let taps = match kernel.slice::<W>().filter(|_| as_it_is) {
            Some(taps) => Taps::There(taps),
            None => Taps::Copied(dense::<W>(&self.whole.problem, kernel)),
        };
        match self.prepared(taps, !self.whole.size.made) {
            Some(prepared) => prepared.run(input, output),
            None => self.otherwise.run_once(Operands { input, kernel, output }),
        }
    }
}

impl<W: Storing + Element> ByTransforms<W>
where
    W::Lane: Real,
{
    /// A prepared kernel, its spectra kept or made in every run; `None` if they are kept and it is not finite.
    fn prepared<'a>(&self, taps: Taps<'a, W>, kept: bool) -> Option<OverlapSave<'a, W>> {
        let set = self.whole.machine.set;
        let made = self
            .made
            .get_or_init(|| (Arc::new(Grid::new(set, self.whole.shape())), Arc::new(Candidates::new(&self.whole))));
        OverlapSave::new(self.whole.clone(), made.clone(), taps, kept)
    }
}
