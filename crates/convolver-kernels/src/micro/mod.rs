//! Micro-kernels, each written once over vectors.

pub(crate) mod band;
pub(crate) mod dots;
pub(crate) mod fft;

pub use band::{Band, Phase};
pub use dots::Dots;
pub use fft::{Pass, RowGroup, RowGroups, Squares, TileRows, frequencies, passes, radices};
