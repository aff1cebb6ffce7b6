//! The machine code and memory views of the `convolver` engine: everything that depends on the CPU, and all of the
//! unsafe code.
//!
//! Its surface is safe: views check indices, micro-kernels check the reach of a job, and an instruction set is a value
//! whose kernels run only where the CPU has it.

pub mod arch;
pub mod element;
mod lend;
pub mod memory;
pub mod micro;
mod seat;
mod simd;
pub mod working;

pub use arch::InstructionSet;
pub use element::{Element, ElementType, Flag, Kind, rounding_unit};
pub use lend::{Job, lend};
pub use memory::{
    Dims, MatricesMut, MatrixMut, Owned, Scalar, Scratch, Source, Storing, Tiles, View, ViewMut, grid_position,
};
pub use micro::{
    Ahead, BLOCK, Band, Dots, Each, Evaluate, Evaluation, Extent, Frame, Gather, LEFT_OUT, POINTS, PairSplit, PairTurn,
    Pass, Phase, PieceProducts, Pieces, Placed, Planes, Products, RowGroup, RowGroups, Rows, Run, Side, Span, Split,
    Squares, TILE_ROWS, Terms, TileRows, Turn, frequencies, passes, radices, root, rounding,
};
pub use seat::Seat;
pub use simd::{Lane, Real};
pub use working::{Truth, Working, WorkingType};

#[doc(hidden)]
pub use {half, num_complex};
