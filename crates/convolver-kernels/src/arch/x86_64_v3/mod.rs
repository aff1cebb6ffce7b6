//! x86-64-v3: AVX2 and FMA. Intel since Haswell (2013), AMD since Zen (2017).

mod vectors;

use super::{InstructionSet, kernels};
use crate::working::Truth;
use vectors::*;

pub(super) static SET: InstructionSet = InstructionSet {
    name: "x86-64-v3",
    vector_bytes: 32,
    supported: || is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
    kernels: kernels! {
        ["avx2,fma"];
        f32: f32 = F32x8;
        f64: f64 = F64x4;
        i16: i16 = I16x16;
        i32: i32 = I32x8;
        i64: i64 = I64x4;
        truth: Truth = Truthx32;
    },
};
