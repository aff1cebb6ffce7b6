//! Pieces: f32 numbers as sums of bf16 ones, for a unit that multiplies those.
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

use crate::memory::{MatrixMut, Source};
use crate::micro::Gather;

/// Rows and lanes of a block, and terms of a step.
pub const BLOCK: usize = 32;
/// Rows of a tile, and pairs of a row.
pub const TILE_ROWS: usize = 16;
/// A step that is left out, for rows that see zeros there.
pub const LEFT_OUT: usize = usize::MAX;

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

    /// Joined pairs that a block takes for so many steps.
    pub const fn block(self, steps: usize) -> usize {
        steps * self.count() * BLOCK * BLOCK / 2
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

    pub(crate) fn check(&self, target: &[i32]) {
        self.numbers.check(self.numbers.lines.len(), usize::MAX);
        let (lines, columns) = self.size();
        let pairs = lines.checked_mul(columns / 2).and_then(|pairs| pairs.checked_mul(self.pieces.count()));
        assert_eq!(Some(target.len()), pairs, "room for every piece");
    }
}

/// Rows of pairs of numbers to cut into pieces, each pair's joined: 32 bits for each piece. The numbers are f32, or the bits of
/// bfloat16 ones, which are pieces.
#[derive(Clone, Copy, Debug)]
pub struct PairSplit<'a, L> {
    /// Where the numbers lie.
    pub numbers: Source<'a, L>,
    /// The first number of the first pair, and the second.
    pub first: (usize, usize),
    /// Rows of neighbouring pairs.
    pub rows: usize,
    /// Pairs of a row.
    pub columns: usize,
    /// Numbers from one row to the next, and joined pairs in the target.
    pub row_steps: (usize, usize),
    /// The pieces asked for.
    pub pieces: Pieces,
    /// Joined pairs from one piece to the next.
    pub piece_step: usize,
}

impl<L> PairSplit<'_, L> {
    pub(crate) fn check(&self, target: &[i32]) {
        let reach = |step: usize| (self.rows - 1).checked_mul(step).and_then(|last| last.checked_add(self.columns));
        assert!(self.rows > 0, "there are rows");
        let read = reach(self.row_steps.0).and_then(|reach| reach.checked_add(self.first.0.max(self.first.1)));
        assert!(read.is_some_and(|end| end <= self.numbers.length), "pairs lie within their source");
        let pieces = (self.pieces.count() - 1).checked_mul(self.piece_step);
        let written = reach(self.row_steps.1).and_then(|reach| reach.checked_add(pieces?));
        assert!(written.is_some_and(|end| end <= target.len()), "room for every piece");
    }
}

/// Planes of numbers, one for each element, that are cut into pieces as [`PairSplit`] does and turned: the joined pairs of a place
/// become neighbours. The first half of the elements is paired with the second.
#[derive(Clone, Copy, Debug)]
pub struct PairTurn<'a, L> {
    /// Where the numbers lie.
    pub numbers: Source<'a, L>,
    /// The first element's first place.
    pub start: usize,
    /// How many elements there are, and numbers from one to the next.
    pub elements: (usize, usize),
    /// Where the pairs of each place lie in the target; places are neighbours in the source.
    pub places: &'a [usize],
    /// The pieces asked for.
    pub pieces: Pieces,
    /// Joined pairs from one piece to the next.
    pub piece_step: usize,
}

impl<L> PairTurn<'_, L> {
    pub(crate) fn check(&self, target: &[i32]) {
        let (count, step) = self.elements;
        assert!(count > 0 && count.is_multiple_of(BLOCK), "elements come in whole steps");
        let read =
            (count - 1).checked_mul(step).and_then(|last| last.checked_add(self.start)?.checked_add(self.places.len()));
        assert!(read.is_some_and(|end| end <= self.numbers.length), "places lie within their source");
        let last = self.places.iter().max().copied().unwrap_or(0);
        let pieces = (self.pieces.count() - 1).checked_mul(self.piece_step);
        let written = last.checked_add(count / 2).and_then(|end| end.checked_add(pieces?));
        assert!(written.is_some_and(|end| end <= target.len()), "room for every piece");
    }
}

/// Joined pairs that are multiplied where they lie: at each step 16 pairs of every row, or a tile of them for 16 lanes.
#[derive(Clone, Copy, Debug)]
pub struct Placed<'a> {
    /// Joined pairs.
    pub pairs: Source<'a, i32>,
    /// Where each row lies, or the tile of each 16 lanes.
    pub places: &'a [usize],
    /// What each step adds. Where rows are [free](Rows::Free), steps of theirs may be [left out](LEFT_OUT).
    pub steps: &'a [usize],
    /// From one row of a tile to the next: of lanes, and of rows where these are [tiles](Rows::Tiles).
    pub row_step: usize,
    /// From one piece to the next.
    pub piece_step: usize,
}

