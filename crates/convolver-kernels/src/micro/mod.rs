//! Micro-kernels, each written once over vectors.

pub(crate) mod band;
pub(crate) mod dots;
pub(crate) mod each;
pub(crate) mod fft;
pub(crate) mod frame;
pub(crate) mod gather;
pub(crate) mod norms;
pub(crate) mod padded;
pub(crate) mod pieces;
pub(crate) mod planes;
pub(crate) mod points;
pub(crate) mod products;
pub(crate) mod rolling;
pub(crate) mod turn;

pub use band::{Band, Phase};
pub use dots::Dots;
pub use each::Each;
pub use fft::{Pass, RowGroup, RowGroups, Squares, TileRows, frequencies, passes, radices, root, rounding};
pub use frame::{Frame, Span};
pub use gather::{Gather, Run};
pub use pieces::{
    BLOCK, Extent, LEFT_OUT, PairSplit, PairTurn, PieceProducts, Pieces, Placed, Rows, Side, Split, TILE_ROWS,
};
pub use planes::Planes;
pub use points::{Evaluate, Evaluation, POINTS};
pub use products::{Ahead, Products, Terms};
pub use turn::Turn;
