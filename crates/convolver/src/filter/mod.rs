//! Filters: results of the input's shape, made of passes along some of its axes.
//!
//! Computes  y = C_t p_{t,m}( … p_{t,1}(x))
//!
//! A pass correlates with a kernel along some axes, or convolves, and stores what it finds as the result's type. C is
//! the sum over the terms t, or the root of the sum of their squares:
//!
//! | filter             | terms                                                         | C         |
//! |--------------------|---------------------------------------------------------------|-----------|
//! | Gaussian, uniform  | one, with a pass for each axis                                | sum       |
//! | Sobel, Prewitt     | one: a difference along an axis, a smoothing along each other | sum       |
//! | Laplace            | one for each axis, with second differences along it           | sum       |
//! | gradient magnitude | one for each axis, with first derivatives along it            | magnitude |
//!
//! Storing cuts: integer sums modulo 2ⁿ; numbers towards zero to an integer, and to its range beyond that. A sum that
//! rounding may have kept from an integer is that integer.

mod gaussian;
mod store;

pub use gaussian::gaussian_weights;
pub use store::{Combine, combine};

use crate::plan::{Method, cached_for};
use crate::problem::{Axis, Boundary, Conjugate, Error, Fill, Problem};
use convolver_kernels::{ElementType, Kind, Owned, Scalar, View, ViewMut, WorkingType, grid_position};

/// One correlation along some axes that keeps the shape.
#[derive(Clone, Debug)]
pub struct Pass<'a> {
    /// The axes, in the order of the kernel's.
    pub axes: Vec<usize>,
    /// The weights.
    pub kernel: View<'a>,
    /// Whether the kernel is flipped; if not, it is conjugated.
    pub flip: bool,
    /// Samples that a window reaches before its output's own, along each axis.
    pub low: Vec<usize>,
    /// What continues each axis.
    pub boundary: Vec<Boundary>,
    /// What sums are divided by.
    pub divisor: f64,
}

/// A filter: what is computed for any input.
#[derive(Clone, Debug)]
pub struct Filter<'a> {
    /// The passes of each term.
    pub terms: Vec<Vec<Pass<'a>>>,
    /// How terms make the result.
    pub combine: Combine,
    /// What the `constant` boundary holds.
    pub fill: Fill,
}

impl Filter<'_> {
    /// Filters `x` into `out`, which has its shape and any type that can hold the sums.
    pub fn run(&self, x: &View<'_>, out: ViewMut<'_>) -> Result<(), Error> {
        if x.shape() != out.shape() {
            let (expected, found) = (x.shape().to_vec(), out.shape().to_vec());
            return Err(Error::Shape { argument: "output", expected, found });
        }
        if let ([term], Combine::Sum) = (&self.terms[..], self.combine) {
            return self.chain(term, x, out);
        }
        let mut parts = Vec::with_capacity(self.terms.len());
        for term in &self.terms {
            let mut part = Owned::zeros(out.element(), x.shape());
            self.chain(term, x, part.view_mut())?;
            parts.push(part);
        }
        combine(&parts.iter().map(Owned::view).collect::<Vec<_>>(), self.combine, 1.0, out);
        Ok(())
    }

    fn chain(&self, passes: &[Pass<'_>], x: &View<'_>, out: ViewMut<'_>) -> Result<(), Error> {
        let Some((last, before)) = passes.split_last() else {
            fits(x.element().kind(), out.element())?;
            combine(std::slice::from_ref(x), Combine::Sum, 1.0, out);
            return Ok(());
        };
        let mut between: Option<Owned> = None;
        for pass in before {
            let mut next = Owned::zeros(out.element(), x.shape());
            pass.run(self.fill, &between.as_ref().map_or_else(|| x.clone(), Owned::view), next.view_mut())?;
            between = Some(next);
        }
        last.run(self.fill, &between.as_ref().map_or_else(|| x.clone(), Owned::view), out)
    }
}

