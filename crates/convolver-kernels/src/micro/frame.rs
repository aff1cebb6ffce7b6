//! Frames: an input read where it lies, with zeros around it.
//!
//! Computes   y[r, i] = Σ_p Σ_q Σ_c  w_p[c, q] · x_c(ρ, ℓ)      ρ = rows.first + f_p + (r + q)·rows.step
//!                                                              ℓ = places.first + s_c + i·places.step
//!
//! x_c(ρ, ℓ) is a number of the input where 0 ≤ ρ < rows.count and 0 ≤ ℓ < places.count, and zero elsewhere. Phases and
//! their columns are those of a band.
//!
//! Idea      an input with zeros around it is described, not packed: what looks at it, planes (see `planes`) or lanes with
//!           weights of their own (see `each`), copies a part at a time between zeros. A zero that stands outside is
//!           multiplied as any other, so that an infinite tap makes a NaN of it.
//! Order     that of a band, so an output has the same bits inside and at the border

use super::band::Phase;
use crate::memory::Source;
use crate::simd::Lane;

/// How outputs along an axis lie over the input.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span {
    /// What the first output sees through a tap without offset.
    pub first: isize,
    /// Input places from one output to the next.
    pub step: usize,
    /// Places there are.
    pub count: usize,
    /// Numbers from one place to the next.
    pub pitch: usize,
}

impl Span {
    /// An axis that is not there.
    pub const ONE: Span = Span { first: 0, step: 1, count: 1, pitch: 0 };
}

/// An input with zeros around it, and the taps that go over it.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a, L> {
    /// The input.
    pub input: Source<'a, L>,
    /// Where in it row 0, place 0 lies.
    pub origin: usize,
    /// How rows of outputs lie over the rows there are.
    pub rows: Span,
    /// How the outputs of a row lie over the places there are.
    pub places: Span,
    /// The kernel's phases.
    pub phases: &'a [Phase],
    /// The first row f of each phase.
    pub firsts: &'a [usize],
    /// Offsets of the columns' first taps, in numbers, phase by phase.
    pub columns: &'a [usize],
    /// The places s among these offsets.
    pub shifts: &'a [usize],
    /// Weights phase by phase, each column by column, the rows of a column together.
    pub weights: &'a [L],
}

impl<L: Lane> Frame<'_, L> {
    /// Checks that every element read for `rows` × `places` outputs lies in the input, as do those `beyond` it, and that
    /// there are as many weights as `weights` says of so many taps.
    pub(crate) fn check(
        &self,
        (rows, places): (usize, usize),
        beyond: usize,
        weights: impl Fn(usize) -> Option<usize>,
    ) {
        let Frame { rows: along, places: across, phases, firsts, columns, shifts, .. } = *self;
        assert!(!phases.is_empty() && phases.len() == firsts.len(), "every phase has a first row");
        assert!(columns.len() == shifts.len(), "every column has a place");
        assert!(
            along.step > 0 && along.count > 0 && across.step > 0 && across.count > 0,
            "a frame has steps and places"
        );
        let small = |number: usize| number <= isize::MAX as usize / 64;
        let near = |span: &Span| small(span.first.unsigned_abs()) && small(span.step) && small(span.count);
        assert!(near(&along) && near(&across) && small(rows) && small(places), "a frame can be counted");
        let reach = |count: usize, step: usize| count.checked_mul(step).is_some_and(small);
        assert!(reach(rows, along.step) && reach(places, across.step), "a frame can be counted");
        let (mut from, mut taps, mut furthest) = (0usize, 0usize, 0usize);
        for (phase, &first) in phases.iter().zip(firsts) {
            assert!(phase.rows > 0 && phase.columns > 0 && small(first) && small(phase.rows), "a phase has taps");
            let of_phase = from..from.checked_add(phase.columns).expect("a phase has its columns");
            let down = first.checked_mul(along.pitch).expect("a frame lies within its input");
            for (&column, &shift) in columns[of_phase.clone()].iter().zip(&shifts[of_phase.clone()]) {
                assert!(small(shift), "a frame can be counted");
                let by_place = shift.checked_mul(across.pitch).and_then(|shift| shift.checked_add(down));
                let besides = by_place.and_then(|by_place| column.checked_sub(by_place));
                furthest = furthest.max(besides.expect("a column's offset holds its place and its phase's first row"));
            }
            from = of_phase.end;
            taps = phase.rows.checked_mul(phase.columns).and_then(|of| taps.checked_add(of)).expect("taps are counted");
            assert!(reach(phase.rows, along.step), "a frame can be counted");
        }
        assert!(from == columns.len(), "every column belongs to a phase");
        assert_eq!(weights(taps), Some(self.weights.len()), "one weight per tap");
        let end = (along.count - 1)
            .checked_mul(along.pitch)
            .and_then(|end| end.checked_add((across.count - 1).checked_mul(across.pitch)?))
            .and_then(|end| end.checked_add(self.origin)?.checked_add(furthest)?.checked_add(beyond));
        assert!(end.is_some_and(|end| end < self.input.length), "a frame lies within its input");
    }
}