/// Where placed rows may lie.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rows {
    /// In whole blocks, sixteen at a time at equal distances.
    Tiles,
    /// Anywhere, and their sums in any rows.
    Free,
}

/// What a tile's places are in a product.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// Rows: a row of a tile is 16 pairs of one of them.
    Rows,
    /// Lanes: a row of a tile is one pair of each of them.
    Lanes,
}

/// Blocks of rows times blocks of lanes, one operand packed as [`Split`] packs it, the other one placed.
#[derive(Clone, Copy, Debug)]
pub struct PieceProducts<'a> {
    /// What is placed.
    pub placed: Placed<'a>,
    /// Which operand that is.
    pub side: Side,
    /// The target's row for each placed one, where rows are [free](Rows::Free) and not all of the target's in order.
    pub targets: Option<&'a [usize]>,
    /// Pieces of the other one.
    pub packed: &'a [i32],
    /// What the operands were cut into.
    pub pieces: Pieces,
    /// Whether the target's values are added to.
    pub accumulate: bool,
}

impl PieceProducts<'_> {
    pub(crate) fn check(&self, rows: usize, columns: usize, kind: Rows) {
        let Placed { pairs, places, steps, row_step, piece_step } = self.placed;
        let free = self.side == Side::Rows && kind == Rows::Free;
        let most = |of: &[usize]| of.iter().max().copied().unwrap_or(0);
        let rows = match self.targets {
            Some(targets) => {
                assert!(free && (targets.is_empty() || most(targets) < rows), "sums of free rows lie in the target");
                targets.len()
            }
            None => rows,
        };
        assert!(
            (free || rows.is_multiple_of(BLOCK)) && columns.is_multiple_of(BLOCK) && !steps.is_empty(),
            "whole blocks"
        );
        let (placed, packed) = match self.side {
            Side::Rows => (rows, columns),
            Side::Lanes => (columns, rows),
        };
        let block = self.pieces.block(steps.len());
        assert_eq!(Some(self.packed.len()), (packed / BLOCK).checked_mul(block), "pieces of the packed operand");
        assert!(free || !steps.contains(&LEFT_OUT), "only free rows leave steps out");
        let step = steps.iter().filter(|&&step| step != LEFT_OUT).max().copied().unwrap_or(0);
        let end = match self.side {
            Side::Rows => {
                let equal = |tile: &[usize]| tile.windows(2).all(|rows| rows[0].checked_add(row_step) == Some(rows[1]));
                assert_eq!(places.len(), placed, "a place for every row");
                assert!(free || places.chunks(TILE_ROWS).all(equal), "rows of a tile are equally far apart");
                Some(TILE_ROWS)
            }
            Side::Lanes => {
                assert_eq!(places.len(), placed / TILE_ROWS, "a tile for every 16 lanes");
                (TILE_ROWS - 1).checked_mul(row_step).and_then(|rows| rows.checked_add(TILE_ROWS))
            }
        };
        let pieces = (self.pieces.count() - 1).checked_mul(piece_step);
        let end = end.and_then(|end| end.checked_add(most(places))?.checked_add(step)?.checked_add(pieces?));
        assert!(end.is_some_and(|end| end <= pairs.length), "tiles lie within their pairs");
    }
}

/// Cuts into pieces, and gives the numbers' extent if that is wanted.
///
/// # Safety
/// The CPU must have the instruction set, and `job.check` must have passed for the target.
pub(crate) type Cut = unsafe fn(&Split<'_>, &mut [i32]) -> Extent;

/// Cuts pairs into pieces, and gives the numbers' extent.
///
/// # Safety
/// As [`Cut`].
pub(crate) type Pair<L> = unsafe fn(&PairSplit<'_, L>, &mut [i32]) -> Extent;

/// Cuts planes of pairs into pieces, turns them, and gives the numbers' extent.
///
/// # Safety
/// As [`Cut`].
pub(crate) type TurnPairs<L> = unsafe fn(&PairTurn<'_, L>, &mut [i32]) -> Extent;

/// Computes a whole target.
///
/// # Safety
/// The CPU must have the instruction set, and `job.check` must have passed for the target's size and the set's rows.
pub(crate) type Multiply = unsafe fn(&PieceProducts<'_>, &mut MatrixMut<'_, f32>);

/// The doors of an instruction set that multiplies pieces.
pub(crate) struct PieceKernels {
    pub(crate) split_rows: Cut,
    pub(crate) split_lanes: Cut,
    pub(crate) split_turned: Cut,
    pub(crate) pairs: Pair<f32>,
    pub(crate) bfloat_pairs: Pair<i16>,
    pub(crate) turned_pairs: TurnPairs<f32>,
    pub(crate) turned_bfloat_pairs: TurnPairs<i16>,
    pub(crate) multiply: Multiply,
    pub(crate) rows: Rows,
    /// Products of pieces that a core makes in a second, what it takes to read them included.
    pub(crate) products_per_second: f64,
}
