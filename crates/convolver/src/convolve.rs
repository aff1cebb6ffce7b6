//! The front door for `ndarray` views.

use crate::front::{Arranged, Call, Options, Padding};
use crate::plan::{Method, cached_for};
use crate::problem::{Conjugate, Error, Mode};
use convolver_kernels::{Element, View, ViewMut};
use ndarray::{ArrayD, ArrayView, Dimension, IxDyn};

/// Convolves `x` with `k` over every axis; the result has the elements' type, integers modulo 2ⁿ.
///
/// # Errors
/// If the arrays differ in dimensions, an axis is empty, or 'valid' fits neither into the other.
///
/// # Examples
/// ```
/// use convolver::{convolve, Mode};
/// use ndarray::array;
///
/// let y = convolve(array![1.0, 2.0, 3.0].view(), array![0.0, 1.0, 0.5].view(), Mode::Full)?;
/// assert_eq!(y, array![0.0, 1.0, 2.5, 4.0, 1.5].into_dyn());
/// # Ok::<(), convolver::Error>(())
/// ```
pub fn convolve<T: Element + Default, D: Dimension>(
    x: ArrayView<'_, T, D>,
    k: ArrayView<'_, T, D>,
    mode: Mode,
) -> Result<ArrayD<T>, Error> {
    run(x, k, Options { padding: Padding::Mode(mode), flip: true, ..Options::default() })
}

/// Correlates `x` with `k` over every axis: slides `k` along `x` without flipping it, and conjugates it.
///
/// # Errors
/// As [`convolve`].
///
/// # Examples
/// ```
/// use convolver::{correlate, Mode};
/// use ndarray::array;
///
/// let y = correlate(array![0i64, 1, 2, 3].view(), array![1, 2].view(), Mode::Valid)?;
/// assert_eq!(y, array![2, 5, 8].into_dyn());
/// # Ok::<(), convolver::Error>(())
/// ```
pub fn correlate<T: Element + Default, D: Dimension>(
    x: ArrayView<'_, T, D>,
    k: ArrayView<'_, T, D>,
    mode: Mode,
) -> Result<ArrayD<T>, Error> {
    let options = Options { padding: Padding::Mode(mode), conjugate: Conjugate::Kernel, ..Options::default() };
    run(x, k, options)
}

fn run<T: Element + Default, D: Dimension>(
    x: ArrayView<'_, T, D>,
    k: ArrayView<'_, T, D>,
    options: Options,
) -> Result<ArrayD<T>, Error> {
    let call = Call { x: (x.shape().to_vec(), T::TYPE), k: (k.shape().to_vec(), T::TYPE), axes: None, options };
    let arranged = call.arrange()?;
    let mut out = ArrayD::from_elem(IxDyn(&arranged.output_shape), T::default());
    let (x, k) = (x.into_dyn(), k.into_dyn());
    run_arranged(arranged, &View::from_array(&x), &View::from_array(&k), ViewMut::from_array(&mut out.view_mut()))?;
    Ok(out)
}

/// Runs an arranged call once, with the plan of its problem from the cache.
pub(crate) fn run_arranged(arranged: Arranged, x: &View<'_>, k: &View<'_>, out: ViewMut<'_>) -> Result<(), Error> {
    let Arranged { problem, swapped, input, kernel, output, .. } = arranged;
    let (x, k) = if swapped { (k, x) } else { (x, k) };
    let (x, k) = (input.view(x), kernel.view(k));
    cached_for(&problem, &k, &Method::Auto, None)?.run_once(&x, &k, output.view_mut(out))
}
