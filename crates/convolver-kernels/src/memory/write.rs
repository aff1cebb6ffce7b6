//! Writing working numbers to a run of elements along one axis.

use super::Scalar;
use super::read::TOGETHER;
use super::view::{Dims, ViewMut};
use crate::arch::InstructionSet;
use crate::element::{ElementType, Flag, Stored};
use crate::simd::Lane;
use crate::working::{Truth, Working};
use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};
use num_complex::Complex;

/// A working number that results are stored from.
pub trait Storing: Working {
    /// Writes numbers as elements of a type that is summed in this one.
    ///
    /// # Safety
    /// `numbers.len()` elements, `stride` bytes apart from `start` on, must be writable.
    ///
    /// # Panics
    /// If sums with results of type `element` do not run in this type.
    unsafe fn store_run(element: ElementType, start: *mut u8, stride: isize, swapped: bool, numbers: &[Self]);
}

macro_rules! storing { ($($working:ty => { $($variant:ident $rust:ty, $convert:expr;)* })*) => { $(
    impl Storing for $working {
        #[inline(always)]
        unsafe fn store_run(element: ElementType, start: *mut u8, stride: isize, swapped: bool, numbers: &[Self]) {
            match element {
                // SAFETY: the caller's word.
                $(ElementType::$variant => unsafe {
                    write_run::<Self, $rust>(start, stride, swapped, numbers, $convert)
                },)*
                _ => unreachable!("{element} is not summed in {:?}", Self::TYPE),
            }
        }
    }
)* } }

storing! {
    Truth => { Bool Flag, |truth: Truth| Flag(u8::from(truth.0 != 0)); }
    i16 => { I8 i8, |sum| sum as i8; U8 u8, |sum| sum as u8; I16 i16, |sum| sum; U16 u16, |sum| sum as u16; }
    i32 => { I32 i32, |sum| sum; U32 u32, |sum| sum as u32; }
    i64 => { I64 i64, |sum| sum; U64 u64, |sum| sum as u64; }
    f32 => { F32 f32, |sum| sum; F16 f16, f16::from_f32; BF16 bf16, rounded_bf16; }
    f64 => { F64 f64, |sum| sum; }
    Complex<f32> => { C64 Complex<f32>, |sum| sum; }
    Complex<f64> => { C128 Complex<f64>, |sum| sum; }
}

/// The nearest bfloat16, of two the even one: without a branch, so that runs are rounded with vectors.
#[inline(always)]
fn rounded_bf16(number: f32) -> bf16 {
    let bits = number.to_bits();
    let rounded = bits.wrapping_add(0x7fff + (bits >> 16 & 1)) >> 16;
    let is_nan = bits & 0x7fff_ffff > 0x7f80_0000;
    bf16::from_bits(if is_nan { bits >> 16 | 0x40 } else { rounded } as u16)
}

/// # Safety
/// `numbers.len()` elements `T`, `stride` bytes apart from `start` on, must be writable.
#[inline(always)]
unsafe fn write_run<W: Working, T: Stored>(
    start: *mut u8,
    stride: isize,
    swapped: bool,
    numbers: &[W],
    convert: impl Fn(W) -> T,
) {
    /// # Safety
    /// Element `i` is writable; it need not be aligned.
    #[inline(always)]
    unsafe fn put<T>(start: *mut u8, i: usize, stride: isize, element: T) {
        // SAFETY: the caller's word.
        unsafe { start.offset(i as isize * stride).cast::<T>().write_unaligned(element) }
    }
    // SAFETY: all elements are writable by the caller's word.
    unsafe {
        if swapped {
            for (i, &number) in numbers.iter().enumerate() {
                put(start, i, stride, convert(number).swapped());
            }
        } else if stride == size_of::<T>() as isize {
            if T::TYPE == ElementType::F16
                && start.cast::<f16>().is_aligned()
                && let Some(singles) = W::singles(numbers)
            {
                let halves = std::slice::from_raw_parts_mut(start.cast::<f16>(), singles.len());
                return halves.convert_from_f32_slice(singles);
            }
            for (i, &number) in numbers.iter().enumerate() {
                put(start, i, size_of::<T>() as isize, convert(number));
            }
        } else {
            for (i, &number) in numbers.iter().enumerate() {
                put(start, i, stride, convert(number));
            }
        }
    }
}

/// As [`Storing::store_run`].
///
/// # Safety
/// As that, and the CPU must have the instruction set.
pub(crate) type Store<L> = unsafe fn(ElementType, *mut u8, isize, bool, &[L]);

impl InstructionSet {
    /// Writes lines as [`ViewMut::write_lines`] does, with the set's vectors where a run's elements are neighbours.
    ///
    /// # Panics
    /// As that, and if the CPU lacks the instruction set.
    pub fn write_lines<L: Lane + Storing>(
        &'static self,
        output: &mut ViewMut<'_>,
        index: &[usize],
        (axis, count): (usize, usize),
        (across, lines): (usize, usize),
        (numbers, apart): (&[L], usize),
    ) {
        assert!(self.is_supported(), "{} needs a CPU that has it", self.name);
        let (element, stride) = (output.layout.element, output.layout.strides[axis]);
        if count == 0 || lines == 0 || stride != element.size() as isize {
            return output.write_lines(index, (axis, count), (across, lines), (numbers, apart));
        }
        let offset = output.layout.lines_offset(index, (axis, 1, count), (across, lines));
        let start = output.layout.pointer.wrapping_offset(offset);
        for line in 0..lines {
            let start = start.wrapping_offset(line as isize * output.layout.strides[across]);
            let numbers = &numbers[line * apart..][..count];
            // SAFETY: `lines_offset` has checked that the first and the last element of every run lie within the view; the CPU
            // was asked above.
            unsafe { (L::kernels(self).store)(element, start, stride, output.layout.swapped, numbers) };
        }
    }
}

