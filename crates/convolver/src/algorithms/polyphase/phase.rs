//! One phase of one axis: which outputs, through which taps, and the dense axis that they make.
//!
//! Output o = q·U + r sees through tap a the place  q·U·s + r·s + a·d − low.  U·s is a multiple of u, so the place holds a
//! sample where  r·s + a·d − low ≡ 0 (mod u),  that is for every A-th tap from the first such a₀ on, A = u / gcd(d, u).
//! With a = a₀ + j·A the sample is number  q·(s/g) + j·(A·d/u) + (r·s + a₀·d − low)/u,  g = gcd(s, u).

use crate::problem::Axis;

/// A phase.
#[derive(Clone, Debug)]
pub(super) struct Phase {
    /// The first output.
    pub(super) first: usize,
    /// Outputs from one to the next.
    pub(super) step: usize,
    /// How many outputs.
    pub(super) outputs: usize,
    /// What they see; `None` where no tap meets a sample.
    pub(super) taps: Option<Taps>,
}

/// The taps of a phase.
#[derive(Clone, Debug)]
pub(super) struct Taps {
    /// The first, in the order they meet the input.
    pub(super) first: usize,
    /// From one to the next.
    pub(super) step: usize,
    /// The dense axis, with these taps alone.
    pub(super) axis: Axis,
}

impl Phase {
    /// How many phases an axis has.
    pub(super) fn count(axis: &Axis) -> usize {
        axis.spread / greatest_common_divisor(axis.stride, axis.spread)
    }

    /// The phase that begins with output `first`, if there is such an output.
    pub(super) fn of(axis: &Axis, first: usize) -> Option<Self> {
        let step = Phase::count(axis);
        let outputs = axis.output().checked_sub(first).filter(|&left| left > 0)?.div_ceil(step);
        Some(Phase { first, step, outputs, taps: taps(axis, first, outputs) })
    }
}

fn taps(axis: &Axis, output: usize, outputs: usize) -> Option<Taps> {
    let spread = axis.spread as isize;
    let step = axis.spread / greatest_common_divisor(axis.dilation, axis.spread);
    let first = (0..step.min(axis.kernel)).find(|&tap| axis.place(output, tap).rem_euclid(spread) == 0)?;
    let dense = Axis {
        kernel: (axis.kernel - first).div_ceil(step),
        low: -axis.place(output, first).div_euclid(spread),
        high: 0,
        stride: axis.stride / greatest_common_divisor(axis.stride, axis.spread),
        dilation: step * axis.dilation / axis.spread,
        spread: 1,
        ..*axis
    };
    let reach = (outputs - 1) * dense.stride + dense.window();
    let high = reach as isize - dense.low - axis.input as isize;
    Some(Taps { first, step, axis: Axis { high, ..dense } })
}

fn greatest_common_divisor(left: usize, right: usize) -> usize {
    if right == 0 { left } else { greatest_common_divisor(right, left % right) }
}
