//! Threads that help the calling one: they do the jobs they are called for, and sleep in between.
//!
//! A helper looks for its next job for a moment before it sleeps, because waking takes longer than many calls do, and because calls
//! often follow each other. While it looks it never yields: the system takes a thread that yields for one that has had its turn, and
//! makes it wait behind threads that spin, as idle ones of other libraries do.

use convolver_kernels::Seat;
use std::collections::VecDeque;
use std::hint::spin_loop;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

pub(super) type Job = Box<dyn FnOnce() + Send>;

/// How long a helper looks for a job before it sleeps.
const AWAKE: Duration = Duration::from_micros(50);
/// Looks between two looks at the clock.
const LOOKS: usize = 16;
/// Jobs that may wait for each helper: where all are busy with a long call, more would only take memory.
const WAITING: usize = 16;

/// The helpers, who leave when this is dropped.
pub(super) struct Helpers {
    count: usize,
    office: Arc<Office>,
}

/// What helpers share with who calls them.
struct Office {
    jobs: Mutex<Jobs>,
    called: Condvar,
    /// Jobs in the queue, and one for ever when the helpers are to leave.
    waiting: AtomicUsize,
    /// Where each helper sits.
    seats: Box<[Seat]>,
}

#[derive(Default)]
struct Jobs {
    queue: VecDeque<Job>,
    asleep: usize,
    ended: bool,
}

impl Helpers {
    /// So many helpers, or none if the system gives no more threads.
    pub(super) fn new(count: usize) -> Option<Self> {
        let office = Arc::new(Office {
            jobs: Mutex::default(),
            called: Condvar::new(),
            waiting: AtomicUsize::new(0),
            seats: (0..count).map(|_| Seat::default()).collect(),
        });
        let helpers = Helpers { count, office };
        for number in 0..count {
            let office = helpers.office.clone();
            let name = format!("convolver-{number}");
            thread::Builder::new().name(name).spawn(move || office.help(number)).ok()?;
        }
        Some(helpers)
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Sends helpers off the processor of the calling thread.
    pub(super) fn make_room(&self) {
        self.office.seats.iter().for_each(Seat::make_room);
    }

    /// Hands a job to a helper, unless many wait for one.
    pub(super) fn call(&self, job: Job) {
        let mut jobs = self.office.lock();
        if jobs.queue.len() >= WAITING * self.count {
            return;
        }
        jobs.queue.push_back(job);
        self.office.waiting.fetch_add(1, Ordering::Release);
        let asleep = jobs.asleep > 0;
        drop(jobs);
        if asleep {
            self.office.called.notify_one();
        }
    }
}

impl Drop for Helpers {
    fn drop(&mut self) {
        self.office.lock().ended = true;
        self.office.waiting.fetch_add(1, Ordering::Release);
        self.office.called.notify_all();
    }
}

impl Office {
    fn lock(&self) -> MutexGuard<'_, Jobs> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a helper does all its life.
    fn help(&self, number: usize) {
        let seat = &self.seats[number];
        seat.sit();
        while let Some(job) = self.next() {
            job();
            seat.rest();
            self.look();
        }
    }

    /// Waits a moment for a job.
    fn look(&self) {
        let begun = Instant::now();
        while begun.elapsed() < AWAKE {
            for _ in 0..LOOKS {
                if self.waiting.load(Ordering::Acquire) > 0 {
                    return;
                }
                spin_loop();
            }
        }
    }

    /// The next job, once there is one; none if the helpers are to leave.
    fn next(&self) -> Option<Job> {
        let mut jobs = self.lock();
        loop {
            if let Some(job) = jobs.queue.pop_front() {
                self.waiting.fetch_sub(1, Ordering::Relaxed);
                return Some(job);
            }
            if jobs.ended {
                return None;
            }
            jobs.asleep += 1;
            jobs = self.called.wait(jobs).unwrap_or_else(PoisonError::into_inner);
            jobs.asleep -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;

    #[test]
    fn few_jobs_wait_for_a_busy_helper() {
        let helpers = Helpers::new(1).expect("a thread");
        let (busy, done) = (Arc::new(Barrier::new(2)), Arc::new(AtomicUsize::new(0)));
        let held = busy.clone();
        helpers.call(Box::new(move || {
            held.wait();
            held.wait();
        }));
        busy.wait();
        for _ in 0..10 * WAITING {
            let done = done.clone();
            helpers.call(Box::new(move || {
                done.fetch_add(1, Ordering::Relaxed);
            }));
        }
        busy.wait();
        // Behind all others, once they have begun.
        while helpers.office.waiting.load(Ordering::Relaxed) > 0 {
            thread::yield_now();
        }
        let last = busy.clone();
        helpers.call(Box::new(move || {
            last.wait();
        }));
        busy.wait();
        assert_eq!(done.load(Ordering::Relaxed), WAITING);
    }

    #[test]
    fn helpers_leave_when_nobody_can_call_them() {
        let helpers = Helpers::new(2).expect("threads");
        let office = Arc::downgrade(&helpers.office);
        let (sleep, done) = (Duration::from_millis(5), Arc::new(Barrier::new(2)));
        thread::sleep(sleep);
        let last = done.clone();
        helpers.call(Box::new(move || {
            last.wait();
        }));
        done.wait();
        drop(helpers);
        while office.upgrade().is_some() {
            thread::sleep(sleep);
        }
    }
}
