//! The definition itself, against values computed by hand and loops written for one case each.

use convolver::definition::{self, output};
use convolver::{Kind, Owned, Problem, Scalar};
use convolver_kernels::grid_position;
use convolver_kernels::num_complex::Complex;

/// An array of this shape whose elements are these numbers, rounded or cut to its type.
fn array(element: convolver::ElementType, shape: &[usize], numbers: &[f64]) -> Owned {
    assert_eq!(numbers.len(), shape.iter().product::<usize>(), "one number per element of {shape:?}");
    let mut array = Owned::zeros(element, shape);
    let mut view = array.view_mut();
    for (number, &value) in numbers.iter().enumerate() {
        let scalar = match element.kind() {
            Kind::Bool | Kind::Integer => Scalar::Integer(value as i128),
            Kind::Float | Kind::Complex => Scalar::Number(value.into()),
        };
        view.set(&grid_position(shape, number), scalar);
    }
    array
}

/// Every output, in order.
fn convolve(text: &str, x: &[f64], k: &[f64]) -> Vec<f64> {
    let problem: Problem = text.parse().unwrap_or_else(|error| panic!("{error}"));
    let x = array(problem.input, &problem.input_shape(), x);
    let k = array(problem.kernel, &problem.kernel_shape(), k);
    let shape = problem.output_shape();
    let mut out = Owned::zeros(problem.output, &shape);
    definition::convolve(&problem, &x.view(), &k.view(), &mut out.view_mut());
    let value = |number| match out.view().get(&grid_position(&shape, number)) {
        Scalar::Integer(integer) => integer as f64,
        Scalar::Number(number) => number.re,
    };
    (0..problem.outputs()).map(value).collect()
}

fn up_to(count: usize) -> Vec<f64> {
    (0..count).map(|number| number as f64).collect()
}

#[test]
fn golden_values() {
    let eight: Vec<_> = (1..=8).map(f64::from).collect();
    for element in ["i64", "u8", "f32", "f16", "c128"] {
        let text = |text: &str| text.replace("{t}", element);
        assert_eq!(convolve(&text("{t} [8] * [2] -> {t}"), &eight, &[1., 0.]), [1., 2., 3., 4., 5., 6., 7.]);
        let (ten, five) = (up_to(10), up_to(5));
        assert_eq!(convolve(&text("{t} [10] * [5] -> {t}"), &ten, &five), [30., 40., 50., 60., 70., 80.]);
        assert_eq!(convolve(&text("{t} [10] * [5] stride 5 -> {t}"), &ten, &five), [30., 80.]);
    }
    assert_eq!(
        convolve("i64 c4 [25] * [5] stride 5 -> i64", &up_to(100), &up_to(20)),
        [10670., 11620., 12570., 13520., 14470.]
    );
    assert_eq!(
        convolve("i32 n2 c2 [4] * o2 [2] stride 2 -> i32", &up_to(16), &up_to(8)),
        [24., 36., 64., 108., 72., 84., 240., 284.]
    );
    let rows: Problem = "f64 g4 [10] * [20] flip pad 19:19 -> f64".parse().expect("a problem");
    assert_eq!(rows.output_shape().as_slice(), [4, 29]);
}

/// The 7 × 7 image and 3 × 3 kernel of the seed on strided filters.
#[test]
fn golden_strided_image() {
    let image = [
        2., 3., 7., 4., 6., 2., 9., //
        6., 6., 9., 8., 7., 4., 3., //
        3., 4., 8., 3., 8., 9., 7., //
        7., 8., 3., 6., 6., 3., 4., //
        4., 2., 1., 8., 3., 4., 6., //
        3., 2., 4., 1., 9., 8., 3., //
        0., 1., 3., 9., 2., 1., 4.,
    ];
    let kernel = [3., 4., 4., 1., 0., 2., -1., 0., 3.];
    let expected = [91., 100., 88., 69., 91., 117., 44., 72., 74.];
    assert_eq!(convolve("i32 [7 7] * [3 3] stride 2 2 -> i32", &image, &kernel), expected);
    assert_eq!(convolve("f32 [7 7] * [3 3] stride 2 2 -> f32", &image, &kernel), expected);
}

