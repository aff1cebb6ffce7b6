//! Arrays to convolve, from a style and a seed.

use convolver::{Dims, ElementType, Kind, Owned, Problem, Scalar, View, ViewMut};
use convolver_kernels::grid_position;
use convolver_kernels::num_complex::Complex;
use std::fmt;
use std::str::FromStr;

/// Reproducible numbers (SplitMix64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.bits() % bound as u64) as usize
    }

    /// From −1 to 1.
    fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * 2f64.powi(-52) - 1.0
    }
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(crate) enum $name { $($(#[$variant_doc])* $variant,)* }

        impl $name {
            pub(crate) const ALL: &[$name] = &[$($name::$variant,)*];
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $($name::$variant => $word,)* })
            }
        }

        impl FromStr for $name {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, String> {
                Self::ALL.iter().copied().find(|one| one.to_string() == text).ok_or_else(|| format!("{text:?}?"))
            }
        }
    };
}

words! {
    /// What the elements are like. Integers of all styles but `small` and `zeros` use every bit.
    Style {
        /// Small integers.
        Small "small",
        /// Floats from −1 to 1.
        Uniform "uniform",
        /// Floats over 60 binary orders of magnitude, or 400 in double precision.
        Wide "wide",
        /// Uniform, with a few NaNs and infinities in the input and fewer in the kernel.
        Special "special",
        /// Uniform, half of it zeros of either sign.
        Zeros "zeros",
        /// Inputs around the smallest normal number, kernels uniform.
        Subnormal "subnormal",
        /// Uniform, the second half of every line of the input many orders of magnitude quieter.
        Uneven "uneven",
    }
}

words! {
    /// What the kernel is like.
    Shape {
        /// No structure.
        Dense "dense",
        /// A product of one-dimensional kernels, one for every axis.
        Product "product",
        /// Such a product over the convolved axes, another for every group, bank and summed index.
        Products "products",
        /// One number over the convolved axes, another for every group, bank and summed index.
        Constant "constant",
        /// Mostly zeros.
        Sparse "sparse",
    }
}

words! {
    /// How arrays lie in memory.
    Memory {
        /// Dense, in order.
        Plain "plain",
        /// Axes in reverse order, with gaps, every second one backwards.
        Strange "strange",
        /// Dense, the first axis innermost.
        Turned "turned",
    }
}

/// An array somewhere in a larger one.
pub(crate) struct Array {
    owned: Owned,
    shape: Dims<usize>,
    memory: Memory,
}

impl Array {
    pub(crate) fn zeros(element: ElementType, shape: &[usize], memory: Memory) -> Self {
        let owned = match memory {
            Memory::Plain => Owned::zeros(element, shape),
            Memory::Strange => Owned::zeros(element, &shape.iter().rev().map(|length| length + 1).collect::<Vec<_>>()),
            Memory::Turned => {
                let mut turned = shape.to_vec();
                turned.rotate_left(usize::from(!shape.is_empty()));
                Owned::zeros(element, &turned)
            }
        };
        Array { owned, shape: shape.into(), memory }
    }

    /// Axes in the order of the shape, and the index of the first element.
    fn strange(&self) -> (Vec<usize>, Vec<usize>) {
        ((0..self.shape.len()).rev().collect(), (0..self.shape.len()).map(|axis| axis % 2).collect())
    }

    /// The turned axes in the order of the shape.
    fn turned(&self) -> Vec<usize> {
        let count = self.shape.len();
        (0..count).map(|axis| (axis + count - 1) % count).collect()
    }

