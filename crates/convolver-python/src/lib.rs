//! The Python face: reads what users write, hands it to the engine, gives back arrays. Decides nothing.
//!
//! One call: `functions` names the arguments, `arguments` and `words` read them, `arrays` finds the operands in
//! memory, `call` looks the request up among recent ones and runs its plan.

mod arguments;
mod arrays;
mod call;
mod elements;
mod errors;
mod explanation;
mod faces;
mod functions;
mod machine;
mod plan;
mod repeated;
mod words;

use pyo3::pymodule;

/// The compiled half of `convolver`; private, its names are those of `convolver`.
#[pymodule(gil_used = false)]
mod _native {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::explanation::{Candidate, Explanation};
    #[pymodule_export]
    use crate::faces::{edges, filter, folded, layer, weights};
    #[pymodule_export]
    use crate::functions::{convolve, correlate, einconv, explain};
    #[pymodule_export]
    use crate::machine::{Machine, get_num_threads, machine, set_num_threads, show_config};
    #[pymodule_export]
    use crate::plan::{Plan, plan};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
