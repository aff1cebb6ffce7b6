//! Threads: numbered pieces of work over a pool that survives a fork.
//!
//! Pieces are cut by the plan, so results do not depend on how many threads take them.

use crate::problem::Error;
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::sync::{Arc, Mutex, PoisonError};

struct Pool {
    threads: usize,
    /// The process whose threads these are: a forked child has none of them.
    process: u32,
    pool: Option<Arc<ThreadPool>>,
}

static POOL: Mutex<Pool> = Mutex::new(Pool { threads: 0, process: 0, pool: None });

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Number of threads that large problems use.
pub fn count() -> usize {
    let threads = POOL.lock().unwrap_or_else(PoisonError::into_inner).threads;
    if threads == 0 { cores() } else { threads }
}

/// Sets how many threads large problems use.
pub fn set_count(threads: usize) -> Result<(), Error> {
    if threads == 0 || threads > 4096 {
        return Err(Error::value(format!("the number of threads must be from 1 to 4096, not {threads}")));
    }
    let mut state = POOL.lock().unwrap_or_else(PoisonError::into_inner);
    if state.threads != threads {
        state.threads = threads;
        discard(&mut state);
    }
    Ok(())
}

fn discard(state: &mut Pool) {
    if let Some(pool) = state.pool.take() {
        if state.process == std::process::id() {
            drop(pool);
        } else {
            // Joining threads that exist only in the parent would wait for ever.
            std::mem::forget(pool);
        }
    }
}

fn pool() -> Option<Arc<ThreadPool>> {
    let mut state = POOL.lock().unwrap_or_else(PoisonError::into_inner);
    let threads = if state.threads == 0 { cores() } else { state.threads };
    if threads == 1 {
        return None;
    }
    if state.process != std::process::id() {
        discard(&mut state);
    }
    if state.pool.is_none() {
        state.process = std::process::id();
        // Where the system gives no more threads, the calling thread does the work.
        let builder = ThreadPoolBuilder::new().num_threads(threads).thread_name(|i| format!("convolver-{i}"));
        state.pool = builder.build().ok().map(Arc::new);
    }
    state.pool.clone()
}

/// Does pieces `0..pieces`, on the calling thread alone unless `shared`.
pub fn for_each(pieces: usize, shared: bool, work: impl Fn(usize) + Sync) {
    match if shared && pieces > 1 { pool() } else { None } {
        Some(pool) => pool.install(|| (0..pieces).into_par_iter().with_max_len(1).for_each(&work)),
        None => (0..pieces).for_each(work),
    }
}
