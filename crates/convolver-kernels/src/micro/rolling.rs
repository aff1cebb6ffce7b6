//! Rolling: rows of outputs in registers, each finished and followed by the next while the input rows go by.
//!
//! Computes  y[r, v] (+)= Σ_q Σ_c w[c, q] · x[(r + q)·row + d_c + v·step],   q < K, for W vectors v of each of the rows r
//!
//! Idea      input row t is seen by K rows of outputs, t − K + 1 to t. Their K·W sums stay in registers, so that an input
//!           vector is loaded once for each column, however many rows there are: W inputs and K weights for K·W
//!           multiply-adds. A strip of a band (see `band`) loads R + K − 1 input rows for R rows of outputs.
//! Picture   t = 0   1   2   3   4        K = 3: after t = 2 the first row is written, and the others move up
//!           r=0 │ ─────────
//!           r=1 │     ─────────
//!           r=2 │         ─────────
//! Passes    a kernel of more rows than registers hold, or of several phases, takes several passes; each adds to what the
//!           one before has written
//! Weights   one for all lanes of a vector, or a vector of them
//! Order     that of a band

use super::band::Phase;
use crate::simd::{Lane, Vector, prefetch_to_write};

/// One pass.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rolling<'a, L> {
    /// The first vector of the first row.
    pub(crate) x: *const L,
    /// Numbers from one input row to the next.
    pub(crate) row_step: usize,
    /// Offsets of the columns.
    pub(crate) columns: &'a [usize],
    /// The first column's first weight.
    pub(crate) weights: *const L,
    /// Weights from one column to the next.
    pub(crate) column_step: usize,
    /// The first output.
    pub(crate) y: *mut L,
    pub(crate) row_stride: isize,
    pub(crate) rows: usize,
    /// How many vectors, and numbers from one to the next in the input and in the target.
    pub(crate) vectors: usize,
    pub(crate) steps: (usize, isize),
    /// Outputs of every vector but the last, and of that.
    pub(crate) counts: (usize, usize),
    /// Whether the target's values are added to.
    pub(crate) accumulate: bool,
}

