//! Values at points, turned lines and norms against their formulas: every instruction set, both precisions.

#[allow(dead_code, reason = "it also holds what other tests draw")]
mod support;

use convolver_kernels::{Evaluate, Evaluation, InstructionSet, MatrixMut, POINTS, Real, Turn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use support::Random;

fn random<L: Real>(random: &mut Random, count: usize) -> Vec<L> {
    (0..count).map(|_| L::of_parts((random.bits() >> 11) as f64 * 2f64.powi(-52) - 1.0, 0.0)).collect()
}

fn unit<L: Real>() -> f64 {
    if size_of::<L>() == 4 { 2f64.powi(-24) } else { 2f64.powi(-53) }
}

fn near<L: Real>(found: L, expected: f64, size: f64) -> bool {
    let found: f64 = found.into();
    (found - expected).abs() <= 400.0 * unit::<L>() * size.max(1.0)
}

/// Evaluates one square of lanes.
fn square<L: Real>(set: &'static InstructionSet, along: [Evaluation; 2], numbers: &[L], lanes: usize) -> Vec<L> {
    let counts = along.map(Evaluation::counts);
    let mut target = vec![L::default(); counts[0].1 * counts[1].1 * lanes];
    let job = Evaluate {
        along,
        numbers: numbers.into(),
        from: &[0],
        from_steps: [counts[1].0 * lanes, lanes],
        to: &[0],
        to_steps: [counts[1].1 * lanes, lanes],
        lanes,
    };
    set.evaluate(&job, &mut target);
    target
}

/// Products at points are a correlation, for every number of taps along each axis.
fn correlations<L: Real>(set: &'static InstructionSet) {
    let (lanes, mut source) = (2 * set.lanes::<L>(), Random(3));
    for taps in (0..6).flat_map(|first| (2..6).map(move |second| [first, second])).filter(|taps| taps[0] != 1) {
        let samples = taps.map(|taps| if taps == 0 { 1 } else { POINTS });
        let taps_along = taps.map(|taps| taps.max(1));
        let outputs = taps.map(|taps| if taps == 0 { 1 } else { POINTS + 1 - taps });
        let of = |evaluation: fn(usize) -> Evaluation, counts: [usize; 2]| {
            [0, 1].map(|axis| if taps[axis] == 0 { Evaluation::One } else { evaluation(counts[axis]) })
        };
        let x: Vec<L> = random(&mut source, samples[0] * samples[1] * lanes);
        let k: Vec<L> = random(&mut source, taps_along[0] * taps_along[1] * lanes);
        let values = square(set, of(|_| Evaluation::Samples, samples), &x, lanes);
        let spectrum = square(set, of(Evaluation::Taps, taps), &k, lanes);
        let products: Vec<L> = values.iter().zip(&spectrum).map(|(&x, &k)| x * k).collect();
        let y = square(set, of(Evaluation::Outputs, outputs), &products, lanes);
        for (place, &found) in y.iter().enumerate() {
            let (lane, place) = (place % lanes, place / lanes);
            let (row, column) = (place / outputs[1], place % outputs[1]);
            let mut expected = 0.0;
            for (tap_row, tap) in (0..taps_along[0]).flat_map(|row| (0..taps_along[1]).map(move |tap| (row, tap))) {
                let sample = ((row + tap_row) * samples[1] + column + tap) * lanes + lane;
                let weight = (tap_row * taps_along[1] + tap) * lanes + lane;
                expected += Into::<f64>::into(x[sample]) * Into::<f64>::into(k[weight]);
            }
            assert!(near(found, expected, 25.0), "{}: {taps:?} taps, output {row} {column}: {found:?}", set.name);
        }
    }
}

#[test]
fn products_at_points_are_correlations() {
    for set in support::instruction_sets() {
        correlations::<f32>(set);
        correlations::<f64>(set);
    }
}

fn turns<L: Real>(set: &'static InstructionSet) {
    let mut source = Random(5);
    for (lines, count) in (0..200).map(|_| (source.within(1, 40), source.within(1, 40))).collect::<Vec<_>>() {
        let (start, step, stride) = (source.below(5), count + source.below(7), lines + source.below(4));
        let x: Vec<L> = random(&mut source, start + (lines - 1) * step + count);
        let canary = L::of_parts(7.0, 0.0);
        let mut target = vec![canary; count * stride + 3];
        let matrix = &mut target[..(count - 1) * stride + lines];
        let job = Turn { source: x[..].into(), start, step, lines };
        set.turn(&job, &mut MatrixMut::from_slice(matrix, count, lines, stride));
        for (place, &found) in target.iter().enumerate() {
            let (row, line) = (place / stride, place % stride);
            let inside = row < count && line < lines;
            let expected = if inside { x[start + line * step + row] } else { canary };
            assert!(found == expected, "{}: {lines} lines of {count} numbers at {row} {line}", set.name);
        }
        let short = &x[..x.len() - 1];
        let refused = catch_unwind(AssertUnwindSafe(|| {
            let job = Turn { source: short.into(), ..job };
            set.turn(&job, &mut MatrixMut::from_slice(&mut target, count, lines, stride));
        }));
        assert!(refused.is_err(), "{}: a turn read outside", set.name);
    }
}

#[test]
fn lines_become_columns() {
    for set in support::instruction_sets() {
        turns::<f32>(set);
        turns::<f64>(set);
    }
}

fn norms<L: Real>(set: &'static InstructionSet) {
    let (lanes, mut source) = (set.lanes::<L>(), Random(9));
    let number = |number: L| -> f64 { number.into() };
    for rows in 1..20 {
        let (width, group) = (lanes * source.within(1, 3), source.within(1, 4));
        let step = width + source.below(5);
        let x: Vec<L> = random(&mut source, (rows - 1) * step + width);
        let (mut magnitudes, mut squares) = (vec![L::default(); rows], vec![L::default(); rows]);
        set.norms(&x, (width, step), &mut magnitudes, &mut squares);
        for row in 0..rows {
            let numbers = || x[row * step..][..width].iter().map(|&x| number(x));
            assert!(near(magnitudes[row], numbers().map(f64::abs).sum(), width as f64), "{}", set.name);
            assert!(near(squares[row], numbers().map(|x| x * x).sum(), width as f64), "{}", set.name);
        }
        let x: Vec<L> = random(&mut source, rows * group * width);
        let (scale, inverse) = (random::<L>(&mut source, width), random::<L>(&mut source, width));
        let zeros = || vec![L::default(); width];
        let [mut largest, mut most, mut total, mut first, mut second] = std::array::from_fn(|_| zeros());
        set.largest(&x, &mut largest);
        set.energies(&x, group, &scale, [&mut most, &mut total]);
        set.deficits(&x, [&inverse, &scale], [&mut first, &mut second]);
        for lane in 0..width {
            let numbers: Vec<f64> = x.iter().skip(lane).step_by(width).map(|&x| number(x)).collect();
            let energy = |rows: &[f64]| rows.iter().map(|x| (x * number(scale[lane])).powi(2)).sum::<f64>();
            let energies: Vec<f64> = numbers.chunks(group).map(energy).collect();
            let deficit = |inverse: &L| {
                let short = |x: &f64| (1.0 - (x.abs() * number(*inverse)).min(1.0)).powi(2);
                numbers.iter().map(short).sum::<f64>()
            };
            let count = numbers.len() as f64;
            assert_eq!(number(largest[lane]), numbers.iter().map(|x| x.abs()).fold(0.0, f64::max), "{}", set.name);
            assert!(near(most[lane], energies.iter().copied().fold(0.0, f64::max), count), "{}", set.name);
            assert!(near(total[lane], energies.iter().sum(), count), "{}", set.name);
            assert!(near(first[lane], deficit(&inverse[lane]), count), "{}", set.name);
            assert!(near(second[lane], deficit(&scale[lane]), count), "{}", set.name);
        }
    }
}

#[test]
fn norms_are_sums() {
    for set in support::instruction_sets() {
        norms::<f32>(set);
        norms::<f64>(set);
    }
}

fn refusals<L: Real>(set: &'static InstructionSet) {
    let lanes = set.lanes::<L>();
    let x = vec![L::default(); 36 * lanes];
    let whole = Evaluate {
        along: [Evaluation::Samples; 2],
        numbers: x[..].into(),
        from: &[0],
        from_steps: [6 * lanes, lanes],
        to: &[0],
        to_steps: [6 * lanes, lanes],
        lanes,
    };
    let wrong = [
        Evaluate { numbers: x[1..].into(), ..whole },
        Evaluate { from: &[1], ..whole },
        Evaluate { from: &[0, 0], ..whole },
        Evaluate { to: &[1], ..whole },
        Evaluate { to_steps: [usize::MAX, lanes], ..whole },
        Evaluate { from_steps: [6 * lanes, 2 * lanes], ..whole },
        Evaluate { lanes: lanes + 1, ..whole },
        Evaluate { along: [Evaluation::Taps(0), Evaluation::Samples], ..whole },
        Evaluate { along: [Evaluation::Outputs(7), Evaluation::Samples], ..whole },
    ];
    for (number, job) in wrong.iter().enumerate() {
        let mut target = vec![L::default(); 36 * lanes];
        let refused = catch_unwind(AssertUnwindSafe(|| set.evaluate(job, &mut target)));
        assert!(refused.is_err(), "{}: wrong job {number} ran", set.name);
    }
}

#[test]
fn squares_outside_their_numbers_are_refused() {
    for set in support::instruction_sets() {
        refusals::<f32>(set);
        refusals::<f64>(set);
    }
}
