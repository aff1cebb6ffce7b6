//! Products: a block of a matrix product, rows times a panel, both read where they lie.
//!
//! Computes   y[r, i] (+)= Σ_t  a[rows_r + terms_t] · b[start + places_t + i],   i < the panel's width
//!
//! Idea      R rows × W vectors of sums stay in registers; a term loads W vectors of the panel and one number of each row.
//!           What a row adds to an address and what a term adds are tables, so that samples and weights need not be copied.
//! Picture          b ├─W vectors─┤ t
//!           a[r, t]    y y y y         R·W multiply-adds for W + R loads
//! Order     per output: terms in sequence, and what is accumulated is added last, so that errors grow with the terms of a job
//! Source    Goto & van de Geijn, Anatomy of High-Performance Matrix Multiplication (2008)

use crate::arch::InstructionSet;
use crate::memory::{MatrixMut, Source};
use crate::simd::{Lane, Vector, prefetch_to_read};
use crate::working::Working;

/// Numbers of terms: where the first lies, and what each term adds.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a, L> {
    /// The numbers.
    pub numbers: Source<'a, L>,
    /// Added to every place.
    pub start: usize,
    /// What each term adds.
    pub places: &'a [usize],
}

impl<L: Lane> Terms<'_, L> {
    /// Whether vectors of every term begin where such a vector does in memory: others lie in two lines of the cache.
    pub fn aligned(&self, set: &'static InstructionSet) -> bool {
        let numbers = set.lanes::<L>();
        let first = self.numbers.pointer.wrapping_add(self.start).addr();
        first.is_multiple_of(numbers * size_of::<L>()) && self.places.iter().all(|place| place.is_multiple_of(numbers))
    }

    /// Whether the numbers hold so many neighbours of every term, `further` on.
    fn reach(&self, further: usize, neighbours: usize) -> bool {
        let Some(furthest) = self.places.iter().max() else { return true };
        let end = furthest.checked_add(self.start).and_then(|end| end.checked_add(further)?.checked_add(neighbours));
        end.is_some_and(|end| end <= self.numbers.length)
    }
}

/// The operands of a block.
#[derive(Clone, Copy, Debug)]
pub struct Products<'a, L> {
    /// The terms of a row.
    pub rows: Terms<'a, L>,
    /// What each row adds.
    pub row_places: &'a [usize],
    /// For each term, as many neighbours as the target is wide.
    pub panel: Terms<'a, L>,
    /// Whether the target's values are added to.
    pub accumulate: bool,
    /// What is asked of memory meanwhile.
    pub ahead: Ahead<'a, L>,
}

/// What is read next, and asked of memory while other numbers are multiplied. It need not be there: nothing is read.
#[derive(Clone, Copy, Debug)]
pub enum Ahead<'a, L> {
    /// Nothing: it lies in the cache.
    Nothing,
    /// As many terms of another panel, and what is added to each for every place that is asked for.
    Panel(Terms<'a, L>, &'a [usize]),
    /// The rows below those that are multiplied.
    Rows,
    /// The same where neighbouring rows of a term lie together, and its neighbours do not.
    RowsOfTerms,
}

impl<L: Lane> Products<'_, L> {
    /// Checks that every number the job reads lies among its numbers, and that the target is whole vectors of a panel wide.
    pub(crate) fn check(&self, rows: usize, columns: usize, (vector, panel): (usize, usize)) {
        assert!(columns.is_multiple_of(vector) && columns <= panel, "a target is whole vectors wide");
        assert_eq!(self.row_places.len(), rows, "one place for each row");
        assert_eq!(self.rows.places.len(), self.panel.places.len(), "rows and the panel have the same terms");
        let furthest = self.row_places.iter().max().copied().unwrap_or(0);
        assert!(self.rows.reach(furthest, 1), "products read within their rows");
        assert!(self.panel.reach(0, columns), "products read within their panel");
        if let Ahead::Panel(next, _) = self.ahead {
            assert_eq!(next.places.len(), self.panel.places.len(), "the next panel has as many terms");
        }
    }
}

/// Computes a whole target.
///
/// # Safety
/// The CPU must have the instruction set, and `job.check` must have passed for the target's size.
pub(crate) type Multiply<L> = unsafe fn(&Products<'_, L>, &mut MatrixMut<'_, L>);

/// Rows that are summed at once, of a whole panel and of a narrower one.
const TALL: usize = 6;
const TALLER: usize = 8;

/// # Safety
/// See [`Multiply`]. `MOST` vectors are a panel.
#[inline(always)]
pub(crate) unsafe fn multiply<V: Vector, const MOST: usize>(
    job: &Products<'_, V::Lane>,
    target: &mut MatrixMut<'_, V::Lane>,
) {
    let mut row = 0;
    // SAFETY: rows lie within the target, and `check` has counted what is read for them.
    unsafe {
        macro_rules! strips { ($width:literal: $($rows:expr),*) => {{ $(
            while target.rows - row >= $rows {
                strip::<V, { $rows }, $width>(job, target, row);
                row += $rows;
            }
        )* }} }
        match target.columns / V::COUNT {
            4 if MOST == 4 => strips!(4: TALL, 5, 4, 3, 2, 1),
            3 if MOST == 4 => strips!(3: TALLER, 4, 2, 1),
            2 if MOST == 2 => strips!(2: TALL, 5, 4, 3, 2, 1),
            2 => strips!(2: TALLER, 4, 2, 1),
            _ => strips!(1: TALLER, 4, 2, 1),
        }
    }
}

