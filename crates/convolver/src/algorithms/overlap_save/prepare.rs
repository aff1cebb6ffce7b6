//! The kernel: its spectra, and what is known of its size.

use super::promise::{Witness, larger_part, witnesses};
use super::recipe::Whole;
use super::size::INSIDE;
use crate::primitives::fft::Grid;
use crate::primitives::threads;
use convolver_kernels::{Real, Scratch, Storing, Working};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

/// A prepared kernel.
pub(super) struct OverlapSave<W: Working>
where
    W::Lane: Real,
{
    pub(super) whole: Arc<Whole>,
    pub(super) grid: Arc<Grid<W::Lane>>,
    /// Every tap: group, bank, summed, convolved; conjugated if the problem says so.
    pub(super) taps: Scratch<W>,
    /// For every group and bank, with the spectra of every element, unless they are made in the run.
    pub(super) kept: Option<Spectra<W, W::Lane>>,
}

/// Kernels and their spectra.
type Spectra<W, L> = (Vec<Kernel<W>>, Scratch<L>);

/// What is known of one kernel, scaled by a power of two so that its largest tap is around 1.
pub(super) struct Kernel<W: Working> {
    /// The scale is 2^−exponent.
    pub(super) exponent: i32,
    /// For every element the norm of its taps and the largest of them.
    pub(super) norms: Vec<(f64, f64)>,
    /// Of the last element.
    pub(super) witnesses: Vec<Witness<W::Lane>>,
    /// Of all witnesses together.
    pub(super) weight: W::Lane,
}

/// The exponent of a number: it is from 2^exponent to below twice that, unless 2^±exponent were out of the type's range; 0
/// for zero.
pub(super) fn exponent_of<L: Real>(number: f64) -> i32 {
    let reach = if size_of::<L>() == 4 { 100 } else { 900 };
    if number == 0.0 { 0 } else { (number.log2().floor() as i32).clamp(-reach, reach) }
}

/// 2^exponent, which must be in range.
pub(super) fn power<L: Real>(exponent: i32) -> L {
    L::of_parts(2f64.powi(exponent), 0.0)
}

impl<W: Storing> OverlapSave<W>
where
    W::Lane: Real,
{
    pub(super) fn new(whole: Arc<Whole>, grid: Arc<Grid<W::Lane>>, taps: Scratch<W>, kept: bool) -> Self {
        let mut prepared = OverlapSave { whole, grid, taps, kept: None };
        let (size, shared) = (&prepared.whole.size, prepared.whole.shared);
        if kept {
            let mut spectra = Scratch::new(size.spectra() * size.groups);
            let kernels = prepared.kernels(0..size.groups * size.banks, &mut spectra, shared);
            prepared.kept = Some((kernels, spectra));
        }
        prepared
    }

    /// Makes the spectra of some kernels, numbered group by bank.
    pub(super) fn kernels(&self, numbers: Range<usize>, spectra: &mut [W::Lane], shared: bool) -> Vec<Kernel<W>> {
        let size = &self.whole.size;
        let first = numbers.start;
        let inside = shared
            && (size.inside || (spectra.len() >= INSIDE && numbers.len() * size.elements < self.whole.machine.cores));
        let mut kernels: Vec<Kernel<W>> = numbers.map(|number| self.kernel(number)).collect();
        let exponents: Vec<i32> = kernels.iter().map(|kernel| kernel.exponent).collect();
        let norms: Vec<Mutex<(f64, f64)>> = (0..kernels.len() * size.elements).map(|_| Mutex::default()).collect();
        threads::for_each_chunk(spectra, self.grid.numbers(), shared && !inside, |number, spectrum| {
            let (kernel, element) = (number / size.elements, number % size.elements);
            let known = self.analyse(first + kernel, element, exponents[kernel], spectrum, inside);
            *norms[number].lock().unwrap_or_else(PoisonError::into_inner) = known;
        });
        for (number, norm) in norms.into_iter().enumerate() {
            kernels[number / size.elements].norms.push(norm.into_inner().unwrap_or_else(PoisonError::into_inner));
        }
        kernels
    }

    /// The taps of a kernel: group by bank.
    pub(super) fn weights(&self, kernel: usize) -> &[W] {
        &self.taps[kernel * self.whole.problem.taps()..][..self.whole.problem.taps()]
    }

    /// A kernel whose norms are not known yet.
    fn kernel(&self, number: usize) -> Kernel<W> {
        let weights = self.weights(number);
        let (largest, _) = self.whole.machine.set.survey(W::lanes(weights));
        let exponent = exponent_of::<W::Lane>(largest.into());
        let scale = power::<W::Lane>(-exponent);
        let witnesses = witnesses(&self.whole.layout, &self.whole.size.points, |action| {
            let last = self.whole.size.elements - 1;
            self.whole.for_some_taps(last, |points, at| action(points, larger_part(weights[at]) * scale));
        });
        let weight = witnesses.iter().fold(W::Lane::default(), |weight, witness| weight + witness.weight);
        Kernel { exponent, norms: Vec::with_capacity(self.whole.size.elements), witnesses, weight }
    }

    /// Makes the spectrum of one element of a kernel, and gives the norm of its taps and the largest.
    fn analyse(
        &self,
        kernel: usize,
        element: usize,
        exponent: i32,
        spectrum: &mut [W::Lane],
        shared: bool,
    ) -> (f64, f64) {
        let weights = self.weights(kernel);
        let grid = &self.grid;
        let mut samples = Scratch::<W>::new(grid.rows_of_box() * grid.width());
        self.whole.place_taps(element, weights, &mut samples, shared);
        let each = W::Lane::of_parts(1.0 / grid.points() as f64, 0.0);
        let scale = power::<W::Lane>(-exponent);
        let mut tile = Scratch::<W::Lane>::new(grid.numbers());
        let squares = grid.place_samples(&mut tile, &samples, scale * each, shared);
        let largest: f64 = (self.whole.machine.set.survey(W::lanes(&samples)).0 * scale).into();
        grid.analyse(&mut tile, spectrum, shared);
        (squares.sqrt() * grid.points() as f64, largest)
    }
}
