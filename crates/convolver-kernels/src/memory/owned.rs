//! Owned arrays of any element type.

use super::view::{View, ViewMut};
use crate::element::ElementType;

/// A dense array that owns its elements, all zero at first.
#[derive(Clone, Debug)]
pub struct Owned {
    /// Words, so that every element type is aligned.
    words: Vec<u128>,
    element: ElementType,
    shape: Vec<usize>,
    strides: Vec<isize>,
}

impl Owned {
    /// Zeros.
    ///
    /// # Panics
    /// If the array is larger than the address space.
    pub fn zeros(element: ElementType, shape: &[usize]) -> Self {
        let mut strides = vec![0; shape.len()];
        let mut bytes = element.size();
        for (stride, &length) in strides.iter_mut().zip(shape).rev() {
            *stride = bytes as isize;
            bytes = bytes.checked_mul(length).expect("an array smaller than the address space");
        }
        Owned { words: vec![0; bytes.div_ceil(size_of::<u128>())], element, shape: shape.to_vec(), strides }
    }

    /// A view of all of it.
    pub fn view(&self) -> View<'_> {
        // SAFETY: `words` holds the product of the lengths times the element's size, and the strides are dense.
        unsafe { View::from_raw(self.words.as_ptr().cast(), self.element, false, &self.shape, &self.strides) }
    }

    /// A view of all of it, to write.
    pub fn view_mut(&mut self) -> ViewMut<'_> {
        // SAFETY: as above, and borrowed exclusively.
        unsafe { ViewMut::from_raw(self.words.as_mut_ptr().cast(), self.element, false, &self.shape, &self.strides) }
    }
}
