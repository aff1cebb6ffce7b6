//! Scratch: aligned working memory that a thread keeps for its next tile.
//!
//! A fresh megabyte costs about as much as convolving it (the system zeroes its pages), so a thread keeps what it
//! last used, up to a limit. Large blocks lie in huge pages where the system has them.

use crate::working::Working;
use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::cell::RefCell;
use std::ptr::NonNull;

/// A cache line, and the widest vector.
const ALIGNMENT: usize = 64;
/// Blocks a thread keeps at most, and their bytes together.
const KEPT_BLOCKS: usize = 8;
const KEPT_BYTES: usize = 24 << 20;
/// A huge page, and the bytes from which on a block lies in such.
const HUGE_PAGE: usize = 2 << 20;
const LARGE: usize = 2 * HUGE_PAGE;

struct Block {
    /// What was allocated, without an alignment of ours: only such memory comes from the system as the zeros it is, untouched.
    allocated: NonNull<u8>,
    /// The first aligned byte of it.
    pointer: NonNull<u8>,
    /// Bytes from there on.
    bytes: usize,
}

impl Block {
    fn alignment(bytes: usize) -> usize {
        if bytes < LARGE { ALIGNMENT } else { HUGE_PAGE }
    }

    fn layout(bytes: usize) -> Layout {
        let bytes = bytes.checked_add(Self::alignment(bytes)).expect("scratch sizes are checked by the plan");
        Layout::from_size_align(bytes, 1).expect("scratch sizes are checked by the plan")
    }

    fn new(bytes: usize) -> Self {
        let layout = Self::layout(bytes);
        // SAFETY: the layout has at least `ALIGNMENT` bytes.
        let pointer = unsafe { alloc_zeroed(layout) };
        let Some(allocated) = NonNull::new(pointer) else { handle_alloc_error(layout) };
        let past = allocated.as_ptr().addr() % Self::alignment(bytes);
        // SAFETY: the layout has room for the bytes and an alignment before them.
        let pointer = unsafe { allocated.add((Self::alignment(bytes) - past) % Self::alignment(bytes)) };
        if bytes >= LARGE {
            advise_huge(pointer, bytes);
        }
        Block { allocated, pointer, bytes }
    }
}

/// Asks for huge pages: a large block is touched in a fraction of the time then.
#[cfg(target_os = "linux")]
fn advise_huge(pointer: NonNull<u8>, bytes: usize) {
    // SAFETY: the block's own whole pages; the advice changes nothing of what they hold, and may be refused.
    unsafe { libc::madvise(pointer.as_ptr().cast(), bytes & !(HUGE_PAGE - 1), libc::MADV_HUGEPAGE) };
}

#[cfg(not(target_os = "linux"))]
fn advise_huge(_: NonNull<u8>, _: usize) {}

impl Drop for Block {
    fn drop(&mut self) {
        // SAFETY: allocated in `new` with this layout.
        unsafe { dealloc(self.allocated.as_ptr(), Self::layout(self.bytes)) }
    }
}

thread_local! {
    static KEPT: RefCell<Vec<Block>> = const { RefCell::new(Vec::new()) };
}

/// Aligned numbers of unspecified value.
pub struct Scratch<W: Working> {
    block: Option<Block>,
    length: usize,
    kind: std::marker::PhantomData<W>,
}

// SAFETY: the block is owned, and numbers are `Send`.
unsafe impl<W: Working> Send for Scratch<W> {}
// SAFETY: a shared scratch only gives out shared slices, and numbers are `Sync`.
unsafe impl<W: Working> Sync for Scratch<W> {}

impl<W: Working> Scratch<W> {
    /// Room for `length` numbers, their values left over from earlier use.
    pub fn new(length: usize) -> Self {
        let bytes = length.checked_mul(size_of::<W>()).expect("scratch sizes are checked by the plan").max(ALIGNMENT);
        let kept = KEPT.try_with(|kept| {
            let mut kept = kept.borrow_mut();
            let fit = kept.iter().enumerate().filter(|(_, block)| block.bytes >= bytes).min_by_key(|(_, b)| b.bytes)?.0;
            Some(kept.swap_remove(fit))
        });
        let block = kept.ok().flatten().unwrap_or_else(|| Block::new(bytes.next_multiple_of(4096)));
        Scratch { block: Some(block), length, kind: std::marker::PhantomData }
    }

    fn pointer(&self) -> *mut W {
        self.block.as_ref().expect("present until dropped").pointer.as_ptr().cast()
    }
}

impl<W: Working> std::ops::Deref for Scratch<W> {
    type Target = [W];
    fn deref(&self) -> &[W] {
        // SAFETY: the block holds `length` numbers; its bytes were zeroed or written as numbers, and every bit pattern
        // is a number.
        unsafe { std::slice::from_raw_parts(self.pointer(), self.length) }
    }
}

impl<W: Working> std::ops::DerefMut for Scratch<W> {
    fn deref_mut(&mut self) -> &mut [W] {
        // SAFETY: as above, and the block is owned.
        unsafe { std::slice::from_raw_parts_mut(self.pointer(), self.length) }
    }
}

impl<W: Working> Drop for Scratch<W> {
    fn drop(&mut self) {
        let Some(block) = self.block.take() else { return };
        if block.bytes > KEPT_BYTES / 2 {
            return;
        }
        // A thread that is ending has no place left to keep it; then it is freed.
        let _ = KEPT.try_with(|kept| {
            let mut kept = kept.borrow_mut();
            kept.push(block);
            while kept.len() > KEPT_BLOCKS || kept.iter().map(|block| block.bytes).sum::<usize>() > KEPT_BYTES {
                let smallest = (0..kept.len()).min_by_key(|&i| kept[i].bytes).expect("not empty");
                kept.swap_remove(smallest);
            }
        });
    }
}
