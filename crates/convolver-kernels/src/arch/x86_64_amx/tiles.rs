//! Products of pieces in tiles: 32 rows × 32 lanes of f32 sums in four tiles, a step of 32 terms at a time.
//!
//! Two tiles of rows and two of lanes are loaded for every product of pieces; the small products of a step come first. A
//! tile that is placed is loaded row by row from wherever its rows lie: a tap is a shifted load.
//!
//! Apart     Instructions on tiles are kept apart by others that do nothing. There are spells, of half a second and more, in
//!           which a step of three pieces (24 products, 14 loads) takes 600 ns instead of 175 where they follow each other
//!           directly, and 350 ns with eight between; then more do not help, fewer do less, and in other spells none of it
//!           matters.
//! Ahead     Every product asks for some of the next step's tiles, which no prefetcher of the CPU follows: packed ones, whose loads
//!           were more than half of this loop's time in a gradient of weights, and placed ones: a 3×3 layer of 64 channels that lie
//!           together took 0.75 of the time.

use crate::memory::MatrixMut;
use crate::micro::pieces::{BLOCK, PieceProducts, Pieces, Placed, Side, TILE_ROWS};
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

/// What stands between two instructions on tiles.
macro_rules! apart {
    () => {
        ".rept 8\nnop\n.endr\n"
    };
}

/// # Safety
/// See [`Multiply`](crate::micro::pieces::Multiply).
pub(super) unsafe fn multiply(job: &PieceProducts<'_>, target: &mut MatrixMut<'_, f32>) {
    let Placed { pairs, places, steps, row_step, piece_step } = job.placed;
    // Rows of a tile are equally far apart.
    let tile = if job.side == Side::Rows { TILE_ROWS } else { 1 };
    let block = job.pieces.block(steps.len());
    let run = match (job.side, job.pieces) {
        (Side::Rows, Pieces::One) => rows::one,
        (Side::Rows, Pieces::Two) => rows::two,
        (Side::Rows, Pieces::TwoWhole) => rows::two_whole,
        (Side::Rows, Pieces::Three) => rows::three,
        (Side::Lanes, Pieces::One) => lanes::one,
        (Side::Lanes, Pieces::Two) => lanes::two,
        (Side::Lanes, Pieces::TwoWhole) => lanes::two_whole,
        (Side::Lanes, Pieces::Three) => lanes::three,
    };
    // SAFETY: this CPU has tiles; `check` has counted what tiles read of every step and piece, and the target holds whole
    // blocks.
    unsafe {
        asm!("ldtilecfg [{}]", in(reg) &CONFIGURATION, options(nostack, readonly));
        for (number, places) in places.chunks_exact(BLOCK / TILE_ROWS * tile).enumerate() {
            let places = Places {
                tiles: [pairs.pointer.add(places[0]), pairs.pointer.add(places[tile])],
                steps,
                row_bytes: row_step * 4,
                piece_bytes: piece_step * 4,
            };
            for (other, packed) in job.packed.chunks_exact(block).enumerate() {
                let (row, lane) = match job.side {
                    Side::Rows => (number, other),
                    Side::Lanes => (other, number),
                };
                let sums = target.pointer.offset((row * BLOCK) as isize * target.row_stride).add(lane * BLOCK);
                begin(sums, target.row_stride * 4, job.accumulate);
                run(&places, packed.as_ptr());
                finish(sums, target.row_stride * 4);
            }
        }
        asm!("tilerelease", options(nostack, nomem));
    }
}

/// Loads 32 rows of 32 sums, `row` bytes apart, or begins with zeros. The tiles keep what they hold until `finish`, because
/// nothing but these functions uses them.
///
/// # Safety
/// Tiles are configured, and the sums readable.
unsafe fn begin(sums: *const f32, row: isize, add: bool) {
    // SAFETY: the caller's word.
    unsafe {
        if add {
            asm!(
                "tileloadd tmm0, [{upper}+{row}*1]", apart!(), "tileloadd tmm1, [{upper}+{row}*1+64]", apart!(),
                "tileloadd tmm2, [{lower}+{row}*1]", apart!(), "tileloadd tmm3, [{lower}+{row}*1+64]", apart!(),
                upper = in(reg) sums, lower = in(reg) sums.byte_offset(TILE_ROWS as isize * row), row = in(reg) row,
                options(nostack, readonly),
            );
        } else {
            asm!("tilezero tmm0", "tilezero tmm1", "tilezero tmm2", "tilezero tmm3", options(nostack, nomem));
        }
    }
}

/// Stores what `begin` loaded.
///
/// # Safety
/// As `begin`, and writable.
unsafe fn finish(sums: *mut f32, row: isize) {
    // SAFETY: the caller's word.
    unsafe {
        asm!(
            "tilestored [{upper}+{row}*1], tmm0", apart!(), "tilestored [{upper}+{row}*1+64], tmm1", apart!(),
            "tilestored [{lower}+{row}*1], tmm2", apart!(), "tilestored [{lower}+{row}*1+64], tmm3",
            upper = in(reg) sums, lower = in(reg) sums.byte_offset(TILE_ROWS as isize * row), row = in(reg) row,
            options(nostack),
        );
    }
}

/// Where the placed tiles of a block lie.
struct Places<'a> {
    tiles: [*const i32; 2],
    steps: &'a [usize],
    row_bytes: usize,
    piece_bytes: usize,
}

