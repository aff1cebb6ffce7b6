//! The promise: every output within c·n·u·Σ|k||x| over its own window, though its square errs by all that the square sees.
//!
//! Error    With D the norm of what a square sees over all terms and K the largest norm of the taps of a term, no sum of T terms at a
//!          point is larger than about √T·K·D, and evaluating errs by less than 24·u·K·D. Sums run over R terms at most, and N
//!          of these sums are added. Where all terms are alike, roundings are too, and each output errs by up to
//!          (24 + (R + N)·√T)·u·K·D. Measured: 5 to 20 times u·K·D for dense numbers of 16 to 512 terms.
//! Bound    Of the sum itself only a few moments are known, of samples for each window and of taps for each bank:
//!            Σ|k||x| ≥ κ·Σ w|x|,  w = min(|k|/κ, 1),  and  Σ w|x| = Σ|x| − Σ(1 − w)|x| ≥ Σ|x| − √(Σ(1 − w)²·Σx²)
//!          for any κ; two shares of K are tried. Zeros around an image and elements that are mostly zero lessen Σ|x|, zeros
//!          among taps add to Σ(1 − w)².
//! Check    Outputs of squares for which c·n times that reaches the error are precise enough, whatever the bank. The others
//!          are computed directly; so are all that see what is not finite, since no comparison with it holds.
//! Range    Squares of numbers must not overflow, nor vanish beside each other: norms have a range.

use super::cut::Cut;
use super::field::{Along, Field};
use crate::problem::Problem;
use convolver_kernels::{InstructionSet, POINTS, Real, Scratch, WorkingType};
use std::ops::Range;

/// c, in rounding units.
pub(super) const FACTOR: usize = 16;
/// See above.
const FIXED: f64 = 24.0;
/// κ, of the largest norm of a term's taps over the root of their number.
const SHARES: [f64; 2] = [0.5, 0.125];

/// What is known of the taps of some banks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trust {
    /// Σ(1 − w)² for each share, of the worst bank; more than any sum where nothing is to be trusted.
    deficits: [f64; 2],
    /// K.
    largest: f64,
}

impl Trust {
    /// That of no banks.
    pub(super) const ALL: Trust = Trust { deficits: [0.0; 2], largest: 0.0 };
    const NONE: Trust = Trust { deficits: [f64::INFINITY; 2], largest: f64::INFINITY };

    /// That of both.
    pub(super) fn and(self, other: Trust) -> Trust {
        let [left, right] = [self.deficits, other.deficits];
        let deficits = [left[0].max(right[0]), left[1].max(right[1])];
        Trust { deficits, largest: self.largest.max(other.largest) }
    }

    /// That of a panel of taps, `lanes` to a row of which `banks` are there, `taps` to a term. Those of a term are neighbours
    /// where there is one part; `missing` rows are filled up with zeros otherwise.
    pub(super) fn of<L: Real>(
        set: &'static InstructionSet,
        turned: &[L],
        (lanes, banks): (usize, usize),
        (taps, one_part, missing): (usize, bool, usize),
    ) -> Trust {
        let room = || vec![L::default(); lanes];
        let number = |number: &L| -> f64 { (*number).into() };
        let mut magnitudes = room();
        set.largest(turned, &mut magnitudes);
        // Powers of two that both kinds of number have, so that a kernel times one has the same trust.
        let most = if L::TYPE == WorkingType::F32 { 120.0 } else { 1000.0 };
        let scale = |largest: &L| match number(largest) {
            largest if largest > 0.0 && largest.is_finite() => {
                2f64.powi((-largest.log2().floor()).clamp(-most, most) as i32)
            }
            _ => 1.0,
        };
        let scales: Vec<f64> = magnitudes.iter().map(scale).collect();
        let narrow = |numbers: Vec<f64>| -> Vec<L> { numbers.into_iter().map(|n| L::of_parts(n, 0.0)).collect() };
        let (mut most, mut total) = (room(), room());
        // K is at most the root of the taps times the largest of them.
        let (group, each) = if one_part { (taps, 1.0) } else { (1, taps as f64) };
        set.energies(turned, group, &narrow(scales.clone()), [&mut most, &mut total]);
        let energy = |bank: usize| each * number(&most[bank]);
        // A bank of zeros gives zeros, which are exact.
        let some: Vec<usize> = (0..banks).filter(|&bank| number(&total[bank]) != 0.0).collect();
        if some.iter().any(|&bank| !number(&total[bank]).is_finite()) {
            return Trust::NONE;
        }
        let inverses = SHARES.map(|share| {
            let inverse = |bank: usize| match energy(bank) {
                0.0 => 0.0,
                energy => (taps as f64 / energy).sqrt() / share * scales[bank],
            };
            narrow((0..lanes).map(inverse).collect())
        });
        let [mut first, mut second] = [room(), room()];
        set.deficits(turned, [&inverses[0], &inverses[1]], [&mut first, &mut second]);
        // Taps that are missing see nothing; sums are rounded, but are no less than zero.
        let worst = |sums: &[L]| some.iter().map(|&bank| number(&sums[bank]) - missing as f64).fold(0.0, f64::max);
        let norm = |&bank: &usize| energy(bank).sqrt() / scales[bank];
        let largest = some.iter().map(norm).fold(0.0, f64::max);
        Trust { deficits: [worst(&first), worst(&second)], largest }
    }
}

