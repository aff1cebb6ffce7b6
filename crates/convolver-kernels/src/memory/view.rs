//! Views: an N-dimensional array anywhere in memory, with any strides, alignment and byte order.
//!
//! A view proves once, when it is made, that every index within its shape lies in memory it may use; what is derived
//! from it (permuted, cut, an axis split or added) names the same elements or fewer. Reading and writing check indices
//! against the shape, and so need no trust.

use super::matrix::{MatricesMut, MatrixMut, Source};
use crate::element::{Element, ElementType, Kind};
use crate::simd::Lane;
use crate::working::WorkingType;
use ndarray::{ArrayViewD, ArrayViewMutD};
use smallvec::SmallVec;
use std::marker::PhantomData;

/// Lengths, strides or indices, one per axis.
pub type Dims<T> = SmallVec<[T; 4]>;

/// The parts that reading and writing views share.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) pointer: *mut u8,
    pub(crate) element: ElementType,
    pub(crate) swapped: bool,
    /// Whether all bytes between the lowest and the highest element may be read, too.
    pub(crate) spanned: bool,
    pub(crate) shape: Dims<usize>,
    pub(crate) strides: Dims<isize>,
}

impl Layout {
    /// Copies lengths and strides one by one: there are few, and this runs for every operand of every call.
    #[inline(always)]
    fn new(pointer: *mut u8, element: ElementType, swapped: bool, shape: &[usize], strides: &[isize]) -> Self {
        let (lengths, steps) = (Dims::from_slice(shape), Dims::from_slice(strides));
        Layout { pointer, element, swapped, spanned: false, shape: lengths, strides: steps }
    }

    fn of<T: Element>(pointer: *mut T, shape: &[usize], strides: &[isize]) -> Self {
        Layout {
            pointer: pointer.cast(),
            element: T::TYPE,
            swapped: false,
            spanned: is_dense(shape, strides),
            shape: shape.into(),
            strides: strides.iter().map(|stride| stride * size_of::<T>() as isize).collect(),
        }
    }

    pub(crate) fn permuted(&self, axes: &[usize]) -> Self {
        let mut seen: Dims<bool> = SmallVec::from_elem(false, self.shape.len());
        for &axis in axes {
            assert!(!std::mem::replace(&mut seen[axis], true), "an axis appears once in a permutation");
        }
        for (&length, seen) in self.shape.iter().zip(seen) {
            assert!(seen || length > 0, "an axis without elements has no index 0 to be dropped at");
        }
        Layout {
            shape: axes.iter().map(|&axis| self.shape[axis]).collect(),
            strides: axes.iter().map(|&axis| self.strides[axis]).collect(),
            ..*self
        }
    }

    fn split(&self, axis: usize, outer: usize) -> Self {
        let length = self.shape[axis];
        assert!(outer > 0 && length.is_multiple_of(outer), "an axis of {length} splits into {outer} equal parts");
        let mut split = self.clone();
        split.shape[axis] = outer;
        split.strides[axis] = self.strides[axis] * (length / outer) as isize;
        split.shape.insert(axis + 1, length / outer);
        split.strides.insert(axis + 1, self.strides[axis]);
        split
    }

    pub(crate) fn merged(&self, outer: usize, inner: usize) -> Option<Self> {
        let length = self.shape[inner];
        // An axis of one element has any stride.
        let stride = if length == 1 { self.strides[outer] } else { self.strides[inner] };
        let fits = self.shape[outer] == 1 || self.strides[outer] == stride.checked_mul(length as isize)?;
        if outer == inner || !fits {
            return None;
        }
        let mut merged = self.clone();
        merged.shape[outer] *= length;
        merged.strides[outer] = stride;
        merged.shape.remove(inner);
        merged.strides.remove(inner);
        Some(merged)
    }

    fn reversed(&self, axis: usize) -> Self {
        let mut reversed = self.clone();
        let last = self.shape[axis].saturating_sub(1) as isize;
        reversed.pointer = self.pointer.wrapping_offset(last * self.strides[axis]);
        reversed.strides[axis] = -self.strides[axis];
        reversed
    }

