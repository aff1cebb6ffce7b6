//! Calls of `convolve` and `correlate`: axes, modes and broadcasting as NumPy and SciPy have them.

use super::arrange::{Arranged, Recast};
use crate::problem::{Axis, Boundary, Conjugate, Error, Fill, Mode, Precision, Problem, result_type, widened};
use convolver_kernels::{ElementType, Kind};

/// One value for every convolved axis, or one for each.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum PerAxis<T> {
    /// The same for all.
    All(T),
    /// In the order of the convolved axes.
    Each(Vec<T>),
}

impl<T: Copy> PerAxis<T> {
    /// The value for each of `count` axes.
    pub fn each(&self, argument: &str, count: usize) -> Result<Vec<T>, Error> {
        match self {
            PerAxis::All(value) => Ok(vec![*value; count]),
            PerAxis::Each(values) if values.len() == count => Ok(values.clone()),
            PerAxis::Each(values) => Err(Error::value(format!(
                "{argument} has {} entries, but {count} axes are convolved; give one for all or one for each",
                values.len()
            ))),
        }
    }
}

/// What stands before and after an axis.
pub type Side<T> = (T, T);

/// How much is added around the input.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Padding {
    /// What a mode needs.
    Mode(Mode),
    /// Samples before and after.
    Samples(PerAxis<Side<isize>>),
    /// What the lags from the first to the last need: at lag l the kernel starts at sample l of the input.
    Lags(PerAxis<Side<isize>>),
}

/// The options that every front shares, with the defaults of `correlate`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Options {
    /// Padding, or the mode that says it.
    pub padding: Padding,
    /// Stride of the output.
    pub stride: PerAxis<usize>,
    /// Dilation of the kernel.
    pub dilation: PerAxis<usize>,
    /// Dilation of the input.
    pub spread: PerAxis<usize>,
    /// Boundary at each side.
    pub boundary: PerAxis<Side<Boundary>>,
    /// What the `constant` boundary holds.
    pub fill: Fill,
    /// The type asked for.
    pub dtype: Option<ElementType>,
    /// The precision asked for.
    pub precision: Precision,
    /// Whether the kernel is flipped.
    pub flip: bool,
    /// Which operand is conjugated; without effect on real ones.
    pub conjugate: Conjugate,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            padding: Padding::Mode(Mode::Full),
            stride: PerAxis::All(1),
            dilation: PerAxis::All(1),
            spread: PerAxis::All(1),
            boundary: PerAxis::All((Boundary::Zero, Boundary::Zero)),
            fill: Fill::ZERO,
            dtype: None,
            precision: Precision::Highest,
            flip: false,
            conjugate: Conjugate::Neither,
        }
    }
}

impl Options {
    /// The convolved axes of these lengths, padded.
    pub(super) fn axes(&self, lengths: &[(usize, usize)]) -> Result<Vec<Axis>, Error> {
        let count = lengths.len();
        let stride = self.stride.each("stride", count)?;
        let dilation = self.dilation.each("dilation", count)?;
        let spread = self.spread.each("input dilation", count)?;
        let boundary = self.boundary.each("boundary", count)?;
        let padding = match &self.padding {
            Padding::Samples(samples) => Some(samples.each("padding", count)?),
            Padding::Lags(lags) => Some(lags.each("lags", count)?),
            Padding::Mode(_) => None,
        };
        let axis = |i: usize| {
            let (input, kernel) = lengths[i];
            let axis = Axis {
                stride: stride[i],
                dilation: dilation[i],
                spread: spread[i],
                boundary: [boundary[i].0, boundary[i].1],
                ..Axis::new(input, kernel)
            };
            let (low, high) = match (&padding, &self.padding) {
                (Some(lags), Padding::Lags(_)) => around_lags(&axis, lags[i]),
                (Some(samples), _) => samples[i],
                (None, Padding::Mode(mode)) => mode.padding(&axis),
                (None, _) => unreachable!("samples and lags were taken above"),
            };
            axis.padded(low, high)
        };
        Ok((0..count).map(axis).collect())
    }

