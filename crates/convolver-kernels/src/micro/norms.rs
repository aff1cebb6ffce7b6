//! Norms: how large the numbers of each row are together.
//!
//! Computes   m[r] = Σ_i |x[r·step + i]|   and   s[r] = Σ_i x[r·step + i]²,   or for each lane i of rows of w numbers
//!            a[i] = max_r |x[r·w + i]|,   l[i] = max_g Σ_r (x[(g·R + r)·w + i]·c[i])²,   its sum in place of the maximum,
//!            and   d[i] = Σ_r (1 − min(|x[r·w + i]|·v[i], 1))²

use crate::arch::InstructionSet;
use crate::simd::{Real, RealVector, TOGETHER};
use crate::working::Working;

/// Writes the sums of magnitudes and of squares of rows of so many numbers, `step` apart.
///
/// # Safety
/// The CPU must have the instruction set; `numbers` must hold `magnitudes.len()` rows of whole vectors, and `squares` as
/// many numbers as `magnitudes`.
pub(crate) type Run<L> = unsafe fn(&[L], (usize, usize), &mut [L], &mut [L]);

/// Writes the largest magnitude of each lane.
///
/// # Safety
/// The CPU must have the instruction set; `largest` must be whole vectors and a row of `numbers` long.
pub(crate) type Largest<L> = unsafe fn(&[L], &mut [L]);

/// Writes the largest and the total sum of squares over groups of so many rows, for each lane, of numbers times a scale.
///
/// # Safety
/// The CPU must have the instruction set; all but `numbers` must be whole vectors and a row of `numbers` long.
pub(crate) type Energies<L> = unsafe fn(&[L], usize, &[L], [&mut [L]; 2]);

/// Writes how far the numbers of each lane fall short of 1 when multiplied by either of two numbers.
///
/// # Safety
/// The CPU must have the instruction set; all but `numbers` must be whole vectors and a row of `numbers` long.
pub(crate) type Deficits<L> = unsafe fn(&[L], [&[L]; 2], [&mut [L]; 2]);

impl InstructionSet {
    /// The largest magnitude in each lane of rows as long as the target.
    ///
    /// # Panics
    /// If the numbers are no rows of whole vectors, or the CPU lacks the instruction set.
    pub fn largest<L: Real>(&'static self, numbers: &[L], largest: &mut [L]) {
        assert!(self.is_supported(), "{} needs a CPU that has it", self.name);
        let width = largest.len();
        assert!(width > 0 && width.is_multiple_of(self.lanes::<L>()), "rows are whole vectors");
        assert!(numbers.len().is_multiple_of(width), "everything is as long as a row");
        // SAFETY: asserted above.
        unsafe { (L::transforms(self).largest)(numbers, largest) }
    }

    /// The largest and the total sum of squares over groups of `group` rows, for each lane, of numbers times a scale.
    ///
    /// # Panics
    /// If the numbers are no whole groups of rows of whole vectors, or the CPU lacks the instruction set.
    pub fn energies<L: Real>(&'static self, numbers: &[L], group: usize, scale: &[L], energies: [&mut [L]; 2]) {
        assert!(self.is_supported(), "{} needs a CPU that has it", self.name);
        let width = scale.len();
        assert!(width > 0 && width.is_multiple_of(self.lanes::<L>()), "rows are whole vectors");
        assert!(energies.iter().all(|sums| sums.len() == width), "everything is as long as a row");
        assert!(group > 0 && numbers.len().is_multiple_of(width * group), "groups are whole rows");
        // SAFETY: asserted above.
        unsafe { (L::transforms(self).energies)(numbers, group, scale, energies) }
    }

    /// For each lane of rows, the sum of squares of what magnitudes times `inverse` fall short of 1; for two inverses.
    ///
    /// # Panics
    /// If the numbers are no rows of whole vectors, or the CPU lacks the instruction set.
    pub fn deficits<L: Real>(&'static self, numbers: &[L], inverse: [&[L]; 2], sums: [&mut [L]; 2]) {
        assert!(self.is_supported(), "{} needs a CPU that has it", self.name);
        let width = sums[0].len();
        assert!(width > 0 && width.is_multiple_of(self.lanes::<L>()), "rows are whole vectors");
        let lengths = [inverse[0].len(), inverse[1].len(), sums[1].len()];
        assert!(lengths == [width; 3] && numbers.len().is_multiple_of(width), "everything is as long as a row");
        // SAFETY: asserted above.
        unsafe { (L::transforms(self).deficits)(numbers, inverse, sums) }
    }

