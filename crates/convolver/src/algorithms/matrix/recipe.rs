//! How matrix computes a problem, with whatever lies together in the memory of the operands it gets.

use super::cost;
use super::layout::{Lanes, Layout};
use super::packed::Packed;
use super::run::Run;
use super::runs::{self, Runs};
use super::size::{self, Cut, PACKED, Size};
use super::weights::{Kernel, Packing};
use crate::algorithms::direct::{dense, with_an_axis, with_axes};
use crate::algorithms::{Candidate, Operands, Prepared, Recipe, Refusal};
use crate::machine::Machine;
use crate::problem::{Conjugate, Problem};
use convolver_kernels::{Dims, Kind, Lane, Pieces, Scratch, Storing, View, ViewMut, Working, WorkingType};
use std::cmp::Reverse;
use std::sync::{Arc, Mutex, PoisonError};

/// Runs an expression with a name standing for the real working type of a problem.
macro_rules! with_real {
    ($working:expr, $alias:ident => $body:expr) => {
        with_real!(@arms $working, $alias => $body;
            Truth convolver_kernels::Truth, I16 i16, I32 i32, I64 i64, F32 f32, F64 f64)
    };
    (@arms $working:expr, $alias:ident => $body:expr; $($variant:ident $rust:ty),*) => {
        match $working {
            $(WorkingType::$variant => { type $alias = $rust; $body })*
            WorkingType::C64 | WorkingType::C128 => unreachable!("complex problems are refused"),
        }
    };
}

/// The quicker recipe for a problem, in pieces or not, and what it costs.
pub(in crate::algorithms) fn either(problem: &Problem, machine: &Machine, memory: usize) -> Result<Candidate, Refusal> {
    let whole = candidate(problem, machine, memory, None);
    let Some(pieces) = super::pieces(problem, machine) else { return whole };
    match (whole, candidate(problem, machine, memory, Some(pieces))) {
        (Ok(whole), Ok(cut)) => Ok(if cut.seconds < whole.seconds { cut } else { whole }),
        (whole, cut) => whole.or(cut),
    }
}

/// The recipe for a problem whose operands are cut into these pieces, and what it costs.
pub(super) fn candidate(
    problem: &Problem,
    machine: &Machine,
    memory: usize,
    pieces: Option<Pieces>,
) -> Result<Candidate, Refusal> {
    if problem.output.kind() == Kind::Complex || problem.conjugate == Conjugate::Input {
        return Err(Refusal::Unsuited("the numbers are complex".into()));
    }
    let whole = with_an_axis(problem);
    let long = runs::cut(&whole, machine).filter(|_| pieces.is_none()).and_then(|size| in_runs(&whole, machine, size));
    let (size, seconds, shared, workspace_bytes) = match long {
        Some((size, (seconds, shared), bytes)) if bytes <= memory => (size, seconds, shared, bytes),
        _ => {
            let size = size::size(&whole, machine, pieces);
            let (seconds, shared) = cost::seconds(&whole, machine, &size);
            let bytes = cost::bytes(&whole, machine, &size);
            if bytes > memory {
                let least = long.map_or(bytes, |(_, _, of_runs)| bytes.min(of_runs));
                return Err(Refusal::Memory(least));
            }
            (size, seconds, shared, bytes)
        }
    };
    let way = Way { machine: *machine, added_axis: problem.axes.is_empty(), problem: whole, size, shared };
    Ok(Candidate { recipe: Box::new(Matrix(Arc::new(way))), shared, seconds, workspace_bytes })
}

/// What a problem costs whose sum is cut into runs: seconds, whether it is shared, and bytes.
fn in_runs(problem: &Problem, machine: &Machine, size: Size) -> Option<(Size, (f64, bool), usize)> {
    let cut = size.cut.as_ref()?;
    let (seconds, bytes) = (runs::seconds(problem, machine, &size, cut), runs::bytes(problem, machine, &size, cut));
    Some((size, seconds, bytes))
}

/// How a problem is cut. There is at least one convolved axis.
struct Way {
    problem: Problem,
    machine: Machine,
    size: Size,
    shared: bool,
    /// Whether the caller's problem had no convolved axis.
    added_axis: bool,
}

