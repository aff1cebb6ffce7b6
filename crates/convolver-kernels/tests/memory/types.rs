//! Every element type, read and written with every stride, alignment and byte order.

use convolver_kernels::half::{bf16, f16};
use convolver_kernels::num_complex::Complex;
use convolver_kernels::{ElementType, Kind, Owned, Scalar, Storing, Truth, View, ViewMut};

/// Elements of a type: the bytes in the machine's order, and what they mean.
pub(crate) fn samples(element: ElementType) -> Vec<(Vec<u8>, Scalar)> {
    macro_rules! integers {
        ($rust:ty) => {
            [<$rust>::MIN, <$rust>::MAX, 0, 1, <$rust>::MAX / 3, <$rust>::MIN / 5, 42]
                .map(|integer| (integer.to_ne_bytes().to_vec(), Scalar::Integer(integer as i128)))
                .to_vec()
        };
    }
    macro_rules! floats {
        ($rust:ty, $wide:expr) => {
            [
                <$rust>::MIN,
                <$rust>::MAX,
                <$rust>::MIN_POSITIVE,
                <$rust>::EPSILON,
                <$rust>::from_bits(1),
                <$rust>::INFINITY,
                <$rust>::NEG_INFINITY,
                <$rust>::NAN,
                <$rust>::from_bits(0x3A57),
            ]
            .map(|float| (float.to_ne_bytes().to_vec(), Scalar::Number(Complex::new($wide(float), 0.0))))
            .to_vec()
        };
    }
    let pairs = |parts: Vec<(Vec<u8>, Scalar)>| {
        let real = |scalar: &Scalar| if let Scalar::Number(number) = scalar { number.re } else { unreachable!() };
        let twisted = parts.iter().rev().zip(&parts);
        twisted
            .map(|((left, re), (right, im))| {
                ([left.as_slice(), right].concat(), Scalar::Number(Complex::new(real(re), real(im))))
            })
            .collect()
    };
    match element {
        ElementType::Bool => [0u8, 1, 2, 255].map(|byte| (vec![byte], Scalar::Integer(i128::from(byte != 0)))).to_vec(),
        ElementType::I8 => integers!(i8),
        ElementType::I16 => integers!(i16),
        ElementType::I32 => integers!(i32),
        ElementType::I64 => integers!(i64),
        ElementType::U8 => integers!(u8),
        ElementType::U16 => integers!(u16),
        ElementType::U32 => integers!(u32),
        ElementType::U64 => integers!(u64),
        ElementType::F16 => floats!(f16, f16::to_f64),
        ElementType::BF16 => floats!(bf16, bf16::to_f64),
        ElementType::F32 => floats!(f32, f64::from),
        ElementType::F64 => floats!(f64, |number| number),
        ElementType::C64 => pairs(floats!(f32, f64::from)),
        ElementType::C128 => pairs(floats!(f64, |number| number)),
    }
}

/// A number of a working type, from what an element means.
pub(crate) trait Expected: Storing {
    /// The widest kind of elements that are read as this type.
    const READS: Kind;
    fn of(scalar: Scalar) -> Self;
    /// The same number, or NaN in the same parts.
    fn same(self, other: Self) -> bool;
}

macro_rules! expected { ($($working:ty, $reads:ident, |$scalar:ident| $integer:expr, $number:expr, |$a:ident, $b:ident| $same:expr;)*) => { $(
    impl Expected for $working {
        const READS: Kind = Kind::$reads;
        fn of(scalar: Scalar) -> Self {
            match scalar {
                Scalar::Integer($scalar) => $integer,
                Scalar::Number($scalar) => $number,
            }
        }
        fn same(self, other: Self) -> bool {
            let ($a, $b) = (self, other);
            $same
        }
    }
)* } }
expected! {
    Truth, Integer, |s| Truth(u8::from(s != 0)), unreachable!("{s} is no truth"), |a, b| a == b;
    i16, Integer, |s| s as i16, unreachable!("{s} is no integer"), |a, b| a == b;
    i32, Integer, |s| s as i32, unreachable!("{s} is no integer"), |a, b| a == b;
    i64, Integer, |s| s as i64, unreachable!("{s} is no integer"), |a, b| a == b;
    f32, Float, |s| s as f32, s.re as f32, |a, b| a == b || (a.is_nan() && b.is_nan());
    f64, Float, |s| s as f64, s.re, |a, b| a == b || (a.is_nan() && b.is_nan());
    Complex<f32>, Complex, |s| Complex::new(s as f64 as f32, 0.0), Complex::new(s.re as f32, s.im as f32),
        |a, b| a.re.same(b.re) && a.im.same(b.im);
    Complex<f64>, Complex, |s| Complex::new(s as f64, 0.0), s, |a, b| a.re.same(b.re) && a.im.same(b.im);
}

