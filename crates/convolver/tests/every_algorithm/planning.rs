//! Plans: ceilings for memory, methods by name, the cache, and what a plan turns down.

use crate::data::{Array, Data, Memory, Shape, Style, indices};
use crate::judge::{Case, Judge, size};
use convolver::plan::cached;
use convolver::{ElementType, Error, Known, Machine, Method, Planner, Problem, algorithms, threads};
use std::str::FromStr;
use std::sync::Arc;

const PROBLEMS: &[&str] = &[
    "f32 [30] * [3] -> f32",
    "f32 [90000] * [101] pad 50:50 -> f32",
    "f32 n2 c16 [33 35] * o20 [3 3] pad 1:1 1:1 -> f32",
    "f64 [300 400] * [5 5] pad 2:2 2:2 known separable -> f64",
    "u8 [300 400] * i32 [5 5] stride 2 2 -> i32",
    "c128 n3 c900 [5] * o7 [2] -> c128",
    "f16 [20 60 131] * [3 3 3] known separable -> f16",
    "i16 [300 400] * [9 30] stride 2 1 known constant -> i16",
    "f32 n2 [70 400] * o2 [9 30] stride 2 1 pad 1:0 5:5 known nonzero 7 -> f32",
    "f32 n40 c9 [26 31] * o18 [26 31] pad 1:1 1:1 -> f32",
];

fn problems() -> impl Iterator<Item = Problem> {
    PROBLEMS.iter().map(|text| text.parse().expect("a problem"))
}

#[test]
fn memory_is_obeyed_or_refused() {
    for problem in problems() {
        for machine in Machine::each() {
            for limit in [0, 1, 1000, 20_000, 300_000, 2_000_000, 40_000_000] {
                let planner = Planner::new(machine);
                match planner.clone().memory(Some(limit)).plan(&problem) {
                    Ok(plan) => {
                        assert!(plan.workspace_bytes() <= limit, "{problem}: {} > {limit}", plan.workspace_bytes());
                    }
                    Err(Error::Memory { limit: told, least }) => {
                        assert_eq!(told, limit);
                        assert!(least > limit, "{problem}: {least} bytes would suffice");
                        let plan = planner.memory(Some(least)).plan(&problem);
                        let plan = plan.unwrap_or_else(|error| panic!("{problem} in {least} bytes: {error}"));
                        assert!(plan.workspace_bytes() <= least);
                    }
                    Err(error) => panic!("{problem} in {limit} bytes: {error}"),
                }
            }
            let unlimited = Planner::new(machine).plan(&problem).expect("memory for everything");
            assert!(unlimited.workspace_bytes() < isize::MAX as usize);
        }
    }
}

/// The least memory that each algorithm says it needs is enough for right results.
#[test]
fn the_least_memory_is_enough() {
    for problem in problems().filter(|problem| problem.known == Known::default()) {
        let case = Case { problem, data: Data::new(Style::Uniform, 2) };
        let judge = Judge::of_some(&case, 30);
        for algorithm in algorithms::ALL {
            for machine in Machine::each() {
                let least = match algorithm.consider(&judge.problem, &machine, 0) {
                    Ok(candidate) => candidate.workspace_bytes,
                    Err(algorithms::Refusal::Memory(least)) => least,
                    Err(algorithms::Refusal::Unsuited(_)) => continue,
                };
                let method = Method::from_str(algorithm.name()).expect("a name");
                let planner = Planner::new(machine).method(method);
                if let Ok(unlimited) = planner.plan(&judge.problem) {
                    let enough = unlimited.workspace_bytes();
                    assert!(least <= enough, "{case}: {enough} bytes are enough for {}, not {least}", algorithm.name());
                }
                let plan = planner.memory(Some(least)).plan(&judge.problem);
                let plan = plan.unwrap_or_else(|error| panic!("{case} in {least} bytes: {error}"));
                let mut out = Array::zeros(judge.problem.output, &judge.problem.output_shape(), Memory::Plain);
                out.with_view_mut(|view| plan.run_once(&judge.input.view(), &judge.kernel.view(), view))
                    .expect("it runs");
                judge.check(*algorithm, machine, &out.view()).unwrap_or_else(|wrong| panic!("{least} bytes: {wrong}"));
            }
        }
    }
}

/// Windows whose places are too many to count: an algorithm refuses what it cannot hold, or has it right.
#[test]
fn windows_too_large_to_count() {
    let problem = "f32 n2 c4 [9 3] * o3 [300 2] dilation 3000000000 3000000000 pad 448500000000:448500000000 1500000000:1500000000 boundary wrap:wrap wrap:wrap -> f32";
    let case = Case { problem: problem.parse().expect("a problem"), data: Data::new(Style::Uniform, 3) };
    Judge::new(&case).check_all(|_, _| {}).unwrap_or_else(|wrong| panic!("{wrong}"));
}

