//! Rows of a tile in strips: loaded, turned for the transform along them, and read.
//!
//! W rows are a group, the unit that threads take: a block of [W rows][re W | im W] in every strip. The place of row r,
//! column c in a strip tile of M rows is strip c/W, row r, lane c mod W.

use super::butterfly::Complex;
use super::jobs::Job;
use crate::arch::InstructionSet;
use crate::simd::{Real, RealVector};
use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool, Ordering};

/// Where a group's blocks lie.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rows<L> {
    /// Its block in the first strip.
    pub(crate) block: *mut L,
    /// Numbers of a strip.
    pub(crate) strip: usize,
    /// How many strips.
    pub(crate) strips: usize,
}

/// A tile cut into groups of rows, each given out once.
pub struct RowGroups<'a, L: Real> {
    set: &'static InstructionSet,
    rows: Rows<L>,
    taken: Vec<AtomicBool>,
    lifetime: PhantomData<&'a mut [L]>,
}

// SAFETY: groups are disjoint and given out once; numbers are `Send`.
unsafe impl<L: Real> Send for RowGroups<'_, L> {}
// SAFETY: as above; `taken` decides between threads.
unsafe impl<L: Real> Sync for RowGroups<'_, L> {}

impl<'a, L: Real> RowGroups<'a, L> {
    /// Cuts a tile of `rows` rows, a multiple of the lanes of a vector.
    ///
    /// # Panics
    /// If `numbers` is not whole strips of so many rows, or the CPU lacks the instruction set.
    pub fn new(set: &'static InstructionSet, numbers: &'a mut [L], rows: usize) -> Self {
        let lanes = set.lanes::<L>();
        let strip = rows.checked_mul(2 * lanes).expect("a tile fits the memory");
        assert!(set.is_supported(), "{} needs a CPU that has it", set.name);
        assert!(rows > 0 && rows.is_multiple_of(lanes), "groups of as many rows as a vector has lanes");
        assert!(numbers.len().is_multiple_of(strip), "whole strips");
        let rows_of = Rows { block: numbers.as_mut_ptr(), strip, strips: numbers.len() / strip };
        let taken = (0..rows / lanes).map(|_| AtomicBool::new(false)).collect();
        RowGroups { set, rows: rows_of, taken, lifetime: PhantomData }
    }

    /// Number of groups.
    pub fn len(&self) -> usize {
        self.taken.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.taken.is_empty()
    }

    /// A group; `None` if it was taken before.
    pub fn take(&self, number: usize) -> Option<RowGroup<'_, L>> {
        if self.taken[number].swap(true, Ordering::Relaxed) {
            return None;
        }
        let lanes = self.set.lanes::<L>();
        let block = self.rows.block.wrapping_add(number * lanes * 2 * lanes);
        Some(RowGroup { set: self.set, rows: Rows { block, ..self.rows }, lifetime: PhantomData })
    }
}

/// W rows of a tile.
pub struct RowGroup<'a, L: Real> {
    set: &'static InstructionSet,
    rows: Rows<L>,
    lifetime: PhantomData<&'a mut [L]>,
}

impl<L: Real> RowGroup<'_, L> {
    fn lanes(&self) -> usize {
        self.set.lanes::<L>()
    }

    fn transform(&self, job: Job<'_, L>) {
        // SAFETY: `RowGroups::new` has asked the CPU and checked the tile; the methods below check the rest.
        unsafe { (L::transforms(self.set).run)(job) }
    }

    fn check(&self, row: usize, numbers: usize, parts: usize) {
        let line = self.rows.strips * self.lanes();
        assert!(row < self.lanes() && numbers == line * parts, "a whole line for a row of the group");
    }

    fn check_lines(&self, lines: usize) {
        assert_eq!(lines, self.rows.strips * self.lanes() * 2 * self.lanes(), "a point for every column");
    }

    /// Turns the rows into columns: point c of `lines` holds column c of every row.
    ///
    /// # Panics
    /// If `lines` has another size.
    pub fn turn(&self, lines: &mut [L]) {
        self.check_lines(lines.len());
        self.transform(Job::Turn { rows: self.rows, lines: lines.as_mut_ptr(), back: false });
    }

    /// Turns columns back into the rows.
    ///
    /// # Panics
    /// As [`RowGroup::turn`].
    pub fn turn_back(&mut self, lines: &[L]) {
        self.check_lines(lines.len());
        self.transform(Job::Turn { rows: self.rows, lines: lines.as_ptr().cast_mut(), back: true });
    }

    /// Sets a row to the complex numbers `(lines[0] + i·lines[1])·(factor[0] + i·factor[1])`, and adds the squares of their
    /// parts to `squares`.
    ///
    /// # Panics
    /// If the row is not of the group or a line not of its length.
    pub fn place(&mut self, row: usize, lines: [&[L]; 2], factor: [L; 2], squares: &mut Squares<L>) {
        lines.iter().for_each(|line| self.check(row, line.len(), 1));
        self.transform(Job::Place { rows: self.rows, row, lines, factor, squares: &mut squares.0 });
    }

    /// Sets a row to complex numbers, whose parts alternate in `line`, times `scale`, and adds their squares to `squares`.
    ///
    /// # Panics
    /// As [`RowGroup::place`].
    pub fn place_pairs(&mut self, row: usize, line: &[L], scale: L, squares: &mut Squares<L>) {
        self.check(row, line.len(), 2);
        self.transform(Job::PlacePairs { rows: self.rows, row, line, scale, squares: &mut squares.0 });
    }
}

