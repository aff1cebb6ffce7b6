//! Threads: numbered pieces of work over a pool that survives a fork.
//!
//! Pieces are cut by the plan, so results do not depend on how many threads take them.

use crate::primitives::process::PerProcess;
use crate::problem::Error;
use convolver_kernels::{Seat, Tiles, ViewMut, lend};
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The number asked for; 0 until then, which means one for every core.
static COUNT: AtomicUsize = AtomicUsize::new(0);

/// Threads that help the calling one.
#[derive(Clone)]
struct Pool {
    helpers: usize,
    threads: Arc<ThreadPool>,
    /// Jobs that no thread has begun yet.
    waiting: Arc<AtomicUsize>,
    /// Where each helper sits.
    seats: Arc<[Seat]>,
}

/// Jobs that may wait for a helper: where all are busy with a long call, more would only take memory.
const WAITING: usize = 16;

/// The threads of this process. A forked child has none of its parent's.
static POOL: PerProcess<Mutex<Option<Pool>>> = PerProcess::new();

/// Number of threads that large problems use.
pub fn count() -> usize {
    match COUNT.load(Ordering::Relaxed) {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        threads => threads,
    }
}

/// Sets how many threads large problems use.
pub fn set_count(threads: usize) -> Result<(), Error> {
    if threads == 0 || threads > 4096 {
        return Err(Error::value(format!("the number of threads must be from 1 to 4096, not {threads}")));
    }
    COUNT.store(threads, Ordering::Relaxed);
    Ok(())
}

impl Pool {
    fn of(helpers: usize) -> Option<Pool> {
        let builder = ThreadPoolBuilder::new().num_threads(helpers).thread_name(|i| format!("convolver-{i}"));
        let seats: Arc<[Seat]> = (0..helpers).map(|_| Seat::default()).collect();
        let taken = seats.clone();
        let builder = builder.start_handler(move |number| taken[number].sit());
        let pool = |threads| Pool { helpers, threads: Arc::new(threads), waiting: Arc::default(), seats };
        builder.build().ok().map(pool)
    }

    /// Hands a job to a helper, unless many wait for one.
    fn call(&self, job: Box<dyn FnOnce() + Send>) {
        if self.waiting.load(Ordering::Relaxed) >= WAITING * self.helpers {
            return;
        }
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let (waiting, seats) = (self.waiting.clone(), self.seats.clone());
        self.threads.spawn(move || {
            waiting.fetch_sub(1, Ordering::Relaxed);
            job();
            if let Some(number) = rayon::current_thread_index() {
                seats[number].rest();
            }
        });
    }
}

fn pool() -> Option<Pool> {
    let helpers = count() - 1;
    if helpers == 0 {
        return None;
    }
    let mut state = POOL.get().lock().unwrap_or_else(PoisonError::into_inner);
    if state.as_ref().is_none_or(|pool| pool.helpers != helpers) {
        // Where the system gives no more threads, the calling thread does the work.
        *state = Pool::of(helpers);
    }
    state.clone()
}

/// Does pieces `0..pieces`, on the calling thread alone unless `shared`. The calling thread takes pieces from the first
/// moment on, so that helpers that are slow to wake cost nothing but their help. Each thread begins with a share of its
/// own, so that the next call finds what lies in that core's cache there, and then takes what the others have left.
pub fn for_each(pieces: usize, shared: bool, work: impl Fn(usize) + Sync) {
    let Some(pool) = (if shared && pieces > 1 { pool() } else { None }) else {
        return (0..pieces).for_each(work);
    };
    let threads = (pool.helpers + 1).min(pieces);
    let first = |share: usize| share * pieces / threads;
    let next: Vec<AtomicUsize> = (0..threads).map(|share| AtomicUsize::new(first(share))).collect();
    let take = |own: usize| {
        for share in (own..threads).chain(0..own) {
            loop {
                let piece = next[share].fetch_add(1, Ordering::Relaxed);
                if piece >= first(share + 1) {
                    break;
                }
                work(piece);
            }
        }
    };
    pool.seats.iter().for_each(Seat::make_room);
    lend(&take, threads - 1, |job| pool.call(job));
}

/// Does all tiles of this shape of an array, as [`for_each`] does pieces: where each starts, and its part of the array.
pub fn for_each_tile(array: ViewMut<'_>, shape: &[usize], shared: bool, work: impl Fn(&[usize], ViewMut<'_>) + Sync) {
    let tiles = Tiles::new(array, shape);
    for_each(tiles.len(), shared, |number| {
        if let Some((start, tile)) = tiles.take(number) {
            work(&start, tile);
        }
    });
}

/// Does all chunks of `length` numbers of a slice, as [`for_each`] does pieces.
pub fn for_each_chunk<T: Send>(numbers: &mut [T], length: usize, shared: bool, work: impl Fn(usize, &mut [T]) + Sync) {
    if !shared {
        return numbers.chunks_mut(length).enumerate().for_each(|(number, chunk)| work(number, chunk));
    }
    let chunks: Vec<Mutex<&mut [T]>> = numbers.chunks_mut(length).map(Mutex::new).collect();
    for_each(chunks.len(), true, |number| {
        let mut chunk = chunks[number].lock().unwrap_or_else(PoisonError::into_inner);
        work(number, &mut chunk);
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;

    #[test]
    fn few_jobs_wait_for_a_busy_helper() {
        let pool = Pool::of(1).expect("a thread");
        let (busy, done) = (Arc::new(Barrier::new(2)), Arc::new(AtomicUsize::new(0)));
        let held = busy.clone();
        pool.call(Box::new(move || {
            held.wait();
            held.wait();
        }));
        busy.wait();
        for _ in 0..10 * WAITING {
            let done = done.clone();
            pool.call(Box::new(move || {
                done.fetch_add(1, Ordering::Relaxed);
            }));
        }
        busy.wait();
        // Behind all others, once they have begun.
        let last = busy.clone();
        while pool.waiting.load(Ordering::Relaxed) > 0 {
            std::thread::yield_now();
        }
        pool.call(Box::new(move || {
            last.wait();
        }));
        busy.wait();
        assert_eq!(done.load(Ordering::Relaxed), WAITING);
    }
}
