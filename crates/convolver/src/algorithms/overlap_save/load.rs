//! Samples of a tile: loaded, freed of what is not finite, scaled, brought into strips.

use super::prepare::{exponent_of, power};
use super::run::{Loaded, Run, Tile};
use super::special::Special;
use crate::primitives::threads;
use convolver_kernels::{Element, Real, Storing, Working, grid_position};
use std::sync::{Mutex, PoisonError};

/// Powers of two that samples are brought between before they are transformed, for narrow and wide numbers. Wider
/// ranges than the transform's are scaled, so that sums of squares and products neither over- nor underflow.
const NARROW: i32 = 20;
const WIDE: i32 = 200;

impl<W: Storing + Element> Run<'_, W>
where
    W::Lane: Real,
{
    /// Loads an element of a tile, or takes its samples that are loaded; `None` if its range is too far from that of those
    /// before.
    pub(super) fn load(
        &self,
        of: &mut Tile<W>,
        element: usize,
        (samples, are_loaded): (&mut [W], bool),
        tile: &mut [W::Lane],
        inside: bool,
    ) -> Option<Loaded> {
        let grid = &self.prepared.grid;
        let width = grid.width();
        let lanes = self.prepared.whole.machine.set.lanes::<W::Lane>();
        let zero = W::Lane::default();
        let known: Vec<Mutex<W::Lane>> =
            (0..(samples.len() / width).div_ceil(lanes)).map(|_| Mutex::new(zero)).collect();
        let specials = Mutex::new(Vec::new());
        let rows = self.input.rows_of(&of.start, element);
        threads::for_each_chunk(samples, lanes * width, inside, |number, chunk| {
            let first = number * lanes;
            if !are_loaded {
                self.input.rows(&rows, first, chunk);
            }
            let (mut largest, finite) = self.prepared.whole.machine.set.survey(W::lanes(chunk));
            if !finite {
                let found = self.special(element, first, chunk);
                specials
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .extend(found.into_iter().map(|special| (number, special)));
                largest = self.prepared.whole.machine.set.survey(W::lanes(chunk)).0;
            }
            *known[number].lock().unwrap_or_else(PoisonError::into_inner) = largest;
        });
        let mut found = specials.into_inner().unwrap_or_else(PoisonError::into_inner);
        found.sort_by_key(|&(number, _)| number);
        of.specials.extend(found.into_iter().map(|(_, special)| special));
        let largest =
            known.into_iter().map(|known| -> f64 { known.into_inner().unwrap_or_else(PoisonError::into_inner).into() });
        let largest = largest.fold(0.0, f64::max);
        let exponent = exponent::<W>(&mut of.exponent, largest)?;
        let squares = grid.place_samples(tile, samples, power(-exponent), inside);
        Some(Loaded { norm: squares.sqrt(), largest: largest * 2f64.powi(-exponent) })
    }

    /// Takes what is not finite out of rows of a tile.
    fn special(&self, element: usize, first: usize, rows: &mut [W]) -> Vec<Special<W>> {
        let (points, width) = (&self.prepared.whole.size.points, self.prepared.grid.width());
        let finite = |part: W::Lane| -> bool { Into::<f64>::into(part).is_finite() };
        let mut found = Vec::new();
        for (number, sample) in rows.iter_mut().enumerate() {
            if !sample.parts().into_iter().all(finite) {
                let points = grid_position(points, first * width + number);
                found.push(Special { element, points, sample: std::mem::take(sample) });
            }
        }
        found
    }
}

/// The exponent that samples are scaled by, set by the first ones that are not zero; `None` for samples too large for it.
fn exponent<W: Working>(chosen: &mut Option<i32>, largest: f64) -> Option<i32>
where
    W::Lane: Real,
{
    let reach = if size_of::<W::Lane>() == 4 { NARROW } else { WIDE };
    let own = exponent_of::<W::Lane>(largest);
    if largest == 0.0 {
        return Some(chosen.unwrap_or(0));
    }
    let chosen = *chosen.get_or_insert(if own.abs() <= reach { 0 } else { own });
    (own - chosen <= 2 * reach).then_some(chosen)
}
