//! The judge: an algorithm's outputs beside the definition's.

use crate::data::{Array, Data, Random, Shape, indices};
use convolver::algorithms::{self, Algorithm};
use convolver::definition::{self, Output};
use convolver::{Dims, ElementType, Error, Kind, Known, Machine, Method, Planner, Problem, Scalar, View};
use convolver_kernels::{WorkingType, grid_position};
use std::fmt;
use std::str::FromStr;

/// A problem with its data; prints and parses as one line.
#[derive(Clone, PartialEq)]
pub(crate) struct Case {
    pub(crate) problem: Problem,
    pub(crate) data: Data,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Data { style, shape, memory, seed } = self.data;
        write!(f, "{} | {style} {shape} {memory} {seed}", self.problem)
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Case {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (problem, data) = text.split_once('|').ok_or("a problem | style shape memory seed")?;
        let words: Vec<_> = data.split_whitespace().collect();
        let [style, shape, memory, seed] = words[..] else { return Err(format!("{data:?} is not four words")) };
        Ok(Case {
            problem: problem.parse().map_err(|error: Error| error.to_string())?,
            data: Data {
                style: style.parse()?,
                shape: shape.parse()?,
                memory: memory.parse()?,
                seed: seed.parse().map_err(|_| format!("{seed:?} is not a seed"))?,
            },
        })
    }
}

/// A case with its arrays and what the definition says of some or all outputs.
pub(crate) struct Judge {
    pub(crate) problem: Problem,
    pub(crate) input: Array,
    pub(crate) kernel: Array,
    spelling: String,
    data: Data,
    expected: Vec<(Dims<usize>, Output)>,
    largest_weight: f64,
}

impl Judge {
    /// Judges every output.
    pub(crate) fn new(case: &Case) -> Self {
        Self::of(case, |shape| indices(shape).collect())
    }

    /// Judges about `count` outputs, the first and the last among them.
    pub(crate) fn of_some(case: &Case, count: usize) -> Self {
        let mut random = Random(case.data.seed);
        Self::of(case, |shape| {
            let outputs: usize = shape.iter().product();
            let numbers = [0, outputs - 1].into_iter().chain((0..count).map(|_| random.below(outputs)));
            numbers.map(|number| grid_position(shape, number)).collect()
        })
    }

    fn of(case: &Case, choose: impl FnOnce(&[usize]) -> Vec<Dims<usize>>) -> Self {
        let Case { problem, data } = case;
        let (input, kernel) = (data.input(problem), data.kernel(problem));
        let problem = Problem { known: known(problem, &kernel.view(), data.shape), ..problem.clone() };
        let (x, k) = (input.view(), kernel.view());
        let expected = choose(&problem.output_shape());
        let expected = expected.into_iter().map(|index| (index.clone(), definition::output(&problem, &x, &k, &index)));
        let expected = expected.collect();
        let weights = indices(k.shape()).map(|index| size(k.get(&index))).filter(|size| size.is_finite());
        let largest_weight = weights.fold(0.0, f64::max);
        let spelling = case.to_string();
        drop((x, k));
        Judge { problem, input, kernel, spelling, data: *data, expected, largest_weight }
    }

    /// The outputs of an algorithm, or `None` if it refuses.
    pub(crate) fn run(&self, algorithm: &dyn Algorithm, machine: Machine) -> Option<Array> {
        let method = Method::from_str(algorithm.name()).expect("algorithms are known by their names");
        let plan = match Planner::new(machine).method(method).plan(&self.problem) {
            Ok(plan) => plan,
            Err(Error::Refused { .. }) => return None,
            Err(error) => panic!("{}: {error}", self.spelling),
        };
        assert_eq!(plan.algorithm(), algorithm.name());
        let mut out = Array::zeros(self.problem.output, &self.problem.output_shape(), self.data.memory);
        out.with_view_mut(|view| plan.run_once(&self.input.view(), &self.kernel.view(), view))
            .unwrap_or_else(|error| panic!("{}: {error}", self.spelling));
        Some(out)
    }

    /// Whether outputs are as the definition has them, to within the algorithm's own bound.
    pub(crate) fn check(&self, algorithm: &dyn Algorithm, machine: Machine, out: &View<'_>) -> Result<(), String> {
        let bound = algorithm.error_bound(&self.problem);
        for (index, expected) in &self.expected {
            let found = out.get(index);
            let tolerance = bound * expected.magnitude + self.underflow();
            if !agree(found, expected.value, tolerance, self.problem.output) {
                return Err(format!(
                    "{}\n  {} on {}: output {index:?} is {found:?}, not {:?} ± {tolerance:e}",
                    self.spelling,
                    algorithm.name(),
                    machine.set.name,
                    expected.value
                ));
            }
        }
        Ok(())
    }

