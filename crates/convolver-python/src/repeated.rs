//! Repeated calls: a call whose arguments are the very objects of an earlier one needs none of them read again.
//!
//! That holds for objects that cannot change: numbers, strings, None and tuples of them, which is what programs write.
//! The table keeps them, so that no other object can have their address.

use crate::arguments::{Argument, Given};
use crate::arrays::Array;
use crate::call::{Folding, Request};
use crate::functions::Function;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat, PyInt, PyString, PyTuple};
use std::cell::RefCell;
use std::hash::Hasher;
use std::sync::Arc;

/// Calls kept by each thread. A direct-mapped table: a call has one place.
const KEPT: usize = 64;

thread_local! {
    static CALLS: RefCell<[Option<Call>; KEPT]> = const { RefCell::new([const { None }; KEPT]) };
}

/// A call that was made before.
struct Call {
    arguments: Addresses,
    request: Arc<Request>,
    /// Keeps the arguments.
    _objects: Vec<Py<PyAny>>,
}

/// The addresses of all arguments but the operands and `out`, and which function they are for.
type Addresses = [usize; ARGUMENTS + 1];

/// Arguments beside the operands and `out`.
const ARGUMENTS: usize = 18;

/// The arguments of a call.
pub(crate) struct Arguments<'a, 'py> {
    addresses: Addresses,
    given: [Argument<'a, 'py>; ARGUMENTS],
}

impl<'a, 'py> Arguments<'a, 'py> {
    #[inline]
    pub(crate) fn new(function: Function, given: &Given<'a, 'py>) -> Self {
        let given = given.all();
        let mut addresses = [function as usize; ARGUMENTS + 1];
        for (address, argument) in addresses.iter_mut().zip(&given) {
            *address = argument.object().map_or(0, |object| object.as_ptr().addr());
        }
        Arguments { addresses, given }
    }

    fn place(&self, x: &Array<'_>, k: &Array<'_>) -> usize {
        let mut hasher = Folding::new();
        // A product per word takes its time: addresses are mixed first.
        let mixed = self.addresses.iter().fold(0usize, |mixed, address| mixed.rotate_left(9) ^ address);
        hasher.write_usize(mixed ^ (x.element as usize) << 56);
        x.shape().iter().chain(k.shape()).for_each(|&length| hasher.write_usize(length));
        (hasher.finish() >> 32) as usize % KEPT
    }

    /// The request that an earlier call with these arguments and such operands made.
    #[inline]
    pub(crate) fn known(&self, x: &Array<'_>, k: &Array<'_>) -> Option<Arc<Request>> {
        CALLS.with_borrow(|calls| match &calls[self.place(x, k)] {
            Some(call) if call.arguments == self.addresses && call.request.is_shaped(x, k) => {
                Some(call.request.clone())
            }
            _ => None,
        })
    }

    /// Keeps the request for the next such call, if the arguments cannot change.
    #[cold]
    pub(crate) fn keep(&self, x: &Array<'_>, k: &Array<'_>, request: &Arc<Request>) {
        let objects = || self.given.iter().filter_map(|argument| argument.object());
        if !objects().all(cannot_change) {
            return;
        }
        let objects = objects().map(|object| object.to_owned().unbind()).collect();
        let call = Call { arguments: self.addresses, request: request.clone(), _objects: objects };
        let place = self.place(x, k);
        // What stood there before is dropped after the table is free again.
        drop(CALLS.with_borrow_mut(|calls| calls[place].replace(call)));
    }
}

/// Whether an object and all it holds stay what they are.
fn cannot_change(object: Borrowed<'_, '_, PyAny>) -> bool {
    let plain = object.is_none()
        || object.is_exact_instance_of::<PyInt>()
        || object.is_exact_instance_of::<PyString>()
        || object.is_exact_instance_of::<PyBool>()
        || object.is_exact_instance_of::<PyFloat>();
    let tuple = || object.cast_exact::<PyTuple>().ok();
    plain || tuple().is_some_and(|tuple| tuple.iter_borrowed().all(cannot_change))
}