/// Runs a generic function for every type that sums run in.
macro_rules! for_every_working_type {
    ($function:ident) => {
        $function::<Truth>();
        $function::<i16>();
        $function::<i32>();
        $function::<i64>();
        $function::<f32>();
        $function::<f64>();
        $function::<Complex<f32>>();
        $function::<Complex<f64>>();
    };
}

/// Elements in a buffer of other bytes: one layout of a run.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) element: ElementType,
    pub(crate) stride: isize,
    pub(crate) swapped: bool,
    pub(crate) count: usize,
    pub(crate) first: usize,
}

impl Run {
    /// Every layout of a run of `count` elements that a test goes through.
    pub(crate) fn each(element: ElementType, count: usize) -> Vec<Run> {
        let size = element.size() as isize;
        let mut runs = Vec::new();
        for stride in [size, size + 1, 2 * size, 3 * size + 2] {
            for (stride, swapped) in [(stride, false), (-stride, false), (stride, true), (-stride, true)] {
                for margin in [16, 17] {
                    let back = if stride < 0 { (count - 1) * stride.unsigned_abs() } else { 0 };
                    runs.push(Run { element, stride, swapped, count, first: margin + back });
                }
            }
        }
        runs
    }

    pub(crate) fn bytes(&self) -> usize {
        (self.count - 1) * self.stride.unsigned_abs() + self.element.size() + 40
    }

    pub(crate) fn put(&self, buffer: &mut [u8], number: usize, native: &[u8]) {
        let at = (self.first as isize + number as isize * self.stride) as usize;
        let mut bytes = native.to_vec();
        if self.swapped {
            let part = bytes.len() / if self.element.kind() == Kind::Complex { 2 } else { 1 };
            bytes.chunks_mut(part).for_each(<[u8]>::reverse);
        }
        buffer[at..at + bytes.len()].copy_from_slice(&bytes);
    }
}

fn reads<W: Expected>() {
    for &element in ElementType::ALL.iter().filter(|element| element.kind() <= W::READS) {
        let samples = samples(element);
        for run in Run::each(element, samples.len()) {
            let mut buffer = vec![0xEE; run.bytes()];
            samples.iter().enumerate().for_each(|(number, (bytes, _))| run.put(&mut buffer, number, bytes));
            // SAFETY: every element of the run lies in the buffer, which outlives the view.
            let view = unsafe {
                View::from_raw(buffer.as_ptr().add(run.first), element, run.swapped, &[run.count], &[run.stride])
            };
            for (start, step) in [(0, 1), (1, 1), (0, 2), (1, 3)] {
                let mut numbers = vec![W::default(); (run.count - start).div_ceil(step)];
                view.read(&[start], 0, step, &mut numbers);
                for (number, read) in numbers.iter().enumerate() {
                    let expected = W::of(samples[start + number * step].1);
                    assert!(read.same(expected), "{read:?} is not {expected:?}: {run:?} as {:?}", W::TYPE);
                }
            }
        }
    }
}

#[test]
fn every_type_is_read_as_every_working_type() {
    for_every_working_type!(reads);
}

#[test]
fn every_element_is_read_exactly() {
    for &element in ElementType::ALL {
        let samples = samples(element);
        for run in Run::each(element, samples.len()) {
            let mut buffer = vec![0xEE; run.bytes()];
            samples.iter().enumerate().for_each(|(number, (bytes, _))| run.put(&mut buffer, number, bytes));
            // SAFETY: as in `reads`.
            let view = unsafe {
                View::from_raw(buffer.as_ptr().add(run.first), element, run.swapped, &[run.count], &[run.stride])
            };
            for (number, &(_, expected)) in samples.iter().enumerate() {
                let same = match (view.get(&[number]), expected) {
                    (Scalar::Number(read), Scalar::Number(expected)) => read.same(expected),
                    (read, expected) => read == expected,
                };
                assert!(same, "{:?} is not {expected:?}: {run:?}", view.get(&[number]));
            }
        }
    }
}

