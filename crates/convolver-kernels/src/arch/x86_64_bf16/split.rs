//! Numbers gathered and cut into pieces with vectors.
//!
//! A piece is the number rounded to its upper half word, half away from zero: adding 2¹⁵ to the bits and clearing the
//! lower half. What it leaves is exact in f32, and the third piece is what two have left.

use crate::micro::Gather;
use crate::micro::pieces::{BLOCK, Extent, Split, TILE_ROWS};
use std::arch::x86_64::*;

/// Joined pairs of a tile.
const TILE: usize = TILE_ROWS * TILE_ROWS;
/// Steps whose multiples, up to 16, are no offsets of 32 bits.
const FAR: usize = 1 << 26;
/// Numbers of a vector.
pub(super) const VECTOR: usize = 16;

/// Numbers of a run that are part of a vector.
#[derive(Clone, Copy)]
struct Part {
    mask: __mmask16,
    /// Where the vector's first number would lie.
    offset: isize,
    step: usize,
}

/// The vectors that lines are made of: for each its parts.
struct Vectors {
    parts: Vec<Part>,
    /// Where each vector's parts end.
    ends: Vec<usize>,
}

impl Vectors {
    /// So many vectors, the last ones perhaps of nothing.
    fn new<L>(job: &Gather<'_, L>, count: usize) -> Self {
        let mut vectors = Vectors { parts: Vec::with_capacity(2 * count), ends: Vec::with_capacity(count) };
        let mut place = 0;
        for run in job.runs {
            let mut done = 0;
            while done < run.count {
                let lane = place % VECTOR;
                let taken = (VECTOR - lane).min(run.count - done);
                let mask = (((1u32 << taken) - 1) << lane) as u16;
                let offset = (run.offset + done * run.step) as isize - (lane * run.step) as isize;
                vectors.parts.push(Part { mask, offset, step: run.step });
                done += taken;
                place += taken;
                if place.is_multiple_of(VECTOR) {
                    vectors.ends.push(vectors.parts.len());
                }
            }
        }
        vectors.ends.resize(count, vectors.parts.len());
        vectors
    }

    /// Where each vector lies, if all of them are of neighbours.
    fn whole(&self) -> Option<Vec<isize>> {
        let whole =
            self.parts.len() == self.ends.len() && self.parts.iter().all(|part| part.mask == 0xffff && part.step == 1);
        whole.then(|| self.parts.iter().map(|part| part.offset).collect())
    }

    /// Asks for the numbers that lie so much further on than a vector's: the next job's, most often.
    ///
    /// # Safety
    /// The CPU has SSE.
    #[inline(always)]
    unsafe fn prefetch(&self, line: *const f32, vector: usize, further: usize) {
        if let Some(part) = self.parts(vector).first() {
            // SAFETY: the caller's word; no address is wrong to prefetch.
            unsafe { _mm_prefetch::<_MM_HINT_T1>(line.wrapping_offset(part.offset + further as isize).cast()) };
        }
    }

    fn parts(&self, vector: usize) -> &[Part] {
        &self.parts[if vector == 0 { 0 } else { self.ends[vector - 1] }..self.ends[vector]]
    }
}

/// # Safety
/// The CPU has AVX-512, and the parts lie within the source when they start at `line`.
#[inline(always)]
unsafe fn load(line: *const f32, parts: &[Part]) -> __m512 {
    // SAFETY: only numbers of the mask are read, which are those of the part.
    unsafe {
        let mut numbers = _mm512_setzero_ps();
        for part in parts {
            let first = line.wrapping_offset(part.offset);
            if part.step == 1 {
                numbers = _mm512_mask_loadu_ps(numbers, part.mask, first);
            } else if part.step < FAR {
                let lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
                let offsets = _mm512_mullo_epi32(lanes, _mm512_set1_epi32(part.step as i32));
                numbers = _mm512_mask_i32gather_ps::<4>(numbers, part.mask, offsets, first);
            } else {
                let mut lanes = [0.0; VECTOR];
                for (lane, number) in lanes.iter_mut().enumerate().filter(|(lane, _)| part.mask >> lane & 1 == 1) {
                    *number = *first.wrapping_add(lane * part.step);
                }
                numbers = _mm512_mask_loadu_ps(numbers, part.mask, lanes.as_ptr());
            }
        }
        numbers
    }
}

