//! Instruction sets: a proved value each, with the kernels compiled for it.

mod doors;
mod portable;
#[cfg(target_arch = "x86_64")]
mod x86_64_amx;
#[cfg(target_arch = "x86_64")]
mod x86_64_bf16;
#[cfg(target_arch = "x86_64")]
mod x86_64_v3;
#[cfg(target_arch = "x86_64")]
mod x86_64_v4;

pub(crate) use doors::{kernels, real_vector, transforms, vector};

use crate::memory::{MatricesMut, MatrixMut, Store};
use crate::micro::band::{self, Strip};
use crate::micro::pieces::PieceKernels;
use crate::micro::rolling::Rolls;
use crate::micro::{
    Band, Dots, Each, Extent, Gather, PairSplit, PairTurn, PieceProducts, Pieces, Planes, Products, Rows, Split, dots,
    each, fft, gather, norms, planes, points, products, turn,
};
use crate::simd::{Lane, Real};
use crate::working::Truth;
use std::ops::Range;

/// The instruction sets of this build, best first; the last one always works.
pub static ALL: &[&InstructionSet] = &[
    #[cfg(target_arch = "x86_64")]
    &x86_64_amx::SET,
    #[cfg(target_arch = "x86_64")]
    &x86_64_bf16::SET,
    #[cfg(target_arch = "x86_64")]
    &x86_64_v4::SET,
    #[cfg(target_arch = "x86_64")]
    &x86_64_v3::SET,
    &portable::SET,
];

/// The best instruction set that this CPU has.
pub fn best() -> &'static InstructionSet {
    ALL.iter().find(|set| set.is_supported()).expect("the portable set always works")
}

/// The kernels compiled for one instruction set.
pub struct InstructionSet {
    /// Its name in `CONVOLVER_ISA`.
    pub name: &'static str,
    /// Bytes of a vector.
    pub vector_bytes: usize,
    /// Whether this CPU has it.
    supported: fn() -> bool,
    pub(crate) kernels: AllKernels,
    pub(crate) transforms: AllTransforms,
    /// Products of numbers in pieces, where there is a unit for them.
    pub(crate) pieces: Option<PieceKernels>,
}

impl std::fmt::Debug for InstructionSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// The kernels of an instruction set for every number that vectors hold.
pub(crate) struct AllKernels {
    pub(crate) f32: Kernels<f32>,
    pub(crate) f64: Kernels<f64>,
    pub(crate) i16: Kernels<i16>,
    pub(crate) i32: Kernels<i32>,
    pub(crate) i64: Kernels<i64>,
    pub(crate) truth: Kernels<Truth>,
}

/// The kernels of an instruction set for one number.
pub struct Kernels<L: Lane> {
    /// Numbers in a vector.
    pub(crate) count: usize,
    /// Strips of a band, from one row on.
    pub(crate) strips: &'static [Strip<L>],
    /// The same for factors that fit 16 bits; the strips above where those are no slower.
    pub(crate) short: &'static [Strip<L>],
    /// Passes over rows of outputs.
    pub(crate) rolls: Rolls<L>,
    /// Planes with zeros around them.
    pub(crate) planes: planes::Run<L>,
    /// Lanes with weights of their own.
    pub(crate) each: each::Run<L>,
    /// Dot products.
    pub(crate) dots: dots::Run<L>,
    /// Numbers of a panel.
    pub(crate) panel: usize,
    /// Panels and rows put together.
    pub(crate) gather: gather::Fill<L>,
    /// Rows times a panel.
    pub(crate) products: products::Multiply<L>,
    /// Numbers stored as elements.
    pub(crate) store: Store<L>,
}

/// The transforms of an instruction set for every real number.
pub(crate) struct AllTransforms {
    pub(crate) f32: Transforms<f32>,
    pub(crate) f64: Transforms<f64>,
}

/// The transforms of an instruction set for one real number.
pub struct Transforms<L: Real> {
    /// The door to the passes of `fft`.
    pub(crate) run: fft::Door<L>,
    /// Squares of values at points.
    pub(crate) evaluate: points::Run<L>,
    /// Lines as columns.
    pub(crate) turn: turn::Run<L>,
    /// How large rows are.
    pub(crate) norms: norms::Run<L>,
    pub(crate) largest: norms::Largest<L>,
    pub(crate) energies: norms::Energies<L>,
    pub(crate) deficits: norms::Deficits<L>,
}

impl InstructionSet {
    /// Whether this CPU can run it.
    pub fn is_supported(&self) -> bool {
        (self.supported)()
    }

