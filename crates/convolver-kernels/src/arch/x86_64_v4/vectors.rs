//! 512-bit vectors.

use crate::arch::{real_vector, vector};
use crate::working::Truth;
use std::arch::x86_64::*;

/// Sums of the numbers of eight vectors: neighbours are added while vectors are interleaved, until each lane holds one sum.
macro_rules! sums {
    ($name:ident, $raw:ty, $lane:ty, wide $low:ident $high:ident $add:ident $shuffle:ident) => {
        #[inline(always)]
        unsafe fn $name(vectors: [$raw; 8]) -> [$lane; 8] {
            // SAFETY: the caller vouches for AVX-512; eight numbers of 64 bits are one register.
            unsafe {
                let pair = |a, b| $add($low(a, b), $high(a, b));
                let parts = |a, b| $add($shuffle::<0b10_00_10_00>(a, b), $shuffle::<0b11_01_11_01>(a, b));
                let [a, b, c, d, e, f, g, h] = vectors;
                let (left, right) = (parts(pair(a, b), pair(c, d)), parts(pair(e, f), pair(g, h)));
                std::mem::transmute(parts(left, right))
            }
        }
    };
    ($name:ident, $raw:ty, $lane:ty, narrow $low:ident $high:ident $low_pair:ident $high_pair:ident $add:ident $shuffle:ident,
     $to_pair:path, $from_pair:path) => {
        #[inline(always)]
        unsafe fn $name(vectors: [$raw; 8]) -> [$lane; 8] {
            // SAFETY: the caller vouches for AVX-512; the first eight of sixteen numbers are half a register.
            unsafe {
                let pair = |a, b| $to_pair($add($low(a, b), $high(a, b)));
                let four = |a, b| $add($from_pair($low_pair(a, b)), $from_pair($high_pair(a, b)));
                let parts = |a, b| $add($shuffle::<0b10_00_10_00>(a, b), $shuffle::<0b11_01_11_01>(a, b));
                let [a, b, c, d, e, f, g, h] = vectors;
                let halves = parts(four(pair(a, b), pair(c, d)), four(pair(e, f), pair(g, h)));
                let [first, _]: [[$lane; 8]; 2] = std::mem::transmute(parts(halves, halves));
                first
            }
        }
    };
}
sums!(sums_pd, __m512d, f64, wide _mm512_unpacklo_pd _mm512_unpackhi_pd _mm512_add_pd _mm512_shuffle_f64x2);
sums!(sums_epi64, __m512i, i64, wide _mm512_unpacklo_epi64 _mm512_unpackhi_epi64 _mm512_add_epi64 _mm512_shuffle_i64x2);
sums!(sums_ps, __m512, f32, narrow _mm512_unpacklo_ps _mm512_unpackhi_ps _mm512_unpacklo_pd _mm512_unpackhi_pd _mm512_add_ps
    _mm512_shuffle_f32x4, _mm512_castps_pd, _mm512_castpd_ps);
sums!(sums_epi32, __m512i, i32, narrow _mm512_unpacklo_epi32 _mm512_unpackhi_epi32 _mm512_unpacklo_epi64
    _mm512_unpackhi_epi64 _mm512_add_epi32 _mm512_shuffle_i32x4, std::convert::identity, std::convert::identity);

/// Every second number, up to sixteen, and zeros.
#[inline(always)]
unsafe fn every_second_ps(pointer: *const f32, count: usize) -> __m512 {
    let seen = u32::MAX >> (33 - 2 * count);
    // SAFETY: the caller vouches for AVX-512 and the memory of all lanes that are not masked.
    unsafe {
        let left = _mm512_maskz_loadu_ps(seen as u16, pointer);
        let right = _mm512_maskz_loadu_ps((seen >> 16) as u16, pointer.wrapping_add(16));
        let lanes = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
        _mm512_permutex2var_ps(left, lanes, right)
    }
}

vector!(F32x16(__m512): f32, 16,
    _mm512_set1_ps, _mm512_loadu_ps, _mm512_storeu_ps, |sum, left, right| _mm512_fmadd_ps(left, right, sum),
    first |pointer, count| _mm512_maskz_loadu_ps(((1u32 << count) - 1) as u16, pointer),
    |pointer, count, vector| _mm512_mask_storeu_ps(pointer, ((1u32 << count) - 1) as u16, vector), sums sums_ps,
    second every_second_ps,
    unzip |a, b| {
        let even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
        let odd = _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
        (_mm512_permutex2var_ps(a, even, b), _mm512_permutex2var_ps(a, odd, b))
    },
    picked |numbers, places| _mm512_permutexvar_ps(_mm512_loadu_si512(places.cast()), numbers));
