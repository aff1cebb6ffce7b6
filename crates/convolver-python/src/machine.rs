//! `machine`, the number of threads, and `show_config`.

use crate::arguments::integer;
use crate::errors::{guarded, raised};
use convolver::threads;
use pyo3::prelude::*;

/// The machine as the planner sees it.
///
/// Attributes
/// ----------
/// instruction_set : str
///     The one whose kernels run: the best there is, or what the environment
///     variable ``CONVOLVER_ISA`` names.
/// instruction_sets : list of str
///     Those of this build that the CPU has, best first.
/// vector_bytes : int
///     Bytes of a vector.
/// cores : int
///     Cores that this process may use.
/// threads : int
///     Threads that large problems use.
#[pyclass(module = "convolver", frozen, get_all)]
pub(crate) struct Machine {
    instruction_set: &'static str,
    instruction_sets: Vec<&'static str>,
    vector_bytes: usize,
    cores: usize,
    threads: usize,
}

#[pymethods]
impl Machine {
    fn __repr__(&self) -> String {
        format!(
            "{} ({}-byte vectors; also runs {}), {} cores, {} threads",
            self.instruction_set,
            self.vector_bytes,
            self.instruction_sets.join(", "),
            self.cores,
            self.threads
        )
    }
}

/// Describe the machine as the planner sees it.
///
/// Returns
/// -------
/// Machine
///     Instruction set, cores and threads.
///
/// Raises
/// ------
/// ValueError
///     If ``CONVOLVER_ISA`` names no instruction set that can run here.
///
/// Examples
/// --------
/// >>> import convolver
/// >>> convolver.machine().cores >= 1
/// True
#[pyfunction]
pub(crate) fn machine() -> PyResult<Machine> {
    guarded(|| {
        let machine = convolver::Machine::detect().map_err(raised)?;
        Ok(Machine {
            instruction_set: machine.set.name,
            instruction_sets: convolver::Machine::each().iter().map(|machine| machine.set.name).collect(),
            vector_bytes: machine.set.vector_bytes,
            cores: machine.cores,
            threads: threads::count(),
        })
    })
}

/// Return how many threads large problems use.
///
/// Examples
/// --------
/// >>> import convolver
/// >>> convolver.get_num_threads() >= 1
/// True
#[pyfunction]
pub(crate) fn get_num_threads() -> usize {
    threads::count()
}

/// Set how many threads large problems use. Results do not depend on it.
///
/// Parameters
/// ----------
/// n : int
///     From 1 to 4096.
///
/// Raises
/// ------
/// ValueError, TypeError
///     If ``n`` is no such integer.
///
/// Examples
/// --------
/// >>> import convolver
/// >>> convolver.set_num_threads(convolver.get_num_threads())
#[pyfunction]
pub(crate) fn set_num_threads(n: &Bound<'_, PyAny>) -> PyResult<()> {
    guarded(|| {
        let threads = integer("n", n.as_borrowed())?;
        threads::set_count(usize::try_from(threads).unwrap_or(0)).map_err(raised)
    })
}

/// Print what a report of a problem should say: versions, instruction sets, threads.
///
/// Examples
/// --------
/// >>> import convolver
/// >>> convolver.show_config()  # doctest: +ELLIPSIS
/// convolver ...
#[pyfunction]
pub(crate) fn show_config(py: Python<'_>) -> PyResult<()> {
    guarded(|| {
        let numpy = py.import("numpy")?.getattr("__version__")?;
        let set =
            convolver::Machine::detect().map_or_else(|error| error.to_string(), |machine| machine.set.name.into());
        let sets: Vec<_> = convolver_kernels::arch::ALL
            .iter()
            .map(|set| format!("{}{}", set.name, if set.is_supported() { "" } else { " (not on this CPU)" }))
            .collect();
        let text = format!(
            "convolver         {}\npython            {}\nnumpy             {numpy}\ninstruction set   {set}\nbuilt for         {}\n\
             cores             {}\nthreads           {}",
            env!("CARGO_PKG_VERSION"),
            Python::version_str().split_whitespace().next().unwrap_or_default(),
            sets.join(", "),
            std::thread::available_parallelism().map_or(1, usize::from),
            threads::count()
        );
        // Through Python, so that it goes where the program's other output goes.
        py.import("builtins")?.getattr("print")?.call1((text,))?;
        Ok(())
    })
}
