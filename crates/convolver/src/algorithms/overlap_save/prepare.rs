//! The kernel: its spectra, and what is known of its size.

use super::promise::{Candidates, Witness, larger_part};
use super::recipe::Whole;
use super::size::INSIDE;
use crate::primitives::fft::Grid;
use crate::primitives::threads;
use convolver_kernels::{Real, Scratch, Storing, Working};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

/// A prepared kernel.
pub(super) struct OverlapSave<'a, W: Working>
where
    W::Lane: Real,
{
    pub(super) whole: Arc<Whole>,
    pub(super) grid: Arc<Grid<W::Lane>>,
    candidates: Arc<Candidates>,
    /// Every tap: group, bank, summed, convolved; conjugated if the problem says so.
    pub(super) taps: Taps<'a, W>,
    /// For every group and bank, with the spectra of every element, unless they are made in the run.
    pub(super) kept: Option<Spectra<W, W::Lane>>,
}

/// The numbers of a kernel: copied, or where they lie.
pub(super) enum Taps<'a, W: Working> {
    Copied(Scratch<W>),
    There(&'a [W]),
}

impl<W: Working> std::ops::Deref for Taps<'_, W> {
    type Target = [W];

    fn deref(&self) -> &[W] {
        match self {
            Taps::Copied(taps) => taps,
            Taps::There(taps) => taps,
        }
    }
}

/// What all kernels of a problem share.
pub(super) type Made<L> = (Arc<Grid<L>>, Arc<Candidates>);

/// Kernels and their spectra.
type Spectra<W, L> = (Vec<Kernel<W>>, Scratch<L>);

/// What is known of one kernel, scaled by a power of two so that its largest tap is around 1.
pub(super) struct Kernel<W: Working> {
    /// The scale is 2^−exponent.
    pub(super) exponent: i32,
    /// The largest tap, scaled.
    largest: f64,
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

impl<'a, W: Storing> OverlapSave<'a, W>
where
    W::Lane: Real,
{
    /// `None` if its spectra are to be kept and some kernel is not finite.
    pub(super) fn new(
        whole: Arc<Whole>,
        (grid, candidates): Made<W::Lane>,
        taps: Taps<'a, W>,
        kept: bool,
    ) -> Option<Self> {
        let mut prepared = OverlapSave { whole, grid, candidates, taps, kept: None };
        let (size, shared) = (&prepared.whole.size, prepared.whole.shared);
        if kept {
            let mut spectra = Scratch::new(size.spectra() * size.groups);
            let kernels = prepared.kernels(0..size.groups * size.banks, &mut spectra, shared)?;
            prepared.kept = Some((kernels, spectra));
        }
        Some(prepared)
    }

    /// Makes the spectra of some kernels, numbered group by bank; `None` if one of them is not finite.
    pub(super) fn kernels(
        &self,
        numbers: Range<usize>,
        spectra: &mut [W::Lane],
        shared: bool,
    ) -> Option<Vec<Kernel<W>>> {
        let size = &self.whole.size;
        let first = numbers.start;
        // Fewer spectra than cores are made by all of them together, if they are long.
        let inside = shared
            && (size.inside || (spectra.len() >= INSIDE && numbers.len() * size.elements < self.whole.machine.cores));
        let mut kernels = numbers.map(|number| self.kernel(number)).collect::<Option<Vec<Kernel<W>>>>()?;
        let norms: Vec<Mutex<(f64, f64)>> = (0..kernels.len() * size.elements).map(|_| Mutex::default()).collect();
        threads::for_each_chunk(spectra, self.grid.numbers(), shared && !inside, |number, spectrum| {
            let (kernel, element) = (number / size.elements, number % size.elements);
            let known = self.analyse(first + kernel, element, &kernels[kernel], spectrum, inside);
            *norms[number].lock().unwrap_or_else(PoisonError::into_inner) = known;
        });
        for (number, norm) in norms.into_iter().enumerate() {
            kernels[number / size.elements].norms.push(norm.into_inner().unwrap_or_else(PoisonError::into_inner));
        }
        Some(kernels)
    }

    /// The taps of a kernel: group by bank.
    pub(super) fn weights(&self, kernel: usize) -> &[W] {
        &self.taps[kernel * self.whole.problem.taps()..][..self.whole.problem.taps()]
    }

    /// A kernel whose norms are not known yet; `None` if it is not finite.
    fn kernel(&self, number: usize) -> Option<Kernel<W>> {
        let weights = self.weights(number);
        let (largest, finite) = self.whole.machine.set.survey(W::lanes(weights));
        if !finite {
            return None;
        }
        let exponent = exponent_of::<W::Lane>(largest.into());
        let scale = power::<W::Lane>(-exponent);
        let witnesses = self.candidates.witnesses(|number| larger_part(weights[number]) * scale);
        let weight = witnesses.iter().fold(W::Lane::default(), |weight, witness| weight + witness.weight);
        let norms = Vec::with_capacity(self.whole.size.elements);
        Some(Kernel { exponent, largest: (largest * scale).into(), norms, witnesses, weight })
    }

    /// Makes the spectrum of one element of a kernel, and gives the norm of its taps and the largest.
    fn analyse(
        &self,
        number: usize,
        element: usize,
        kernel: &Kernel<W>,
        spectrum: &mut [W::Lane],
        shared: bool,
    ) -> (f64, f64) {
        let grid = &self.grid;
        let mut samples = Scratch::<W>::new(grid.rows_of_box() * grid.width());
        self.whole.place_taps(element, self.weights(number), &mut samples, shared);
        let each = W::Lane::of_parts(1.0 / grid.points() as f64, 0.0);
        let scale = power::<W::Lane>(-kernel.exponent);
        let mut tile = Scratch::<W::Lane>::new(grid.numbers());
        let squares = grid.place_samples(&mut tile, &samples, scale * each, shared);
        // Taps may fall on each other, or most of them be of other elements.
        let alone = self.whole.size.elements == 1 && !self.whole.size.wraps;
        let largest =
            if alone { kernel.largest } else { (self.whole.machine.set.survey(W::lanes(&samples)).0 * scale).into() };
        grid.analyse(&mut tile, spectrum, shared);
        (squares.sqrt() * grid.points() as f64, largest)
    }
}