    fn sliced(&self, starts: &[usize], lengths: &[usize]) -> Self {
        assert!(starts.len() == self.shape.len() && lengths.len() == self.shape.len(), "one start and length per axis");
        for ((&start, &length), &whole) in starts.iter().zip(lengths).zip(&self.shape) {
            assert!(start <= whole && length <= whole - start, "a slice lies within its axis");
        }
        let offset: isize = if lengths.contains(&0) {
            0
        } else {
            starts.iter().zip(&self.strides).map(|(&start, &stride)| start as isize * stride).sum()
        };
        // `wrapping_offset` needs no proof; the elements named are a subset of this view's.
        Layout {
            pointer: self.pointer.wrapping_offset(offset),
            shape: lengths.into(),
            strides: self.strides.clone(),
            ..*self
        }
    }

    fn stepped(&self, axis: usize, first: usize, step: usize, count: usize) -> Self {
        let length = self.shape[axis];
        let last = count.saturating_sub(1).checked_mul(step).and_then(|reach| reach.checked_add(first));
        assert!(step > 0 && (count == 0 || last.is_some_and(|last| last < length)), "steps stay within their axis");
        let mut stepped = self.clone();
        if count > 0 {
            stepped.pointer = self.pointer.wrapping_offset(first as isize * self.strides[axis]);
        }
        stepped.shape[axis] = count;
        // With one element or none the stride is never taken, and may be too large to multiply.
        stepped.strides[axis] = self.strides[axis].wrapping_mul(if count > 1 { step as isize } else { 1 });
        stepped
    }

    pub(crate) fn with_axis(&self, at: usize, length: usize, stride: isize) -> Self {
        let mut wider = self.clone();
        wider.shape.insert(at, length);
        wider.strides.insert(at, stride);
        wider
    }

    /// The bytes from this view's first element to the one at `index`, which must lie within the shape, as must the
    /// `count` elements from there on along `axis` in steps of `step`.
    pub(crate) fn run_offset(&self, index: &[usize], axis: usize, step: usize, count: usize) -> isize {
        assert_eq!(index.len(), self.shape.len(), "one index per axis");
        let mut offset = 0isize;
        for ((&at, &length), &stride) in index.iter().zip(&self.shape).zip(&self.strides) {
            assert!(at < length, "an index lies within its axis");
            offset += at as isize * stride;
        }
        let last = (count - 1).checked_mul(step).and_then(|steps| steps.checked_add(index[axis]));
        assert!(last.is_some_and(|last| last < self.shape[axis]), "a run lies within its axis");
        offset
    }

    /// As `run_offset`, for the runs of `lines` neighbours along `across`.
    pub(crate) fn lines_offset(
        &self,
        index: &[usize],
        (axis, step, count): (usize, usize, usize),
        (across, lines): (usize, usize),
    ) -> isize {
        assert!(axis != across, "lines run along another axis");
        let offset = self.run_offset(index, axis, step, count);
        assert!(lines <= self.shape[across] - index[across], "lines lie within their axis");
        offset
    }

    /// Whether sums in `L` can be written in place: results of this size that need no rounding or cutting.
    fn takes<L: Lane>(&self) -> bool {
        // A bool in memory is 0 or 1, which a sum need not be.
        self.element.working() == L::TYPE
            && self.element != ElementType::Bool
            && self.element.size() == size_of::<L>()
            && !self.swapped
            && (self.pointer as usize).is_multiple_of(align_of::<L>())
            && self.strides.iter().all(|stride| stride % align_of::<L>() as isize == 0)
    }
}

/// Whether the elements fill the memory from the lowest to the highest without gaps, each of them once.
fn is_dense(shape: &[usize], strides: &[isize]) -> bool {
    let mut axes: Dims<(usize, usize)> =
        shape.iter().zip(strides).map(|(&length, stride)| (stride.unsigned_abs(), length)).collect();
    axes.retain(|&mut (_, length)| length != 1);
    axes.sort_unstable();
    let mut filled = 1;
    axes.iter().all(|&(stride, length)| {
        let next = stride == filled && length > 0;
        filled *= length;
        next
    })
}

