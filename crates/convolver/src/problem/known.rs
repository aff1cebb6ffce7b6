//! What is known of a kernel's values, as part of the problem.

use std::fmt;

/// Facts about the kernel that an algorithm may rely on. Found by the algorithms' own `recognise` functions.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Known {
    /// The kernel is a product of one-dimensional kernels, to within the rounding of the sums.
    pub separable: bool,
}

impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.separable { "separable" } else { "nothing" })
    }
}
