//! Work lent to threads that come at once, late, or not at all.

use convolver_kernels::{Job, lend};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

fn spawn(jobs: Vec<Job>) {
    jobs.into_iter().for_each(|job| drop(thread::spawn(job)));
}

#[test]
fn who_comes_at_once_is_waited_for() {
    for _ in 0..200 {
        let (all, done) = (Barrier::new(3), AtomicUsize::new(0));
        let work = |who: usize| {
            all.wait();
            done.fetch_add(1 + who, Ordering::Relaxed);
        };
        lend(&work, 2, spawn);
        assert_eq!(done.into_inner(), 6);
    }
}

#[test]
fn who_comes_late_turns_back() {
    let (mut late, done) = (Vec::new(), AtomicUsize::new(0));
    let work = |_| {
        done.fetch_add(1, Ordering::Relaxed);
    };
    lend(&work, 3, |jobs| late = jobs);
    late.into_iter().for_each(|job| job());
    assert_eq!(done.into_inner(), 1);
}

#[test]
fn a_panic_of_a_helper_goes_on_at_the_lender() {
    let both = Barrier::new(2);
    let work = |who: usize| {
        both.wait();
        assert_eq!(who, 0, "a helper that panics");
    };
    assert!(catch_unwind(AssertUnwindSafe(|| lend(&work, 1, spawn))).is_err());
}

#[test]
fn a_panic_of_the_lender_waits_for_the_helpers() {
    let (both, done) = (Barrier::new(2), AtomicUsize::new(0));
    let work = |who: usize| {
        both.wait();
        assert_ne!(who, 0, "a lender that panics");
        thread::sleep(std::time::Duration::from_millis(20));
        done.fetch_add(1, Ordering::Relaxed);
    };
    assert!(catch_unwind(AssertUnwindSafe(|| lend(&work, 1, spawn))).is_err());
    assert_eq!(done.into_inner(), 1);
}
