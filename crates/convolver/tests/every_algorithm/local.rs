//! A NaN or an infinity touches the outputs whose window holds it, and no other; a zero tap touches too.

use crate::data::{Data, Random, Shape, Style, indices};
use crate::judge::{Case, Judge, size};
use convolver::definition;
use convolver::problem::Sample;
use convolver::{Axis, ElementType, Machine, Problem, Scalar, algorithms};

const CASES: &[&str] = &[
    "{t} [40] * [5] pad 4:4 -> {t}",
    "{t} n2 c3 [20 50] * o2 [3 5] pad 1:1 2:2 -> {t}",
    "{t} g2 [9 12] * [3 4] stride 2 3 dilation 2 1 pad 3:3 1:1 boundary wrap:edge reflect:symmetric -> {t}",
    "{t} c2 [12 13] * [3 3] spread 2 1 pad 2:2 1:1 -> {t}",
    "{t} [30] * [4] stride 3 pad 6:7 boundary line:smooth -> {t}",
    "{t} [5 6 7] * [2 3 3] flip pad 1:1 1:1 1:1 -> {t}",
];

/// Whether an output along an axis sees the input's sample `at`.
fn sees(axis: &Axis, output: usize, at: usize) -> bool {
    (0..axis.kernel).any(|tap| match axis.sample(axis.place(output, tap)) {
        Sample::At(sample) => sample == at,
        Sample::Mix(terms) => terms.iter().any(|&(sample, _)| sample == at),
        Sample::Zero | Sample::Fill => false,
    })
}

/// Whether the window of the output at `index` holds the input's element at `place`.
fn touched(problem: &Problem, index: &[usize], place: &[usize]) -> bool {
    let shared = problem.batch.len() + problem.group.len();
    let outputs = &index[shared + problem.bank.len()..];
    let samples = &place[shared + problem.summed.len()..];
    let seen = problem.axes.iter().zip(outputs).zip(samples).all(|((axis, &output), &at)| sees(axis, output, at));
    index[..shared] == place[..shared] && seen
}

fn check(problem: &Problem, shape: Shape, bad: f64, random: &mut Random) {
    let data = Data { shape, ..Data::new(Style::Zeros, random.bits() % 1000) };
    let mut judge = Judge::new(&Case { problem: problem.clone(), data });
    let place: Vec<_> = problem.input_shape().iter().map(|&length| random.below(length)).collect();
    judge.input.with_view_mut(|mut view| view.set(&place, Scalar::Number(bad.into())));
    for algorithm in algorithms::ALL {
        for machine in Machine::each() {
            let Some(out) = judge.run(*algorithm, machine) else { continue };
            for index in indices(&problem.output_shape()) {
                let Scalar::Number(number) = out.view().get(&index) else { unreachable!("floats") };
                let finite = number.re.is_finite() && number.im.is_finite();
                let (name, set) = (algorithm.name(), machine.set.name);
                assert_ne!(
                    finite,
                    touched(problem, &index, &place),
                    "{problem} by {name} on {set}: {bad} at {place:?} makes output {index:?} {number}"
                );
            }
        }
    }
}

#[test]
fn touches_its_window_only() {
    let mut random = Random(21);
    for text in CASES {
        for element in [ElementType::F16, ElementType::F32, ElementType::F64, ElementType::C64, ElementType::C128] {
            let problem = text.replace("{t}", element.name()).parse().expect("a problem");
            for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
                check(&problem, Shape::Dense, bad, &mut random);
                check(&problem, Shape::Product, bad, &mut random);
                check(&problem, Shape::Constant, bad, &mut random);
                check(&problem, Shape::Sparse, bad, &mut random);
            }
        }
    }
}

/// After a spike nothing is lost: no algorithm may carry a sum along.
#[test]
fn a_spike_leaves_nothing_behind() {
    for text in ["f32 [200] * [9] pad 4:4 -> f32", "f32 [30 40] * [5 5] -> f32", "c128 [90] * [3] -> c128"] {
        for shape in [Shape::Dense, Shape::Product, Shape::Constant, Shape::Sparse] {
            let case = Case {
                problem: text.parse().expect("a problem"),
                data: Data { shape, ..Data::new(Style::Uniform, 5) },
            };
            let problem = &case.problem;
            let place: Vec<_> = problem.input_shape().iter().map(|length| length / 3).collect();
            let mut judge = Judge::new(&case);
            judge.input.with_view_mut(|mut view| view.set(&place, Scalar::Number(1e30.into())));
            let plain = Judge::new(&case);
            for algorithm in algorithms::ALL {
                for machine in Machine::each() {
                    let runs = judge.run(*algorithm, machine).zip(plain.run(*algorithm, machine));
                    let Some((spiked, quiet)) = runs else { continue };
                    for index in indices(&problem.output_shape()) {
                        if touched(problem, &index, &place) {
                            continue;
                        }
                        let (found, expected) = (spiked.view().get(&index), quiet.view().get(&index));
                        let apart = size(found) - size(expected);
                        let window = definition::output(problem, &plain.input.view(), &plain.kernel.view(), &index);
                        let allowed = 2.0 * algorithm.error_bound(problem) * window.magnitude;
                        let same = found == expected || (!algorithm.is_local() && apart.abs() <= allowed);
                        assert!(same, "{problem} by {}: output {index:?}", algorithm.name());
                    }
                }
            }
        }
    }
}
