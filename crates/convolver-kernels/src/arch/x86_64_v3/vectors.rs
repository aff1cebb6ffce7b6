//! 256-bit vectors.

use crate::arch::{real_vector, vector};
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

/// Masks of which the one from `8 - count` on has its first `count` lanes of 32 bits set.
const FIRST: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];

/// A mask of the first `count` lanes of `PARTS`·32 bits.
#[inline(always)]
unsafe fn first<const PARTS: usize>(count: usize) -> __m256i {
    // SAFETY: the caller vouches for AVX2; `count` is less than the lanes, so eight masks are there.
    unsafe { _mm256_loadu_si256(FIRST.as_ptr().add(8 - count * PARTS).cast()) }
}

/// Sums of the numbers of eight vectors.
#[inline(always)]
unsafe fn sums_ps([a, b, c, d, e, f, g, h]: [__m256; 8]) -> [f32; 8] {
    // SAFETY: the caller vouches for AVX2; eight numbers are one register.
    unsafe {
        let four = |a, b, c, d| _mm256_hadd_ps(_mm256_hadd_ps(a, b), _mm256_hadd_ps(c, d));
        let (left, right) = (four(a, b, c, d), four(e, f, g, h));
        let (low, high) = (_mm256_permute2f128_ps::<0x20>(left, right), _mm256_permute2f128_ps::<0x31>(left, right));
        std::mem::transmute(_mm256_add_ps(low, high))
    }
}

/// Sums of the numbers of eight vectors.
#[inline(always)]
unsafe fn sums_pd([a, b, c, d, e, f, g, h]: [__m256d; 8]) -> [f64; 8] {
    // SAFETY: the caller vouches for AVX2; eight numbers are two registers.
    unsafe {
        let four = |a, b, c, d| {
            let (left, right) = (_mm256_hadd_pd(a, b), _mm256_hadd_pd(c, d));
            let (low, high) =
                (_mm256_permute2f128_pd::<0x20>(left, right), _mm256_permute2f128_pd::<0x31>(left, right));
            _mm256_add_pd(low, high)
        };
        std::mem::transmute([four(a, b, c, d), four(e, f, g, h)])
    }
}

vector!(F32x8(__m256): f32, 8,
    _mm256_set1_ps, _mm256_loadu_ps, _mm256_storeu_ps, |sum, left, right| _mm256_fmadd_ps(left, right, sum),
    first |pointer, count| _mm256_maskload_ps(pointer, first::<1>(count)),
    |pointer, count, vector| _mm256_maskstore_ps(pointer, first::<1>(count), vector), sums sums_ps,
    unzip |a, b| {
        let pairs = |numbers: __m256| _mm256_castpd_ps(_mm256_permute4x64_pd::<0b11_01_10_00>(_mm256_castps_pd(numbers)));
        (pairs(_mm256_shuffle_ps::<0b10_00_10_00>(a, b)), pairs(_mm256_shuffle_ps::<0b11_01_11_01>(a, b)))
    },
    picked |numbers, places| _mm256_permutevar8x32_ps(numbers, _mm256_loadu_si256(places.cast())));
vector!(F64x4(__m256d): f64, 4,
    _mm256_set1_pd, _mm256_loadu_pd, _mm256_storeu_pd, |sum, left, right| _mm256_fmadd_pd(left, right, sum),
    first |pointer, count| _mm256_maskload_pd(pointer, first::<2>(count)),
    |pointer, count, vector| _mm256_maskstore_pd(pointer, first::<2>(count), vector), sums sums_pd);
vector!(I16x16(__m256i): i16, 16,
    _mm256_set1_epi16, _mm256_loadu_si256, _mm256_storeu_si256,
    |sum, left, right| _mm256_add_epi16(sum, _mm256_mullo_epi16(left, right)));
vector!(I32x8(__m256i): i32, 8,
    _mm256_set1_epi32, _mm256_loadu_si256, _mm256_storeu_si256,
    |sum, left, right| _mm256_add_epi32(sum, _mm256_mullo_epi32(left, right)));
// The upper halves of numbers are not multiplied: those of weights are zeros.
vector!(Shortx8(__m256i): i32, 8,
    |number: i32| _mm256_set1_epi32(number & 0xFFFF), _mm256_loadu_si256, _mm256_storeu_si256,
    |sum, left, right| _mm256_add_epi32(sum, _mm256_madd_epi16(left, right)));
vector!(I64x4(__m256i): i64, 4,
    _mm256_set1_epi64x, _mm256_loadu_si256, _mm256_storeu_si256,
    |sum, left, right| _mm256_add_epi64(sum, low_products(left, right)));
vector!(Truthx32(__m256i): Truth, 32,
    |truth: Truth| _mm256_set1_epi8(truth.0 as i8), _mm256_loadu_si256, _mm256_storeu_si256,
    |sum, left, right| _mm256_or_si256(sum, _mm256_and_si256(left, right)));

real_vector!(F32x8(__m256): _mm256_add_ps, _mm256_sub_ps, _mm256_mul_ps, _mm256_min_ps, _mm256_max_ps,
|sum, left, right| _mm256_fnmadd_ps(left, right, sum),
    |x, y| _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_LT_OQ>(x, y)) as u32,
|a, b| {
    let (even, odd) = (_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
    (_mm256_permute2f128_ps::<0x20>(even, odd), _mm256_permute2f128_ps::<0x31>(even, odd))
});
real_vector!(F64x4(__m256d): _mm256_add_pd, _mm256_sub_pd, _mm256_mul_pd, _mm256_min_pd, _mm256_max_pd,
|sum, left, right| _mm256_fnmadd_pd(left, right, sum),
    |x, y| _mm256_movemask_pd(_mm256_cmp_pd::<_CMP_LT_OQ>(x, y)) as u32,
|a, b| {
    let (even, odd) = (_mm256_unpacklo_pd(a, b), _mm256_unpackhi_pd(a, b));
    (_mm256_permute2f128_pd::<0x20>(even, odd), _mm256_permute2f128_pd::<0x31>(even, odd))
});
