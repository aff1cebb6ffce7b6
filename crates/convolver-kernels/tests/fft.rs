//! Transforms against the plain sum: every instruction set, both precisions, every kind of length.

#[allow(dead_code, reason = "it also holds the jobs of bands")]
mod support;

use convolver_kernels::{InstructionSet, Real, RowGroups, Squares, TileRows, frequencies, passes};
use std::f64::consts::TAU;
use support::Random;

type Number = (f64, f64);

fn times(left: Number, right: Number) -> Number {
    (left.0 * right.0 - left.1 * right.1, left.0 * right.1 + left.1 * right.0)
}

/// The plain transform.
fn transform(x: &[Number]) -> Vec<Number> {
    let points = x.len();
    let term = |f: usize, e: usize| {
        let angle = -TAU * ((f * e % points) as f64 / points as f64);
        times(x[e], (angle.cos(), angle.sin()))
    };
    (0..points).map(|f| (0..points).map(|e| term(f, e)).fold((0.0, 0.0), |s, t| (s.0 + t.0, s.1 + t.1))).collect()
}

fn random(random: &mut Random) -> f64 {
    (random.bits() >> 11) as f64 * 2f64.powi(-52) - 1.0
}

/// The rounding unit.
fn unit<L: Real>() -> f64 {
    if size_of::<L>() == 4 { 2f64.powi(-24) } else { 2f64.powi(-53) }
}

const LENGTHS: &[usize] =
    &[1, 2, 3, 4, 5, 6, 8, 9, 10, 12, 15, 16, 20, 25, 30, 32, 45, 48, 60, 64, 96, 128, 135, 256, 320];

/// Number `lane` of point `point`.
fn get<L: Real>(numbers: &[L], lanes: usize, point: usize, lane: usize) -> Number {
    let at = point * 2 * lanes + lane;
    (numbers[at].into(), numbers[at + lanes].into())
}

fn columns<L: Real>(set: &'static InstructionSet) {
    let (lanes, mut source) = (set.lanes::<L>(), Random(7));
    for &points in LENGTHS {
        for (outer, inner) in [(1, 1), (2, 1), (1, 3), (2, 2)] {
            let plan = passes::<L>(points);
            let count = outer * points * inner * 2 * lanes;
            let numbers: Vec<L> = (0..count).map(|_| L::of_parts(random(&mut source), 0.0)).collect();
            let mut found = numbers.clone();
            set.columns(&mut found, inner, &plan, true);
            let frequencies = frequencies(&plan);
            let tolerance = 8.0 * unit::<L>() * points as f64;
            for (block, vector, lane) in
                (0..outer).flat_map(|b| (0..inner).flat_map(move |v| (0..lanes).map(move |l| (b, v, l))))
            {
                let place = |point: usize| (block * points + point) * inner + vector;
                let x: Vec<_> = (0..points).map(|point| get(&numbers, lanes, place(point), lane)).collect();
                let expected = transform(&x);
                for point in 0..points {
                    let (y, e) = (get(&found, lanes, place(point), lane), expected[frequencies[point]]);
                    let error = (y.0 - e.0).abs().max((y.1 - e.1).abs());
                    assert!(error <= tolerance, "{} points on {}: {y:?}, not {e:?}", points, set.name);
                }
            }
            set.columns(&mut found, inner, &plan, false);
            for (found, number) in found.iter().zip(&numbers) {
                let (found, number): (f64, f64) = ((*found).into(), (*number).into());
                assert!((found / points as f64 - number).abs() <= tolerance, "{points} points there and back");
            }
        }
    }
}

#[test]
fn columns_are_transforms() {
    for set in support::instruction_sets() {
        columns::<f32>(set);
        columns::<f64>(set);
    }
}

fn middles<L: Real>(set: &'static InstructionSet) {
    let (lanes, mut source) = (set.lanes::<L>(), Random(8));
    for &points in &LENGTHS[1..] {
        let plan = passes::<L>(points);
        let mut draw =
            || -> Vec<L> { (0..points * 2 * lanes).map(|_| L::of_parts(random(&mut source), 0.0)).collect() };
        let (numbers, spectrum) = (draw(), draw());
        let mut apart = numbers.clone();
        set.columns(&mut apart, 1, &plan, true);
        let mut product = apart.clone();
        set.multiply(&mut product, &apart, &spectrum, false);
        let mut twice = product.clone();
        set.multiply(&mut twice, &apart, &spectrum, true);
        for (twice, once) in twice.iter().zip(&product) {
            let (twice, once): (f64, f64) = ((*twice).into(), (*once).into());
            assert!((twice - 2.0 * once).abs() <= 8.0 * unit::<L>() * points as f64);
        }
        set.columns(&mut product, 1, &plan, false);
        let (last, before) = plan.split_last().expect("a pass");
        let mut fused = numbers;
        set.columns(&mut fused, 1, before, true);
        set.middle(&mut fused, last.radix, &spectrum);
        set.columns(&mut fused, 1, before, false);
        for (fused, product) in fused.iter().zip(&product) {
            let (fused, product): (f64, f64) = ((*fused).into(), (*product).into());
            assert!((fused - product).abs() <= 16.0 * unit::<L>() * (points * points) as f64);
        }
    }
}

#[test]
fn middles_are_passes_and_a_product() {
    for set in support::instruction_sets() {
        middles::<f32>(set);
        middles::<f64>(set);
    }
}