/// An array to read.
#[derive(Clone, Debug)]
pub struct View<'a> {
    pub(crate) layout: Layout,
    lifetime: PhantomData<&'a u8>,
}

// SAFETY: a view only reads, and every element type is `Sync`.
unsafe impl Send for View<'_> {}
// SAFETY: as above.
unsafe impl Sync for View<'_> {}

macro_rules! shared_methods {
    () => {
        /// Length of each axis.
        pub fn shape(&self) -> &[usize] {
            &self.layout.shape
        }

        /// Bytes from one element to the next along each axis.
        pub fn strides(&self) -> &[isize] {
            &self.layout.strides
        }

        /// What the elements are.
        pub fn element(&self) -> ElementType {
            self.layout.element
        }

        /// Number of elements.
        pub fn len(&self) -> usize {
            self.layout.shape.iter().product()
        }

        /// Whether there are no elements.
        #[inline]
        pub fn is_empty(&self) -> bool {
            self.layout.shape.contains(&0)
        }

        /// The addresses from the first byte of the array to the one after its last; `None` if it is empty.
        #[inline]
        pub fn address_range(&self) -> Option<(usize, usize)> {
            if self.is_empty() {
                return None;
            }
            let (mut low, mut high) = (self.layout.pointer as isize, self.layout.pointer as isize);
            for (&length, &stride) in self.layout.shape.iter().zip(&self.layout.strides) {
                let reach = (length as isize - 1) * stride;
                low += reach.min(0);
                high += reach.max(0);
            }
            Some((low as usize, high as usize + self.layout.element.size()))
        }
    };
}

impl<'a> View<'a> {
    /// A view of memory that something else owns.
    ///
    /// # Safety
    /// For `'a`, every index within `shape` must name, through `strides` (in bytes), `element.size()` bytes that may be
    /// read and are not written, and so may all bytes between the lowest and the highest of them. Alignment and values are
    /// free.
    #[inline]
    pub unsafe fn from_raw(
        pointer: *const u8,
        element: ElementType,
        swapped: bool,
        shape: &[usize],
        strides: &[isize],
    ) -> Self {
        let layout = Layout { spanned: true, ..Layout::new(pointer.cast_mut(), element, swapped, shape, strides) };
        View { layout, lifetime: PhantomData }
    }

    /// A view of an `ndarray` view.
    pub fn from_array<T: Element>(array: &ArrayViewD<'a, T>) -> Self {
        View { layout: Layout::of(array.as_ptr().cast_mut(), array.shape(), array.strides()), lifetime: PhantomData }
    }

    fn of(layout: Layout) -> Self {
        View { layout, lifetime: PhantomData }
    }

    shared_methods!();

    /// The axes in another order; axes not named are dropped at index 0.
    pub fn permuted(&self, axes: &[usize]) -> Self {
        Self::of(self.layout.permuted(axes))
    }

    /// One axis as two: `outer` equal parts, and the place within a part.
    pub fn split(&self, axis: usize, outer: usize) -> Self {
        Self::of(self.layout.split(axis, outer))
    }

    /// Two axes as one, where the elements of `inner` lie in memory between neighbours of `outer` and fill that gap.
    pub fn merged(&self, outer: usize, inner: usize) -> Option<Self> {
        self.layout.merged(outer, inner).map(Self::of)
    }

    /// A box of the view.
    pub fn sliced(&self, starts: &[usize], lengths: &[usize]) -> Self {
        Self::of(self.layout.sliced(starts, lengths))
    }

    /// One axis backwards.
    pub fn reversed(&self, axis: usize) -> Self {
        Self::of(self.layout.reversed(axis))
    }

    /// `count` elements of one axis: every `step`-th from `first` on.
    pub fn stepped(&self, axis: usize, first: usize, step: usize, count: usize) -> Self {
        Self::of(self.layout.stepped(axis, first, step, count))
    }

