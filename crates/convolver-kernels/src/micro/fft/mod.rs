//! Transforms across lanes: every lane of a vector is a transform of its own.
//!
//! Computes   X[f] = Σ_e x[e]·ω^(f·e), ω = e^(−2πi/n), and its inverse times n
//!
//! Idea      A point is a vector of real parts and one of imaginary parts, W numbers each. A transform of n points down a
//!           column of such points is then sums and products of whole vectors: no shuffle, no bit reversal. Forward goes by
//!           decimation in frequency and leaves the spectrum in the order it falls; the inverse goes by decimation in time
//!           and takes it from there.
//! Order     After passes of radix r₁, r₂, … the point at q₁·n/r₁ + q₂·n/(r₁r₂) + … has frequency q₁ + r₁·(q₂ + r₂·(…)).
//! Tile      columns of W numbers side by side are *strips*: [row][re W | im W], dense. Down a strip run the axes before the
//!           last. For the last axis W rows at a time are turned (W × W transposes in registers), so that lanes are rows.
//! Long line n = n₁·n₂ samples are a tile of n₁ rows: columns, a *twist* of row f₁, column c by ω^(f₁·c), rows; the
//!           result at row f₁, column f₂ is X[f₁ + n₁·f₂].
//! Error     each pass adds about u·‖x‖₂ in norm, u the rounding unit
//! Source    Gentleman & Sande, Fast Fourier Transforms: for fun and profit (1966); Bailey, FFTs in external or
//!           hierarchical memory (1990) for the long line

mod butterfly;
mod jobs;
mod passes;
mod read;
mod rows;

pub(crate) use jobs::{Job, run};
pub use passes::{Pass, frequencies, passes, radices, root, rounding};
pub use read::TileRows;
pub use rows::{RowGroup, RowGroups, Squares};

use crate::arch::InstructionSet;
use crate::simd::Real;

/// Runs a job, compiled for an instruction set.
///
/// # Safety
/// The CPU must have the instruction set, and the job must have been checked by the method below that makes it.
pub(crate) type Door<L> = unsafe fn(Job<'_, L>);

impl InstructionSet {
    fn transform<L: Real>(&'static self, job: Job<'_, L>) {
        assert!(self.is_supported(), "{} needs a CPU that has it", self.name);
        // SAFETY: asserted above; jobs are made by the methods below, which check them.
        unsafe { (L::transforms(self).run)(job) }
    }

    /// Transforms columns: `numbers` holds blocks of n points, each `inner` vectors, n being that of the first pass.
    ///
    /// # Panics
    /// If the passes do not fit each other or the numbers, or the CPU lacks the instruction set.
    pub fn columns<L: Real>(&'static self, numbers: &mut [L], inner: usize, passes: &[Pass<L>], forward: bool) {
        let Some(first) = passes.first() else { return };
        passes.iter().for_each(Pass::check);
        assert!(
            passes.windows(2).all(|pair| pair[1].points * pair[0].radix == pair[0].points),
            "passes follow each other"
        );
        let block = first.points.checked_mul(inner).and_then(|vectors| vectors.checked_mul(2 * self.lanes::<L>()));
        assert!(block.is_some_and(|block| block > 0 && numbers.len().is_multiple_of(block)), "whole blocks of points");
        self.transform(Job::Columns { numbers, inner, passes, forward });
    }

    /// The last pass forward, the product with a spectrum and the first pass backward of points one vector each.
    ///
    /// # Panics
    /// If the sizes do not fit, or the CPU lacks the instruction set.
    pub fn middle<L: Real>(&'static self, numbers: &mut [L], radix: usize, spectrum: &[L]) {
        assert!(passes::RADICES.contains(&radix), "a pass has a known radix");
        assert!(
            numbers.len() == spectrum.len() && numbers.len().is_multiple_of(radix * 2 * self.lanes::<L>()),
            "a factor for every point"
        );
        self.transform(Job::Middle { numbers, radix, spectrum });
    }

    /// `sums (+)= numbers·spectrum`, point by point.
    ///
    /// # Panics
    /// If the sizes do not fit, or the CPU lacks the instruction set.
    pub fn multiply<L: Real>(&'static self, sums: &mut [L], numbers: &[L], spectrum: &[L], accumulate: bool) {
        assert!(
            sums.len() == numbers.len()
                && sums.len() == spectrum.len()
                && sums.len().is_multiple_of(2 * self.lanes::<L>()),
            "a factor and a sum for every point"
        );
        self.transform(Job::Multiply { sums, numbers, spectrum, accumulate });
    }

    /// Multiplies row r of a strip by `bases[r]·steps[r]`, a complex vector and a complex number, or by its conjugate.
    ///
    /// # Panics
    /// If the sizes do not fit, or the CPU lacks the instruction set.
    pub fn twist<L: Real>(&'static self, strip: &mut [L], bases: &[L], steps: &[L], forward: bool) {
        let vector = 2 * self.lanes::<L>();
        assert!(
            strip.len() == bases.len() && strip.len().is_multiple_of(vector) && steps.len() == strip.len() / vector * 2,
            "a factor for every row"
        );
        self.transform(Job::Twist { strip, bases, steps, forward });
    }

    /// The largest magnitude of some numbers, and whether all are finite.
    ///
    /// # Panics
    /// If the CPU lacks the instruction set.
    pub fn survey<L: Real>(&'static self, numbers: &[L]) -> (L, bool) {
        let (mut largest, mut finite) = (L::default(), true);
        self.transform(Job::Survey { numbers, largest: &mut largest, finite: &mut finite });
        (largest, finite)
    }
}
