//! Forms: which numbers the vectors of a block hold, and which weights meet them.
//!
//! A block of a band is R rows × W vectors of outputs whatever its form is: neighbouring outputs, which share their weights;
//! the same at a border, where lanes and rows may be missing; or places that lie apart, whose lanes have weights of their own.

use crate::simd::Vector;

/// A form. Every method is inlined into a block.
pub(crate) trait Form<V: Vector>: Copy {
    /// Numbers between the weights of neighbouring taps.
    fn weight_step(self) -> usize {
        1
    }

    /// The form for a phase of the kernel.
    fn of_phase(self, _number: usize) -> Self {
        self
    }

    /// Whether row `t` of the phase's input is there; zeros stand for one that is not.
    fn row_is_there(self, _t: usize) -> bool {
        true
    }

    /// Vector `v` of a row of the block, as column `column` of the kernel sees it.
    ///
    /// # Safety
    /// Its numbers must be readable, and the CPU must have the instruction set; so for all below.
    unsafe fn load(self, row: *const V::Lane, v: usize, column: usize) -> V;

    /// The same, or zeros if the row is not there.
    ///
    /// # Safety
    /// As `load`, of a row that is there.
    #[inline(always)]
    unsafe fn load_if(self, there: bool, row: *const V::Lane, v: usize, column: usize) -> V {
        // SAFETY: the caller's word.
        unsafe { if there { self.load(row, v, column) } else { V::splat(V::Lane::default()) } }
    }

    /// The weights of a tap.
    ///
    /// # Safety
    /// As `load`.
    #[inline(always)]
    unsafe fn weight(self, tap: *const V::Lane) -> V {
        // SAFETY: the caller's word.
        unsafe { V::splat(*tap) }
    }

    /// Writes vector `v` of a row of the block.
    ///
    /// # Safety
    /// As `load`, and writable.
    unsafe fn store(self, vector: V, row: *mut V::Lane, v: usize);
}

/// Neighbouring outputs. Of a single vector that is `FEW`, the first numbers.
#[derive(Clone, Copy)]
pub(crate) struct Neighbours<const FEW: bool>(pub(crate) usize);

impl<V: Vector, const FEW: bool> Form<V> for Neighbours<FEW> {
    #[inline(always)]
    unsafe fn load(self, row: *const V::Lane, v: usize, _column: usize) -> V {
        // SAFETY: the caller's word.
        unsafe { if FEW { V::load_first(row, self.0) } else { V::load(row.wrapping_add(v * V::COUNT)) } }
    }

    #[inline(always)]
    unsafe fn store(self, vector: V, row: *mut V::Lane, v: usize) {
        // SAFETY: the caller's word.
        unsafe { if FEW { vector.store_first(row, self.0) } else { vector.store(row.add(v * V::COUNT)) } }
    }
}

/// Rows of the input of which some are missing.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a> {
    /// What the block's first row sees through the first kernel row, and steps from one row to the next.
    pub(crate) first: isize,
    pub(crate) step: usize,
    /// Rows there are.
    pub(crate) count: usize,
    /// What each phase adds to the first.
    pub(crate) phases: &'a [usize],
}

impl Rows<'_> {
    #[inline(always)]
    fn of_phase(self, number: usize) -> Self {
        Rows { first: self.first + self.phases[number] as isize, ..self }
    }

    #[inline(always)]
    fn is_there(self, t: usize) -> bool {
        // One comparison: a negative row is a huge number.
        (self.first + (t * self.step) as isize).cast_unsigned() < self.count
    }
}

/// Neighbouring outputs at a border.
#[derive(Clone, Copy)]
pub(crate) struct Bordered<'a> {
    pub(crate) rows: Rows<'a>,
    /// For each vector, for each column of the kernel, the lanes that are there.
    pub(crate) lanes: &'a [u64],
    pub(crate) columns: usize,
    /// The number of the last vector, and how many outputs it has.
    pub(crate) last: (usize, usize),
}

impl<V: Vector> Form<V> for Bordered<'_> {
    #[inline(always)]
    fn of_phase(self, number: usize) -> Self {
        Bordered { rows: self.rows.of_phase(number), ..self }
    }

    #[inline(always)]
    fn row_is_there(self, t: usize) -> bool {
        self.rows.is_there(t)
    }

    #[inline(always)]
    unsafe fn load(self, row: *const V::Lane, v: usize, column: usize) -> V {
        // SAFETY: the caller's word; there are lanes for every vector and column.
        unsafe {
            let lanes = *self.lanes.get_unchecked(v * self.columns + column);
            V::load_lanes(row.wrapping_add(v * V::COUNT), lanes)
        }
    }

    /// Without a branch: the rows that are there differ from strip to strip.
    #[inline(always)]
    unsafe fn load_if(self, there: bool, row: *const V::Lane, v: usize, column: usize) -> V {
        // SAFETY: the caller's word; no lane of a row that is not there is read.
        unsafe {
            let lanes = *self.lanes.get_unchecked(v * self.columns + column);
            V::load_lanes(row.wrapping_add(v * V::COUNT), lanes & u64::from(there).wrapping_neg())
        }
    }

    #[inline(always)]
    unsafe fn store(self, vector: V, row: *mut V::Lane, v: usize) {
        let (last, count) = self.last;
        // SAFETY: the caller's word.
        unsafe {
            let row = row.add(v * V::COUNT);
            if v == last && count < V::COUNT { vector.store_first(row, count) } else { vector.store(row) }
        }
    }
}

/// Places that lie apart, whose lanes have weights of their own. Of vectors that are `FEW`, the first numbers.
#[derive(Clone, Copy)]
pub(crate) struct Apart<'a, const FEW: bool> {
    pub(crate) rows: Rows<'a>,
    /// Numbers between two vectors of the input, and of the target.
    pub(crate) steps: (usize, isize),
    /// Lanes there are, and those of a vector that is `FEW`.
    pub(crate) lanes: usize,
    pub(crate) count: usize,
}

impl<V: Vector, const FEW: bool> Form<V> for Apart<'_, FEW> {
    #[inline(always)]
    fn weight_step(self) -> usize {
        self.lanes
    }

    #[inline(always)]
    fn of_phase(self, number: usize) -> Self {
        Apart { rows: self.rows.of_phase(number), ..self }
    }

    #[inline(always)]
    fn row_is_there(self, t: usize) -> bool {
        self.rows.is_there(t)
    }

    #[inline(always)]
    unsafe fn load(self, row: *const V::Lane, v: usize, _column: usize) -> V {
        // SAFETY: the caller's word.
        unsafe {
            let place = row.wrapping_add(v * self.steps.0);
            if FEW { V::load_first(place, self.count) } else { V::load(place) }
        }
    }

    #[inline(always)]
    unsafe fn weight(self, tap: *const V::Lane) -> V {
        // SAFETY: the caller's word.
        unsafe { if FEW { V::load_first(tap, self.count) } else { V::load(tap) } }
    }

    #[inline(always)]
    unsafe fn store(self, vector: V, row: *mut V::Lane, v: usize) {
        // SAFETY: the caller's word.
        unsafe {
            let place = row.offset(v as isize * self.steps.1);
            if FEW { vector.store_first(place, self.count) } else { vector.store(place) }
        }
    }
}
