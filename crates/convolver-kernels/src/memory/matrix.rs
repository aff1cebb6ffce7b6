//! Sources and matrices: numbers in memory as micro-kernels read and write them.

use std::marker::PhantomData;

/// Numbers to read by offset, from a slice or in place of a view.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a, L> {
    pub(crate) pointer: *const L,
    pub(crate) length: usize,
    pub(super) lifetime: PhantomData<&'a L>,
}

// SAFETY: a source only reads, as a shared slice does.
unsafe impl<L: Sync> Send for Source<'_, L> {}
// SAFETY: as above.
unsafe impl<L: Sync> Sync for Source<'_, L> {}

impl<'a, L> From<&'a [L]> for Source<'a, L> {
    fn from(slice: &'a [L]) -> Self {
        Source { pointer: slice.as_ptr(), length: slice.len(), lifetime: PhantomData }
    }
}

impl<'a, L> Source<'a, L> {
    /// Some neighbouring numbers.
    ///
    /// # Panics
    /// If they do not all lie within the source.
    pub fn slice(&self, first: usize, count: usize) -> &'a [L] {
        assert!(first <= self.length && count <= self.length - first, "numbers within their source");
        // SAFETY: asserted above; all numbers from the first to the last may be read for `'a`.
        unsafe { std::slice::from_raw_parts(self.pointer.add(first), count) }
    }
}

/// Rows of neighbouring elements to write in place.
#[derive(Debug)]
pub struct MatrixMut<'a, T> {
    pub(crate) pointer: *mut T,
    pub(crate) row_stride: isize,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(super) lifetime: PhantomData<&'a mut T>,
}

impl<'a, T> MatrixMut<'a, T> {
    /// The first `rows` × `columns` elements of a slice that holds a row every `row_stride` elements.
    pub fn from_slice(slice: &'a mut [T], rows: usize, columns: usize, row_stride: usize) -> Self {
        assert!(rows > 0 && columns > 0 && columns <= row_stride, "a matrix has rows that do not overlap");
        let end = (rows - 1).checked_mul(row_stride).and_then(|last| last.checked_add(columns));
        assert!(end.is_some_and(|end| end <= slice.len()), "a matrix lies within its slice");
        let row_stride = row_stride as isize;
        MatrixMut { pointer: slice.as_mut_ptr(), row_stride, rows, columns, lifetime: PhantomData }
    }

    /// Numbers in a row.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// A single row as rows of `block` numbers each; what is left at its end is not part of them.
    pub fn folded(&mut self, block: usize) -> MatrixMut<'_, T> {
        assert!(
            self.rows == 1 && block > 0 && block <= self.columns,
            "one row folds into blocks of some of its columns"
        );
        let rows = self.columns / block;
        MatrixMut { pointer: self.pointer, row_stride: block as isize, rows, columns: block, lifetime: PhantomData }
    }

    /// Some columns.
    pub fn part(&mut self, first: usize, columns: usize) -> MatrixMut<'_, T> {
        assert!(
            columns > 0 && first <= self.columns && columns <= self.columns - first,
            "columns lie within the matrix"
        );
        MatrixMut { pointer: self.pointer.wrapping_add(first), columns, lifetime: PhantomData, ..*self }
    }

    /// Some columns of some neighbouring rows: the first of each, and how many.
    pub fn block(&mut self, rows: (usize, usize), columns: (usize, usize)) -> MatrixMut<'_, T> {
        let MatrixMut { pointer, rows, columns, .. } = self.rows_from(rows.0, rows.1).part(columns.0, columns.1);
        MatrixMut { pointer, rows, columns, lifetime: PhantomData, ..*self }
    }

    /// Every `step`-th row from `first` on.
    pub fn rows(&mut self, first: usize, step: usize) -> MatrixMut<'_, T> {
        assert!(first < self.rows && step > 0, "rows lie within the matrix");
        MatrixMut {
            pointer: self.pointer.wrapping_offset(first as isize * self.row_stride),
            row_stride: self.row_stride * step as isize,
            rows: (self.rows - first).div_ceil(step),
            columns: self.columns,
            lifetime: PhantomData,
        }
    }

    /// The rows from the last one to the first.
    pub fn backwards(&mut self) -> MatrixMut<'_, T> {
        let last = (self.rows - 1) as isize * self.row_stride;
        let (pointer, row_stride) = (self.pointer.wrapping_offset(last), -self.row_stride);
        MatrixMut { pointer, row_stride, lifetime: PhantomData, ..*self }
    }

    /// `count` neighbouring rows from `first` on.
    pub fn rows_from(&mut self, first: usize, count: usize) -> MatrixMut<'_, T> {
        assert!(count > 0 && first <= self.rows && count <= self.rows - first, "rows lie within the matrix");
        MatrixMut { rows: count, ..self.rows(first, 1) }
    }
}

/// Matrices of one shape, equally far apart, to write in place. No element belongs to two of them.
#[derive(Debug)]
pub struct MatricesMut<'a, T> {
    /// The first.
    pub(crate) matrix: MatrixMut<'a, T>,
    /// Elements from one to the next.
    pub(crate) step: isize,
    pub(crate) count: usize,
}

impl<'a, T> MatricesMut<'a, T> {
    /// The first `count` matrices of `rows` × `columns` elements of a slice that holds one every `step` elements, and a row
    /// every `row_stride` of them.
    pub fn from_slice(
        slice: &'a mut [T],
        (count, step): (usize, usize),
        (rows, row_stride): (usize, usize),
        columns: usize,
    ) -> Self {
        assert!(count > 0 && rows > 0 && columns > 0, "matrices have elements");
        let along = |count: usize, step: usize| (count - 1).checked_mul(step).and_then(|end| end.checked_add(columns));
        // Either a row of one matrix lies within the gap between those of the next, or a whole matrix does.
        let within = |(count, step): (usize, usize), (outer, outer_step): (usize, usize)| {
            let fits = along(count, step).is_some_and(|reach| reach <= outer_step);
            (count == 1 || columns <= step) && (outer == 1 || fits)
        };
        let (matrices, lines) = ((count, step), (rows, row_stride));
        assert!(within(matrices, lines) || within(lines, matrices), "matrices do not overlap");
        let end = along(rows, row_stride).and_then(|end| end.checked_add((count - 1).checked_mul(step)?));
        assert!(end.is_some_and(|end| end <= slice.len()), "matrices lie within their slice");
        let (row_stride, pointer) = (row_stride as isize, slice.as_mut_ptr());
        MatricesMut {
            matrix: MatrixMut { pointer, row_stride, rows, columns, lifetime: PhantomData },
            step: step as isize,
            count,
        }
    }

    /// Every `step`-th row of all matrices from `first` on.
    pub fn rows(&mut self, first: usize, step: usize) -> MatricesMut<'_, T> {
        MatricesMut { matrix: self.matrix.rows(first, step), step: self.step, count: self.count }
    }

    /// One of them.
    ///
    /// # Panics
    /// If there are not that many.
    pub(crate) fn at(&mut self, number: usize) -> MatrixMut<'_, T> {
        assert!(number < self.count, "a matrix that is there");
        let pointer = self.matrix.pointer.wrapping_offset(number as isize * self.step);
        MatrixMut { pointer, lifetime: PhantomData, ..self.matrix }
    }
}

impl<'a, T> From<MatrixMut<'a, T>> for MatricesMut<'a, T> {
    fn from(matrix: MatrixMut<'a, T>) -> Self {
        MatricesMut { matrix, step: 0, count: 1 }
    }
}