/// Asks for some cache lines of the next step: of packed tiles, and rows of the placed ones.
macro_rules! ahead {
    ($lines:literal, $rows:literal, $count:tt) => {
        concat!(
            ".rept ", $lines, "\nprefetcht0 [{ahead}]\nadd {ahead}, 64\n.endr\n",
            ".rept ", $rows, "\n", ahead!(@pieces $count), "add {above}, {row}\nadd {below}, {row}\n.endr\n",
        )
    };
    (@pieces 1) => { "prefetcht0 [{above}]\nprefetcht0 [{below}]\n" };
    (@pieces 2) => { concat!(ahead!(@pieces 1), "prefetcht0 [{above}+{piece}]\nprefetcht0 [{below}+{piece}]\n") };
    (@pieces 3) => { concat!(ahead!(@pieces 2), "prefetcht0 [{above}+{piece}*2]\nprefetcht0 [{below}+{piece}*2]\n") };
}

/// Two tiles of a piece that is packed (`K`) or placed (`L`), or the products of what is loaded, each of which asks for
/// so many cache lines and rows of the next step (`P`), or for packed lines alone (`Q`). Which tiles hold which operand is what a [`Side`] is.
macro_rules! word {
    ($k:tt $l:tt K0 $ahead:tt) => { word!(@packed $k "" "+1024") };
    ($k:tt $l:tt K1 $ahead:tt) => { word!(@packed $k "+2048" "+3072") };
    ($k:tt $l:tt K2 $ahead:tt) => { word!(@packed $k "+4096" "+5120") };
    ($k:tt $l:tt L0 $ahead:tt) => { word!(@placed $l "") };
    ($k:tt $l:tt L1 $ahead:tt) => { word!(@placed $l "+{piece}*1") };
    ($k:tt $l:tt L2 $ahead:tt) => { word!(@placed $l "+{piece}*2") };
    ($k:tt $l:tt P [$lines:literal $rows:literal $count:tt]) => { word!(@products $lines $rows $count) };
    ($k:tt $l:tt Q [$lines:literal $rows:literal $count:tt]) => { word!(@products $lines 0 $count) };
    (@products $lines:literal $rows:literal $count:tt) => {
        concat!(
            "tdpbf16ps tmm0, tmm4, tmm6\n", ahead!($lines, $rows, $count), "tdpbf16ps tmm1, tmm4, tmm7\n", ahead!($lines, $rows, $count),
            "tdpbf16ps tmm2, tmm5, tmm6\n", ahead!($lines, $rows, $count), "tdpbf16ps tmm3, tmm5, tmm7\n", ahead!($lines, $rows, $count),
        )
    };
    (@packed [$upper:literal $lower:literal] $first:literal $second:literal) => {
        concat!(
            "tileloadd tmm", $upper, ", [{packed}+{line}*1", $first, "]\n", apart!(),
            "tileloadd tmm", $lower, ", [{packed}+{line}*1", $second, "]\n", apart!(),
        )
    };
    (@placed [$upper:literal $lower:literal] $piece:literal) => {
        concat!(
            "lea {at}, [{step}*4+{upper}]\n", "lea {at}, [{at}", $piece, "]\n",
            "tileloadd tmm", $upper, ", [{at}+{row}*1]\n", apart!(),
            "lea {at}, [{step}*4+{lower}]\n", "lea {at}, [{at}", $piece, "]\n",
            "tileloadd tmm", $lower, ", [{at}+{row}*1]\n", apart!(),
        )
    };
}

macro_rules! products {
    ($side:ident: packed $k:tt placed $l:tt; $($name:ident $pieces:literal $ahead:tt: $($word:ident)*;)*) => {
        mod $side {
            use super::Places;
            use std::arch::asm;
            $(
                /// # Safety
                /// Tiles are configured, those of every step readable, and as many packed ones.
                pub(super) unsafe fn $name(places: &Places<'_>, packed: *const i32) {
                    // SAFETY: the caller's word.
                    unsafe {
                        asm!(
                            "# {piece} bytes from one piece to the next",
                            "2:",
                            "mov {step}, [{steps}]",
                            "add {steps}, 8",
                            "lea {ahead}, [{packed}+{size}]",
                            // At the last step there is no next one to ask for.
                            "mov {above}, {step}",
                            "cmp {steps}, {end}",
                            "je 3f",
                            "mov {above}, [{steps}]",
                            "3:",
                            "lea {below}, [{above}*4+{lower}]",
                            "lea {above}, [{above}*4+{upper}]",
                            concat!($(word!($k $l $word $ahead)),*),
                            "add {packed}, {size}",
                            "cmp {steps}, {end}",
                            "jne 2b",
                            packed = inout(reg) packed => _,
                            steps = inout(reg) places.steps.as_ptr() => _,
                            end = in(reg) places.steps.as_ptr_range().end,
                            upper = in(reg) places.tiles[0], lower = in(reg) places.tiles[1],
                            row = in(reg) places.row_bytes, piece = in(reg) places.piece_bytes,
                            step = out(reg) _, at = out(reg) _, ahead = out(reg) _, above = out(reg) _, below = out(reg) _,
                            line = in(reg) 64usize, size = const $pieces * 2048,
                            options(nostack, readonly),
                        );
                    }
                }
            )*
        }
    };
}
macro_rules! sides {
    ($($side:ident: packed $k:tt placed $l:tt;)*) => { $(
        products! {
            $side: packed $k placed $l;
            one 1 [8 4 1]: K0 L0 P;
            two 2 [6 2 2]: K0 L1 P K1 L0 P K0 Q;
            two_whole 2 [4 1 2]: K1 L1 P K0 P K1 L0 P K0 P;
            three 3 [4 1 3]: K0 L2 P L1 P K1 P L0 P K2 Q K0 Q;
        }
    )* };
}
sides! {
    rows: packed [6 7] placed [4 5];
    lanes: packed [4 5] placed [6 7];
}