/// Products of lengths that no array could have are reckoned all the same.
#[test]
fn costs_of_problems_too_large_to_run() {
    for text in ["f32 c2 [35184372088832] * [1048576] -> f32", "f32 c2 [17592187092991] * [1048576] stride 3 -> f32"] {
        let problem: Problem = text.parse().expect("a problem");
        let direct = algorithms::ALL.iter().find(|algorithm| algorithm.name() == "direct").expect("it is there");
        for machine in Machine::each() {
            let candidate =
                direct.consider(&problem, &machine, usize::MAX).unwrap_or_else(|refusal| panic!("{refusal}"));
            assert!(candidate.seconds.is_finite(), "{text}");
        }
    }
}

/// Banks that are lanes fill vectors, not panels.
#[test]
fn few_banks_take_little_room() {
    for banks in [1, 3, 20] {
        let problem = format!("f32 n16 c4 [164 164] * o{banks} [1 1] banks-last -> f32");
        let problem: Problem = problem.parse().expect("a problem");
        for machine in Machine::each() {
            let planner = Planner::new(machine).method(Method::from_str("matrix").expect("a name"));
            let plan = planner.plan(&problem).expect("memory for everything");
            let each = plan.workspace_bytes() / machine.cores;
            assert!(each <= 16 << 20, "{problem} takes {each} bytes a core");
        }
    }
}

#[test]
fn methods_have_names() {
    for text in ["auto", "measure"].into_iter().chain(algorithms::ALL.iter().map(|algorithm| algorithm.name())) {
        assert_eq!(Method::from_str(text).expect(text).to_string(), text);
    }
    for text in ["", "Auto", "fastest", "direct "] {
        let error = Method::from_str(text).expect_err("no such method");
        assert!(matches!(&error, Error::UnknownMethod { method, .. } if method == text), "{error}");
        assert!(algorithms::ALL.iter().all(|algorithm| error.to_string().contains(algorithm.name())), "{error}");
    }
}

#[test]
fn a_named_method_that_refuses_says_why() {
    let machine = Machine::detect().expect("a machine");
    let mut refusals = 0;
    for problem in problems() {
        for algorithm in algorithms::ALL {
            let method = Method::from_str(algorithm.name()).expect("a name");
            match Planner::new(machine).method(method).plan(&problem) {
                Ok(plan) => assert_eq!(plan.algorithm(), algorithm.name()),
                Err(Error::Refused { method, reason }) => {
                    assert_eq!(method, algorithm.name());
                    assert!(!reason.is_empty());
                    refusals += 1;
                }
                Err(error) => panic!("{problem}: {error}"),
            }
        }
    }
    assert!(refusals > 0, "kernels that are no products are refused by the separable method");
}

#[test]
fn a_choice_by_the_clock_is_a_choice() {
    let machine = Machine::detect().expect("a machine");
    for text in ["f32 [60 60] * [5 5] known separable -> f32", "i8 [40] * [3] -> i8"] {
        let plan =
            Planner::new(machine).method(Method::Measure).plan(&text.parse().expect("a problem")).expect("a plan");
        assert!(algorithms::ALL.iter().any(|algorithm| algorithm.name() == plan.algorithm()));
    }
}

#[test]
fn explanations_name_every_algorithm_and_one_choice() {
    let machine = Machine::detect().expect("a machine");
    for problem in problems() {
        let plan = Planner::new(machine).plan(&problem).expect("a plan");
        let explanation = plan.explain();
        assert_eq!(explanation.problem, problem.to_string());
        assert_eq!(explanation.candidates.len(), algorithms::ALL.len());
        assert_eq!(explanation.candidates.iter().filter(|candidate| candidate.chosen).count(), 1);
        let cheapest = explanation.candidates.iter().filter_map(|candidate| candidate.seconds).fold(f64::MAX, f64::min);
        let chosen = explanation.candidates.iter().find(|candidate| candidate.chosen).expect("one is chosen");
        assert_eq!((chosen.name, chosen.seconds), (plan.algorithm(), Some(cheapest)));
        assert!(cheapest > 0.0 && cheapest.is_finite());
        let text = explanation.to_string();
        assert!(algorithms::ALL.iter().all(|algorithm| text.contains(algorithm.name())), "{text}");
    }
}