/// A pass of K kernel rows, in blocks of up to W vectors, compiled for an instruction set.
///
/// # Safety
/// The CPU must have the instruction set. There are at least K − 1 rows of outputs. All inputs must be
/// readable, whole vectors of them, and all outputs writable.
pub(crate) type Roll<L> = unsafe fn(&Rolling<'_, L>);

/// The passes of an instruction set, from one kernel row on.
#[derive(Clone, Copy)]
pub(crate) struct Rolls<L: Lane> {
    /// With one weight for all lanes.
    pub(crate) shared: &'static [Roll<L>],
    /// With a weight for each lane.
    pub(crate) own: &'static [Roll<L>],
    /// How many vectors wide they are at most.
    pub(crate) widths: &'static [usize],
}

/// Kernel rows of a phase that one pass sums.
#[derive(Clone, Debug)]
pub(crate) struct Pass {
    pub(crate) phase: usize,
    /// The first of them, and how many.
    pub(crate) first: usize,
    pub(crate) rows: usize,
    /// The phase's first column and how many there are.
    pub(crate) columns: (usize, usize),
    /// The taps before the first.
    pub(crate) taps: usize,
    /// Taps from one column to the next.
    pub(crate) column_step: usize,
}

/// The passes over a kernel, each of at most so many rows and about as many as the others of its phase.
pub(crate) fn passes(phases: &[Phase], most: usize) -> Vec<Pass> {
    let (mut passes, mut column, mut tap) = (Vec::new(), 0, 0);
    for (number, phase) in phases.iter().enumerate() {
        let count = phase.rows.div_ceil(most);
        for part in 0..count {
            let [first, end] = [part, part + 1].map(|part| part * phase.rows / count);
            passes.push(Pass {
                phase: number,
                first,
                rows: end - first,
                columns: (column, phase.columns),
                taps: tap + first,
                column_step: phase.rows,
            });
        }
        column += phase.columns;
        tap += phase.rows * phase.columns;
    }
    passes
}

/// See [`Roll`].
///
/// # Safety
/// See [`Roll`].
#[inline(always)]
pub(crate) unsafe fn roll<V: Vector, const K: usize, const W: usize, const OWN: bool>(pass: &Rolling<'_, V::Lane>) {
    // Blocks are about equal: one of few vectors waits for its sums.
    let blocks = pass.vectors.div_ceil(W);
    for block in 0..blocks {
        let [first, end] = [block, block + 1].map(|block| block * pass.vectors / blocks);
        // SAFETY: the caller's word.
        unsafe {
            let block = Rolling {
                x: pass.x.add(first * pass.steps.0),
                y: pass.y.offset(first as isize * pass.steps.1),
                vectors: end - first,
                counts: (pass.counts.0, if end == pass.vectors { pass.counts.1 } else { pass.counts.0 }),
                ..*pass
            };
            match block.vectors {
                1 => rows::<V, K, 1, OWN>(&block),
                2 if const { W > 2 } => rows::<V, K, 2, OWN>(&block),
                3 if const { W > 3 } => rows::<V, K, 3, OWN>(&block),
                4 if const { W > 4 } => rows::<V, K, 4, OWN>(&block),
                5 if const { W > 5 } => rows::<V, K, 5, OWN>(&block),
                6 if const { W > 6 } => rows::<V, K, 6, OWN>(&block),
                7 if const { W > 7 } => rows::<V, K, 7, OWN>(&block),
                _ => rows::<V, K, W, OWN>(&block),
            }
        }
    }
}

/// All rows of W vectors: input rows that fewer than K rows of outputs see stand before and after the others.
///
/// # Safety
/// See [`Roll`].
#[inline(always)]
unsafe fn rows<V: Vector, const K: usize, const W: usize, const OWN: bool>(pass: &Rolling<'_, V::Lane>) {
    // The bounds are literals, because sums indexed by a variable would leave the registers.
    // SAFETY: the caller's word; every input row `t` below is seen by the outputs, and every row finished is one of them.
    unsafe {
        let mut block = Block::<V, K, W> { sums: [[V::splat(<V::Lane>::default()); W]; K] };
        macro_rules! head { ($($n:literal)*) => { $(if K > $n {
            block.begin::<OWN>(pass, $n - 1);
            block.input_row::<OWN, 0, $n>(pass, $n - 1);
            block.move_up();
        })* } }
        head!(1 2 3 4 5 6);
        for t in K - 1..pass.rows {
            block.begin::<OWN>(pass, t);
            block.input_row::<OWN, 0, K>(pass, t);
            block.finish(pass, t + 1 - K);
            block.move_up();
        }
        macro_rules! tail { ($($n:literal)*) => { $(if K > $n {
            block.input_row::<OWN, $n, K>(pass, pass.rows + $n - 1);
            block.finish(pass, pass.rows + $n - K);
            block.move_up();
        })* } }
        tail!(1 2 3 4 5 6);
    }
}

/// The sums of K rows of outputs, of which the first is finished next.
struct Block<V, const K: usize, const W: usize> {
    sums: [[V; W]; K],
}

impl<V: Vector, const K: usize, const W: usize> Block<V, K, W> {
    /// A row of outputs comes in as the last.
    ///
    /// # Safety
    /// See [`Roll`]; `row` is a row of outputs.
    #[inline(always)]
    unsafe fn begin<const OWN: bool>(&mut self, pass: &Rolling<'_, V::Lane>, row: usize) {
        // SAFETY: the caller's word.
        unsafe {
            let y = pass.y.offset(row as isize * pass.row_stride);
            for (v, sum) in self.sums[K - 1].iter_mut().enumerate() {
                *sum = V::splat(<V::Lane>::default());
                let y = y.offset(v as isize * pass.steps.1);
                // The row is written when the next ones have come in.
                if !OWN {
                    prefetch_to_write(y);
                }
                if pass.accumulate {
                    let count = pass.count(v, W);
                    *sum = if count < V::COUNT { V::load_first(y, count) } else { V::load(y) };
                }
            }
        }
    }

    /// The first row is written.
    ///
    /// # Safety
    /// As `begin`.
    #[inline(always)]
    unsafe fn finish(&mut self, pass: &Rolling<'_, V::Lane>, row: usize) {
        // SAFETY: the caller's word.
        unsafe {
            let y = pass.y.offset(row as isize * pass.row_stride);
            for (v, sum) in self.sums[0].iter().enumerate() {
                let (y, count) = (y.offset(v as isize * pass.steps.1), pass.count(v, W));
                if count < V::COUNT { sum.store_first(y, count) } else { sum.store(y) }
            }
        }
    }

    #[inline(always)]
    fn move_up(&mut self) {
        for row in 1..K {
            self.sums[row - 1] = self.sums[row];
        }
    }

    /// Input row `t` through the kernel rows `LOW..HIGH`.
    ///
    /// # Safety
    /// See [`Roll`]; the outputs see the row through these kernel rows.
    #[inline(always)]
    unsafe fn input_row<const OWN: bool, const LOW: usize, const HIGH: usize>(
        &mut self,
        pass: &Rolling<'_, V::Lane>,
        t: usize,
    ) {
        // SAFETY: the caller's word.
        unsafe {
            let (x, mut weights) = (pass.x.add(t * pass.row_step), pass.weights);
            let each = if OWN { V::COUNT } else { 1 };
            for &column in pass.columns {
                let x = x.add(column);
                let mut inputs = [V::splat(<V::Lane>::default()); W];
                for (v, input) in inputs.iter_mut().enumerate() {
                    *input = V::load(x.add(v * pass.steps.0));
                }
                for q in LOW..HIGH {
                    let weight = weights.add(q * each);
                    let weight = if OWN { V::load(weight) } else { V::splat(*weight) };
                    for (sum, &input) in self.sums[K - 1 - q].iter_mut().zip(&inputs) {
                        *sum = sum.add_product(input, weight);
                    }
                }
                weights = weights.add(pass.column_step * each);
            }
        }
    }
}

impl<L> Rolling<'_, L> {
    /// A single vector's rows as `parts` vectors of fewer rows, one below the other.
    pub(crate) fn below(self, parts: usize, count: usize) -> Self {
        let rows = self.rows / parts;
        let steps = (rows * self.row_step, rows as isize * self.row_stride);
        Rolling { rows, vectors: parts, steps, counts: (count, count), ..self }
    }

    /// Outputs of a vector of W.
    #[inline(always)]
    fn count(&self, vector: usize, width: usize) -> usize {
        if vector + 1 == width { self.counts.1 } else { self.counts.0 }
    }
}
