//! One input, tile by tile.

use super::boxes::Pairs;
use super::chunk::Chunk;
use super::layout::{Lanes, Layout};
use super::multiply::Samples;
use super::packed::Packed;
use super::positions::{Panel, Positions};
use super::seen::{Group, groups};
use super::size::Size;
use super::store::{in_place, joined, left, store};
use super::weights::{Kernel, Packing, Weights};
use crate::algorithms::tile::{Block, Tile};
use crate::primitives::threads;
use crate::problem::Problem;
use convolver_kernels::{BLOCK, Extent, Lane, MatrixMut, Scratch, Source, Storing, TILE_ROWS, View, ViewMut, Working};
use std::cell::OnceCell;
use std::ops::Range;

/// Terms that are multiplied at once, in pairs, in pieces and otherwise: a panel of those in pieces stays in the first-level
/// cache, and of others in the second-level one, with the weights of those in pairs. Shorter chunks read and write sums more often.
const TERMS_IN_PAIRS: usize = 320;
const TERMS_IN_PIECES: usize = 256;
const TERMS: usize = 256;
/// Where the sum is cut into runs, whose weights are packed for all positions just before: they are in the second-level cache anyway.
pub(super) const TERMS_OF_RUN: usize = 800;
/// Positions that are gathered at once to be cut, where they are rows.
pub(super) const ROWS: usize = 64;

/// How sums are made, for one input and kernel.
pub(super) struct Run<'a, W> {
    pub(super) packing: Packing<'a>,
    pub(super) size: &'a Size,
    pub(super) layout: &'a Layout,
    pub(super) kernel: &'a Kernel<'a, W>,
    pub(super) shared: bool,
    /// The summed elements of each box.
    pub(super) boxes: Vec<Range<usize>>,
    /// The chunks of a box of so many summed elements; boxes at the end of an axis have fewer.
    chunks: Vec<(usize, Vec<Chunk>)>,
}

impl<'a, W: Storing + Working<Lane = W> + Lane> Run<'a, W> {
    pub(super) fn new(
        packing: Packing<'a>,
        size: &'a Size,
        layout: &'a Layout,
        kernel: &'a Kernel<'a, W>,
        shared: bool,
    ) -> Self {
        let boxes = layout.boxes(packing.problem, size);
        let mut run = Run { packing, size, layout, kernel, shared, boxes, chunks: Vec::new() };
        let mut counts: Vec<usize> = run.boxes.iter().map(Range::len).collect();
        counts.sort_unstable();
        counts.dedup();
        let chunks = |count| Chunk::all(packing.problem, layout, kernel, count, run.most_terms());
        run.chunks = counts.into_iter().map(|count| (count, chunks(count))).collect();
        run
    }

    pub(super) fn problem(&self) -> &Problem {
        self.packing.problem
    }

    pub(super) fn most_terms(&self) -> usize {
        match self.packing.pieces {
            Some(_) if self.layout.paired => TERMS_IN_PAIRS,
            Some(_) => TERMS_IN_PIECES,
            None if self.size.cut.is_some() => TERMS_OF_RUN,
            None => TERMS,
        }
    }

    pub(super) fn banks(&self) -> usize {
        self.problem().bank.iter().product()
    }

    pub(super) fn chunks(&self, elements: &Range<usize>) -> &[Chunk] {
        let of_count = self.chunks.iter().find(|(count, _)| *count == elements.len());
        &of_count.expect("chunks are made for every box").1
    }

    /// Terms of a chunk, at most.
    pub(super) fn longest_chunk(&self) -> usize {
        self.chunks.iter().flat_map(|(_, chunks)| chunks).map(Chunk::len).max().unwrap_or(0)
    }

    /// Chunks of a box, at most.
    pub(super) fn chunks_of_a_box(&self) -> usize {
        self.chunks.iter().map(|(_, chunks)| chunks.len()).max().unwrap_or(0)
    }

    /// Computes one input with weights that are packed already, or with those that each tile packs for itself.
    pub(super) fn run(&self, packed: Option<&Packed<W>>, input: &View<'_>, output: ViewMut<'_>) {
        let shape = self.size.shape(self.problem());
        threads::for_each_tile(output, &shape, self.shared, |start, view| self.tile(packed, input, start, view));
    }

