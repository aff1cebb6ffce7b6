//! Tiles of outputs: what they are of a problem, and long sums of theirs in parts.

use crate::primitives::threads;
use crate::problem::Problem;
use convolver_kernels::{Dims, Scratch, ViewMut, Working, grid_position};
use std::ops::Range;

/// A tile's place: where its images and groups, and its outputs, start; how many of each.
#[derive(Clone, Copy)]
pub(super) struct Tile<'a> {
    pub(super) leading: &'a [usize],
    pub(super) first: &'a [usize],
    pub(super) batch: &'a [usize],
    pub(super) outputs: &'a [usize],
}

/// A tile of some banks of a group.
pub(super) struct Block<'a> {
    pub(super) tile: Tile<'a>,
    pub(super) group: usize,
    pub(super) banks: Range<usize>,
}

impl<'a> Block<'a> {
    /// That of a part of the output (batch, group, bank, convolved), of this shape from `start` on: of one group, and of all banks
    /// where there are several axes of them.
    pub(super) fn new(problem: &Problem, start: &'a [usize], shape: &'a [usize]) -> Self {
        let (group_at, bank_at) = (problem.batch.len(), problem.batch.len() + problem.group.len());
        let outputs_at = bank_at + problem.bank.len();
        let of = start[group_at..bank_at].iter().zip(&problem.group);
        let first = if problem.bank.len() == 1 { start[bank_at] } else { 0 };
        Block {
            tile: Tile {
                leading: &start[..bank_at],
                first: &start[outputs_at..],
                batch: &shape[..group_at],
                outputs: &shape[outputs_at..],
            },
            group: of.fold(0, |number, (&at, &length)| number * length + at),
            banks: first..first + shape[bank_at..outputs_at].iter().product::<usize>(),
        }
    }
}

/// Tiles whose sums are made in parts, which are shared as tiles are and added in order: the bits are the same for any number of
/// threads.
pub(super) struct Parts {
    /// The shape of a tile.
    pub(super) tile: Dims<usize>,
    /// Parts of a tile's sums, and the numbers of each.
    pub(super) count: usize,
    pub(super) length: usize,
    pub(super) shared: bool,
}

impl Parts {
    /// How many parts all tiles of an output have together.
    pub(super) fn all(&self, output: &ViewMut<'_>) -> usize {
        self.grid(output.shape()).iter().product::<usize>() * self.count
    }

    /// Makes every part, `sum((tile, part), (start, shape), sums)`, and stores what they are together, `store(tile, start, sums, output)`.
    pub(super) fn run<W: Working>(
        &self,
        output: ViewMut<'_>,
        sum: impl Fn((usize, usize), (&[usize], &[usize]), &mut [W]) + Sync,
        store: impl Fn(usize, &[usize], &[W], ViewMut<'_>) + Sync,
    ) {
        let Parts { ref tile, count, length, shared } = *self;
        let whole: Dims<usize> = output.shape().into();
        let grid = self.grid(&whole);
        let number = |start: &[usize]| {
            let along = start.iter().zip(tile).zip(&grid);
            along.fold(0, |number, ((at, tile), count)| number * count + at / tile)
        };
        if count == 1 {
            return threads::for_each_tile(output, tile, shared, |start, output| {
                let mut sums = Scratch::<W>::new(length);
                sum((number(start), 0), (start, output.shape()), &mut sums);
                store(number(start), start, &sums, output);
            });
        }
        let mut parts = Scratch::<W>::new(grid.iter().product::<usize>() * count * length);
        threads::for_each_chunk(&mut parts, length, shared, |piece, sums| {
            let position = grid_position(&grid, piece / count);
            let start: Dims<usize> = position.iter().zip(tile).map(|(at, tile)| at * tile).collect();
            let ends = start.iter().zip(tile).zip(&whole);
            let shape: Dims<usize> = ends.map(|((&start, &tile), &length)| tile.min(length - start)).collect();
            sum((piece / count, piece % count), (&start, &shape), sums);
        });
        threads::for_each_tile(output, tile, shared, |start, output| {
            let parts = parts[number(start) * count * length..][..count * length].chunks_exact(length);
            let mut sums = Scratch::<W>::new(length);
            for (part, numbers) in parts.enumerate() {
                match part {
                    0 => sums.copy_from_slice(numbers),
                    _ => sums.iter_mut().zip(numbers).for_each(|(sum, &number)| *sum = sum.plus(number)),
                }
            }
            store(number(start), start, &sums, output);
        });
    }

    /// Tiles along each axis.
    fn grid(&self, shape: &[usize]) -> Dims<usize> {
        shape.iter().zip(&self.tile).map(|(&length, &tile)| length.div_ceil(tile)).collect()
    }
}
