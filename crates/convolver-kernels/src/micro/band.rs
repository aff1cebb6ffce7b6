//! The band: several rows of outputs at once, so that a loaded input vector serves several rows.
//!
//! Computes   y[r, i] (+)= Σ_p Σ_q Σ_c  w_p[c, q] · x[start + (r + q)·row + d_{p,c} + i]
//!
//! A *phase* p is a set of taps that all have the same number of kernel rows q, as far apart as output rows are; its
//! columns d_{p,c} are the offsets of their first rows. A kernel is one phase where the stride is 1, and up to `stride` of
//! them otherwise.
//!
//! Idea      R output rows × V vectors stay in registers. The input vector of row t serves output rows t−q for every
//!           kernel row q: V loads and R broadcasts for R·V multiply-adds. With R = 1 every multiply-add would need a load
//!           of its own, and a load that crosses a cache line takes two slots.
//! Picture   t = 0   1   2   3   4        R = 3 rows, 3 kernel rows: the input rows at both ends serve fewer outputs
//!           r=0 │ ─────────
//!           r=1 │     ─────────
//!           r=2 │         ─────────
//! Order     per output: phases, then kernel rows, then columns, whatever R and V are, so results do not depend on how an
//!           output is cut into bands.

use crate::memory::{MatrixMut, Source};
use crate::simd::{Lane, Vector};

/// Taps of the same number of kernel rows, which lie as far apart as output rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Phase {
    /// Kernel rows of each column.
    pub rows: usize,
    /// How many columns.
    pub columns: usize,
}

/// What a band is computed from.
#[derive(Clone, Copy, Debug)]
pub struct Band<'a, L> {
    /// A packed tile of the input, or the input itself.
    pub input: Source<'a, L>,
    /// Where in it output row 0, column 0 starts.
    pub start: usize,
    /// Elements between the starts of two output rows.
    pub row_step: usize,
    /// The kernel's phases.
    pub phases: &'a [Phase],
    /// Offsets of the columns' first taps, phase by phase.
    pub columns: &'a [usize],
    /// Weights phase by phase, each column by column, the rows of a column together.
    pub weights: &'a [L],
    /// Whether the target's values are added to.
    pub accumulate: bool,
}

impl<L: Lane> Band<'_, L> {
    /// Checks that every element the job reads for `rows` × `columns` outputs lies in `input`.
    pub(crate) fn check(&self, rows: usize, columns: usize) {
        assert!(!self.phases.is_empty(), "a band has taps");
        let (mut deepest, mut columns_seen, mut taps) = (0usize, 0usize, Some(0usize));
        for phase in self.phases {
            assert!(phase.rows > 0 && phase.columns > 0, "a phase has taps");
            let of_phase = self.columns[columns_seen..].get(..phase.columns);
            let furthest = of_phase.and_then(|columns| columns.iter().max()).expect("a phase has its columns");
            let reach = (phase.rows - 1).checked_mul(self.row_step).and_then(|last| last.checked_add(*furthest));
            deepest = deepest.max(reach.expect("a band reads within its tile"));
            columns_seen += phase.columns;
            taps = taps.and_then(|taps| taps.checked_add(phase.rows.checked_mul(phase.columns)?));
        }
        assert_eq!(columns_seen, self.columns.len(), "every column belongs to a phase");
        assert_eq!(taps, Some(self.weights.len()), "one weight per tap");
        let lowest = (rows - 1).checked_mul(self.row_step).and_then(|last| last.checked_add(self.start));
        let end = lowest.and_then(|lowest| lowest.checked_add(deepest)?.checked_add(columns));
        assert!(end.is_some_and(|end| end <= self.input.length), "a band reads within its tile");
    }
}

/// A strip of R rows and W vectors at a time, compiled for an instruction set: job, target, first row.
///
/// # Safety
/// The CPU must have the instruction set, `job.check` must have passed for the target's size, and R rows from the first
/// must lie within the target.
pub(crate) type Strip<L> = unsafe fn(&Band<'_, L>, &mut MatrixMut<'_, L>, usize);

/// Computes a whole target in strips; `strips[r - 1]` computes r rows.
///
/// # Safety
/// The CPU must have the instruction set of the strips, and `job.check` must have passed for the target's size.
pub(crate) unsafe fn run<L: Lane>(strips: &[Strip<L>], job: &Band<'_, L>, target: &mut MatrixMut<'_, L>) {
    let deepest = job.phases.iter().map(|phase| phase.rows).max().unwrap_or(1);
    let most = deepest.min(strips.len());
    let mut row = 0;
    while row < target.rows {
        // Strips as equal as can be: a last one of a single row would reuse nothing.
        let left = target.rows - row;
        let rows = left.div_ceil(left.div_ceil(most));
        // SAFETY: the caller's word; `rows` from `row` on lie within the target.
        unsafe { strips[rows - 1](job, target, row) };
        row += rows;
    }
}

