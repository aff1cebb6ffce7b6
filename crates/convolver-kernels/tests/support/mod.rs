//! What the tests of this crate share.

use convolver_kernels::{InstructionSet, Lane, Truth, arch};

/// The instruction sets under test: the one that `CONVOLVER_ISA` names, or all that this CPU has.
///
/// With the variable set no other set's code runs, so a test binary can run under valgrind.
pub(crate) fn instruction_sets() -> Vec<&'static InstructionSet> {
    let forced = std::env::var("CONVOLVER_ISA").ok();
    let wanted = |set: &&InstructionSet| forced.as_deref().is_none_or(|name| name == set.name);
    let sets: Vec<_> = arch::ALL.iter().copied().filter(wanted).filter(|set| set.is_supported()).collect();
    assert!(!sets.is_empty(), "CONVOLVER_ISA={forced:?} cannot run here");
    sets
}

/// Reproducible numbers (SplitMix64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number of `0..bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.bits() % bound as u64) as usize
    }

    /// A number of `low..=high`.
    pub(crate) fn within(&mut self, low: usize, high: usize) -> usize {
        low + self.below(high - low + 1)
    }
}

/// A lane whose sums of random numbers are exact, so that any order gives the same bits.
pub(crate) trait Exact: Lane {
    fn random(random: &mut Random) -> Self;
    /// A value that no sum of the tests has.
    fn canary() -> Self;
}

macro_rules! exact { ($($lane:ty, |$bits:ident| $number:expr, $canary:expr;)*) => { $(
    impl Exact for $lane {
        fn random(random: &mut Random) -> Self {
            let $bits = random.bits();
            $number
        }
        fn canary() -> Self {
            $canary
        }
    }
)* } }
exact! {
    f32, |bits| (bits % 17) as f32 - 8.0, 0.34375;
    f64, |bits| (bits % 17) as f64 - 8.0, 0.34375;
    i16, |bits| bits as i16, 0x5A5A;
    i32, |bits| bits as i32, 0x5A5A_1234;
    i64, |bits| bits as i64, 0x5A5A_1234_4321_A5A5;
    Truth, |bits| Truth(u8::from(bits.is_multiple_of(16))), Truth(0xA5);
}

/// Runs a generic function for every lane and every instruction set.
#[macro_export]
macro_rules! for_every_lane {
    ($function:ident) => {
        for set in $crate::support::instruction_sets() {
            $function::<f32>(set);
            $function::<f64>(set);
            $function::<i16>(set);
            $function::<i32>(set);
            $function::<i64>(set);
            $function::<convolver_kernels::Truth>(set);
        }
    };
}
