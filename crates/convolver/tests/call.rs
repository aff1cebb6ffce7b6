//! Calls of `convolve` and `correlate`: shapes, modes, axes, broadcasting and exchanged operands, against sums written
//! out by hand.

use convolver::front::{Call, Options, Padding, PerAxis};
use convolver::{Boundary, Conjugate, ElementType, Error, Fill, Mode, Owned, Scalar, definition};
use convolver_kernels::grid_position;
use num_complex::Complex;
use proptest::prelude::*;

type Number = Complex<f64>;

/// An array as the tests hold it: a shape, and elements in row order.
#[derive(Clone, PartialEq, Debug)]
struct Array {
    shape: Vec<usize>,
    elements: Vec<Number>,
}

impl Array {
    fn new(shape: &[usize], elements: impl IntoIterator<Item = f64>) -> Self {
        let count = shape.iter().product();
        let elements = elements.into_iter().take(count).map(Number::from).collect();
        Array { shape: shape.to_vec(), elements }
    }

    /// Small integers without visible order; complex ones.
    fn scrambled(shape: &[usize], seed: usize) -> Self {
        let element = |number: usize| {
            let at = |step: usize| ((number * step + seed) % 17) as f64 - 8.0;
            Number::new(at(7), at(5))
        };
        Array { shape: shape.to_vec(), elements: (0..shape.iter().product()).map(element).collect() }
    }

    fn real(mut self) -> Self {
        self.elements.iter_mut().for_each(|element| element.im = 0.0);
        self
    }

    fn owned(&self, element: ElementType) -> Owned {
        let mut owned = Owned::zeros(element, &self.shape);
        let mut view = owned.view_mut();
        for (number, &element) in self.elements.iter().enumerate() {
            view.set(&grid_position(&self.shape, number), Scalar::Number(element));
        }
        owned
    }

    /// The element at a place that may lie outside: zero there.
    fn at(&self, place: &[isize]) -> Number {
        let inside = place.iter().zip(&self.shape).all(|(&at, &length)| (0..length as isize).contains(&at));
        let offset = || place.iter().zip(&self.shape).fold(0, |offset, (&at, &length)| offset * length + at as usize);
        if inside { self.elements[offset()] } else { Number::default() }
    }
}

fn run(x: &Array, k: &Array, axes: Option<&[isize]>, options: Options) -> Result<Array, Error> {
    let element = ElementType::C128;
    let call =
        Call { x: (x.shape.clone(), element), k: (k.shape.clone(), element), axes: axes.map(<[_]>::to_vec), options };
    let arranged = call.arrange()?;
    let (x, k) = (x.owned(element), k.owned(element));
    let (input, kernel) = if arranged.swapped { (&k, &x) } else { (&x, &k) };
    let (input, kernel) = (arranged.input.view(&input.view()), arranged.kernel.view(&kernel.view()));
    assert_eq!(input.shape(), arranged.problem.input_shape().as_slice());
    assert_eq!(kernel.shape(), arranged.problem.kernel_shape().as_slice());
    let mut out = Owned::zeros(element, &arranged.output_shape);
    let mut output = arranged.output.view_mut(out.view_mut());
    assert_eq!(output.shape(), arranged.problem.output_shape().as_slice());
    definition::convolve(&arranged.problem, &input, &kernel, &mut output);
    let out = out.view();
    let value = |number| match out.get(&grid_position(out.shape(), number)) {
        Scalar::Number(number) => number,
        Scalar::Integer(_) => panic!("the result is complex"),
    };
    Ok(Array { shape: out.shape().to_vec(), elements: (0..out.len()).map(value).collect() })
}

fn options(mode: Mode, flip: bool) -> Options {
    let conjugate = if flip { Conjugate::Neither } else { Conjugate::Kernel };
    Options { padding: Padding::Mode(mode), flip, conjugate, ..Options::default() }
}

