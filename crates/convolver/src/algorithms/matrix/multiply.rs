//! A chunk of a tile: what it sees, gathered and multiplied by the weights.

use super::boxes::Pairs;
use super::chunk::{Chunk, runs};
use super::layout::{Lanes, Place};
use super::positions::Panel;
use super::run::{ROWS, Rows, Run, Sums};
use super::seen::Group;
use super::weights::Weights;
use convolver_kernels::{
    Ahead, BLOCK, Gather, LEFT_OUT, Lane, MatrixMut, PieceProducts, Pieces, Placed, Products, Side, Source, Split,
    Storing, TILE_ROWS, Terms, Working,
};
use std::ops::Range;

/// Rows from which on a panel is copied that lies in memory and does not begin where a vector does.
const COPIED: usize = 32;

/// Rows of positions that stay in the second-level cache for all panels of banks.
const TOGETHER: usize = 192;

/// What a tile sees.
pub(super) struct Samples<'a, W> {
    pub(super) source: Source<'a, W>,
    pub(super) origin: usize,
    /// Where positions are lanes.
    pub(super) panels: &'a [Panel],
    pub(super) positions: &'a [usize],
}

/// Where what was gathered lies, and its steps.
struct Gathered {
    pieces: Pieces,
    side: Side,
    places: Vec<usize>,
    steps: Vec<usize>,
}

impl Gathered {
    fn new(pieces: Pieces, side: Side, places: usize, terms: usize) -> Self {
        let (steps, tile) = (terms.div_ceil(BLOCK), TILE_ROWS * TILE_ROWS);
        let block = pieces.block(steps);
        let tiles = (0..places.div_ceil(TILE_ROWS)).map(|number| number / 2 * block + number % 2 * tile);
        let rows = if side == Side::Rows { TILE_ROWS } else { 1 };
        Gathered {
            pieces,
            side,
            places: tiles.flat_map(|tile| (0..rows).map(move |row| tile + row * TILE_ROWS)).collect(),
            steps: (0..steps).map(|step| step * pieces.block(1)).collect(),
        }
    }

    fn placed<'a>(&'a self, pairs: &'a [i32], places: usize) -> Placed<'a> {
        let count = if self.side == Side::Rows { places } else { places / TILE_ROWS };
        let (places, piece_step) = (&self.places[..count], BLOCK * TILE_ROWS);
        Placed { pairs: pairs.into(), places, steps: &self.steps, row_step: TILE_ROWS, piece_step }
    }
}

