//! Convolution by its formula: the specification, and the oracle of every test.
//!
//! ```text
//! y[n, g, o, i] = Σ_c Σ_a  k[g, o, c, a'] · x̂[n, g, c, i·stride + a·dilation − low]
//! ```
//!
//! n, g, o, c run over batch, group, bank and summed axes, a over the taps of every convolved axis (a' = taps − 1 − a
//! where the kernel is flipped), and x̂ is the input spread out and continued past its ends by the boundaries, axis by
//! axis. Integers are summed exactly and cut to the result's bits, numbers in twice the precision of f64.

use crate::problem::{Conjugate, Fill, Problem, Sample};
use convolver_kernels::num_complex::Complex;
use convolver_kernels::{Dims, ElementType, Kind, Scalar, View, ViewMut, grid_position};

/// One output, and the sum of the magnitudes of its products: what errors are measured against.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    /// The exact value, before it is rounded or cut to the result's type.
    pub value: Scalar,
    /// Σ|k||x̂|; for combining boundaries with |x̂| counted term by term.
    pub magnitude: f64,
}

/// Computes every output by the formula and writes it to `out`.
pub fn convolve(problem: &Problem, x: &View<'_>, k: &View<'_>, out: &mut ViewMut<'_>) {
    let shape = problem.output_shape();
    for number in 0..problem.outputs() {
        let index = grid_position(&shape, number);
        out.set(&index, output(problem, x, k, &index).value);
    }
}

/// The output at `index` (batch, group, bank, convolved).
pub fn output(problem: &Problem, x: &View<'_>, k: &View<'_>, index: &[usize]) -> Output {
    let (batch, rest) = index.split_at(problem.batch.len());
    let (group, rest) = rest.split_at(problem.group.len());
    let (bank, position) = rest.split_at(problem.bank.len());
    let mut sum = Sum::default();
    let reduced: Dims<usize> =
        problem.summed.iter().copied().chain(problem.axes.iter().map(|axis| axis.kernel)).collect();
    for number in 0..problem.taps() {
        let reduced_index = grid_position(&reduced, number);
        let (summed, taps) = reduced_index.split_at(problem.summed.len());
        let kernel_taps =
            problem.axes.iter().zip(taps).map(|(axis, &tap)| if problem.flip { axis.kernel - 1 - tap } else { tap });
        let kernel_index: Dims<usize> = [group, bank, summed].concat().into_iter().chain(kernel_taps).collect();
        let places = problem.axes.iter().zip(position).zip(taps).map(|((axis, &output), &tap)| axis.place(output, tap));
        let mut input_index: Dims<usize> = [batch, group, summed].concat().into();
        let first = input_index.len();
        input_index.resize(first + problem.axes.len(), 0);
        let sample = extended(problem, x, &mut input_index, first, &places.collect::<Vec<_>>());
        sum.add(factor(problem, Conjugate::Kernel, k.get(&kernel_index)), sample);
    }
    sum.finish(problem.output)
}

/// An element of `operand` as it enters a product.
fn factor(problem: &Problem, operand: Conjugate, element: Scalar) -> Scalar {
    match element {
        Scalar::Number(number) if problem.conjugate == operand => Scalar::Number(number.conj()),
        _ => element,
    }
}

/// A sample as it is summed: a number where the result is one, because the weights of boundaries may be fractions.
fn summand(problem: &Problem, sample: Scalar) -> Scalar {
    if problem.output.kind() < Kind::Float { sample } else { Scalar::Number(as_number(sample)) }
}

/// The sample of the extended input at `places`, with its magnitude; the last of `places` was extended last.
fn extended(problem: &Problem, x: &View<'_>, index: &mut Dims<usize>, first: usize, places: &[isize]) -> (Scalar, f64) {
    let Some((&place, before)) = places.split_last() else {
        let value = summand(problem, factor(problem, Conjugate::Input, x.get(index)));
        return (value, magnitude(value));
    };
    let mut at = |sample: usize| {
        index[first + before.len()] = sample;
        extended(problem, x, index, first, before)
    };
    match problem.axes[before.len()].sample(place) {
        Sample::At(sample) => at(sample),
        Sample::Zero => (Scalar::Integer(0), 0.0),
        Sample::Fill => {
            let fill = match problem.fill {
                Fill::Integer(fill) => Scalar::Integer(i128::from(fill)),
                Fill::Number(real, imaginary) => Scalar::Number(Complex::new(real, imaginary)),
            };
            (summand(problem, fill), magnitude(fill))
        }
        Sample::Mix(terms) => terms.iter().fold((Scalar::Integer(0), 0.0), |(sum, total), &(sample, weight)| {
            let (value, magnitude) = at(sample);
            let sum = match value {
                Scalar::Integer(integer) => Scalar::Integer(as_integer(sum) + weight as i128 * integer),
                Scalar::Number(number) => Scalar::Number(as_number(sum) + number * weight),
            };
            (sum, total + weight.abs() * magnitude)
        }),
    }
}

fn magnitude(value: Scalar) -> f64 {
    as_number(value).norm()
}

fn as_number(value: Scalar) -> Complex<f64> {
    match value {
        Scalar::Integer(integer) => Complex::new(integer as f64, 0.0),
        Scalar::Number(number) => number,
    }
}

fn as_integer(value: Scalar) -> i128 {
    match value {
        Scalar::Integer(integer) => integer,
        Scalar::Number(number) => number.re as i128,
    }
}

/// The sum of one output, in every way a result may need it.
#[derive(Default)]
struct Sum {
    integer: i128,
    any: bool,
    real: Precise,
    imaginary: Precise,
    magnitude: f64,
}

impl Sum {
    fn add(&mut self, weight: Scalar, (sample, size): (Scalar, f64)) {
        self.magnitude += magnitude(weight) * size;
        if let (Scalar::Integer(weight), Scalar::Integer(sample)) = (weight, sample) {
            self.integer = self.integer.wrapping_add(weight.wrapping_mul(sample));
            self.any |= weight != 0 && sample != 0;
        }
        let (weight, sample) = (as_number(weight), as_number(sample));
        self.real.add(weight.re, sample.re);
        self.real.add(-weight.im, sample.im);
        self.imaginary.add(weight.re, sample.im);
        self.imaginary.add(weight.im, sample.re);
    }

    fn finish(self, element: ElementType) -> Output {
        let value = match element.kind() {
            Kind::Bool => Scalar::Integer(i128::from(self.any)),
            Kind::Integer => Scalar::Integer(self.integer),
            Kind::Float => Scalar::Number(Complex::new(self.real.finish(), 0.0)),
            Kind::Complex => Scalar::Number(Complex::new(self.real.finish(), self.imaginary.finish())),
        };
        Output { value, magnitude: self.magnitude }
    }
}

/// A sum of products in twice the precision of f64 (Dekker's two-product, Knuth's two-sum).
#[derive(Default)]
struct Precise {
    sum: f64,
    rest: f64,
    plain: f64,
}

impl Precise {
    fn add(&mut self, left: f64, right: f64) {
        let product = left * right;
        self.plain += product;
        let sum = self.sum + product;
        let part = sum - self.sum;
        self.rest += (self.sum - (sum - part)) + (product - part) + left.mul_add(right, -product);
        self.sum = sum;
    }

    /// An infinity or a NaN is as the plain sum has it: the corrections of an infinity are NaN.
    fn finish(self) -> f64 {
        if self.plain.is_finite() { self.sum + self.rest } else { self.plain }
    }
}
