//! The problem: what is asked, as a validated value.
//!
//! Every axis of the operands has a role:
//!
//! | role      | input | kernel | output |
//! |-----------|-------|--------|--------|
//! | batch     |   ×   |        |   ×    |
//! | group     |   ×   |   ×    |   ×    |
//! | summed    |   ×   |   ×    |        |
//! | bank      |       |   ×    |   ×    |
//! | convolved |   ×   |   ×    |   ×    |
//!
//! Operands reach the engine with their axes in this order: input batch, group, summed, convolved; kernel group, bank,
//! summed, convolved; output batch, group, bank, convolved. A view brings any memory layout into it without a copy.

mod axis;
mod boundary;
mod error;
mod known;
mod mode;
mod text;
mod types;

pub use axis::Axis;
pub use boundary::{Boundary, Sample};
pub use error::Error;
pub use known::Known;
pub use mode::Mode;
pub use types::{result_type, widened};

use convolver_kernels::{Dims, ElementType, Kind, WorkingType};
use smallvec::SmallVec;
use std::fmt;
use std::str::FromStr;

/// How much of the result's precision the caller insists on.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Precision {
    /// For every output, an error as that of the plain sum in the result's type.
    #[default]
    Highest,
    /// About half of the significant bits of f32 at least (three bf16 products).
    High,
    /// bf16 products.
    Medium,
}

impl Precision {
    /// Every precision.
    pub const ALL: &'static [Precision] = &[Precision::Highest, Precision::High, Precision::Medium];

    /// The word users write.
    pub const fn name(self) -> &'static str {
        match self {
            Precision::Highest => "highest",
            Precision::High => "high",
            Precision::Medium => "medium",
        }
    }
}

impl FromStr for Precision {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.iter().copied().find(|precision| precision.name() == text).ok_or(())
    }
}

/// Which operand enters the products conjugated.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Conjugate {
    /// None.
    #[default]
    Neither,
    /// The input, as where the operands of a correlation have changed places.
    Input,
    /// The kernel, as in a correlation.
    Kernel,
}

impl Conjugate {
    /// Every choice.
    pub const ALL: &'static [Conjugate] = &[Conjugate::Neither, Conjugate::Input, Conjugate::Kernel];

    /// The word in problem texts.
    pub const fn name(self) -> &'static str {
        match self {
            Conjugate::Neither => "neither",
            Conjugate::Input => "input",
            Conjugate::Kernel => "kernel",
        }
    }
}

/// The value of the `constant` boundary.
#[derive(Clone, Copy, Debug)]
pub enum Fill {
    /// Exact, for integer results.
    Integer(i64),
    /// Real and imaginary part, for the others.
    Number(f64, f64),
}

impl Fill {
    /// Zero.
    pub const ZERO: Fill = Fill::Integer(0);

    fn bits(self) -> [u64; 3] {
        match self {
            Fill::Integer(integer) => [0, integer as u64, 0],
            Fill::Number(real, imaginary) => [1, real.to_bits(), imaginary.to_bits()],
        }
    }
}

impl PartialEq for Fill {
    fn eq(&self, other: &Self) -> bool {
        self.bits() == other.bits()
    }
}

impl Eq for Fill {}

impl std::hash::Hash for Fill {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.bits().hash(state);
    }
}

/// A convolution to compute. Equal problems have equal plans.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Problem {
    /// Elements of the input.
    pub input: ElementType,
    /// Elements of the kernel.
    pub kernel: ElementType,
    /// Elements of the output.
    pub output: ElementType,
    /// Lengths of the batch axes.
    pub batch: Dims<usize>,
    /// Lengths of the group axes.
    pub group: Dims<usize>,
    /// Lengths of the summed axes.
    pub summed: Dims<usize>,
    /// Lengths of the bank axes.
    pub bank: Dims<usize>,
    /// The convolved axes.
    pub axes: SmallVec<[Axis; 3]>,
    /// Whether the kernel is flipped along every convolved axis: convolution rather than correlation.
    pub flip: bool,
    /// Which operand is conjugated.
    pub conjugate: Conjugate,
    /// What the `constant` boundary holds.
    pub fill: Fill,
    /// What is known of the kernel's values.
    pub known: Known,
    /// The precision asked for.
    pub precision: Precision,
    /// Whether outputs of several banks, of one group, are neighbours in the result, as channels last are: costs depend on it, results
    /// do not.
    pub banks_last: bool,
}

impl Problem {
    /// Starts a problem whose elements are all of one type and that has no axes yet.
    pub fn builder(element: ElementType) -> ProblemBuilder {
        ProblemBuilder(Problem {
            input: element,
            kernel: element,
            output: element,
            batch: Dims::new(),
            group: Dims::new(),
            summed: Dims::new(),
            bank: Dims::new(),
            axes: SmallVec::new(),
            flip: false,
            conjugate: Conjugate::Neither,
            fill: Fill::ZERO,
            known: Known::default(),
            precision: Precision::Highest,
            banks_last: false,
        })
    }

    /// The problem as a builder, to change.
    pub fn rebuild(self) -> ProblemBuilder {
        ProblemBuilder(self)
    }

    /// The type sums run in.
    pub fn working(&self) -> WorkingType {
        self.output.working()
    }