/// Elements `start..start + count` of the full result along one axis, each `stride`-th.
fn part(x: &[f64], k: &[f64], flip: bool, dilation: usize, start: isize, count: usize, stride: usize) -> Vec<f64> {
    let reach = dilation as isize * (k.len() as isize - 1);
    let output = |number: usize| {
        let first = start + (number * stride) as isize - reach;
        let tap = |tap: usize| {
            let at = first + (tap * dilation) as isize;
            let sample = usize::try_from(at).ok().and_then(|at| x.get(at)).copied().unwrap_or(0.0);
            sample * if flip { k[k.len() - 1 - tap] } else { k[tap] }
        };
        (0..k.len()).map(tap).sum()
    };
    (0..count).map(output).collect()
}

proptest! {
    #[test]
    fn modes_are_parts_of_the_full_result(
        input in 1..12usize, kernel in 1..8usize, stride in 1..5usize, dilation in 1..4usize, flip: bool,
    ) {
        let x = Array::scrambled(&[input], 3).real();
        let k = Array::scrambled(&[kernel], 11).real();
        let reals = |array: &Array| array.elements.iter().map(|element| element.re).collect::<Vec<_>>();
        let window = dilation * (kernel - 1) + 1;
        let strided = |length: usize| length.div_ceil(stride);
        // ONNX: enough outputs for every stride, the padding in two halves, an odd one at the end or at the start.
        let total = ((strided(input) - 1) * stride + window).saturating_sub(input);
        let reach = window - 1;
        for (mode, start, count) in [
            (Mode::Full, 0, strided(input + reach)),
            (Mode::Same, reach / 2, strided(input)),
            (Mode::Causal, 0, strided(input)),
            (Mode::SameUpper, reach - total / 2, strided(input)),
            (Mode::SameLower, reach - total.div_ceil(2), strided(input)),
            (Mode::Valid, reach, if window <= input { strided(input + 1 - window) } else { 0 }),
        ] {
            let steps = Options {
                stride: PerAxis::All(stride), dilation: PerAxis::Each(vec![dilation]), ..options(mode, flip)
            };
            if mode == Mode::Valid && window > input {
                prop_assert!((stride, dilation) == (1, 1) || run(&x, &k, None, steps).is_err());
                continue;
            }
            let found = run(&x, &k, None, steps).expect("a mode that fits");
            let expected = part(&reals(&x), &reals(&k), flip, dilation, start as isize, count, stride);
            prop_assert_eq!((mode, reals(&found)), (mode, expected));
        }
    }
}

#[test]
fn same_is_centred_as_numpy_has_it() {
    let (x, k) = (Array::new(&[3], [1.0, 2.0, 3.0]), Array::new(&[2], [10.0, 1.0]));
    for (mode, flip, expected) in [
        (Mode::Full, true, vec![10.0, 21.0, 32.0, 3.0]),
        (Mode::Same, true, vec![10.0, 21.0, 32.0]),
        (Mode::SameUpper, true, vec![21.0, 32.0, 3.0]),
        (Mode::SameLower, true, vec![10.0, 21.0, 32.0]),
        (Mode::Causal, true, vec![10.0, 21.0, 32.0]),
        (Mode::Same, false, vec![1.0, 12.0, 23.0]),
        (Mode::Valid, false, vec![12.0, 23.0]),
    ] {
        let found = run(&x, &k, None, options(mode, flip)).expect("a plain call");
        assert_eq!(found, Array::new(&[expected.len()], expected), "{mode} {flip}");
    }
}

#[test]
fn padding_may_be_negative() {
    let (x, k) = (Array::new(&[4], [1.0, 2.0, 3.0, 4.0]), Array::new(&[1], [1.0]));
    let padded =
        |low, high| Options { padding: Padding::Samples(PerAxis::All((low, high))), ..options(Mode::Full, true) };
    assert_eq!(run(&x, &k, None, padded(1, -2)), Ok(Array::new(&[3], [0.0, 1.0, 2.0])));
    assert!(run(&x, &k, None, padded(-2, -2)).is_err());
}