/// The squares of norms of samples that may be relied on, and of norms of samples times taps.
fn ranges<L: Real>() -> (Range<f64>, f64) {
    let (least, most) = if L::TYPE == WorkingType::F32 { (-80, 100) } else { (-800, 900) };
    (2f64.powi(least)..2f64.powi(most), 2f64.powi(most))
}

/// How loud a tile is.
pub(super) struct Loudness<L: Real> {
    /// The sums of magnitudes and of squares of all elements of each place.
    magnitudes: Scratch<L>,
    squares: Scratch<L>,
}

/// Outputs of one image that are not precise enough: a box of walked outputs and of evaluated ones.
pub(super) struct Failing {
    pub(super) image: usize,
    pub(super) walks: Vec<usize>,
    pub(super) outputs: [Range<usize>; 2],
}

impl Failing {
    /// Outputs of the box.
    pub(super) fn count(&self) -> usize {
        self.walks.len() * self.outputs[0].len() * self.outputs[1].len()
    }
}

impl<L: Real> Loudness<L> {
    pub(super) fn new(set: &'static InstructionSet, field: &Field, samples: &[L]) -> Self {
        let places = field.images * field.planes() * field.places();
        let mut loudness = Loudness { magnitudes: Scratch::new(places), squares: Scratch::new(places) };
        let Loudness { magnitudes, squares } = &mut loudness;
        set.norms(samples, (field.elements, field.elements), magnitudes, squares);
        loudness
    }

    /// The outputs of each image that are not certainly precise.
    pub(super) fn failing(&self, problem: &Problem, cut: &Cut, field: &Field, trust: Trust) -> Vec<Failing> {
        let taps = field.planes_of_taps(problem, cut);
        let plane = |image: usize, walk: usize| image * field.planes() + field.plane(problem, cut, walk);
        let (terms, [run, runs]) = (cut.terms(problem) as f64, cut.runs(problem).map(|count| count as f64));
        let need = (FIXED + (run + runs) * terms.sqrt()) * (cut.taps() as f64).sqrt();
        let need = need / (FACTOR * problem.taps()) as f64;
        let mut windows = Windows::new(field);
        let failing = |image: usize| {
            let mut found: Option<Failing> = None;
            for walk in 0..field.walks() {
                windows.sum(self, taps.iter().map(|tap| plane(image, walk) + tap));
                for (number, square) in field.squares.iter().enumerate() {
                    if windows.precise(number, need, trust) {
                        continue;
                    }
                    let new = [0, 1].map(|axis| field.along[axis].of(square[axis]));
                    let failing =
                        found.get_or_insert_with(|| Failing { image, walks: Vec::new(), outputs: new.clone() });
                    if failing.walks.last() != Some(&walk) {
                        failing.walks.push(walk);
                    }
                    for (outputs, new) in failing.outputs.iter_mut().zip(new) {
                        *outputs = outputs.start.min(new.start)..outputs.end.max(new.end);
                    }
                }
            }
            found
        };
        (0..field.images).filter_map(failing).collect()
    }
}

impl Along {
    /// The outputs from the first to the last of a square.
    fn of(&self, first: usize) -> Range<usize> {
        first..(first + (self.parts.side() - 1) * self.dilation + 1).min(self.outputs)
    }
}

