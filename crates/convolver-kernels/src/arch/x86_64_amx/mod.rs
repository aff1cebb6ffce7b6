//! x86-64-amx: x86-64-bf16 and matrix products of bf16 in tiles. Intel since Sapphire Rapids (2023).

mod detect;
mod tiles;

use super::{InstructionSet, x86_64_bf16, x86_64_v4};
use crate::micro::Rows;
use crate::micro::pieces::PieceKernels;

pub(super) static SET: InstructionSet = InstructionSet {
    name: "x86-64-amx",
    supported: || x86_64_v4::is_supported() && x86_64_bf16::has_pairs_of_shorts() && detect::tiles(),
    pieces: Some(PieceKernels {
        multiply: tiles::multiply,
        rows: Rows::Tiles,
        // The unit itself makes 1.0e12, and half of that in spells; layers reached 0.35e12 to 1.0e12 on two cores of an Emerald Rapids
        // server. With this number the fastest way, or one within a tenth of it, is taken for 42 of 43 layers there.
        products_per_second: 0.55e12,
        ..x86_64_bf16::PIECES
    }),
    ..x86_64_bf16::SET_OF_PAIRS
};