/// The valid result by its formula over all axes; the longer operand decides who slides, x where they are equal.
fn valid(x: &Array, k: &Array, flip: bool) -> Array {
    let exchanged = x.shape.iter().zip(&k.shape).any(|(x, k)| k > x);
    let shape: Vec<usize> = x.shape.iter().zip(&k.shape).map(|(&x, &k)| x.abs_diff(k) + 1).collect();
    let output = |number: usize| -> Number {
        let at = grid_position(&shape, number);
        let product = |number: usize| {
            let t: Vec<isize> = grid_position(&k.shape, number).iter().map(|&t| t as isize).collect();
            let place = |axis: usize| {
                let (at, n, m) = (at[axis] as isize, x.shape[axis] as isize, k.shape[axis] as isize);
                match (flip, exchanged) {
                    (true, _) => at + n.min(m) - 1 - t[axis],
                    (false, false) => at + t[axis],
                    // Lags run from n − m up to 0.
                    (false, true) => at + t[axis] - (m - n),
                }
            };
            let tap = k.at(&t);
            x.at(&(0..x.shape.len()).map(place).collect::<Vec<_>>()) * if flip { tap } else { tap.conj() }
        };
        (0..k.elements.len()).map(product).sum()
    };
    Array { elements: (0..shape.iter().product()).map(output).collect(), shape }
}

#[test]
fn valid_exchanges_a_longer_kernel() {
    for (x, k) in [(&[3][..], &[5][..]), (&[5], &[3]), (&[4], &[4]), (&[2, 3], &[4, 3]), (&[2, 2], &[3, 4])] {
        for flip in [true, false] {
            for real in [true, false] {
                let part = |array: Array| if real { array.real() } else { array };
                let (x, k) = (part(Array::scrambled(x, 3)), part(Array::scrambled(k, 11)));
                let found = run(&x, &k, None, options(Mode::Valid, flip)).expect("one holds the other");
                assert_eq!(found, valid(&x, &k, flip), "{:?} {:?} {flip}", x.shape, k.shape);
            }
        }
    }
}

#[test]
fn valid_needs_one_operand_to_hold_the_other() {
    let (x, k) = (Array::scrambled(&[2, 5], 1), Array::scrambled(&[3, 4], 1));
    let error = run(&x, &k, None, options(Mode::Valid, true)).expect_err("neither holds the other");
    assert!(error.to_string().contains("at least as long as the other"), "{error}");
    let (x, k) = (Array::scrambled(&[3], 1), Array::scrambled(&[5], 1));
    let strided = Options { stride: PerAxis::All(2), ..options(Mode::Valid, true) };
    assert!(matches!(run(&x, &k, None, strided), Err(Error::KernelTooLong { .. })));
}

#[test]
fn valid_exchanges_a_longer_kernel_for_every_row() {
    let (x, k) = (Array::scrambled(&[2, 3], 1), Array::scrambled(&[5], 2));
    for flip in [true, false] {
        for mode in [Mode::Valid, Mode::Full] {
            let found = run(&x, &k, Some(&[1]), options(mode, flip)).expect("rows with one kernel");
            let rows = x.elements.chunks(3).map(|row| Array { shape: vec![3], elements: row.to_vec() });
            let rows: Vec<_> = rows.map(|row| run(&row, &k, None, options(mode, flip)).expect("a row")).collect();
            assert_eq!(found.elements, rows.into_iter().flat_map(|row| row.elements).collect::<Vec<_>>());
        }
        let column = Array { shape: vec![5, 1], ..k.clone() };
        let turned = Array { shape: vec![3, 2], elements: [0, 3, 1, 4, 2, 5].map(|at| x.elements[at]).to_vec() };
        let broadcast = run(&turned, &column, Some(&[0]), options(Mode::Valid, flip)).expect("columns");
        let plain = run(&turned, &k, Some(&[0]), options(Mode::Valid, flip)).expect("columns");
        assert_eq!(broadcast, plain);
    }
}