/// The extent of each lane's numbers so far.
#[derive(Clone, Copy)]
pub(super) struct Extents {
    least: __m512i,
    most: __m512i,
}

impl Extents {
    /// # Safety
    /// The CPU has AVX-512, as for all below.
    #[inline(always)]
    pub(super) unsafe fn none() -> Self {
        // SAFETY: the caller's word.
        unsafe { Extents { least: _mm512_set1_epi32(-1), most: _mm512_setzero_si512() } }
    }

    /// # Safety
    /// As `none`.
    #[inline(always)]
    pub(super) unsafe fn see(&mut self, numbers: __m512) {
        // SAFETY: the caller's word. One less than nothing is the most there is.
        unsafe {
            let magnitude = _mm512_and_si512(_mm512_castps_si512(numbers), _mm512_set1_epi32(0x7fff_ffff));
            self.most = _mm512_max_epu32(self.most, magnitude);
            self.least = _mm512_min_epu32(self.least, _mm512_sub_epi32(magnitude, _mm512_set1_epi32(1)));
        }
    }

    /// # Safety
    /// As `none`.
    #[inline(always)]
    pub(super) unsafe fn finish(self) -> Extent {
        // SAFETY: the caller's word.
        unsafe { Extent { least: _mm512_reduce_min_epu32(self.least), most: _mm512_reduce_max_epu32(self.most) } }
    }
}

/// The pieces of two vectors, joined and written two tiles apart.
///
/// # Safety
/// The CPU has AVX-512, and `COUNT` vectors are writable so.
#[inline(always)]
unsafe fn cut<const COUNT: usize>(mut even: __m512, mut odd: __m512, to: *mut i32) {
    // SAFETY: the caller's word.
    unsafe {
        for piece in 0..COUNT {
            let both = join(&mut even, &mut odd, piece);
            _mm512_storeu_si512(to.add(piece * 2 * TILE).cast(), both);
        }
    }
}

/// A piece of two vectors, that of the second in the upper half words, and what it leaves of them.
///
/// # Safety
/// The CPU has AVX-512.
#[inline(always)]
pub(super) unsafe fn join(even: &mut __m512, odd: &mut __m512, piece: usize) -> __m512i {
    // SAFETY: the caller's word.
    unsafe {
        let (half, upper) = (_mm512_set1_epi32(0x8000), _mm512_set1_epi32(0xffff_0000_u32 as i32));
        let rounded = |number| _mm512_and_si512(_mm512_add_epi32(_mm512_castps_si512(number), half), upper);
        let (first, second) = match piece {
            // What two pieces leave is one.
            2 => (_mm512_castps_si512(*even), _mm512_castps_si512(*odd)),
            _ => (rounded(*even), rounded(*odd)),
        };
        *even = _mm512_sub_ps(*even, _mm512_castsi512_ps(first));
        *odd = _mm512_sub_ps(*odd, _mm512_castsi512_ps(second));
        _mm512_or_si512(second, _mm512_srli_epi32::<16>(first))
    }
}

/// Lines are rows: a row of a tile is 16 pairs of terms 16 apart.
///
/// # Safety
/// See [`Cut`](crate::micro::pieces::Cut).
#[target_feature(enable = "avx512f,avx512bw")]
pub(super) unsafe fn rows(job: &Split<'_>, target: &mut [i32]) -> Extent {
    // SAFETY: the caller's word.
    unsafe {
        match (job.pieces.count(), job.judged) {
            (1, false) => rows_of::<1, false>(job, target),
            (1, true) => rows_of::<1, true>(job, target),
            (2, false) => rows_of::<2, false>(job, target),
            (2, true) => rows_of::<2, true>(job, target),
            (_, false) => rows_of::<3, false>(job, target),
            (_, true) => rows_of::<3, true>(job, target),
        }
    }
}

