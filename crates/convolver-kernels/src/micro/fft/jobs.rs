//! What runs behind the door: the loops around the butterflies.

use super::Pass;
use super::butterfly::{Complex, butterfly};
use super::read::{fetch, fetch_pairs};
use super::rows::{Rows, place, place_pairs, turn};
use crate::simd::{Real, RealVector};
use crate::working::Working;

macro_rules! by_radix {
    ($radix:expr, $function:ident::<$($generic:ty),*>($($argument:expr),*)) => {
        match $radix {
            2 => $function::<$($generic,)* 2>($($argument),*),
            3 => $function::<$($generic,)* 3>($($argument),*),
            4 => $function::<$($generic,)* 4>($($argument),*),
            5 => $function::<$($generic,)* 5>($($argument),*),
            _ => $function::<$($generic,)* 8>($($argument),*),
        }
    };
}

/// Work for one instruction set; each is made and checked by the method of its name.
pub(crate) enum Job<'a, L> {
    Columns {
        numbers: &'a mut [L],
        inner: usize,
        passes: &'a [Pass<L>],
        forward: bool,
    },
    Middle {
        numbers: &'a mut [L],
        radix: usize,
        spectrum: &'a [L],
    },
    Multiply {
        sums: &'a mut [L],
        numbers: &'a [L],
        spectrum: &'a [L],
        accumulate: bool,
    },
    Twist {
        strip: &'a mut [L],
        bases: &'a [L],
        steps: &'a [L],
        forward: bool,
    },
    Survey {
        numbers: &'a [L],
        largest: &'a mut L,
        finite: &'a mut bool,
    },
    Turn {
        rows: Rows<L>,
        lines: *mut L,
        back: bool,
    },
    Place {
        rows: Rows<L>,
        row: usize,
        lines: [&'a [L]; 2],
        factor: [L; 2],
        squares: &'a mut [L; 16],
    },
    PlacePairs {
        rows: Rows<L>,
        row: usize,
        line: &'a [L],
        scale: L,
        squares: &'a mut [L; 16],
    },
    Fetch {
        rows: Rows<L>,
        row: usize,
        line: &'a mut [L],
        factors: [L; 2],
        scales: [L; 2],
        limit: L,
        below: &'a mut [u32],
    },
    FetchPairs {
        rows: Rows<L>,
        row: usize,
        line: &'a mut [L],
        scales: [L; 2],
        limit: L,
        below: &'a mut [u32],
    },
}

/// # Safety
/// See [`super::Door`]; the vector's lane must be the job's.
#[inline(always)]
pub(crate) unsafe fn run<V: RealVector>(job: Job<'_, V::Lane>) {
    // SAFETY: the caller's word.
    unsafe {
        match job {
            Job::Columns { numbers, inner, passes, forward: true } => columns::<V, true>(numbers, inner, passes),
            Job::Columns { numbers, inner, passes, forward: false } => columns::<V, false>(numbers, inner, passes),
            Job::Middle { numbers, radix, spectrum } => by_radix!(radix, middle::<V>(numbers, spectrum)),
            Job::Multiply { sums, numbers, spectrum, accumulate } => multiply::<V>(sums, numbers, spectrum, accumulate),
            Job::Twist { strip, bases, steps, forward: true } => twist::<V, false>(strip, bases, steps),
            Job::Twist { strip, bases, steps, forward: false } => twist::<V, true>(strip, bases, steps),
            Job::Survey { numbers, largest, finite } => (*largest, *finite) = survey::<V>(numbers),
            Job::Turn { rows, lines, back } => turn::<V>(&rows, lines, back),
            Job::Place { rows, row, lines, factor, squares } => place::<V>(&rows, row, lines, factor, squares),
            Job::PlacePairs { rows, row, line, scale, squares } => place_pairs::<V>(&rows, row, line, scale, squares),
            Job::Fetch { rows, row, line, factors, scales, limit, below } => {
                fetch::<V>(&rows, row, (line, below), factors, scales, limit);
            }
            Job::FetchPairs { rows, row, line, scales, limit, below } => {
                fetch_pairs::<V>(&rows, row, (line, below), scales, limit);
            }
        }
    }
}