impl Way {
    fn packing(&self, lanes: Lanes) -> Packing<'_> {
        let set = self.machine.set;
        Packing { problem: &self.problem, set, pieces: self.size.pieces, lanes }
    }

    fn layout<W: Lane>(&self, input: &View<'_>, output: &ViewMut<'_>) -> Layout {
        let set = self.machine.set;
        Layout::new::<W>(&self.problem, &self.size, (set, self.size.pieces), input, output)
    }

    /// Sums run by run.
    fn in_runs<W: Storing + Working<Lane = W> + Lane>(
        &self,
        cut: &Cut,
        kernel: &Kernel<'_, W>,
        input: &View<'_>,
        output: ViewMut<'_>,
    ) {
        let kinds = runs::kinds(&self.problem, cut);
        let set = self.machine.set;
        let layout = Layout::new::<W>(&kinds[0], &self.size, (set, None), input, &output);
        let how = (self.packing(layout.lanes), &self.size, cut);
        Runs::new((&self.problem, &kinds), how, &layout, kernel, self.shared).run(input, output);
    }

    fn with_run<W: Storing + Working<Lane = W> + Lane>(
        &self,
        layout: &Layout,
        kernel: &Kernel<'_, W>,
        run: impl FnOnce(&Run<'_, W>),
    ) {
        let Way { size, shared, .. } = self;
        run(&Run::new(self.packing(layout.lanes), size, layout, kernel, *shared));
    }
}

/// The recipe.
struct Matrix(Arc<Way>);

impl Recipe for Matrix {
    fn prepare(&self, kernel: &View<'_>) -> Box<dyn Prepared> {
        let way = self.0.clone();
        with_real!(way.problem.working(), W => {
            let dense = dense::<W>(&way.problem, kernel);
            Box::new(WithKernel::<W> { way, dense, packed: Mutex::default() })
        })
    }

    fn run_once(&self, Operands { input, kernel, output }: Operands<'_>) {
        let way = &*self.0;
        with_real!(way.problem.working(), W => with_axes(way.added_axis, input, output, |input, output| {
            let copy;
            let weights = if let Some(weights) = Kernel::<W>::in_place(kernel) {
                weights
            } else {
                // In the order in which they lie in memory, whose lines are longest.
                let mut axes: Dims<usize> = (0..kernel.shape().len()).collect();
                axes.sort_by_key(|&axis| Reverse(kernel.strides()[axis]));
                copy = dense::<W>(&way.problem, &kernel.permuted(&axes));
                Kernel::in_order(kernel.shape(), &axes, &copy)
            };
            if let Some(cut) = &way.size.cut {
                return way.in_runs(cut, &weights, input, output);
            }
            let layout = way.layout::<W>(input, &output);
            way.with_run(&layout, &weights, |run| {
                // Where every weight is used by one tile, or they are many, tiles pack what they use.
                let several = way.size.tiles(&way.problem).0 > 1;
                let packed = (several && run.packed_bytes() <= PACKED).then(|| run.pack());
                run.run(packed.as_ref(), input, output);
            });
        }));
    }
}

/// The recipe with a kernel.
struct WithKernel<W: Working> {
    way: Arc<Way>,
    dense: Scratch<W>,
    /// The weights as each layout needs them.
    packed: Mutex<Vec<(Order, Arc<Packed<W>>)>>,
}

/// What the order of packed weights depends on.
type Order = (Lanes, bool, bool, usize);

impl<W: Storing + Working<Lane = W> + Lane> Prepared for WithKernel<W> {
    fn run(&self, input: &View<'_>, output: ViewMut<'_>) {
        let way = &*self.way;
        with_axes(way.added_axis, input, output, |input, output| {
            let weights = Kernel::dense(&way.problem, &self.dense);
            if let Some(cut) = &way.size.cut {
                return way.in_runs(cut, &weights, input, output);
            }
            let layout = way.layout::<W>(input, &output);
            let at_once = layout.at_once(&way.problem, &way.size);
            let order = (layout.lanes, layout.elements_together(), layout.paired, at_once);
            way.with_run(&layout, &weights, |run| {
                let packed = {
                    let mut known = self.packed.lock().unwrap_or_else(PoisonError::into_inner);
                    let found = known.iter().find(|(of, _)| *of == order).map(|(_, packed)| packed.clone());
                    found.unwrap_or_else(|| {
                        let packed = Arc::new(run.pack());
                        known.push((order, packed.clone()));
                        packed
                    })
                };
                run.run(Some(&packed), input, output);
            });
        });
    }
}
