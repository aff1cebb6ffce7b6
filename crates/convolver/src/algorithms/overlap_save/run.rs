//! One input, unit by unit: load, transform, store.

use super::load::Plain;
use super::prepare::{Kernel, OverlapSave};
use super::promise::threshold;
use super::special::Special;
use super::store::Stored;
use crate::algorithms::Prepared;
use crate::primitives::threads;
use crate::problem::{Axis, Conjugate};
use convolver_kernels::{
    Dims, Element, Kind, Real, Scratch, Storing, TileRows, Tiles, View, ViewMut, Working, grid_position,
};
use smallvec::SmallVec;

impl<W: Storing + Element> Prepared for OverlapSave<W>
where
    W::Lane: Real,
{
    fn run(&self, input: &View<'_>, output: ViewMut<'_>) {
        let convolved = input.shape().len() - self.whole.problem.axes.len();
        let order: Dims<usize> =
            (0..convolved).chain(self.whole.layout.order.iter().map(|axis| convolved + axis)).collect();
        let grid: Dims<usize> = self
            .whole
            .problem
            .axes
            .iter()
            .zip(&self.whole.tile)
            .map(|(axis, &tile)| axis.output().div_ceil(tile))
            .collect();
        let single = self.whole.problem.batch.iter().chain(&self.whole.problem.group).map(|_| 1);
        let shape: Dims<usize> =
            single.chain(self.whole.problem.bank.iter().copied()).chain(self.whole.tile.iter().copied()).collect();
        let tiles = Tiles::new(output, &shape);
        let (turned, axes) = (input.permuted(&order), self.whole.layout.loaded());
        let problem = &self.whole.problem;
        let conjugate = problem.conjugate == Conjugate::Input && problem.input.kind() == Kind::Complex;
        let plain = Plain::of::<W>(&turned, &axes, conjugate);
        let run = Run { prepared: self, input, turned, plain, axes, tiles, grid };
        let size = &self.whole.size;
        match &self.kept {
            None => threads::for_each(size.groups, self.whole.shared, |group| {
                let mut spectra = Scratch::<W::Lane>::new(size.spectra());
                let kernels = self.kernels(group * size.banks..(group + 1) * size.banks, &mut spectra, false);
                (0..size.units).for_each(|unit| run.unit(group, unit, (&kernels, &spectra), false));
            }),
            Some((kernels, spectra)) => {
                let inside = size.inside && self.whole.shared;
                threads::for_each(size.groups * size.units, self.whole.shared && !inside, |number| {
                    let (group, unit) = (number / size.units, number % size.units);
                    let kernels = &kernels[group * size.banks..][..size.banks];
                    run.unit(group, unit, (kernels, &spectra[group * size.spectra()..][..size.spectra()]), inside);
                });
            }
        }
    }
}

/// One computation.
pub(super) struct Run<'a, W: Working>
where
    W::Lane: Real,
{
    pub(super) prepared: &'a OverlapSave<W>,
    input: &'a View<'a>,
    /// The input with its convolved axes in the order of the layout.
    pub(super) turned: View<'a>,
    /// The same as it lies.
    pub(super) plain: Option<Plain<'a, W::Lane>>,
    pub(super) axes: SmallVec<[Axis; 3]>,
    tiles: Tiles<'a>,
    /// Tiles along each convolved axis of the problem.
    grid: Dims<usize>,
}

/// What was loaded of one element.
pub(super) struct Loaded {
    /// The norm of the scaled samples, and the largest.
    pub(super) norm: f64,
    pub(super) largest: f64,
}

/// Two tiles, or one where numbers are complex.
pub(super) struct Pair<W> {
    /// The numbers of the tiles.
    tiles: SmallVec<[usize; 2]>,
    /// Where they start: batch and group, and outputs along the axes of the problem.
    pub(super) starts: SmallVec<[(Dims<usize>, Dims<usize>); 2]>,
    /// What is not finite, of either tile.
    pub(super) specials: [Vec<Special<W>>; 2],
    /// The samples are scaled by 2^−exponent.
    pub(super) exponent: Option<i32>,
}