impl<W: Storing + Working<Lane = W> + Lane> Run<'_, W> {
    /// All banks by all positions of a box of pairs; false if their pieces must not be multiplied.
    pub(super) fn pairs(
        &self,
        pairs: &Pairs,
        rows: &Rows,
        chunk: &Chunk,
        weights: Weights<'_, W>,
        sums: &mut Sums<'_, W>,
    ) -> bool {
        if !pairs.extent.multiply(weights.extent) || sums.whole.contains(&true) {
            return false;
        }
        let (side, row_step) = match self.layout.lanes {
            Lanes::Positions => (Side::Lanes, self.layout.elements[0]),
            Lanes::Banks => (Side::Rows, self.layout.pair(self.layout.unit(self.problem()))),
        };
        let Pairs { pieces, piece_step, .. } = *pairs;
        let (set, joined, packed, accumulate) =
            (self.packing.set, Source::from(&pairs.joined[..]), weights.pieces, sums.accumulate);
        let (height, lanes) = (sums.height, sums.lanes.next_multiple_of(BLOCK));
        let mut target = sums.singles(0, height, 0, lanes);
        let groups = match rows {
            Rows::Groups(groups) => groups,
            Rows::Placed(places) => {
                let placed = Placed { pairs: joined, places, steps: &chunk.steps, row_step, piece_step };
                let job = PieceProducts { placed, side, targets: None, packed, pieces, accumulate };
                set.piece_products(&job, &mut target);
                return true;
            }
        };
        for Group { rows, places, sees } in groups {
            let step = |(&step, &tap): (&usize, &usize)| if sees[tap] { step } else { LEFT_OUT };
            let steps: Vec<usize> = chunk.steps.iter().zip(&chunk.taps).map(step).collect();
            let placed = Placed { pairs: joined, places, steps: &steps, row_step, piece_step };
            let job = PieceProducts { placed, side, targets: Some(rows), packed, pieces, accumulate };
            set.piece_products(&job, &mut target);
        }
        true
    }

    /// All banks by all panels of positions.
    pub(super) fn panels(
        &self,
        samples: &Samples<'_, W>,
        chunk: &Chunk,
        weights: Weights<'_, W>,
        (numbers, cut): (&mut [W], &mut [i32]),
        sums: &mut Sums<'_, W>,
        of: (usize, Range<usize>, usize),
    ) {
        let (set, terms) = (self.packing.set, chunk.len());
        let gathered = self.packing.pieces.map(|pieces| Gathered::new(pieces, Side::Lanes, set.panel::<W>(), terms));
        let (rows, row_places) = self.kernel.rows(self.problem(), chunk, of);
        let pitch = samples.panels.iter().map(|panel| panel.width).max().unwrap_or(0);
        // Boxes lie in the cache.
        let far = self.layout.place == Place::Input;
        let dense: Vec<usize> = (0..terms).map(|term| term * pitch).collect();
        for (number, panel) in samples.panels.iter().enumerate() {
            let Panel { positions, runs, width, .. } = panel;
            let job = Gather { source: samples.source, start: samples.origin, lines: &chunk.samples, runs };
            let places = positions.clone();
            if gathered
                .as_ref()
                .is_some_and(|gathered| self.in_pieces(job, (number, places), gathered, cut, weights, sums))
            {
                continue;
            }
            let in_place = panel.together().map(|first| Terms {
                numbers: samples.source,
                start: samples.origin + first,
                places: &chunk.samples,
            });
            let copied = far && row_places.len() >= COPIED;
            let panel = match in_place.filter(|terms| !copied || terms.aligned(set)) {
                Some(terms) => terms,
                None => {
                    set.gather(&job, &mut MatrixMut::from_slice(numbers, terms, *width, pitch));
                    Terms { numbers: Source::from(&numbers[..]), start: 0, places: &dense[..] }
                }
            };
            let places = Terms { numbers: samples.source, start: samples.origin, places: &chunk.samples };
            let next = samples.panels.get(number + 1).filter(|_| far);
            let ahead = next.map_or(Ahead::Nothing, |next| Ahead::Panel(places, &next.asked));
            let accumulate = sums.accumulate;
            let job = Products { rows, row_places: &row_places, panel, accumulate, ahead };
            set.products(&job, &mut sums.part(0, sums.rows, positions.start, *width));
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
        sums: &mut Sums<'_, W>,
    ) -> bool {
        if sums.whole[number] {
            return false;
        }
        let (set, pieces, count) = (self.packing.set, gathered.pieces, places.len().next_multiple_of(BLOCK));
        let cut = &mut cut[..count / BLOCK * pieces.block(gathered.steps.len())];
        let numbers = W::gather_singles(job).expect("pieces are of f32");
        let split = Split { numbers, pieces, judged: true };
        let side = gathered.side;
        let extent = match side {
            Side::Lanes => set.split_lanes(&split, cut),
            Side::Rows => set.split_rows(&split, cut),
        };
        if !extent.multiply(weights.extent) {
            sums.whole[number] = true;
            return false;
        }
        let (placed, packed, accumulate) = (gathered.placed(cut, count), weights.pieces, sums.accumulate);
        let job = PieceProducts { placed, side, targets: None, packed, pieces, accumulate };
        let (height, lanes) = (sums.height, sums.lanes.next_multiple_of(BLOCK));
        let mut target = match side {
            Side::Lanes => sums.singles(0, height, places.start, count),
            Side::Rows => sums.singles(places.start, count, 0, lanes),
        };
        set.piece_products(&job, &mut target);
        true
    }

    /// All positions by all panels of banks.
    pub(super) fn rows<'a>(
        &self,
        samples: &Samples<'_, W>,
        chunk: &Chunk,
        weights: Weights<'a, W>,
        cut: &mut [i32],
        sums: &mut Sums<'_, W>,
        whole: impl Fn() -> &'a [W],
    ) {
        let (set, terms) = (self.packing.set, chunk.len());
        let rows = Terms { numbers: samples.source, start: samples.origin, places: &chunk.samples };
        let far = self.layout.place == Place::Input;
        let apart = self.layout.images.last() == Some(&1);
        let multiply = |first: usize, row_places: &[usize], numbers: &[W], sums: &mut Sums<'_, W>| {
            for (number, row_places) in row_places.chunks(TOGETHER).enumerate() {
                let first = first + number * TOGETHER;
                for panel in set.panels::<W>(sums.lanes) {
                    let places: Vec<usize> = (0..terms).map(|term| term * panel.len()).collect();
                    let panel_terms = Terms { numbers: numbers.into(), start: panel.start * terms, places: &places };
                    let ahead = match far && panel.start == 0 {
                        true if apart => Ahead::RowsOfTerms,
                        true => Ahead::Rows,
                        false => Ahead::Nothing,
                    };
                    let accumulate = sums.accumulate;
                    let job = Products { rows, row_places, panel: panel_terms, accumulate, ahead };
                    set.products(&job, &mut sums.part(first, row_places.len(), panel.start, panel.len()));
                }
            }
        };
        let Some(pieces) = self.packing.pieces else {
            return multiply(0, samples.positions, weights.numbers, sums);
        };
        let (gathered, runs) = (Gathered::new(pieces, Side::Rows, ROWS, terms), runs(&chunk.samples));
        for (number, lines) in samples.positions.chunks(ROWS).enumerate() {
            let first = number * ROWS;
            let job = Gather { source: samples.source, start: samples.origin, lines, runs: &runs };
            let places = first..first + lines.len();
            if !self.in_pieces(job, (number, places), &gathered, cut, weights, sums) {
                multiply(first, lines, whole(), sums);
            }
        }
    }
}