/// R rows from `row` on, over all columns.
///
/// # Safety
/// See [`Strip`].
#[inline(always)]
pub(crate) unsafe fn strip<V: Vector, const R: usize, const W: usize>(
    job: &Band<'_, V::Lane>,
    target: &mut MatrixMut<'_, V::Lane>,
    row: usize,
) {
    let (wide, columns) = (W * V::COUNT, target.columns);
    // A block may lie over its neighbour, whose outputs then come out the same once more.
    let over = !job.accumulate;
    let mut column = 0;
    // SAFETY: blocks lie within the target, and so do the first outputs of one that is not whole.
    unsafe {
        let x = job.input.pointer.wrapping_add(job.start + row * job.row_step);
        let y = target.pointer.offset(row as isize * target.row_stride);
        while column + wide <= columns || (over && columns >= wide && columns - column > wide / 2) {
            let at = column.min(columns - wide);
            block::<V, R, W, false>(job, 0, x.add(at), y.add(at), target.row_stride);
            column = at + wide;
        }
        // What is left is done by halves, as long as they are more than a vector wide.
        column = tail::<V, R, W, 2>(job, (x, y), (column, columns), target.row_stride);
        column = tail::<V, R, W, 4>(job, (x, y), (column, columns), target.row_stride);
        while column < columns {
            if column + V::COUNT <= columns || (over && columns >= V::COUNT) {
                let at = column.min(columns - V::COUNT);
                block::<V, R, 1, false>(job, 0, x.add(at), y.add(at), target.row_stride);
                column = at + V::COUNT;
            } else {
                block::<V, R, 1, true>(job, columns - column, x.add(column), y.add(column), target.row_stride);
                column = columns;
            }
        }
    }
}

/// Blocks of W/PART vectors, where they are more than one vector, from `column` on; gives the column after them.
///
/// # Safety
/// As `block`, for all columns.
#[inline(always)]
unsafe fn tail<V: Vector, const R: usize, const W: usize, const PART: usize>(
    job: &Band<'_, V::Lane>,
    (x, y): (*const V::Lane, *mut V::Lane),
    (mut column, columns): (usize, usize),
    row_stride: isize,
) -> usize {
    let wide = W.div_ceil(PART) * V::COUNT;
    while W.div_ceil(PART) > 1 && columns > column + wide / 2 && columns >= wide {
        if column + wide > columns && job.accumulate {
            break;
        }
        let at = column.min(columns - wide);
        // SAFETY: the caller's word; the block lies within the columns.
        unsafe {
            match W.div_ceil(PART) {
                2 => block::<V, R, 2, false>(job, 0, x.add(at), y.add(at), row_stride),
                3 => block::<V, R, 3, false>(job, 0, x.add(at), y.add(at), row_stride),
                _ => block::<V, R, 4, false>(job, 0, x.add(at), y.add(at), row_stride),
            }
        }
        column = at + wide;
    }
    column
}

/// R rows × W vectors of outputs, held in registers. Of a single vector that is `FEW`, the first `count` numbers.
///
/// # Safety
/// As `strip`; `x` is the input at the block's first output, and the block at `y` is writable.
#[inline(always)]
unsafe fn block<V: Vector, const R: usize, const W: usize, const FEW: bool>(
    job: &Band<'_, V::Lane>,
    count: usize,
    x: *const V::Lane,
    y: *mut V::Lane,
    row_stride: isize,
) {
    // SAFETY: `check` has counted every offset added here.
    unsafe {
        let mut sums = [[V::splat(<V::Lane>::default()); W]; R];
        if job.accumulate {
            for (r, sums) in sums.iter_mut().enumerate() {
                for (v, sum) in sums.iter_mut().enumerate() {
                    *sum = load::<V, FEW>(y.offset(r as isize * row_stride), v, count);
                }
            }
        }
        let (mut weights, mut columns) = (job.weights.as_ptr(), job.columns);
        for phase in job.phases {
            let (of_phase, rest) = columns.split_at_unchecked(phase.columns);
            let taps =
                Taps::<_, FEW> { x, weights, rows: phase.rows, row_step: job.row_step, columns: of_phase, count };
            if phase.rows >= R {
                taps.tall::<V, R, W>(&mut sums);
            } else {
                taps.short::<V, R, W>(&mut sums);
            }
            weights = weights.add(phase.rows * phase.columns);
            columns = rest;
        }
        for (r, sums) in sums.iter().enumerate() {
            for (v, &sum) in sums.iter().enumerate() {
                let y = y.offset(r as isize * row_stride).add(v * V::COUNT);
                if FEW { sum.store_first(y, count) } else { sum.store(y) }
            }
        }
    }
}