    fn tile(&self, packed: Option<&Packed<W>>, input: &View<'_>, start: &[usize], output: ViewMut<'_>) {
        let problem = self.problem();
        let shape = output.shape().to_vec();
        let Block { tile, group, banks } = Block::new(problem, start, &shape);
        let positions = Positions::new(self.layout, problem, tile.batch, tile.outputs);
        let mut numbers = Sums::room(self, banks.len(), positions.offsets.len());
        let mut sums = Sums::new(self, banks.len(), positions.offsets.len(), &mut numbers);
        let mut output = joined(problem, &positions, output);
        if self.boxes.len() * self.chunks_of_a_box() == 1 && self.packing.pieces.is_none() {
            sums.stored = in_place(problem, self.layout.lanes, &positions, &mut output);
        }
        let ranges = self.ranges(&positions, banks.len());
        let (stored, pitch) = (sums.stored_lanes(&ranges), sums.pitch);
        let panels = OnceCell::new();
        let panels = || &panels.get_or_init(|| self.panels_of(&positions, &ranges))[..];
        let (mut samples, cut) = (None, if self.layout.paired { self.packing.pieces } else { None });
        let mut pairs = cut.map(|pieces| Pairs::new(self.layout, problem, self.size, pieces));
        let placed = Rows::of(self, (tile.first, tile.outputs), &positions.offsets);
        let tiles_of_banks = self.banks().div_ceil(self.size.banks);
        let part = (group * tiles_of_banks + banks.start / self.size.banks) * self.boxes.len();
        let mut operand = Operand::new(self, banks.len(), packed.is_some());
        for (number, elements) in self.boxes.iter().enumerate() {
            let chunks = self.chunks(elements);
            let of = || (group, banks.clone(), elements.start);
            let (place, set) = ((tile, elements.clone()), self.packing.set);
            let mut filled = match &mut pairs {
                Some(pairs) => self.cut(input, place.clone(), &mut samples, pairs),
                None => false,
            };
            for (at, chunk) in chunks.iter().enumerate() {
                let room = self.packing.room::<W>(banks.len(), chunk.len());
                let fresh = match packed {
                    Some(_) => None,
                    None => Some(operand.pack(self, chunk, of(), room)),
                };
                let weights = match (packed, fresh) {
                    (Some(packed), _) => packed.chunk((part + number) * self.chunks_of_a_box() + at, room),
                    (None, extent) => Weights {
                        numbers: &operand.weights[..room.0],
                        pieces: &operand.weight_pieces[..room.1],
                        extent: extent.expect("packed just now"),
                    },
                };
                let multiplied =
                    pairs.as_ref().is_some_and(|pairs| self.pairs(pairs, &placed, chunk, weights, &mut sums));
                if !multiplied {
                    let in_place = self.layout.in_place(problem, input, (tile, elements.clone()));
                    let (source, origin) = in_place.unwrap_or_else(|| {
                        let samples = self.zeros(&mut samples);
                        if !filled {
                            self.layout.fill(problem, set, input, place.clone(), samples);
                            filled = true;
                        }
                        (Source::from(&samples[..]), 0)
                    });
                    let (panels, positions) = (panels(), &positions.offsets[..]);
                    let seen = Samples { source, origin, panels, positions };
                    let cell = OnceCell::new();
                    let whole = || &cell.get_or_init(|| self.whole_weights(chunk, of()))[..];
                    let (numbers, cut) = (&mut operand.numbers[..], &mut operand.cut[..]);
                    match self.layout.lanes {
                        Lanes::Positions => self.panels(&seen, chunk, weights, (numbers, cut), &mut sums, of()),
                        Lanes::Banks => self.rows(&seen, chunk, weights, cut, &mut sums, whole),
                    }
                }
                sums.accumulate = true;
            }
        }
        if let Some(left) = left(problem, self.layout.lanes, stored, &mut output) {
            let of = (self.layout.lanes, &positions);
            store(problem, self.packing.set, of, (&numbers[stored..], pitch), left);
        }
    }

