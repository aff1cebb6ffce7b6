//! Transforms of tiles: passes along every axis of a box of complex numbers that lies in strips.
//!
//! Computes  the circular convolution of a tile with a kernel whose spectrum is given, or its two halves apart
//!
//! Idea      Columns go down every strip; then rows, W at a time, are turned, transformed, multiplied and brought back
//!           while they are in the first-level cache; then columns again. Nothing is ever brought into another order: the
//!           kernel's spectrum is made by the same passes and has the same one.
//! Picture   strips │ │ │ │ ↓   rows ═══ → spectrum · ═══ →   │ │ │ │ ↑
//! Long line one axis of n₁·n₂ points is a tile of n₁ rows, with a twist between columns and rows.
//! Cost      about 10·P·log₂P flops for P points there and back, 6 passes over the tile where it exceeds a cache
//! Source    `convolver_kernels::micro` for the passes and what they mean

mod lengths;

pub use lengths::{length, lengths, rows_and_columns};

use crate::primitives::threads;
use convolver_kernels::{InstructionSet, Pass, Real, RowGroups, Scratch, Squares, Working, frequencies, passes, root};
use std::sync::{Mutex, PoisonError};

/// The transform of tiles of one size.
#[derive(Debug)]
pub struct Grid<L> {
    set: &'static InstructionSet,
    /// For every axis before the last, the vectors between its points in a strip, and its passes.
    columns: Vec<(usize, Vec<Pass<L>>)>,
    line: Vec<Pass<L>>,
    twist: Option<Twist<L>>,
    /// Rows of the tile that are part of the transform.
    rows: usize,
    /// Numbers of a row.
    width: usize,
}

/// Factors ω^(f·c) for rows f and columns c: of the lanes of a strip, and of the strip.
#[derive(Debug)]
struct Twist<L> {
    bases: Vec<L>,
    steps: Vec<L>,
}

/// What twisting adds to the rounding of a transform: two factors, off by 3.3 each, and two products, by √5.
const TWIST: f64 = 12.0;

/// How much the transform of a box of these lengths rounds in f64, in rounding units, see `convolver_kernels::rounding`.
pub fn rounding(lengths: &[usize], lanes: usize) -> f64 {
    let (&last, before) = lengths.split_last().expect("a tile has axes");
    let of = |points: usize| convolver_kernels::rounding(points).expect("a product of 2, 3 and 5");
    if before.iter().all(|&length| length == 1) {
        let (rows, width) = rows_and_columns(last, lanes).expect("a line of whole squares of vectors");
        return of(rows) + of(width) + TWIST;
    }
    lengths.iter().map(|&length| of(length)).sum()
}

impl<L: Real> Grid<L> {
    /// The transform of a box of these lengths; where all but the last are 1, of a long line.
    ///
    /// # Panics
    /// If the last length is no multiple of the lanes (of their square for a long line), or one is no product of 2, 3, 5.
    pub fn new(set: &'static InstructionSet, lengths: &[usize]) -> Self {
        let lanes = set.lanes::<L>();
        let (&last, before) = lengths.split_last().expect("a tile has axes");
        if before.iter().all(|&length| length == 1) {
            let (rows, width) = rows_and_columns(last, lanes).expect("a line of whole squares of vectors");
            let column = passes(rows);
            let twist = Some(Twist::new(&frequencies(&column), last, width, lanes));
            return Grid { set, columns: vec![(1, column)], line: passes(width), twist, rows, width };
        }
        assert!(last.is_multiple_of(lanes), "rows of whole vectors");
        let mut inner = 1;
        let mut columns = Vec::new();
        for &length in before.iter().rev() {
            columns.push((inner, passes(length)));
            inner *= length;
        }
        Grid { set, columns, line: passes(last), twist: None, rows: inner, width: last }
    }

    /// Rows of a tile, a multiple of the lanes.
    pub fn rows(&self) -> usize {
        self.rows.next_multiple_of(self.set.lanes::<L>())
    }

    /// Columns of a tile.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Points of the transform.
    pub fn points(&self) -> usize {
        self.rows * self.width
    }

    /// Numbers of a tile.
    pub fn numbers(&self) -> usize {
        self.rows() * self.width * 2
    }

    /// Fills a tile with samples times `scale`, and gives the sum of their squares: complex ones, or one or two boxes of real
    /// ones as its real and imaginary part.
    pub fn place_samples<W: Working<Lane = L>>(
        &self,
        tile: &mut [L],
        samples: &[W],
        boxes: usize,
        scale: L,
        shared: bool,
    ) -> f64 {
        let (lanes, width, length) = (self.set.lanes::<L>(), self.width, self.rows() * self.width);
        let groups = RowGroups::new(self.set, tile, self.rows());
        let squares: Vec<Mutex<f64>> = (0..groups.len()).map(|_| Mutex::default()).collect();
        threads::for_each(groups.len(), shared, |number| {
            let Some(mut group) = groups.take(number) else { return };
            let mut sums = Squares::default();
            for row in 0..lanes {
                let line = |half: usize| W::lanes(&samples[half * length + (number * lanes + row) * width..][..width]);
                if W::PARTS == 2 {
                    group.place_pairs(row, line(0), scale, &mut sums);
                } else {
                    group.place(row, 0, line(0), scale, &mut sums);
                    let (second, scale) = if boxes == 2 { (1, scale) } else { (0, L::default()) };
                    group.place(row, 1, line(second), scale, &mut sums);
                }
            }
            *squares[number].lock().unwrap_or_else(PoisonError::into_inner) = sums.total();
        });
        squares.into_iter().map(|sum| sum.into_inner().unwrap_or_else(PoisonError::into_inner)).sum()
    }

