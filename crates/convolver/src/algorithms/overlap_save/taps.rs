//! Where the taps of a kernel are: in a tile, and among the numbers of the kernel.

use super::recipe::Whole;
use convolver_kernels::{Dims, grid_position};

impl Whole {
    /// Every tap of an element: its point along each axis of a tile, and its number in a kernel.
    /// Of more than `most` taps along an axis only so many.
    pub(super) fn for_each_tap(&self, element: usize, most: usize, mut action: impl FnMut(&[usize], usize)) {
        let (channel, parts) = self.layout.element(element);
        let (problem, layout) = (&self.problem, &self.layout);
        let axes = &problem.axes;
        // The distance of neighbouring taps along each axis of the problem.
        let mut steps: Dims<usize> = Dims::from_elem(1, axes.len());
        for axis in (0..axes.len() - 1).rev() {
            steps[axis] = steps[axis + 1] * axes[axis + 1].kernel;
        }
        let taps = |axis: usize| &layout.axes[axis].parts[parts[axis]].taps[..];
        let number = |axis: usize, tap: usize| {
            let original = layout.order[axis];
            (if problem.flip { axes[original].kernel - 1 - tap } else { tap }) * steps[original]
        };
        let line = layout.axes.len() - 1;
        let apart = |axis: usize| taps(axis).len().div_ceil(most);
        let lengths: Dims<usize> = (0..line).map(|axis| taps(axis).len().div_ceil(apart(axis))).collect();
        let mut points: Dims<usize> = Dims::from_elem(0, line + 1);
        for row in 0..lengths.iter().product() {
            let mut first = channel * steps[0] * axes[0].kernel;
            for (axis, place) in grid_position(&lengths, row).into_iter().enumerate() {
                let (tap, point) = taps(axis)[place * apart(axis)];
                points[axis] = point;
                first += number(axis, tap);
            }
            for &(tap, point) in taps(line).iter().step_by(apart(line)) {
                points[line] = point;
                action(&points, first + number(line, tap));
            }
        }
    }
}

/// The place of a tap in a tile of so many points along each axis, for the transform.
///
/// A correlation is a convolution with the taps at negative places. Those of a kernel longer than the transform, as where
/// most of what it sees is zero, fall on each other.
pub(super) fn turned_place(tap: &[usize], points: &[usize]) -> usize {
    tap.iter().zip(points).fold(0, |place, (&tap, &points)| {
        let tap = if tap < points { tap } else { tap % points };
        place * points + if tap == 0 { 0 } else { points - tap }
    })
}
