//! Pieces: f32 numbers as sums of bf16 ones, for a matrix unit that multiplies those.
//!
//! x = a + b + c with a = bf16(x), b = bf16(x − a), c = x − a − b: eight bits of the significand each, exact. Of the nine
//! products of two such sums, six are summed; those of b·c, c·b and c·c are below 2⁻²² of the whole together. Two pieces
//! and three products give about sixteen bits, one piece eight. Half floats are two pieces exactly, and all four products
//! of two are summed.
//!
//! Layout    rows × terms and terms × lanes are cut into blocks of 32 rows, 32 lanes and steps of 32 terms. For each block
//!           and step: for each piece two tiles of 16 rows of 64 bytes; of rows 16 pairs of terms, of lanes a pair of terms 16
//!           times. A pair is terms 16 apart, so that vectors are joined without moving anything between their lanes.
//! Guard     The unit flushes numbers below 2⁻¹²⁶, so it must not meet small ones: see [`Extent`].

use crate::memory::MatrixMut;
use crate::micro::Gather;

/// Rows and lanes of a block, and terms of a step.
pub const BLOCK: usize = 32;

/// How many pieces an operand is cut into, and which of their products are summed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pieces {
    /// One piece.
    One,
    /// Two, and all products but the smallest.
    Two,
    /// Two, and every product.
    TwoWhole,
    /// Three, and the six larger products.
    Three,
}

impl Pieces {
    /// How many pieces there are.
    pub const fn count(self) -> usize {
        match self {
            Pieces::One => 1,
            Pieces::Two | Pieces::TwoWhole => 2,
            Pieces::Three => 3,
        }
    }

    /// How many products of pieces are summed.
    pub const fn products(self) -> usize {
        match self {
            Pieces::One => 1,
            Pieces::Two => 3,
            Pieces::TwoWhole => 4,
            Pieces::Three => 6,
        }
    }

    /// Half words that a block takes for so many steps.
    pub const fn block(self, steps: usize) -> usize {
        steps * self.count() * BLOCK * BLOCK
    }
}

/// The least and the largest magnitude of some numbers but zero, as their bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Extent {
    pub(crate) least: u32,
    pub(crate) most: u32,
}

impl Extent {
    /// That of no numbers.
    pub const NONE: Extent = Extent { least: u32::MAX, most: 0 };

    /// That of both.
    pub fn and(self, other: Extent) -> Extent {
        Extent { least: self.least.min(other.least), most: self.most.max(other.most) }
    }

    /// Whether products of numbers of these magnitudes may be made of their pieces: all are finite, rounding to a piece
    /// does not overflow, sums of 2²⁴ products of the largest ones do not either, and the last bits of a product of the
    /// least ones are above 2⁻¹²⁶.
    pub fn multiply(self, other: Extent) -> bool {
        /// The bits of 2¹²⁷.
        const MOST: u32 = 254 << 23;
        let exponent = |extent: Extent| if extent.least == u32::MAX { 127 } else { (extent.least >> 23) as i32 } - 127;
        let largest = |extent: Extent| (extent.most >> 23) as i32 - 127;
        self.most < MOST
            && other.most < MOST
            && largest(self) + largest(other) <= 100
            && exponent(self) >= -100
            && exponent(other) >= -100
            && exponent(self) + exponent(other) >= -100
    }
}

/// Numbers to cut into pieces; blocks and steps that lines do not fill are filled up with zeros.
#[derive(Clone, Copy, Debug)]
pub struct Split<'a> {
    /// Lines of rows, of terms, or of lanes.
    pub numbers: Gather<'a, f32>,
    /// The pieces asked for.
    pub pieces: Pieces,
    /// Whether the numbers' extent is wanted.
    pub judged: bool,
}

impl Split<'_> {
    /// Lines and the numbers of a line, filled up to whole blocks.
    pub(crate) fn size(&self) -> (usize, usize) {
        let columns = self.numbers.runs.iter().map(|run| run.count).sum::<usize>();
        (self.numbers.lines.len().next_multiple_of(BLOCK), columns.next_multiple_of(BLOCK))
    }

    pub(crate) fn check(&self, target: &[i16]) {
        self.numbers.check(self.numbers.lines.len(), usize::MAX);
        let (lines, columns) = self.size();
        let halves = lines.checked_mul(columns).and_then(|numbers| numbers.checked_mul(self.pieces.count()));
        assert_eq!(Some(target.len()), halves, "room for every piece");
    }
}

/// Pairs of numbers to cut into pieces, each pair's joined: 32 bits for each piece.
#[derive(Clone, Copy, Debug)]
pub struct PairSplit<'a> {
    /// The first of each pair.
    pub even: &'a [f32],
    /// The second.
    pub odd: &'a [f32],
    /// The pieces asked for.
    pub pieces: Pieces,
    /// Joined pairs from one piece to the next.
    pub piece_step: usize,
}