    /// Shape of the input: batch, group, summed, convolved.
    pub fn input_shape(&self) -> Dims<usize> {
        let leading = self.batch.iter().chain(&self.group).chain(&self.summed).copied();
        leading.chain(self.axes.iter().map(|axis| axis.input)).collect()
    }

    /// Shape of the kernel: group, bank, summed, convolved.
    pub fn kernel_shape(&self) -> Dims<usize> {
        let leading = self.group.iter().chain(&self.bank).chain(&self.summed).copied();
        leading.chain(self.axes.iter().map(|axis| axis.kernel)).collect()
    }

    /// Shape of the output: batch, group, bank, convolved.
    pub fn output_shape(&self) -> Dims<usize> {
        let leading = self.batch.iter().chain(&self.group).chain(&self.bank).copied();
        leading.chain(self.axes.iter().map(|axis| axis.output())).collect()
    }

    /// Products that make one output.
    pub fn taps(&self) -> usize {
        self.summed.iter().product::<usize>() * self.axes.iter().map(|axis| axis.kernel).product::<usize>()
    }

    /// Number of outputs.
    pub fn outputs(&self) -> usize {
        self.output_shape().iter().product()
    }

    /// Products of the plain sum.
    pub fn products(&self) -> f64 {
        self.outputs() as f64 * self.taps() as f64
    }

    /// Whether there is nothing to compute.
    pub fn is_empty(&self) -> bool {
        self.batch.iter().chain(&self.group).chain(&self.bank).any(|&length| length == 0)
    }

    fn validate(&self) -> Result<(), Error> {
        if self.summed.contains(&0) {
            return Err(Error::EmptySum);
        }
        for (number, axis) in self.axes.iter().enumerate() {
            axis.validate(number)?;
        }
        let largest = self.input.size().max(self.kernel.size()).max(self.output.size()).max(self.working().size());
        for (what, shape) in
            [("x", self.input_shape()), ("k", self.kernel_shape()), ("the result", self.output_shape())]
        {
            // Zeros aside, so that an empty batch does not hide lengths whose product overflows.
            let bytes = shape.iter().filter(|&&length| length > 0).try_fold(largest, |bytes, &length| {
                bytes.checked_mul(length).filter(|&bytes| bytes <= isize::MAX as usize)
            });
            bytes.ok_or_else(|| Error::TooLarge { what: what.into() })?;
        }
        self.validate_types()
    }

    fn validate_types(&self) -> Result<(), Error> {
        let kind = self.output.kind();
        for (argument, element) in [("x", self.input), ("k", self.kernel)] {
            if element.kind() > kind {
                return Err(Error::of_type(format!(
                    "a result of type {} cannot hold {argument}, whose type is {element}",
                    self.output
                )));
            }
        }
        let sides = || self.axes.iter().flat_map(|axis| axis.boundary);
        if kind < Kind::Float && matches!(self.fill, Fill::Number(..)) {
            return Err(Error::of_type(format!("fill is no integer, and the result is {}", self.output)));
        }
        if kind < Kind::Float && sides().any(|boundary| boundary == Boundary::Line) {
            return Err(Error::of_type(format!(
                "boundary=\"line\" divides, and the result is {}; convert x to a float type",
                self.output
            )));
        }
        if kind == Kind::Bool && sides().any(Boundary::combines) {
            return Err(Error::of_type(
                "boundaries that combine samples need numbers, and the result is bool; convert x to an integer type",
            ));
        }
        Ok(())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        text::write(self, f)
    }
}

impl FromStr for Problem {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        text::parse(text)
    }
}

/// A problem in the making.
#[derive(Clone, Debug)]
pub struct ProblemBuilder(Problem);

macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident: $type:ty;)*) => { $(
        $(#[$doc])*
        pub fn $name(mut self, $name: $type) -> Self {
            self.0.$name = $name;
            self
        }
    )* };
}

macro_rules! adders {
    ($($(#[$doc:meta])* $name:ident: $type:ty => $list:ident;)*) => { $(
        $(#[$doc])*
        pub fn $name(mut self, $name: $type) -> Self {
            self.0.$list.push($name);
            self
        }
    )* };
}

impl ProblemBuilder {
    setters! {
        /// Elements of the input.
        input: ElementType;
        /// Elements of the kernel.
        kernel: ElementType;
        /// Elements of the output.
        output: ElementType;
        /// Whether the kernel is flipped.
        flip: bool;
        /// Which operand is conjugated.
        conjugate: Conjugate;
        /// What the `constant` boundary holds.
        fill: Fill;
        /// What is known of the kernel's values.
        known: Known;
        /// The precision asked for.
        precision: Precision;
        /// Whether banks of one group are neighbours in the result.
        banks_last: bool;
    }

    adders! {
        /// Adds a batch axis.
        batch: usize => batch;
        /// Adds a group axis.
        group: usize => group;
        /// Adds a summed axis.
        summed: usize => summed;
        /// Adds a bank axis.
        bank: usize => bank;
        /// Adds a convolved axis.
        axis: Axis => axes;
    }

    /// The problem, checked.
    pub fn build(self) -> Result<Problem, Error> {
        self.0.validate()?;
        Ok(self.0)
    }
}
