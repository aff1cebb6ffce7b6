//! Macros that write what an instruction set is: generic bodies behind doors that enable its features, and its vectors.

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