    /// The sums of magnitudes and of squares of rows of `count` numbers (whole vectors), one row every `step` numbers.
    ///
    /// # Panics
    /// If the rows do not lie within the numbers, or the CPU lacks the instruction set.
    pub fn norms<L: Real>(
        &'static self,
        numbers: &[L],
        (count, step): (usize, usize),
        magnitudes: &mut [L],
        squares: &mut [L],
    ) {
        assert!(self.is_supported(), "{} needs a CPU that has it", self.name);
        assert!(count.is_multiple_of(self.lanes::<L>()), "rows are whole vectors");
        assert_eq!(magnitudes.len(), squares.len(), "two sums for each row");
        let last = magnitudes.len().saturating_sub(1).checked_mul(step).and_then(|last| last.checked_add(count));
        assert!(magnitudes.is_empty() || last.is_some_and(|end| end <= numbers.len()), "rows lie within the numbers");
        // SAFETY: asserted above.
        unsafe { (L::transforms(self).norms)(numbers, (count, step), magnitudes, squares) }
    }
}

/// # Safety
/// See [`Run`].
#[inline(always)]
pub(crate) unsafe fn run<V: RealVector>(
    numbers: &[V::Lane],
    (count, step): (usize, usize),
    magnitudes: &mut [V::Lane],
    squares: &mut [V::Lane],
) {
    let sums = magnitudes.chunks_mut(TOGETHER).zip(squares.chunks_mut(TOGETHER));
    // SAFETY: the caller's word: every row lies within the numbers.
    unsafe {
        let zero = V::splat(V::Lane::default());
        for (group, (magnitudes, squares)) in sums.enumerate() {
            let (mut m, mut s) = ([zero; TOGETHER], [zero; TOGETHER]);
            for row in 0..magnitudes.len() {
                let first = numbers.as_ptr().add((group * TOGETHER + row) * step);
                for at in (0..count).step_by(V::COUNT) {
                    let x = V::load(first.add(at));
                    m[row] = m[row].plus(x.most(zero.minus(x)));
                    s[row] = s[row].add_product(x, x);
                }
            }
            magnitudes.copy_from_slice(&V::sums(m)[..magnitudes.len()]);
            squares.copy_from_slice(&V::sums(s)[..squares.len()]);
        }
    }
}

/// # Safety
/// See [`Largest`].
#[inline(always)]
pub(crate) unsafe fn largest<V: RealVector>(numbers: &[V::Lane], largest: &mut [V::Lane]) {
    let width = largest.len();
    // SAFETY: the caller's word: rows are as wide as the target, in whole vectors.
    unsafe {
        for lane in (0..width).step_by(V::COUNT) {
            let zero = V::splat(V::Lane::default());
            let mut most = zero;
            for row in numbers.chunks_exact(width) {
                let x = V::load(row.as_ptr().add(lane));
                most = most.most(x.most(zero.minus(x)));
            }
            most.store(largest.as_mut_ptr().add(lane));
        }
    }
}

/// # Safety
/// See [`Energies`].
#[inline(always)]
pub(crate) unsafe fn energies<V: RealVector>(
    numbers: &[V::Lane],
    group: usize,
    scale: &[V::Lane],
    energies: [&mut [V::Lane]; 2],
) {
    let width = scale.len();
    let [largest, total] = energies;
    // SAFETY: the caller's word: everything is a row long, in whole vectors.
    unsafe {
        for lane in (0..width).step_by(V::COUNT) {
            let scale = V::load(scale.as_ptr().add(lane));
            let mut most = V::splat(V::Lane::default());
            let mut sum = most;
            for rows in numbers.chunks_exact(width * group) {
                let mut energy = V::splat(V::Lane::default());
                for row in rows.chunks_exact(width) {
                    let x = V::load(row.as_ptr().add(lane)).times(scale);
                    energy = energy.add_product(x, x);
                }
                most = most.most(energy);
                sum = sum.plus(energy);
            }
            most.store(largest.as_mut_ptr().add(lane));
            sum.store(total.as_mut_ptr().add(lane));
        }
    }
}

/// # Safety
/// See [`Deficits`].
#[inline(always)]
pub(crate) unsafe fn deficits<V: RealVector>(numbers: &[V::Lane], inverse: [&[V::Lane]; 2], sums: [&mut [V::Lane]; 2]) {
    let width = inverse[0].len();
    let [first, second] = sums;
    // SAFETY: the caller's word: everything is a row long, in whole vectors.
    unsafe {
        let (zero, one) = (V::splat(V::Lane::default()), V::splat(V::Lane::of_integer(1)));
        for lane in (0..width).step_by(V::COUNT) {
            let inverse = [V::load(inverse[0].as_ptr().add(lane)), V::load(inverse[1].as_ptr().add(lane))];
            let mut sums = [zero; 2];
            for row in numbers.chunks_exact(width) {
                let x = V::load(row.as_ptr().add(lane));
                let magnitude = x.most(zero.minus(x));
                for (sum, inverse) in sums.iter_mut().zip(inverse) {
                    let short = one.minus(one.least(magnitude.times(inverse)));
                    *sum = sum.add_product(short, short);
                }
            }
            sums[0].store(first.as_mut_ptr().add(lane));
            sums[1].store(second.as_mut_ptr().add(lane));
        }
    }
}