/// # Safety
/// As `rows`, with as many pieces as the job asks for.
#[inline(always)]
unsafe fn rows_of<const COUNT: usize, const JUDGED: bool>(job: &Split<'_>, target: &mut [i32]) -> Extent {
    let (rows, terms) = job.size();
    let steps = terms / BLOCK;
    let vectors = Vectors::new(&job.numbers, 2 * steps);
    // SAFETY: the gather's reach and the target's length were checked; every access is of a row of some block and step.
    unsafe {
        let mut extents = Extents::none();
        for row in 0..rows {
            let line = job.numbers.lines.get(row).map(|&line| job.numbers.source.pointer.add(job.numbers.start + line));
            let (block, tile, at) = (row / BLOCK, row % BLOCK / 16, row % 16);
            let mut to = target.as_mut_ptr().add(block * job.pieces.block(steps) + tile * TILE + at * TILE_ROWS);
            for step in 0..steps {
                let (mut even, mut odd) = (_mm512_setzero_ps(), _mm512_setzero_ps());
                if let Some(line) = line {
                    even = load(line, vectors.parts(2 * step));
                    odd = load(line, vectors.parts(2 * step + 1));
                    vectors.prefetch(line, 2 * step, terms);
                    vectors.prefetch(line, 2 * step + 1, terms);
                }
                if JUDGED {
                    extents.see(even);
                    extents.see(odd);
                }
                cut::<COUNT>(even, odd, to);
                to = to.add(COUNT * 2 * TILE);
            }
        }
        extents.finish()
    }
}

/// Lines are lanes: 16 of them, cut along their terms and turned, are a tile whose rows are pairs of terms.
///
/// # Safety
/// See [`Cut`](crate::micro::pieces::Cut).
#[target_feature(enable = "avx512f,avx512bw")]
pub(super) unsafe fn turned(job: &Split<'_>, target: &mut [i32]) -> Extent {
    // SAFETY: the caller's word.
    unsafe {
        match job.pieces.count() {
            1 => turned_of::<1>(job, target),
            2 => turned_of::<2>(job, target),
            _ => turned_of::<3>(job, target),
        }
    }
}

/// # Safety
/// As `turned`, with as many pieces as the job asks for.
#[inline(always)]
unsafe fn turned_of<const COUNT: usize>(job: &Split<'_>, target: &mut [i32]) -> Extent {
    let (lanes, terms) = job.size();
    let steps = terms / BLOCK;
    let vectors = Vectors::new(&job.numbers, 2 * steps);
    // SAFETY: the gather's reach and the target's length were checked; every access is of a row of some block and step.
    unsafe {
        let mut extents = Extents::none();
        for (half, step) in (0..lanes / VECTOR).flat_map(|half| (0..steps).map(move |step| (half, step))) {
            let mut cut = [[_mm512_setzero_si512(); VECTOR]; COUNT];
            for lane in 0..VECTOR {
                let Some(&line) = job.numbers.lines.get(half * VECTOR + lane) else { break };
                let line = job.numbers.source.pointer.add(job.numbers.start + line);
                let mut even = load(line, vectors.parts(2 * step));
                let mut odd = load(line, vectors.parts(2 * step + 1));
                vectors.prefetch(line, 2 * step, terms);
                vectors.prefetch(line, 2 * step + 1, terms);
                extents.see(even);
                extents.see(odd);
                for (piece, cut) in cut.iter_mut().enumerate() {
                    cut[lane] = join(&mut even, &mut odd, piece);
                }
            }
            let to = half / 2 * job.pieces.block(steps) + step * COUNT * 2 * TILE + half % 2 * TILE;
            for (piece, cut) in cut.into_iter().enumerate() {
                let to = target.as_mut_ptr().add(to + piece * 2 * TILE);
                for (row, pairs) in turn(cut).into_iter().enumerate() {
                    _mm512_storeu_si512(to.add(row * TILE_ROWS).cast(), pairs);
                }
            }
        }
        extents.finish()
    }
}

