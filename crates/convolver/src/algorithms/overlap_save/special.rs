//! What is not finite: NaN and infinities, kept out of transforms.
//!
//! A sample that is not finite is loaded as zero and remembered. The outputs whose window holds it are what the products
//! with it alone sum to, NaN or an infinity: the finite products beside them change nothing.

use super::prepare::OverlapSave;
use convolver_kernels::{Dims, Real, Storing};

/// A sample that is not finite.
#[derive(Clone, Debug)]
pub(super) struct Special<W> {
    /// The summed part of the input that it is in.
    pub(super) element: usize,
    /// Its point along each axis.
    pub(super) points: Dims<usize>,
    pub(super) sample: W,
}

/// The sums of the products with what is not finite, for a box of outputs (in the order of the layout); `None` where there
/// is nothing of it.
pub(super) fn sums<W: Storing>(
    prepared: &OverlapSave<'_, W>,
    kernel: usize,
    specials: &[Special<W>],
    outputs: &[usize],
) -> Option<Vec<W>>
where
    W::Lane: Real,
{
    if specials.is_empty() {
        return None;
    }
    let weights = prepared.weights(kernel);
    let mut sums = vec![W::default(); outputs.iter().product()];
    for Special { element, points, sample } in specials {
        prepared.whole.for_each_tap(*element, |tap, at| {
            let place = points.iter().zip(tap).zip(outputs).try_fold(0usize, |number, ((&point, &tap), &outputs)| {
                let output = point.checked_sub(tap).filter(|&output| output < outputs)?;
                Some(number * outputs + output)
            });
            if let Some(place) = place {
                sums[place] = sums[place].plus(weights[at].times(*sample));
            }
        });
    }
    Some(sums)
}
