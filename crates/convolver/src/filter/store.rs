//! Arrays of one shape, element by element: their sum or magnitude, stored as another type.

use crate::primitives::threads;
use convolver_kernels::num_complex::Complex;
use convolver_kernels::{
    Dims, ElementType, Kind, Storing, Tiles, Truth, View, ViewMut, Working, grid_position, with_working,
};

/// How terms make a result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Combine {
    /// Their sum.
    Sum,
    /// The root of the sum of their squares.
    Magnitude,
}

/// Elements that one thread takes at a time.
const PIECE: usize = 1 << 16;

/// Elements that make a line worth its start.
const LINE: usize = 64;

/// What sums of a few hundred products may have lost, beside what they are.
const ROUNDING: f64 = 512.0 * f64::EPSILON;

/// Stores the combination of `terms`, which have one type and the shape of `out`, divided by `divisor`.
pub fn combine(terms: &[View<'_>], how: Combine, divisor: f64, out: ViewMut<'_>) {
    if out.shape().is_empty() {
        let terms: Vec<_> = terms.iter().map(|term| term.repeated(0, 1)).collect();
        return combine(&terms, how, divisor, out.with_axis(0));
    }
    let shape: Dims<usize> = out.shape().into();
    let mut tile = shape.clone();
    let mut inner = 1;
    for length in tile.iter_mut().rev() {
        *length = (*length).clamp(1, (PIECE / inner).max(1));
        inner *= *length;
    }
    let tiles = Tiles::new(out, &tile);
    threads::for_each(tiles.len(), true, |piece| {
        let Some((starts, mut out)) = tiles.take(piece) else { return };
        let lengths: Dims<usize> = out.shape().into();
        let terms: Vec<_> = terms.iter().map(|term| term.sliced(&starts, &lengths)).collect();
        lines(&terms, how, divisor, &mut out);
    });
}

fn lines(terms: &[View<'_>], how: Combine, divisor: f64, out: &mut ViewMut<'_>) {
    let element = out.element();
    let kind = terms.first().map_or(Kind::Bool, |term| term.element().kind());
    match how {
        Combine::Sum if kind <= element.kind() && divisor == 1.0 => with_working!(element.working(), W => {
            each_line::<W>(terms, out, |sum, number| sum.plus(number), |out, index, axis, sums| out.write(index, axis, sums))
        }),
        Combine::Sum => each_line::<f64>(
            terms,
            out,
            |sum, number| sum + number,
            |out, index, axis, sums| {
                sums.iter_mut().for_each(|sum| *sum /= divisor);
                store(out, index, axis, sums);
            },
        ),
        Combine::Magnitude if kind == Kind::Complex => each_line::<Complex<f64>>(
            terms,
            out,
            |sum, number| sum + number * number,
            |out, index, axis, sums| {
                let roots = sums.iter().map(|sum| sum.sqrt());
                match element {
                    ElementType::C128 => out.write(index, axis, &roots.collect::<Vec<_>>()),
                    _ => {
                        let single = roots.map(|root| Complex::new(root.re as f32, root.im as f32));
                        out.write(index, axis, &single.collect::<Vec<_>>());
                    }
                }
            },
        ),
        Combine::Magnitude => each_line::<f64>(
            terms,
            out,
            |sum, number| sum + number * number,
            |out, index, axis, sums| {
                sums.iter_mut().for_each(|sum| *sum = sum.sqrt());
                store(out, index, axis, sums);
            },
        ),
    }
}

/// Folds the terms line by line, and hands each line on to be written.
fn each_line<W: Working>(
    terms: &[View<'_>],
    out: &mut ViewMut<'_>,
    fold: impl Fn(W, W) -> W,
    write: impl Fn(&mut ViewMut<'_>, &[usize], usize, &mut [W]),
) {
    if out.is_empty() {
        return;
    }
    let mut outer: Dims<usize> = out.shape().into();
    let longest = || (0..outer.len()).max_by_key(|&axis| outer[axis]).expect("an axis was added");
    let axis = outer.iter().rposition(|&length| length >= LINE).unwrap_or_else(longest);
    let length = std::mem::replace(&mut outer[axis], 1);
    let (mut sums, mut line) = (vec![W::default(); length], vec![W::default(); length]);
    for number in 0..outer.iter().product() {
        let index = grid_position(&outer, number);
        sums.fill(W::default());
        for term in terms {
            term.read(&index, axis, 1, &mut line);
            sums.iter_mut().zip(&line).for_each(|(sum, &number)| *sum = fold(*sum, number));
        }
        write(out, &index, axis, &mut sums);
    }
}

/// Added to a number below 2⁵¹ in magnitude, leaves the nearest integer in the last bits.
const SHIFT: f64 = 1.5 * (1u64 << 52) as f64;

/// The integer next to a number towards zero, or the nearest one where rounding alone may have made the difference, cut
/// to a range of up to 32 bits. Not a number is 0.
#[inline(always)]
fn cut(number: f64, least: f64, greatest: f64) -> i64 {
    let number = if number.is_nan() { 0.0 } else { number.clamp(least, greatest) };
    let near = (number + SHIFT) - SHIFT;
    let beyond = near.abs() > number.abs() && (number - near).abs() > number.abs() * ROUNDING;
    let integer = if beyond { near - 1f64.copysign(number) } else { near };
    (integer + SHIFT).to_bits().cast_signed() - SHIFT.to_bits().cast_signed()
}

/// The same for 64 bits.
fn cut_long(number: f64) -> i64 {
    let near = (number + 0.5f64.copysign(number)) as i64;
    if (number - near as f64).abs() <= number.abs() * ROUNDING { near } else { number as i64 }
}

/// Writes numbers as elements of any type; true where an integer other than 0 remains.
fn store(out: &mut ViewMut<'_>, index: &[usize], axis: usize, numbers: &[f64]) {
    fn put<W: Storing>(
        out: &mut ViewMut<'_>,
        (index, axis): (&[usize], usize),
        numbers: &[f64],
        convert: impl Fn(f64) -> W,
    ) {
        out.write(index, axis, &numbers.iter().map(|&number| convert(number)).collect::<Vec<_>>());
    }
    let at = (index, axis);
    macro_rules! cut_to {
        ($element:ty, $working:ty) => {
            put(out, at, numbers, |number| {
                cut(number, f64::from(<$element>::MIN), f64::from(<$element>::MAX)) as $working
            })
        };
    }
    match out.element() {
        ElementType::Bool => put(out, at, numbers, |number| Truth(u8::from(cut(number, -1.0, 1.0) != 0))),
        ElementType::I8 => cut_to!(i8, i16),
        ElementType::U8 => cut_to!(u8, i16),
        ElementType::I16 => cut_to!(i16, i16),
        ElementType::U16 => cut_to!(u16, i16),
        ElementType::I32 => cut_to!(i32, i32),
        ElementType::U32 => cut_to!(u32, i32),
        ElementType::I64 => put(out, at, numbers, cut_long),
        ElementType::U64 => put(out, at, numbers, |number| {
            let beyond = number >= i64::MAX as f64;
            if beyond { (number as u64).cast_signed() } else { cut_long(number).max(0) }
        }),
        ElementType::F16 | ElementType::BF16 | ElementType::F32 => put(out, at, numbers, |number| number as f32),
        ElementType::F64 => out.write(index, axis, numbers),
        ElementType::C64 => put(out, at, numbers, |number| Complex::new(number as f32, 0.0)),
        ElementType::C128 => put(out, at, numbers, |number| Complex::new(number, 0.0)),
    }
}

#[cfg(test)]
mod tests {
    use super::{cut, cut_long};

    #[test]
    fn numbers_are_cut_towards_zero_and_to_the_range() {
        let cases = [
            (2.9, 2),
            (-2.9, -2),
            (-0.5, 0),
            (300.0, 255),
            (-300.0, -128),
            (f64::NAN, 0),
            (f64::INFINITY, 255),
            (2.5, 2),
            (3.5, 3),
            (-0.7, 0),
            (0.0, 0),
            (10.0 - 1e-14, 10),
            (10.0 - 1e-9, 9),
        ];
        for (number, expected) in cases {
            assert_eq!(cut(number, -128.0, 255.0), expected, "{number}");
            assert_eq!(cut_long(number).clamp(-128, 255), expected, "{number}");
        }
        let large = 2f64.powi(60) + 2f64.powi(20);
        assert_eq!(cut_long(large), large as i64);
    }
}
