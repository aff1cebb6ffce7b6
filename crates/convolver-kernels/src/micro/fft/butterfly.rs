//! Butterflies: transforms of two, three, four, five and eight complex vectors held in registers.
//!
//! Computes  y[f] = Σ_m x[m]·ω^(f·m), ω = e^(−2πi/R) forward and its conjugate backward, in natural order of f.
//!
//! Real and imaginary parts are vectors of their own, so a product with ±i is an exchange of names and a sign that the
//! next sum absorbs.

use crate::simd::RealVector;

/// A vector of complex numbers, real and imaginary parts apart.
#[derive(Clone, Copy)]
pub(crate) struct Complex<V> {
    pub(crate) re: V,
    pub(crate) im: V,
}

impl<V: RealVector> Complex<V> {
    /// # Safety
    /// The CPU must have the vector's instruction set, as for all functions of this file, and two vectors from `pointer`
    /// on must be readable.
    #[inline(always)]
    pub(crate) unsafe fn load(pointer: *const V::Lane) -> Self {
        // SAFETY: the caller's word.
        unsafe { Complex { re: V::load(pointer), im: V::load(pointer.add(V::COUNT)) } }
    }

    /// # Safety
    /// As `load`, writable.
    #[inline(always)]
    pub(crate) unsafe fn store(self, pointer: *mut V::Lane) {
        // SAFETY: the caller's word.
        unsafe {
            self.re.store(pointer);
            self.im.store(pointer.add(V::COUNT));
        }
    }

    /// One number in every lane, from its two parts.
    ///
    /// # Safety
    /// As `load`, for two numbers.
    #[inline(always)]
    pub(crate) unsafe fn splat(pointer: *const V::Lane) -> Self {
        // SAFETY: the caller's word.
        unsafe { Complex { re: V::splat(*pointer), im: V::splat(*pointer.add(1)) } }
    }

    #[inline(always)]
    unsafe fn plus(self, other: Self) -> Self {
        // SAFETY: the caller's word.
        unsafe { Complex { re: self.re.plus(other.re), im: self.im.plus(other.im) } }
    }

    #[inline(always)]
    unsafe fn minus(self, other: Self) -> Self {
        // SAFETY: the caller's word.
        unsafe { Complex { re: self.re.minus(other.re), im: self.im.minus(other.im) } }
    }

    /// `self ∓ i·other`: minus forward, plus backward.
    #[inline(always)]
    unsafe fn turned<const FORWARD: bool>(self, other: Self) -> Self {
        // SAFETY: the caller's word.
        unsafe {
            if FORWARD {
                Complex { re: self.re.plus(other.im), im: self.im.minus(other.re) }
            } else {
                Complex { re: self.re.minus(other.im), im: self.im.plus(other.re) }
            }
        }
    }

    #[inline(always)]
    unsafe fn scaled(self, factor: V) -> Self {
        // SAFETY: the caller's word.
        unsafe { Complex { re: self.re.times(factor), im: self.im.times(factor) } }
    }

    /// `self + other·factor`, the factor real.
    #[inline(always)]
    unsafe fn plus_scaled(self, other: Self, factor: V) -> Self {
        // SAFETY: the caller's word.
        unsafe { Complex { re: self.re.add_product(other.re, factor), im: self.im.add_product(other.im, factor) } }
    }

    /// `self·other`, or `self·conj(other)` if `CONJUGATE`.
    ///
    /// # Safety
    /// As `load`.
    #[inline(always)]
    pub(crate) unsafe fn times<const CONJUGATE: bool>(self, other: Self) -> Self {
        // SAFETY: the caller's word.
        unsafe {
            let (re, im) = (self.re.times(other.re), self.im.times(other.re));
            if CONJUGATE {
                Complex { re: re.add_product(self.im, other.im), im: im.minus_product(self.re, other.im) }
            } else {
                Complex { re: re.minus_product(self.im, other.im), im: im.add_product(self.re, other.im) }
            }
        }
    }

    /// `self + left·right`.
    ///
    /// # Safety
    /// As `load`.
    #[inline(always)]
    pub(crate) unsafe fn add_product(self, left: Self, right: Self) -> Self {
        // SAFETY: the caller's word.
        unsafe {
            Complex {
                re: self.re.add_product(left.re, right.re).minus_product(left.im, right.im),
                im: self.im.add_product(left.im, right.re).add_product(left.re, right.im),
            }
        }
    }
}

#[inline(always)]
unsafe fn constant<V: RealVector>(number: f64) -> V {
    // SAFETY: the caller's word.
    unsafe { V::splat(crate::Working::of_parts(number, 0.0)) }
}