fn writes<W: Expected>() {
    for &element in ElementType::ALL.iter().filter(|element| element.working() == W::TYPE) {
        let samples = samples(element);
        for run in Run::each(element, samples.len()) {
            let (mut written, mut expected) = (vec![0xEE; run.bytes()], vec![0xEE; run.bytes()]);
            let one = |bytes: &[u8]| if element == ElementType::Bool { vec![bytes[0].min(1)] } else { bytes.to_vec() };
            samples.iter().enumerate().for_each(|(number, (bytes, _))| run.put(&mut expected, number, &one(bytes)));
            let numbers: Vec<W> = samples.iter().map(|&(_, scalar)| W::of(scalar)).collect();
            for single in [false, true] {
                written.fill(0xEE);
                let first = written[run.first..].as_mut_ptr();
                // SAFETY: every element of the run lies in the buffer, which nothing else uses while the view lives.
                let mut view = unsafe { ViewMut::from_raw(first, element, run.swapped, &[run.count], &[run.stride]) };
                if single {
                    samples.iter().enumerate().for_each(|(number, &(_, scalar))| view.set(&[number], scalar));
                } else {
                    view.write(&[0], 0, &numbers[..1]);
                    view.write(&[1], 0, &numbers[1..]);
                }
                assert_eq!(written, expected, "{run:?}, by set: {single}");
            }
        }
    }
}

#[test]
fn every_type_is_written_and_nothing_beside_it() {
    for_every_working_type!(writes);
}

/// What is read from an array of one element after a write.
fn stored<W: Storing>(element: ElementType, number: W) -> Scalar {
    let mut array = Owned::zeros(element, &[1]);
    array.view_mut().write(&[0], 0, &[number]);
    array.view().get(&[0])
}

#[test]
fn sums_are_cut_to_the_bits_of_integers() {
    assert_eq!(stored(ElementType::I8, 300i16), Scalar::Integer(44));
    assert_eq!(stored(ElementType::I8, 200i16), Scalar::Integer(-56));
    assert_eq!(stored(ElementType::U8, -1i16), Scalar::Integer(255));
    assert_eq!(stored(ElementType::U16, -1i16), Scalar::Integer(65535));
    assert_eq!(stored(ElementType::U32, -1i32), Scalar::Integer(0xFFFF_FFFF));
    assert_eq!(stored(ElementType::U64, -1i64), Scalar::Integer(0xFFFF_FFFF_FFFF_FFFF));
}

#[test]
fn sums_are_rounded_once_to_half_floats() {
    let half = |number: f32| stored(ElementType::F16, number);
    let brain = |number: f32| stored(ElementType::BF16, number);
    let number = |number: f64| Scalar::Number(Complex::new(number, 0.0));
    assert_eq!(half(1.0 + 2f32.powi(-11)), number(1.0), "a tie goes to the even neighbour");
    assert_eq!(half(1.0 + 3.0 * 2f32.powi(-11)), number(1.0 + 2f64.powi(-9)), "a tie goes to the even neighbour");
    assert_eq!(half(65519.0), number(65504.0));
    assert_eq!(half(-65520.0), number(f64::NEG_INFINITY));
    assert_eq!(half(2f32.powi(-25)), number(0.0), "half of the smallest number");
    assert_eq!(half(1.5 * 2f32.powi(-25)), number(2f64.powi(-24)));
    assert_eq!(brain(1.0 + 2f32.powi(-8)), number(1.0), "a tie goes to the even neighbour");
    assert_eq!(brain(1.0 + 3.0 * 2f32.powi(-8)), number(1.0 + 2f64.powi(-6)), "a tie goes to the even neighbour");
    assert_eq!(brain(f32::MAX), number(f64::INFINITY));
    assert_eq!(brain(1e-40), number(f64::from(bf16::from_f32(1e-40))), "subnormal numbers stay");
}

#[test]
fn any_true_value_is_stored_as_one() {
    let mut byte = [7u8];
    // SAFETY: one byte, used by nothing else while the view lives.
    let mut view = unsafe { ViewMut::from_raw(byte.as_mut_ptr(), ElementType::Bool, false, &[1], &[1]) };
    view.write(&[0], 0, &[Truth(4)]);
    assert_eq!(byte, [1], "a bool of any other value is none");
}
