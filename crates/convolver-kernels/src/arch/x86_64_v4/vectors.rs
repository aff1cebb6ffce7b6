//! 512-bit vectors.

use crate::arch::vector;
use crate::working::Truth;
use std::arch::x86_64::*;

vector!(F32x16(__m512): f32, 16, many: true,
    _mm512_set1_ps, _mm512_loadu_ps, _mm512_storeu_ps, |sum, left, right| _mm512_fmadd_ps(left, right, sum));
vector!(F64x8(__m512d): f64, 8, many: true,
    _mm512_set1_pd, _mm512_loadu_pd, _mm512_storeu_pd, |sum, left, right| _mm512_fmadd_pd(left, right, sum));
vector!(I16x32(__m512i): i16, 32, many: true,
    _mm512_set1_epi16, _mm512_loadu_si512, _mm512_storeu_si512,
    |sum, left, right| _mm512_add_epi16(sum, _mm512_mullo_epi16(left, right)));
vector!(I32x16(__m512i): i32, 16, many: true,
    _mm512_set1_epi32, _mm512_loadu_si512, _mm512_storeu_si512,
    |sum, left, right| _mm512_add_epi32(sum, _mm512_mullo_epi32(left, right)));
vector!(I64x8(__m512i): i64, 8, many: true,
    _mm512_set1_epi64, _mm512_loadu_si512, _mm512_storeu_si512,
    |sum, left, right| _mm512_add_epi64(sum, _mm512_mullo_epi64(left, right)));
vector!(Truthx64(__m512i): Truth, 64, many: true,
    |truth: Truth| _mm512_set1_epi8(truth.0 as i8), _mm512_loadu_si512, _mm512_storeu_si512,
    |sum, left, right| _mm512_or_si512(sum, _mm512_and_si512(left, right)));
