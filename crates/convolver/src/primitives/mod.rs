//! What several algorithms are made of; nothing here knows what a convolution is for.

mod crew;
pub mod fft;
pub(crate) mod process;
pub mod threads;
pub mod tile;