    /// Numbers of this type in a vector.
    pub fn lanes<L: Lane>(&'static self) -> usize {
        L::kernels(self).count
    }

    /// Computes a band of outputs.
    ///
    /// # Panics
    /// If the job reads outside its tile, or the CPU lacks the instruction set.
    pub fn band<L: Lane>(&'static self, job: &Band<'_, L>, target: &mut MatrixMut<'_, L>) {
        assert!(self.is_supported(), "{} needs a CPU that has it", self.name);
        let kernels = L::kernels(self);
        job.check(target.rows, target.columns);
        // SAFETY: both asserted above.
        unsafe { band::run(kernels.strips, job, target) }
    }

    /// Computes a band of outputs, where every number and weight fits an `i16`; for others the sums are wrong.
    ///
    /// # Panics
    /// As `band`.
    pub fn short_band<L: Lane>(&'static self, job: &Band<'_, L>, target: &mut MatrixMut<'_, L>) {
        assert!(self.is_supported(), "{} needs a CPU that has it", self.name);
        job.check(target.rows, target.columns);
        // SAFETY: both asserted above.
        unsafe { band::run(L::kernels(self).short, job, target) }
    }

    /// Computes planes of outputs, whose inputs have zeros around them: for each plane, a matrix for each kernel. False if
    /// what they see is too much to copy; then nothing is written.
    ///
    /// # Panics
    /// If the job reads outside its input, or the CPU lacks the instruction set.
    pub fn planes<L: Lane>(&'static self, job: &Planes<'_, L>, target: &mut MatricesMut<'_, L>) -> bool {
        assert!(self.is_supported(), "{} needs a CPU that has it", self.name);
        let (kernels, rows, columns) = (L::kernels(self), target.matrix.rows, target.matrix.columns);
        job.check(target.count, rows, columns);
        let Some(layout) = job.layout(rows, columns, kernels.count) else { return false };
        // SAFETY: both asserted above.
        unsafe { (kernels.planes)((&kernels.rolls, kernels.strips), job, &layout, target) };
        true
    }

    /// Computes outputs whose lanes, the columns of the target's matrices, have weights of their own. There is a matrix of
    /// rows for each place.
    ///
    /// # Panics
    /// If the job reads outside its input, or the CPU lacks the instruction set.
    pub fn each<L: Lane>(&'static self, job: &Each<'_, L>, target: &mut MatricesMut<'_, L>) {
        assert!(self.is_supported(), "{} needs a CPU that has it", self.name);
        let (kernels, rows, lanes) = (L::kernels(self), target.matrix.rows, target.matrix.columns);
        job.check((rows, target.count), lanes, kernels.count);
        let layout = job.layout(rows, target.count, kernels.count);
        // SAFETY: both asserted above.
        unsafe { (kernels.each)(&kernels.rolls, job, &layout, target) }
    }

    /// Computes rows of dot products.
    ///
    /// # Panics
    /// If the job reads outside its tile, or the CPU lacks the instruction set.
    pub fn dots<L: Lane>(&'static self, job: &Dots<'_, L>, target: &mut MatrixMut<'_, L>) {
        assert!(self.is_supported(), "{} needs a CPU that has it", self.name);
        job.check(target.rows, target.columns);
        // SAFETY: both asserted above.
        unsafe { (L::kernels(self).dots)(job, target) }
    }

    /// Numbers of this type that a panel is wide.
    pub fn panel<L: Lane>(&'static self) -> usize {
        L::kernels(self).panel
    }

    /// The panels that so many lanes are cut into: about equal, of whole vectors, the last one filled up.
    pub fn panels<L: Lane>(&'static self, lanes: usize) -> impl Iterator<Item = Range<usize>> {
        let Kernels { count, panel, .. } = *L::kernels(self);
        let (vectors, panels) = (lanes.div_ceil(count), lanes.div_ceil(panel));
        let first = move |number: usize| number * vectors / panels * count;
        (0..panels).map(move |number| first(number)..first(number + 1))
    }

    /// Puts lines together from runs.
    ///
    /// # Panics
    /// If the job reads outside its source or does not fit the target, or the CPU lacks the instruction set.
    pub fn gather<L: Lane>(&'static self, job: &Gather<'_, L>, target: &mut MatrixMut<'_, L>) {
        assert!(self.is_supported(), "{} needs a CPU that has it", self.name);
        job.check(target.rows, target.columns);
        // SAFETY: both asserted above.
        unsafe { (L::kernels(self).gather)(job, target) }
    }

