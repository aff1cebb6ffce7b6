//! Padded: a part of a frame (see `frame`), copied between the zeros that stand around it.
//!
//! Idea      What a few thousand multiply-adds see fits the first-level cache. Copied there, in the order in which sums go over
//!           it, it is read without masks and without asking what is there, its lines lie together however far apart those
//!           of the input do, and the copy goes through memory as straight as can be.
//! Picture   part  0 0 0 0 0 0      rows of one phase of the kernel together, phase after phase
//!                 0 ▒ ▒ ▒ ▒ ▒      a place is a number where outputs of a row are lanes, or a vector of lanes
//!                 0 ▒ ▒ ▒ ▒ ▒      the places that a step takes apart lie in lines of their own where a place is a number
//! Elements  parts of several planes that are summed follow each other

use super::frame::Frame;
use crate::memory::Scratch;
use crate::simd::{Lane, Vector, WIDEST, prefetch_to_read};
use std::ops::Range;

/// Bytes of a part that are taken if they can be.
const CACHE: usize = 32 << 10;
/// Bytes that a part does not take if it can have fewer places, however few.
const LARGE: usize = 8 << 20;
/// Bytes of the parts that are copied together, so that one need not wait until the one before is written.
const TOGETHER: usize = 8 << 10;

/// Outputs of a frame: rows, and places of each.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) rows: Range<usize>,
    pub(crate) places: Range<usize>,
}

/// How parts of a frame lie when they are copied.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    /// Numbers of a place: one, or those of a vector.
    unit: usize,
    /// Lines of a row: as many as the step where a place is a number.
    pub(crate) apart: usize,
    /// Those of them that a tap sees.
    pub(crate) seen: Vec<usize>,
    /// Rows and places of outputs, at most.
    pub(crate) most: (usize, usize),
    /// Places of a line: of those that a step takes apart, where a place is a number.
    pub(crate) line: usize,
    /// Numbers from one row to the next.
    pub(crate) pitch: usize,
    /// The first number of each phase's rows.
    pub(crate) bases: Vec<usize>,
    /// What the columns of the elements that are summed add to an offset in the input.
    besides: Vec<usize>,
    /// Numbers of one element.
    element: usize,
    /// Offsets of the kernel's columns.
    pub(crate) columns: Vec<usize>,
    /// The last place that a tap sees from the first output.
    reach: usize,
}

impl Layout {
    /// The layout of parts of `rows` × `places` outputs or less, so that they fit the cache if they can; a part has no fewer
    /// than `least` places if there are as many.
    pub(crate) fn fitting<L: Lane>(
        frame: &Frame<'_, L>,
        (rows, places): (usize, usize),
        (unit, vector): (usize, usize),
        least: usize,
    ) -> Self {
        let besides = Self::besides(frame);
        let deepest = frame.phases.iter().map(|phase| phase.rows).max().unwrap_or(1);
        let mut most = (rows, places);
        loop {
            let layout = Layout::new(frame, most, (unit, vector));
            let bytes = layout.element.saturating_mul(besides.len()).saturating_mul(size_of::<L>());
            // A part loses to its halo where it is short.
            let short = most.0 < 2 * deepest || (unit > 1 && most.0 < most.1);
            most = if bytes <= CACHE {
                return layout.with_columns(frame, besides);
            } else if most.1 > least && short {
                (most.0, most.1.div_ceil(2).max(least))
            } else if most.0 > deepest {
                (most.0.div_ceil(2), most.1)
            } else if most.1 > 1 && bytes > LARGE {
                (most.0, most.1.div_ceil(2))
            } else {
                return layout.with_columns(frame, besides);
            };
        }
    }