/// Sums of squares, one for every lane of the widest vector.
#[derive(Clone, Copy, Debug, Default)]
pub struct Squares<L>([L; 16]);

impl<L: Real> Squares<L> {
    /// Their sum.
    pub fn total(&self) -> f64 {
        self.0.iter().map(|&sum| -> f64 { sum.into() }).sum()
    }
}

/// # Safety
/// As [`super::jobs::run`]: the group's blocks, and as many points at `lines`, may be read and written.
#[inline(always)]
pub(super) unsafe fn turn<V: RealVector>(rows: &Rows<V::Lane>, lines: *mut V::Lane, back: bool) {
    for strip in 0..rows.strips {
        // SAFETY: the caller's word.
        unsafe {
            let block = rows.block.add(strip * rows.strip);
            let line = lines.add(strip * V::COUNT * 2 * V::COUNT);
            let (from, to) = if back { (line, block) } else { (block, line) };
            for half in 0..2 {
                let (from, to) = (from.add(half * V::COUNT), to.add(half * V::COUNT));
                match V::COUNT {
                    16 => transpose::<V, 16>(from, to),
                    8 => transpose::<V, 8>(from, to),
                    4 => transpose::<V, 4>(from, to),
                    _ => transpose::<V, 2>(from, to),
                }
            }
        }
    }
}

/// Transposes a square of vectors, which stand every other vector: each round of zips turns one bit of the place.
///
/// # Safety
/// As `turn`; `N` is the vector's count.
#[inline(always)]
unsafe fn transpose<V: RealVector, const N: usize>(from: *const V::Lane, to: *mut V::Lane) {
    // SAFETY: the caller's word.
    unsafe {
        let mut x: [V; N] = std::array::from_fn(|i| V::load(from.add(i * 2 * N)));
        let mut bits = N;
        while bits > 1 {
            let mut zipped = x;
            for i in 0..N / 2 {
                (zipped[2 * i], zipped[2 * i + 1]) = x[i].zip(x[i + N / 2]);
            }
            x = zipped;
            bits /= 2;
        }
        for (i, vector) in x.into_iter().enumerate() {
            vector.store(to.add(i * 2 * N));
        }
    }
}

/// # Safety
/// As `turn`; the lines are of the rows' length.
#[inline(always)]
pub(super) unsafe fn place<V: RealVector>(
    rows: &Rows<V::Lane>,
    row: usize,
    lines: [&[V::Lane]; 2],
    factor: [V::Lane; 2],
    sums: &mut [V::Lane; 16],
) {
    // SAFETY: the caller's word.
    unsafe {
        let factor = Complex { re: V::splat(factor[0]), im: V::splat(factor[1]) };
        let mut squares = V::splat(V::Lane::default());
        let chunks = lines[0].chunks_exact(V::COUNT).zip(lines[1].chunks_exact(V::COUNT));
        for (number, (re, im)) in chunks.enumerate() {
            let x = Complex::<V> { re: V::load(re.as_ptr()), im: V::load(im.as_ptr()) }.times::<false>(factor);
            squares = squares.add_product(x.re, x.re).add_product(x.im, x.im);
            x.store(rows.block.add(number * rows.strip + row * 2 * V::COUNT));
        }
        V::load(sums.as_ptr()).plus(squares).store(sums.as_mut_ptr());
    }
}

/// # Safety
/// As `place`, with two numbers of the line for each of a row.
#[inline(always)]
pub(super) unsafe fn place_pairs<V: RealVector>(
    rows: &Rows<V::Lane>,
    row: usize,
    line: &[V::Lane],
    scale: V::Lane,
    sums: &mut [V::Lane; 16],
) {
    // SAFETY: the caller's word.
    unsafe {
        let scale = V::splat(scale);
        let mut squares = V::splat(V::Lane::default());
        for (number, chunk) in line.chunks_exact(2 * V::COUNT).enumerate() {
            let mut x = V::load(chunk.as_ptr()).times(scale);
            let mut other = V::load(chunk.as_ptr().add(V::COUNT)).times(scale);
            squares = squares.add_product(x, x).add_product(other, other);
            // As many rounds of zips as bring the parts of all numbers together.
            let mut count = V::COUNT;
            while count > 1 {
                (x, other) = x.zip(other);
                count /= 2;
            }
            Complex { re: x, im: other }.store(rows.block.add(number * rows.strip + row * 2 * V::COUNT));
        }
        V::load(sums.as_ptr()).plus(squares).store(sums.as_mut_ptr());
    }
}
