//! x86-64-amx: x86-64-v4 and matrix products of bf16 in tiles, products of 16 bits summed in 32 (AVX-512 VNNI). Intel since Sapphire Rapids (2023).

mod detect;
mod pairs;
mod short;
mod split;
mod tiles;

use super::{AllKernels, InstructionSet, Kernels, x86_64_v4};
use crate::micro::pieces::PieceKernels;

pub(super) static SET: InstructionSet = InstructionSet {
    name: "x86-64-amx",
    supported: || x86_64_v4::is_supported() && short::is_supported() && detect::tiles(),
    pieces: Some(PieceKernels {
        split_rows: split::rows,
        split_lanes: split::lanes,
        split_turned: split::turned,
        pairs: pairs::split,
        bfloat_pairs: pairs::join_bfloats,
        multiply: tiles::multiply,
    }),
    kernels: AllKernels { i32: Kernels { short: short::STRIPS, ..VECTORS.kernels.i32 }, ..VECTORS.kernels },
    ..VECTORS
};

const VECTORS: InstructionSet = x86_64_v4::SET_OF_VECTORS;