    /// What the columns of each element add to their places and first rows, in the order in which elements are first seen.
    fn besides<L: Lane>(frame: &Frame<'_, L>) -> Vec<usize> {
        let mut found: Vec<usize> = Self::beside(frame).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    fn beside<'a, L: Lane>(frame: &'a Frame<'_, L>) -> impl Iterator<Item = usize> + 'a {
        let phases = frame.phases.iter().zip(frame.firsts);
        let firsts = phases.flat_map(|(phase, &first)| std::iter::repeat_n(first, phase.columns));
        let places = frame.columns.iter().zip(frame.shifts).zip(firsts);
        places.map(|((column, shift), first)| column - first * frame.rows.pitch - shift * frame.places.pitch)
    }

    /// A layout that knows of no element yet.
    fn new<L: Lane>(frame: &Frame<'_, L>, most: (usize, usize), (unit, vector): (usize, usize)) -> Self {
        let reach = frame.shifts.iter().copied().max().unwrap_or(0);
        let apart = if unit == 1 { frame.places.step } else { 1 };
        // Steps may be huge; then so is what is reckoned here, and nothing is copied.
        let seen = (most.1 - 1).saturating_mul(frame.places.step).saturating_add(reach + 1);
        let behind = if apart > 1 { vector - 1 } else { 0 };
        let line = seen.div_ceil(apart).saturating_add(behind);
        let line = line.checked_next_multiple_of(vector / unit).unwrap_or(usize::MAX);
        let pitch = line.saturating_mul(apart).saturating_mul(unit);
        let mut element = 0usize;
        let bases = frame.phases.iter().map(|phase| {
            let base = element;
            element = element.saturating_add((most.0 + phase.rows - 1).saturating_mul(pitch));
            base
        });
        let bases = bases.collect();
        let (seen, besides, columns) = (Vec::new(), Vec::new(), Vec::new());
        Layout { unit, apart, seen, most, line, pitch, bases, besides, element, columns, reach }
    }

    fn with_columns<L: Lane>(self, frame: &Frame<'_, L>, besides: Vec<usize>) -> Self {
        let offset = |(beside, &shift): (usize, &usize)| {
            let number = besides.binary_search(&beside).expect("every column is of an element");
            let place = (shift % self.apart).saturating_mul(self.line).saturating_add(shift / self.apart);
            number.saturating_mul(self.element).saturating_add(place.saturating_mul(self.unit))
        };
        let columns = Self::beside(frame).zip(frame.shifts).map(offset).collect();
        let mut seen: Vec<usize> = frame.shifts.iter().map(|shift| shift % self.apart).collect();
        seen.sort_unstable();
        seen.dedup();
        Layout { columns, besides, seen, ..self }
    }

    /// Numbers of a part.
    pub(crate) fn length(&self) -> usize {
        self.element.saturating_mul(self.besides.len())
    }

    /// How many parts are copied together.
    pub(crate) fn together<L>(&self) -> usize {
        (TOGETHER / (self.length() * size_of::<L>())).max(1)
    }

    /// Room for so many parts, and what vectors read behind the last.
    pub(crate) fn room<L: Lane>(&self, parts: usize, vector: usize) -> Scratch<L> {
        let length = self.length().checked_mul(parts).and_then(|length| length.checked_add(vector));
        Scratch::new(length.expect("what is copied has been counted"))
    }

    /// The parts of a frame of so many rows and places, about equal.
    pub(crate) fn parts(&self, (rows, places): (usize, usize)) -> impl Iterator<Item = Part> + use<> {
        let (down, across) = (rows.div_ceil(self.most.0), places.div_ceil(self.most.1));
        let cut = |number: usize, count: usize, whole: usize| number * whole / count..(number + 1) * whole / count;
        (0..down * across).map(move |number| Part {
            rows: cut(number / across, down, rows),
            places: cut(number % across, across, places),
        })
    }

    /// The fewest rows of such a part.
    pub(crate) fn fewest_rows(&self, rows: usize) -> usize {
        rows / rows.div_ceil(self.most.0)
    }

    /// Copies a part of what lies `beyond` the frame to `to`; with its zeros, unless they stand there from a part of the
    /// same rows and places.
    ///
    /// # Safety
    /// The CPU must have the vector's instruction set, the frame must have been checked for the part's outputs and what lies
    /// beyond, and there is room at `to`.
    #[inline(always)]
    pub(crate) unsafe fn fill<V: Vector, C: Copier<V>>(
        &self,
        frame: &Frame<'_, V::Lane>,
        part: &Part,
        beyond: usize,
        to: *mut V::Lane,
        (copier, zeros): (C, bool),
    ) {
        let (down, across) = (frame.rows, frame.places);
        let first = across.first + (part.places.start * across.step) as isize;
        let seen = (part.places.len() - 1) * across.step + self.reach + 1;
        let from = (-first).clamp(0, seen as isize) as usize;
        let end = (across.count as isize - first).clamp(from as isize, seen as isize) as usize;
        let place = (first + from as isize).cast_unsigned().wrapping_mul(across.pitch);
        // SAFETY: only rows and places that are there are read, which `check` has seen; a row's places fit the pitch, and the
        // rows of all phases and elements the room.
        unsafe {
            for (number, beside) in self.besides.iter().enumerate() {
                let x = frame.input.pointer.wrapping_add(frame.origin + beyond + beside);
                for ((phase, &row), &base) in frame.phases.iter().zip(frame.firsts).zip(&self.bases) {
                    let to = to.add(number * self.element + base);
                    let rows = part.rows.len() + phase.rows - 1;
                    let first = down.first + (row + part.rows.start * down.step) as isize;
                    // Rows that are there, if places are.
                    let before = (-first).max(0).cast_unsigned().div_ceil(down.step).min(rows);
                    let beyond = (down.count as isize - first).max(0).cast_unsigned().div_ceil(down.step).min(rows);
                    let there = if from < end { before..beyond.max(before) } else { 0..0 };
                    if zeros {
                        self.surround::<V>(to, rows, &there, from..end);
                    }
                    if !there.is_empty() {
                        let row = (first + (there.start * down.step) as isize).cast_unsigned();
                        let rows =
                            Rows { count: there.len(), step: down.step.wrapping_mul(down.pitch), pitch: self.pitch };
                        let to = to.add(there.start * self.pitch);
                        copier.copy(x.add(row * down.pitch + place), to, rows, from..end);
                    }
                }
            }
        }
    }

    /// Puts zeros where no row or place is there.
    ///
    /// # Safety
    /// As `fill`.
    #[inline(always)]
    unsafe fn surround<V: Vector>(&self, to: *mut V::Lane, rows: usize, there: &Range<usize>, places: Range<usize>) {
        for row in 0..rows {
            // SAFETY: the caller's word.
            unsafe {
                let to = to.add(row * self.pitch);
                if !there.contains(&row) {
                    fill_with_zeros::<V>(to, self.pitch);
                    continue;
                }
                let [start, end] = [places.start.div_ceil(self.apart), places.end / self.apart];
                for line in 0..self.apart {
                    let to = to.add(line * self.line * self.unit);
                    fill_with_zeros::<V>(to, start * self.unit);
                    fill_with_zeros::<V>(to.add(end * self.unit), (self.line - end) * self.unit);
                }
            }
        }
    }
}

/// # Safety
/// The CPU must have the vector's instruction set, and `count` numbers from `to` on must be writable.
#[inline(always)]
unsafe fn fill_with_zeros<V: Vector>(to: *mut V::Lane, count: usize) {
    // SAFETY: the caller's word.
    unsafe {
        let zeros = V::splat(<V::Lane>::default());
        let whole = count - count % V::COUNT;
        for at in (0..whole).step_by(V::COUNT) {
            zeros.store(to.add(at));
        }
        if whole < count {
            zeros.store_first(to.add(whole), count - whole);
        }
    }
}

/// Rows to copy: how many, and numbers from one to the next in the input and in the part.
#[derive(Clone, Copy)]
pub(crate) struct Rows {
    count: usize,
    step: usize,
    pitch: usize,
}

/// How rows are copied.
pub(crate) trait Copier<V: Vector>: Copy {
    /// Copies neighbouring places of some rows, the first of them at `from`, to `places` of the rows at `to`. Behind them come
    /// zeros, or what was there: rows are copied in the order in which they lie.
    ///
    /// # Safety
    /// The CPU must have the vector's instruction set; the places must be readable, and those of the rows writable, as must a
    /// vector behind them.
    unsafe fn copy(self, from: *const V::Lane, to: *mut V::Lane, rows: Rows, places: Range<usize>);
}

/// Places that are numbers, neighbours in memory and in a part.
#[derive(Clone, Copy)]
pub(crate) struct Neighbours {
    /// Numbers from there to what is copied next.
    pub(crate) ahead: usize,
}

impl<V: Vector> Copier<V> for Neighbours {
    #[inline(always)]
    unsafe fn copy(self, from: *const V::Lane, to: *mut V::Lane, rows: Rows, places: Range<usize>) {
        let count = places.len();
        let (mut from, mut to) = (from, to.wrapping_add(places.start));
        for _ in 0..rows.count {
            prefetch_to_read(from.wrapping_add(self.ahead));
            // SAFETY: the caller's word; a last vector lies over its neighbour, and a single one puts zeros behind the
            // places.
            unsafe {
                if count < V::COUNT {
                    V::load_first(from, count).store(to);
                } else {
                    let mut at = 0;
                    while at < count - V::COUNT {
                        V::load(from.add(at)).store(to.add(at));
                        at += V::COUNT;
                        prefetch_to_read(from.wrapping_add(self.ahead + at));
                    }
                    V::load(from.add(count - V::COUNT)).store(to.add(count - V::COUNT));
                }
            }
            (from, to) = (from.wrapping_add(rows.step), to.wrapping_add(rows.pitch));
        }
    }
}

/// Places that are numbers, of which a step takes neighbours apart: a line each.
#[derive(Clone, Copy)]
pub(crate) struct Apart<'a> {
    pub(crate) step: usize,
    /// Numbers of a line.
    pub(crate) line: usize,
    /// The lines that are needed, all of them below the step.
    pub(crate) seen: &'a [usize],
    /// Numbers from there to what is copied next.
    pub(crate) ahead: usize,
}

