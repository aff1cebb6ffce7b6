//! Transforms of tiles: passes along every axis of a box of complex numbers that lies in strips.
//!
//! Computes  the convolution of a tile with a kernel whose spectrum is given, or its two halves apart: circular if numbers are
//!           complex; if they are real what passes the end of the first axis comes back at its start with the other sign
//!
//! Idea      Columns go down every strip; then rows, W at a time, are turned, transformed, multiplied and brought back
//!           while they are in the first-level cache; then columns again. Nothing is ever brought into another order: the
//!           kernel's spectrum is made by the same passes and has the same one.
//! Picture   strips │ │ │ │ ↓   rows ═══ → spectrum · ═══ →   │ │ │ │ ↑
//! Real      N real numbers x along the first axis are M = N/2 complex ones, `z[m] = x[m] + i·x[m + M]`, times w^m for w^M = i.
//!           The circular convolution of such z of length M is that of polynomials modulo X^M − i, of which real ones modulo
//!           X^N + 1 are the real and imaginary parts: half the points, and nothing to take apart.
//! Long line one axis of n₁·n₂ points is a tile of n₁ rows, with a twist between columns and rows; w^m is w^(n₂·r) for every
//!           row r, and w^c for every column c is part of the twist.
//! Cost      about 10·P·log₂P flops for P points there and back, 6 passes over the tile where it exceeds a cache
//! Source    `convolver_kernels::micro` for the passes and what they mean; Crandall & Fagin, Discrete weighted transforms and
//!           large-integer arithmetic (1994), for w, the right-angle convolution

mod lengths;
mod rounding;
mod twist;

pub use lengths::{length, lengths, operations, rows_and_columns};
pub use rounding::rounding;

use crate::primitives::threads;
use convolver_kernels::{
    InstructionSet, Pass, Real, RowGroups, Scratch, Squares, TileRows, Working, frequencies, passes, root,
};
use lengths::halved;
use std::sync::{Mutex, PoisonError};
use twist::Twist;

/// The transform of tiles of one size.
#[derive(Debug)]
pub struct Grid<L> {
    set: &'static InstructionSet,
    /// For every axis before the last, the vectors between its points in a strip, and its passes.
    columns: Vec<(usize, Vec<Pass<L>>)>,
    line: Vec<Pass<L>>,
    twist: Option<Twist<L>>,
    /// For every row of a tile of real numbers the parts of its power of w; none if numbers are complex.
    weights: Vec<[L; 2]>,
    /// Rows of the tile that are part of the transform.
    rows: usize,
    /// Numbers of a row.
    width: usize,
    /// The strips whose numbers are wanted after a convolution.
    wanted: usize,
}

/// What a grid is made for.
#[derive(Clone, Copy, Debug)]
pub struct Shape<'a> {
    /// The lengths of a box of numbers. Where all but the last are 1, it is a long line.
    pub lengths: &'a [usize],
    /// Whether numbers are real.
    pub real: bool,
    /// The columns of a box that are wanted after a convolution, from the first on.
    pub columns: usize,
}

/// Numbers that are looked at together to find out whether a strip is silent.
const GLANCE: usize = 256;

impl<L: Real> Grid<L> {
    /// The transform of a box.
    ///
    /// # Panics
    /// If the first length other than 1 is odd and numbers are real, if the last is no multiple of the lanes (of their
    /// square, after it has been halved, for a long line), or if one is no product of 2, 3, 5.
    pub fn new(set: &'static InstructionSet, shape: Shape<'_>) -> Self {
        let (lanes, Shape { lengths, real, columns: wanted }) = (set.lanes::<L>(), shape);
        let first = lengths.iter().copied().find(|&length| length > 1).unwrap_or(1);
        assert!(!real || first.is_multiple_of(2), "two halves of a box of real numbers");
        let points = if real { halved(lengths) } else { lengths.into() };
        let (&last, before) = points.split_last().expect("a tile has axes");
        // Row r of the first axis, which has `count` of them, has the power r/4 of a turn's part `count`.
        let weights = |rows: usize, count: usize| {
            let weight = |row: usize| {
                let [cosine, sine] = root::<L>(row / (rows / count), 4 * count);
                [cosine, L::default() - sine]
            };
            if real { (0..rows).map(weight).collect() } else { Vec::new() }
        };
        if lengths[..before.len()].iter().all(|&length| length == 1) {
            let (rows, width) = rows_and_columns(last, lanes).expect("a line of whole squares of vectors");
            let column = passes(rows);
            let twist = Some(Twist::new(&frequencies(&column), (last, real), width, lanes));
            let columns = vec![(1, column)];
            let (line, weights, wanted) = (passes(width), weights(rows, rows), width / lanes);
            return Grid { set, columns, line, twist, weights, rows, width, wanted };
        }
        assert!(last.is_multiple_of(lanes), "rows of whole vectors");
        let mut inner = 1;
        let mut columns = Vec::new();
        for &length in before.iter().rev() {
            columns.push((inner, passes(length)));
            inner *= length;
        }
        let wanted = wanted.min(last).div_ceil(lanes);
        Grid {
            set,
            columns,
            line: passes(last),
            twist: None,
            weights: weights(inner, first / 2),
            rows: inner,
            width: last,
            wanted,
        }
    }

