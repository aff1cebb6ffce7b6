//! Products: a block of a matrix product, rows times a panel.
//!
//! Computes   y[r, i] (+)= Σ_t  a[r, t] · b[t, i],   i < the panel's width
//!
//! Idea      R rows × W vectors of sums stay in registers; a term loads W vectors of the panel and one number of each row.
//! Picture          b ├─W vectors─┤ t
//!           a[r, t]    y y y y         R·W multiply-adds for W + R loads
//! Order     per output: terms in sequence
//! Source    Goto & van de Geijn, Anatomy of High-Performance Matrix Multiplication (2008)

use crate::memory::MatrixMut;
use crate::simd::{Lane, Vector};

/// The operands of a block.
#[derive(Clone, Copy, Debug)]
pub struct Products<'a, L> {
    /// Rows of terms.
    pub rows: &'a [L],
    /// From one row to the next.
    pub row_step: usize,
    /// For each term, as many numbers as a panel is wide.
    pub panel: &'a [L],
    /// How many terms.
    pub terms: usize,
    /// Whether the target's values are added to.
    pub accumulate: bool,
}

impl<L: Lane> Products<'_, L> {
    /// Checks that every number the job reads lies in its slices, and that the target is as wide as the panel.
    pub(crate) fn check(&self, rows: usize, columns: usize, width: usize) {
        assert_eq!(columns, width, "a target is as wide as a panel");
        let end = (rows - 1).checked_mul(self.row_step).and_then(|last| last.checked_add(self.terms));
        assert!(end.is_some_and(|end| end <= self.rows.len()), "products read within their rows");
        let panel = self.terms.checked_mul(width);
        assert!(panel.is_some_and(|numbers| numbers <= self.panel.len()), "products read within their panel");
    }
}

/// Computes a whole target.
///
/// # Safety
/// The CPU must have the instruction set, and `job.check` must have passed for the target's size.
pub(crate) type Multiply<L> = unsafe fn(&Products<'_, L>, &mut MatrixMut<'_, L>);

/// Rows that are summed at once.
const TALL: usize = 6;

/// # Safety
/// See [`Multiply`].
#[inline(always)]
pub(crate) unsafe fn multiply<V: Vector, const W: usize>(
    job: &Products<'_, V::Lane>,
    target: &mut MatrixMut<'_, V::Lane>,
) {
    let mut row = 0;
    // SAFETY: rows lie within the target, and `check` has counted what is read for them.
    unsafe {
        while row + TALL <= target.rows {
            strip::<V, TALL, W>(job, target, row);
            row += TALL;
        }
        macro_rules! left { ($($rows:literal)*) => { match target.rows - row {
            $($rows => strip::<V, $rows, W>(job, target, row),)*
            _ => {}
        } } }
        left!(1 2 3 4 5);
    }
}

/// `R` rows from `row` on.
///
/// # Safety
/// As `multiply`; the rows lie within the target.
#[inline(always)]
unsafe fn strip<V: Vector, const R: usize, const W: usize>(
    job: &Products<'_, V::Lane>,
    target: &mut MatrixMut<'_, V::Lane>,
    row: usize,
) {
    // SAFETY: `check` has counted every row's terms and the panel's, and the target is a panel wide.
    unsafe {
        let rows: [_; R] = std::array::from_fn(|r| job.rows.as_ptr().add((row + r) * job.row_step));
        let y: [_; R] = std::array::from_fn(|r| target.pointer.offset((row + r) as isize * target.row_stride));
        let mut sums = [[V::splat(<V::Lane>::default()); W]; R];
        if job.accumulate {
            for (sums, y) in sums.iter_mut().zip(y) {
                for (w, sum) in sums.iter_mut().enumerate() {
                    *sum = V::load(y.add(w * V::COUNT));
                }
            }
        }
        let mut panel = job.panel.as_ptr();
        for term in 0..job.terms {
            let mut numbers = [V::splat(<V::Lane>::default()); W];
            for (w, number) in numbers.iter_mut().enumerate() {
                *number = V::load(panel.add(w * V::COUNT));
            }
            for (sums, row) in sums.iter_mut().zip(rows) {
                let weight = V::splat(*row.add(term));
                for (sum, &number) in sums.iter_mut().zip(&numbers) {
                    *sum = sum.add_product(number, weight);
                }
            }
            panel = panel.add(W * V::COUNT);
        }
        for (sums, y) in sums.iter().zip(y) {
            for (w, sum) in sums.iter().enumerate() {
                sum.store(y.add(w * V::COUNT));
            }
        }
    }
}