impl<V: Vector> Copier<V> for Apart<'_> {
    #[inline(always)]
    unsafe fn copy(self, from: *const V::Lane, to: *mut V::Lane, rows: Rows, places: Range<usize>) {
        for row in 0..rows.count {
            let (from, to) = (from.wrapping_add(row * rows.step), to.wrapping_add(row * rows.pitch));
            // SAFETY: the caller's word; every place has its own in one of the lines, which have room for a vector behind
            // them.
            unsafe {
                match self.step {
                    2 => self.pairs::<V>(from, to, &places),
                    _ => self.several::<V>(from, to, &places),
                }
            }
        }
    }
}

impl Apart<'_> {
    /// A row of which every second place goes to the same line.
    ///
    /// # Safety
    /// As [`Copier::copy`], for one row.
    #[inline(always)]
    unsafe fn pairs<V: Vector>(self, from: *const V::Lane, to: *mut V::Lane, places: &Range<usize>) {
        let Apart { line, ahead, .. } = self;
        // Pairs begin at an even place.
        let single = (places.start % 2).min(places.len());
        let (pairs, wide) = (places.len() - single, 2 * V::COUNT);
        // SAFETY: the caller's word.
        unsafe {
            if single > 0 {
                *to.add(line + places.start / 2) = *from;
            }
            let (from, even) = (from.wrapping_add(single), to.wrapping_add((places.start + single) / 2));
            let odd = even.wrapping_add(line);
            let mut at = 0;
            while at + wide <= pairs {
                let (first, second) = V::load(from.add(at)).unzip(V::load(from.add(at + V::COUNT)));
                prefetch_to_read(from.wrapping_add(at + ahead));
                prefetch_to_read(from.wrapping_add(at + ahead + V::COUNT));
                first.store(even.add(at / 2));
                second.store(odd.add(at / 2));
                at += wide;
            }
            if at < pairs {
                let part = |first: usize| match pairs.saturating_sub(at + first) {
                    count if count < V::COUNT => V::load_first(from.wrapping_add(at + first), count),
                    _ => V::load(from.wrapping_add(at + first)),
                };
                let (first, second) = part(0).unzip(part(V::COUNT));
                first.store(even.add(at / 2));
                second.store(odd.add(at / 2));
            }
        }
    }

    /// A row whose places go to several lines, those that are needed one after the other.
    ///
    /// # Safety
    /// As [`Copier::copy`], for one row.
    #[inline(always)]
    unsafe fn several<V: Vector>(self, from: *const V::Lane, to: *mut V::Lane, places: &Range<usize>) {
        let Apart { step, line, seen, ahead } = self;
        for at in (0..places.len()).step_by(V::COUNT) {
            prefetch_to_read(from.wrapping_add(at + ahead));
        }
        let (whole, begun) = (places.start / step, places.start % step);
        for &remainder in seen {
            // The first place of the line, and how many come before it.
            let first = whole + usize::from(remainder < begun);
            let mut at = first * step + remainder - places.start;
            let mut to = to.wrapping_add(remainder * line + first);
            while at < places.len() {
                // SAFETY: the caller's word.
                unsafe { *to = *from.add(at) };
                at += step;
                to = to.wrapping_add(1);
            }
        }
    }
}