/// # Safety
/// As `run`.
#[inline(always)]
unsafe fn columns<V: RealVector, const FORWARD: bool>(numbers: &mut [V::Lane], inner: usize, passes: &[Pass<V::Lane>]) {
    let points = passes.first().map_or(1, |pass| pass.points);
    for block in numbers.chunks_exact_mut(points * inner * 2 * V::COUNT) {
        for number in 0..passes.len() {
            let pass = &passes[if FORWARD { number } else { passes.len() - 1 - number }];
            // SAFETY: the caller's word.
            unsafe {
                if FORWARD {
                    by_radix!(pass.radix, forward::<V>(block, inner, pass));
                } else {
                    by_radix!(pass.radix, backward::<V>(block, inner, pass));
                }
            }
        }
    }
}

/// # Safety
/// As `run`.
#[inline(always)]
unsafe fn forward<V: RealVector, const R: usize>(numbers: &mut [V::Lane], inner: usize, pass: &Pass<V::Lane>) {
    // SAFETY: the caller's word.
    unsafe {
        if pass.twiddles.is_empty() {
            sweep::<V, R, true, false>(numbers, inner, pass);
        } else {
            sweep::<V, R, true, true>(numbers, inner, pass);
        }
    }
}

/// # Safety
/// As `run`.
#[inline(always)]
unsafe fn backward<V: RealVector, const R: usize>(numbers: &mut [V::Lane], inner: usize, pass: &Pass<V::Lane>) {
    // SAFETY: the caller's word.
    unsafe {
        if pass.twiddles.is_empty() {
            sweep::<V, R, false, false>(numbers, inner, pass);
        } else {
            sweep::<V, R, false, true>(numbers, inner, pass);
        }
    }
}

/// One pass over all its blocks.
///
/// # Safety
/// As `run`.
#[inline(always)]
unsafe fn sweep<V: RealVector, const R: usize, const FORWARD: bool, const TWIDDLES: bool>(
    numbers: &mut [V::Lane],
    inner: usize,
    pass: &Pass<V::Lane>,
) {
    let columns = pass.points / R;
    let (vector, apart) = (2 * V::COUNT, columns * inner * 2 * V::COUNT);
    // SAFETY: blocks of R·columns·inner vectors fill `numbers`, and there are R − 1 twiddles for every column.
    unsafe {
        let mut block = numbers.as_mut_ptr();
        for _ in 0..numbers.len() / (R * apart) {
            let mut twiddle = pass.twiddles.as_ptr();
            for column in 0..columns {
                for vector_number in 0..inner {
                    let at = block.add((column * inner + vector_number) * vector);
                    let mut x = [Complex::<V>::load(at); R];
                    for (m, x) in x.iter_mut().enumerate().skip(1) {
                        *x = Complex::load(at.add(m * apart));
                        if TWIDDLES && !FORWARD {
                            *x = x.times::<true>(Complex::splat(twiddle.add(2 * m - 2)));
                        }
                    }
                    butterfly::<V, R, FORWARD>(&mut x);
                    x[0].store(at);
                    for (m, mut x) in x.into_iter().enumerate().skip(1) {
                        if TWIDDLES && FORWARD {
                            x = x.times::<false>(Complex::splat(twiddle.add(2 * m - 2)));
                        }
                        x.store(at.add(m * apart));
                    }
                }
                if TWIDDLES {
                    twiddle = twiddle.add(2 * (R - 1));
                }
            }
            block = block.add(R * apart);
        }
    }
}

/// # Safety
/// As `run`.
#[inline(always)]
unsafe fn middle<V: RealVector, const R: usize>(numbers: &mut [V::Lane], spectrum: &[V::Lane]) {
    let vector = 2 * V::COUNT;
    for (block, factors) in numbers.chunks_exact_mut(R * vector).zip(spectrum.chunks_exact(R * vector)) {
        let (block, factors) = (block.as_mut_ptr(), factors.as_ptr());
        // SAFETY: both chunks hold R points.
        unsafe {
            let mut x = [Complex::<V>::load(block); R];
            for (m, x) in x.iter_mut().enumerate().skip(1) {
                *x = Complex::load(block.add(m * vector));
            }
            butterfly::<V, R, true>(&mut x);
            for (m, x) in x.iter_mut().enumerate() {
                *x = x.times::<false>(Complex::load(factors.add(m * vector)));
            }
            butterfly::<V, R, false>(&mut x);
            for (m, x) in x.into_iter().enumerate() {
                x.store(block.add(m * vector));
            }
        }
    }
}