/// Each boundary but `line` of `1 2 4 7`, five samples to either side, seen through a kernel of one tap.
#[test]
fn boundaries_by_hand() {
    let x = [1., 2., 4., 7.];
    for (boundary, before, after) in [
        ("zero", [0., 0., 0., 0., 0.], [0., 0., 0., 0., 0.]),
        ("constant", [9., 9., 9., 9., 9.], [9., 9., 9., 9., 9.]),
        ("edge", [1., 1., 1., 1., 1.], [7., 7., 7., 7., 7.]),
        ("reflect", [2., 4., 7., 4., 2.], [4., 2., 1., 2., 4.]),
        ("symmetric", [7., 7., 4., 2., 1.], [7., 4., 2., 1., 1.]),
        ("wrap", [7., 1., 2., 4., 7.], [1., 2., 4., 7., 1.]),
        ("antisymmetric", [7., -7., -4., -2., -1.], [-7., -4., -2., -1., 1.]),
        ("antireflect", [-10., -8., -5., -2., 0.], [10., 12., 13., 14., 16.]),
        ("smooth", [-4., -3., -2., -1., 0.], [10., 13., 16., 19., 22.]),
    ] {
        let expected = [&before[..], &x, &after].concat();
        let text = format!("[4] * [1] pad 5:5 boundary {boundary}:{boundary} fill 9");
        assert_eq!(convolve(&format!("f64 {text} -> f64"), &x, &[1.]), expected, "{boundary}");
        assert_eq!(convolve(&format!("i16 {text} -> f64"), &x, &[1.]), expected, "{boundary}");
        assert_eq!(convolve(&format!("i16 {text} -> i16"), &x, &[1.]), expected, "{boundary}");
    }
}

/// The weights of a line are fractions, which integers that become numbers must not lose.
#[test]
fn fractions_of_integers_are_kept() {
    let x = [1., 5., 2.];
    for element in ["i32", "f64", "u8"] {
        let line = convolve(&format!("{element} [3] * [1] pad 2:2 boundary line:line -> f64"), &x, &[1.]);
        assert_eq!(line, [0., 0.5, 1., 5., 2., 2.5, 3.], "{element}");
    }
    let text = "i32 [3 1] * [1 1] pad 1:0 0:1 boundary line:zero zero:constant fill 3 -> f64";
    let filled = convolve(text, &x, &[1.]);
    assert_eq!(filled, [0.5, 3., 1., 3., 5., 3., 2., 3.], "a line through samples that are all the fill");
}

#[test]
fn integers_are_exact_modulo_their_bits() {
    let top = 2f64.powi(63);
    assert_eq!(convolve("i64 [2] * [2] -> i64", &[-top, -top], &[3., 3.]), [0.]);
    assert_eq!(convolve("i64 [1] * [1] -> i64", &[-top], &[3.]), [-top]);
    assert_eq!(convolve("u8 [2] * [2] -> u8", &[200., 100.], &[3., 1.]), [188.]);
    assert_eq!(convolve("i8 [1] * [1] -> i8", &[100.], &[2.]), [-56.]);
    assert_eq!(convolve("i8 [1] * [1] -> i64", &[-128.], &[-128.]), [16384.]);
    assert_eq!(convolve("bool [3] * [2] -> bool", &[1., 1., 0.], &[0., 1.]), [1., 0.]);
    assert_eq!(convolve("bool [3] * [2] -> i8", &[1., 1., 0.], &[1., 1.]), [2., 1.]);
}

#[test]
fn sums_are_more_precise_than_their_type() {
    let (x, ones) = ([1e16, 1., -1e16, 1.], [1.; 4]);
    assert_eq!(convolve("f64 [4] * [4] -> f64", &x, &ones), [2.]);
    let third = 1f64 / 3.;
    let exact = third.mul_add(third, -third * third);
    let found = convolve("f64 [2] * [2] -> f64", &[third, -third * third], &[third, 1.]);
    assert_eq!(found, [exact], "the rounding error of a product");
}

#[test]
fn conjugates_and_complex_products() {
    let numbers = |list: [(f64, f64); 2]| {
        let mut array = Owned::zeros(convolver::ElementType::C128, &[2]);
        let scalar = |&(re, im): &(f64, f64)| Scalar::Number(Complex::new(re, im));
        list.iter().enumerate().for_each(|(at, number)| array.view_mut().set(&[at], scalar(number)));
        array
    };
    let (x, k) = (numbers([(1., 2.), (3., -1.)]), numbers([(2., 1.), (0., 1.)]));
    for (word, expected) in [("", (1., 8.)), ("conjugate input", (3., 0.)), ("conjugate kernel", (3., 0.))] {
        let problem: Problem = format!("c128 [2] * [2] {word} -> c128").parse().expect("a problem");
        let Scalar::Number(found) = output(&problem, &x.view(), &k.view(), &[0]).value else { panic!("a number") };
        assert_eq!((found.re, found.im), expected, "{word}");
    }
}

