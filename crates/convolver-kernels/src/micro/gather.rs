//! Gather: lines put together from runs of equally spaced numbers, dense for a matrix product.
//!
//! Computes   t[i, place_r + j] = x[start + l_i + o_r + j·s_r],   j < c_r,   place_r = Σ_{q<r} c_q,   zeros behind the last run
//!
//! Idea      Which numbers a product multiplies is a table of offsets: of the lines, and of the runs that every line is
//!           made of. Lines are terms and runs are outputs, or the other way round; weights and inputs are gathered alike.

use crate::memory::{MatrixMut, Source};
use crate::simd::{Lane, Vector, prefetch_to_read};

/// Lines between the one that is copied and the one that memory is asked for: what they hold lies apart, which no prefetcher of the
/// CPU follows.
const AHEAD: usize = 8;
/// Bytes of a cache line.
const CACHE_LINE: usize = 64;

/// Equally spaced numbers of every line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Run {
    /// Where they start, from the start of a line.
    pub offset: usize,
    /// How many they are.
    pub count: usize,
    /// From one to the next.
    pub step: usize,
}

impl Run {
    /// Where the run ends, unless that is past every address.
    fn end(&self) -> Option<usize> {
        match self.count {
            0 => Some(0),
            count => (count - 1).checked_mul(self.step)?.checked_add(self.offset)?.checked_add(1),
        }
    }
}

/// What a matrix is put together from.
#[derive(Clone, Copy, Debug)]
pub struct Gather<'a, L> {
    /// Where the numbers lie.
    pub source: Source<'a, L>,
    /// Added to every offset.
    pub start: usize,
    /// Offset of each line.
    pub lines: &'a [usize],
    /// What a line is made of.
    pub runs: &'a [Run],
}

impl<L: Lane> Gather<'_, L> {
    /// Checks that every number lies in the source, and that lines fit the target.
    pub(crate) fn check(&self, rows: usize, columns: usize) {
        self.check_with(rows, columns, 0);
    }

    /// The same for numbers that lie `further` on.
    pub(crate) fn check_with(&self, rows: usize, columns: usize, further: usize) {
        assert_eq!(self.lines.len(), rows, "one line for each row");
        let count = self.runs.iter().try_fold(0usize, |sum, run| sum.checked_add(run.count));
        assert!(count.is_some_and(|count| count <= columns), "lines fit their rows");
        let line = self.lines.iter().max().copied().unwrap_or(0);
        let reach = self.runs.iter().map(Run::end).try_fold(0, |most, end| {
            let most: usize = most;
            Some(most.max(end?))
        });
        let end = reach.and_then(|reach| reach.checked_add(line)?.checked_add(self.start)?.checked_add(further));
        assert!(end.is_some_and(|end| end <= self.source.length), "a gather reads within its source");
    }
}

/// Fills a whole target.
///
/// # Safety
/// The CPU must have the instruction set, and `job.check` must have passed for the target's size.
pub(crate) type Fill<L> = unsafe fn(&Gather<'_, L>, &mut MatrixMut<'_, L>);

/// # Safety
/// See [`Fill`].
#[inline(always)]
pub(crate) unsafe fn fill<V: Vector>(job: &Gather<'_, V::Lane>, target: &mut MatrixMut<'_, V::Lane>) {
    for (row, &line) in job.lines.iter().enumerate() {
        // SAFETY: `check` has counted the reach of every run of every line, and that they fit the row.
        unsafe {
            let from = job.source.pointer.add(job.start + line);
            let first = target.pointer.offset(row as isize * target.row_stride);
            let mut place = 0;
            let soon = job.lines.get(row + AHEAD).map(|&line| job.source.pointer.wrapping_add(job.start + line));
            for run in job.runs {
                if let Some(soon) = soon {
                    ask(soon.wrapping_add(run.offset), run);
                }
                copy::<V>(from.add(run.offset), first.add(place), run, target.columns - place);
                place += run.count;
            }
            if place < target.columns {
                clear::<V>(first.add(place), target.columns - place);
            }
        }
    }
}

/// Asks memory for the numbers of a run.
#[inline(always)]
fn ask<L>(first: *const L, &Run { count, step, .. }: &Run) {
    let (last, line) = (count.saturating_sub(1) * step, (CACHE_LINE / size_of::<L>()).max(step));
    let mut at = 0;
    while at < last {
        prefetch_to_read(first.wrapping_add(at));
        at += line;
    }
    prefetch_to_read(first.wrapping_add(last));
}

/// # Safety
/// The numbers of a run are readable from `from` on and `room` numbers, as many at least, writable at `to`, and the CPU has the
/// vector's instruction set. What is behind the run is written later.
#[inline(always)]
unsafe fn copy<V: Vector>(from: *const V::Lane, to: *mut V::Lane, &Run { count, step, .. }: &Run, room: usize) {
    // SAFETY: the caller's word; nothing past `count` is read, and nothing past `room` written.
    unsafe {
        let mut at = 0;
        if step != 1 {
            while step == 2 && at < count {
                let some = V::COUNT.min(count - at);
                let numbers = V::load_every_second(from.add(2 * at), some);
                if some < V::COUNT {
                    numbers.store_first(to.add(at), some)
                } else {
                    numbers.store(to.add(at))
                }
                at += some;
            }
            return (at..count).for_each(|at| *to.add(at) = *from.add(at * step));
        }
        while at + V::COUNT <= count {
            V::load(from.add(at)).store(to.add(at));
            at += V::COUNT;
        }
        match count - at {
            0 => {}
            1 => *to.add(at) = *from.add(at),
            left if at + V::COUNT <= room => V::load_first(from.add(at), left).store(to.add(at)),
            left => V::load_first(from.add(at), left).store_first(to.add(at), left),
        }
    }
}

/// # Safety
/// `count` numbers are writable at `to`, and the CPU has the vector's instruction set.
#[inline(always)]
unsafe fn clear<V: Vector>(to: *mut V::Lane, count: usize) {
    // SAFETY: the caller's word.
    unsafe {
        let zeros = V::splat(<V::Lane>::default());
        let mut at = 0;
        while at + V::COUNT <= count {
            zeros.store(to.add(at));
            at += V::COUNT;
        }
        if at < count {
            zeros.store_first(to.add(at), count - at);
        }
    }
}