fn rows<L: Real>(set: &'static InstructionSet) {
    let (lanes, strips) = (set.lanes::<L>(), 3);
    let (rows, columns) = (2 * lanes, strips * lanes);
    let mut source = Random(9);
    let mut tile = vec![L::default(); strips * rows * 2 * lanes];
    let mut draw = |count| -> Vec<L> { (0..count).map(|_| L::of_parts(random(&mut source), 0.0)).collect() };
    let (re, im) = (draw(rows * columns), draw(rows * columns));
    let at = |row: usize| row * columns..(row + 1) * columns;
    let magnitude = |x: &L| -> f64 { Into::<f64>::into(*x).abs() };
    let [zero, one, two, minus_two] = [0.0, 1.0, 2.0, -2.0].map(|number| L::of_parts(number, 0.0));
    let mut squares = Squares::default();
    let groups = RowGroups::new(set, &mut tile, rows);
    assert_eq!((groups.len(), groups.is_empty()), (2, false));
    for number in 0..2 {
        let mut group = groups.take(number).expect("not taken yet");
        assert!(groups.take(number).is_none(), "taken twice");
        for row in 0..lanes {
            let from = at(number * lanes + row);
            group.place(row, [&re[from.clone()], &im[from]], [one, two], &mut squares);
        }
        let mut lines = vec![L::default(); columns * 2 * lanes];
        group.turn(&mut lines);
        for (row, column) in (0..lanes).flat_map(|row| (0..columns).map(move |column| (row, column))) {
            let from = at(number * lanes + row).start + column;
            let found: Number = get(&lines, lanes, column, row);
            let expected = times((re[from].into(), im[from].into()), (1.0, 2.0));
            let error = (found.0 - expected.0).abs().max((found.1 - expected.1).abs());
            assert!(error <= 8.0 * unit::<L>(), "{found:?}, not {expected:?}");
        }
        lines.iter_mut().for_each(|number| *number = *number * two);
        group.turn_back(&lines);
    }
    let square = |x: &L| magnitude(x) * magnitude(x);
    let expected = 5.0 * re.iter().chain(&im).map(square).sum::<f64>();
    assert!((squares.total() - expected).abs() <= 1e-5 * expected);
    let (mut line, mut pairs) = (vec![L::default(); columns], vec![L::default(); 2 * columns]);
    let mut below = vec![0; strips];
    let limit = L::of_parts(0.05, 0.0);
    // Which of the numbers of each vector are below the limit.
    let bit = |(place, &size): (usize, &f64)| u32::from(size < limit.into()) << place;
    let expected = |sizes: &[f64]| -> Vec<u32> {
        sizes.chunks_exact(lanes).map(|sizes| sizes.iter().enumerate().map(bit).sum()).collect()
    };
    for row in 0..rows {
        let read = TileRows::new(set, &tile, rows);
        read.fetch_pairs(row, &mut pairs, [one, one], limit, &mut below);
        for (column, pair) in pairs.chunks_exact(2).enumerate() {
            let expected = times((re[at(row)][column].into(), im[at(row)][column].into()), (2.0, 4.0));
            let (re, im): Number = (pair[0].into(), pair[1].into());
            assert!((re - expected.0).abs().max((im - expected.1).abs()) <= 16.0 * unit::<L>());
        }
        let sizes: Vec<f64> = pairs.chunks_exact(2).map(|pair| magnitude(&pair[0]).max(magnitude(&pair[1]))).collect();
        assert_eq!(below, expected(&sizes));
        for (factors, part) in [([one, zero], 0), ([zero, minus_two], 1)] {
            for vectors in 0..=strips {
                let (line, below) = (&mut line[..vectors * lanes], &mut below[..vectors]);
                read.fetch(row, factors, line, [two, two], limit, below);
                let sizes: Vec<f64> = line.iter().map(|y| magnitude(y) / 4.0).collect();
                assert_eq!(below, expected(&sizes));
                let factor = (factors[0] + factors[1]) * two * two;
                assert!(line.iter().zip(pairs.chunks_exact(2)).all(|(&y, x)| y == x[part] * factor));
            }
        }
        let groups = RowGroups::new(set, &mut tile, rows);
        let mut group = groups.take(row / lanes).expect("not taken yet");
        group.place_pairs(row % lanes, &pairs, two, &mut squares);
        let mut back = pairs.clone();
        TileRows::new(set, &tile, rows).fetch_pairs(row, &mut back, [one, one], limit, &mut below);
        assert!(back.iter().zip(&pairs).all(|(&y, &x)| y == x * two));
    }
}

#[test]
fn rows_are_placed_turned_and_fetched() {
    for set in support::instruction_sets() {
        rows::<f32>(set);
        rows::<f64>(set);
    }
}

#[test]
fn surveys_find_what_is_largest_and_what_is_not_finite() {
    for set in support::instruction_sets() {
        for count in [0, 1, 7, 16, 33, 100] {
            let mut numbers: Vec<f32> = (0..count).map(|i| (i as f32 - 40.0) / 3.0).collect();
            let largest = numbers.iter().map(|number| number.abs()).fold(0.0, f32::max);
            assert_eq!(set.survey(&numbers), (largest, true));
            for at in 0..count {
                for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                    let kept = std::mem::replace(&mut numbers[at], bad);
                    assert!(!set.survey(&numbers).1, "{bad} at {at} of {count}");
                    numbers[at] = kept;
                }
            }
        }
    }
}
