//! Every weight of a kernel, packed for the tiles that use it.

use super::run::Run;
use super::weights::Weights;
use crate::primitives::threads;
use convolver_kernels::{Extent, Lane, Scratch, Storing, Working};
use std::sync::{Mutex, PoisonError};

/// Every weight, packed: for each group, tile of banks and chunk.
pub(super) struct Packed<W: Working> {
    numbers: Scratch<W>,
    pieces: Scratch<i32>,
    extents: Vec<Extent>,
    /// Numbers and joined pairs of a chunk.
    room: (usize, usize),
}

impl<W: Working> Packed<W> {
    /// The weights of a chunk by its number, which take so many numbers and joined pairs.
    pub(super) fn chunk(&self, number: usize, (numbers, pairs): (usize, usize)) -> Weights<'_, W> {
        Weights {
            numbers: &self.numbers[number * self.room.0..][..numbers],
            pieces: &self.pieces[number * self.room.1..][..pairs],
            extent: self.extents[number],
        }
    }
}

impl<W: Storing + Working<Lane = W> + Lane> Run<'_, W> {
    /// Bytes that all packed weights take.
    pub(super) fn packed_bytes(&self) -> usize {
        let groups: usize = self.problem().group.iter().product();
        let (numbers, pairs) = self.packing.room::<W>(self.size.banks, self.longest_chunk());
        let chunks = groups * self.banks().div_ceil(self.size.banks) * self.boxes.len() * self.chunks_of_a_box();
        chunks.saturating_mul(numbers * size_of::<W>() + pairs * 4)
    }

    /// Packs every weight.
    pub(super) fn pack(&self) -> Packed<W> {
        let (banks, some) = (self.banks(), self.size.banks);
        let groups: usize = self.problem().group.iter().product();
        let tiles = banks.div_ceil(some);
        let boxes = &self.boxes;
        let per_box = self.chunks_of_a_box();
        let room = self.packing.room::<W>(some, self.longest_chunk());
        let chunks = groups * tiles * boxes.len() * per_box;
        let mut packed = Packed {
            numbers: Scratch::new(chunks * room.0),
            pieces: Scratch::new(chunks * room.1),
            extents: Vec::new(),
            room,
        };
        let extents = Mutex::new(vec![Extent::NONE; chunks]);
        let pack = |number: usize, numbers: &mut [W], pieces: &mut [i32]| {
            let (part, at) = (number / per_box, number % per_box);
            let (tile, elements) = (part / boxes.len(), &boxes[part % boxes.len()]);
            let (group, first) = (tile / tiles, tile % tiles * some);
            let of = first..banks.min(first + some);
            // Boxes at the end of an axis have fewer chunks.
            let Some(chunk) = self.chunks(elements).get(at) else { return };
            let most = self.packing.room::<W>(of.len(), chunk.len());
            let numbers = if room.0 > 0 { &mut numbers[..most.0] } else { &mut [] };
            let pieces = if room.1 > 0 { &mut pieces[..most.1] } else { &mut [] };
            let extent = self.packing.pack(self.kernel, chunk, (group, of, elements.start), numbers, pieces);
            extents.lock().unwrap_or_else(PoisonError::into_inner)[number] = extent;
        };
        let shared = self.shared && chunks > 1;
        if room.0 > 0 {
            threads::for_each_chunk(&mut packed.numbers, room.0, shared, |number, chunk| pack(number, chunk, &mut []));
        } else if room.1 > 0 {
            threads::for_each_chunk(&mut packed.pieces, room.1, shared, |number, chunk| pack(number, &mut [], chunk));
        }
        packed.extents = extents.into_inner().unwrap_or_else(PoisonError::into_inner);
        packed
    }
}