    /// Numbers of a group of rows, turned.
    fn group(&self) -> usize {
        self.width * 2 * self.set.lanes::<L>()
    }

    /// Convolves a tile, circularly, with the kernel of this spectrum.
    pub fn convolve(&self, tile: &mut [L], spectrum: &[L], shared: bool) {
        self.down(tile, true, shared);
        let (last, before) = self.line.split_last().expect("rows of more than a point");
        let groups = RowGroups::new(self.set, tile, self.rows());
        threads::for_each(groups.len(), shared, |number| {
            let Some(mut group) = groups.take(number) else { return };
            let mut lines = Scratch::<L>::new(self.group());
            group.turn(&mut lines);
            self.set.columns(&mut lines, 1, before, true);
            self.set.middle(&mut lines, last.radix, &spectrum[number * self.group()..][..self.group()]);
            self.set.columns(&mut lines, 1, before, false);
            group.turn_back(&lines);
        });
        drop(groups);
        self.down(tile, false, shared);
    }

    /// The spectrum of a tile, which is used up.
    pub fn analyse(&self, tile: &mut [L], spectrum: &mut [L], shared: bool) {
        self.down(tile, true, shared);
        let groups = RowGroups::new(self.set, tile, self.rows());
        threads::for_each_chunk(spectrum, self.group(), shared, |number, lines| {
            let Some(group) = groups.take(number) else { return };
            group.turn(lines);
            self.set.columns(lines, 1, &self.line, true);
        });
    }

    /// Adds the product of a tile's spectrum and a kernel's to `sums`, or sets them; the tile is used up.
    pub fn accumulate(&self, tile: &mut [L], spectrum: &[L], sums: &mut [L], first: bool, shared: bool) {
        self.down(tile, true, shared);
        let groups = RowGroups::new(self.set, tile, self.rows());
        threads::for_each_chunk(sums, self.group(), shared, |number, sums| {
            let Some(group) = groups.take(number) else { return };
            let mut lines = Scratch::<L>::new(self.group());
            group.turn(&mut lines);
            self.set.columns(&mut lines, 1, &self.line, true);
            self.set.multiply(sums, &lines, &spectrum[number * self.group()..][..self.group()], !first);
        });
    }

    /// `sums (+)= numbers·spectrum`, all of them spectra.
    pub fn multiply(&self, sums: &mut [L], numbers: &[L], spectrum: &[L], first: bool, shared: bool) {
        threads::for_each_chunk(sums, self.group(), shared, |number, sums| {
            let at = number * self.group()..(number + 1) * self.group();
            self.set.multiply(sums, &numbers[at.clone()], &spectrum[at], !first);
        });
    }

    /// The tile of a spectrum, which is used up; times the number of points.
    pub fn synthesise(&self, spectrum: &mut [L], tile: &mut [L], shared: bool) {
        let groups = RowGroups::new(self.set, tile, self.rows());
        threads::for_each_chunk(spectrum, self.group(), shared, |number, lines| {
            let Some(mut group) = groups.take(number) else { return };
            self.set.columns(lines, 1, &self.line, false);
            group.turn_back(lines);
        });
        drop(groups);
        self.down(tile, false, shared);
    }

    /// Transforms the columns of every strip.
    fn down(&self, tile: &mut [L], forward: bool, shared: bool) {
        let lanes = self.set.lanes::<L>();
        let used = self.rows * 2 * lanes;
        threads::for_each_chunk(tile, self.rows() * 2 * lanes, shared, |number, strip| {
            let strip = &mut strip[..used];
            if !forward {
                self.twisted(number, strip, false);
            }
            let axes = self.columns.len();
            for axis in 0..axes {
                let (inner, passes) = &self.columns[if forward { axes - 1 - axis } else { axis }];
                self.set.columns(strip, *inner, passes, forward);
            }
            if forward {
                self.twisted(number, strip, true);
            }
        });
    }

    fn twisted(&self, number: usize, strip: &mut [L], forward: bool) {
        if let Some(twist) = &self.twist {
            let steps = 2 * self.rows;
            self.set.twist(strip, &twist.bases, &twist.steps[number * steps..][..steps], forward);
        }
    }
}

impl<L: Real> Twist<L> {
    fn new(frequencies: &[usize], points: usize, width: usize, lanes: usize) -> Self {
        let factor = |product: usize| root(product, points);
        let base = |&frequency: &usize| {
            let parts = move |part: usize| (0..lanes).map(move |lane| factor(frequency * lane)[part]);
            parts(0).chain(parts(1))
        };
        let strips = width / lanes;
        Twist {
            bases: frequencies.iter().flat_map(base).collect(),
            steps: (0..strips)
                .flat_map(|strip| frequencies.iter().flat_map(move |&frequency| factor(frequency * strip * lanes)))
                .collect(),
        }
    }
}