/// Rows as columns: numbers are interleaved with those 1, 2, 4 and 8 rows on.
///
/// # Safety
/// The CPU has AVX-512.
#[inline(always)]
pub(super) unsafe fn turn(rows: [__m512i; VECTOR]) -> [__m512i; VECTOR] {
    // SAFETY: the caller's word.
    unsafe {
        let singles = |i: usize| {
            let (a, b) = (rows[i & !1], rows[i | 1]);
            if i & 1 == 0 { _mm512_unpacklo_epi32(a, b) } else { _mm512_unpackhi_epi32(a, b) }
        };
        let rows: [__m512i; VECTOR] = std::array::from_fn(singles);
        // Of rows 4q..4q+4: column c of each four lanes, for c = 0..4.
        let doubles = |i: usize| {
            let (first, column) = (i & !3, i & 3);
            let (a, b) = (rows[first + column / 2], rows[first + 2 + column / 2]);
            if column & 1 == 0 { _mm512_unpacklo_epi64(a, b) } else { _mm512_unpackhi_epi64(a, b) }
        };
        let rows: [__m512i; VECTOR] = std::array::from_fn(doubles);
        let quarters = |lane: usize, column: usize| {
            let of = |q: usize| rows[4 * q + column];
            let halves = |a: __m512i, b: __m512i| match lane {
                0 | 2 => _mm512_shuffle_i32x4::<0b10_00_10_00>(a, b),
                _ => _mm512_shuffle_i32x4::<0b11_01_11_01>(a, b),
            };
            let (low, high) = (halves(of(0), of(1)), halves(of(2), of(3)));
            if lane < 2 {
                _mm512_shuffle_i32x4::<0b10_00_10_00>(low, high)
            } else {
                _mm512_shuffle_i32x4::<0b11_01_11_01>(low, high)
            }
        };
        std::array::from_fn(|row| quarters(row / 4, row % 4))
    }
}

/// Lines are terms: a row of a tile is a pair of terms, 16 apart, of 16 lanes.
///
/// # Safety
/// See [`Cut`](crate::micro::pieces::Cut).
#[target_feature(enable = "avx512f,avx512bw")]
pub(super) unsafe fn lanes(job: &Split<'_>, target: &mut [i32]) -> Extent {
    // SAFETY: the caller's word.
    unsafe {
        match (job.pieces.count(), job.judged) {
            (1, false) => lanes_of::<1, false>(job, target),
            (1, true) => lanes_of::<1, true>(job, target),
            (2, false) => lanes_of::<2, false>(job, target),
            (2, true) => lanes_of::<2, true>(job, target),
            (_, false) => lanes_of::<3, false>(job, target),
            (_, true) => lanes_of::<3, true>(job, target),
        }
    }
}

/// # Safety
/// As `lanes`, with as many pieces as the job asks for.
#[inline(always)]
unsafe fn lanes_of<const COUNT: usize, const JUDGED: bool>(job: &Split<'_>, target: &mut [i32]) -> Extent {
    let (terms, lanes) = job.size();
    let steps = terms / BLOCK;
    let vectors = Vectors::new(&job.numbers, lanes / VECTOR);
    let whole = vectors.whole();
    // SAFETY: as above.
    unsafe {
        let mut extents = Extents::none();
        for pair in 0..terms / 2 {
            let (step, at) = (pair / 16, pair % 16);
            let line = |term: usize| {
                let line = job.numbers.lines.get(term);
                line.map(|&line| job.numbers.source.pointer.add(job.numbers.start + line))
            };
            let first_place = step * COUNT * 2 * TILE + at * TILE_ROWS;
            let place = |half: usize| half / 2 * job.pieces.block(steps) + first_place + half % 2 * TILE;
            let (first, second) = (line(step * BLOCK + at), line(step * BLOCK + 16 + at));
            if let (Some(whole), Some(first), Some(second)) = (&whole, first, second) {
                for (half, &offset) in whole.iter().enumerate() {
                    let to = target.as_mut_ptr().add(place(half));
                    let even = _mm512_loadu_ps(first.wrapping_offset(offset));
                    let odd = _mm512_loadu_ps(second.wrapping_offset(offset));
                    // The next panel is most often of the numbers behind.
                    _mm_prefetch::<_MM_HINT_T0>(first.wrapping_offset(offset + lanes as isize).cast());
                    _mm_prefetch::<_MM_HINT_T0>(second.wrapping_offset(offset + lanes as isize).cast());
                    if JUDGED {
                        extents.see(even);
                        extents.see(odd);
                    }
                    cut::<COUNT>(even, odd, to);
                }
                continue;
            }
            for half in 0..lanes / VECTOR {
                let parts = vectors.parts(half);
                let even = first.map_or(_mm512_setzero_ps(), |line| load(line, parts));
                let odd = second.map_or(_mm512_setzero_ps(), |line| load(line, parts));
                if JUDGED {
                    extents.see(even);
                    extents.see(odd);
                }
                cut::<COUNT>(even, odd, target.as_mut_ptr().add(place(half)));
            }
        }
        extents.finish()
    }
}