    /// Rows of a tile, a multiple of the lanes.
    pub fn rows(&self) -> usize {
        self.rows.next_multiple_of(self.set.lanes::<L>())
    }

    /// Columns of a tile.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows of a box of numbers.
    pub fn rows_of_box(&self) -> usize {
        self.rows + self.weights.len()
    }

    /// Points of the transform.
    pub fn points(&self) -> usize {
        self.rows * self.width
    }

    /// Numbers of a tile.
    pub fn numbers(&self) -> usize {
        self.rows() * self.width * 2
    }

    /// Fills a tile with a box of samples times `scale`, and gives the sum of their squares.
    pub fn place_samples<W: Working<Lane = L>>(&self, tile: &mut [L], samples: &[W], scale: L, shared: bool) -> f64 {
        let (lanes, width) = (self.set.lanes::<L>(), self.width);
        let groups = RowGroups::new(self.set, tile, self.rows());
        let squares: Vec<Mutex<f64>> = (0..groups.len()).map(|_| Mutex::default()).collect();
        threads::for_each(groups.len(), shared, |number| {
            let Some(mut group) = groups.take(number) else { return };
            let mut sums = Squares::default();
            for at in 0..lanes {
                // Rows past the last are filled with zeros.
                let (row, scale) =
                    if number * lanes + at < self.rows { (number * lanes + at, scale) } else { (0, L::default()) };
                let line = |row: usize| W::lanes(&samples[row * width..][..width]);
                match self.weights.get(row) {
                    Some(&[re, im]) => {
                        group.place(at, [line(row), line(self.rows + row)], [re * scale, im * scale], &mut sums);
                    }
                    None => group.place_pairs(at, line(row), scale, &mut sums),
                }
            }
            *squares[number].lock().unwrap_or_else(PoisonError::into_inner) = sums.total();
        });
        squares.into_iter().map(|sum| sum.into_inner().unwrap_or_else(PoisonError::into_inner)).sum()
    }

    /// The numbers of a row of a box that a tile has become, times both scales: as many as the line has, whole vectors.
    /// `below` has a bit of each number of every vector: whether its larger part was less than `limit` before that.
    pub fn fetch(
        &self,
        tile: &TileRows<'_, L>,
        row: usize,
        line: &mut [L],
        scales: [L; 2],
        limit: L,
        below: &mut [u32],
    ) {
        match self.weights.get(row % self.rows) {
            Some(&[re, im]) => {
                let factors = if row < self.rows { [re, im] } else { [L::default() - im, re] };
                tile.fetch(row % self.rows, factors, line, scales, limit, below);
            }
            None => tile.fetch_pairs(row, line, scales, limit, below),
        }
    }

    /// A tile to fetch rows from.
    pub fn read<'a>(&self, tile: &'a [L]) -> TileRows<'a, L> {
        TileRows::new(self.set, tile, self.rows())
    }

    /// Numbers of a group of rows, turned.
    fn group(&self) -> usize {
        self.width * 2 * self.set.lanes::<L>()
    }

    /// Convolves a tile with the kernel of this spectrum, what is wanted of it.
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

    /// The tile of a spectrum, which is used up, or what is wanted of it; times the number of points.
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

    /// Transforms the columns of every strip that is not silent, or back those that are wanted.
    fn down(&self, tile: &mut [L], forward: bool, shared: bool) {
        let lanes = self.set.lanes::<L>();
        let (length, used) = (self.rows() * 2 * lanes, self.rows * 2 * lanes);
        let tile = if forward { tile } else { &mut tile[..self.wanted * length] };
        threads::for_each_chunk(tile, length, shared, |number, strip| {
            let strip = &mut strip[..used];
            if forward && strip.chunks(GLANCE).all(|numbers| self.set.survey(numbers).0 == L::default()) {
                return;
            }
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
