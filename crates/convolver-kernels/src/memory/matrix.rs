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
}
