//! Memory: views of every type and layout, tiles, scratch; and guard pages around everything that machine code touches.
//!
//! With `CONVOLVER_ISA` set no other instruction set's code runs, so that this binary runs under valgrind, which does
//! not know AVX-512:
//!
//! ```text
//! CONVOLVER_ISA=x86-64-v3 valgrind --error-exitcode=1 --child-silent-after-fork=yes target/debug/deps/memory-…
//! ```

#[cfg(unix)]
mod guard;
#[path = "../support/job.rs"]
mod job;
mod model;
#[path = "../support/mod.rs"]
mod support;
mod tiles;
mod types;
mod views;
