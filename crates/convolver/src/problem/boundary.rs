//! Boundaries: what stands before the first sample of an axis and after its last.
//!
//! Each boundary gives a sample outside an axis of n samples as a combination of samples inside it, or as the fill:
//!
//! ```text
//! zero           0 0 0 │ a b c d │ 0 0 0        wrap           b c d │ a b c d │ a b c
//! constant       f f f │ a b c d │ f f f        antisymmetric -c-b-a │ a b c d │-d-c-b
//! edge           a a a │ a b c d │ d d d        antireflect   reflect through the point at the end: 2a−x, 2d−x
//! reflect        d c b │ a b c d │ c b a        smooth        the line through the last two samples
//! symmetric      c b a │ a b c d │ d c b        line          the line through the first and the last sample
//! ```
//!
//! `reflect`, `symmetric` and `wrap` repeat without end, so a kernel may be longer than the input. Words: `numpy.pad`;
//! the last four: `scipy.signal.upfirdn`.

use smallvec::{SmallVec, smallvec};
use std::fmt;
use std::str::FromStr;

/// What continues an axis past one of its ends.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[allow(missing_docs, reason = "the module's table draws each")]
pub enum Boundary {
    #[default]
    Zero,
    Constant,
    Edge,
    Reflect,
    Symmetric,
    Wrap,
    Antireflect,
    Antisymmetric,
    Smooth,
    Line,
}

impl Boundary {
    /// Every boundary, in the order of the documentation.
    pub const ALL: &'static [Boundary] = &[
        Boundary::Zero,
        Boundary::Constant,
        Boundary::Edge,
        Boundary::Reflect,
        Boundary::Symmetric,
        Boundary::Wrap,
        Boundary::Antireflect,
        Boundary::Antisymmetric,
        Boundary::Smooth,
        Boundary::Line,
    ];

    /// The word users write.
    pub const fn name(self) -> &'static str {
        match self {
            Boundary::Zero => "zero",
            Boundary::Constant => "constant",
            Boundary::Edge => "edge",
            Boundary::Reflect => "reflect",
            Boundary::Symmetric => "symmetric",
            Boundary::Wrap => "wrap",
            Boundary::Antireflect => "antireflect",
            Boundary::Antisymmetric => "antisymmetric",
            Boundary::Smooth => "smooth",
            Boundary::Line => "line",
        }
    }

    /// Whether a sample outside combines several inside, rather than being one of them.
    pub const fn combines(self) -> bool {
        matches!(self, Boundary::Antireflect | Boundary::Antisymmetric | Boundary::Smooth | Boundary::Line)
    }

    /// The sample at `at` (negative: before the axis) of an axis of `length` samples.
    pub fn sample(self, at: isize, length: usize) -> Sample {
        let last = length as isize - 1;
        if (0..=last).contains(&at) {
            return Sample::At(at as usize);
        }
        let before = at < 0;
        // Steps past the end, from 1 on.
        let past = if before { -at } else { at - last };
        let (near, far) = if before { (0, last) } else { (last, 0) };
        // The place `steps` samples inward from the end that was passed.
        let inward = |steps: isize| if before { steps } else { last - steps };
        match self {
            Boundary::Zero => Sample::Zero,
            Boundary::Constant => Sample::Fill,
            Boundary::Edge => Sample::at(near),
            Boundary::Wrap => Sample::at(at.rem_euclid(length as isize)),
            Boundary::Symmetric => Sample::at(inward(Self::mirrored(past, last).0)),
            Boundary::Reflect if last == 0 => Sample::at(0),
            Boundary::Reflect => Sample::at(inward(Self::reflected(past, last).0)),
            Boundary::Antisymmetric => {
                let (steps, odd) = Self::mirrored(past, last);
                if odd { Sample::mix(&[(inward(steps), -1.0)]) } else { Sample::at(inward(steps)) }
            }
            Boundary::Antireflect if last == 0 => Sample::at(0),
            Boundary::Antireflect => {
                let (steps, turns) = Self::reflected(past, last);
                // Every turn around the end carries on from where the last one stopped.
                let rise = turns as f64;
                if turns % 2 == 1 {
                    Sample::mix(&[(near, 1.0 + rise), (far, 1.0 - rise), (inward(steps), -1.0)])
                } else {
                    Sample::mix(&[(near, rise), (far, -rise), (inward(steps), 1.0)])
                }
            }
            Boundary::Smooth | Boundary::Line if last == 0 => Sample::at(0),
            Boundary::Smooth => Sample::mix(&[(near, 1.0 + past as f64), (inward(1), -(past as f64))]),
            Boundary::Line => {
                let slope = past as f64 / last as f64;
                Sample::mix(&[(near, 1.0 + slope), (far, -slope)])
            }
        }
    }

    /// How many times the largest sample of an axis those up to `past` steps outside it may be.
    pub fn growth(self, past: usize, length: usize) -> f64 {
        if past == 0 || length == 1 {
            return 1.0;
        }
        let (past, last) = (past as f64, (length - 1) as f64);
        match self {
            Boundary::Antireflect => 1.0 + 2.0 * (past / last).ceil(),
            Boundary::Smooth => 1.0 + 2.0 * past,
            Boundary::Line => 1.0 + 2.0 * past / last,
            _ => 1.0,
        }
    }

    /// `symmetric`: samples inward from the end, and whether the copy is an odd one.
    fn mirrored(past: isize, last: isize) -> (isize, bool) {
        let length = last + 1;
        let (copy, place) = ((past - 1) / length, (past - 1) % length);
        if copy % 2 == 0 { (place, true) } else { (length - 1 - place, false) }
    }

    /// `reflect`: samples inward from the end, and how many turns were made.
    fn reflected(past: isize, last: isize) -> (isize, isize) {
        let (turn, place) = ((past - 1) / last, (past - 1) % last + 1);
        if turn % 2 == 0 { (place, turn + 1) } else { (last - place, turn + 1) }
    }
}

impl fmt::Display for Boundary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Boundary {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.iter().copied().find(|boundary| boundary.name() == text).ok_or(())
    }
}

/// A sample of an extended axis, in terms of the axis.
#[derive(Clone, PartialEq, Debug)]
pub enum Sample {
    /// The sample at this index.
    At(usize),
    /// Zero.
    Zero,
    /// The fill.
    Fill,
    /// A combination of samples: index and weight.
    Mix(SmallVec<[(usize, f64); 3]>),
}

impl Sample {
    fn at(index: isize) -> Self {
        Sample::At(index as usize)
    }

    fn mix(terms: &[(isize, f64)]) -> Self {
        let mut mixed: SmallVec<[(usize, f64); 3]> = smallvec![];
        for &(index, weight) in terms {
            match mixed.iter_mut().find(|(known, _)| *known == index as usize) {
                Some((_, sum)) => *sum += weight,
                None => mixed.push((index as usize, weight)),
            }
        }
        mixed.retain(|(_, weight)| *weight != 0.0);
        Sample::Mix(mixed)
    }
}
