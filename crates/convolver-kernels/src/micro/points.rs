//! Points: short convolutions as products at the six points 0, 1, −1, 2, −1/2 and ∞, many lanes at a time.
//!
//! A convolution is a product of polynomials, and a product of degree 5 is known from its values at six points. Turned
//! about (Winograd), that gives m outputs of a correlation with r = 7 − m taps from six samples and six products:
//!
//! Computes   y = Aᵀ·((G·k) ⊙ (Bᵀ·x)) along one axis or two
//!
//!   G      values of the taps' polynomial: u_j = Σ_i pʲᵢ·kᵢ / N_j,  N_j = Π_{q≠p_j} (p_j − q);  at ∞ the last tap
//!   Bᵀ     row j holds the coefficients of Π_{q≠p_j} (t − q); that of ∞ those of t(t² − 1)(t − 2)(t + ½)
//!   Aᵀ     y_i = Σ_j pʲᵢ·z_j, and z_∞ to the last output
//!
//! Idea      With  e_i = x_{i+2} − 1.5·x_{i+1} − x_i  (the factor (t − 2)(t + ½)) and  f_i = x_{i+3} − x_{i+1}  the rows of Bᵀ are
//!           e₂ − e₀, e₂ + e₁, e₂ − e₁, f₁ + f₀/2, f₁ − 2·f₀ and e₃ − e₁. Lanes are channels or banks: nothing moves between them.
//! Error     Points of mixed signs and sizes keep the factors of A, G and B small: the last outputs err by about a third of
//!           what they do with 0, ±1, ±2, ∞.
//! Source    Winograd, Arithmetic Complexity of Computations (1980); Lavin & Gray, Fast Algorithms for Convolutional Neural
//!           Networks (2016); the points: Barabasz, Anderson, Soodhalter & Gregg, Error Analysis and Improving the Accuracy of
//!           Winograd Convolution for Deep Neural Networks (2020)

use crate::arch::InstructionSet;
use crate::memory::Source;
use crate::simd::{Real, RealVector};
use crate::working::Working;

/// Points along an axis: as many as taps and outputs together, less one.
pub const POINTS: usize = 6;

/// What is done along an axis.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Evaluation {
    /// Nothing: there is one number.
    One,
    /// Samples to values, Bᵀ.
    Samples,
    /// So many taps to values, G.
    Taps(usize),
    /// Values to so many outputs, Aᵀ.
    Outputs(usize),
}

impl Evaluation {
    /// Numbers that go in, and that come out.
    pub const fn counts(self) -> (usize, usize) {
        match self {
            Evaluation::One => (1, 1),
            Evaluation::Samples => (POINTS, POINTS),
            Evaluation::Taps(taps) => (taps, POINTS),
            Evaluation::Outputs(outputs) => (POINTS, outputs),
        }
    }
}

/// Squares of lanes to evaluate along both of their axes.
#[derive(Clone, Copy, Debug)]
pub struct Evaluate<'a, L> {
    /// What is done along each axis.
    pub along: [Evaluation; 2],
    /// The numbers.
    pub numbers: Source<'a, L>,
    /// Where each square begins.
    pub from: &'a [usize],
    /// Numbers from one lane's number to the next along each axis.
    pub from_steps: [usize; 2],
    /// Where each square goes.
    pub to: &'a [usize],
    /// As `from_steps`, in the target.
    pub to_steps: [usize; 2],
    /// Lanes, in whole vectors.
    pub lanes: usize,
}

impl<L> Evaluate<'_, L> {
    fn check(&self, target: usize, vector: usize) {
        assert!(self.lanes > 0 && self.lanes.is_multiple_of(vector), "lanes are whole vectors");
        assert_eq!(self.from.len(), self.to.len(), "every square has a place to go");
        let counts = self.along.map(Evaluation::counts);
        assert!(counts.iter().all(|&(from, to)| (1..=POINTS).contains(&from) && (1..=POINTS).contains(&to)), "points");
        let end = |places: &[usize], counts: [usize; 2], steps: [usize; 2]| {
            let reach = (counts[0] - 1).checked_mul(steps[0])?.checked_add((counts[1] - 1).checked_mul(steps[1])?)?;
            places.iter().max().copied().unwrap_or(0).checked_add(reach)?.checked_add(self.lanes)
        };
        let read = end(self.from, counts.map(|(from, _)| from), self.from_steps);
        assert!(read.is_some_and(|end| end <= self.numbers.length), "squares lie within their numbers");
        let written = end(self.to, counts.map(|(_, to)| to), self.to_steps);
        assert!(written.is_some_and(|end| end <= target), "squares lie within their target");
    }
}

