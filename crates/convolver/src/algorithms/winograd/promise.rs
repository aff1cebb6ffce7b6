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
    ) -> (Trust, Vec<f64>) {
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
            return (Trust::NONE, Vec::new());
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
        let mut norms = vec![0.0; banks];
        some.iter().for_each(|bank| norms[*bank] = norm(bank));
        let largest = norms.iter().copied().fold(0.0, f64::max);
        (Trust { deficits: [worst(&first), worst(&second)], largest }, norms)
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
    /// With the outputs of a square.
    fn add(found: &mut Option<Failing>, field: &Field, (image, walk, number): (usize, usize, usize)) {
        let new = [0, 1].map(|axis| field.along[axis].of(field.squares[number][axis]));
        let failing = found.get_or_insert_with(|| Failing { image, walks: Vec::new(), outputs: new.clone() });
        if failing.walks.last() != Some(&walk) {
            failing.walks.push(walk);
        }
        for (outputs, new) in failing.outputs.iter_mut().zip(new) {
            *outputs = outputs.start.min(new.start)..outputs.end.max(new.end);
        }
    }

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
        let Need(need) = Need::new(problem, cut, cut.runs(problem));
        let mut windows = Windows::new(field);
        let failing = |image: usize| {
            let mut found: Option<Failing> = None;
            for walk in 0..field.walks() {
                windows.sum(self, taps.iter().map(|tap| plane(image, walk) + tap));
                for number in 0..field.squares.len() {
                    if windows.precise(number, need, trust) {
                        continue;
                    }
                    Failing::add(&mut found, field, (image, walk, number));
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

    /// The outputs of a square.
    fn outputs_of(&self, first: usize) -> std::iter::StepBy<Range<usize>> {
        self.of(first).step_by(self.dilation)
    }
}

/// The sums of some rows between these columns.
fn add_rows<L: Real>(
    numbers: &[L],
    (pitch, columns): (usize, Range<usize>),
    rows: impl Iterator<Item = usize>,
    sums: &mut Vec<L>,
) {
    sums.clear();
    sums.resize(columns.len(), L::default());
    for row in rows {
        let row = &numbers[row * pitch..][columns.clone()];
        sums.iter_mut().zip(row).for_each(|(sum, &number)| *sum = *sum + number);
    }
}

/// The sums of what outputs see along an axis.
fn add_taps<L: Real>(numbers: &[L], along: &Along, sums: &mut [L]) {
    if sums.len() < along.taps && along.dilation == 1 {
        for (output, sum) in sums.iter_mut().enumerate() {
            let window = &numbers[output..output + along.taps];
            let mut some = [L::default(); 8];
            let mut eights = window.chunks_exact(8);
            for eight in eights.by_ref() {
                some.iter_mut().zip(eight).for_each(|(sum, &number)| *sum = *sum + number);
            }
            *sum = some.iter().chain(eights.remainder()).fold(L::default(), |sum, &number| sum + number);
        }
        return;
    }
    sums.fill(L::default());
    for tap in 0..along.taps {
        let from = &numbers[tap * along.dilation..][..sums.len()];
        sums.iter_mut().zip(from).for_each(|(sum, &number)| *sum = *sum + number);
    }
}

/// Sums over what each output and each square of a plane sees.
struct Windows<'a, L> {
    field: &'a Field,
    magnitudes: Vec<L>,
    squares: Vec<L>,
    /// Over the windows of outputs, a row for each output of the first axis.
    of_outputs: [Vec<L>; 2],
    line: Vec<L>,
}

impl<'a, L: Real> Windows<'a, L> {
    fn new(field: &'a Field) -> Self {
        let (empty, outputs) = (Vec::new, field.along[0].outputs * field.along[1].outputs);
        let of_outputs = [vec![L::default(); outputs], vec![L::default(); outputs]];
        Windows { field, magnitudes: empty(), squares: empty(), of_outputs, line: empty() }
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
            for (row, sums) in sums.chunks_exact_mut(inner.outputs).enumerate() {
                let rows = (0..outer.taps).map(|tap| row + tap * outer.dilation);
                add_rows(numbers, (inner.places, 0..inner.seen), rows, &mut self.line);
                add_taps(&self.line, inner, sums);
            }
        }
    }

    /// The sum of what stands at the places that a square sees, counted for each part.
    fn of_square(&mut self, squares: bool, [first, second]: [usize; 2]) -> f64 {
        let numbers = if squares { &self.squares } else { &self.magnitudes };
        let [outer, inner] = &self.field.along;
        let points = |along: &Along| if along.axis.is_some() { POINTS } else { 1 };
        let places = |along: &'a Along, first: usize| {
            let part = move |part: usize| {
                (0..points(along)).map(move |point| first + along.part(part) + point * along.dilation)
            };
            (0..along.parts.count).flat_map(part)
        };
        let end = places(inner, second).last().map_or(second, |last| last + 1);
        add_rows(numbers, (inner.places, second..end), places(outer, first), &mut self.line);
        places(inner, second).fold(L::default(), |sum, column| sum + self.line[column - second]).into()
    }

    /// Whether the outputs of a square are precise.
    fn precise(&mut self, number: usize, need: f64, trust: Trust) -> bool {
        let square = self.field.squares[number];
        let seen = self.of_square(true, square);
        let (range, product) = ranges::<L>();
        if !range.contains(&seen) {
            // Zeros alone make zeros.
            return seen == 0.0 && self.of_square(false, square) == 0.0 && trust.largest.is_finite();
        }
        if seen.sqrt() * trust.largest > product {
            return false;
        }
        let (need, roots) = (need * seen.sqrt(), trust.deficits.map(f64::sqrt));
        let [outer, inner] = &self.field.along;
        outer.outputs_of(square[0]).all(|row| {
            inner.outputs_of(square[1]).all(|column| {
                let [magnitude, square] = [0, 1].map(|sum| self.of_outputs[sum][row * inner.outputs + column].into());
                let root = f64::sqrt(square);
                SHARES.iter().zip(roots).any(|(share, deficit)| share * (magnitude - deficit * root) >= need)
            })
        })
    }
}