#[test]
fn nan_and_infinity_come_through() {
    let (nan, infinity) = (f64::NAN, f64::INFINITY);
    let found = convolve("f32 [5] * [2] -> f32", &[1., nan, 1., infinity, 1.], &[0., 2.]);
    assert!(found[0].is_nan() && found[1].is_nan() && found[2] == infinity && found[3].is_nan());
    let found = convolve("f64 [3] * [2] -> f64", &[infinity, -infinity, -infinity], &[1., 1.]);
    assert!(found[0].is_nan() && found[1] == -infinity);
}

#[test]
fn magnitudes_add_up_what_cancels() {
    let problem: Problem = "f64 [3] * [2] pad 0:1 boundary zero:smooth -> f64".parse().expect("a problem");
    let x = array(problem.input, &[3], &[1., -2., 4.]);
    let k = array(problem.kernel, &[2], &[2., -3.]);
    let magnitude = |at| output(&problem, &x.view(), &k.view(), &[at]).magnitude;
    assert_eq!((magnitude(0), magnitude(1)), (8., 16.));
    // Beyond the end stands 2·4 − (−2), counted as 8 + 2.
    assert_eq!(magnitude(2), 2. * 4. + 3. * 10.);
}

/// A loop for every way to index, over the same made-up data.
#[test]
fn independent_loops() {
    let data = |count: usize| -> Vec<f64> { (0..count).map(|n| ((n * 37 + 11) % 23) as f64 - 9.).collect() };

    // Convolution in full: polynomials multiplied.
    let (x, k) = (data(9), data(4));
    let mut product = vec![0.; 12];
    for (i, x) in x.iter().enumerate() {
        for (j, k) in k.iter().enumerate() {
            product[i + j] += x * k;
        }
    }
    assert_eq!(convolve("i64 [9] * [4] flip pad 3:3 -> i64", &x, &k), product);

    // A transposed convolution scatters: every input adds the kernel at its place.
    let (x, k) = (data(5), data(3));
    let mut scattered = vec![0.; 4 * 3 + 3];
    for (i, x) in x.iter().enumerate() {
        for (j, k) in k.iter().enumerate() {
            scattered[3 * i + j] += x * k;
        }
    }
    assert_eq!(convolve("i64 [5] * [3] flip spread 3 pad 2:2 -> i64", &x, &k), scattered);

    // Channels and a bank, images, steps and padding.
    let (channels, bank, height, width, rows, columns) = (2, 3, 6, 7, 3, 2);
    let (x, k) = (data(channels * height * width), data(bank * channels * rows * columns));
    let mut expected = Vec::new();
    for o in 0..bank {
        for i in 0..3 {
            for j in 0..4 {
                let mut sum = 0.;
                for c in 0..channels {
                    for a in 0..rows {
                        for b in 0..columns {
                            let (row, column) = ((2 * i + a) as isize - 1, (2 * j + 2 * b) as isize - 1);
                            if (0..height as isize).contains(&row) && (0..width as isize).contains(&column) {
                                let sample = x[(c * height + row as usize) * width + column as usize];
                                sum += k[((o * channels + c) * rows + a) * columns + b] * sample;
                            }
                        }
                    }
                }
                expected.push(sum);
            }
        }
    }
    let text = "i64 c2 [6 7] * o3 [3 2] stride 2 2 dilation 1 2 pad 1:0 1:1 -> i64";
    assert_eq!(convolve(text, &x, &k), expected);

    // Groups: each channel its own kernel. Batch: each item by itself. Negative padding: samples cut off.
    let (x, k) = (data(2 * 3 * 8), data(3 * 2));
    let mut expected = Vec::new();
    for n in 0..2 {
        for g in 0..3 {
            let row = &x[(n * 3 + g) * 8..][2..7];
            expected.extend(row.windows(2).map(|pair| pair[0] * k[2 * g] + pair[1] * k[2 * g + 1]));
        }
    }
    assert_eq!(convolve("i64 n2 g3 [8] * [2] pad -2:-1 -> i64", &x, &k), expected);

    // No convolved axis: a matrix product.
    let (x, k) = (data(4 * 3), data(2 * 3));
    let dot = |n: usize, o: usize| (0..3).map(|c| x[3 * n + c] * k[3 * o + c]).sum::<f64>();
    let expected: Vec<_> = (0..4).flat_map(|n| (0..2).map(move |o| (n, o))).map(|(n, o)| dot(n, o)).collect();
    assert_eq!(convolve("i64 n4 c3 [] * o2 [] -> i64", &x, &k), expected);
}
