//! Fold: windows added back to where they were taken from, the transpose of cutting an array into windows.
//!
//! ```text
//! y[b, i] = Σ_{a, o : o·stride + a·dilation − low = i}  x[b, a, o]
//! ```
//!
//! b runs over batch axes, a over the taps of a window and o over its positions, each along every folded axis. What falls
//! outside y is left out.

use crate::primitives::threads;
use crate::problem::{Error, result_type};
use convolver_kernels::{Dims, Storing, Tiles, View, ViewMut, grid_position, with_working};

/// Where windows stand along one axis.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Windows {
    /// Distance between windows.
    pub stride: usize,
    /// Distance between the taps of a window.
    pub dilation: usize,
    /// How far the first window starts before the axis.
    pub low: isize,
}

/// Elements that make a line worth its start.
const LINE: usize = 8;

/// Folds `x`, whose axes are batch, taps and positions, into `out`, whose axes are batch and places.
pub fn fold(x: &View<'_>, windows: &[Windows], out: ViewMut<'_>) -> Result<(), Error> {
    let (folded, batch) = (windows.len(), out.shape().len().saturating_sub(windows.len()));
    if folded == 0 || x.shape().len() != batch + 2 * folded || x.shape()[..batch] != out.shape()[..batch] {
        return Err(Error::value(format!(
            "x has shape {:?}; folding {folded} axes into {:?} needs its {batch} leading axes, then taps, then positions",
            x.shape(),
            out.shape()
        )));
    }
    if result_type(x.element(), out.element()) != Some(out.element()) {
        let (found, wanted) = (x.element().long_name(), out.element().long_name());
        return Err(Error::of_type(format!("x has type {found}, which a result of type {wanted} cannot hold")));
    }
    if let Some(axis) = neighbours(x, batch) {
        let beside = || (0..batch).filter(|&other| other != axis);
        let x = x.repeated(batch + folded, 1);
        let order: Vec<_> = beside().chain(batch..batch + 2 * folded + 1).chain([axis]).collect();
        let places: Vec<_> = beside().chain(batch..batch + folded).chain([axis]).collect();
        let windows = [windows, &[Windows { stride: 1, dilation: 1, low: 0 }]].concat();
        return fold(&x.permuted(&order), &windows, out.permuted(&places));
    }
    let mut tile: Dims<usize> = out.shape().into();
    tile[..batch].fill(1);
    if tile.contains(&0) {
        return Ok(());
    }
    let element = out.element();
    let tiles = Tiles::new(out, &tile);
    threads::for_each(tiles.len(), true, |piece| {
        let Some((starts, mut out)) = tiles.take(piece) else { return };
        with_working!(element.working(), W => fold_one::<W>(x, windows, &starts[..batch], &mut out));
    });
    Ok(())
}

/// A batch axis whose elements lie closer together than positions do: lines along it are read faster. It is folded like
/// the others, with windows of one tap.
fn neighbours(x: &View<'_>, batch: usize) -> Option<usize> {
    let apart = |axis: usize| x.strides()[axis].unsigned_abs();
    let closest = (0..batch).filter(|&axis| x.shape()[axis] >= LINE).min_by_key(|&axis| apart(axis))?;
    (apart(closest) < apart(x.shape().len() - 1)).then_some(closest)
}

/// The places of one index of the batch axes.
fn fold_one<W: Storing>(x: &View<'_>, windows: &[Windows], leading: &[usize], out: &mut ViewMut<'_>) {
    let (batch, folded) = (leading.len(), windows.len());
    let places: Dims<usize> = out.shape()[batch..].into();
    let mut sums = vec![W::default(); places.iter().product()];
    let width = places[folded - 1];
    let taps = &x.shape()[batch..batch + folded];
    let (last, rows) = x.shape()[batch + folded..].split_last().expect("an axis is folded");
    let mut line = vec![W::default(); *last];
    // The place along an axis of a tap of a window.
    let place = |axis: usize, position: usize, tap: usize| {
        let windows = windows[axis];
        usize::try_from((position * windows.stride + tap * windows.dilation) as isize - windows.low).ok()
    };
    for number in 0..taps.iter().product() {
        let tap = grid_position(taps, number);
        for row in 0..rows.iter().product() {
            let position = grid_position(rows, row);
            let at = (0..folded - 1).try_fold(0, |at, axis| {
                let place = place(axis, position[axis], tap[axis])?;
                (place < places[axis]).then_some(at * places[axis] + place)
            });
            let Some(at) = at else { continue };
            let index: Dims<usize> =
                leading.iter().chain(&tap).chain(&position).copied().chain(std::iter::once(0)).collect();
            x.read(&index, index.len() - 1, 1, &mut line);
            let target = &mut sums[at * width..][..width];
            for (position, &number) in line.iter().enumerate() {
                if let Some(sum) = place(folded - 1, position, tap[folded - 1]).and_then(|place| target.get_mut(place))
                {
                    *sum = sum.plus(number);
                }
            }
        }
    }
    let rows = &places[..folded - 1];
    for row in 0..rows.iter().product() {
        let index: Dims<usize> =
            std::iter::repeat_n(0, batch).chain(grid_position(rows, row)).chain(std::iter::once(0)).collect();
        out.write(&index, index.len() - 1, &sums[row * width..][..width]);
    }
}