vector!(F64x8(__m512d): f64, 8,
    _mm512_set1_pd, _mm512_loadu_pd, _mm512_storeu_pd, |sum, left, right| _mm512_fmadd_pd(left, right, sum),
    first |pointer, count| _mm512_maskz_loadu_pd(((1u32 << count) - 1) as u8, pointer),
    |pointer, count, vector| _mm512_mask_storeu_pd(pointer, ((1u32 << count) - 1) as u8, vector), sums sums_pd,
    unzip |a, b| {
        let even = _mm512_setr_epi64(0, 2, 4, 6, 8, 10, 12, 14);
        let odd = _mm512_setr_epi64(1, 3, 5, 7, 9, 11, 13, 15);
        (_mm512_permutex2var_pd(a, even, b), _mm512_permutex2var_pd(a, odd, b))
    },
    picked |numbers, places| _mm512_permutexvar_pd(_mm512_cvtepu32_epi64(_mm256_loadu_si256(places.cast())), numbers));
vector!(I16x32(__m512i): i16, 32,
    _mm512_set1_epi16, _mm512_loadu_si512, _mm512_storeu_si512,
    |sum, left, right| _mm512_add_epi16(sum, _mm512_mullo_epi16(left, right)),
    first |pointer, count| _mm512_maskz_loadu_epi16((1u32 << count) - 1, pointer),
    |pointer, count, vector| _mm512_mask_storeu_epi16(pointer, (1u32 << count) - 1, vector));
vector!(I32x16(__m512i): i32, 16,
    _mm512_set1_epi32, _mm512_loadu_si512, _mm512_storeu_si512,
    |sum, left, right| _mm512_add_epi32(sum, _mm512_mullo_epi32(left, right)),
    first |pointer, count| _mm512_maskz_loadu_epi32(((1u32 << count) - 1) as u16, pointer),
    |pointer, count, vector| _mm512_mask_storeu_epi32(pointer, ((1u32 << count) - 1) as u16, vector), sums sums_epi32);
// The upper halves of numbers are not multiplied: those of weights are zeros.
vector!(Shortx16(__m512i): i32, 16,
    |number: i32| _mm512_set1_epi32(number & 0xFFFF), _mm512_loadu_si512, _mm512_storeu_si512,
    |sum, left, right| _mm512_add_epi32(sum, _mm512_madd_epi16(left, right)),
    first |pointer, count| _mm512_maskz_loadu_epi32(((1u32 << count) - 1) as u16, pointer),
    |pointer, count, vector| _mm512_mask_storeu_epi32(pointer, ((1u32 << count) - 1) as u16, vector));
vector!(I64x8(__m512i): i64, 8,
    _mm512_set1_epi64, _mm512_loadu_si512, _mm512_storeu_si512,
    |sum, left, right| _mm512_add_epi64(sum, _mm512_mullo_epi64(left, right)),
    first |pointer, count| _mm512_maskz_loadu_epi64(((1u32 << count) - 1) as u8, pointer),
    |pointer, count, vector| _mm512_mask_storeu_epi64(pointer, ((1u32 << count) - 1) as u8, vector), sums sums_epi64);
vector!(Truthx64(__m512i): Truth, 64,
    |truth: Truth| _mm512_set1_epi8(truth.0 as i8), _mm512_loadu_si512, _mm512_storeu_si512,
    |sum, left, right| _mm512_or_si512(sum, _mm512_and_si512(left, right)),
    first |pointer, count| _mm512_maskz_loadu_epi8((1u64 << count) - 1, pointer),
    |pointer, count, vector| _mm512_mask_storeu_epi8(pointer, (1u64 << count) - 1, vector));

real_vector!(F32x16(__m512): _mm512_add_ps, _mm512_sub_ps, _mm512_mul_ps, _mm512_min_ps, _mm512_max_ps,
|sum, left, right| _mm512_fnmadd_ps(left, right, sum),
    |x, y| u32::from(_mm512_cmp_ps_mask::<_CMP_LT_OQ>(x, y)),
|a, b| {
    let low = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    let high = _mm512_setr_epi32(8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    (_mm512_permutex2var_ps(a, low, b), _mm512_permutex2var_ps(a, high, b))
});
real_vector!(F64x8(__m512d): _mm512_add_pd, _mm512_sub_pd, _mm512_mul_pd, _mm512_min_pd, _mm512_max_pd,
|sum, left, right| _mm512_fnmadd_pd(left, right, sum),
    |x, y| u32::from(_mm512_cmp_pd_mask::<_CMP_LT_OQ>(x, y)),
|a, b| {
    let low = _mm512_setr_epi64(0, 8, 1, 9, 2, 10, 3, 11);
    let high = _mm512_setr_epi64(4, 12, 5, 13, 6, 14, 7, 15);
    (_mm512_permutex2var_pd(a, low, b), _mm512_permutex2var_pd(a, high, b))
});
