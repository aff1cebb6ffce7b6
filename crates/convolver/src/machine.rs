//! The machine as the planner sees it: its instruction set, its cores, and what its units cost.

use crate::problem::Error;
use convolver_kernels::{InstructionSet, WorkingType, arch};
use std::sync::OnceLock;

/// Environment variable that forces an instruction set.
pub const FORCED: &str = "CONVOLVER_ISA";

/// What a plan depends on besides the problem. Never on the number of threads in use.
#[derive(Clone, Copy, Debug)]
pub struct Machine {
    /// The instruction set whose kernels run.
    pub set: &'static InstructionSet,
    /// Cores, of which workspace is reckoned for each.
    pub cores: usize,
    /// Costs of the units that algorithms count in.
    pub rates: Rates,
}

/// Costs in named units, for one core of a server of 2023 (Sapphire Rapids). The bytes a second and the hand-off were
/// measured on such a machine; the time of a tile and of a scalar product are estimates. A calibration replaces the
/// numbers, not the units.
#[derive(Clone, Copy, Debug)]
pub struct Rates {
    /// Bytes a second copied within the second-level cache.
    pub cache_bytes: f64,
    /// Bytes a second copied from and to main memory.
    pub memory_bytes: f64,
    /// Seconds for a call that is handed to other threads.
    pub hand_off: f64,
    /// Seconds for setting up one tile.
    pub tile: f64,
    /// Seconds for one multiply-add that is not part of a vector.
    pub scalar_product: f64,
    /// Bytes of the second-level cache that a tile may use.
    pub tile_bytes: usize,
}

const RATES: Rates = Rates {
    cache_bytes: 70e9,
    memory_bytes: 12e9,
    hand_off: 7e-6,
    tile: 0.5e-6,
    scalar_product: 0.8e-9,
    tile_bytes: 768 << 10,
};

impl Machine {
    /// This machine, with the instruction set that `CONVOLVER_ISA` names or else the best there is.
    pub fn detect() -> Result<Machine, Error> {
        static DETECTED: OnceLock<Result<Machine, Error>> = OnceLock::new();
        DETECTED
            .get_or_init(|| match std::env::var(FORCED) {
                Ok(name) => Machine::with(&name),
                Err(_) => Ok(Machine::of(arch::best())),
            })
            .clone()
    }

    /// This machine with the instruction set of this name.
    pub fn with(name: &str) -> Result<Machine, Error> {
        let known = || arch::ALL.iter().map(|set| set.name).collect::<Vec<_>>().join(", ");
        let set = arch::ALL.iter().find(|set| set.name == name).ok_or_else(|| {
            Error::value(format!("{FORCED}={name:?} is not an instruction set of this build, which has {}", known()))
        })?;
        if !set.is_supported() {
            return Err(Error::value(format!("{FORCED}={name:?} cannot run on this CPU; leave it unset")));
        }
        Ok(Machine::of(set))
    }

    /// This machine with every instruction set it can run.
    pub fn each() -> Vec<Machine> {
        arch::ALL.iter().filter(|set| set.is_supported()).map(|set| Machine::of(set)).collect()
    }

    fn of(set: &'static InstructionSet) -> Machine {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Machine { set, cores, rates: RATES }
    }

    /// Multiply-adds a second of one core in vectors of this type.
    pub fn products_per_second(&self, working: WorkingType) -> f64 {
        // Two vector multiply-adds a cycle at 2.5 GHz; what each type needs more than that is an estimate.
        let vectors = 5e9;
        let bytes = self.set.vector_bytes as f64;
        match working {
            WorkingType::F32 | WorkingType::F64 => vectors * bytes / working.size() as f64,
            WorkingType::Truth => vectors * bytes,
            WorkingType::I16 => vectors * bytes / 4.0,
            WorkingType::I32 => vectors * bytes / 8.0,
            WorkingType::I64 => vectors * bytes / 24.0,
            // Two real products for a complex weight on a number of two parts.
            WorkingType::C64 => vectors * bytes / 16.0,
            WorkingType::C128 => vectors * bytes / 32.0,
        }
    }
}
