//! Micro-kernels, each written once over vectors.

pub(crate) mod band;

pub use band::{Band, Phase};
