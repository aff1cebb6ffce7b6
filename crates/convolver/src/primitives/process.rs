//! State that each process has of its own.
//!
//! A forked child gets a copy of its parent's locks, perhaps held by threads that it does not have. Here it finds fresh
//! ones instead: states stand in a chain, one link for every fork on the way to the process that asks.

use std::sync::OnceLock;

/// A state made anew in every process that asks for it.
pub(crate) struct PerProcess<T: 'static>(OnceLock<Link<T>>);

struct Link<T> {
    process: u32,
    state: T,
    next: OnceLock<Box<Link<T>>>,
}

impl<T: Default> PerProcess<T> {
    pub(crate) const fn new() -> Self {
        PerProcess(OnceLock::new())
    }

    /// The state of this process.
    pub(crate) fn get(&'static self) -> &'static T {
        let process = std::process::id();
        let fresh = || Link { process, state: T::default(), next: OnceLock::new() };
        let mut link = self.0.get_or_init(fresh);
        while link.process != process {
            link = link.next.get_or_init(|| Box::new(fresh()));
        }
        &link.state
    }
}
