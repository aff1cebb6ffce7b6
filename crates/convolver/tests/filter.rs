//! Filters and folding against the formulas, element by element.

use convolver::definition;
use convolver::filter::{Combine, Filter, Pass, combine};
use convolver::fold::{Windows, fold};
use convolver::{Axis, Boundary, ElementType, Fill, Owned, Problem, Scalar, View};
use convolver_kernels::grid_position;
use convolver_kernels::num_complex::Complex;

fn array(element: ElementType, shape: &[usize], value: impl Fn(usize) -> f64) -> Owned {
    let mut array = Owned::zeros(element, shape);
    for number in 0..shape.iter().product() {
        let value = if element.kind() < convolver::Kind::Float {
            Scalar::Integer(value(number) as i128)
        } else {
            Scalar::Number(Complex::new(value(number), 0.0))
        };
        array.view_mut().set(&grid_position(shape, number), value);
    }
    array
}

fn values(view: &View<'_>) -> Vec<f64> {
    let value = |number| match view.get(&grid_position(view.shape(), number)) {
        Scalar::Integer(integer) => integer as f64,
        Scalar::Number(number) => number.re,
    };
    (0..view.len()).map(value).collect()
}

fn pass<'a>(axis: usize, kernel: &'a Owned, low: usize, divisor: f64) -> Pass<'a> {
    let (axes, low, boundary) = (vec![axis], vec![low], vec![Boundary::Symmetric]);
    Pass { axes, kernel: kernel.view(), flip: false, low, boundary, divisor }
}

fn filter(terms: Vec<Vec<Pass<'_>>>, how: Combine, x: &Owned, element: ElementType) -> Vec<f64> {
    let mut out = Owned::zeros(element, x.view().shape());
    Filter { terms, combine: how, fill: Fill::ZERO }.run(&x.view(), out.view_mut()).unwrap();
    values(&out.view())
}

const SHAPES: &[[usize; 2]] = &[[1, 1], [3, 5], [70, 3], [5, 130]];

/// What one pass gives by the definition, in f64.
fn defined(x: &Owned, axis: usize, kernel: &Owned, low: isize) -> Owned {
    let shape = x.view().shape().to_vec();
    let high = kernel.view().len() as isize - 1 - low;
    let boundary = [Boundary::Symmetric; 2];
    let along = Axis { boundary, ..Axis::new(shape[axis], kernel.view().len()) }.padded(low, high);
    let problem = Problem::builder(ElementType::F64).input(x.view().element()).kernel(kernel.view().element());
    let problem = problem.batch(shape[1 - axis]).axis(along).build().unwrap();
    let mut out = Owned::zeros(ElementType::F64, &shape);
    let order = [1 - axis, axis];
    definition::convolve(&problem, &x.view().permuted(&order), &kernel.view(), &mut out.view_mut().permuted(&order));
    out
}

#[test]
fn passes_follow_each_other() {
    let kernel = array(ElementType::F64, &[3], |i| [0.5, 1.0, 0.25][i]);
    for shape in SHAPES {
        let x = array(ElementType::F64, shape, |i| (i * 7 % 23) as f64);
        let found =
            filter(vec![vec![pass(0, &kernel, 1, 1.0), pass(1, &kernel, 2, 1.0)]], Combine::Sum, &x, ElementType::F64);
        let expected = values(&defined(&defined(&x, 0, &kernel, 1), 1, &kernel, 2).view());
        assert_eq!(found, expected, "{shape:?}");
    }
}

#[test]
fn terms_are_summed_and_their_magnitude_taken() {
    let kernel = array(ElementType::I64, &[3], |i| [-1.0, 0.0, 1.0][i]);
    for element in [ElementType::I16, ElementType::F32, ElementType::F64] {
        for shape in SHAPES {
            let x = array(element, shape, |i| (i * 7 % 23) as f64);
            let terms = || vec![vec![pass(0, &kernel, 1, 1.0)], vec![pass(1, &kernel, 1, 1.0)]];
            let parts: Vec<_> = [0, 1].map(|axis| values(&defined(&x, axis, &kernel, 1).view())).into();
            let pairs = || parts[0].iter().zip(&parts[1]);
            let sums: Vec<_> = pairs().map(|(a, b)| a + b).collect();
            assert_eq!(filter(terms(), Combine::Sum, &x, element), sums, "{element} {shape:?}");
            let found = filter(terms(), Combine::Magnitude, &x, element);
            for (found, (a, b)) in found.iter().zip(pairs()) {
                let exact = (a * a + b * b).sqrt();
                let tolerance = if element == ElementType::I16 { 1.0 } else { exact * 1e-7 };
                assert!(
                    (exact - found).abs() <= tolerance && found.trunc() == exact.trunc(),
                    "{element} {exact} {found}"
                );
            }
        }
    }
}

