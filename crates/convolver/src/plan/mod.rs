//! The plan: every algorithm is asked, the cheapest chosen, and the choice can be explained.

mod cache;
mod explain;
mod measure;

pub use cache::{cached, cached_for, cached_with, known_for};
pub use explain::{Candidate, Explanation, duration, size};

use crate::algorithms::{self, Algorithm, Operands, Prepared, Refusal};
use crate::machine::Machine;
use crate::problem::{Axis, Error, Known, Problem};
use convolver_kernels::{Dims, Scalar, View, ViewMut, grid_position};
use std::fmt;
use std::str::FromStr;

/// Multiply-adds below which nothing is asked about a kernel's values.
const WORTH_RECOGNISING: f64 = 100_000.0;

/// Multiply-adds above which other Python threads may go on meanwhile.
const LONG: f64 = 20_000.0;

/// How the algorithm is chosen.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub enum Method {
    /// By predicted cost.
    #[default]
    Auto,
    /// By timing every candidate once.
    Measure,
    /// By name.
    Named(&'static str),
}

impl FromStr for Method {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let named = || algorithms::ALL.iter().map(|algorithm| algorithm.name()).find(|&name| name == text);
        match text {
            "auto" => Ok(Method::Auto),
            "measure" => Ok(Method::Measure),
            _ => named().map(Method::Named).ok_or_else(|| Error::UnknownMethod {
                method: text.to_owned(),
                known: algorithms::ALL
                    .iter()
                    .map(|algorithm| format!("{:?}", algorithm.name()))
                    .collect::<Vec<_>>()
                    .join(", "),
            }),
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Method::Auto => "auto",
            Method::Measure => "measure",
            Method::Named(name) => name,
        })
    }
}

/// Makes plans for one machine.
#[derive(Clone, Debug)]
pub struct Planner {
    machine: Machine,
    method: Method,
    memory: Option<usize>,
}

impl Planner {
    /// A planner that chooses by predicted cost, without a ceiling for workspace.
    pub fn new(machine: Machine) -> Self {
        Planner { machine, method: Method::Auto, memory: None }
    }

    /// With another way to choose.
    pub fn method(self, method: Method) -> Self {
        Planner { method, ..self }
    }

    /// With a ceiling for workspace, in bytes.
    pub fn memory(self, memory: Option<usize>) -> Self {
        Planner { memory, ..self }
    }

    /// Whether anything is worth knowing of the values of a kernel for `problem`.
    pub fn asks(problem: &Problem) -> bool {
        problem.products() >= WORTH_RECOGNISING
    }

    /// What is worth knowing of `kernel` for `problem`, whose own `known` is not looked at.
    pub fn recognise(problem: &Problem, kernel: &View<'_>) -> Known {
        if Self::asks(problem) { all_known(problem, kernel) } else { Known::default() }
    }

    /// Asks every algorithm and chooses.
    pub fn plan(&self, problem: &Problem) -> Result<Plan, Error> {
        // No more than there can be: sizes past that are counted as the largest number.
        let memory = self.memory.unwrap_or(usize::MAX).min(isize::MAX as usize);
        let answers: Vec<_> = algorithms::ALL
            .iter()
            .map(|&algorithm| (algorithm, algorithm.consider(problem, &self.machine, memory)))
            .collect();
        let chosen = match self.method {
            Method::Named(name) => named(&answers, name)?,
            Method::Auto => cheapest(&answers).ok_or_else(|| nothing_fits(&answers, memory))?,
            Method::Measure => {
                cheapest(&answers).ok_or_else(|| nothing_fits(&answers, memory))?;
                measure::fastest(problem, &answers)
            }
        };
        let mut plan = Plan {
            problem: problem.clone(),
            shapes: Shapes::of(problem),
            machine: self.machine,
            answers,
            chosen,
            long: false,
        };
        plan.long = plan.chosen().1.shared || problem.products() > LONG;
        Ok(plan)
    }
}

fn all_known(problem: &Problem, kernel: &View<'_>) -> Known {
    let mut known = Known::default();
    if !problem.is_empty() {
        algorithms::ALL.iter().for_each(|algorithm| algorithm.recognise(problem, kernel, &mut known));
    }
    known
}

type Answer = (&'static dyn Algorithm, Result<algorithms::Candidate, Refusal>);

fn cheapest(answers: &[Answer]) -> Option<usize> {
    let seconds = |number: usize| answers[number].1.as_ref().map(|candidate| candidate.seconds).ok();
    (0..answers.len())
        .filter(|&number| seconds(number).is_some())
        .min_by(|&a, &b| seconds(a).partial_cmp(&seconds(b)).unwrap_or(std::cmp::Ordering::Equal))
}

fn named(answers: &[Answer], name: &'static str) -> Result<usize, Error> {
    let number = answers.iter().position(|(algorithm, _)| algorithm.name() == name).expect("names come from the list");
    match &answers[number].1 {
        Ok(_) => Ok(number),
        Err(refusal) => Err(Error::Refused { method: name.to_owned(), reason: refusal.to_string() }),
    }
}

fn nothing_fits(answers: &[Answer], limit: usize) -> Error {
    let least = answers.iter().filter_map(|(_, answer)| match answer {
        Err(Refusal::Memory(least)) => Some(*least),
        _ => None,
    });
    Error::Memory { limit, least: least.min().unwrap_or(0) }
}

/// The shapes of a problem's operands, which every run is checked against.
#[derive(Clone)]
struct Shapes {
    input: Dims<usize>,
    kernel: Dims<usize>,
    output: Dims<usize>,
}

impl Shapes {
    fn of(problem: &Problem) -> Self {
        Shapes { input: problem.input_shape(), kernel: problem.kernel_shape(), output: problem.output_shape() }
    }
}

/// How one problem will be computed on one machine.
pub struct Plan {
    problem: Problem,
    shapes: Shapes,
    long: bool,
    machine: Machine,
    answers: Vec<Answer>,
    chosen: usize,
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Plan({} by {})", self.problem, self.algorithm())
    }
}

