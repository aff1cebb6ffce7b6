//! 256-bit vectors.

use crate::arch::vector;
use crate::working::Truth;
use std::arch::x86_64::*;

/// The low 64 bits of products of 64-bit integers, from three products of 32-bit halves.
#[inline(always)]
unsafe fn low_products(left: __m256i, right: __m256i) -> __m256i {
    // SAFETY: the caller vouches for AVX2.
    unsafe {
        let crossed = _mm256_add_epi64(
            _mm256_mul_epu32(_mm256_srli_epi64::<32>(left), right),
            _mm256_mul_epu32(left, _mm256_srli_epi64::<32>(right)),
        );
        _mm256_add_epi64(_mm256_mul_epu32(left, right), _mm256_slli_epi64::<32>(crossed))
    }
}

vector!(F32x8(__m256): f32, 8, many: false,
    _mm256_set1_ps, _mm256_loadu_ps, _mm256_storeu_ps, |sum, left, right| _mm256_fmadd_ps(left, right, sum));
vector!(F64x4(__m256d): f64, 4, many: false,
    _mm256_set1_pd, _mm256_loadu_pd, _mm256_storeu_pd, |sum, left, right| _mm256_fmadd_pd(left, right, sum));
vector!(I16x16(__m256i): i16, 16, many: false,
    _mm256_set1_epi16, _mm256_loadu_si256, _mm256_storeu_si256,
    |sum, left, right| _mm256_add_epi16(sum, _mm256_mullo_epi16(left, right)));
vector!(I32x8(__m256i): i32, 8, many: false,
    _mm256_set1_epi32, _mm256_loadu_si256, _mm256_storeu_si256,
    |sum, left, right| _mm256_add_epi32(sum, _mm256_mullo_epi32(left, right)));
vector!(I64x4(__m256i): i64, 4, many: false,
    _mm256_set1_epi64x, _mm256_loadu_si256, _mm256_storeu_si256,
    |sum, left, right| _mm256_add_epi64(sum, low_products(left, right)));
vector!(Truthx32(__m256i): Truth, 32, many: false,
    |truth: Truth| _mm256_set1_epi8(truth.0 as i8), _mm256_loadu_si256, _mm256_storeu_si256,
    |sum, left, right| _mm256_or_si256(sum, _mm256_and_si256(left, right)));