    /// The elements as numbers to sum in place; `None` unless they are such numbers, aligned, whole elements apart with
    /// nothing foreign between them, and no axis runs backwards.
    pub fn source<L: Lane>(&self) -> Option<Source<'a, L>> {
        let element = self.layout.element;
        let suits = match element {
            ElementType::C64 => WorkingType::F32 == L::TYPE,
            ElementType::C128 => WorkingType::F64 == L::TYPE,
            element => element.working() == L::TYPE && element != ElementType::Bool,
        };
        if suits { self.in_place(if element.kind() == Kind::Complex { 2 } else { 1 }) } else { None }
    }

    /// The bits of bfloat16 elements; `None` as in `source`.
    pub fn bfloats(&self) -> Option<Source<'a, i16>> {
        if self.layout.element == ElementType::BF16 { self.in_place(1) } else { None }
    }

    /// The elements as so many numbers each.
    fn in_place<L: Lane>(&self, numbers: usize) -> Option<Source<'a, L>> {
        let layout = &self.layout;
        let size = size_of::<L>();
        let suits = layout.spanned
            && !layout.swapped
            && !self.is_empty()
            && layout.element.size() == numbers * size
            && (layout.pointer as usize).is_multiple_of(align_of::<L>())
            && layout.strides.iter().all(|&stride| stride >= 0 && stride % layout.element.size() as isize == 0);
        let reach =
            || layout.shape.iter().zip(&layout.strides).map(|(&length, &stride)| (length - 1) * stride as usize);
        suits.then(|| Source {
            pointer: layout.pointer.cast_const().cast(),
            length: reach().sum::<usize>() / size + numbers,
            lifetime: PhantomData,
        })
    }

    /// A new axis along which every element repeats.
    pub fn repeated(&self, at: usize, length: usize) -> Self {
        Self::of(self.layout.with_axis(at, length, 0))
    }

    /// An axis of length 1 stretched to `length` equal elements.
    pub fn broadcast(&self, axis: usize, length: usize) -> Self {
        assert_eq!(self.layout.shape[axis], 1, "an axis of length 1 broadcasts");
        let mut layout = self.layout.clone();
        layout.shape[axis] = length;
        layout.strides[axis] = 0;
        Self::of(layout)
    }
}

/// An array to write. Its elements are distinct: no two indices name overlapping bytes.
#[derive(Debug)]
pub struct ViewMut<'a> {
    pub(crate) layout: Layout,
    lifetime: PhantomData<&'a mut u8>,
}

// SAFETY: a `ViewMut` is the only way to its elements, and every element type is `Send`.
unsafe impl Send for ViewMut<'_> {}
// SAFETY: a shared `ViewMut` gives out shapes, never elements.
unsafe impl Sync for ViewMut<'_> {}

impl<'a> ViewMut<'a> {
    /// A view of memory that something else owns.
    ///
    /// # Safety
    /// For `'a`, every index within `shape` must name, through `strides` (in bytes), `element.size()` bytes of its own
    /// that nothing else reads or writes. Alignment and values are free.
    #[inline]
    pub unsafe fn from_raw(
        pointer: *mut u8,
        element: ElementType,
        swapped: bool,
        shape: &[usize],
        strides: &[isize],
    ) -> Self {
        let layout = Layout::new(pointer, element, swapped, shape, strides);
        ViewMut { layout, lifetime: PhantomData }
    }

    /// A view of an `ndarray` view.
    pub fn from_array<T: Element>(array: &'a mut ArrayViewMutD<'_, T>) -> Self {
        let (shape, strides): (Dims<usize>, Dims<isize>) = (array.shape().into(), array.strides().into());
        ViewMut { layout: Layout::of(array.as_mut_ptr(), &shape, &strides), lifetime: PhantomData }
    }