/// What precision takes, over the norm of what a square sees.
pub(super) struct Need(f64);

impl Need {
    /// Of sums of so many terms at once, and so many of these.
    fn new(problem: &Problem, cut: &Cut, [run, runs]: [usize; 2]) -> Self {
        let need = FIXED + (run + runs) as f64 * (cut.terms(problem) as f64).sqrt();
        Need(need * (cut.taps() as f64).sqrt() / (FACTOR * problem.taps()) as f64)
    }

    /// Of all these runs.
    pub(super) fn of_runs(problem: &Problem, cut: &Cut, runs: &[Assured]) -> Self {
        let longest = runs.iter().map(|run| run.terms.0).max().unwrap_or(0);
        Need::new(problem, cut, [longest, runs.iter().map(|run| run.terms.1 + 1).sum()])
    }
}

/// What is known of a run of a long sum.
pub(super) struct Assured {
    /// What outputs see, of magnitudes and squares; what squares do.
    outputs: [Vec<f64>; 2],
    squares: [Vec<f64>; 2],
    trust: Trust,
    /// K of each bank.
    norms: Vec<f64>,
    /// Terms that are summed at once, and how many such sums there are.
    terms: (usize, usize),
}

impl Assured {
    /// Bytes of a run for a tile of so many outputs, squares and banks.
    pub(super) fn bytes(outputs: usize, squares: usize, banks: usize) -> usize {
        (2 * (outputs + squares) + banks).saturating_mul(size_of::<f64>())
    }