#[test]
fn a_kernel_follows_the_order_of_axes() {
    let (x, k) = (Array::scrambled(&[4, 6], 1), Array::scrambled(&[2, 3], 2));
    let turned = Array { shape: vec![3, 2], elements: [0, 3, 1, 4, 2, 5].map(|at| k.elements[at]).to_vec() };
    for mode in [Mode::Valid, Mode::Same, Mode::Full] {
        for flip in [true, false] {
            let plain = run(&x, &k, None, options(mode, flip)).expect("a plain call");
            assert_eq!(run(&x, &turned, Some(&[1, 0]), options(mode, flip)), Ok(plain.clone()));
            assert_eq!(run(&x, &turned, Some(&[-1, -2]), options(mode, flip)), Ok(plain));
        }
    }
    // x [2 3] within k [6 4], whose axes are those of x the other way round.
    for flip in [true, false] {
        let (small, large) = (Array::scrambled(&[2, 3], 3), Array::scrambled(&[4, 5], 4));
        let order: Vec<_> = (0..20).map(|at| large.elements[at % 4 * 5 + at / 4]).collect();
        let turned = Array { shape: vec![5, 4], elements: order };
        let plain = run(&small, &large, None, options(Mode::Valid, flip)).expect("k holds x");
        assert_eq!(run(&small, &turned, Some(&[1, 0]), options(Mode::Valid, flip)), Ok(plain));
    }
}

#[test]
fn other_axes_broadcast() {
    let row = |array: &Array, rows: usize, row: usize| {
        let length = array.elements.len() / rows;
        Array { shape: vec![length], elements: array.elements[row % rows * length..][..length].to_vec() }
    };
    for (x_rows, k_rows) in [(3, 3), (1, 3), (3, 1), (1, 1)] {
        let (x, k) = (Array::scrambled(&[x_rows, 5], 1), Array::scrambled(&[k_rows, 2], 2));
        for mode in [Mode::Full, Mode::Valid] {
            let found = run(&x, &k, Some(&[-1]), options(mode, true)).expect("rows broadcast");
            assert_eq!(found.shape[0], x_rows.max(k_rows));
            for number in 0..found.shape[0] {
                let expected = run(&row(&x, x_rows, number), &row(&k, k_rows, number), None, options(mode, true));
                assert_eq!(Ok(row(&found, found.shape[0], number)), expected);
            }
            // With x and k in each other's place the exchange broadcasts too.
            if mode == Mode::Valid {
                assert_eq!(run(&k, &x, Some(&[-1]), options(mode, true)).map(|found| found.shape), Ok(found.shape));
            }
        }
    }
}

fn shape(x: &[usize], k: &[usize], axes: Option<&[isize]>, options: &Options) -> Result<Vec<usize>, Error> {
    let (element, axes) = (ElementType::F64, axes.map(<[_]>::to_vec));
    let call = Call { x: (x.to_vec(), element), k: (k.to_vec(), element), axes, options: options.clone() };
    call.arrange().map(|arranged| arranged.output_shape)
}

#[test]
fn axes_are_checked() {
    type Row<'a> = (&'a [usize], &'a [usize], Option<&'a [isize]>, &'a str);
    let full = options(Mode::Full, true);
    let rows: &[Row<'_>] = &[
        (&[4, 4], &[2], None, "x has 2 dimensions and k has 1"),
        (&[4, 4], &[2], Some(&[2]), "axes=2 is not an axis of x"),
        (&[4, 4], &[2], Some(&[-3]), "axes=-3 is not an axis of x"),
        (&[4, 4], &[2], Some(&[isize::MIN]), "is not an axis of x"),
        (&[4, 4], &[2], Some(&[isize::MAX]), "is not an axis of x"),
        (&[4, 4], &[2, 2], Some(&[1, -1]), "axes= names axis -1 twice"),
        (&[4, 4, 4], &[2, 2], Some(&[1]), "k has 2 dimensions"),
        (&[4, 3], &[4, 2], Some(&[0]), "axis 1 is not convolved"),
        (&[4, 0], &[4, 2], Some(&[0]), "axis 1 is not convolved"),
        (&[3, 4], &[], Some(&[]), "names no axis"),
        (&[4], &[0], None, "length 0"),
        (&[0], &[4], None, "length 0"),
    ];
    for &(x, k, axes, fragment) in rows {
        let error = shape(x, k, axes, &full).expect_err(fragment).to_string();
        assert!(error.contains(fragment), "{error}");
    }
    assert_eq!(shape(&[0, 4], &[2], Some(&[1]), &full), Ok(vec![0, 5]));
}

