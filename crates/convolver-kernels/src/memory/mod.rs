//! Memory: views of arrays, scratch, and outputs written from many threads.

mod matrix;
mod owned;
mod read;
mod scratch;
mod tiles;
mod view;
mod write;

pub use matrix::{MatricesMut, MatrixMut, Source};
pub use owned::Owned;
pub use scratch::Scratch;
pub use tiles::{Tiles, grid_position};
pub use view::{Dims, View, ViewMut};
pub(crate) use write::Store;
pub use write::Storing;

/// What an element is, exactly: the definition computes with these.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Scalar {
    /// A bool or an integer.
    Integer(i128),
    /// A real or complex number.
    Number(num_complex::Complex<f64>),
}