impl Plan {
    fn chosen(&self) -> (&'static dyn Algorithm, &algorithms::Candidate) {
        let (algorithm, answer) = &self.answers[self.chosen];
        (*algorithm, answer.as_ref().expect("only candidates are chosen"))
    }

    /// What is computed.
    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    /// Name of the chosen algorithm.
    pub fn algorithm(&self) -> &'static str {
        self.chosen().0.name()
    }

    /// Memory beside the operands, with every core at work.
    pub fn workspace_bytes(&self) -> usize {
        self.chosen().1.workspace_bytes
    }

    /// Every algorithm's predicted time and memory or its refusal, the choice marked.
    pub fn explain(&self) -> Explanation {
        Explanation::new(&self.problem, &self.machine, &self.answers, self.chosen)
    }

    /// Whether a run is long enough to let other Python threads go on meanwhile.
    pub fn is_long(&self) -> bool {
        self.long
    }

    /// The factor c of the bound c·Σ|k||x| on every output's error; 0 for exact types.
    pub fn error_factor(&self) -> f64 {
        self.chosen().0.error_bound(&self.problem)
    }

    /// Does all work that depends on the kernel.
    pub fn prepare(&self, kernel: &View<'_>) -> Result<PreparedPlan, Error> {
        check("k", kernel.shape(), kernel.element(), &self.shapes.kernel, self.problem.kernel)?;
        let (algorithm, candidate) = self.chosen();
        Ok(PreparedPlan {
            problem: self.problem.clone(),
            shapes: self.shapes.clone(),
            prepared: candidate.recipe.prepare(kernel),
            error_per_sample: algorithm.error_bound(&self.problem)
                * largest_weight(&self.problem, kernel)
                * self.problem.axes.iter().map(Axis::growth).product::<f64>(),
        })
    }

    /// Computes one input with one kernel.
    pub fn run_once(&self, input: &View<'_>, kernel: &View<'_>, output: ViewMut<'_>) -> Result<(), Error> {
        check("k", kernel.shape(), kernel.element(), &self.shapes.kernel, self.problem.kernel)?;
        let written = check_run(&self.problem, &self.shapes, input, &output)?;
        apart("k", kernel.address_range(), written)?;
        if !self.problem.is_empty() {
            self.chosen().1.recipe.run_once(Operands { input, kernel, output });
        }
        Ok(())
    }
}

/// A plan with its kernel.
pub struct PreparedPlan {
    problem: Problem,
    shapes: Shapes,
    prepared: Box<dyn Prepared>,
    error_per_sample: f64,
}

impl fmt::Debug for PreparedPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PreparedPlan({})", self.problem)
    }
}

impl PreparedPlan {
    /// What is computed.
    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    /// The largest absolute error of an output for inputs (and fill) of magnitude `largest` at most.
    pub fn error_bound(&self, largest: f64) -> f64 {
        self.error_per_sample * largest
    }

    /// Computes one input.
    pub fn run(&self, input: &View<'_>, output: ViewMut<'_>) -> Result<(), Error> {
        check_run(&self.problem, &self.shapes, input, &output)?;
        if !self.problem.is_empty() {
            self.prepared.run(input, output);
        }
        Ok(())
    }
}

/// The largest Σ|k| over the kernels of a problem.
fn largest_weight(problem: &Problem, kernel: &View<'_>) -> f64 {
    let shape = problem.kernel_shape();
    let taps = problem.taps();
    let sum = |first: usize| -> f64 {
        (first..first + taps)
            .map(|number| match kernel.get(&grid_position(&shape, number)) {
                Scalar::Integer(integer) => (integer as f64).abs(),
                Scalar::Number(number) => number.norm(),
            })
            .sum()
    };
    if problem.output.kind() < convolver_kernels::Kind::Float {
        return 0.0;
    }
    (0..shape.iter().product::<usize>()).step_by(taps).map(sum).fold(0.0, f64::max)
}

/// Checks input and output, and gives the addresses of the output.
fn check_run(problem: &Problem, shapes: &Shapes, input: &View<'_>, output: &ViewMut<'_>) -> Result<Range, Error> {
    check("x", input.shape(), input.element(), &shapes.input, problem.input)?;
    check("out", output.shape(), output.element(), &shapes.output, problem.output)?;
    let written = output.address_range();
    apart("x", input.address_range(), written)?;
    Ok(written)
}

fn check(
    argument: &'static str,
    shape: &[usize],
    element: convolver_kernels::ElementType,
    expected: &[usize],
    expected_element: convolver_kernels::ElementType,
) -> Result<(), Error> {
    if shape != expected {
        return Err(Error::Shape { argument, expected: expected.to_vec(), found: shape.to_vec() });
    }
    if element != expected_element {
        return Err(Error::Elements { argument, expected: expected_element, found: element });
    }
    Ok(())
}

type Range = Option<(usize, usize)>;

fn apart(argument: &'static str, operand: Range, output: Range) -> Result<(), Error> {
    match (operand, output) {
        (Some((low, high)), Some((out_low, out_high))) if low < out_high && out_low < high => {
            Err(Error::Overlap { argument })
        }
        _ => Ok(()),
    }
}
