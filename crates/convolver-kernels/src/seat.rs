//! Where a helping thread sits: kept off the processor of the thread that it helps.
//!
//! A thread that sleeps most of the time wakes where it last ran. If that is where the caller computes, the system may leave both there
//! for hundreds of calls, which then take as long as without help: a short call is over before loads are balanced.

use std::sync::atomic::{AtomicI32, Ordering};

/// A helping thread's place.
#[derive(Debug)]
pub struct Seat {
    /// The thread, as the system numbers it; 0 until it sits.
    thread: AtomicI32,
    /// The processor it was last seen on; −1 if that is not known.
    processor: AtomicI32,
    /// The processor it is kept off; −1 if there is none.
    avoided: AtomicI32,
}

impl Default for Seat {
    fn default() -> Self {
        Seat { thread: AtomicI32::new(0), processor: AtomicI32::new(-1), avoided: AtomicI32::new(-1) }
    }
}

#[cfg(target_os = "linux")]
impl Seat {
    /// The calling thread sits here from now on.
    pub fn sit(&self) {
        // SAFETY: asks for a number, and changes nothing.
        self.thread.store(unsafe { libc::gettid() }, Ordering::Relaxed);
    }

    /// The calling thread, which sits here, has done its work.
    pub fn rest(&self) {
        self.processor.store(processor(), Ordering::Relaxed);
    }

    /// Sends the thread that sits here to another processor than that of the calling one, if they shared it and there is another
    /// that the caller may use. It stays off until it has to be kept off another one.
    pub fn make_room(&self) {
        let (thread, own) = (self.thread.load(Ordering::Relaxed), processor());
        let shared = self.processor.load(Ordering::Relaxed) == own;
        if thread == 0 || own < 0 || !shared || self.avoided.load(Ordering::Relaxed) == own {
            return;
        }
        // SAFETY: a set is bits, all of which may be zeros.
        let mut others: libc::cpu_set_t = unsafe { std::mem::zeroed() };
        // SAFETY: the set is as large as is said.
        let known = unsafe { libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), &mut others) } == 0;
        if !known || own >= libc::CPU_SETSIZE {
            return;
        }
        // SAFETY: the set has room for the processor.
        unsafe { libc::CPU_CLR(own as usize, &mut others) };
        // SAFETY: only reads the set.
        if unsafe { libc::CPU_COUNT(&others) } > 0 {
            self.avoided.store(own, Ordering::Relaxed);
            // SAFETY: the set is as large as is said. A thread that has ended is refused, and nothing is lost where the system
            // refuses.
            unsafe { libc::sched_setaffinity(thread, size_of::<libc::cpu_set_t>(), &others) };
        }
    }
}

/// The processor that the calling thread runs on.
#[cfg(target_os = "linux")]
fn processor() -> i32 {
    // SAFETY: asks for a number, and changes nothing.
    unsafe { libc::sched_getcpu() }
}

#[cfg(not(target_os = "linux"))]
impl Seat {
    /// The calling thread sits here from now on.
    pub fn sit(&self) {}

    /// The calling thread, which sits here, has done its work.
    pub fn rest(&self) {}

    /// Sends the thread that sits here to another processor than that of the calling one.
    pub fn make_room(&self) {}
}