    /// Of the samples of a tile.
    pub(super) fn new<L: Real>(loudness: Loudness<L>, (problem, cut): (&Problem, &Cut), field: &Field) -> Self {
        let taps = field.planes_of_taps(problem, cut);
        let mut windows = Windows::new(field);
        let (outputs, squares) = ([const { Vec::new() }; 2], [const { Vec::new() }; 2]);
        let mut assured = Assured { outputs, squares, trust: Trust::ALL, norms: Vec::new(), terms: (0, 0) };
        for image in 0..field.images {
            for walk in 0..field.walks() {
                let plane = image * field.planes() + field.plane(problem, cut, walk);
                windows.sum(&loudness, taps.iter().map(|tap| plane + tap));
                for number in 0..2 {
                    assured.outputs[number].extend(windows.of_outputs[number].iter().map(|&sum| -> f64 { sum.into() }));
                    let of_squares = field.squares.iter().map(|&square| windows.of_square(number == 1, square));
                    assured.squares[number].extend(of_squares);
                }
            }
        }
        assured
    }

    /// With the taps of its panels.
    pub(super) fn judge<'a>(&mut self, panels: impl Iterator<Item = (Trust, &'a [f64])>, terms: (usize, usize)) {
        for (trust, norms) in panels {
            self.trust = self.trust.and(trust);
            self.norms.extend_from_slice(norms);
        }
        self.terms = terms;
    }

    /// The outputs of each image that are not certainly precise, given all runs of a tile.
    pub(super) fn failing<L: Real>(runs: &[Assured], field: &Field, Need(need): Need) -> Vec<Failing> {
        let largest = runs.iter().map(|run| run.trust.largest).fold(0.0, f64::max);
        let banks = runs.iter().map(|run| run.norms.len()).max().unwrap_or(0);
        let of_bank =
            |bank: usize| runs.iter().map(|run| run.norms.get(bank).copied().unwrap_or(0.0)).fold(0.0, f64::max);
        let of_banks: Vec<f64> = (0..banks).map(of_bank).collect();
        // A bank of zeros gives zeros.
        let share = |run: &Assured| {
            let norms = run.norms.iter().zip(&of_banks).filter(|(_, most)| **most > 0.0);
            norms.map(|(norm, most)| norm / most).fold(1.0, f64::min)
        };
        let shares: Vec<f64> = runs.iter().map(share).collect();
        let outputs = field.along[0].outputs * field.along[1].outputs;
        let assured = |output: usize| -> f64 {
            let of_run = |(run, of): (&Assured, &f64)| {
                let [magnitude, square] = [0, 1].map(|sum| run.outputs[sum][output]);
                let sure = |(share, deficit): (&f64, f64)| share * (magnitude - deficit.sqrt() * square.sqrt());
                of * SHARES.iter().zip(run.trust.deficits).map(sure).fold(0.0, f64::max)
            };
            runs.iter().zip(&shares).map(of_run).sum()
        };
        let (range, product) = ranges::<L>();
        let precise = |plane: usize, number: usize| {
            let square = plane * field.squares.len() + number;
            let [magnitude, seen] = [0, 1].map(|sum| runs.iter().map(|run| run.squares[sum][square]).sum::<f64>());
            if !range.contains(&seen) {
                return seen == 0.0 && magnitude == 0.0 && largest.is_finite();
            }
            let [rows, columns] = [0, 1].map(|axis| field.along[axis].outputs_of(field.squares[number][axis]));
            let place = |row: usize, column: usize| plane * outputs + row * field.along[1].outputs + column;
            seen.sqrt() * largest <= product
                && rows
                    .into_iter()
                    .all(|row| columns.clone().all(|column| assured(place(row, column)) >= need * seen.sqrt()))
        };
        let image = |image: usize| {
            let mut found = None;
            for walk in 0..field.walks() {
                let plane = image * field.walks() + walk;
                for number in (0..field.squares.len()).filter(|&number| !precise(plane, number)) {
                    Failing::add(&mut found, field, (image, walk, number));
                }
            }
            found
        };
        (0..field.images).filter_map(image).collect()
    }
}