    /// The lanes of each panel of a tile.
    fn ranges(&self, positions: &Positions, banks: usize) -> Vec<Range<usize>> {
        match self.layout.lanes {
            Lanes::Banks => self.packing.set.panels::<W>(banks).collect(),
            Lanes::Positions => positions.cut::<W>(self.packing.set),
        }
    }

    /// The positions of a tile as panels, where they are lanes.
    fn panels_of(&self, positions: &Positions, ranges: &[Range<usize>]) -> Vec<Panel> {
        let (count, panel) = (positions.offsets.len(), self.packing.set.panel::<W>());
        match (self.layout.lanes, self.packing.pieces) {
            (Lanes::Banks, _) => Vec::new(),
            (_, Some(_)) => positions.panels::<W>((0..count).step_by(panel).map(|first| first..first + panel)),
            (_, None) => positions.panels::<W>(ranges.iter().cloned()),
        }
    }

    /// A box, of zeros at first.
    fn zeros<'b>(&self, samples: &'b mut Option<Scratch<W>>) -> &'b mut Scratch<W> {
        samples.get_or_insert_with(|| {
            let mut samples = Scratch::new(self.layout.room(self.problem(), self.size));
            samples.fill(W::default());
            samples
        })
    }

    /// Cuts what a tile sees: from where it lies if it can be read there, or else from a box. Whether that was filled.
    fn cut(
        &self,
        input: &View<'_>,
        place: (Tile<'_>, Range<usize>),
        samples: &mut Option<Scratch<W>>,
        pairs: &mut Pairs,
    ) -> bool {
        let (problem, set) = (self.problem(), self.packing.set);
        if self.layout.cut_in_place(problem, set, input, place.clone(), pairs) {
            return false;
        }
        let samples = self.zeros(samples);
        self.layout.fill(problem, set, input, place, samples);
        self.layout.cut(problem, set, W::singles(samples).expect("pieces are of f32"), pairs);
        true
    }

    /// The weights of a chunk that are not cut into pieces.
    fn whole_weights(&self, chunk: &Chunk, of: (usize, Range<usize>, usize)) -> Scratch<W> {
        let packing = self.packing.whole();
        let mut numbers = Scratch::<W>::new(packing.room::<W>(of.1.len(), chunk.len()).0);
        packing.pack(self.kernel, chunk, of, &mut numbers, &mut []);
        numbers
    }
}

/// Where a tile's positions lie in a box of pairs.
pub(super) enum Rows {
    /// Every row, or the tile of each 16 lanes.
    Placed(Vec<usize>),
    /// Rows that lie anywhere.
    Groups(Vec<Group>),
}

impl Rows {
    fn of<W>(run: &Run<'_, W>, outputs: (&[usize], &[usize]), offsets: &[usize]) -> Self {
        let together = if run.layout.lanes == Lanes::Banks { 1 } else { TILE_ROWS };
        match (run.layout.free, run.layout.paired) {
            (true, _) => Rows::Groups(groups(run.packing.problem, run.layout, outputs, offsets)),
            (_, true) => Rows::Placed(offsets.iter().step_by(together).map(|&at| run.layout.pair(at)).collect()),
            _ => Rows::Placed(Vec::new()),
        }
    }
}

/// Room for what is gathered.
struct Operand<W: Working> {
    numbers: Scratch<W>,
    cut: Scratch<i32>,
    weights: Scratch<W>,
    weight_pieces: Scratch<i32>,
}

impl<W: Storing + Working<Lane = W> + Lane> Operand<W> {
    fn new(run: &Run<'_, W>, banks: usize, packed: bool) -> Self {
        let terms = run.longest_chunk();
        let panel = run.packing.set.panel::<W>();
        let (numbers, positions) = match run.layout.lanes {
            Lanes::Positions => (panel * terms, panel),
            Lanes::Banks => (0, ROWS),
        };
        let cut =
            run.packing.pieces.map_or(0, |pieces| positions.div_ceil(BLOCK) * pieces.block(terms.div_ceil(BLOCK)));
        let weights = if packed { (0, 0) } else { run.packing.room::<W>(banks, terms) };
        Operand {
            numbers: Scratch::new(numbers),
            cut: Scratch::new(cut),
            weights: Scratch::new(weights.0),
            weight_pieces: Scratch::new(weights.1),
        }
    }