    /// The type of the result, which `dtype` may widen.
    pub(super) fn output(&self, input: ElementType, kernel: ElementType) -> Result<ElementType, Error> {
        let natural = result_type(input, kernel).ok_or_else(|| {
            let (x, k) = (input.long_name(), kernel.long_name());
            Error::of_type(format!("x is {x} and k is {k}, which have no common type; convert one of them"))
        })?;
        // NumPy's common type of int64 and uint64 is float64; either integer, modulo 2⁶⁴, may be asked for.
        let integers = input.kind() == Kind::Integer && kernel.kind() == Kind::Integer;
        let mixed = integers && natural == ElementType::F64;
        match self.dtype {
            Some(dtype) if mixed && dtype.kind() == Kind::Integer && dtype.size() == 8 => Ok(dtype),
            dtype => widened(natural, dtype),
        }
    }

    /// Whether any boundary uses the fill.
    fn fills(&self) -> bool {
        let constant = |&(low, high): &Side<Boundary>| [low, high].contains(&Boundary::Constant);
        match &self.boundary {
            PerAxis::All(sides) => constant(sides),
            PerAxis::Each(sides) => sides.iter().any(constant),
        }
    }

    /// A problem without axes that has these types and options.
    pub(super) fn problem(
        &self,
        input: ElementType,
        kernel: ElementType,
    ) -> Result<crate::problem::ProblemBuilder, Error> {
        let output = self.output(input, kernel)?;
        // What has no effect is not part of the problem: equal problems have equal plans.
        let fill = if self.fills() { fitting(self.fill, output)? } else { Fill::ZERO };
        let conjugate = match self.conjugate {
            Conjugate::Input if input.kind() == Kind::Complex => Conjugate::Input,
            Conjugate::Kernel if kernel.kind() == Kind::Complex => Conjugate::Kernel,
            _ => Conjugate::Neither,
        };
        let precise = matches!(output, ElementType::F32 | ElementType::C64);
        Ok(Problem::builder(output)
            .input(input)
            .kernel(kernel)
            .flip(self.flip)
            .conjugate(conjugate)
            .fill(fill)
            .precision(if precise { self.precision } else { Precision::Highest }))
    }
}

/// The samples around an axis that its kernel sees at lags `first..=last`. What does not fit is refused with the axis.
fn around_lags(axis: &Axis, (first, last): Side<isize>) -> Side<isize> {
    let length = |count: usize, step: usize| count.saturating_sub(1).saturating_mul(step) as isize;
    let high = last.saturating_add(length(axis.kernel, axis.dilation)).saturating_sub(length(axis.input, axis.spread));
    (first.saturating_neg(), high)
}

/// The fill as a result of this type holds it.
fn fitting(fill: Fill, output: ElementType) -> Result<Fill, Error> {
    match (fill, output.kind()) {
        (Fill::Integer(0), _) => Ok(fill),
        (Fill::Integer(integer), Kind::Bool | Kind::Integer) if holds(output, integer) => Ok(fill),
        (Fill::Integer(integer), Kind::Bool | Kind::Integer) => Err(Error::value(format!(
            "fill={integer} does not fit the result's type {}; use a wider dtype= or another fill",
            output.long_name()
        ))),
        (Fill::Integer(integer), _) => Ok(Fill::Number(integer as f64, 0.0)),
        (Fill::Number(real, 0.0), Kind::Float) => Ok(Fill::Number(real, 0.0)),
        (Fill::Number(..), Kind::Complex) => Ok(fill),
        (Fill::Number(real, 0.0), _) if real.fract() == 0.0 && real.abs() < 2f64.powi(63) => {
            fitting(Fill::Integer(real as i64), output)
        }
        (Fill::Number(real, imaginary), _) => Err(Error::of_type(format!(
            "fill={real}{imaginary:+}j does not fit the result's type {}; use a wider dtype= or another fill",
            output.long_name()
        ))),
    }
}

/// Whether an integer type holds an integer.
fn holds(element: ElementType, integer: i64) -> bool {
    let bits = 8 * element.size() as u32;
    match element {
        ElementType::Bool => (0..=1).contains(&integer),
        ElementType::U64 => integer >= 0,
        ElementType::U8 | ElementType::U16 | ElementType::U32 => integer >= 0 && integer >> bits == 0,
        ElementType::I64 => true,
        _ => integer >= -(1 << (bits - 1)) && integer < 1 << (bits - 1),
    }
}

