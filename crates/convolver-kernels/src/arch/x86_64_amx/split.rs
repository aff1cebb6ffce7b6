//! Numbers gathered and cut into pieces with vectors.
//!
//! A piece is the number rounded to its upper half word, half away from zero: adding 2¹⁵ to the bits and clearing the
//! lower half. What it leaves is exact in f32, and the third piece is what two have left.

use crate::micro::Gather;
use crate::micro::pieces::{BLOCK, Extent, Gathered, PairCopy, PairSplit, Split};
use std::arch::x86_64::*;

/// Half words of a tile.
const TILE: usize = BLOCK * BLOCK / 2;
/// Numbers of a vector.
const VECTOR: usize = 16;

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
struct Extents {
    least: __m512i,
    most: __m512i,
}

impl Extents {
    /// # Safety
    /// The CPU has AVX-512, as for all below.
    #[inline(always)]
    unsafe fn none() -> Self {
        // SAFETY: the caller's word.
        unsafe { Extents { least: _mm512_set1_epi32(-1), most: _mm512_setzero_si512() } }
    }

    /// # Safety
    /// As `none`.
    #[inline(always)]
    unsafe fn see(&mut self, numbers: __m512) {
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
    unsafe fn finish(self) -> Extent {
        // SAFETY: the caller's word.
        unsafe { Extent { least: _mm512_reduce_min_epu32(self.least), most: _mm512_reduce_max_epu32(self.most) } }
    }
}

/// The pieces of two vectors, joined and written two tiles apart.
///
/// # Safety
/// The CPU has AVX-512, and `COUNT` vectors are writable so.
#[inline(always)]
unsafe fn cut<const COUNT: usize>(mut even: __m512, mut odd: __m512, to: *mut i16) {
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
unsafe fn join(even: &mut __m512, odd: &mut __m512, piece: usize) -> __m512i {
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
pub(super) unsafe fn rows(job: &Split<'_>, target: &mut [i16]) -> Extent {
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
unsafe fn rows_of<const COUNT: usize, const JUDGED: bool>(job: &Split<'_>, target: &mut [i16]) -> Extent {
    let (rows, terms) = job.size();
    let steps = terms / BLOCK;
    let vectors = Vectors::new(&job.numbers, 2 * steps);
    // SAFETY: the gather's reach and the target's length were checked; every access is of a row of some block and step.
    unsafe {
        let mut extents = Extents::none();
        for row in 0..rows {
            let line = job.numbers.lines.get(row).map(|&line| job.numbers.source.pointer.add(job.numbers.start + line));
            let (block, tile, at) = (row / BLOCK, row % BLOCK / 16, row % 16);
            let mut to = target.as_mut_ptr().add(block * job.pieces.block(steps) + tile * TILE + at * BLOCK);
            for step in 0..steps {
                let (mut even, mut odd) = (_mm512_setzero_ps(), _mm512_setzero_ps());
                if let Some(line) = line {
                    even = load(line, vectors.parts(2 * step));
                    odd = load(line, vectors.parts(2 * step + 1));
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

/// Lines are terms: a row of a tile is a pair of terms, 16 apart, of 16 lanes.
///
/// # Safety
/// See [`Cut`](crate::micro::pieces::Cut).
#[target_feature(enable = "avx512f,avx512bw")]
pub(super) unsafe fn lanes(job: &Split<'_>, target: &mut [i16]) -> Extent {
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
unsafe fn lanes_of<const COUNT: usize, const JUDGED: bool>(job: &Split<'_>, target: &mut [i16]) -> Extent {
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
            let first_place = step * COUNT * 2 * TILE + at * BLOCK;
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

/// Pairs of numbers, joined as the pieces of a tile's row.
///
/// # Safety
/// See [`Pair`](crate::micro::pieces::Pair).
#[target_feature(enable = "avx512f,avx512bw")]
pub(super) unsafe fn pairs(job: &PairSplit<'_>, target: &mut [i32]) -> Extent {
    // SAFETY: the caller's word.
    unsafe {
        match job.pieces.count() {
            1 => pairs_of::<1>(job, target),
            2 => pairs_of::<2>(job, target),
            _ => pairs_of::<3>(job, target),
        }
    }
}

/// # Safety
/// As `pairs`, with as many pieces as the job asks for.
#[inline(always)]
unsafe fn pairs_of<const COUNT: usize>(job: &PairSplit<'_>, target: &mut [i32]) -> Extent {
    // SAFETY: there are `pairs` pairs, and as much room for each piece; every access is below that.
    unsafe {
        let (even, odd, to) = (job.even.as_ptr(), job.odd.as_ptr(), target.as_mut_ptr());
        let mut extents = Extents::none();
        let mut at = 0;
        while at < job.even.len() {
            let count = (job.even.len() - at).min(VECTOR);
            let mask = ((1u32 << count) - 1) as u16;
            let (mut even, mut odd) =
                (_mm512_maskz_loadu_ps(mask, even.add(at)), _mm512_maskz_loadu_ps(mask, odd.add(at)));
            extents.see(even);
            extents.see(odd);
            for piece in 0..COUNT {
                let both = join(&mut even, &mut odd, piece);
                _mm512_mask_storeu_epi32(to.add(piece * job.piece_step + at), mask, both);
            }
            at += VECTOR;
        }
        extents.finish()
    }
}

/// Lines of joined pairs as rows of tiles.
///
/// # Safety
/// See [`Gathered`].
#[target_feature(enable = "avx512f,avx512bw")]
pub(super) unsafe fn copy(job: &PairCopy<'_>, target: &mut [i16]) {
    let vectors = Vectors::new(&job.numbers, job.vectors());
    let whole = vectors.whole();
    let (count, steps) = (job.pieces.count(), job.steps());
    // SAFETY: the gather's reach was checked for every piece, and the target has room for every row of every tile.
    unsafe {
        for (number, &line) in job.numbers.lines.iter().enumerate() {
            let line = job.numbers.source.pointer.add(job.numbers.start + line).cast::<f32>();
            for vector in 0..job.vectors() {
                // Rows of a block are lines and steps are vectors, or the other way round.
                let (block, tile, row, step) = match job.gathered {
                    Gathered::Rows => (number / BLOCK, number % BLOCK / 16, number % 16, vector),
                    Gathered::Lanes => (vector / 2, vector % 2, number % 16, number / 16),
                };
                let place = block * job.pieces.block(steps) + step * count * 2 * TILE + tile * TILE + row * BLOCK;
                let to = target.as_mut_ptr().add(place);
                for piece in 0..count {
                    let line = line.add(piece * job.piece_step);
                    let numbers = match &whole {
                        Some(whole) => _mm512_loadu_ps(line.wrapping_offset(*whole.get_unchecked(vector))),
                        None => load(line, vectors.parts(vector)),
                    };
                    _mm512_storeu_ps(to.add(piece * 2 * TILE).cast(), numbers);
                }
            }
        }
    }
}