    /// Packs the weights of a chunk.
    fn pack(
        &mut self,
        run: &Run<'_, W>,
        chunk: &Chunk,
        of: (usize, Range<usize>, usize),
        (numbers, pieces): (usize, usize),
    ) -> Extent {
        run.packing.pack(run.kernel, chunk, of, &mut self.weights[..numbers], &mut self.weight_pieces[..pieces])
    }
}

/// The sums of a tile.
pub(super) struct Sums<'a, W> {
    pub(super) numbers: &'a mut [W],
    pub(super) rows: usize,
    pub(super) lanes: usize,
    /// Rows that there is room for.
    pub(super) height: usize,
    pub(super) pitch: usize,
    pub(super) accumulate: bool,
    /// Where they are made at once: as many rows and lanes of the output.
    stored: Option<MatrixMut<'a, W>>,
    /// For each panel or rows of positions that are gathered at once, whether some of its products were not made in pieces:
    /// then its sums may be too small for the unit, and no more of them are.
    pub(super) whole: Vec<bool>,
}

impl<'a, W: Storing + Working<Lane = W> + Lane> Sums<'a, W> {
    /// Rows and lanes of the sums of so many banks and positions.
    fn sides(run: &Run<'_, W>, banks: usize, positions: usize) -> (usize, usize) {
        match run.layout.lanes {
            Lanes::Positions => (banks, positions),
            Lanes::Banks => (positions, banks),
        }
    }

    /// Rows that there is room for, and numbers from one to the next.
    pub(super) fn shape(run: &Run<'_, W>, banks: usize, positions: usize) -> (usize, usize) {
        let (rows, lanes) = Self::sides(run, banks, positions);
        let (set, panel) = (run.packing.set, run.packing.set.panel::<W>().max(BLOCK));
        let pitch = if lanes < panel && run.packing.pieces.is_none() {
            lanes.next_multiple_of(set.lanes::<W>())
        } else {
            // Not a multiple of a page, whose rows would share a few lines of the cache. What is not multiplied in pieces takes a whole panel.
            lanes.next_multiple_of(panel) + 16
        };
        (rows.next_multiple_of(BLOCK), pitch)
    }

    /// Room for them.
    pub(super) fn room(run: &Run<'_, W>, banks: usize, positions: usize) -> Scratch<W> {
        let (height, pitch) = Self::shape(run, banks, positions);
        Scratch::new(height * pitch)
    }

    pub(super) fn new(run: &Run<'_, W>, banks: usize, positions: usize, numbers: &'a mut [W]) -> Self {
        let ((rows, lanes), (height, pitch)) = (Self::sides(run, banks, positions), Self::shape(run, banks, positions));
        let whole = vec![false; positions.div_ceil(ROWS.min(run.packing.set.panel::<W>()))];
        Sums { numbers, rows, lanes, height, pitch, accumulate: false, stored: None, whole }
    }

    /// Lanes of the output that are made there: those of panels which are not filled up.
    fn stored_lanes(&self, panels: &[Range<usize>]) -> usize {
        let whole = |panel: &&Range<usize>| self.stored.is_some() && panel.end <= self.lanes;
        panels.iter().take_while(whole).last().map_or(0, |panel| panel.end)
    }

    pub(super) fn part(&mut self, row: usize, rows: usize, lane: usize, lanes: usize) -> MatrixMut<'_, W> {
        match &mut self.stored {
            Some(stored) if lane + lanes <= self.lanes => stored.block((row, rows), (lane, lanes)),
            _ => MatrixMut::from_slice(&mut self.numbers[row * self.pitch + lane..], rows, lanes, self.pitch),
        }
    }

    pub(super) fn singles(&mut self, row: usize, rows: usize, lane: usize, lanes: usize) -> MatrixMut<'_, f32> {
        let numbers = W::singles_mut(self.numbers).expect("pieces are of f32");
        MatrixMut::from_slice(&mut numbers[row * self.pitch + lane..], rows, lanes, self.pitch)
    }
}