    /// Multiplies rows by a panel.
    ///
    /// # Panics
    /// If the operands are smaller than the job, or the CPU lacks the instruction set.
    pub fn products<L: Lane>(&'static self, job: &Products<'_, L>, target: &mut MatrixMut<'_, L>) {
        assert!(self.is_supported(), "{} needs a CPU that has it", self.name);
        let kernels = L::kernels(self);
        job.check(target.rows, target.columns, (kernels.count, kernels.panel));
        // SAFETY: both asserted above.
        unsafe { (kernels.products)(job, target) }
    }

    /// Whether f32 numbers can be multiplied in pieces.
    pub fn has_pieces(&self) -> bool {
        self.pieces.is_some()
    }

    /// Where rows of pairs may lie, if there are pieces.
    pub fn piece_rows(&self) -> Option<Rows> {
        self.pieces.as_ref().map(|pieces| pieces.rows)
    }

    /// Products of pieces that a core makes in a second, if there are pieces.
    pub fn piece_products_per_second(&self) -> Option<f64> {
        self.pieces.as_ref().map(|pieces| pieces.products_per_second)
    }

    fn pieces(&self) -> &PieceKernels {
        assert!(self.is_supported(), "{} needs a CPU that has it", self.name);
        self.pieces.as_ref().expect("asked for only where there is a unit for them")
    }

    /// Cuts rows of terms into pieces.
    ///
    /// # Panics
    /// If the operands do not fit each other, or the CPU or the set lacks what it needs.
    pub fn split_rows(&self, job: &Split<'_>, target: &mut [i32]) -> Extent {
        job.check(target);
        // SAFETY: asserted above, and by `pieces`.
        unsafe { (self.pieces().split_rows)(job, target) }
    }

    /// Cuts terms of lanes into pieces.
    ///
    /// # Panics
    /// As `split_rows`.
    pub fn split_lanes(&self, job: &Split<'_>, target: &mut [i32]) -> Extent {
        job.check(target);
        // SAFETY: as above.
        unsafe { (self.pieces().split_lanes)(job, target) }
    }

    /// Cuts lanes of terms into pieces: the same as `split_lanes`, from lines that are lanes.
    ///
    /// # Panics
    /// As `split_rows`.
    pub fn split_turned(&self, job: &Split<'_>, target: &mut [i32]) -> Extent {
        job.check(target);
        // SAFETY: as above.
        unsafe { (self.pieces().split_turned)(job, target) }
    }

    /// Cuts pairs of numbers into pieces, and joins those of each pair.
    ///
    /// # Panics
    /// As `split_rows`.
    pub fn split_pairs(&self, job: &PairSplit<'_, f32>, target: &mut [i32]) -> Extent {
        job.check(target);
        // SAFETY: as above.
        unsafe { (self.pieces().pairs)(job, target) }
    }

    /// Joins pairs of bfloat16 numbers.
    ///
    /// # Panics
    /// As `split_rows`, and unless a single piece is asked for.
    pub fn join_pairs(&self, job: &PairSplit<'_, i16>, target: &mut [i32]) -> Extent {
        assert_eq!(job.pieces, Pieces::One, "a bfloat16 is one piece");
        job.check(target);
        // SAFETY: as above.
        unsafe { (self.pieces().bfloat_pairs)(job, target) }
    }

    /// Cuts planes of pairs into pieces and turns them.
    ///
    /// # Panics
    /// As `split_rows`.
    pub fn turn_pairs(&self, job: &PairTurn<'_, f32>, target: &mut [i32]) -> Extent {
        job.check(target);
        // SAFETY: as above.
        unsafe { (self.pieces().turned_pairs)(job, target) }
    }

    /// Joins planes of pairs of bfloat16 numbers and turns them.
    ///
    /// # Panics
    /// As `join_pairs`.
    pub fn turn_bfloat_pairs(&self, job: &PairTurn<'_, i16>, target: &mut [i32]) -> Extent {
        assert_eq!(job.pieces, Pieces::One, "a bfloat16 is one piece");
        job.check(target);
        // SAFETY: as above.
        unsafe { (self.pieces().turned_bfloat_pairs)(job, target) }
    }

    /// Multiplies rows by lanes, both in pieces.
    ///
    /// # Panics
    /// As `split_rows`.
    pub fn piece_products(&self, job: &PieceProducts<'_>, target: &mut MatrixMut<'_, f32>) {
        let pieces = self.pieces();
        job.check(target.rows, target.columns, pieces.rows);
        // SAFETY: as above.
        unsafe { (pieces.multiply)(job, target) }
    }
}
