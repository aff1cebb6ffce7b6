//! A chunk of a tile: what it sees, gathered and multiplied by the weights.

use super::boxes::Pairs;
use super::chunk::{Chunk, runs};
use super::layout::Lanes;
use super::run::{ROWS, Run, Sums};
use super::weights::Weights;
use convolver_kernels::{
    BLOCK, Gather, Lane, MatrixMut, PieceProducts, Pieces, Placed, Products, Run as Neighbours, Side, Source, Split,
    Storing, TILE_ROWS, Working,
};
use std::ops::Range;

/// What a tile sees.
pub(super) struct Samples<'a, W> {
    pub(super) source: Source<'a, W>,
    pub(super) origin: usize,
    /// For each panel of positions, runs of neighbours.
    pub(super) panels: &'a [Vec<Neighbours>],
    pub(super) positions: &'a [usize],
}

/// Where the tiles of what was gathered lie, and its steps.
struct Gathered {
    pieces: Pieces,
    tiles: Vec<usize>,
    steps: Vec<usize>,
}

impl Gathered {
    fn new(pieces: Pieces, places: usize, terms: usize) -> Self {
        let (steps, tile) = (terms.div_ceil(BLOCK), TILE_ROWS * TILE_ROWS);
        let block = pieces.block(steps);
        Gathered {
            pieces,
            tiles: (0..places.div_ceil(TILE_ROWS)).map(|number| number / 2 * block + number % 2 * tile).collect(),
            steps: (0..steps).map(|step| step * pieces.block(1)).collect(),
        }
    }

    fn placed<'a>(&'a self, pairs: &'a [i32], places: usize) -> Placed<'a> {
        let (tiles, piece_step) = (&self.tiles[..places / TILE_ROWS], BLOCK * TILE_ROWS);
        Placed { pairs: pairs.into(), tiles, steps: &self.steps, row_step: TILE_ROWS, piece_step }
    }
}

impl<W: Storing + Working<Lane = W> + Lane> Run<'_, W> {
    /// All banks by all positions of a box of pairs; false if their pieces must not be multiplied.
    pub(super) fn pairs(
        &self,
        pairs: &Pairs,
        tiles: &[usize],
        chunk: &Chunk,
        weights: Weights<'_, W>,
        sums: &mut Sums<W>,
    ) -> bool {
        if !pairs.extent.multiply(weights.extent) || sums.whole.contains(&true) {
            return false;
        }
        let (side, row_step) = match self.layout.lanes {
            Lanes::Positions => (Side::Lanes, self.layout.elements[0]),
            Lanes::Banks => (Side::Rows, self.layout.pair(self.layout.unit(self.problem()))),
        };
        let Pairs { pieces, piece_step, .. } = *pairs;
        let placed =
            Placed { pairs: Source::from(&pairs.joined[..]), tiles, steps: &chunk.steps, row_step, piece_step };
        let job = PieceProducts { placed, side, packed: weights.pieces, pieces, accumulate: sums.accumulate };
        let (height, lanes) = (sums.height, sums.lanes.next_multiple_of(BLOCK));
        self.packing.set.piece_products(&job, &mut sums.singles(0, height, 0, lanes));
        true
    }

    /// All banks by all panels of positions.
    pub(super) fn panels<'a>(
        &self,
        samples: &Samples<'_, W>,
        chunk: &Chunk,
        weights: Weights<'a, W>,
        (numbers, cut): (&mut [W], &mut [i32]),
        sums: &mut Sums<W>,
        whole: impl Fn() -> &'a [W],
    ) {
        let set = self.packing.set;
        let (terms, panel) = (chunk.len(), set.panel::<W>());
        let gathered = self.packing.pieces.map(|pieces| Gathered::new(pieces, panel, terms));
        for (number, runs) in samples.panels.iter().enumerate() {
            let first = number * panel;
            let job = Gather { source: samples.source, start: samples.origin, lines: &chunk.samples, runs };
            let places = first..samples.positions.len().min(first + panel);
            if gathered
                .as_ref()
                .is_some_and(|gathered| self.in_pieces(job, (number, places), gathered, cut, weights, sums))
            {
                continue;
            }
            set.gather(&job, &mut MatrixMut::from_slice(numbers, terms, panel, panel));
            let rows = if self.packing.pieces.is_some() { whole() } else { weights.numbers };
            let accumulate = sums.accumulate;
            let job = Products { rows, row_step: terms, panel: numbers, terms, accumulate };
            set.products(&job, &mut sums.part(0, sums.rows, first, panel));
        }
    }

    /// What is gathered of some positions, cut into pieces, by all banks; false if these must not be multiplied.
    fn in_pieces(
        &self,
        job: Gather<'_, W>,
        (number, places): (usize, Range<usize>),
        gathered: &Gathered,
        cut: &mut [i32],
        weights: Weights<'_, W>,
        sums: &mut Sums<W>,
    ) -> bool {
        if sums.whole[number] {
            return false;
        }
        let (set, pieces, count) = (self.packing.set, gathered.pieces, places.len().next_multiple_of(BLOCK));
        let cut = &mut cut[..count / BLOCK * pieces.block(gathered.steps.len())];
        let numbers = W::gather_singles(job).expect("pieces are of f32");
        let split = Split { numbers, pieces, judged: true };
        let (side, extent) = match self.layout.lanes {
            Lanes::Positions => (Side::Lanes, set.split_lanes(&split, cut)),
            Lanes::Banks => (Side::Rows, set.split_rows(&split, cut)),
        };
        if !extent.multiply(weights.extent) {
            sums.whole[number] = true;
            return false;
        }
        let (placed, packed, accumulate) = (gathered.placed(cut, count), weights.pieces, sums.accumulate);
        let job = PieceProducts { placed, side, packed, pieces, accumulate };
        let (height, lanes) = (sums.height, sums.lanes.next_multiple_of(BLOCK));
        let mut target = match side {
            Side::Lanes => sums.singles(0, height, places.start, count),
            Side::Rows => sums.singles(places.start, count, 0, lanes),
        };
        set.piece_products(&job, &mut target);
        true
    }

    /// All positions, some at a time, by all panels of banks.
    pub(super) fn rows<'a>(
        &self,
        samples: &Samples<'_, W>,
        chunk: &Chunk,
        weights: Weights<'a, W>,
        (numbers, cut): (&mut [W], &mut [i32]),
        sums: &mut Sums<W>,
        whole: impl Fn() -> &'a [W],
    ) {
        let set = self.packing.set;
        let (terms, panel) = (chunk.len(), set.panel::<W>());
        let gathered = self.packing.pieces.map(|pieces| Gathered::new(pieces, ROWS, terms));
        let runs = runs(&chunk.samples);
        for (number, lines) in samples.positions.chunks(ROWS).enumerate() {
            let first = number * ROWS;
            let job = Gather { source: samples.source, start: samples.origin, lines, runs: &runs };
            let places = first..first + lines.len();
            if gathered
                .as_ref()
                .is_some_and(|gathered| self.in_pieces(job, (number, places), gathered, cut, weights, sums))
            {
                continue;
            }
            set.gather(&job, &mut MatrixMut::from_slice(numbers, lines.len(), terms, terms));
            let panels = if self.packing.pieces.is_some() { whole() } else { weights.numbers };
            for (number, weights) in panels.chunks_exact(terms * panel).enumerate() {
                let accumulate = sums.accumulate;
                let job = Products { rows: numbers, row_step: terms, panel: weights, terms, accumulate };
                set.products(&job, &mut sums.part(first, lines.len(), number * panel, panel));
            }
        }
    }
}