/// Sets every element of an array to zero: `size` bytes each, and `strides` bytes from one to the next.
///
/// # Safety
/// There are as many strides as lengths, and every index within the shape must name, through them, an element that is writable.
unsafe fn clear(start: *mut u8, shape: &[usize], strides: &[isize], size: usize) {
    // SAFETY: the caller's word.
    unsafe {
        match (shape, strides) {
            (&[count, ref shape @ ..], &[stride, ref strides @ ..]) => {
                if shape.is_empty() && stride == size as isize {
                    return start.write_bytes(0, count * size);
                }
                for number in 0..count as isize {
                    clear(start.wrapping_offset(number * stride), shape, strides, size);
                }
            }
            _ => start.write_bytes(0, size),
        }
    }
}

impl ViewMut<'_> {
    /// Writes `numbers` to the elements from `index` on along `axis`, rounded or cut to the elements' type.
    ///
    /// # Panics
    /// If one of them lies outside the view, or sums with results of its type do not run in `W`.
    pub fn write<W: Storing>(&mut self, index: &[usize], axis: usize, numbers: &[W]) {
        if numbers.is_empty() {
            return;
        }
        let offset = self.layout.run_offset(index, axis, 1, numbers.len());
        let start = self.layout.pointer.wrapping_offset(offset);
        // SAFETY: `run_offset` has checked that the first and the last element of the run lie within the view.
        unsafe { W::store_run(self.layout.element, start, self.layout.strides[axis], self.layout.swapped, numbers) };
    }

    /// Writes a run of `count` numbers, as [`write`](ViewMut::write) does, for each of `lines` neighbours along `across`; a
    /// run every `apart` numbers. Whatever lies together along `across` and apart along `axis` is written together.
    ///
    /// # Panics
    /// As `write`, and if a run lies outside the numbers.
    pub fn write_lines<W: Storing>(
        &mut self,
        index: &[usize],
        (axis, count): (usize, usize),
        (across, lines): (usize, usize),
        (numbers, apart): (&[W], usize),
    ) {
        if count == 0 || lines == 0 {
            return;
        }
        let offset = self.layout.lines_offset(index, (axis, 1, count), (across, lines));
        let start = self.layout.pointer.wrapping_offset(offset);
        let (stride, beside) = (self.layout.strides[axis], self.layout.strides[across]);
        let most = if stride == self.layout.element.size() as isize { count } else { TOGETHER };
        for first in (0..count).step_by(most) {
            let together = most.min(count - first);
            for line in 0..lines {
                let start = start.wrapping_offset(first as isize * stride + line as isize * beside);
                let numbers = &numbers[line * apart + first..][..together];
                // SAFETY: `lines_offset` has checked that the first and the last element of every run lie within the view.
                unsafe { W::store_run(self.layout.element, start, stride, self.layout.swapped, numbers) };
            }
        }
    }

    /// Sets every element to zero, as many neighbours at once as lie together.
    pub fn clear(self) {
        let mut order: Dims<usize> = (0..self.layout.shape.len()).collect();
        order.sort_by_key(|&axis| std::cmp::Reverse(self.layout.strides[axis].unsigned_abs()));
        let mut layout = self.layout.permuted(&order);
        while let Some(merged) = layout.shape.len().checked_sub(2).and_then(|outer| layout.merged(outer, outer + 1)) {
            layout = merged;
        }
        // SAFETY: every index within the shape names an element of the view, whose zero has no bit set, whatever it is.
        unsafe { clear(layout.pointer, &layout.shape, &layout.strides, layout.element.size()) }
    }

    /// Writes one element exactly (integers modulo 2ⁿ, numbers rounded).
    pub fn set(&mut self, index: &[usize], value: Scalar) {
        if index.is_empty() {
            // SAFETY: the one element of a view without axes, with an axis of length 1 before it.
            let mut line = unsafe { ViewMut::of(self.layout.with_axis(0, 1, 0)) };
            return line.set(&[0], value);
        }
        let element = self.layout.element;
        match value {
            Scalar::Integer(integer) => match element.size() {
                _ if element == ElementType::Bool => self.write(index, 0, &[Truth(u8::from(integer != 0))]),
                1 | 2 => self.write(index, 0, &[integer as i16]),
                4 => self.write(index, 0, &[integer as i32]),
                _ => self.write(index, 0, &[integer as i64]),
            },
            Scalar::Number(number) => match element {
                ElementType::C64 => self.write(index, 0, &[Complex::new(number.re as f32, number.im as f32)]),
                ElementType::C128 => self.write(index, 0, &[number]),
                ElementType::F64 => self.write(index, 0, &[number.re]),
                ElementType::F16 => self.write(index, 0, &[f16::from_f64(number.re).to_f32()]),
                ElementType::BF16 => self.write(index, 0, &[bf16::from_f64(number.re).to_f32()]),
                _ => self.write(index, 0, &[number.re as f32]),
            },
        }
    }
}
