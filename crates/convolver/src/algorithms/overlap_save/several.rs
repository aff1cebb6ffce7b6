//! Inputs whose samples lie between each other's: the same tile of several is loaded and stored together.
//!
//! Picture   memory   a0 b0 c0 a1 b1 c1 …      one line of the cache holds samples of all
//!           loaded   a0 a1 … │ b0 b1 … │ c0 c1 …, then tile by tile as inputs that lie apart; results go back the same way
//! Cost      each line of the cache comes and goes once, not once for each input

use super::run::{Kernels, Run};
use super::size::CACHE_LINE;
use super::units::Start;
use convolver_kernels::{Dims, Element, Real, Scratch, Storing, ViewMut};
use ndarray::ArrayViewMutD;

impl<W: Storing + Element> Run<'_, W>
where
    W::Lane: Real,
{
    /// Computes the outputs of a tile of several inputs; `start` is of the first one.
    pub(super) fn several(&self, group: usize, start: Start, kernels: Kernels<'_, W>, mut view: ViewMut<'_>) {
        let (whole, grid) = (&self.prepared.whole, &self.prepared.grid);
        let batch = whole.problem.batch.len() - 1;
        let several = view.shape()[batch];
        let of_element = grid.rows_of_box() * grid.width();
        let padding = CACHE_LINE / size_of::<W>();
        let mut shape: Dims<usize> = view.shape().into();
        shape[batch] = 1;
        let (loaded, stored) = (of_element * whole.size.elements, shape.iter().product::<usize>());
        let mut samples = Scratch::<W>::new((loaded + padding) * several);
        let mut results = Scratch::<W>::new((stored + padding) * several);
        for element in 0..whole.size.elements {
            let rows = self.input.rows_of(&start, element);
            let to = (&mut samples[element * of_element..], loaded + padding);
            self.input.rows_of_several(&rows, (grid.rows_of_box(), several), to);
        }
        let inputs = samples.chunks_exact_mut(loaded + padding).zip(results.chunks_exact_mut(stored + padding));
        for (number, (samples, results)) in inputs.enumerate() {
            let mut start = start.clone();
            start.0[batch] += number;
            let mut results = ArrayViewMutD::from_shape(&shape[..], &mut results[..stored])
                .expect("results of a tile fill their box");
            let results = ViewMut::from_array(&mut results);
            self.tile(group, start, kernels, (&mut samples[..loaded], true), results, false);
        }
        self.store_several(&mut view, (&results, stored + padding));
    }

    /// Stores results of several inputs, those of an input every `apart` numbers.
    fn store_several(&self, view: &mut ViewMut<'_>, (results, apart): (&[W], usize)) {
        let whole = &self.prepared.whole;
        let batch = whole.problem.batch.len() - 1;
        let several = view.shape()[batch];
        let order = &whole.layout.order;
        let convolved = view.shape().len() - order.len();
        let line = convolved + order[order.len() - 1];
        for bank in 0..whole.size.banks {
            let mut view = whole.bank(view, bank);
            let shape: Dims<usize> = view.shape().into();
            let of_bank = shape[convolved..].iter().product::<usize>();
            whole.for_each_line(&shape, &Dims::from_elem(0, order.len()), |index, _, _| {
                let place = index[convolved..].iter().zip(&shape[convolved..]);
                let first = bank * of_bank + place.fold(0, |place, (&at, &length)| place * length + at);
                view.write_lines(index, (line, shape[line]), (batch, several), (&results[first..], apart));
            });
        }
    }
}