/// A call of `convolve` or `correlate`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Call {
    /// Shape and type of x.
    pub x: (Vec<usize>, ElementType),
    /// Shape and type of k.
    pub k: (Vec<usize>, ElementType),
    /// The axes of x that are convolved; all of them if not given.
    pub axes: Option<Vec<isize>>,
    /// The rest. `flip` makes it `convolve`.
    pub options: Options,
}

impl Call {
    /// The problem this call asks for.
    pub fn arrange(&self) -> Result<Arranged, Error> {
        let axes = self.convolved()?;
        if axes.is_empty() {
            return Err(Error::value(if self.axes.is_some() {
                "axes= names no axis; a convolution needs at least one"
            } else {
                "x and k have no dimensions; a convolution needs at least one axis (multiply numbers instead)"
            }));
        }
        if self.changes_places(&axes)? {
            return if self.k.0.len() == axes.len() { self.exchanged_whole(&axes) } else { self.exchanged() };
        }
        let (x, k) = (&self.x.0, &self.k.0);
        let kernel_axis = |i: usize| if k.len() == axes.len() { i } else { axes[i] };
        let lengths: Vec<_> = axes.iter().enumerate().map(|(i, &axis)| (x[axis], k[kernel_axis(i)])).collect();
        let mut problem = self.options.problem(self.x.1, self.k.1)?;
        let (mut input, mut kernel) = (Recast::default(), Recast::default());
        let (mut batches, mut groups) = (Vec::new(), Vec::new());
        let mut output_shape = x.clone();
        for axis in (0..x.len()).filter(|axis| !axes.contains(axis)) {
            let shared = k.len() == axes.len() || k[axis] == 1;
            if shared {
                problem = problem.batch(x[axis]);
                batches.push(axis);
                continue;
            }
            let length = broadcast(axis, x[axis], k[axis])?;
            if x[axis] != length {
                input.stretches.push((axis, length));
            }
            output_shape[axis] = length;
            problem = problem.group(length);
            groups.push(axis);
        }
        for axis in self.options.axes(&lengths)? {
            problem = problem.axis(axis);
        }
        let problem = problem.build()?;
        for (&axis, convolved) in axes.iter().zip(&problem.axes) {
            output_shape[axis] = convolved.output();
        }
        kernel.order = groups.iter().copied().chain((0..axes.len()).map(kernel_axis)).collect();
        input.order = batches.into_iter().chain(groups).chain(axes).collect();
        let output = Recast::reordered(input.order.clone());
        Ok(Arranged { problem, swapped: false, input, kernel, output, output_shape })
    }

    /// The convolved axes of x, counted from its front.
    fn convolved(&self) -> Result<Vec<usize>, Error> {
        let (dimensions, kernel) = (self.x.0.len(), self.k.0.len());
        let Some(given) = &self.axes else {
            if dimensions != kernel {
                return Err(Error::value(format!(
                    "x has {dimensions} dimensions and k has {kernel}; give axes= to say which axes of x are convolved, \
                     or arrays of equal dimensions"
                )));
            }
            return Ok((0..dimensions).collect());
        };
        let mut axes = Vec::with_capacity(given.len());
        for &axis in given {
            let counted = if axis < 0 { axis.checked_add_unsigned(dimensions) } else { Some(axis) };
            let counted = counted.and_then(|axis| usize::try_from(axis).ok()).filter(|&axis| axis < dimensions);
            let counted = counted.ok_or_else(|| {
                Error::value(format!("axes={axis} is not an axis of x, which has {dimensions} dimensions"))
            })?;
            if axes.contains(&counted) {
                return Err(Error::value(format!("axes= names axis {axis} twice")));
            }
            axes.push(counted);
        }
        if kernel != axes.len() && kernel != dimensions {
            return Err(Error::value(format!(
                "k has {kernel} dimensions; with {} convolved axes of an x of {dimensions} dimensions it needs {} (one kernel \
                 for everything else) or {dimensions} (the other axes broadcast)",
                axes.len(),
                axes.len()
            )));
        }
        Ok(axes)
    }