/// Places that are vectors of lanes.
#[derive(Clone, Copy)]
pub(crate) struct Lanes {
    /// Numbers from one place to the next.
    pub(crate) pitch: usize,
    /// Lanes there are.
    pub(crate) count: usize,
}

impl<V: Vector> Copier<V> for Lanes {
    #[inline(always)]
    unsafe fn copy(self, from: *const V::Lane, to: *mut V::Lane, rows: Rows, places: Range<usize>) {
        for row in 0..rows.count {
            let mut from = from.wrapping_add(row * rows.step);
            let to = to.wrapping_add(row * rows.pitch);
            for place in places.clone() {
                // SAFETY: the caller's word.
                unsafe {
                    let lanes = if self.count < V::COUNT { V::load_first(from, self.count) } else { V::load(from) };
                    lanes.store(to.add(place * V::COUNT));
                }
                from = from.wrapping_add(self.pitch);
            }
        }
    }
}

/// Places that are vectors of lanes, several of which may come from one number.
#[derive(Clone, Copy)]
pub(crate) struct Picked<'a> {
    /// Numbers from one place to the next.
    pub(crate) pitch: usize,
    /// Where the number of each lane lies.
    pub(crate) picks: &'a [u32; WIDEST],
    /// Numbers from the first to the last of them.
    pub(crate) count: usize,
}

impl<V: Vector> Copier<V> for Picked<'_> {
    #[inline(always)]
    unsafe fn copy(self, from: *const V::Lane, to: *mut V::Lane, rows: Rows, places: Range<usize>) {
        for row in 0..rows.count {
            let mut from = from.wrapping_add(row * rows.step);
            let to = to.wrapping_add(row * rows.pitch);
            for place in places.clone() {
                // SAFETY: the caller's word.
                unsafe {
                    let to = to.add(place * V::COUNT);
                    if self.count <= V::COUNT {
                        let numbers =
                            if self.count < V::COUNT { V::load_first(from, self.count) } else { V::load(from) };
                        numbers.picked(self.picks).store(to);
                    } else {
                        for (lane, &pick) in self.picks[..V::COUNT].iter().enumerate() {
                            *to.add(lane) = *from.add(pick as usize);
                        }
                    }
                }
                from = from.wrapping_add(self.pitch);
            }
        }
    }
}