    /// Every algorithm that takes the problem, on every instruction set.
    pub(crate) fn check_all(&self, mut accepted: impl FnMut(&dyn Algorithm, Machine)) -> Result<(), String> {
        for algorithm in algorithms::ALL {
            for machine in Machine::each() {
                if let Some(out) = self.run(*algorithm, machine) {
                    self.check(*algorithm, machine, &out.view())?;
                    accepted(*algorithm, machine);
                }
            }
        }
        Ok(())
    }

    /// What products near zero may lose, which no relative bound counts: half the smallest number each, in a sum of
    /// sums weighted by the kernel again; and as much when the result is rounded.
    fn underflow(&self) -> f64 {
        let smallest = |element| match element {
            ElementType::F16 => 2f64.powi(-24),
            ElementType::BF16 => 2f64.powi(-133),
            ElementType::F32 | ElementType::C64 => 2f64.powi(-149),
            ElementType::F64 | ElementType::C128 => 2f64.powi(-1074),
            _ => 0.0,
        };
        let working = match self.problem.working() {
            WorkingType::F32 | WorkingType::C64 => ElementType::F32,
            WorkingType::F64 | WorkingType::C128 => ElementType::F64,
            _ => return 0.0,
        };
        self.problem.taps() as f64 * (1.0 + self.largest_weight) * smallest(working) + smallest(self.problem.output)
    }
}

/// What algorithms find out about a kernel, and what is known of it by its making.
fn known(problem: &Problem, kernel: &View<'_>, shape: Shape) -> Known {
    let mut known = Known::default();
    algorithms::ALL.iter().for_each(|algorithm| algorithm.recognise(problem, kernel, &mut known));
    Known {
        separable: known.separable || shape == Shape::Product,
        constant: known.constant || shape == Shape::Constant,
        nonzero: known.nonzero.or((shape == Shape::Sparse).then_some(1)),
    }
}

pub(crate) fn size(value: Scalar) -> f64 {
    match value {
        Scalar::Integer(integer) => (integer as f64).abs(),
        Scalar::Number(number) => number.norm(),
    }
}

fn agree(found: Scalar, exact: Scalar, tolerance: f64, element: ElementType) -> bool {
    match (found, exact) {
        (Scalar::Integer(found), Scalar::Integer(exact)) => found == stored(exact, element),
        // A complex number is infinite or NaN as a whole: which part shows it depends on whether a real factor counts
        // as one with an imaginary part of zero.
        (Scalar::Number(found), Scalar::Number(exact)) if element.kind() == Kind::Complex && !exact.is_finite() => {
            !found.is_finite()
        }
        (Scalar::Number(found), Scalar::Number(exact)) => {
            let complex = element.kind() == Kind::Complex;
            near(found.re, exact.re, tolerance, element) && (!complex || near(found.im, exact.im, tolerance, element))
        }
        _ => false,
    }
}

/// An integer as the bits of a type hold it.
pub(crate) fn stored(exact: i128, element: ElementType) -> i128 {
    match element {
        ElementType::Bool => i128::from(exact != 0),
        ElementType::I8 => i128::from(exact as i8),
        ElementType::I16 => i128::from(exact as i16),
        ElementType::I32 => i128::from(exact as i32),
        ElementType::I64 => i128::from(exact as i64),
        ElementType::U8 => i128::from(exact as u8),
        ElementType::U16 => i128::from(exact as u16),
        ElementType::U32 => i128::from(exact as u32),
        ElementType::U64 => i128::from(exact as u64),
        _ => unreachable!("{element} is no integer"),
    }
}

fn near(found: f64, exact: f64, tolerance: f64, element: ElementType) -> bool {
    // Where numbers round to infinity.
    let end = match element {
        ElementType::F16 => 65520.0,
        ElementType::BF16 => (2.0 - 2f64.powi(-8)) * 2f64.powi(127),
        ElementType::F32 | ElementType::C64 => (2.0 - 2f64.powi(-24)) * 2f64.powi(127),
        _ => f64::INFINITY,
    };
    if exact.is_nan() || found.is_nan() {
        exact.is_nan() && found.is_nan()
    } else if exact.is_infinite() {
        found == exact
    } else if found.is_infinite() {
        found.signum() == exact.signum() && exact.abs() + tolerance >= end
    } else {
        (found - exact).abs() <= tolerance
    }
}