/// # Safety
/// As `run`.
#[inline(always)]
unsafe fn multiply<V: RealVector>(sums: &mut [V::Lane], numbers: &[V::Lane], spectrum: &[V::Lane], accumulate: bool) {
    let vector = 2 * V::COUNT;
    let points = numbers.chunks_exact(vector).zip(spectrum.chunks_exact(vector));
    for (sum, (number, factor)) in sums.chunks_exact_mut(vector).zip(points) {
        // SAFETY: each chunk holds a point.
        unsafe {
            let (number, factor) = (Complex::<V>::load(number.as_ptr()), Complex::load(factor.as_ptr()));
            let product = if accumulate {
                Complex::load(sum.as_ptr()).add_product(number, factor)
            } else {
                number.times::<false>(factor)
            };
            product.store(sum.as_mut_ptr());
        }
    }
}

/// # Safety
/// As `run`.
#[inline(always)]
unsafe fn twist<V: RealVector, const CONJUGATE: bool>(strip: &mut [V::Lane], bases: &[V::Lane], steps: &[V::Lane]) {
    let vector = 2 * V::COUNT;
    let factors = bases.chunks_exact(vector).zip(steps.chunks_exact(2));
    for (point, (base, step)) in strip.chunks_exact_mut(vector).zip(factors) {
        // SAFETY: chunks hold a point, a point and a number.
        unsafe {
            let factor = Complex::<V>::load(base.as_ptr()).times::<false>(Complex::splat(step.as_ptr()));
            Complex::load(point.as_ptr()).times::<CONJUGATE>(factor).store(point.as_mut_ptr());
        }
    }
}

/// Sums that a survey keeps at a time, each waiting for the one before.
const CHAINS: usize = 4;

/// # Safety
/// As `run`.
#[inline(always)]
unsafe fn survey<V: RealVector>(numbers: &[V::Lane]) -> (V::Lane, bool) {
    let zero = V::Lane::default();
    let magnitude = |number: V::Lane| if number < zero { zero - number } else { number };
    let (whole, rest) = numbers.split_at(numbers.len() - numbers.len() % V::COUNT);
    // SAFETY: every chunk is a vector.
    unsafe {
        let step = |[most, least, nothing]: [V; 3], chunk: &[V::Lane]| {
            let x = V::load(chunk.as_ptr());
            // Zero times what is not finite is NaN.
            [most.most(x), least.least(x), nothing.add_product(x, V::splat(zero))]
        };
        let mut chains = [[V::splat(zero); 3]; CHAINS];
        let blocks = whole.chunks_exact(CHAINS * V::COUNT);
        let left = blocks.remainder();
        for block in blocks {
            for at in 0..CHAINS {
                chains[at] = step(chains[at], &block[at * V::COUNT..]);
            }
        }
        for chunk in left.chunks_exact(V::COUNT) {
            chains[0] = step(chains[0], chunk);
        }
        let join = |[most, least, nothing]: [V; 3], other: [V; 3]| {
            [most.most(other[0]), least.least(other[1]), nothing.plus(other[2])]
        };
        let [most, least, nothing] = chains.into_iter().fold([V::splat(zero); 3], join);
        let mut largest = zero;
        for side in [most, least] {
            largest = each(side).into_iter().take(V::COUNT).map(magnitude).fold(largest, larger);
        }
        let mut sum = each(nothing).into_iter().take(V::COUNT).fold(zero, |sum, number| sum + number);
        for &number in rest {
            largest = larger(largest, magnitude(number));
            sum = sum + number * zero;
        }
        (largest, sum == zero)
    }
}

fn larger<L: Real>(left: L, right: L) -> L {
    if right > left { right } else { left }
}

/// The numbers of a vector, and zeros.
///
/// # Safety
/// As `run`.
#[inline(always)]
pub(super) unsafe fn each<V: RealVector>(vector: V) -> [V::Lane; 16] {
    let mut numbers = [V::Lane::of_parts(0.0, 0.0); 16];
    const { assert!(V::COUNT <= 16) };
    // SAFETY: a vector holds at most as many.
    unsafe { vector.store(numbers.as_mut_ptr()) };
    numbers
}