/// `R` rows from `row` on.
///
/// # Safety
/// As `multiply`; the rows lie within the target, which is `W` vectors wide.
#[inline(always)]
unsafe fn strip<V: Vector, const R: usize, const W: usize>(
    job: &Products<'_, V::Lane>,
    target: &mut MatrixMut<'_, V::Lane>,
    row: usize,
) {
    // SAFETY: `check` has counted every row's terms and the panel's, and the target is as wide.
    unsafe {
        let first = job.rows.numbers.pointer.wrapping_add(job.rows.start);
        let rows: [_; R] = std::array::from_fn(|r| first.wrapping_add(*job.row_places.get_unchecked(row + r)));
        let y: [_; R] = std::array::from_fn(|r| target.pointer.offset((row + r) as isize * target.row_stride));
        let mut sums = [[V::splat(<V::Lane>::default()); W]; R];
        let panel = job.panel.numbers.pointer.wrapping_add(job.panel.start);
        let ahead = Soon::<V, R>::new(job, row);
        for (term, (&at, &place)) in job.rows.places.iter().zip(job.panel.places).enumerate() {
            ahead.ask(term, at);
            let place = panel.add(place);
            let mut numbers = [V::splat(<V::Lane>::default()); W];
            for (w, number) in numbers.iter_mut().enumerate() {
                *number = V::load(place.add(w * V::COUNT));
            }
            for (sums, row) in sums.iter_mut().zip(rows) {
                let weight = V::splat(*row.add(at));
                for (sum, &number) in sums.iter_mut().zip(&numbers) {
                    *sum = sum.add_product(number, weight);
                }
            }
        }
        if job.accumulate {
            let one = V::splat(V::Lane::of_integer(1));
            for (sums, y) in sums.iter_mut().zip(y) {
                for (w, sum) in sums.iter_mut().enumerate() {
                    *sum = V::load(y.add(w * V::COUNT)).add_product(*sum, one);
                }
            }
        }
        for (sums, y) in sums.iter().zip(y) {
            for (w, sum) in sums.iter().enumerate() {
                sum.store(y.add(w * V::COUNT));
            }
        }
    }
}

/// What the strip of `R` rows from one row on asks for.
enum Soon<'a, V: Vector, const R: usize> {
    Nothing,
    /// The start, terms, and what is added to each of them.
    Panel(*const V::Lane, &'a [usize], &'a [usize]),
    Rows([*const V::Lane; R]),
    /// The last of them.
    RowsOfTerms(*const V::Lane),
}

impl<'a, V: Vector, const R: usize> Soon<'a, V, R> {
    /// # Safety
    /// As `strip`.
    #[inline(always)]
    unsafe fn new(job: &Products<'a, V::Lane>, row: usize) -> Self {
        match job.ahead {
            Ahead::Nothing => Soon::Nothing,
            Ahead::Panel(next, asked) => {
                // Every strip asks for as many.
                let each = asked.len().div_ceil((job.row_places.len() / R).max(1));
                let first = (row / R * each).min(asked.len());
                let asked = &asked[first..asked.len().min(first + each)];
                Soon::Panel(next.numbers.pointer.wrapping_add(next.start), next.places, asked)
            }
            Ahead::RowsOfTerms => {
                let first = job.rows.numbers.pointer.wrapping_add(job.rows.start);
                let last = (row + 2 * R - 1).min(job.row_places.len() - 1);
                // SAFETY: there is a last row.
                Soon::RowsOfTerms(first.wrapping_add(unsafe { *job.row_places.get_unchecked(last) }))
            }
            Ahead::Rows => {
                let first = job.rows.numbers.pointer.wrapping_add(job.rows.start);
                let last = job.row_places.len() - 1;
                // SAFETY: there is a last row.
                let below = |r: usize| unsafe { *job.row_places.get_unchecked((row + R + r).min(last)) };
                Soon::Rows(std::array::from_fn(|r| first.wrapping_add(below(r))))
            }
        }
    }

    /// With each term, `at` in the rows. Neighbouring terms of a row are asked for once.
    ///
    /// # Safety
    /// There is such a term.
    #[inline(always)]
    unsafe fn ask(&self, term: usize, at: usize) {
        // SAFETY: the next panel has as many terms, and the row is less than R.
        unsafe {
            match self {
                Soon::Nothing => {}
                Soon::Panel(start, places, asked) => {
                    let place = start.wrapping_add(*places.get_unchecked(term));
                    asked.iter().for_each(|asked| prefetch_to_read(place.wrapping_add(*asked)));
                }
                Soon::Rows(rows) if term % V::COUNT < R => {
                    prefetch_to_read(rows.get_unchecked(term % V::COUNT).wrapping_add(at));
                }
                Soon::Rows(_) => {}
                Soon::RowsOfTerms(row) => prefetch_to_read(row.wrapping_add(at)),
            }
        }
    }
}
