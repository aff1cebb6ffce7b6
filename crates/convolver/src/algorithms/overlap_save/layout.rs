//! How the axes of a problem become those of tiles.
//!
//! Parts    With stride s, output o sees through tap a the place o·s + a·d − low = (o + ⌊a·d/s⌋)·s + (a·d mod s) − low: point
//!          o + ⌊a·d/s⌋ of the part of the input whose places have that remainder. Each part is convolved with the taps that
//!          see it, without a stride, and the parts are summed like channels.
//! Direct   An axis of one tap or one output is not transformed: each of its taps is a part by itself, of one point.
//! Line     The last axis that is transformed runs along lines. Later ones, which are not, change places with it, which
//!          needs that they see nothing but samples: what is around and between them depends on the order of axes.

use crate::primitives::fft::{length, operations, rows_and_columns};
use crate::problem::{Axis, Boundary, Problem};
use convolver_kernels::{Dims, Kind, grid_position};
use smallvec::SmallVec;

/// Operations for a point that a twist takes, counted.
const TWIST: f64 = 8.0;
/// Operations for a point besides those of the passes along an axis: an estimate.
const OTHERS: f64 = 30.0;

/// The axes of tiles.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// The number of each in the problem.
    pub(super) order: Dims<usize>,
    /// The axes, the line's last.
    pub(super) axes: SmallVec<[Along; 3]>,
    /// Whether numbers are real.
    pub(super) real: bool,
}

/// One axis of a tile.
#[derive(Clone, Debug)]
pub(super) struct Along {
    pub(super) axis: Axis,
    pub(super) transformed: bool,
    pub(super) parts: Vec<Part>,
    /// Points that one output sees.
    pub(super) window: usize,
    /// Whether what is around its samples is zero: what is constant around another axis may stand there, too.
    zeros: bool,
}

/// Part of an axis: every stride-th place.
#[derive(Clone, Debug)]
pub(super) struct Part {
    /// Places from that of output 0 and tap 0 to its first.
    pub(super) offset: usize,
    /// The taps that see it, and through which point output 0 does.
    pub(super) taps: Vec<(usize, usize)>,
}

impl Layout {
    /// `None` if no axis is worth transforming.
    pub(super) fn new(problem: &Problem) -> Option<Self> {
        let axes = &problem.axes;
        let outside = |axis: &Axis| axis.low > 0 || axis.high > 0 || axis.spread > 1;
        let useful = |axis: &Axis| axis.kernel > 1 && axis.output() > 1;
        if !axes.iter().any(useful) {
            return None;
        }
        let line = (0..axes.len()).rev().find(|&axis| useful(&axes[axis]) || outside(&axes[axis]))?;
        let order: Dims<usize> = (0..axes.len()).filter(|&axis| axis != line).chain([line]).collect();
        let constant = axes.iter().any(|axis| axis.boundary.contains(&Boundary::Constant));
        let along = |&number: &usize| Along::new(axes[number], number == line || useful(&axes[number]), !constant);
        let real = problem.output.kind() != Kind::Complex;
        Some(Layout { axes: order.iter().map(along).collect(), order, real })
    }

    /// The number of parts of the input: those of every axis, times each other.
    pub(super) fn parts(&self) -> usize {
        self.axes.iter().map(|along| along.parts.len()).product()
    }

    /// The summed index of an element, and its part of each axis.
    pub(super) fn element(&self, element: usize) -> (usize, Dims<usize>) {
        let counts: Dims<usize> = self.axes.iter().map(|along| along.parts.len()).collect();
        (element / self.parts(), grid_position(&counts, element % self.parts()))
    }

    /// The axes as the loader sees them.
    pub(super) fn loaded(&self) -> SmallVec<[Axis; 3]> {
        self.axes.iter().map(|along| along.axis).collect()
    }

    /// Whether a tile is a single line, cut into rows.
    pub(super) fn is_long_line(&self) -> bool {
        let (_, before) = self.axes.split_last().expect("there is a line");
        before.iter().all(|along| !along.transformed)
    }

    /// What lengths along an axis are multiples of.
    pub(super) fn unit(&self, axis: usize, lanes: usize) -> usize {
        let vectors = match (axis + 1 == self.axes.len(), self.is_long_line()) {
            (false, _) => 1,
            (true, false) => lanes,
            (true, true) => lanes * lanes,
        };
        if axis == self.cut() { vectors * self.folds() } else { vectors }
    }

    /// Vector operations for each point of a transform along an axis of so many points.
    pub(super) fn operations(&self, axis: usize, points: usize, lanes: usize) -> f64 {
        let points = if axis == self.cut() { points / self.folds() } else { points };
        if self.is_long_line() && axis + 1 == self.axes.len() {
            let (rows, columns) = rows_and_columns(points, lanes).expect("a line of whole squares of vectors");
            return operations(rows) + operations(columns) + TWIST;
        }
        operations(points)
    }

    /// The best length of an axis that has at least so many points.
    pub(super) fn length(&self, axis: usize, least: usize, lanes: usize) -> usize {
        length(self.unit(axis, lanes), least, |points| self.operations(axis, points, lanes), OTHERS)
    }

    /// Numbers that are one complex number of a transform.
    pub(super) fn folds(&self) -> usize {
        if self.real { 2 } else { 1 }
    }

    /// The first transformed axis: along it outputs of a tile are cut to be stored, and a tile of real numbers in halves.
    pub(super) fn cut(&self) -> usize {
        self.axes.iter().position(|along| along.transformed).expect("one is transformed")
    }
}

impl Along {
    fn new(axis: Axis, transformed: bool, zeros: bool) -> Self {
        let mut parts: Vec<Part> = Vec::new();
        for tap in 0..axis.kernel {
            let place = tap * axis.dilation;
            let (offset, point) = if transformed { (place % axis.stride, place / axis.stride) } else { (place, 0) };
            let known = if transformed { parts.iter_mut().find(|part| part.offset == offset) } else { None };
            match known {
                Some(part) => part.taps.push((tap, point)),
                None => parts.push(Part { offset, taps: vec![(tap, point)] }),
            }
        }
        let zeros = zeros && axis.boundary == [Boundary::Zero; 2];
        let points = parts.iter().flat_map(|part| &part.taps).map(|&(_, point)| point);
        let window = points.max().unwrap_or(0) + 1;
        Along { axis, transformed, parts, window, zeros }
    }

    /// Points that so many outputs see.
    pub(super) fn extent(&self, outputs: usize) -> usize {
        outputs + self.window - 1
    }

    /// The least length of a circular convolution that gives so many outputs.
    ///
    /// Point e may stand for point e ± N where one of both is zero and not seen otherwise. Where all outputs are in one
    /// tile, and samples lie between z zeros before and points from e on, that is so from N = max(e, extent − z) on.
    pub(super) fn least(&self, outputs: usize) -> usize {
        let extent = self.extent(outputs);
        let Axis { input, spread, low, stride, .. } = self.axis;
        if outputs < self.axis.output() || !self.zeros {
            return extent;
        }
        let before = |place: isize| place.max(0).cast_unsigned().div_ceil(stride).min(extent);
        let of_part = |part: &Part| {
            let first = low - part.offset as isize;
            before(first + (spread * (input - 1)) as isize + 1).max(extent - before(first))
        };
        self.parts.iter().map(of_part).max().unwrap_or(extent).max(outputs)
    }
}
