//! Products of pieces in tiles: 32 rows × 32 lanes of f32 sums in four tiles, a step of 32 terms at a time.
//!
//! Two tiles of rows and two of lanes are loaded for every product of pieces; the small products of a step come first.

use crate::memory::MatrixMut;
use crate::micro::pieces::{BLOCK, PieceProducts, Pieces};
use std::arch::asm;

/// What `ldtilecfg` reads: eight tiles of 16 rows of 64 bytes.
#[repr(C, align(64))]
struct Configuration {
    palette: u8,
    start: u8,
    reserved: [u8; 14],
    bytes: [u16; 16],
    rows: [u8; 16],
}

const CONFIGURATION: Configuration = Configuration {
    palette: 1,
    start: 0,
    reserved: [0; 14],
    bytes: [64, 64, 64, 64, 64, 64, 64, 64, 0, 0, 0, 0, 0, 0, 0, 0],
    rows: [16, 16, 16, 16, 16, 16, 16, 16, 0, 0, 0, 0, 0, 0, 0, 0],
};

/// # Safety
/// See [`Multiply`](crate::micro::pieces::Multiply).
pub(super) unsafe fn multiply(job: &PieceProducts<'_>, target: &mut MatrixMut<'_, f32>) {
    let block = job.pieces.block(job.steps);
    let run = match job.pieces {
        Pieces::One => one,
        Pieces::Two => two,
        Pieces::TwoWhole => two_whole,
        Pieces::Three => three,
    };
    // SAFETY: this CPU has tiles; `check` has counted the pieces of every block, and the target holds whole blocks.
    unsafe {
        asm!("ldtilecfg [{}]", in(reg) &CONFIGURATION, options(nostack, readonly));
        for lanes in 0..target.columns / BLOCK {
            for rows in 0..target.rows / BLOCK {
                let place = (rows * BLOCK) as isize * target.row_stride;
                let sums = target.pointer.offset(place).add(lanes * BLOCK);
                run(
                    job.rows.as_ptr().add(rows * block),
                    job.lanes.as_ptr().add(lanes * block),
                    job.steps,
                    (sums, target.row_stride * 4),
                    job.accumulate,
                );
            }
        }
        asm!("tilerelease", options(nostack, nomem));
    }
}

/// Two tiles of a piece of rows (`A`) or lanes (`B`), or the products of what is loaded (`P`).
macro_rules! word {
    (A0) => { "tileloadd tmm4, [{a}+{line}*1]\ntileloadd tmm5, [{a}+{line}*1+1024]\n" };
    (A1) => { "tileloadd tmm4, [{a}+{line}*1+2048]\ntileloadd tmm5, [{a}+{line}*1+3072]\n" };
    (A2) => { "tileloadd tmm4, [{a}+{line}*1+4096]\ntileloadd tmm5, [{a}+{line}*1+5120]\n" };
    (B0) => { "tileloadd tmm6, [{b}+{line}*1]\ntileloadd tmm7, [{b}+{line}*1+1024]\n" };
    (B1) => { "tileloadd tmm6, [{b}+{line}*1+2048]\ntileloadd tmm7, [{b}+{line}*1+3072]\n" };
    (B2) => { "tileloadd tmm6, [{b}+{line}*1+4096]\ntileloadd tmm7, [{b}+{line}*1+5120]\n" };
    (P) => {
        "tdpbf16ps tmm0, tmm4, tmm6\ntdpbf16ps tmm1, tmm4, tmm7\ntdpbf16ps tmm2, tmm5, tmm6\ntdpbf16ps tmm3, tmm5, tmm7\n"
    };
}

macro_rules! products {
    ($($name:ident $pieces:literal: $($word:ident)*;)*) => { $(
        /// # Safety
        /// Tiles are configured; `steps` > 0 steps of both operands are readable, and 32 rows of 32 sums `row` bytes apart
        /// writable.
        unsafe fn $name(rows: *const i16, lanes: *const i16, steps: usize, (sums, row): (*mut f32, isize), add: bool) {
            // SAFETY: the caller's word.
            unsafe {
                asm!(
                    "lea {down}, [{sums}+{row}*8]",
                    "lea {down}, [{down}+{row}*8]",
                    "test {add:e}, {add:e}",
                    "jz 2f",
                    "tileloadd tmm0, [{sums}+{row}*1]",
                    "tileloadd tmm1, [{sums}+{row}*1+64]",
                    "tileloadd tmm2, [{down}+{row}*1]",
                    "tileloadd tmm3, [{down}+{row}*1+64]",
                    "jmp 3f",
                    "2:",
                    "tilezero tmm0", "tilezero tmm1", "tilezero tmm2", "tilezero tmm3",
                    "3:",
                    concat!($(word!($word)),*),
                    "add {a}, {size}",
                    "add {b}, {size}",
                    "dec {steps}",
                    "jnz 3b",
                    "tilestored [{sums}+{row}*1], tmm0",
                    "tilestored [{sums}+{row}*1+64], tmm1",
                    "tilestored [{down}+{row}*1], tmm2",
                    "tilestored [{down}+{row}*1+64], tmm3",
                    a = inout(reg) rows => _, b = inout(reg) lanes => _, steps = inout(reg) steps => _,
                    sums = in(reg) sums, row = in(reg) row, down = out(reg) _, add = in(reg) u32::from(add),
                    line = in(reg) 64usize, size = const $pieces * 2048,
                    options(nostack),
                );
            }
        }
    )* };
}
products! {
    one 1: A0 B0 P;
    two 2: A0 B1 P A1 B0 P A0 P;
    two_whole 2: A1 B1 P A0 P A1 B0 P A0 P;
    three 3: A0 B2 P B1 P A1 P B0 P A2 P A0 P;
}