/// The transform of `R` vectors, in place.
///
/// # Safety
/// As `Complex::load`.
#[inline(always)]
pub(crate) unsafe fn butterfly<V: RealVector, const R: usize, const FORWARD: bool>(x: &mut [Complex<V>; R]) {
    // SAFETY: the caller's word.
    unsafe {
        match R {
            2 => (x[0], x[1]) = (x[0].plus(x[1]), x[0].minus(x[1])),
            3 => three::<V, R, FORWARD>(x),
            4 => {
                let [a, b, c, d] = four::<V, FORWARD>(x[0], x[1], x[2], x[3]);
                (x[0], x[1], x[2], x[3]) = (a, b, c, d);
            }
            5 => five::<V, R, FORWARD>(x),
            8 => eight::<V, R, FORWARD>(x),
            _ => unreachable!("a radix that `RADICES` lists"),
        }
    }
}

#[inline(always)]
unsafe fn three<V: RealVector, const R: usize, const FORWARD: bool>(x: &mut [Complex<V>; R]) {
    // SAFETY: the caller's word.
    unsafe {
        let (sum, difference) = (x[1].plus(x[2]), x[1].minus(x[2]).scaled(constant(0.75f64.sqrt())));
        let middle = x[0].plus_scaled(sum, constant(-0.5));
        x[0] = x[0].plus(sum);
        x[1] = middle.turned::<FORWARD>(difference);
        x[2] = turned_back::<V, FORWARD>(middle, difference);
    }
}

#[inline(always)]
unsafe fn turned_back<V: RealVector, const FORWARD: bool>(x: Complex<V>, other: Complex<V>) -> Complex<V> {
    // SAFETY: the caller's word.
    unsafe { if FORWARD { x.turned::<false>(other) } else { x.turned::<true>(other) } }
}

#[inline(always)]
unsafe fn four<V: RealVector, const FORWARD: bool>(
    a: Complex<V>,
    b: Complex<V>,
    c: Complex<V>,
    d: Complex<V>,
) -> [Complex<V>; 4] {
    // SAFETY: the caller's word.
    unsafe {
        let (even, odd) = (a.plus(c), a.minus(c));
        let (sum, difference) = (b.plus(d), b.minus(d));
        let (first, third) = (odd.turned::<FORWARD>(difference), turned_back::<V, FORWARD>(odd, difference));
        [even.plus(sum), first, even.minus(sum), third]
    }
}

#[inline(always)]
unsafe fn five<V: RealVector, const R: usize, const FORWARD: bool>(x: &mut [Complex<V>; R]) {
    let angle = std::f64::consts::TAU / 5.0;
    // SAFETY: the caller's word.
    unsafe {
        let (cos1, cos2) = (constant::<V>(angle.cos()), constant::<V>((2.0 * angle).cos()));
        let (sin1, sin2) = (constant::<V>(angle.sin()), constant::<V>((2.0 * angle).sin()));
        let (outer, inner) = (x[1].plus(x[4]), x[2].plus(x[3]));
        let (outer_turned, inner_turned) = (x[1].minus(x[4]), x[2].minus(x[3]));
        let near = x[0].plus_scaled(outer, cos1).plus_scaled(inner, cos2);
        let far = x[0].plus_scaled(outer, cos2).plus_scaled(inner, cos1);
        let near_turned = outer_turned.scaled(sin1).plus_scaled(inner_turned, sin2);
        let crossed = inner_turned.scaled(sin1);
        let sine = outer_turned.scaled(sin2);
        let far_turned = sine.minus(crossed);
        x[0] = x[0].plus(outer).plus(inner);
        x[1] = near.turned::<FORWARD>(near_turned);
        x[2] = far.turned::<FORWARD>(far_turned);
        x[3] = turned_back::<V, FORWARD>(far, far_turned);
        x[4] = turned_back::<V, FORWARD>(near, near_turned);
    }
}

/// Two transforms of four, of the sums and of the differences; the latter's factors are √½·(±1 ± i).
#[inline(always)]
unsafe fn eight<V: RealVector, const R: usize, const FORWARD: bool>(x: &mut [Complex<V>; R]) {
    // SAFETY: the caller's word.
    unsafe {
        let half = constant::<V>(0.5f64.sqrt());
        let even = four::<V, FORWARD>(x[0].plus(x[4]), x[1].plus(x[5]), x[2].plus(x[6]), x[3].plus(x[7]));
        let (d0, d1, d2, d3) = (x[0].minus(x[4]), x[1].minus(x[5]), x[2].minus(x[6]), x[3].minus(x[7]));
        // Both times e^(∓iπ/4); what d3 lacks is another factor ∓i.
        let d1 = d1.turned::<FORWARD>(d1).scaled(half);
        let d3 = d3.turned::<FORWARD>(d3).scaled(half);
        let (low, high) = (d0.turned::<FORWARD>(d2), turned_back::<V, FORWARD>(d0, d2));
        // d1 ∓ i·d3 and d1 ± i·d3.
        let (sum, difference) = (d1.turned::<FORWARD>(d3), turned_back::<V, FORWARD>(d1, d3));
        x[0] = even[0];
        x[2] = even[1];
        x[4] = even[2];
        x[6] = even[3];
        x[1] = low.plus(sum);
        x[5] = low.minus(sum);
        x[3] = high.turned::<FORWARD>(difference);
        x[7] = turned_back::<V, FORWARD>(high, difference);
    }
}