/// What a kernel's values are like is found out where that is cheap beside the problem, and then relied on.
#[test]
fn structure_is_recognised() {
    let shapes = [
        (Shape::Dense, "direct"),
        (Shape::Product, "separable"),
        (Shape::Constant, "running-sums"),
        (Shape::Sparse, "sparse"),
    ];
    for (shape, name) in shapes {
        let problem: Problem = "f32 [700 800] * [31 31] -> f32".parse().expect("a problem");
        let kernel = Data { shape, ..Data::new(Style::Uniform, 3) }.kernel(&problem);
        let known = Planner::recognise(&problem, &kernel.view());
        let nonzero = indices(kernel.view().shape()).filter(|at| size(kernel.view().get(at)) != 0.0).count();
        let expected = Known {
            separable: matches!(shape, Shape::Product | Shape::Constant),
            constant: shape == Shape::Constant,
            nonzero: (shape == Shape::Sparse).then_some(nonzero),
        };
        assert_eq!(known, expected, "{shape}");
        let small: Problem = "f32 [70 80] * [31 31] -> f32".parse().expect("a problem");
        assert_eq!(Planner::recognise(&small, &kernel.view()).nonzero, None, "{shape}, few outputs");
        for algorithm in algorithms::ALL.iter().filter(|algorithm| algorithm.name() == name) {
            let told = problem.clone().rebuild().known(known).build().expect("a problem");
            assert!(
                algorithm.consider(&told, &Machine::with("portable").expect("always there"), usize::MAX).is_ok(),
                "{name}"
            );
        }
    }
}

#[test]
fn plans_do_not_depend_on_threads() {
    let machine = Machine::detect().expect("a machine");
    for problem in problems() {
        let explain = |count| {
            threads::set_count(count).expect("a number of threads");
            Planner::new(machine).plan(&problem).expect("a plan").explain().to_string()
        };
        assert_eq!(explain(1), explain(3));
    }
    assert!(threads::set_count(0).is_err() && threads::set_count(1 << 20).is_err());
}

#[test]
fn equal_problems_share_a_plan() {
    let text = "f32 n3 [77 78] * [3 3] pad 1:1 1:1 -> f32";
    let (one, other): (Problem, Problem) = (text.parse().expect("a problem"), text.parse().expect("a problem"));
    let plan = cached(&one, &Method::Auto, None).expect("a plan");
    assert!(Arc::ptr_eq(&plan, &cached(&other, &Method::Auto, None).expect("a plan")));
    let limited = cached(&one, &Method::Auto, Some(1 << 30)).expect("a plan");
    assert!(!Arc::ptr_eq(&plan, &limited), "another limit is another plan");
    assert_eq!(plan.problem(), &one);
    let from_threads = std::thread::scope(|scope| {
        let plans: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| cached(&"f32 [81] * [7] -> f32".parse().unwrap(), &Method::Auto, None)))
            .collect();
        plans.into_iter().map(|plan| plan.join().expect("no panic").expect("a plan")).collect::<Vec<_>>()
    });
    assert!(from_threads.iter().all(|plan| Arc::ptr_eq(plan, &from_threads[0])));
}

#[test]
fn wrong_operands_are_turned_down_before_anything_is_written() {
    let problem: Problem = "f32 n2 [9] * o3 [3] -> f32".parse().expect("a problem");
    let plan = Planner::new(Machine::detect().expect("a machine")).plan(&problem).expect("a plan");
    let array = |element, shape: &[usize]| Array::zeros(element, shape, Memory::Plain);
    let (x, k) = (array(ElementType::F32, &[2, 9]), array(ElementType::F32, &[3, 3]));
    let wrong = [
        (array(ElementType::F32, &[2, 8]), array(ElementType::F32, &[3, 3]), "x"),
        (array(ElementType::F32, &[18]), array(ElementType::F32, &[3, 3]), "x"),
        (array(ElementType::F64, &[2, 9]), array(ElementType::F32, &[3, 3]), "x"),
        (array(ElementType::F32, &[2, 9]), array(ElementType::F32, &[3, 4]), "k"),
        (array(ElementType::F32, &[2, 9]), array(ElementType::I32, &[3, 3]), "k"),
    ];
    let mut out = array(ElementType::F32, &[2, 3, 7]);
    for (x, k, argument) in &wrong {
        let error = out.with_view_mut(|view| plan.run_once(&x.view(), &k.view(), view)).expect_err("a wrong operand");
        let named =
            matches!(&error, Error::Shape { argument: a, .. } | Error::Elements { argument: a, .. } if a == argument);
        assert!(named, "{error}");
    }
    for mut out in [array(ElementType::F32, &[2, 3, 8]), array(ElementType::F64, &[2, 3, 7])] {
        let error = out.with_view_mut(|view| plan.run_once(&x.view(), &k.view(), view)).expect_err("a wrong result");
        assert!(matches!(error, Error::Shape { argument: "out", .. } | Error::Elements { argument: "out", .. }));
    }
    assert!(plan.prepare(&x.view()).is_err(), "another kernel");
}
