//! A chunk of a tile: what it sees, gathered and multiplied by the weights.

use super::chunk::{Chunk, runs};
use super::run::{ROWS, Run, Sums};
use super::weights::Weights;
use convolver_kernels::{
    BLOCK, Extent, Gather, Gathered, Lane, MatrixMut, PairCopy, PieceProducts, Pieces, Products, Run as Neighbours,
    Source, Split, Storing, Working,
};

/// What a tile sees.
pub(super) struct Samples<'a, W> {
    pub(super) source: Source<'a, W>,
    pub(super) origin: usize,
    /// For each panel of positions, runs of neighbours.
    pub(super) panels: &'a [Vec<Neighbours>],
    pub(super) positions: &'a [usize],
    /// What it sees, cut.
    pub(super) pairs: Option<Pairs<'a>>,
}

/// A box cut into joined pairs.
#[derive(Clone, Copy)]
pub(super) struct Pairs<'a> {
    pub(super) source: Source<'a, i32>,
    pub(super) extent: Extent,
    pub(super) piece_step: usize,
}

impl<'a> Pairs<'a> {
    fn job(self, lines: &'a [usize], runs: &'a [Neighbours], pieces: Pieces, gathered: Gathered) -> PairCopy<'a> {
        let numbers = Gather { source: self.source, start: 0, lines, runs };
        PairCopy { numbers, piece_step: self.piece_step, pieces, gathered }
    }
}

impl<W: Storing + Working<Lane = W> + Lane> Run<'_, W> {
    /// All banks by all panels of positions.
    pub(super) fn panels<'a>(
        &self,
        samples: &Samples<'_, W>,
        chunk: &Chunk,
        weights: Weights<'a, W>,
        (numbers, halves): (&mut [W], &mut [i16]),
        sums: &mut Sums<W>,
        whole: impl Fn() -> &'a [W],
    ) {
        let set = self.packing.set;
        let (terms, panel) = (chunk.len(), set.panel::<W>());
        let steps = terms.div_ceil(BLOCK);
        for (number, runs) in samples.panels.iter().enumerate() {
            let first = number * panel;
            if let Some(pieces) = self.packing.pieces {
                let columns = (samples.positions.len() - first).min(panel).next_multiple_of(BLOCK);
                let halves = &mut halves[..columns / BLOCK * pieces.block(steps)];
                let job = Gather { source: samples.source, start: samples.origin, lines: &chunk.samples, runs };
                let extent = if let Some(pairs) = samples.pairs {
                    set.copy_pairs(&pairs.job(&chunk.pairs, runs, pieces, Gathered::Lanes), halves);
                    pairs.extent
                } else {
                    let numbers = W::gather_singles(job).expect("pieces are of f32");
                    set.split_lanes(&Split { numbers, pieces, judged: true }, halves)
                };
                if extent.multiply(weights.extent) {
                    let accumulate = sums.accumulate;
                    let job = PieceProducts { rows: weights.pieces, lanes: halves, steps, pieces, accumulate };
                    set.piece_products(&job, &mut sums.singles(0, sums.height, first, columns));
                    continue;
                }
            }
            let job = Gather { source: samples.source, start: samples.origin, lines: &chunk.samples, runs };
            set.gather(&job, &mut MatrixMut::from_slice(numbers, terms, panel, panel));
            let rows = if self.packing.pieces.is_some() { whole() } else { weights.numbers };
            let accumulate = sums.accumulate;
            let job = Products { rows, row_step: terms, panel: numbers, terms, accumulate };
            set.products(&job, &mut sums.part(0, sums.rows, first, panel));
        }
    }

    /// All positions, some at a time, by all panels of banks.
    pub(super) fn rows<'a>(
        &self,
        samples: &Samples<'_, W>,
        chunk: &Chunk,
        weights: Weights<'a, W>,
        (numbers, halves): (&mut [W], &mut [i16]),
        sums: &mut Sums<W>,
        whole: impl Fn() -> &'a [W],
    ) {
        let set = self.packing.set;
        let (terms, panel) = (chunk.len(), set.panel::<W>());
        let steps = terms.div_ceil(BLOCK);
        let runs = runs(&chunk.samples);
        let pair_run = |&offset: &usize| Neighbours { offset, count: BLOCK / 2, step: 1 };
        let pair_runs: Vec<Neighbours> = chunk.pairs.iter().map(pair_run).collect();
        for (number, lines) in samples.positions.chunks(ROWS).enumerate() {
            let first = number * ROWS;
            let job = Gather { source: samples.source, start: samples.origin, lines, runs: &runs };
            if let Some(pieces) = self.packing.pieces {
                let rows = lines.len().next_multiple_of(BLOCK);
                let halves = &mut halves[..rows / BLOCK * pieces.block(steps)];
                let extent = if let Some(pairs) = samples.pairs {
                    let lines: Vec<usize> = lines.iter().map(|&line| self.layout.pair(line)).collect();
                    set.copy_pairs(&pairs.job(&lines, &pair_runs, pieces, Gathered::Rows), halves);
                    pairs.extent
                } else {
                    let numbers = W::gather_singles(job).expect("pieces are of f32");
                    set.split_rows(&Split { numbers, pieces, judged: true }, halves)
                };
                if extent.multiply(weights.extent) {
                    let accumulate = sums.accumulate;
                    let job = PieceProducts { rows: halves, lanes: weights.pieces, steps, pieces, accumulate };
                    set.piece_products(&job, &mut sums.singles(first, rows, 0, sums.lanes.next_multiple_of(BLOCK)));
                    continue;
                }
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
