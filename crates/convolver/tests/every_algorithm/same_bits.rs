//! What must not change a bit: the number of threads, the size of the batch, the kernel's scale, and preparing.

use crate::data::{Array, Data, Shape, Style, indices, times};
use crate::judge::{Case, Judge};
use convolver::{ElementType, Machine, Method, Planner, PreparedPlan, Problem, Scalar, algorithms, threads};
use std::str::FromStr;

/// Types in which sums round, or run in lanes of different sizes.
const TYPES: &[&str] = &["f32", "f64", "c64", "f16", "i16", "u64", "bool"];

fn cases(text: &str, shapes: &[Shape]) -> Vec<Judge> {
    let case = |element: &&str, &shape| {
        let problem = text.replace("{t}", element).parse().expect("a problem");
        Judge::of_some(&Case { problem, data: Data { shape, ..Data::new(Style::Uniform, 11) } }, 0)
    };
    TYPES.iter().flat_map(|element| shapes.iter().map(move |shape| case(element, shape))).collect()
}

#[test]
fn any_number_of_threads() {
    for text in [
        "{t} n3 [200 210] * [5 7] pad 2:2 3:3 -> {t}",
        "{t} [90000] * [25] -> {t}",
        "{t} n2 c8 [30 31] * o16 [3 3] -> {t}",
    ] {
        for judge in cases(text, &[Shape::Dense, Shape::Product, Shape::Constant, Shape::Sparse]) {
            for algorithm in algorithms::ALL {
                let machine = Machine::each()[0];
                let run = |count| {
                    threads::set_count(count).expect("a number of threads");
                    judge.run(*algorithm, machine).map(|out| out.bits())
                };
                let (one, two, three) = (run(1), run(2), run(3));
                assert!(one == two && one == three, "{}: {} threads matter", judge.problem, algorithm.name());
            }
        }
    }
}

/// A problem with one item of its batch, of which it has one axis.
fn of_one_item(problem: &Problem) -> Problem {
    Problem { batch: [1].as_slice().into(), ..problem.clone() }
}

#[test]
fn any_size_of_batch() {
    for text in [
        "{t} n5 c3 [19 40] * o2 [3 5] pad 1:1 2:2 -> {t}",
        "{t} n67 [33] * [4] stride 2 -> {t}",
        "{t} n9 g3 c2 [] * o5 [] -> {t}",
    ] {
        for judge in cases(text, &[Shape::Dense, Shape::Product, Shape::Constant, Shape::Sparse]) {
            let items = judge.problem.batch[0];
            for algorithm in algorithms::ALL.iter().filter(|algorithm| algorithm.is_local()) {
                for machine in Machine::each() {
                    let Some(out) = judge.run(*algorithm, machine) else { continue };
                    let method = Method::from_str(algorithm.name()).expect("a name");
                    let one = of_one_item(&judge.problem);
                    // An algorithm may be made for many items only.
                    let Ok(plan) = Planner::new(machine).method(method).plan(&one) else { continue };
                    let (bits, mut item) =
                        (out.bits(), Array::zeros(one.output, &one.output_shape(), crate::data::Memory::Plain));
                    for number in 0..items {
                        let shape = one.input_shape();
                        let mut starts = vec![0; shape.len()];
                        starts[0] = number;
                        let input = judge.input.view().sliced(&starts, &shape);
                        item.with_view_mut(|view| plan.run_once(&input, &judge.kernel.view(), view)).expect("it runs");
                        let count = bits.len() / items;
                        assert_eq!(item.bits(), bits[number * count..][..count], "{}, item {number}", judge.problem);
                    }
                }
            }
        }
    }
}

/// Powers of two that neither over- nor underflow with elements around 1.
fn scales(element: ElementType) -> [i32; 4] {
    match element {
        // Downwards, sums of few products might become subnormal.
        ElementType::F16 => [1, 2, 3, 5],
        ElementType::F64 | ElementType::C128 => [-700, -1, 60, 800],
        _ => [-70, -1, 33, 90],
    }
}

#[test]
fn any_scale_of_the_kernel() {
    let texts = [
        "{t} c3 [20 21] * o2 [5 4] pad 2:2 1:1 boundary edge:reflect wrap:zero -> {t}",
        "{t} [300] * [30] pad 29:29 -> {t}",
    ];
    for text in texts {
        for judge in cases(text, &[Shape::Dense, Shape::Product, Shape::Constant, Shape::Sparse]) {
            if convolver_kernels::rounding_unit(judge.problem.output).is_none() {
                continue;
            }
            for power in scales(judge.problem.output) {
                let (scale, kernel) = (Scalar::Number(2f64.powi(power).into()), judge.kernel.view());
                let mut scaled = Array::zeros(judge.problem.kernel, kernel.shape(), crate::data::Memory::Plain);
                scaled.fill(|index| times(kernel.get(index), scale));
                for algorithm in algorithms::ALL {
                    for machine in Machine::each() {
                        let Some(out) = judge.run(*algorithm, machine) else { continue };
                        let method = Method::from_str(algorithm.name()).expect("a name");
                        let plan = Planner::new(machine).method(method).plan(&judge.problem).expect("it ran before");
                        let shape = judge.problem.output_shape();
                        let mut other = Array::zeros(judge.problem.output, &shape, crate::data::Memory::Plain);
                        other
                            .with_view_mut(|view| plan.run_once(&judge.input.view(), &scaled.view(), view))
                            .expect("it runs");
                        for index in indices(&shape) {
                            let (found, expected) = (other.view().get(&index), times(out.view().get(&index), scale));
                            let name = algorithm.name();
                            assert_eq!(
                                found, expected,
                                "{} by {name}, kernel × 2^{power}, at {index:?}",
                                judge.problem
                            );
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn a_prepared_plan_runs_from_many_threads() {
    for text in ["{t} n2 c2 [40 41] * o3 [3 3] pad 1:1 1:1 -> {t}", "{t} n3 [150 160] * [5 5] -> {t}"] {
        for judge in cases(text, &[Shape::Dense, Shape::Product, Shape::Constant, Shape::Sparse]) {
            for algorithm in algorithms::ALL {
                let machine = Machine::each()[0];
                let Some(out) = judge.run(*algorithm, machine) else { continue };
                let method = Method::from_str(algorithm.name()).expect("a name");
                let plan = Planner::new(machine).method(method).plan(&judge.problem).expect("it ran before");
                let prepared = plan.prepare(&judge.kernel.view()).expect("its kernel");
                let bits = out.bits();
                std::thread::scope(|scope| {
                    for _ in 0..6 {
                        scope.spawn(|| {
                            (0..3).for_each(|_| assert_eq!(run_prepared(&prepared, &judge), bits, "{}", judge.problem));
                        });
                    }
                });
            }
        }
    }
}

fn run_prepared(prepared: &PreparedPlan, judge: &Judge) -> Vec<[u64; 2]> {
    let shape = judge.problem.output_shape();
    let mut out = Array::zeros(judge.problem.output, &shape, crate::data::Memory::Plain);
    out.with_view_mut(|view| prepared.run(&judge.input.view(), view)).expect("it runs");
    out.bits()
}
