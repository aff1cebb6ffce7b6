//! One input, unit by unit: load, transform, store.

use super::input::Input;
use super::prepare::{Kernel, OverlapSave};
use super::promise::threshold;
use super::special::Special;
use super::store::Stored;
use super::units::{Outputs, Start};
use crate::algorithms::Prepared;
use crate::primitives::threads;
use convolver_kernels::{Dims, Element, Real, Scratch, Storing, View, ViewMut, Working};

impl<W: Storing + Element> Prepared for OverlapSave<'_, W>
where
    W::Lane: Real,
{
    fn run(&self, input: &View<'_>, output: ViewMut<'_>) {
        let outputs = Outputs::new(&self.whole, input, output);
        let units = outputs.units();
        let run =
            Run { prepared: self, view: input, input: Input::new(&self.whole, self.grid.width(), input), outputs };
        let size = &self.whole.size;
        match &self.kept {
            None => threads::for_each(size.groups, self.whole.shared, |group| {
                let mut spectra = Scratch::<W::Lane>::new(size.spectra());
                let kernels = self.kernels(group * size.banks..(group + 1) * size.banks, &mut spectra, false);
                (0..units).for_each(|unit| match &kernels {
                    Some(kernels) => run.unit(group, unit, (kernels, &spectra), false),
                    None => run.unit_directly(group, unit),
                });
            }),
            Some((kernels, spectra)) => {
                let inside = size.inside && self.whole.shared;
                threads::for_each(size.groups * units, self.whole.shared && !inside, |number| {
                    let (group, unit) = (number / units, number % units);
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
    pub(super) prepared: &'a OverlapSave<'a, W>,
    view: &'a View<'a>,
    pub(super) input: Input<'a, W>,
    outputs: Outputs<'a>,
}

/// The kernels of a group, and their spectra.
pub(super) type Kernels<'a, W> = (&'a [Kernel<W>], &'a [<W as Working>::Lane]);

/// What was loaded of one element.
pub(super) struct Loaded {
    /// The norm of the scaled samples, and the largest.
    pub(super) norm: f64,
    pub(super) largest: f64,
}

/// A tile that is being computed.
pub(super) struct Tile<W> {
    /// Of the tile.
    pub(super) start: Start,
    /// What is not finite.
    pub(super) specials: Vec<Special<W>>,
    /// The samples are scaled by 2^−exponent.
    pub(super) exponent: Option<i32>,
}

impl<W: Storing + Element> Run<'_, W>
where
    W::Lane: Real,
{
    /// Computes the outputs of one unit of a group.
    fn unit(&self, group: usize, unit: usize, kernels: Kernels<'_, W>, inside: bool) {
        let unit = self.outputs.unit(&self.prepared.whole, group, unit);
        let Some((_, view)) = self.outputs.tiles.take(unit.number) else { return };
        if self.outputs.together > 1 {
            return self.several(group, unit.start, kernels, view);
        }
        let grid = &self.prepared.grid;
        let mut samples = Scratch::<W>::new(grid.rows_of_box() * grid.width());
        self.tile(group, unit.start, kernels, (&mut samples, false), view, inside);
    }

    /// Computes the outputs of one unit of a group whose kernels are not finite.
    fn unit_directly(&self, group: usize, unit: usize) {
        let unit = self.outputs.unit(&self.prepared.whole, group, unit);
        if let Some((_, view)) = self.outputs.tiles.take(unit.number) {
            self.directly(&unit.start, view);
        }
    }

    /// Computes the outputs of a tile of one input. Its samples may be loaded already, element by element.
    pub(super) fn tile(
        &self,
        group: usize,
        start: Start,
        (kernels, spectra): Kernels<'_, W>,
        (samples, are_loaded): (&mut [W], bool),
        mut view: ViewMut<'_>,
        inside: bool,
    ) {
        let prepared = self.prepared;
        let (size, grid) = (&prepared.whole.size, &prepared.grid);
        let mut of = Tile { start, specials: Vec::new(), exponent: None };
        let of_element = grid.rows_of_box() * grid.width();
        let numbers = grid.numbers();
        let mut tile = Scratch::<W::Lane>::new(numbers);
        let room = |needed: bool, numbers: usize| needed.then(|| Scratch::<W::Lane>::new(numbers));
        let mut sums = room(!size.is_simple(), numbers);
        let mut kept = room(size.banks > 1, numbers * size.elements);
        let (sums, kept) = (sums.as_deref_mut().unwrap_or_default(), kept.as_deref_mut().unwrap_or_default());
        let mut loaded = Vec::with_capacity(size.elements);
        for element in 0..size.elements {
            let samples = &mut samples[if are_loaded { element * of_element } else { 0 }..][..of_element];
            let Some(known) = self.load(&mut of, element, (samples, are_loaded), &mut tile, inside) else {
                return self.directly(&of.start, view);
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
        if of.specials.len() > 16 + prepared.whole.tile.iter().product::<usize>() / 16 {
            return self.directly(&of.start, view);
        }
        let samples = &samples[samples.len() - of_element..];
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
            let exponent = of.exponent.unwrap_or(0);
            let stored = Stored {
                prepared,
                input: self.view,
                kernel,
                number,
                bank,
                exponents: [exponent, kernel.exponent],
                threshold: threshold(grid.points(), prepared.whole.problem.taps(), statistical, echo),
                rows: grid.read(&tile),
            };
            stored.store(&mut view, &of.start, samples, &of.specials, inside);
        }
    }

    /// Computes the outputs of a tile without transforms.
    fn directly(&self, (leading, start): &Start, view: ViewMut<'_>) {
        let banks = self.prepared.whole.problem.bank.iter().map(|_| 0);
        let start: Dims<usize> = leading.iter().copied().chain(banks).chain(start.iter().copied()).collect();
        self.prepared.outputs(self.view, &start, view);
    }
}
