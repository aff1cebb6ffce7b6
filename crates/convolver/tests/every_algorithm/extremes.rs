//! Integers at the ends of their range, in long transforms.

use crate::data::{Array, Memory, Random};
use convolver::{Machine, Method, Planner, Problem, Scalar};

/// Integers whose limbs are as large as can be, in transforms that round the most.
#[test]
fn extreme_integers() {
    const SAMPLES: usize = 40_000;
    const TAPS: usize = 12_000;
    let problem: Problem = format!("i64 [{SAMPLES}] * [{TAPS}] -> i64").parse().expect("a problem");
    let mut random = Random(5);
    let extremes = [i64::MIN, i64::MAX, -1, 0x7f7f_7f7f_7f7f_7f7f, i64::MIN + 0x0fff];
    for magnitude in extremes {
        for alike in [true, false] {
            let mut numbers = |count: usize| -> Vec<i64> {
                let sign = |bits: u64| if alike || bits & 1 == 0 { magnitude } else { magnitude.wrapping_neg() };
                (0..count).map(|_| sign(random.bits() >> 20)).collect()
            };
            let (x, k) = (numbers(SAMPLES), numbers(TAPS));
            let array = |numbers: &[i64]| {
                let mut array = Array::zeros(problem.output, &[numbers.len()], Memory::Plain);
                array.with_view_mut(|mut view| view.write(&[0], 0, numbers));
                array
            };
            let (input, kernel) = (array(&x), array(&k));
            for machine in Machine::each() {
                let method: Method = "overlap-save".parse().expect("a name");
                let plan = Planner::new(machine).method(method).plan(&problem).expect("a plan");
                let mut out = Array::zeros(problem.output, &problem.output_shape(), Memory::Plain);
                out.with_view_mut(|view| plan.run_once(&input.view(), &kernel.view(), view)).expect("it runs");
                for place in [0, 1, 4097, 9999, SAMPLES - TAPS] {
                    let products = x[place..].iter().zip(&k).map(|(&x, &k)| x.wrapping_mul(k));
                    let expected = products.fold(0, i64::wrapping_add);
                    assert_eq!(out.view().get(&[place]), Scalar::Integer(expected.into()), "{magnitude} at {place}");
                }
            }
        }
    }
}
