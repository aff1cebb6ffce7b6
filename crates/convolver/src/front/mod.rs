//! Front: what users write, translated into a problem and views with their axes in its order. Decides nothing.

mod arrange;
mod call;
mod notation;

pub use arrange::{Arranged, Recast};
pub use call::{Call, Options, Padding, PerAxis, Side};
pub use notation::Notation;
