//! Work lent to threads that may come late, or not at all.
//!
//! A scope waits until every thread that it called has come and gone, however long one takes to wake. Here the lender
//! shuts the door when its own part is done: who comes later turns back, and only who is inside is waited for.

use std::any::Any;
use std::hint::spin_loop;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, Thread};

/// Looks at the door before the lender goes to sleep: a helper's last piece of a small problem takes less time than
/// falling asleep and waking.
const LOOKS: usize = 2000;

/// The bit of [`Door::state`] that says that the door is shut.
const SHUT: usize = 1 << (usize::BITS - 1);

type Work<'a> = dyn Fn(usize) + Sync + 'a;

/// What a helper is called for.
pub type Job = Box<dyn FnOnce() + Send>;

/// What the lender and its helpers share.
struct Door {
    /// Whether the door is shut, and how many are inside.
    state: AtomicUsize,
    /// The work, which lives until the door is shut and everyone has left.
    work: *const Work<'static>,
    lender: Thread,
    /// The panic of a helper, which the lender goes on with.
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

// SAFETY: `work` is the only field that is not `Send` and `Sync` by itself. It points to something `Sync`, and is only
// followed by threads that are inside.
unsafe impl Send for Door {}
// SAFETY: as above.
unsafe impl Sync for Door {}

impl Door {
    /// Does the work as this helper, unless the door is shut.
    fn enter(&self, helper: usize) {
        let inside = |state: usize| (state & SHUT == 0).then_some(state + 1);
        if self.state.fetch_update(Ordering::Acquire, Ordering::Relaxed, inside).is_err() {
            return;
        }
        // SAFETY: this thread is inside, and the lender keeps the work until nobody is.
        let work = unsafe { &*self.work };
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| work(helper))) {
            *self.panic.lock().unwrap_or_else(PoisonError::into_inner) = Some(panic);
        }
        if self.state.fetch_sub(1, Ordering::Release) == SHUT + 1 {
            self.lender.unpark();
        }
    }

    /// Lets nobody in any more, and waits until everyone has left.
    fn shut(&self) {
        self.state.fetch_or(SHUT, Ordering::Relaxed);
        let mut looks = 0;
        while self.state.load(Ordering::Acquire) != SHUT {
            looks += 1;
            if looks < LOOKS { spin_loop() } else { thread::park() }
        }
    }
}

/// Shuts the door, also when the lender's own part panics.
struct Shutter<'a>(&'a Door);

impl Drop for Shutter<'_> {
    fn drop(&mut self) {
        self.0.shut();
    }
}

/// Does `work(0)` here while helpers do `work(1)` to `work(helpers)`, as far as they come before `work(0)` is done.
/// `call` hands each job to another thread, now, later or never. A panic of a helper goes on here.
pub fn lend(work: &Work<'_>, helpers: usize, call: impl FnOnce(Vec<Job>)) {
    let unbound: *const Work<'_> = work;
    // SAFETY: only the lifetime changes, and `Shutter` keeps this function from returning while the work is in use.
    let unbound: *const Work<'static> = unsafe { std::mem::transmute(unbound) };
    let (state, panic) = (AtomicUsize::new(0), Mutex::new(None));
    let door = Arc::new(Door { state, work: unbound, lender: thread::current(), panic });
    let shutter = Shutter(&door);
    let job = |helper| {
        let door = Arc::clone(&door);
        Box::new(move || door.enter(helper)) as Job
    };
    call((1..=helpers).map(job).collect());
    work(0);
    drop(shutter);
    if let Some(panic) = door.panic.lock().unwrap_or_else(PoisonError::into_inner).take() {
        resume_unwind(panic);
    }
}