impl Pass<'_> {
    fn run(&self, fill: Fill, x: &View<'_>, out: ViewMut<'_>) -> Result<(), Error> {
        let fill = if self.boundary.contains(&Boundary::Constant) { fill } else { Fill::ZERO };
        let summed = self.summed(x.element(), fill, out.element())?;
        if x.is_empty() {
            return Ok(());
        }
        let exact = out.element().kind() < Kind::Float;
        let kernel = (self.divisor != 1.0 && !exact).then(|| self.divided());
        let kernel = kernel.as_ref().map_or_else(|| self.kernel.clone(), Owned::view);
        if summed == out.element() && (self.divisor == 1.0 || !exact) {
            return self.correlate(fill, x, &kernel, out);
        }
        let mut sums = Owned::zeros(summed, x.shape());
        self.correlate(fill, x, &kernel, sums.view_mut())?;
        combine(&[sums.view()], Combine::Sum, if exact { self.divisor } else { 1.0 }, out);
        Ok(())
    }

    fn correlate(&self, fill: Fill, x: &View<'_>, kernel: &View<'_>, out: ViewMut<'_>) -> Result<(), Error> {
        let batch = (0..x.shape().len()).filter(|axis| !self.axes.contains(axis));
        let order: Vec<usize> = batch.clone().chain(self.axes.iter().copied()).collect();
        let problem = Problem::builder(out.element())
            .input(x.element())
            .kernel(kernel.element())
            .flip(self.flip)
            .conjugate(if self.flip || kernel.element().kind() < Kind::Complex {
                Conjugate::Neither
            } else {
                Conjugate::Kernel
            })
            .fill(fill_as(fill, out.element()));
        let problem = batch.fold(problem, |problem, axis| problem.batch(x.shape()[axis]));
        let axis = |number: usize| {
            let (low, taps) = (self.low[number] as isize, kernel.shape()[number]);
            let boundary = [self.boundary[number]; 2];
            let axis = Axis { boundary, ..Axis::new(x.shape()[self.axes[number]], taps) };
            axis.padded(low, taps.saturating_sub(1) as isize - low)
        };
        let problem = (0..self.axes.len()).fold(problem, |problem, number| problem.axis(axis(number))).build()?;
        let plan = cached_for(&problem, kernel, &Method::Auto, None)?;
        plan.run_once(&x.permuted(&order), kernel, out.permuted(&order))
    }

    /// The type that sums run in: the result's own, unless that could not hold them.
    fn summed(&self, input: ElementType, fill: Fill, out: ElementType) -> Result<ElementType, Error> {
        let fraction = matches!(fill, Fill::Number(real, _) if real.fract() != 0.0);
        let divided = self.divisor != 1.0 && out.kind() < Kind::Float;
        let operands = input.kind().max(self.kernel.element().kind());
        let kind = operands.max(if fraction || divided { Kind::Float } else { Kind::Bool });
        fits(kind, out)?;
        let single = matches!(out.working(), WorkingType::F32 | WorkingType::C64);
        let wide = |element| matches!(element, ElementType::F64 | ElementType::C128);
        Ok(if kind <= out.kind() && !(single && (wide(input) || !self.is_single())) {
            out
        } else {
            match kind.max(out.kind()) {
                Kind::Bool => ElementType::Bool,
                Kind::Integer => ElementType::I64,
                Kind::Float => ElementType::F64,
                Kind::Complex => ElementType::C128,
            }
        })
    }

    /// Whether single precision keeps every weight: none is too large or too small for it.
    fn is_single(&self) -> bool {
        let fits = |part: f64| part == 0.0 || !part.is_finite() || (1e-37..1e38).contains(&part.abs());
        (0..self.kernel.len()).all(|number| match self.kernel.get(&grid_position(self.kernel.shape(), number)) {
            Scalar::Integer(_) => true,
            Scalar::Number(number) => fits(number.re) && fits(number.im),
        })
    }

    /// The kernel with its weights divided.
    fn divided(&self) -> Owned {
        let shape = self.kernel.shape();
        let complex = self.kernel.element().kind() == Kind::Complex;
        let mut divided = Owned::zeros(if complex { ElementType::C128 } else { ElementType::F64 }, shape);
        for number in 0..self.kernel.len() {
            let index = grid_position(shape, number);
            let weight = match self.kernel.get(&index) {
                Scalar::Integer(integer) => (integer as f64).into(),
                Scalar::Number(number) => number,
            };
            divided.view_mut().set(&index, Scalar::Number(weight / self.divisor));
        }
        divided
    }
}

/// Complex sums have no place in another result.
fn fits(kind: Kind, out: ElementType) -> Result<(), Error> {
    if kind == Kind::Complex && out.kind() < Kind::Complex {
        return Err(Error::of_type(format!(
            "output has type {}, but the result is complex; give a complex output",
            out.long_name()
        )));
    }
    Ok(())
}

/// The fill as sums of this type hold it.
fn fill_as(fill: Fill, element: ElementType) -> Fill {
    match (fill, element.kind()) {
        (Fill::Integer(integer), Kind::Float | Kind::Complex) => Fill::Number(integer as f64, 0.0),
        (Fill::Number(real, _), Kind::Bool | Kind::Integer) => Fill::Integer(real as i64),
        _ => fill,
    }
}
