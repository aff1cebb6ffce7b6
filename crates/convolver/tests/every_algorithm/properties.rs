//! Random problems of every kind, through every algorithm that takes them, and the count of what was accepted.

use crate::data::Shape;
use crate::judge::Judge;
use crate::strategies::cases;
use convolver::{ElementType, Machine, Problem, algorithms};
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;

/// Accepted runs that every reachable combination must have.
const LEAST: usize = 200;
/// Times that more kernels with a structure are drawn for a type before its count is called too low.
const ROUNDS: usize = 12;

/// Accepted runs by algorithm and instruction set, for one type of result.
type Counts = BTreeMap<(&'static str, &'static str), usize>;

/// Problems that an algorithm which can be of use for a type at all takes.
fn probes(element: ElementType) -> Vec<Problem> {
    ["[8 9] * [3 3] -> ", "[80 90] * [7 7] -> ", "n2 c3 [40 50] * o4 [5 3] pad 2:2 1:1 -> "]
        .iter()
        .map(|text| {
            format!(
                "{element} {} known separable known constant known nonzero 2 -> {element}",
                text.trim_end_matches(" -> ")
            )
        })
        .map(|text| text.parse().unwrap_or_else(|error| panic!("{error}")))
        .collect()
}

/// The combinations that can be reached, none of them counted yet.
fn reachable(element: ElementType) -> Counts {
    let mut counts = Counts::new();
    for algorithm in algorithms::ALL {
        for machine in Machine::each() {
            if probes(element).iter().any(|problem| algorithm.consider(problem, &machine, usize::MAX).is_ok()) {
                counts.insert((algorithm.name(), machine.set.name), 0);
            }
        }
    }
    counts
}

/// Draws cases with a result of type `output`: dense kernels first, then structured ones until all is counted often enough.
fn sweep(output: ElementType) -> Counts {
    let counts = RefCell::new(reachable(output));
    let mut config = Config { failure_persistence: None, ..Config::default() };
    config.cases = config.cases.max(LEAST as u32);
    let structured = &[
        Shape::Product,
        Shape::Product,
        Shape::Products,
        Shape::Constant,
        Shape::Constant,
        Shape::Sparse,
        Shape::Sparse,
    ][..];
    for shapes in std::iter::once(&[Shape::Dense][..]).chain(std::iter::repeat_n(structured, ROUNDS)) {
        let mut runner = TestRunner::new(config.clone());
        let outcome = runner.run(&cases(output, shapes), |case| {
            let count = |name: &'static str, set| *counts.borrow_mut().entry((name, set)).or_default() += 1;
            Judge::new(&case)
                .check_all(|algorithm, machine| count(algorithm.name(), machine.set.name))
                .map_err(TestCaseError::fail)
        });
        match outcome {
            Ok(()) => {}
            // The message is that of the smallest case that fails.
            Err(TestError::Fail(reason, _) | TestError::Abort(reason)) => panic!("{}", reason.message()),
        }
        if shapes == structured && counts.borrow().values().all(|&count| count >= LEAST) {
            break;
        }
    }
    counts.into_inner()
}

fn table(counts: &[(ElementType, Counts)]) -> String {
    let mut text = String::from("\naccepted runs\n");
    write!(text, "  {:<12} {:<10}", "algorithm", "set").expect("a string takes every text");
    counts.iter().for_each(|(element, _)| write!(text, "{element:>6}", element = element.name()).unwrap());
    for algorithm in algorithms::ALL {
        for machine in Machine::each() {
            let key = (algorithm.name(), machine.set.name);
            write!(text, "\n  {:<12} {:<10}", key.0, key.1).expect("a string takes every text");
            for (_, counts) in counts {
                let count = counts.get(&key).map_or("-".to_owned(), ToString::to_string);
                write!(text, "{count:>6}").expect("a string takes every text");
            }
        }
    }
    text + "\n"
}

#[test]
fn random_problems() {
    let counts: Vec<_> = ElementType::ALL.iter().map(|&output| (output, sweep(output))).collect();
    // Past the capture of the test harness: the table is a result, not a message of a failure.
    std::io::stderr().write_all(table(&counts).as_bytes()).expect("standard error takes text");
    for (element, counts) in &counts {
        for ((algorithm, set), &count) in counts {
            assert!(count >= LEAST, "{algorithm} on {set} took only {count} problems with results of type {element}");
        }
    }
}
