//! Rows of a tile, read.

use super::butterfly::Complex;
use super::jobs::Job;
use super::rows::Rows;
use crate::arch::InstructionSet;
use crate::simd::{Real, RealVector};

/// A tile to read rows from, by any number of threads.
#[derive(Clone, Copy)]
pub struct TileRows<'a, L: Real> {
    set: &'static InstructionSet,
    numbers: &'a [L],
    rows: usize,
}

impl<'a, L: Real> TileRows<'a, L> {
    /// A tile of `rows` rows.
    ///
    /// # Panics
    /// If `numbers` is not whole strips of so many rows, or the CPU lacks the instruction set.
    pub fn new(set: &'static InstructionSet, numbers: &'a [L], rows: usize) -> Self {
        assert!(set.is_supported(), "{} needs a CPU that has it", set.name);
        let strip = rows.checked_mul(2 * set.lanes::<L>()).expect("a tile fits the memory");
        assert!(strip > 0 && numbers.len().is_multiple_of(strip), "whole strips");
        TileRows { set, numbers, rows }
    }

    /// The real parts times `factors[0]` plus the imaginary parts times `factors[1]`, of as many of a row's first numbers as
    /// the line has, all times both scales. `below` has a bit of each number of every vector, the lowest of the first one:
    /// whether its magnitude was less than `limit` before that.
    ///
    /// # Panics
    /// If the row is not of the tile, or the line no whole vectors of it, or `below` not of their number.
    pub fn fetch(&self, row: usize, factors: [L; 2], line: &mut [L], scales: [L; 2], limit: L, below: &mut [u32]) {
        let rows = self.check(row, line.len(), below.len());
        // SAFETY: `new` has asked the CPU; the row lies in every strip, and is only read.
        unsafe { (L::transforms(self.set).run)(Job::Fetch { rows, row, line, factors, scales, limit, below }) };
    }

    /// The complex numbers of a row, as [`TileRows::fetch`] reads real ones: their parts alternate, and the larger part of
    /// each is compared with `limit`.
    ///
    /// # Panics
    /// As [`TileRows::fetch`].
    pub fn fetch_pairs(&self, row: usize, line: &mut [L], scales: [L; 2], limit: L, below: &mut [u32]) {
        assert!(line.len().is_multiple_of(2), "a number has two parts");
        let rows = self.check(row, line.len() / 2, below.len());
        // SAFETY: as above.
        unsafe { (L::transforms(self.set).run)(Job::FetchPairs { rows, row, line, scales, limit, below }) };
    }

    /// The strips that so many numbers of a row lie in.
    fn check(&self, row: usize, numbers: usize, vectors: usize) -> Rows<L> {
        let lanes = self.set.lanes::<L>();
        let strip = self.rows * 2 * lanes;
        let within = vectors <= self.numbers.len() / strip && numbers == vectors * lanes;
        assert!(row < self.rows && within, "whole vectors of a row of the tile");
        Rows { block: self.numbers.as_ptr().cast_mut(), strip, strips: vectors }
    }
}

/// # Safety
/// As [`super::jobs::run`]: the row's vectors may be read; the line has a vector, and `below` an element, for every strip.
#[inline(always)]
pub(super) unsafe fn fetch<V: RealVector>(
    rows: &Rows<V::Lane>,
    row: usize,
    (line, below): (&mut [V::Lane], &mut [u32]),
    factors: [V::Lane; 2],
    scales: [V::Lane; 2],
    limit: V::Lane,
) {
    // SAFETY: the caller's word.
    unsafe {
        let (zero, limit) = (V::splat(V::Lane::default()), V::splat(limit));
        let [re, im] = factors.map(|factor| V::splat(factor));
        let [first, second] = scales.map(|scale| V::splat(scale));
        for (number, (chunk, below)) in line.chunks_exact_mut(V::COUNT).zip(below).enumerate() {
            let x = Complex::<V>::load(rows.block.add(number * rows.strip + row * 2 * V::COUNT));
            let x = x.re.times(re).add_product(x.im, im);
            *below = x.most(zero.minus(x)).below(limit);
            x.times(first).times(second).store(chunk.as_mut_ptr());
        }
    }
}

/// # Safety
/// As `fetch`, with two vectors of the line for every strip.
#[inline(always)]
pub(super) unsafe fn fetch_pairs<V: RealVector>(
    rows: &Rows<V::Lane>,
    row: usize,
    (line, below): (&mut [V::Lane], &mut [u32]),
    scales: [V::Lane; 2],
    limit: V::Lane,
) {
    // SAFETY: the caller's word.
    unsafe {
        let (zero, limit) = (V::splat(V::Lane::default()), V::splat(limit));
        let magnitude = |x: V| x.most(zero.minus(x));
        let [first, second] = scales.map(|scale| V::splat(scale));
        for (number, (chunk, below)) in line.chunks_exact_mut(2 * V::COUNT).zip(below).enumerate() {
            let x = Complex::<V>::load(rows.block.add(number * rows.strip + row * 2 * V::COUNT));
            *below = magnitude(x.re).most(magnitude(x.im)).below(limit);
            let (low, high) = x.re.zip(x.im);
            low.times(first).times(second).store(chunk.as_mut_ptr());
            high.times(first).times(second).store(chunk.as_mut_ptr().add(V::COUNT));
        }
    }
}
