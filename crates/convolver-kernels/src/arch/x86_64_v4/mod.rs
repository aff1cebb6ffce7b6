//! x86-64-v4: AVX-512 (F, BW, CD, DQ, VL). Intel since Skylake-SP (2017), AMD since Zen 4 (2022).

mod vectors;

use super::{InstructionSet, kernels};
use crate::working::Truth;
use vectors::*;

pub(super) static SET: InstructionSet = InstructionSet {
    name: "x86-64-v4",
    vector_bytes: 64,
    supported: || {
        is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512cd")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("fma")
    },
    kernels: kernels! {
        ["avx512f,avx512bw,avx512cd,avx512dq,avx512vl,fma"];
        f32: f32 = F32x16;
        f64: f64 = F64x8;
        i16: i16 = I16x32;
        i32: i32 = I32x16;
        i64: i64 = I64x8;
        truth: Truth = Truthx64;
    },
};
