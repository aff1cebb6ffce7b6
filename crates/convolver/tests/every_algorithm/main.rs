//! Every algorithm on every instruction set that this CPU has, judged by the definition.
//!
//! A failure prints a line that can be run again:
//!
//! ```text
//! CONVOLVER_CASE='f32 c2 [9 7] * o3 [3 2] stride 2 1 -> f32 | wide dense plain 17' cargo test --test every_algorithm one_case
//! ```

mod cases;
mod data;
mod extremes;
mod judge;
mod large;
mod local;
mod planning;
mod properties;
mod same_bits;
mod strategies;