/// Computes all squares.
///
/// # Safety
/// The CPU must have the instruction set, and `job.check` must have passed for the target's length.
pub(crate) type Run<L> = unsafe fn(&Evaluate<'_, L>, &mut [L]);

impl InstructionSet {
    /// Evaluates squares.
    ///
    /// # Panics
    /// If the job reads or writes outside its numbers, or the CPU lacks the instruction set.
    pub fn evaluate<L: Real>(&'static self, job: &Evaluate<'_, L>, target: &mut [L]) {
        assert!(self.is_supported(), "{} needs a CPU that has it", self.name);
        job.check(target.len(), self.lanes::<L>());
        // SAFETY: both asserted above.
        unsafe { (L::transforms(self).evaluate)(job, target) }
    }
}

/// # Safety
/// See [`Run`].
#[inline(always)]
pub(crate) unsafe fn run<V: RealVector>(job: &Evaluate<'_, V::Lane>, target: &mut [V::Lane]) {
    let Evaluate { along: [down, across], from_steps, to_steps, .. } = *job;
    let ((rows, _), (_, columns)) = (down.counts(), across.counts());
    let to = target.as_mut_ptr();
    // SAFETY: `check` has counted the reach of every square on both sides.
    unsafe {
        let mut values = [[V::splat(V::Lane::default()); POINTS]; POINTS];
        for (&first, &place) in job.from.iter().zip(job.to) {
            for lane in (0..job.lanes).step_by(V::COUNT) {
                let (first, place) = (job.numbers.pointer.add(first + lane), to.add(place + lane));
                for (row, values) in values.iter_mut().enumerate().take(rows) {
                    let line = first.add(row * from_steps[0]);
                    let load = |column: usize| V::load(line.add(column * from_steps[1]));
                    apply(across, load, |column, value| values[column] = value);
                }
                let mut column = 0;
                while column < columns {
                    let line = place.add(column * to_steps[1]);
                    let store = |row: usize, value: V| value.store(line.add(row * to_steps[0]));
                    apply(down, |row| values[row][column], store);
                    column += 1;
                }
            }
        }
    }
}

/// One evaluation.
///
/// # Safety
/// The CPU must have the vector's instruction set; counts are at most `POINTS`.
#[inline(always)]
unsafe fn apply<V: RealVector>(evaluation: Evaluation, number: impl Fn(usize) -> V, mut put: impl FnMut(usize, V)) {
    // SAFETY: the caller's word.
    unsafe {
        match evaluation {
            Evaluation::One => put(0, number(0)),
            Evaluation::Samples => {
                for (point, value) in samples([0, 1, 2, 3, 4, 5].map(number)).into_iter().enumerate() {
                    put(point, value);
                }
            }
            Evaluation::Taps(count) => {
                let values = match count {
                    1 => taps([number(0)]),
                    2 => taps([0, 1].map(number)),
                    3 => taps([0, 1, 2].map(number)),
                    4 => taps([0, 1, 2, 3].map(number)),
                    5 => taps([0, 1, 2, 3, 4].map(number)),
                    _ => taps([0, 1, 2, 3, 4, 5].map(number)),
                };
                for (point, value) in values.into_iter().enumerate() {
                    put(point, value);
                }
            }
            Evaluation::Outputs(count) => outputs([0, 1, 2, 3, 4, 5].map(number), count, put),
        }
    }
}

/// A constant in every lane.
///
/// # Safety
/// As `apply`.
#[inline(always)]
unsafe fn constant<V: RealVector>(number: f64) -> V {
    // SAFETY: the caller's word.
    unsafe { V::splat(V::Lane::of_parts(number, 0.0)) }
}

/// Bᵀ.
///
/// # Safety
/// As `apply`.
#[inline(always)]
unsafe fn samples<V: RealVector>(x: [V; POINTS]) -> [V; POINTS] {
    // SAFETY: the caller's word.
    unsafe {
        let (half, two, three_halves) = (constant::<V>(0.5), constant::<V>(2.0), constant::<V>(1.5));
        let e = |i: usize| x[i + 2].minus(x[i]).minus_product(x[i + 1], three_halves);
        let e = [e(0), e(1), e(2), e(3)];
        let f = [x[3].minus(x[1]), x[4].minus(x[2])];
        [
            e[2].minus(e[0]),
            e[2].plus(e[1]),
            e[2].minus(e[1]),
            f[1].add_product(f[0], half),
            f[1].minus_product(f[0], two),
            e[3].minus(e[1]),
        ]
    }
}

/// G.
///
/// # Safety
/// As `apply`.
#[inline(always)]
unsafe fn taps<V: RealVector, const R: usize>(k: [V; R]) -> [V; POINTS] {
    // SAFETY: the caller's word.
    unsafe {
        // Loops, because iterators' closures would be compiled without the vector's instructions.
        let (two, half) = (constant::<V>(2.0), constant::<V>(-0.5));
        let mut sums = [constant::<V>(0.0); 2];
        let (mut at_two, mut at_half) = (k[R - 1], k[R - 1]);
        for i in 0..R {
            sums[i % 2] = sums[i % 2].plus(k[i]);
            if i > 0 {
                at_two = k[R - 1 - i].add_product(at_two, two);
                at_half = k[R - 1 - i].add_product(at_half, half);
            }
        }
        let [even, odd] = sums;
        [
            k[0],
            even.plus(odd).times(constant(-1.0 / 3.0)),
            even.minus(odd).times(constant(1.0 / 3.0)),
            at_two.times(constant(1.0 / 15.0)),
            at_half.times(constant(-16.0 / 15.0)),
            k[R - 1],
        ]
    }
}

/// Aᵀ.
///
/// # Safety
/// As `apply`.
#[inline(always)]
unsafe fn outputs<V: RealVector>(z: [V; POINTS], count: usize, mut put: impl FnMut(usize, V)) {
    // SAFETY: the caller's word.
    unsafe {
        let (sum, difference) = (z[1].plus(z[2]), z[1].minus(z[2]));
        let mut output = |i: usize, value: V| {
            let (two, half) = POWERS[i];
            let value = value.add_product(z[3], constant(two)).add_product(z[4], constant(half));
            put(i, if i + 1 == count { value.plus(z[5]) } else { value });
        };
        output(0, z[0].plus(sum));
        if count > 1 {
            output(1, difference);
        }
        if count > 2 {
            output(2, sum);
        }
        if count > 3 {
            output(3, difference);
        }
        if count > 4 {
            output(4, sum);
        }
        if count > 5 {
            output(5, difference);
        }
    }
}

/// Powers of 2 and of −1/2, all exact.
const POWERS: [(f64, f64); POINTS] =
    [(1.0, 1.0), (2.0, -0.5), (4.0, 0.25), (8.0, -0.125), (16.0, 0.0625), (32.0, -0.03125)];
