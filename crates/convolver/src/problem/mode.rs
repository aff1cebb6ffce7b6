//! Modes: which part of the full result is wanted, said as padding.

use super::axis::Axis;
use std::fmt;
use std::str::FromStr;

/// Which outputs are computed along an axis.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Mode {
    /// Every output that sees at least one sample.
    #[default]
    Full,
    /// As many as the input has samples, centred as NumPy and SciPy do.
    Same,
    /// Only outputs that see no sample outside the input.
    Valid,
    /// ONNX's `SAME_UPPER`: ⌈n/stride⌉ outputs, an odd pad at the end.
    SameUpper,
    /// ONNX's `SAME_LOWER`: ⌈n/stride⌉ outputs, an odd pad at the start.
    SameLower,
    /// All padding before the input: an output sees only samples up to its own.
    Causal,
}

impl Mode {
    /// Every mode.
    pub const ALL: &'static [Mode] =
        &[Mode::Full, Mode::Same, Mode::Valid, Mode::SameUpper, Mode::SameLower, Mode::Causal];

    /// The word users write.
    pub const fn name(self) -> &'static str {
        match self {
            Mode::Full => "full",
            Mode::Same => "same",
            Mode::Valid => "valid",
            Mode::SameUpper => "same_upper",
            Mode::SameLower => "same_lower",
            Mode::Causal => "causal",
        }
    }

    /// The padding that makes `axis` (whose own padding is not looked at) compute this mode. Saturates where lengths
    /// are beyond indexing, which the problem's validation then reports.
    pub fn padding(self, axis: &Axis) -> (isize, isize) {
        let reach = axis.dilation.saturating_mul(axis.kernel.saturating_sub(1)).min(isize::MAX as usize) as isize;
        match self {
            Mode::Full => (reach, reach),
            Mode::Same => (reach - reach / 2, reach / 2),
            Mode::Valid => (0, 0),
            Mode::Causal => (reach, 0),
            Mode::SameUpper | Mode::SameLower => {
                let signed = |length: usize| isize::try_from(length).unwrap_or(isize::MAX);
                let before_last = signed(axis.input.div_ceil(axis.stride.max(1)).saturating_sub(1));
                let covered = before_last.saturating_mul(signed(axis.stride)).saturating_add(reach).saturating_add(1);
                let total = covered.saturating_sub(signed(axis.input)).max(0);
                let small = total / 2;
                if self == Mode::SameUpper { (small, total - small) } else { (total - small, small) }
            }
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Mode {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.iter().copied().find(|mode| mode.name() == text).ok_or(())
    }
}
