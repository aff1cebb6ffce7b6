//! Instruction sets: a proved value each, with the kernels compiled for it.

mod portable;
#[cfg(target_arch = "x86_64")]
mod x86_64_amx;
#[cfg(target_arch = "x86_64")]
mod x86_64_bf16;
#[cfg(target_arch = "x86_64")]
mod x86_64_v3;
#[cfg(target_arch = "x86_64")]
mod x86_64_v4;

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

/// Writes the kernels of an instruction set: every generic body behind a door that enables its features. How many
/// vectors wide a panel is; for each number the vector, and that for factors of 16 bits; for each number of rows how many vectors
/// wide a block is: of strips of bands, and of passes over rows.
macro_rules! kernels {
    ($features:tt; panel $panel:literal; $($field:ident: $vector:ty $(, short $short:ty)?; $strips:tt, $rolls:tt;)*) => {
        $crate::arch::AllKernels {
            $($field: $crate::arch::kernels!(@doors $features $vector, [$($short)?], $panel, $strips, $rolls),)*
        }
    };
    (@short $features:tt [] [$($rows:literal x $vectors:literal),*]) => { &[$(strip::<$rows, $vectors>),*] };
    (@short [$($features:literal)?] [$short:ty] [$($rows:literal x $vectors:literal),*]) => {{
        // SAFETY: see `Strip`.
        $(#[target_feature(enable = $features)])?
        unsafe fn short<const R: usize, const W: usize>(
            job: &$crate::micro::Band<'_, Number>,
            target: &mut $crate::memory::MatrixMut<'_, Number>,
            row: usize,
        ) {
            // SAFETY: this door enables the vector's features, and the caller vouches for the CPU and the job.
            unsafe { $crate::micro::band::strip::<$short, R, W>(job, target, row) }
        }
        &[$(short::<$rows, $vectors>),*]
    }};
    (@doors [$($features:literal)?] $vector:ty, $short:tt, $panel:literal, [$($rows:literal x $vectors:literal),*],
        [$($roll_rows:literal x $roll_vectors:literal),*]) => {{
        type Number = <$vector as $crate::simd::Vector>::Lane;
        // SAFETY: see `Strip`.
        $(#[target_feature(enable = $features)])?
        unsafe fn strip<const R: usize, const W: usize>(
            job: &$crate::micro::Band<'_, Number>,
            target: &mut $crate::memory::MatrixMut<'_, Number>,
            row: usize,
        ) {
            // SAFETY: this door enables the vector's features, and the caller vouches for the CPU and the job.
            unsafe { $crate::micro::band::strip::<$vector, R, W>(job, target, row) }
        }
        // SAFETY: see `Roll`.
        $(#[target_feature(enable = $features)])?
        unsafe fn roll<const K: usize, const W: usize, const OWN: bool>(pass: &$crate::micro::rolling::Rolling<'_, Number>) {
            // SAFETY: as above.
            unsafe { $crate::micro::rolling::roll::<$vector, K, W, OWN>(pass) }
        }
        // SAFETY: see `planes::Run`.
        $(#[target_feature(enable = $features)])?
        unsafe fn planes(
            tables: (&$crate::micro::rolling::Rolls<Number>, &[$crate::micro::band::Strip<Number>]),
            job: &$crate::micro::Planes<'_, Number>,
            layout: &$crate::micro::padded::Layout,
            target: &mut $crate::memory::MatricesMut<'_, Number>,
        ) {
            // SAFETY: as above.
            unsafe { $crate::micro::planes::run::<$vector>(tables, job, layout, target) }
        }
        // SAFETY: see `each::Run`.
        $(#[target_feature(enable = $features)])?
        unsafe fn each(
            rolls: &$crate::micro::rolling::Rolls<Number>,
            job: &$crate::micro::Each<'_, Number>,
            layout: &$crate::micro::padded::Layout,
            target: &mut $crate::memory::MatricesMut<'_, Number>,
        ) {
            // SAFETY: as above.
            unsafe { $crate::micro::each::run::<$vector>(rolls, job, layout, target) }
        }
        // SAFETY: see `dots::Run`.
        $(#[target_feature(enable = $features)])?
        unsafe fn dots(job: &$crate::micro::Dots<'_, Number>, target: &mut $crate::memory::MatrixMut<'_, Number>) {
            // SAFETY: as above.
            unsafe { $crate::micro::dots::run::<$vector>(job, target) }
        }
        // SAFETY: see `gather::Fill`.
        $(#[target_feature(enable = $features)])?
        unsafe fn gather(job: &$crate::micro::Gather<'_, Number>, target: &mut $crate::memory::MatrixMut<'_, Number>) {
            // SAFETY: as above.
            unsafe { $crate::micro::gather::fill::<$vector>(job, target) }
        }
        // SAFETY: see `products::Multiply`.
        $(#[target_feature(enable = $features)])?
        unsafe fn products(job: &$crate::micro::Products<'_, Number>, target: &mut $crate::memory::MatrixMut<'_, Number>) {
            // SAFETY: as above.
            unsafe { $crate::micro::products::multiply::<$vector, $panel>(job, target) }
        }
        // SAFETY: see `Store`.
        $(#[target_feature(enable = $features)])?
        unsafe fn store(
            element: $crate::ElementType,
            start: *mut u8,
            stride: isize,
            swapped: bool,
            numbers: &[Number],
        ) {
            // SAFETY: as above.
            unsafe { <Number as $crate::Storing>::store_run(element, start, stride, swapped, numbers) }
        }
        $crate::arch::Kernels {
            count: <$vector as $crate::simd::Vector>::COUNT,
            strips: &[$(strip::<$rows, $vectors>),*],
            short: $crate::arch::kernels!(@short [$($features)?] $short [$($rows x $vectors),*]),
            rolls: $crate::micro::rolling::Rolls {
                shared: &[$(roll::<$roll_rows, $roll_vectors, false>),*],
                own: &[$(roll::<$roll_rows, $roll_vectors, true>),*],
                widths: &[$($roll_vectors),*],
            },
            planes,
            each,
            dots,
            panel: <$vector as $crate::simd::Vector>::COUNT * $panel,
            gather,
            products,
            store,
        }
    }};
}
pub(crate) use kernels;

/// Writes the transforms of an instruction set, as `kernels!` does.
macro_rules! transforms {
    ($features:tt; $($field:ident: $vector:ty;)*) => {
        $crate::arch::AllTransforms { $($field: $crate::arch::transforms!(@door $features $vector),)* }
    };
    (@door [$($features:literal)?] $vector:ty) => {{
        type Number = <$vector as $crate::simd::Vector>::Lane;
        // SAFETY: see `Door`.
        $(#[target_feature(enable = $features)])?
        unsafe fn run(job: $crate::micro::fft::Job<'_, Number>) {
            // SAFETY: this door enables the vector's features, and the caller vouches for the CPU and the job.
            unsafe { $crate::micro::fft::run::<$vector>(job) }
        }
        // SAFETY: see `points::Run`.
        $(#[target_feature(enable = $features)])?
        unsafe fn evaluate(job: &$crate::micro::Evaluate<'_, Number>, target: &mut [Number]) {
            // SAFETY: as above.
            unsafe { $crate::micro::points::run::<$vector>(job, target) }
        }
        // SAFETY: see `turn::Run`.
        $(#[target_feature(enable = $features)])?
        unsafe fn turn(job: &$crate::micro::Turn<'_, Number>, target: &mut $crate::memory::MatrixMut<'_, Number>) {
            // SAFETY: as above.
            unsafe { $crate::micro::turn::run::<$vector>(job, target) }
        }
        // SAFETY: see `norms::Run`.
        $(#[target_feature(enable = $features)])?
        unsafe fn norms(numbers: &[Number], rows: (usize, usize), magnitudes: &mut [Number], squares: &mut [Number]) {
            // SAFETY: as above.
            unsafe { $crate::micro::norms::run::<$vector>(numbers, rows, magnitudes, squares) }
        }
        // SAFETY: see `norms::Largest`.
        $(#[target_feature(enable = $features)])?
        unsafe fn largest(numbers: &[Number], largest: &mut [Number]) {
            // SAFETY: as above.
            unsafe { $crate::micro::norms::largest::<$vector>(numbers, largest) }
        }
        // SAFETY: see `norms::Energies`.
        $(#[target_feature(enable = $features)])?
        unsafe fn energies(numbers: &[Number], group: usize, scale: &[Number], energies: [&mut [Number]; 2]) {
            // SAFETY: as above.
            unsafe { $crate::micro::norms::energies::<$vector>(numbers, group, scale, energies) }
        }
        // SAFETY: see `norms::Deficits`.
        $(#[target_feature(enable = $features)])?
        unsafe fn deficits(numbers: &[Number], inverse: [&[Number]; 2], sums: [&mut [Number]; 2]) {
            // SAFETY: as above.
            unsafe { $crate::micro::norms::deficits::<$vector>(numbers, inverse, sums) }
        }
        $crate::arch::Transforms { run, evaluate, turn, norms, largest, energies, deficits }
    }};
}
pub(crate) use transforms;

/// Implements [`Vector`](crate::simd::Vector) for a register type; how to load and store the first few numbers, to sum lanes, to load
/// or take every second number and to take any of the numbers, where there are instructions for it.
macro_rules! vector {
    ($name:ident($raw:ty): $lane:ty, $count:literal,
     $splat:expr, $load:expr, $store:expr, |$sum:ident, $left:ident, $right:ident| $product:expr
     $(, first $first:expr, $store_first:expr)? $(, sums $sums:expr)? $(, second $second:expr)?
     $(, unzip |$a:ident, $b:ident| $unzip:expr)? $(, picked |$numbers:ident, $places:ident| $picked:expr)?) => {
        #[derive(Clone, Copy)]
        pub(super) struct $name($raw);

        impl $crate::simd::Vector for $name {
            type Lane = $lane;
            const COUNT: usize = $count;

            #[inline(always)]
            unsafe fn splat(number: $lane) -> Self {
                // SAFETY: the caller vouches for the instruction set.
                Self(unsafe { $splat(number) })
            }
            #[inline(always)]
            unsafe fn load(pointer: *const $lane) -> Self {
                // SAFETY: as above, and for the memory.
                Self(unsafe { $load(pointer.cast()) })
            }
            #[inline(always)]
            unsafe fn store(self, pointer: *mut $lane) {
                // SAFETY: as above.
                unsafe { $store(pointer.cast(), self.0) }
            }
            #[inline(always)]
            unsafe fn add_product(self, left: Self, right: Self) -> Self {
                let ($sum, $left, $right) = (self.0, left.0, right.0);
                // SAFETY: the caller vouches for the instruction set.
                Self(unsafe { $product })
            }
            $(
                #[inline(always)]
                unsafe fn unzip(self, other: Self) -> (Self, Self) {
                    let ($a, $b) = (self.0, other.0);
                    // SAFETY: the caller vouches for the instruction set.
                    let (even, odd): ($raw, $raw) = unsafe { $unzip };
                    (Self(even), Self(odd))
                }
            )?
            $(
                #[inline(always)]
                unsafe fn picked(self, places: &[u32; $crate::simd::WIDEST]) -> Self {
                    let ($numbers, $places) = (self.0, places.as_ptr());
                    // SAFETY: as above; there are places for more than a vector.
                    Self(unsafe { $picked })
                }
            )?
            $(
                #[inline(always)]
                unsafe fn load_first(pointer: *const $lane, count: usize) -> Self {
                    // SAFETY: as for `load`; lanes that are masked are not read.
                    Self(unsafe { $first(pointer.cast(), count) })
                }
                #[inline(always)]
                unsafe fn store_first(self, pointer: *mut $lane, count: usize) {
                    // SAFETY: as for `store`; lanes that are masked are not written.
                    unsafe { $store_first(pointer.cast(), count, self.0) }
                }
            )?
            $(
                #[inline(always)]
                unsafe fn load_every_second(pointer: *const $lane, count: usize) -> Self {
                    // SAFETY: as for `load`; lanes that are masked are not read.
                    Self(unsafe { $second(pointer, count) })
                }
            )?
            $(
                #[inline(always)]
                unsafe fn sums(vectors: [Self; $crate::simd::TOGETHER]) -> [$lane; $crate::simd::TOGETHER] {
                    // SAFETY: the caller vouches for the instruction set.
                    unsafe { $sums(vectors.map(|vector| vector.0)) }
                }
            )?
        }
    };
}
pub(crate) use vector;

/// Implements [`RealVector`](crate::simd::RealVector) for a register type that is a vector.
macro_rules! real_vector {
    ($name:ident($raw:ty): $plus:expr, $minus:expr, $times:expr, $least:expr, $most:expr,
     |$sum:ident, $left:ident, $right:ident| $minus_product:expr,
     |$x:ident, $y:ident| $below:expr, |$a:ident, $b:ident| $zip:expr) => {
        impl $crate::simd::RealVector for $name {
            #[inline(always)]
            unsafe fn below(self, other: Self) -> u32 {
                let ($x, $y) = (self.0, other.0);
                // SAFETY: the caller vouches for the instruction set.
                unsafe { $below }
            }
            $crate::arch::real_vector!(@binary $name: plus $plus, minus $minus, times $times, least $least, most $most);
            #[inline(always)]
            unsafe fn minus_product(self, left: Self, right: Self) -> Self {
                let ($sum, $left, $right) = (self.0, left.0, right.0);
                // SAFETY: the caller vouches for the instruction set.
                Self(unsafe { $minus_product })
            }
            #[inline(always)]
            unsafe fn zip(self, other: Self) -> (Self, Self) {
                let ($a, $b) = (self.0, other.0);
                // SAFETY: as above.
                let (low, high): ($raw, $raw) = unsafe { $zip };
                (Self(low), Self(high))
            }
        }
    };
    (@binary $name:ident: $($method:ident $function:expr),*) => { $(
        #[inline(always)]
        unsafe fn $method(self, other: Self) -> Self {
            // SAFETY: the caller vouches for the instruction set.
            Self(unsafe { $function(self.0, other.0) })
        }
    )* };
}
pub(crate) use real_vector;
