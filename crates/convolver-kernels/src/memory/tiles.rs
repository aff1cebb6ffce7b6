//! Tiles: an output cut into boxes that threads take and write without waiting for each other.

use super::view::{Dims, Layout, ViewMut};
use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool, Ordering};

/// An output cut by a regular grid; each box is given out once.
pub struct Tiles<'a> {
    layout: Layout,
    tile: Dims<usize>,
    counts: Dims<usize>,
    taken: Vec<AtomicBool>,
    lifetime: PhantomData<&'a mut u8>,
}

// SAFETY: `Tiles` only gives out disjoint `ViewMut`s, which are `Send`.
unsafe impl Send for Tiles<'_> {}
// SAFETY: as above; `taken` decides between threads.
unsafe impl Sync for Tiles<'_> {}

/// The place in a grid of `counts` boxes of the box with number `number`, counted along the last axis first.
pub fn grid_position(counts: &[usize], mut number: usize) -> Dims<usize> {
    let mut position: Dims<usize> = Dims::from_slice(counts);
    for (place, &count) in position.iter_mut().zip(counts).rev() {
        *place = number % count;
        number /= count;
    }
    position
}

impl<'a> Tiles<'a> {
    /// Cuts `view` into boxes of shape `tile`; the last along an axis may be shorter.
    pub fn new(view: ViewMut<'a>, tile: &[usize]) -> Self {
        assert_eq!(view.shape().len(), tile.len(), "one tile length per axis");
        assert!(!tile.contains(&0), "tiles are not empty");
        let counts: Dims<usize> = view.shape().iter().zip(tile).map(|(&length, &tile)| length.div_ceil(tile)).collect();
        let taken = (0..counts.iter().product()).map(|_| AtomicBool::new(false)).collect();
        Tiles { layout: view.layout, tile: tile.into(), counts, taken, lifetime: PhantomData }
    }

    /// Number of boxes.
    pub fn len(&self) -> usize {
        self.taken.len()
    }

    /// Whether there are no boxes.
    pub fn is_empty(&self) -> bool {
        self.taken.is_empty()
    }

    /// Where box `number` starts, and the box; `None` if it was taken before.
    pub fn take(&self, number: usize) -> Option<(Dims<usize>, ViewMut<'_>)> {
        if self.taken[number].swap(true, Ordering::Relaxed) {
            return None;
        }
        let position = grid_position(&self.counts, number);
        let starts: Dims<usize> = position.iter().zip(&self.tile).map(|(&at, &tile)| at * tile).collect();
        let lengths: Dims<usize> =
            (0..starts.len()).map(|axis| self.tile[axis].min(self.layout.shape[axis] - starts[axis])).collect();
        // SAFETY: boxes of a grid do not overlap, and `taken` gives each out once.
        let mut whole = unsafe { ViewMut::of(self.layout.clone()) };
        let layout = whole.sliced(&starts, &lengths).layout;
        // SAFETY: as above.
        Some((starts, unsafe { ViewMut::of(layout) }))
    }
}
