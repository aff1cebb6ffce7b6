//! Dots: outputs far apart in the input, each a dot product of runs of neighbouring numbers with the kernel's rows.
//!
//! Computes   y[r, i] (+)= Σ_q Σ_c  w[q, c] · x[start + r·row_step + i·step + d_q + c],   c < run
//!
//! Idea      lanes run along the taps. Where a row of the kernel is a long run of neighbours (all channels of a pixel, a
//!           window wider than its step), nothing has to be gathered: every load is of whole vectors as they lie in memory.
//! Picture   x ├──run──┤   ├──run──┤        U outputs at once, so that a loaded vector of weights serves all of them
//!             y[i]        y[i+1]           and their sums do not wait for each other
//! Order     per output: rows, then vectors of taps, a sum per lane; the lanes last

use crate::memory::{MatrixMut, Source};
use crate::simd::{Lane, TOGETHER, Vector};
use crate::working::Working;

/// What dot products are made of.
#[derive(Clone, Copy, Debug)]
pub struct Dots<'a, L> {
    /// A packed tile of the input, or the input itself.
    pub input: Source<'a, L>,
    /// Where in it the first output's first run starts.
    pub start: usize,
    /// Elements between the starts of two output rows.
    pub row_step: usize,
    /// Elements between the starts of two outputs of a row.
    pub step: usize,
    /// Offsets of the kernel's rows.
    pub rows: &'a [usize],
    /// Neighbouring taps of each row.
    pub run: usize,
    /// Weights row by row.
    pub weights: &'a [L],
    /// Whether the target's values are added to.
    pub accumulate: bool,
}

impl<L: Lane> Dots<'_, L> {
    /// Checks that every element the job reads for `rows` × `columns` outputs lies in `input`.
    pub(crate) fn check(&self, rows: usize, columns: usize) {
        let furthest = self.rows.iter().max().expect("dot products have rows");
        assert!(self.run > 0, "dot products have taps");
        assert_eq!(self.rows.len().checked_mul(self.run), Some(self.weights.len()), "one weight per tap");
        let along = |count: usize, step: usize| (count - 1).checked_mul(step);
        let end = along(rows, self.row_step)
            .and_then(|end| end.checked_add(along(columns, self.step)?))
            .and_then(|end| end.checked_add(self.start)?.checked_add(*furthest)?.checked_add(self.run));
        assert!(end.is_some_and(|end| end <= self.input.length), "dot products read within their tile");
    }
}

/// Computes a whole target.
///
/// # Safety
/// The CPU must have the instruction set, and `job.check` must have passed for the target's size.
pub(crate) type Run<L> = unsafe fn(&Dots<'_, L>, &mut MatrixMut<'_, L>);

/// A target's outputs, some at a time.
///
/// # Safety
/// See [`Run`].
#[inline(always)]
pub(crate) unsafe fn run<V: Vector>(job: &Dots<'_, V::Lane>, target: &mut MatrixMut<'_, V::Lane>) {
    for row in 0..target.rows {
        // SAFETY: rows and columns lie within the target, and `check` has counted what is read for them.
        unsafe {
            let x = job.input.pointer.add(job.start + row * job.row_step);
            let y = target.pointer.offset(row as isize * target.row_stride);
            let mut column = 0;
            while column < target.columns {
                let count = TOGETHER.min(target.columns - column);
                let (x, y) = (x.add(column * job.step), y.add(column));
                if count == TOGETHER {
                    outputs::<V, true>(job, x, y, TOGETHER);
                } else {
                    outputs::<V, false>(job, x, y, count);
                }
                column += count;
            }
        }
    }
}

/// The first `count` of some neighbouring outputs; all of them if `ALL`. Sums that are not asked for repeat the last one.
///
/// # Safety
/// As `run`; `x` is the input at the first output, and the outputs at `y` are writable.
#[inline(always)]
unsafe fn outputs<V: Vector, const ALL: bool>(
    job: &Dots<'_, V::Lane>,
    x: *const V::Lane,
    y: *mut V::Lane,
    count: usize,
) {
    let whole = job.run - job.run % V::COUNT;
    // SAFETY: `check` has counted every run of the outputs asked for.
    unsafe {
        let mut sums = [V::splat(<V::Lane>::default()); TOGETHER];
        let mut weights = job.weights.as_ptr();
        for &row in job.rows {
            let place = |u: usize| if ALL { u } else { u.min(count - 1) };
            let runs: [_; TOGETHER] = std::array::from_fn(|u| x.add(row + place(u) * job.step));
            let mut tap = 0;
            while tap < whole {
                let weight = V::load(weights.add(tap));
                for (sum, run) in sums.iter_mut().zip(runs) {
                    *sum = sum.add_product(V::load(run.add(tap)), weight);
                }
                tap += V::COUNT;
            }
            let left = job.run - whole;
            if left > 0 {
                let weight = V::load_first(weights.add(tap), left);
                for (sum, run) in sums.iter_mut().zip(runs) {
                    *sum = sum.add_product(V::load_first(run.add(tap), left), weight);
                }
            }
            weights = weights.add(job.run);
        }
        for (u, &sum) in V::sums(sums)[..count].iter().enumerate() {
            let y = y.add(u);
            *y = if job.accumulate { (*y).plus(sum) } else { sum };
        }
    }
}
