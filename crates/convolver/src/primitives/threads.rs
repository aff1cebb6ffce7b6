//! Threads: numbered pieces of work over a pool that survives a fork.
//!
//! Pieces are cut by the plan, so results do not depend on how many threads take them.

use crate::primitives::crew::Crew;
use crate::primitives::process::PerProcess;
use crate::problem::Error;
use convolver_kernels::{Tiles, ViewMut, lend};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The number asked for; 0 until then, which means one for every core.
static COUNT: AtomicUsize = AtomicUsize::new(0);

/// The threads of this process. A forked child has none of its parent's.
static CREW: PerProcess<Mutex<Option<Arc<Crew>>>> = PerProcess::new();

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

fn crew() -> Option<Arc<Crew>> {
    let wanted = count() - 1;
    if wanted == 0 {
        return None;
    }
    let mut state = CREW.get().lock().unwrap_or_else(PoisonError::into_inner);
    if state.as_ref().is_none_or(|crew| crew.count() != wanted) {
        // Where the system gives no more threads, the calling thread does the work.
        *state = Crew::new(wanted).map(Arc::new);
    }
    state.clone()
}

/// Does pieces `0..pieces`, on the calling thread alone unless `shared`. The calling thread takes pieces from the first
/// moment on, so that helpers that are slow to wake cost nothing but their help. Each thread begins with a share of its
/// own, so that the next call finds what lies in that core's cache there, and then takes what the others have left.
pub fn for_each(pieces: usize, shared: bool, work: impl Fn(usize) + Sync) {
    let Some(crew) = (if shared && pieces > 1 { crew() } else { None }) else {
        return (0..pieces).for_each(work);
    };
    let threads = (crew.count() + 1).min(pieces);
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
    crew.make_room();
    lend(&take, threads - 1, |jobs| crew.call(jobs));
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