    pub(crate) fn view(&self) -> View<'_> {
        let (order, starts) = self.strange();
        match self.memory {
            Memory::Plain => self.owned.view(),
            Memory::Strange => (0..self.shape.len())
                .step_by(2)
                .fold(self.owned.view().permuted(&order), |view, axis| view.reversed(axis))
                .sliced(&starts, &self.shape),
            Memory::Turned => self.owned.view().permuted(&self.turned()),
        }
    }

    pub(crate) fn with_view_mut<R>(&mut self, action: impl FnOnce(ViewMut<'_>) -> R) -> R {
        let (order, starts) = self.strange();
        match self.memory {
            Memory::Plain => action(self.owned.view_mut()),
            Memory::Turned => {
                let order = self.turned();
                action(self.owned.view_mut().permuted(&order))
            }
            Memory::Strange => {
                let mut whole = (0..self.shape.len())
                    .step_by(2)
                    .fold(self.owned.view_mut().permuted(&order), |view, axis| view.reversed(axis));
                action(whole.sliced(&starts, &self.shape))
            }
        }
    }

    /// Sets every element.
    pub(crate) fn fill(&mut self, mut element: impl FnMut(&[usize]) -> Scalar) {
        let shape = self.shape.clone();
        self.with_view_mut(|mut view| indices(&shape).for_each(|index| view.set(&index, element(&index))));
    }

    /// Every element, in order; NaNs compare as equal.
    pub(crate) fn bits(&self) -> Vec<[u64; 2]> {
        let view = self.view();
        let canonical = |part: f64| if part.is_nan() { u64::MAX } else { part.to_bits() };
        indices(&self.shape)
            .map(|index| match view.get(&index) {
                Scalar::Integer(integer) => [integer as u64, 0],
                Scalar::Number(number) => [canonical(number.re), canonical(number.im)],
            })
            .collect()
    }
}

/// Every index of a shape, in order.
pub(crate) fn indices(shape: &[usize]) -> impl Iterator<Item = Dims<usize>> + '_ {
    (0..shape.iter().product()).map(|number| grid_position(shape, number))
}

/// What a case computes with.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Data {
    pub(crate) style: Style,
    pub(crate) shape: Shape,
    pub(crate) memory: Memory,
    pub(crate) seed: u64,
}

impl Data {
    pub(crate) fn new(style: Style, seed: u64) -> Self {
        Data { style, shape: Shape::Dense, memory: Memory::Plain, seed }
    }

    pub(crate) fn input(&self, problem: &Problem) -> Array {
        let mut random = Random(self.seed ^ 0x1111);
        let mut array = Array::zeros(problem.input, &problem.input_shape(), self.memory);
        let half = problem.input_shape().last().map_or(0, |length| length / 2);
        array.fill(|index| {
            let value = value(problem.input, self.style, &mut random);
            let quiet = self.style == Style::Uneven && index.last().is_some_and(|&at| at >= half);
            if quiet { quieter(value, problem.input) } else { value }
        });
        array
    }

    pub(crate) fn kernel(&self, problem: &Problem) -> Array {
        let mut random = Random(self.seed ^ 0x2222_0000);
        let mut array = Array::zeros(problem.kernel, &problem.kernel_shape(), self.memory);
        if matches!(self.shape, Shape::Dense | Shape::Sparse) {
            array.fill(|_| {
                if self.shape == Shape::Sparse && random.below(5) > 0 {
                    return times(one(problem.kernel), Scalar::Integer(0));
                }
                let style = match self.style {
                    Style::Special if random.below(4) > 0 => Style::Uniform,
                    Style::Subnormal | Style::Uneven => Style::Uniform,
                    style => style,
                };
                value(problem.kernel, style, &mut random)
            });
            return array;
        }
        let shape = problem.kernel_shape();
        let convolved = shape.len() - problem.axes.len();
        let whole = if self.shape == Shape::Product { 0 } else { convolved };
        let seed = random.bits();
        array.fill(|index| {
            let own = index[..whole].iter().fold(seed, |seed, &at| Random(seed ^ at as u64).bits());
            if self.shape == Shape::Constant {
                return self.factor(problem.kernel, &mut Random(own));
            }
            (whole..shape.len()).fold(one(problem.kernel), |product, axis| {
                let mut random = Random(own ^ ((axis as u64) << 32) ^ ((index[axis] as u64) << 40));
                times(product, self.factor(problem.kernel, &mut random))
            })
        });
        array
    }