    /// # Safety
    /// The elements of `layout` must be this view's alone for `'a`.
    pub(crate) unsafe fn of(layout: Layout) -> Self {
        ViewMut { layout, lifetime: PhantomData }
    }

    shared_methods!();

    /// The axes in another order; axes not named are dropped at index 0.
    pub fn permuted(self, axes: &[usize]) -> Self {
        ViewMut { layout: self.layout.permuted(axes), lifetime: PhantomData }
    }

    /// One axis as two: `outer` equal parts, and the place within a part.
    pub fn split(self, axis: usize, outer: usize) -> Self {
        ViewMut { layout: self.layout.split(axis, outer), lifetime: PhantomData }
    }

    /// Two axes as one, as [`View::merged`]; otherwise the view as it was.
    pub fn merged(self, outer: usize, inner: usize) -> Result<Self, Self> {
        match self.layout.merged(outer, inner) {
            Some(layout) => Ok(ViewMut { layout, lifetime: PhantomData }),
            None => Err(self),
        }
    }

    /// A box of the view.
    pub fn sliced(&mut self, starts: &[usize], lengths: &[usize]) -> ViewMut<'_> {
        ViewMut { layout: self.layout.sliced(starts, lengths), lifetime: PhantomData }
    }

    /// `count` elements of one axis: every `step`-th from `first` on.
    pub fn stepped(&mut self, axis: usize, first: usize, step: usize, count: usize) -> ViewMut<'_> {
        ViewMut { layout: self.layout.stepped(axis, first, step, count), lifetime: PhantomData }
    }

    /// A new axis of length 1.
    pub fn with_axis(self, at: usize) -> Self {
        ViewMut { layout: self.layout.with_axis(at, 1, 0), lifetime: PhantomData }
    }

    /// One axis backwards.
    pub fn reversed(self, axis: usize) -> Self {
        ViewMut { layout: self.layout.reversed(axis), lifetime: PhantomData }
    }

    /// The elements from `index` on, a number of them along each of two axes, to write sums in place; one row if the
    /// first axis is not given. `None` unless they have the size of `L`, are aligned, and neighbours along `columns`.
    pub fn matrix<L: Lane>(
        &mut self,
        index: &[usize],
        rows: Option<(usize, usize)>,
        (column_axis, columns): (usize, usize),
    ) -> Option<MatrixMut<'_, L>> {
        let size = size_of::<L>() as isize;
        if !self.layout.takes::<L>() || (self.layout.strides[column_axis] != size && columns > 1) {
            return None;
        }
        let (row_stride, rows) = match rows {
            None => (0, 1),
            Some((axis, rows)) => {
                assert!(rows > 0 && axis != column_axis, "a matrix has rows and columns");
                assert!(rows <= self.layout.shape[axis] - index[axis], "rows lie within their axis");
                (self.layout.strides[axis], rows)
            }
        };
        if row_stride % size != 0 {
            return None;
        }
        assert!(columns > 0, "a matrix has columns");
        let offset = self.layout.run_offset(index, column_axis, 1, columns);
        Some(MatrixMut {
            pointer: self.layout.pointer.wrapping_offset(offset).cast(),
            row_stride: row_stride / size,
            rows,
            columns,
            lifetime: PhantomData,
        })
    }

    /// A matrix, as [`matrix`](ViewMut::matrix) gives it, for each of a number of elements of one more axis.
    pub fn matrices<L: Lane>(
        &mut self,
        index: &[usize],
        (axis, count): (usize, usize),
        rows: Option<(usize, usize)>,
        columns: (usize, usize),
    ) -> Option<MatricesMut<'_, L>> {
        assert!(axis != columns.0 && rows.is_none_or(|(row, _)| row != axis), "every axis of a matrix is another");
        assert!(count > 0 && count <= self.layout.shape[axis] - index[axis], "matrices lie within their axis");
        let (size, step) = (size_of::<L>() as isize, self.layout.strides[axis]);
        if step % size != 0 {
            return None;
        }
        Some(MatricesMut { matrix: self.matrix(index, rows, columns)?, step: step / size, count })
    }
}