    /// Whether the operands change places, as SciPy has it: in 'valid' with a k at least as long as x everywhere.
    fn changes_places(&self, axes: &[usize]) -> Result<bool, Error> {
        let options = &self.options;
        let ones = |steps: &PerAxis<usize>| match steps {
            PerAxis::All(step) => *step == 1,
            PerAxis::Each(steps) => steps.iter().all(|&step| step == 1),
        };
        let plain = options.padding == Padding::Mode(Mode::Valid) && ones(&options.stride) && ones(&options.dilation);
        let (x, k) = (&self.x.0, &self.k.0);
        if !plain {
            return Ok(false);
        }
        let kernel_axis = |i: usize| if k.len() == axes.len() { i } else { axes[i] };
        let lengths = || axes.iter().enumerate().map(|(i, &axis)| (x[axis], k[kernel_axis(i)]));
        match (lengths().all(|(x, k)| x >= k), lengths().all(|(x, k)| k >= x)) {
            (false, true) => Ok(true),
            (true, _) => Ok(false),
            (false, false) => Err(Error::value(format!(
                "mode=\"valid\" needs one operand at least as long as the other along every convolved axis; x has shape {x:?} \
                 and k {k:?}"
            ))),
        }
    }

    /// The call with x as the kernel of k. Convolution commutes; a correlation comes out reversed, with the other
    /// operand conjugated:  Σ_t x[t]·k̄[t−i] = Σ_t k̄[t−i]·x[t].
    fn exchanged(&self) -> Result<Arranged, Error> {
        let options = self.exchanged_options();
        let call = Call { x: self.k.clone(), k: self.x.clone(), axes: self.axes.clone(), options };
        let mut arranged = call.arrange()?;
        arranged.swapped = true;
        if !self.options.flip {
            arranged.output.reversed = call.convolved()?;
        }
        Ok(arranged)
    }

    /// As [`Call::exchanged`] where k has the convolved axes alone: the other axes of x are a bank of kernels.
    fn exchanged_whole(&self, axes: &[usize]) -> Result<Arranged, Error> {
        let (x, k) = (&self.x.0, &self.k.0);
        let options = self.exchanged_options();
        let banks: Vec<_> = (0..x.len()).filter(|axis| !axes.contains(axis)).collect();
        let lengths: Vec<_> = axes.iter().zip(k).map(|(&axis, &input)| (input, x[axis])).collect();
        let problem = options.problem(self.k.1, self.x.1)?;
        let problem = banks.iter().fold(problem, |problem, &axis| problem.bank(x[axis]));
        let problem = options.axes(&lengths)?.into_iter().fold(problem, |problem, axis| problem.axis(axis)).build()?;
        let mut output_shape = x.clone();
        for (&axis, convolved) in axes.iter().zip(&problem.axes) {
            output_shape[axis] = convolved.output();
        }
        let kernel = Recast::reordered(banks.into_iter().chain(axes.iter().copied()).collect());
        let reversed = if self.options.flip { Vec::new() } else { axes.to_vec() };
        let output = Recast { reversed, ..kernel.clone() };
        let input = Recast::reordered((0..k.len()).collect());
        Ok(Arranged { problem, swapped: true, input, kernel, output, output_shape })
    }

    fn exchanged_options(&self) -> Options {
        let mut options = self.options.clone();
        options.conjugate = match options.conjugate {
            Conjugate::Neither => Conjugate::Neither,
            Conjugate::Input => Conjugate::Kernel,
            Conjugate::Kernel => Conjugate::Input,
        };
        options
    }
}

fn broadcast(axis: usize, x: usize, k: usize) -> Result<usize, Error> {
    match (x, k) {
        (x, k) if x == k => Ok(x),
        (1, k) => Ok(k),
        _ => Err(Error::value(format!(
            "axis {axis} is not convolved, and x has {x} elements along it where k has {k}; they must be equal or one of them 1"
        ))),
    }
}
