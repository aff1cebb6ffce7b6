//! Micro-kernels, each written once over vectors.

pub(crate) mod band;
pub(crate) mod dots;

pub use band::{Band, Phase};
pub use dots::Dots;