impl<W: Storing + Element> Run<'_, W>
where
    W::Lane: Real,
{
    fn pair(&self, group: usize, unit: usize) -> Pair<W> {
        let prepared = self.prepared;
        let of_batch = prepared.whole.size.tiles;
        let inputs = of_batch * prepared.whole.problem.batch.iter().product::<usize>();
        let halves = if W::PARTS == 2 { 1 } else { 2 };
        let (mut tiles, mut starts) = (SmallVec::new(), SmallVec::new());
        for number in (unit * halves..(unit + 1) * halves).filter(|&number| number < inputs) {
            let (batch, tile) = (number / of_batch, number % of_batch);
            tiles.push((batch * prepared.whole.size.groups + group) * of_batch + tile);
            let mut leading = grid_position(&prepared.whole.problem.batch, batch);
            leading.extend(grid_position(&prepared.whole.problem.group, group));
            let position = grid_position(&self.grid, tile);
            starts.push((leading, position.iter().zip(&prepared.whole.tile).map(|(&at, &tile)| at * tile).collect()));
        }
        Pair { tiles, starts, specials: [Vec::new(), Vec::new()], exponent: None }
    }

    /// Computes the outputs of one unit of a group.
    fn unit(&self, group: usize, unit: usize, (kernels, spectra): (&[Kernel<W>], &[W::Lane]), inside: bool) {
        let prepared = self.prepared;
        let (size, grid) = (&prepared.whole.size, &prepared.grid);
        let mut pair = self.pair(group, unit);
        let numbers = grid.numbers();
        let mut samples = Scratch::<W>::new(grid.rows() * grid.width() * pair.starts.len());
        let mut tile = Scratch::<W::Lane>::new(numbers);
        let room = |needed: bool, numbers: usize| needed.then(|| Scratch::<W::Lane>::new(numbers));
        let mut sums = room(!size.is_simple(), numbers);
        let mut kept = room(size.banks > 1, numbers * size.elements);
        let (sums, kept) = (sums.as_deref_mut().unwrap_or_default(), kept.as_deref_mut().unwrap_or_default());
        let mut loaded = Vec::with_capacity(size.elements);
        for element in 0..size.elements {
            let Some(known) = self.load(&mut pair, element, &mut samples, &mut tile, inside) else {
                return self.directly(&pair);
            };
            loaded.push(known);
            let spectrum = &spectra[element * numbers..];
            if size.is_simple() {
                grid.convolve(&mut tile, spectrum, inside);
            } else if size.banks == 1 {
                grid.accumulate(&mut tile, spectrum, sums, element == 0, inside);
            } else {
                grid.analyse(&mut tile, &mut kept[element * numbers..][..numbers], inside);
            }
        }
        if pair.specials.iter().any(|specials| specials.len() > 16 + prepared.whole.tile.iter().product::<usize>() / 16)
        {
            return self.directly(&pair);
        }
        let mut views: SmallVec<[ViewMut<'_>; 2]> =
            pair.tiles.iter().filter_map(|&number| self.tiles.take(number)).map(|(_, view)| view).collect();
        for bank in 0..size.banks {
            if size.banks > 1 {
                for element in 0..size.elements {
                    let spectrum = &spectra[(bank * size.elements + element) * numbers..][..numbers];
                    grid.multiply(sums, &kept[element * numbers..], spectrum, element == 0, inside);
                }
            }
            if !size.is_simple() {
                grid.synthesise(sums, &mut tile, inside);
            }
            let number = group * size.banks + bank;
            let kernel = &kernels[bank];
            let products = loaded.iter().zip(&kernel.norms);
            let (statistical, echo) = products.fold((0.0, 0.0), |(statistical, echo), (loaded, &(norm, largest))| {
                (statistical + loaded.norm * norm, echo + loaded.largest * largest)
            });
            let exponent = pair.exponent.unwrap_or(0);
            let stored = Stored {
                prepared,
                input: self.input,
                kernel,
                number,
                bank,
                exponents: [exponent, kernel.exponent],
                threshold: threshold(grid.points(), prepared.whole.problem.taps(), statistical, echo),
                rows: TileRows::new(prepared.whole.machine.set, &tile, grid.rows()),
            };
            let length = samples.len() / pair.starts.len();
            for (half, view) in views.iter_mut().enumerate() {
                let specials = &pair.specials[half];
                stored.store(half, view, &pair.starts[half], &samples[half * length..][..length], specials, inside);
            }
        }
    }

    /// Computes the outputs of a unit without transforms.
    fn directly(&self, pair: &Pair<W>) {
        for (&number, (leading, start)) in pair.tiles.iter().zip(&pair.starts) {
            let Some((_, view)) = self.tiles.take(number) else { continue };
            let banks = self.prepared.whole.problem.bank.iter().map(|_| 0);
            let start: Dims<usize> = leading.iter().copied().chain(banks).chain(start.iter().copied()).collect();
            self.prepared.outputs(self.input, &start, view);
        }
    }
}
