//! Positions by the taps that see the input: at a border, some see nothing but zeros.
//!
//! Rows that may lie anywhere are multiplied in groups of those whose taps see the input alike; a group leaves out the steps
//! of the others. Of 14² outputs of 3×3 taps, that is one product of eleven.

use super::layout::Layout;
use crate::problem::{Axis, Boundary, Problem};

/// Positions of a group, at least; those of smaller groups are multiplied with all taps.
const WORTH: usize = 6;

/// Positions whose taps see the input alike.
pub(super) struct Group {
    /// Their numbers.
    pub(super) rows: Vec<usize>,
    /// Where the joined pairs of each lie.
    pub(super) places: Vec<usize>,
    /// Whether a tap sees the input.
    pub(super) sees: Vec<bool>,
}

/// The groups of a tile's positions, images by outputs, whose first output is at `first`.
pub(super) fn groups(
    problem: &Problem,
    layout: &Layout,
    (first, outputs): (&[usize], &[usize]),
    offsets: &[usize],
) -> Vec<Group> {
    let zero = |axis: &Axis| axis.boundary == [Boundary::Zero; 2] && axis.spread == 1;
    let taps: usize = problem.axes.iter().map(|axis| axis.kernel).product();
    let apart = problem.axes.iter().all(zero);
    // What the taps of an output see, and the number of that for every output of a tile.
    let mut seen: Vec<Vec<bool>> = vec![vec![true]];
    let mut kinds: Vec<usize> = vec![0];
    for (axis, (&first, &count)) in problem.axes.iter().zip(first.iter().zip(outputs)) {
        let sees = |output: usize| -> Vec<bool> {
            let inside = |tap: usize| (0..axis.input as isize).contains(&axis.place(first + output, tap));
            (0..axis.kernel).map(|tap| !apart || inside(tap)).collect()
        };
        let (mut along, mut of) = (Vec::<Vec<bool>>::new(), Vec::with_capacity(count));
        for output in 0..count {
            let sees = sees(output);
            let known = along.iter().position(|other| *other == sees);
            of.push(known.unwrap_or(along.len()));
            if known.is_none() {
                along.push(sees);
            }
        }
        let both = |outer: &[bool], inner: &[bool]| -> Vec<bool> {
            outer.iter().flat_map(|&outer| inner.iter().map(move |&inner| outer && inner)).collect()
        };
        seen = seen.iter().flat_map(|outer| along.iter().map(move |inner| both(outer, inner))).collect();
        let ways = along.len();
        kinds = kinds.iter().flat_map(|kind| of.iter().map(move |of| kind * ways + of)).collect();
    }
    let images = offsets.len() / kinds.len();
    let mut counts = vec![0; seen.len()];
    kinds.iter().for_each(|&kind| counts[kind] += images);
    let group = |sees: Vec<bool>| Group { rows: Vec::new(), places: Vec::new(), sees };
    let mut groups: Vec<Group> = seen.into_iter().map(group).collect();
    groups.push(group(vec![true; taps]));
    let few = groups.len() - 1;
    // Where a pair lies is a quotient, unless it follows the one before.
    let (unit, mut before) = (layout.unit(problem), None);
    let step = layout.pair(unit);
    for (row, (&offset, &kind)) in offsets.iter().zip(kinds.iter().cycle()).enumerate() {
        let place = match before {
            Some((last, place)) if offset == last + unit => place + step,
            _ => layout.pair(offset),
        };
        before = Some((offset, place));
        let group = &mut groups[if counts[kind] < WORTH { few } else { kind }];
        group.rows.push(row);
        group.places.push(place);
    }
    groups.retain(|group| !group.rows.is_empty());
    groups
}