    /// A factor of a product: so small, and of so few values, that no product of a few over- or underflows.
    fn factor(&self, element: ElementType, random: &mut Random) -> Scalar {
        let scale = match (self.style, element) {
            (Style::Wide, ElementType::F16) => 2f64.powi(random.below(3) as i32 - 1),
            (Style::Wide, _) => 2f64.powi(random.below(13) as i32 - 6),
            _ => 1.0,
        };
        if random.below(if self.style == Style::Zeros { 3 } else { 12 }) == 0 {
            return times(one(element), Scalar::Integer(0));
        }
        let mut part = || (1.0 + random.uniform() * 0.5) * scale * if random.below(2) == 0 { 1.0 } else { -1.0 };
        match element.kind() {
            Kind::Bool => Scalar::Integer(1),
            Kind::Integer => {
                let signed = element.name().starts_with('i');
                Scalar::Integer([1, 2, if signed { -1 } else { 1 }][random.below(3)])
            }
            Kind::Float => Scalar::Number(Complex::new(part(), 0.0)),
            Kind::Complex => Scalar::Number(Complex::new(part(), part())),
        }
    }
}

pub(crate) fn one(element: ElementType) -> Scalar {
    if element.kind() < Kind::Float { Scalar::Integer(1) } else { Scalar::Number(1.0.into()) }
}

pub(crate) fn times(left: Scalar, right: Scalar) -> Scalar {
    match (left, right) {
        (Scalar::Integer(left), Scalar::Integer(right)) => Scalar::Integer(left * right),
        (Scalar::Number(left), Scalar::Number(right)) => Scalar::Number(left * right),
        (Scalar::Number(left), Scalar::Integer(right)) => Scalar::Number(left * right as f64),
        (left, right) => times(right, left),
    }
}

/// A number of floats made so small that a transform would lose it beside others; integers stay.
fn quieter(value: Scalar, element: ElementType) -> Scalar {
    let exponent = match element {
        ElementType::F16 => -6,
        ElementType::F64 | ElementType::C128 => -70,
        _ => -20,
    };
    match value {
        Scalar::Integer(_) => value,
        Scalar::Number(number) => Scalar::Number(number * 2f64.powi(exponent)),
    }
}

fn value(element: ElementType, style: Style, random: &mut Random) -> Scalar {
    match element.kind() {
        Kind::Bool => Scalar::Integer(i128::from(random.below(if style == Style::Zeros { 8 } else { 2 }) == 0)),
        Kind::Integer => Scalar::Integer(match style {
            Style::Small => random.below(7) as i128 - if element.name().starts_with('i') { 3 } else { 0 },
            Style::Zeros if random.below(2) == 0 => 0,
            // One element in eight is an end of its type's range.
            _ if random.below(8) == 0 => [0, -1, 1, 1 << (8 * element.size() - 1)][random.below(4)],
            _ => i128::from(random.bits()),
        }),
        Kind::Float => Scalar::Number(Complex::new(part(element, style, random), 0.0)),
        Kind::Complex => Scalar::Number(Complex::new(part(element, style, random), part(element, style, random))),
    }
}

fn part(element: ElementType, style: Style, random: &mut Random) -> f64 {
    let double = matches!(element, ElementType::F64 | ElementType::C128);
    match style {
        Style::Small => random.below(9) as f64 - 4.0,
        Style::Zeros if random.below(2) == 0 => [0.0, -0.0][random.below(2)],
        Style::Special if random.below(40) == 0 => [f64::NAN, f64::INFINITY, f64::NEG_INFINITY][random.below(3)],
        Style::Uniform | Style::Zeros | Style::Special | Style::Uneven => random.uniform(),
        Style::Wide => {
            let reach: i32 = match element {
                ElementType::F16 => 6,
                _ if double => 200,
                _ => 30,
            };
            random.uniform() * 2f64.powi(random.below(2 * reach as usize + 1) as i32 - reach)
        }
        Style::Subnormal => {
            let smallest_normal = match element {
                ElementType::F16 => -14,
                _ if double => -1022,
                _ => -126,
            };
            random.uniform() * 2f64.powi(smallest_normal + 2 - random.below(8) as i32)
        }
    }
}
