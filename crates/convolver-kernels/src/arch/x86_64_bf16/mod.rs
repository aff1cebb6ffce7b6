//! x86-64-bf16: x86-64-v4, and products summed in 32 bits of pairs: of bf16 (AVX-512 BF16) and of 16 bits (AVX-512 VNNI). Intel since
//! Cooper Lake (2020), AMD since Zen 4 (2022).

mod pairs;
mod products;
mod short;
mod split;

use super::{AllKernels, InstructionSet, Kernels, x86_64_v4};
use crate::micro::Rows;
use crate::micro::pieces::PieceKernels;

pub(super) static SET: InstructionSet = SET_OF_PAIRS;

/// Whether this CPU sums products of 16 bits in pairs.
pub(super) fn has_pairs_of_shorts() -> bool {
    short::is_supported()
}

/// The set as a constant, for those that add to it.
pub(super) const SET_OF_PAIRS: InstructionSet = InstructionSet {
    name: "x86-64-bf16",
    supported: || x86_64_v4::is_supported() && has_pairs_of_shorts() && products::is_supported(),
    pieces: Some(PIECES),
    kernels: AllKernels { i32: Kernels { short: short::STRIPS, ..VECTORS.kernels.i32 }, ..VECTORS.kernels },
    ..VECTORS
};

pub(super) const PIECES: PieceKernels = PieceKernels {
    split_rows: split::rows,
    split_lanes: split::lanes,
    split_turned: split::turned,
    pairs: pairs::split,
    bfloat_pairs: pairs::join_bfloats,
    turned_pairs: pairs::turn,
    turned_bfloat_pairs: pairs::turn_bfloats,
    multiply: products::multiply,
    rows: Rows::Free,
    // 2.3 times what multiply-adds are reckoned to reach: layers of 3×3 taps took 0.4 to 0.5 of the time on two cores of a Zen 5 server.
    products_per_second: 0.14e12,
};

const VECTORS: InstructionSet = x86_64_v4::SET_OF_VECTORS;