proptest! {
    #[test]
    fn lengths_near_the_limit_never_panic(
        x in prop::collection::vec(prop::sample::select(LENGTHS), 0..3),
        k in prop::collection::vec(prop::sample::select(LENGTHS), 0..3),
        steps in prop::array::uniform3(prop::sample::select(LENGTHS)),
        pads in prop::option::of(prop::array::uniform2(prop::sample::select(&[isize::MIN, -1, 0, 1, isize::MAX]))),
        mode in prop::sample::select(Mode::ALL),
        axes in prop::option::of(prop::collection::vec(prop::sample::select(&[isize::MIN, -1, 0, 1, isize::MAX]), 0..3)),
        flip: bool,
    ) {
        let [stride, dilation, spread] = steps.map(PerAxis::All);
        let padding = pads.map_or(Padding::Mode(mode), |[low, high]| Padding::Samples(PerAxis::All((low, high))));
        let _ = shape(&x, &k, axes.as_deref(), &Options { stride, dilation, spread, padding, ..options(mode, flip) });
    }
}

const LENGTHS: &[usize] =
    &[0, 1, 2, 1 << 31, 1 << 61, isize::MAX as usize - 1, isize::MAX as usize, 1 << 63, usize::MAX - 1, usize::MAX];

#[test]
fn types_widen_and_fills_fit() {
    use ElementType::{C128, F32, F64, I32, I64, U8, U64};
    let output = |x, k, dtype, fill| {
        let boundary = PerAxis::All((Boundary::Constant, Boundary::Constant));
        let options = Options { dtype, fill, boundary, ..options(Mode::Full, true) };
        let call = Call { x: (vec![4], x), k: (vec![2], k), axes: None, options };
        call.arrange().map(|arranged| (arranged.problem.output, arranged.problem.fill))
    };
    let plain = |x, k, dtype| output(x, k, dtype, Fill::ZERO).map(|(element, _)| element);
    assert_eq!(plain(U8, U8, None), Ok(U8));
    assert_eq!(plain(U8, U8, Some(I32)), Ok(I32));
    assert_eq!(plain(I64, U64, None), Ok(F64));
    assert_eq!(plain(I64, U64, Some(U64)), Ok(U64));
    assert!(plain(I64, I64, Some(U64)).is_err_and(|error| error.is_type()));
    assert!(plain(U64, U64, Some(I64)).is_err_and(|error| error.is_type()));
    assert!(plain(F64, F32, Some(F32)).is_err_and(|error| error.is_type()));
    assert_eq!(output(U8, U8, None, Fill::Number(3.0, 0.0)), Ok((U8, Fill::Integer(3))));
    assert_eq!(
        shape(&[4], &[2], None, &Options { fill: Fill::Number(f64::NAN, 1.0), ..options(Mode::Full, true) }),
        Ok(vec![5])
    );
    assert_eq!(output(F32, F32, None, Fill::Integer(3)), Ok((F32, Fill::Number(3.0, 0.0))));
    assert_eq!(output(C128, F32, None, Fill::Number(3.0, 1.0)), Ok((C128, Fill::Number(3.0, 1.0))));
    assert!(output(U8, U8, None, Fill::Number(0.5, 0.0)).is_err_and(|error| error.is_type()));
    assert!(output(F32, F32, None, Fill::Number(0.5, 1.0)).is_err_and(|error| error.is_type()));
}