impl PairSplit<'_> {
    pub(crate) fn check(&self, target: &[i32]) {
        assert_eq!(self.even.len(), self.odd.len(), "numbers in pairs");
        let end = (self.pieces.count() - 1).checked_mul(self.piece_step);
        let end = end.and_then(|end| end.checked_add(self.even.len()));
        assert!(end.is_some_and(|end| end <= target.len()), "room for every piece");
    }
}

/// What lines of joined pairs become.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Gathered {
    /// Rows: a line is 16 pairs of each step.
    Rows,
    /// Lanes: a line is one pair of every lane.
    Lanes,
}

/// Joined pairs to gather as the pieces of a product's operand.
#[derive(Clone, Copy, Debug)]
pub struct PairCopy<'a> {
    /// Lines of the first piece.
    pub numbers: Gather<'a, i32>,
    /// Joined pairs from one piece to the next.
    pub piece_step: usize,
    /// The pieces that there are.
    pub pieces: Pieces,
    /// What lines become.
    pub gathered: Gathered,
}

impl PairCopy<'_> {
    /// Vectors of 16 pairs that a line is.
    pub(crate) fn vectors(&self) -> usize {
        let pairs = self.numbers.runs.iter().map(|run| run.count).sum::<usize>().div_ceil(16);
        match self.gathered {
            Gathered::Rows => pairs,
            Gathered::Lanes => pairs.next_multiple_of(2),
        }
    }

    pub(crate) fn steps(&self) -> usize {
        match self.gathered {
            Gathered::Rows => self.vectors(),
            Gathered::Lanes => self.numbers.lines.len() / 16,
        }
    }

    pub(crate) fn check(&self, target: &[i16]) {
        let lines = self.numbers.lines.len();
        let further = (self.pieces.count() - 1).checked_mul(self.piece_step).expect("pieces lie in memory");
        self.numbers.check_with(lines, usize::MAX, further);
        let blocks = match self.gathered {
            Gathered::Rows => lines.div_ceil(BLOCK),
            Gathered::Lanes => {
                assert!(lines.is_multiple_of(16), "whole steps of pairs");
                self.vectors() / 2
            }
        };
        assert_eq!(target.len(), blocks * self.pieces.block(self.steps()), "room for every piece");
    }
}

/// Blocks of rows times blocks of lanes.
#[derive(Clone, Copy, Debug)]
pub struct PieceProducts<'a> {
    /// Pieces of rows.
    pub rows: &'a [i16],
    /// Pieces of lanes.
    pub lanes: &'a [i16],
    /// Steps of terms.
    pub steps: usize,
    /// What the operands were cut into.
    pub pieces: Pieces,
    /// Whether the target's values are added to.
    pub accumulate: bool,
}

impl PieceProducts<'_> {
    pub(crate) fn check(&self, rows: usize, columns: usize) {
        assert!(rows.is_multiple_of(BLOCK) && columns.is_multiple_of(BLOCK) && self.steps > 0, "whole blocks");
        let block = self.pieces.block(self.steps);
        assert_eq!(Some(self.rows.len()), (rows / BLOCK).checked_mul(block), "pieces of every row");
        assert_eq!(Some(self.lanes.len()), (columns / BLOCK).checked_mul(block), "pieces of every lane");
    }
}

/// Cuts into pieces, and gives the numbers' extent if that is wanted.
///
/// # Safety
/// The CPU must have the instruction set, and `job.check` must have passed for the target.
pub(crate) type Cut = unsafe fn(&Split<'_>, &mut [i16]) -> Extent;

/// Cuts pairs into pieces, and gives the numbers' extent.
///
/// # Safety
/// As [`Cut`].
pub(crate) type Pair = unsafe fn(&PairSplit<'_>, &mut [i32]) -> Extent;

/// Gathers joined pairs.
///
/// # Safety
/// As [`Cut`].
pub(crate) type CopyPairs = unsafe fn(&PairCopy<'_>, &mut [i16]);

/// Computes a whole target.
///
/// # Safety
/// The CPU must have the instruction set, and `job.check` must have passed for the target's size.
pub(crate) type Multiply = unsafe fn(&PieceProducts<'_>, &mut MatrixMut<'_, f32>);

/// The doors of an instruction set that multiplies pieces.
pub(crate) struct PieceKernels {
    pub(crate) split_rows: Cut,
    pub(crate) split_lanes: Cut,
    pub(crate) split_turned: Cut,
    pub(crate) pairs: Pair,
    pub(crate) copy: CopyPairs,
    pub(crate) multiply: Multiply,
}