/// Vector `v` of a row; of one that is `FEW`, the first `count` numbers.
///
/// # Safety
/// Its numbers must be readable, and the CPU must have the instruction set.
#[inline(always)]
unsafe fn load<V: Vector, const FEW: bool>(row: *const V::Lane, v: usize, count: usize) -> V {
    // SAFETY: the caller's word.
    unsafe { if FEW { V::load_first(row, count) } else { V::load(row.wrapping_add(v * V::COUNT)) } }
}

/// One phase of a block.
struct Taps<'a, L, const FEW: bool> {
    x: *const L,
    weights: *const L,
    rows: usize,
    row_step: usize,
    columns: &'a [usize],
    count: usize,
}

impl<L: Lane, const FEW: bool> Taps<'_, L, FEW> {
    /// A phase of at least R kernel rows: input rows that see every output row, between R − 1 that see fewer on each side.
    ///
    /// # Safety
    /// As `block`.
    #[inline(always)]
    unsafe fn tall<V: Vector<Lane = L>, const R: usize, const W: usize>(&self, sums: &mut [[V; W]; R]) {
        // The bounds are literals, because sums indexed by a variable would leave the registers.
        // SAFETY: the caller's word.
        unsafe {
            macro_rules! head { ($($n:literal)*) => { $(if R > $n { self.row::<V, R, W, 0, $n>(sums, $n - 1); })* } }
            head!(1 2 3 4 5);
            for t in R - 1..self.rows {
                self.row::<V, R, W, 0, R>(sums, t);
            }
            macro_rules! tail { ($($n:literal)*) => { $(if R > $n { self.row::<V, R, W, $n, R>(sums, self.rows + $n - 1); })* } }
            tail!(1 2 3 4 5);
        }
    }

    /// A phase of fewer kernel rows than R: row by row.
    ///
    /// # Safety
    /// As `block`.
    #[inline(always)]
    unsafe fn short<V: Vector<Lane = L>, const R: usize, const W: usize>(&self, sums: &mut [[V; W]; R]) {
        for q in 0..self.rows {
            let rows: [_; R] = std::array::from_fn(|r| self.x.wrapping_add((r + q) * self.row_step));
            for (c, &column) in self.columns.iter().enumerate() {
                // SAFETY: the caller's word.
                unsafe {
                    let weight = V::splat(*self.weights.add(c * self.rows + q));
                    for (r, sums) in sums.iter_mut().enumerate() {
                        for (v, sum) in sums.iter_mut().enumerate() {
                            let input = load::<V, FEW>(rows[r].wrapping_add(column), v, self.count);
                            *sum = sum.add_product(input, weight);
                        }
                    }
                }
            }
        }
    }

    /// Input row `t` for output rows `LOW..HIGH`: kernel row t − r for output row r.
    ///
    /// # Safety
    /// As `block`.
    #[inline(always)]
    unsafe fn row<V: Vector<Lane = L>, const R: usize, const W: usize, const LOW: usize, const HIGH: usize>(
        &self,
        sums: &mut [[V; W]; R],
        t: usize,
    ) {
        // SAFETY: t − r is a kernel row for every r in LOW..HIGH by the bounds that `tall` gives.
        unsafe {
            let x = self.x.wrapping_add(t * self.row_step);
            let mut weights = self.weights.wrapping_add(t);
            for &column in self.columns {
                let x = x.wrapping_add(column);
                let mut inputs = [V::splat(L::default()); W];
                for (v, input) in inputs.iter_mut().enumerate() {
                    *input = load::<V, FEW>(x, v, self.count);
                }
                #[expect(
                    clippy::needless_range_loop,
                    reason = "bounds that are literals, so that the loop is unrolled"
                )]
                for r in LOW..HIGH {
                    let weight = V::splat(*weights.wrapping_sub(r));
                    for v in 0..W {
                        sums[r][v] = sums[r][v].add_product(inputs[v], weight);
                    }
                }
                weights = weights.wrapping_add(self.rows);
            }
        }
    }
}
