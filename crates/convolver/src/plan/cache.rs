//! The plans of recent problems. A plan holds no kernel values.

use super::{Method, Plan, Planner, all_known};
use crate::machine::Machine;
use crate::primitives::process::PerProcess;
use crate::problem::{Error, Known, Problem};
use convolver_kernels::View;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

type Key = (Problem, Method, Option<usize>);

/// Plans kept at most; a program with more shapes than this plans anew, which takes microseconds.
const KEPT: usize = 1024;

static PLANS: PerProcess<Mutex<HashMap<Key, Arc<Plan>>>> = PerProcess::new();

/// The plan for a problem with this kernel: as [`cached`], with what is worth knowing of the kernel's values. A method
/// asked for by name always is told all that can be known.
pub fn cached_for(
    problem: &Problem,
    kernel: &View<'_>,
    method: &Method,
    memory: Option<usize>,
) -> Result<Arc<Plan>, Error> {
    cached_with(problem, known_for(problem, kernel, method), method, memory)
}

/// What the plan for a problem with this kernel is told of the kernel's values.
pub fn known_for(problem: &Problem, kernel: &View<'_>, method: &Method) -> Known {
    let named = matches!(method, Method::Named(_));
    if named { all_known(problem, kernel) } else { Planner::recognise(problem, kernel) }
}

/// As [`cached`], with what is known of the kernel's values.
pub fn cached_with(
    problem: &Problem,
    known: Known,
    method: &Method,
    memory: Option<usize>,
) -> Result<Arc<Plan>, Error> {
    if known == Known::default() {
        return cached(problem, method, memory);
    }
    cached(&problem.clone().rebuild().known(known).build()?, method, memory)
}

/// The plan for a problem on this machine, from the cache where it has been made before.
pub fn cached(problem: &Problem, method: &Method, memory: Option<usize>) -> Result<Arc<Plan>, Error> {
    let key = (problem.clone(), method.clone(), memory);
    let lock = || PLANS.get().lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(plan) = lock().get(&key) {
        return Ok(plan.clone());
    }
    // Planning, and measuring above all, happens outside the lock.
    let planner = Planner::new(Machine::detect()?).method(method.clone()).memory(memory);
    let plan = Arc::new(planner.plan(problem)?);
    let mut plans = lock();
    if plans.len() >= KEPT {
        plans.clear();
    }
    Ok(plans.entry(key).or_insert(plan).clone())
}
