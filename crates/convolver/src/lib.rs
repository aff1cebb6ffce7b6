//! Any convolution through one engine.
//!
//! Read [`problem`] first (what is asked), then [`definition`] (what the answer is), [`plan`] (how it will be found),
//! [`algorithms`] (the ways there are) and [`primitives`] (what they are made of). [`front`] translates what users
//! write; [`convolve()`] is the door for `ndarray` views.
#![forbid(unsafe_code)]

pub mod algorithms;
mod convolve;
pub mod definition;
pub mod filter;
pub mod fold;
pub mod front;
pub mod machine;
pub mod plan;
pub mod primitives;
pub mod problem;

pub use convolve::{convolve, correlate};
pub use convolver_kernels::{Dims, ElementType, Kind, Owned, Scalar, View, ViewMut};
pub use machine::Machine;
pub use plan::{Method, Plan, Planner, PreparedPlan};
pub use primitives::threads;
pub use problem::{Axis, Boundary, Conjugate, Error, Fill, Known, Mode, Precision, Problem};
