//! The crew: threads that help the calling one. They do the jobs they are called for, and sleep in between.
//!
//! Who has done a job looks for the next one for a moment before it sleeps, because waking takes longer than many calls do, and because
//! calls often follow each other. While it looks it never yields: the system takes a thread that yields for one that has had its turn,
//! and makes it wait behind threads that spin, as idle ones of other libraries do.

use convolver_kernels::{Job, Seat};
use std::collections::VecDeque;
use std::hint::spin_loop;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long one looks for a job before it sleeps.
const AWAKE: Duration = Duration::from_micros(50);
/// Looks between two looks at the clock.
const LOOKS: usize = 16;
/// Jobs that may wait for each: where all are busy with a long call, more would only take memory.
const WAITING: usize = 16;

/// So many threads, which leave when this is dropped.
pub(super) struct Crew {
    count: usize,
    office: Arc<Office>,
}

/// What the crew shares with who calls it.
struct Office {
    jobs: Mutex<Jobs>,
    called: Condvar,
    /// Jobs in the queue, and one for ever when the crew is to leave.
    waiting: AtomicUsize,
    /// Where each thread sits.
    seats: Box<[Seat]>,
}

#[derive(Default)]
struct Jobs {
    queue: VecDeque<Job>,
    asleep: usize,
    ended: bool,
}

impl Crew {
    /// So many threads, or none if the system does not give them.
    pub(super) fn new(count: usize) -> Option<Self> {
        let office = Arc::new(Office {
            jobs: Mutex::default(),
            called: Condvar::new(),
            waiting: AtomicUsize::new(0),
            seats: (0..count).map(|_| Seat::default()).collect(),
        });
        let crew = Crew { count, office };
        for number in 0..count {
            let office = crew.office.clone();
            let name = format!("convolver-{number}");
            thread::Builder::new().name(name).spawn(move || office.help(number)).ok()?;
        }
        Some(crew)
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Sends the crew off the processor of the calling thread.
    pub(super) fn make_room(&self) {
        self.office.seats.iter().for_each(Seat::make_room);
    }

    /// Hands jobs to the crew, but for those that would have to wait behind many.
    pub(super) fn call(&self, jobs: Vec<Job>) {
        let mut known = self.office.lock();
        let taken = jobs.len().min((WAITING * self.count).saturating_sub(known.queue.len()));
        known.queue.extend(jobs.into_iter().take(taken));
        self.office.waiting.fetch_add(taken, Ordering::Release);
        let woken = taken.min(known.asleep);
        drop(known);
        (0..woken).for_each(|_| self.office.called.notify_one());
    }
}

impl Drop for Crew {
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

    /// What a thread of the crew does all its life.
    fn help(&self, number: usize) {
        let seat = &self.seats[number];
        seat.sit();
        while let Some(job) = self.next() {
            job();
            seat.rest();
        }
    }

    /// The next job, once there is one; none if the crew is to leave.
    fn next(&self) -> Option<Job> {
        let begun = Instant::now();
        let mut jobs = self.lock();
        loop {
            if let Some(job) = jobs.queue.pop_front() {
                self.waiting.fetch_sub(1, Ordering::Relaxed);
                return Some(job);
            }
            if jobs.ended {
                return None;
            }
            if begun.elapsed() < AWAKE {
                drop(jobs);
                self.look(begun);
                jobs = self.lock();
            } else {
                jobs.asleep += 1;
                jobs = self.called.wait(jobs).unwrap_or_else(PoisonError::into_inner);
                jobs.asleep -= 1;
            }
        }
    }

    /// Waits for a job, but not for long.
    fn look(&self, begun: Instant) {
        while begun.elapsed() < AWAKE {
            for _ in 0..LOOKS {
                if self.waiting.load(Ordering::Acquire) > 0 {
                    return;
                }
                spin_loop();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;

    #[test]
    fn few_jobs_wait_for_a_busy_crew() {
        let crew = Crew::new(1).expect("a thread");
        let (busy, done) = (Arc::new(Barrier::new(2)), Arc::new(AtomicUsize::new(0)));
        let held = busy.clone();
        crew.call(vec![Box::new(move || {
            held.wait();
            held.wait();
        })]);
        busy.wait();
        for _ in 0..10 * WAITING {
            let done = done.clone();
            crew.call(vec![Box::new(move || {
                done.fetch_add(1, Ordering::Relaxed);
            })]);
        }
        busy.wait();
        // Behind all others, once they have begun.
        while crew.office.waiting.load(Ordering::Relaxed) > 0 {
            thread::yield_now();
        }
        let last = busy.clone();
        crew.call(vec![Box::new(move || {
            last.wait();
        })]);
        busy.wait();
        assert_eq!(done.load(Ordering::Relaxed), WAITING);
    }

    #[test]
    fn every_job_is_done_by_those_who_sleep_and_those_who_look() {
        let crew = Crew::new(3).expect("threads");
        for round in 0..300 {
            let all = Arc::new(Barrier::new(4));
            let jobs = (0..3).map(|_| {
                let all = all.clone();
                Box::new(move || {
                    all.wait();
                }) as Job
            });
            crew.call(jobs.collect());
            all.wait();
            if round % 30 == 0 {
                thread::sleep(2 * AWAKE);
            }
        }
    }

    #[test]
    fn the_crew_leaves_when_nobody_can_call_it() {
        let crew = Crew::new(2).expect("threads");
        let office = Arc::downgrade(&crew.office);
        thread::sleep(2 * AWAKE);
        let last = Arc::new(Barrier::new(2));
        let job = last.clone();
        crew.call(vec![Box::new(move || {
            job.wait();
        })]);
        last.wait();
        drop(crew);
        while office.upgrade().is_some() {
            thread::sleep(AWAKE);
        }
    }
}