/// Sums over what each output and each square of a plane sees.
struct Windows<'a, L> {
    field: &'a Field,
    magnitudes: Vec<L>,
    squares: Vec<L>,
    /// Over the windows of outputs, a row for each output of the first axis.
    of_outputs: [Vec<L>; 2],
    part: Vec<L>,
}

impl<'a, L: Real> Windows<'a, L> {
    fn new(field: &'a Field) -> Self {
        let (empty, outputs) = (Vec::new, field.along[0].outputs * field.along[1].outputs);
        let of_outputs = [vec![L::default(); outputs], vec![L::default(); outputs]];
        Windows { field, magnitudes: empty(), squares: empty(), of_outputs, part: empty() }
    }

    /// Sums over the windows of the outputs that see these planes.
    fn sum(&mut self, loudness: &Loudness<L>, planes: impl Iterator<Item = usize>) {
        let places = self.field.places();
        for (number, plane) in planes.enumerate() {
            for (sums, of) in [(&mut self.magnitudes, &loudness.magnitudes), (&mut self.squares, &loudness.squares)] {
                let of = &of[plane * places..][..places];
                if number == 0 {
                    sums.clear();
                    sums.extend_from_slice(of);
                } else {
                    sums.iter_mut().zip(of).for_each(|(sum, &number)| *sum = *sum + number);
                }
            }
        }
        let [outer, inner] = &self.field.along;
        let [of_magnitudes, of_squares] = &mut self.of_outputs;
        for (numbers, sums) in [(&self.magnitudes, of_magnitudes), (&self.squares, of_squares)] {
            // Along the second axis, then along the first.
            let part = &mut self.part;
            part.clear();
            part.resize(outer.seen * inner.outputs, L::default());
            for (row, part) in part.chunks_exact_mut(inner.outputs).enumerate() {
                for tap in 0..inner.taps {
                    let from = &numbers[row * inner.places + tap * inner.dilation..][..inner.outputs];
                    part.iter_mut().zip(from).for_each(|(sum, &number)| *sum = *sum + number);
                }
            }
            sums.fill(L::default());
            for (row, sums) in sums.chunks_exact_mut(inner.outputs).enumerate() {
                for tap in 0..outer.taps {
                    let from = &part[(row + tap * outer.dilation) * inner.outputs..][..inner.outputs];
                    sums.iter_mut().zip(from).for_each(|(sum, &number)| *sum = *sum + number);
                }
            }
        }
    }

    /// The sum of what stands at the places that a square sees, counted for each part.
    fn of_square(&self, numbers: &[L], [first, second]: [usize; 2]) -> f64 {
        let [outer, inner] = &self.field.along;
        let places = |along: &Along, first: usize| -> Vec<usize> {
            let points = if along.axis.is_some() { POINTS } else { 1 };
            let part = |part: usize| (0..points).map(move |point| first + along.part(part) + point * along.dilation);
            (0..along.parts.count).flat_map(part).collect()
        };
        let mut sum = L::default();
        let columns = places(inner, second);
        for row in places(outer, first) {
            let line = &numbers[row * inner.places..][..inner.places];
            sum = columns.iter().fold(sum, |sum, &column| sum + line[column]);
        }
        sum.into()
    }

    /// Whether the outputs of a square are precise.
    fn precise(&self, number: usize, need: f64, trust: Trust) -> bool {
        let square = self.field.squares[number];
        let seen = self.of_square(&self.squares, square);
        let (range, product) = ranges::<L>();
        if !range.contains(&seen) {
            // Zeros alone make zeros.
            return seen == 0.0 && self.of_square(&self.magnitudes, square) == 0.0 && trust.largest.is_finite();
        }
        if seen.sqrt() * trust.largest > product {
            return false;
        }
        let (need, roots) = (need * seen.sqrt(), trust.deficits.map(f64::sqrt));
        let [outer, inner] = &self.field.along;
        let outputs = |axis: &Along, first: usize| (first..axis.of(first).end).step_by(axis.dilation);
        outputs(outer, square[0]).all(|row| {
            outputs(inner, square[1]).all(|column| {
                let [magnitude, square] = [0, 1].map(|sum| self.of_outputs[sum][row * inner.outputs + column].into());
                let root = f64::sqrt(square);
                SHARES.iter().zip(roots).any(|(share, deficit)| share * (magnitude - deficit * root) >= need)
            })
        })
    }
}
