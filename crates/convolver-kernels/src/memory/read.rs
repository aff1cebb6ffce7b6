//! Reading a run of elements along one axis into a dense slice of working numbers.

use super::Scalar;
use super::view::View;
use crate::element::{Element, ElementType, Kind, Stored};
use crate::with_element;
use crate::working::Working;
use half::f16;
use half::slice::HalfFloatSliceExt;
use num_complex::Complex;

impl<'a> View<'a> {
    /// All elements in order, where they are of this type and lie in memory one after the other. Never those of bool, which
    /// may be any byte.
    pub fn slice<T: Element>(&self) -> Option<&'a [T]> {
        let layout = &self.layout;
        let mut bytes = size_of::<T>() as isize;
        let mut along = layout.shape.iter().zip(&layout.strides).rev();
        let in_order = layout.element == T::TYPE
            && T::TYPE != ElementType::Bool
            && !layout.swapped
            && (layout.pointer as usize).is_multiple_of(align_of::<T>())
            && along.all(|(&length, &stride)| {
                let next = length == 1 || stride == bytes;
                bytes = bytes.wrapping_mul(length as isize);
                next
            });
        // SAFETY: aligned elements of this type, each right behind the one before, that may be read for `'a`; every pattern
        // of bits is a number.
        (in_order && !self.is_empty())
            .then(|| unsafe { std::slice::from_raw_parts(layout.pointer.cast_const().cast(), self.len()) })
    }

    /// Reads `target.len()` elements from `index` on along `axis`, every `step`-th one.
    ///
    /// # Panics
    /// If one of them lies outside the view.
    pub fn read<W: Working>(&self, index: &[usize], axis: usize, step: usize, target: &mut [W]) {
        if target.is_empty() {
            return;
        }
        let offset = self.layout.run_offset(index, axis, step, target.len());
        let start = self.layout.pointer.wrapping_offset(offset);
        let stride = self.layout.strides[axis] * step as isize;
        // SAFETY: `run_offset` has checked that the first and the last element of the run lie within the view.
        with_element!(self.layout.element, T => unsafe { read_run::<T, W>(start, stride, self.layout.swapped, target) });
    }

    /// Reads a run of elements, as [`read`](View::read) does, for each of `lines` neighbours along `across`; a run every
    /// `apart` numbers of the target. Whatever lies together along `across` and apart along `axis` is read together.
    ///
    /// # Panics
    /// If an element lies outside the view, or a run outside the target.
    pub fn read_lines<W: Working>(
        &self,
        index: &[usize],
        (axis, step, count): (usize, usize, usize),
        (across, lines): (usize, usize),
        (target, apart): (&mut [W], usize),
    ) {
        if count == 0 || lines == 0 {
            return;
        }
        let offset = self.layout.lines_offset(index, (axis, step, count), (across, lines));
        let start = self.layout.pointer.wrapping_offset(offset);
        let (stride, beside) = (self.layout.strides[axis] * step as isize, self.layout.strides[across]);
        let most = if stride == self.layout.element.size() as isize { count } else { TOGETHER };
        with_element!(self.layout.element, T => for first in (0..count).step_by(most) {
            let together = most.min(count - first);
            for line in 0..lines {
                let start = start.wrapping_offset(first as isize * stride + line as isize * beside);
                let target = &mut target[line * apart + first..][..together];
                // SAFETY: `lines_offset` has checked that the first and the last element of every run lie within the view.
                unsafe { read_run::<T, W>(start, stride, self.layout.swapped, target) };
            }
        });
    }

    /// The element at `index`, exactly.
    ///
    /// # Panics
    /// If it lies outside the view.
    pub fn get(&self, index: &[usize]) -> Scalar {
        match self.layout.element.kind() {
            Kind::Bool | Kind::Integer => {
                let mut bits = [0i64];
                self.read_scalar(index, &mut bits);
                let unsigned = self.layout.element == ElementType::U64;
                Scalar::Integer(if unsigned { i128::from(bits[0] as u64) } else { i128::from(bits[0]) })
            }
            Kind::Float | Kind::Complex => {
                let mut number = [Complex::new(0.0, 0.0)];
                self.read_scalar(index, &mut number);
                Scalar::Number(number[0])
            }
        }
    }

    fn read_scalar<W: Working>(&self, index: &[usize], target: &mut [W; 1]) {
        if self.shape().is_empty() {
            self.repeated(0, 1).read(&[0], 0, 1, target);
        } else {
            self.read(index, 0, 1, target);
        }
    }
}

/// Elements of a line that are read or written before those of the next line: a cache line of f32, which the fewest
/// other lines push out meanwhile.
pub(super) const TOGETHER: usize = 16;

/// # Safety
/// `target.len()` elements `T`, `stride` bytes apart from `start` on, must be readable.
unsafe fn read_run<T: Stored, W: Working>(start: *const u8, stride: isize, swapped: bool, target: &mut [W]) {
    let count = target.len();
    // SAFETY: element `i < count` is readable by the caller's word; `read_unaligned` needs no alignment.
    let element = |i: usize, stride: isize| unsafe { start.offset(i as isize * stride).cast::<T>().read_unaligned() };
    if swapped {
        for (i, number) in target.iter_mut().enumerate() {
            *number = W::load(element(i, stride).swapped());
        }
    } else if stride == size_of::<T>() as isize {
        if T::TYPE == ElementType::F16
            && start.cast::<f16>().is_aligned()
            && let Some(singles) = W::singles_mut(target)
        {
            // SAFETY: as many neighbours are readable, aligned, and any bits are a number.
            let halves = unsafe { std::slice::from_raw_parts(start.cast::<f16>(), count) };
            return halves.convert_to_f32_slice(singles);
        }
        for (i, number) in target.iter_mut().enumerate().take(count) {
            *number = W::load(element(i, size_of::<T>() as isize));
        }
    } else {
        for (i, number) in target.iter_mut().enumerate() {
            *number = W::load(element(i, stride));
        }
    }
}

/// What `T::TYPE` says of an element, as a check that aliases in `with_element` agree with it.
const _: () = assert!(matches!(<crate::Flag as Element>::TYPE, ElementType::Bool));
