//! What is known of a kernel's values, as part of the problem.

/// Facts about the kernel that an algorithm may rely on. Found by the algorithms' own `recognise` functions.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Known {
    /// The kernel is a product of one-dimensional kernels, to within the rounding of the sums.
    pub separable: bool,
    /// All taps of a kernel are equal.
    pub constant: bool,
    /// Few taps of a kernel are not zeros: about so many of the kernel with most.
    pub nonzero: Option<usize>,
}

impl Known {
    /// Every fact that is so or not, by its word.
    pub(super) fn facts(&mut self) -> [(&'static str, &mut bool); 2] {
        [("separable", &mut self.separable), ("constant", &mut self.constant)]
    }
}
