//! One convolved axis: how its output indices map to input samples.
//!
//! Output o sees, through tap a, the sample  e = o·stride + a·dilation − low  of the input spread out `spread` apart.
//! Where e is no multiple of `spread` stands a zero; elsewhere the input's sample e/spread, continued past its ends by
//! the boundary.

use super::boundary::{Boundary, Sample};
use super::error::Error;

/// A convolved axis of a problem.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Axis {
    /// Samples of the input.
    pub input: usize,
    /// Taps of the kernel.
    pub kernel: usize,
    /// Samples added before the (spread) input; negative ones are cut off.
    pub low: isize,
    /// Samples added after it; negative ones are cut off.
    pub high: isize,
    /// What stands before the input and after it.
    pub boundary: [Boundary; 2],
    /// Every `stride`-th output is computed.
    pub stride: usize,
    /// Distance between taps.
    pub dilation: usize,
    /// Distance between input samples; the places between hold zeros.
    pub spread: usize,
}

impl Axis {
    /// A dense axis without padding.
    pub fn new(input: usize, kernel: usize) -> Self {
        Axis { input, kernel, low: 0, high: 0, boundary: [Boundary::Zero; 2], stride: 1, dilation: 1, spread: 1 }
    }

    /// With samples added at both ends.
    pub fn padded(self, low: isize, high: isize) -> Self {
        Axis { low, high, ..self }
    }

    /// With every `stride`-th output.
    pub fn strided(self, stride: usize) -> Self {
        Axis { stride, ..self }
    }

    /// Samples the kernel spans.
    pub fn window(&self) -> usize {
        self.dilation * (self.kernel - 1) + 1
    }

    /// Length of the input, spread out and padded.
    pub fn extended(&self) -> usize {
        ((self.spread * (self.input - 1) + 1) as isize + self.low + self.high) as usize
    }

    /// Number of outputs.
    pub fn output(&self) -> usize {
        (self.extended() - self.window()) / self.stride + 1
    }

    /// The sample at place `at` of the spread-out input, whose own first sample is at 0.
    pub fn sample(&self, at: isize) -> Sample {
        let index = match self.spread as isize {
            1 => at,
            spread if at.rem_euclid(spread) != 0 => return Sample::Zero,
            spread => at.div_euclid(spread),
        };
        self.boundary[usize::from(index >= 0)].sample(index, self.input)
    }

    /// How many times the largest sample of the input those of the extended axis may be.
    pub fn growth(&self) -> f64 {
        let [before, after] = self.boundary;
        let past = |padding: isize| (padding.max(0) as usize).div_ceil(self.spread);
        before.growth(past(self.low), self.input).max(after.growth(past(self.high), self.input))
    }

    /// The place that output `output` sees through tap `tap`.
    pub fn place(&self, output: usize, tap: usize) -> isize {
        (output * self.stride + tap * self.dilation) as isize - self.low
    }

    /// Checks every length and the arithmetic of all methods above.
    pub(super) fn validate(&self, axis: usize) -> Result<(), Error> {
        for (argument, length) in [("x", self.input), ("k", self.kernel)] {
            if length == 0 {
                return Err(Error::EmptyAxis { argument, axis });
            }
        }
        for (argument, step) in [("stride", self.stride), ("dilation", self.dilation), ("input dilation", self.spread)]
        {
            if step == 0 {
                return Err(Error::ZeroStep { argument, axis });
            }
        }
        let too_large = || Error::TooLarge { what: format!("the padded length of convolved axis {axis}") };
        let limit =
            |length: Option<usize>| length.filter(|&length| length <= isize::MAX as usize / 4).ok_or_else(too_large);
        let spread = limit(self.spread.checked_mul(self.input - 1).and_then(|length| length.checked_add(1)))?;
        let window = limit(self.dilation.checked_mul(self.kernel - 1).and_then(|length| length.checked_add(1)))?;
        limit(Some(self.stride))?;
        limit(Some(self.low.unsigned_abs()))?;
        limit(Some(self.high.unsigned_abs()))?;
        let extended = spread as isize + self.low + self.high;
        limit(Some(extended.max(0) as usize))?;
        if extended < window as isize {
            return Err(Error::KernelTooLong { axis, window, extended: extended.max(0) });
        }
        Ok(())
    }
}
