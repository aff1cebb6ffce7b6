//! The plans of recent problems. A plan holds no kernel values.

use super::{Method, Plan, Planner};
use crate::machine::Machine;
use crate::problem::{Error, Problem};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

type Key = (Problem, Method, Option<usize>);

/// Plans kept at most; a program with more shapes than this plans anew, which takes microseconds.
const KEPT: usize = 1024;

static PLANS: Mutex<Option<HashMap<Key, Arc<Plan>>>> = Mutex::new(None);

/// The plan for a problem on this machine, from the cache where it has been made before.
pub fn cached(problem: &Problem, method: &Method, memory: Option<usize>) -> Result<Arc<Plan>, Error> {
    let key = (problem.clone(), method.clone(), memory);
    let lock = || PLANS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(plan) = lock().as_ref().and_then(|plans| plans.get(&key)) {
        return Ok(plan.clone());
    }
    // Planning, and measuring above all, happens outside the lock.
    let planner = Planner::new(Machine::detect()?).method(method.clone()).memory(memory);
    let plan = Arc::new(planner.plan(problem)?);
    let mut plans = lock();
    let plans = plans.get_or_insert_default();
    if plans.len() >= KEPT {
        plans.clear();
    }
    Ok(plans.entry(key).or_insert(plan).clone())
}
