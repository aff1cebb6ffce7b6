//! 512-bit vectors.

use crate::arch::vector;
use crate::working::Truth;
use std::arch::x86_64::*;

vector!(F32x16(__m512): f32, 16,
    _mm512_set1_ps, _mm512_loadu_ps, _mm512_storeu_ps, |sum, left, right| _mm512_fmadd_ps(left, right, sum),
    first |pointer, count| _mm512_maskz_loadu_ps(((1u32 << count) - 1) as u16, pointer),
    |pointer, count, vector| _mm512_mask_storeu_ps(pointer, ((1u32 << count) - 1) as u16, vector), sum _mm512_reduce_add_ps);
vector!(F64x8(__m512d): f64, 8,
    _mm512_set1_pd, _mm512_loadu_pd, _mm512_storeu_pd, |sum, left, right| _mm512_fmadd_pd(left, right, sum),
    first |pointer, count| _mm512_maskz_loadu_pd(((1u32 << count) - 1) as u8, pointer),
    |pointer, count, vector| _mm512_mask_storeu_pd(pointer, ((1u32 << count) - 1) as u8, vector), sum _mm512_reduce_add_pd);
vector!(I16x32(__m512i): i16, 32,
    _mm512_set1_epi16, _mm512_loadu_si512, _mm512_storeu_si512,
    |sum, left, right| _mm512_add_epi16(sum, _mm512_mullo_epi16(left, right)));
vector!(I32x16(__m512i): i32, 16,
    _mm512_set1_epi32, _mm512_loadu_si512, _mm512_storeu_si512,
    |sum, left, right| _mm512_add_epi32(sum, _mm512_mullo_epi32(left, right)),
    first |pointer, count| _mm512_maskz_loadu_epi32(((1u32 << count) - 1) as u16, pointer),
    |pointer, count, vector| _mm512_mask_storeu_epi32(pointer, ((1u32 << count) - 1) as u16, vector), sum _mm512_reduce_add_epi32);
vector!(I64x8(__m512i): i64, 8,
    _mm512_set1_epi64, _mm512_loadu_si512, _mm512_storeu_si512,
    |sum, left, right| _mm512_add_epi64(sum, _mm512_mullo_epi64(left, right)),
    first |pointer, count| _mm512_maskz_loadu_epi64(((1u32 << count) - 1) as u8, pointer),
    |pointer, count, vector| _mm512_mask_storeu_epi64(pointer, ((1u32 << count) - 1) as u8, vector), sum _mm512_reduce_add_epi64);
vector!(Truthx64(__m512i): Truth, 64,
    |truth: Truth| _mm512_set1_epi8(truth.0 as i8), _mm512_loadu_si512, _mm512_storeu_si512,
    |sum, left, right| _mm512_or_si512(sum, _mm512_and_si512(left, right)));
