//! Turn: lines as columns.
//!
//! Computes   t[i, r] = x[start + r·step + i]
//!
//! Idea      A square of W lines by W numbers is turned in registers: interleaving vector i with vector i + W/2 for all i halves
//!           the distance between a line's numbers' places, log₂W times.
//! Memory    Lines may be pages apart, more of them than a CPU foresees: what lies some vectors on, in the source and in the
//!           target, is asked for while a square is turned: of an image, most often the line below.

use crate::arch::InstructionSet;
use crate::memory::{MatrixMut, Source};
use crate::simd::{Real, RealVector, prefetch_to_read, prefetch_to_write};

/// Lines to turn.
#[derive(Clone, Copy, Debug)]
pub struct Turn<'a, L> {
    /// Where the numbers lie.
    pub source: Source<'a, L>,
    /// Where the first line begins.
    pub start: usize,
    /// Numbers from one line to the next.
    pub step: usize,
    /// Lines: columns of the target.
    pub lines: usize,
}

impl<L> Turn<'_, L> {
    fn check(&self, rows: usize, columns: usize) {
        assert!(self.lines > 0 && self.lines == columns && rows > 0, "a target has a column for each line");
        let last = (self.lines - 1).checked_mul(self.step).and_then(|last| last.checked_add(self.start));
        let end = last.and_then(|last| last.checked_add(rows));
        assert!(end.is_some_and(|end| end <= self.source.length), "lines lie within their source");
    }
}

/// Fills a whole target.
///
/// # Safety
/// The CPU must have the instruction set, and `job.check` must have passed for the target's size.
pub(crate) type Run<L> = unsafe fn(&Turn<'_, L>, &mut MatrixMut<'_, L>);

impl InstructionSet {
    /// Turns lines into columns.
    ///
    /// # Panics
    /// If the job reads outside its source or does not fit the target, or the CPU lacks the instruction set.
    pub fn turn<L: Real>(&'static self, job: &Turn<'_, L>, target: &mut MatrixMut<'_, L>) {
        assert!(self.is_supported(), "{} needs a CPU that has it", self.name);
        job.check(target.rows, target.columns);
        // SAFETY: both asserted above.
        unsafe { (L::transforms(self).turn)(job, target) }
    }
}

/// Numbers of the widest vector of real numbers.
const MOST: usize = 16;
/// Vectors from what is turned to what is asked for.
const AHEAD: usize = 4;

/// # Safety
/// See [`Run`].
#[inline(always)]
pub(crate) unsafe fn run<V: RealVector>(job: &Turn<'_, V::Lane>, target: &mut MatrixMut<'_, V::Lane>) {
    // SAFETY: `check` has counted the lines' reach, and rows and columns lie within the target.
    unsafe {
        for line in (0..job.lines).step_by(V::COUNT) {
            let lines = (job.lines - line).min(V::COUNT);
            for first in (0..target.rows).step_by(V::COUNT) {
                let count = (target.rows - first).min(V::COUNT);
                let from = job.source.pointer.add(job.start + line * job.step + first);
                let to = target.pointer.offset(first as isize * target.row_stride).add(line);
                square::<V>((from, job.step), (to, target.row_stride), (lines, count));
            }
        }
    }
}

/// Turns `lines` lines of `count` numbers, no more than a vector has.
///
/// # Safety
/// The numbers of the lines must be readable, those of the target's rows writable, and the CPU must have the vector's
/// instruction set.
#[inline(always)]
unsafe fn square<V: RealVector>(
    (from, step): (*const V::Lane, usize),
    (to, row): (*mut V::Lane, isize),
    (lines, count): (usize, usize),
) {
    // SAFETY: the caller's word; nothing past `count` is read, nor past `lines` written.
    unsafe {
        for line in 0..lines {
            prefetch_to_read(from.wrapping_add(line * step + AHEAD * V::COUNT));
        }
        for number in 0..count {
            prefetch_to_write(to.wrapping_offset(number as isize * row + (AHEAD * V::COUNT) as isize));
        }
        let mut vectors = [V::splat(V::Lane::default()); MOST];
        if lines == V::COUNT && count == V::COUNT {
            for (line, vector) in vectors.iter_mut().enumerate().take(V::COUNT) {
                *vector = V::load(from.add(line * step));
            }
        } else {
            for (line, vector) in vectors.iter_mut().enumerate().take(lines) {
                let line = from.add(line * step);
                *vector = if count == V::COUNT { V::load(line) } else { V::load_first(line, count) };
            }
        }
        for _ in 0..V::COUNT.ilog2() {
            let mut next = vectors;
            for pair in 0..V::COUNT / 2 {
                (next[2 * pair], next[2 * pair + 1]) = vectors[pair].zip(vectors[pair + V::COUNT / 2]);
            }
            vectors = next;
        }
        if lines == V::COUNT && count == V::COUNT {
            for (number, vector) in vectors.iter().enumerate().take(V::COUNT) {
                vector.store(to.offset(number as isize * row));
            }
        } else {
            for (number, vector) in vectors.iter().enumerate().take(count) {
                let row = to.offset(number as isize * row);
                if lines == V::COUNT { vector.store(row) } else { vector.store_first(row, lines) }
            }
        }
    }
}
