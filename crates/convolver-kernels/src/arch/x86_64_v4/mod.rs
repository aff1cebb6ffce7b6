//! x86-64-v4: AVX-512 (F, BW, CD, DQ, VL). Intel since Skylake-SP (2017), AMD since Zen 4 (2022).

mod vectors;

use super::{InstructionSet, kernels, transforms};
use vectors::*;

pub(super) static SET: InstructionSet = SET_OF_VECTORS;

pub(super) fn is_supported() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512cd")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("fma")
}

/// The set as a constant, for those that add to it.
pub(super) const SET_OF_VECTORS: InstructionSet = InstructionSet {
    name: "x86-64-v4",
    vector_bytes: 64,
    supported: is_supported,
    kernels: kernels! {
        ["avx512f,avx512bw,avx512cd,avx512dq,avx512vl,fma"];
        panel 4;
        f32: F32x16; [1 x 8, 2 x 8, 3 x 6, 4 x 4, 5 x 4, 6 x 4], [1 x 8, 2 x 6, 3 x 4, 4 x 4, 5 x 4, 6 x 3, 7 x 3];
        f64: F64x8; [1 x 8, 2 x 8, 3 x 6, 4 x 4, 5 x 4, 6 x 4], [1 x 8, 2 x 6, 3 x 4, 4 x 4, 5 x 4, 6 x 3, 7 x 3];
        i16: I16x32; [1 x 8, 2 x 6, 3 x 4, 4 x 4], [1 x 4, 2 x 4, 3 x 4];
        i32: I32x16, short Shortx16; [1 x 8, 2 x 6, 3 x 4, 4 x 4], [1 x 4, 2 x 4, 3 x 4];
        i64: I64x8; [1 x 8, 2 x 6, 3 x 4, 4 x 4], [1 x 4, 2 x 4, 3 x 4];
        truth: Truthx64; [1 x 8, 2 x 6, 3 x 4, 4 x 4], [1 x 4, 2 x 4, 3 x 4];
    },
    transforms: transforms! { ["avx512f,avx512bw,avx512cd,avx512dq,avx512vl,fma"]; f32: F32x16; f64: F64x8; },
    pieces: None,
};
