//! What several algorithms are made of; nothing here knows what a convolution is for.

pub mod fft;
mod helpers;
pub(crate) mod process;
pub mod threads;
pub mod tile;
