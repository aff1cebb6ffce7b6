//! x86-64-v3: AVX2 and FMA. Intel since Haswell (2013), AMD since Zen (2017).

mod vectors;

use super::{InstructionSet, kernels, transforms};
use vectors::*;

pub(super) static SET: InstructionSet = InstructionSet {
    name: "x86-64-v3",
    vector_bytes: 32,
    supported: || is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
    kernels: kernels! {
        ["avx2,fma"];
        panel 2;
        f32: F32x8; [1 x 6, 2 x 4, 3 x 3, 4 x 2, 5 x 2, 6 x 2], [1 x 6, 2 x 4, 3 x 3, 4 x 2, 5 x 2];
        f64: F64x4; [1 x 6, 2 x 4, 3 x 3, 4 x 2, 5 x 2, 6 x 2], [1 x 6, 2 x 4, 3 x 3, 4 x 2, 5 x 2];
        i16: I16x16; [1 x 4, 2 x 3, 3 x 2], [1 x 4, 2 x 3, 3 x 3];
        i32: I32x8, short Shortx8; [1 x 4, 2 x 3, 3 x 2], [1 x 4, 2 x 3, 3 x 3];
        i64: I64x4; [1 x 4, 2 x 3, 3 x 2], [1 x 4, 2 x 3, 3 x 3];
        truth: Truthx32; [1 x 4, 2 x 3, 3 x 2], [1 x 4, 2 x 3, 3 x 3];
    },
    transforms: transforms! { ["avx2,fma"]; f32: F32x8; f64: F64x4; },
    pieces: None,
};
