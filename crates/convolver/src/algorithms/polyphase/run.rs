//! The phases, one after another.

use super::Phases;
use crate::algorithms::direct::joined;
use crate::algorithms::{Operands, Prepared, Recipe};
use crate::primitives::threads;
use crate::problem::Problem;
use convolver_kernels::num_complex::Complex;
use convolver_kernels::{Dims, ElementType, Kind, View, ViewMut, Working, grid_position};

/// The outputs of one combination of phases.
pub(super) struct Part {
    pub(super) phases: Phases,
    /// `None` where all of them are zero.
    pub(super) recipe: Option<Box<dyn Recipe>>,
}

impl Part {
    /// The taps that its outputs see.
    fn kernel<'a>(&self, problem: &Problem, kernel: &View<'a>) -> View<'a> {
        let leading = problem.kernel_shape().len() - problem.axes.len();
        let mut seen = kernel.clone();
        for (number, phase) in self.phases.iter().enumerate() {
            let Some(taps) = &phase.taps else { continue };
            let count = taps.axis.kernel;
            // A flipped kernel meets the input from its last tap on.
            let last = taps.first + (count - 1) * taps.step;
            let first = if problem.flip { problem.axes[number].kernel - 1 - last } else { taps.first };
            seen = seen.stepped(leading + number, first, taps.step, count);
        }
        seen
    }

    /// Hands its outputs to `work`.
    fn with_outputs(&self, problem: &Problem, output: &mut ViewMut<'_>, work: impl FnOnce(ViewMut<'_>)) {
        fn descend(phases: &[super::Phase], axis: usize, output: &mut ViewMut<'_>, work: impl FnOnce(ViewMut<'_>)) {
            match phases.split_first() {
                None => {
                    let (starts, lengths): (Dims<usize>, Dims<usize>) =
                        (Dims::from_elem(0, axis), output.shape().into());
                    work(output.sliced(&starts, &lengths));
                }
                Some((phase, rest)) => {
                    descend(rest, axis + 1, &mut output.stepped(axis, phase.first, phase.step, phase.outputs), work);
                }
            }
        }
        descend(&self.phases, problem.output_shape().len() - problem.axes.len(), output, work);
    }
}

/// The recipe.
pub(super) struct Parts {
    pub(super) problem: Problem,
    pub(super) parts: Vec<Part>,
    /// Whether it is worth several threads to set outputs to zero.
    pub(super) shared: bool,
    /// For a kernel that is not finite.
    pub(super) otherwise: Box<dyn Recipe>,
}

impl Recipe for Parts {
    fn prepare(&self, kernel: &View<'_>) -> Box<dyn Prepared> {
        if !is_finite(kernel) {
            return self.otherwise.prepare(kernel);
        }
        let ready = |part: &Part| {
            let prepared = part.recipe.as_ref().map(|recipe| recipe.prepare(&part.kernel(&self.problem, kernel)));
            (Part { phases: part.phases.clone(), recipe: None }, prepared)
        };
        let parts = self.parts.iter().map(ready).collect();
        Box::new(Ready { problem: self.problem.clone(), parts, shared: self.shared })
    }

    fn run_once(&self, operands: Operands<'_>) {
        let Operands { input, kernel, mut output } = operands;
        if !is_finite(kernel) {
            return self.otherwise.run_once(Operands { input, kernel, output });
        }
        clear(self.parts.iter().map(|part| part.recipe.is_some()), self.shared, &mut output);
        for part in &self.parts {
            let Some(recipe) = &part.recipe else { continue };
            let kernel = part.kernel(&self.problem, kernel);
            part.with_outputs(&self.problem, &mut output, |output| {
                recipe.run_once(Operands { input, kernel: &kernel, output });
            });
        }
    }
}

/// A kernel cut into its phases.
struct Ready {
    problem: Problem,
    parts: Vec<(Part, Option<Box<dyn Prepared>>)>,
    shared: bool,
}

impl Prepared for Ready {
    fn run(&self, input: &View<'_>, mut output: ViewMut<'_>) {
        clear(self.parts.iter().map(|(_, prepared)| prepared.is_some()), self.shared, &mut output);
        for (part, prepared) in &self.parts {
            let Some(prepared) = prepared else { continue };
            part.with_outputs(&self.problem, &mut output, |output| prepared.run(input, output));
        }
    }
}

/// Sets an output to zero where some of its parts are.
fn clear(mut are_computed: impl Iterator<Item = bool>, shared: bool, output: &mut ViewMut<'_>) {
    if output.is_empty() || are_computed.all(|is_computed| is_computed) {
        return;
    }
    let (starts, mut tile): (Dims<usize>, Dims<usize>) =
        (Dims::from_elem(0, output.shape().len()), output.shape().into());
    if let Some(longest) = (0..tile.len()).max_by_key(|&axis| tile[axis]).filter(|_| shared) {
        tile[longest] = tile[longest].div_ceil(CLEARED);
    }
    let whole: Dims<usize> = output.shape().into();
    threads::for_each_tile(output.sliced(&starts, &whole), &tile, shared, |_, part| part.clear());
}

/// Parts that an output is cleared in.
const CLEARED: usize = 16;
/// Numbers that are looked at together.
const SOME: usize = 2048;

fn is_finite(kernel: &View<'_>) -> bool {
    fn all<W: Working>(kernel: &View<'_>, is_finite: impl Fn(W) -> bool) -> bool {
        let kernel = joined(&ordered(kernel));
        let last = kernel.shape().len() - 1;
        let mut lines: Dims<usize> = kernel.shape().into();
        let length = std::mem::replace(&mut lines[last], 1);
        let mut taps = vec![W::default(); length.min(SOME)];
        (0..lines.iter().product()).all(|number| {
            let mut index = grid_position(&lines, number);
            (0..length).step_by(SOME).all(|first| {
                index[last] = first;
                let taps = &mut taps[..SOME.min(length - first)];
                kernel.read(&index, last, 1, taps);
                taps.iter().fold(true, |all, &tap| all & is_finite(tap))
            })
        })
    }
    match kernel.element().kind() {
        _ if kernel.is_empty() => true,
        Kind::Float if kernel.element() == ElementType::F64 => all(kernel, |tap: f64| tap.is_finite()),
        Kind::Float => all(kernel, |tap: f32| tap.is_finite()),
        Kind::Complex => all(kernel, |tap: Complex<f64>| tap.is_finite()),
        Kind::Bool | Kind::Integer => true,
    }
}

/// The same elements in the order in which they lie in memory.
fn ordered<'a>(view: &View<'a>) -> View<'a> {
    let axes = view.shape().len();
    let backwards = (0..axes).filter(|&axis| view.strides()[axis] < 0);
    let forwards = backwards.fold(view.clone(), |view, axis| view.reversed(axis));
    let mut order: Dims<usize> = (0..axes).collect();
    order.sort_by_key(|&axis| std::cmp::Reverse(forwards.strides()[axis]));
    forwards.permuted(&order)
}
