//! The recipe, and spectra of the limbs of kernels.

use super::Limbs;
use crate::algorithms::direct::dense;
use crate::algorithms::overlap_save::recipe::Whole;
use crate::algorithms::{Operands, Prepared, Recipe};
use crate::primitives::fft::Grid;
use crate::primitives::threads;
use convolver_kernels::{Scratch, View};
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// The recipe.
pub(in crate::algorithms::overlap_save) struct ByLimbs {
    whole: Arc<Whole>,
    limbs: Limbs,
    /// Made when first needed: few recipes are chosen.
    grid: OnceLock<Arc<Grid<f64>>>,
}

impl ByLimbs {
    pub(in crate::algorithms::overlap_save) fn new(whole: Whole, limbs: Limbs) -> Self {
        ByLimbs { whole: Arc::new(whole), limbs, grid: OnceLock::new() }
    }
}

impl Recipe for ByLimbs {
    fn prepare(&self, kernel: &View<'_>) -> Box<dyn Prepared> {
        Box::new(self.prepared(kernel, self.whole.keeps))
    }

    fn run_once(&self, operands: Operands<'_>) {
        self.prepared(operands.kernel, !self.whole.size.made).run(operands.input, operands.output);
    }
}

impl ByLimbs {
    /// A prepared kernel, its spectra kept or made in every run.
    fn prepared(&self, kernel: &View<'_>, kept: bool) -> Exact {
        let whole = self.whole.clone();
        let grid = self.grid.get_or_init(|| Arc::new(Grid::new(whole.machine.set, whole.shape()))).clone();
        let taps = dense::<i64>(&whole.problem, kernel);
        let used = self.limbs.used(&taps);
        let mut prepared = Exact { whole, grid, limbs: self.limbs, taps, used, kept: None };
        let size = &prepared.whole.size;
        if kept {
            prepared.kept = Some(prepared.spectra(0..size.groups * size.banks, prepared.whole.shared));
        }
        prepared
    }
}

/// A prepared kernel.
pub(super) struct Exact {
    pub(super) whole: Arc<Whole>,
    pub(super) grid: Arc<Grid<f64>>,
    pub(super) limbs: Limbs,
    /// Every tap: group, bank, summed, convolved.
    taps: Scratch<i64>,
    /// Limbs of the kernel that are not zero.
    pub(super) used: usize,
    /// The spectra of all kernels, unless they are made in the run.
    pub(super) kept: Option<Scratch<f64>>,
}

impl Exact {
    /// Makes the spectra of some kernels, numbered group by bank: of every element, and of each its limbs.
    pub(super) fn spectra(&self, numbers: Range<usize>, shared: bool) -> Scratch<f64> {
        let (size, numbers_of_tile) = (&self.whole.size, self.grid.numbers());
        let first = numbers.start;
        let mut spectra = Scratch::new(numbers.len() * size.elements * self.used * numbers_of_tile);
        let inside = size.inside && shared;
        if self.used > 0 {
            threads::for_each_chunk(&mut spectra, numbers_of_tile, shared && !inside, |number, spectrum| {
                let (element, limb) = (number / self.used, number % self.used);
                self.analyse(first + element / size.elements, element % size.elements, limb, spectrum, inside);
            });
        }
        spectra
    }

    /// Makes the spectrum of a limb of an element of a kernel.
    fn analyse(&self, kernel: usize, element: usize, limb: usize, spectrum: &mut [f64], shared: bool) {
        let grid = &self.grid;
        let taps = self.whole.problem.taps();
        let mut weights = Scratch::<f64>::new(taps);
        self.limbs.digits(limb, &self.taps[kernel * taps..][..taps], &mut weights);
        let mut samples = Scratch::<f64>::new(grid.rows_of_box() * grid.width());
        self.whole.place_taps(element, &weights, &mut samples, shared);
        let mut tile = Scratch::<f64>::new(grid.numbers());
        grid.place_samples(&mut tile, &samples, 1.0 / grid.points() as f64, shared);
        grid.analyse(&mut tile, spectrum, shared);
    }
}