#[test]
fn means_of_integers_are_cut_and_those_of_numbers_are_not() {
    let ones = array(ElementType::F64, &[3], |_| 1.0);
    let x = array(ElementType::I8, &[1, 4], |i| [-4.0, 1.0, 5.0, 5.0][i]);
    let mean = |element| filter(vec![vec![pass(1, &ones, 1, 3.0)]], Combine::Sum, &x, element);
    assert_eq!(mean(ElementType::I8), [-2.0, 0.0, 3.0, 5.0]);
    for (found, exact) in mean(ElementType::F64).iter().zip([-7.0 / 3.0, 2.0 / 3.0, 11.0 / 3.0, 5.0]) {
        assert!((found - exact).abs() < 1e-14);
    }
}

#[test]
fn integers_wrap_and_numbers_stop_at_the_ends_of_integers() {
    let (integer, number) = (array(ElementType::I64, &[1], |_| -3.0), array(ElementType::F64, &[1], |_| -3.0));
    let x = array(ElementType::U8, &[1, 3], |i| [0.0, 1.0, 100.0][i]);
    let times = |kernel| filter(vec![vec![pass(1, kernel, 0, 1.0)]], Combine::Sum, &x, ElementType::U8);
    assert_eq!(times(&integer), [0.0, 253.0, 212.0]);
    assert_eq!(times(&number), [0.0, 0.0, 0.0]);
}

#[test]
fn weights_beyond_single_precision_are_not_lost() {
    let kernel = array(ElementType::F64, &[1], |_| 1e-50);
    let x = array(ElementType::F32, &[1, 2], |_| 1e30);
    let out = filter(vec![vec![pass(1, &kernel, 0, 1.0)]], Combine::Sum, &x, ElementType::F32);
    assert!(out.iter().all(|value| (value / 1e-20 - 1.0).abs() < 1e-6), "{out:?}");
}

#[test]
fn a_complex_sum_needs_a_complex_result() {
    let (kernel, x) = (array(ElementType::C128, &[1], |_| 1.0), array(ElementType::F64, &[1, 2], |_| 1.0));
    let filter = Filter { terms: vec![vec![pass(1, &kernel, 0, 1.0)]], combine: Combine::Sum, fill: Fill::ZERO };
    let mut out = Owned::zeros(ElementType::F64, &[1, 2]);
    assert!(filter.run(&x.view(), out.view_mut()).unwrap_err().is_type());
}

#[test]
fn arrays_without_axes_are_stored_too() {
    let x = array(ElementType::F64, &[], |_| 2.5);
    let mut out = Owned::zeros(ElementType::I32, &[]);
    combine(&[x.view()], Combine::Sum, 1.0, out.view_mut());
    assert_eq!(values(&out.view()), [2.0]);
}

#[test]
fn windows_are_added_where_they_were_cut() {
    for (batch, stride, dilation, low) in [(1, 1, 1, 0), (3, 2, 1, 1), (9, 1, 2, 2), (2, 3, 2, -1)] {
        let (places, taps) = ([6usize, 7], [2usize, 3]);
        let positions: Vec<usize> = places
            .iter()
            .zip(taps)
            .map(|(&place, tap)| ((place as isize + 2 * low) as usize - dilation * (tap - 1) - 1) / stride + 1)
            .collect();
        // The batch axis lies innermost in memory, as in numpy-ml's columns.
        let shape = [taps[0], taps[1], positions[0], positions[1], batch];
        let memory = array(ElementType::I32, &shape, |i| (i % 1000) as f64);
        let x = memory.view().permuted(&[4, 0, 1, 2, 3]);
        let mut out = Owned::zeros(ElementType::I64, &[batch, places[0], places[1]]);
        fold(&x, &[Windows { stride, dilation, low }; 2], out.view_mut()).unwrap();
        let mut expected = vec![0.0; batch * places[0] * places[1]];
        for number in 0..x.len() {
            let at = grid_position(x.shape(), number);
            let place = |axis: usize| (at[3 + axis] * stride + at[1 + axis] * dilation) as isize - low;
            let (row, column) = (place(0), place(1));
            if (0..places[0] as isize).contains(&row) && (0..places[1] as isize).contains(&column) {
                let Scalar::Integer(value) = x.get(&at) else { unreachable!() };
                expected[(at[0] * places[0] + row as usize) * places[1] + column as usize] += value as f64;
            }
        }
        assert_eq!(values(&out.view()), expected, "{batch} {stride} {dilation} {low}");
    }
}
