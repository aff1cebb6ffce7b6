//! Tiles whose inputs are read where they lie, with zeros around them; and lanes along the group.
//!
//! A tile of planes (neighbours along the last axis before the banks) is one job for each kernel of the bank and position
//! along axes that are neither rows nor lanes. A tile with lanes along the group packs its input only where it must.

use super::geometry::Lanes;
use super::run::{Run, Tile, number_of, phases};
use super::store::store;
use super::weights::Weights;
use crate::problem::Boundary;
use convolver_kernels::{Dims, Frame, MatricesMut, Phase, Planes, Scratch, Source, Span, Storing, grid_position};
use smallvec::SmallVec;

/// Masks of eight bytes that a tile may need at most; with more, its input is packed.
const MASKS: usize = 64 << 10;

/// What all jobs of a tile share.
struct Field<'a, L> {
    source: Source<'a, L>,
    /// Where row 0, place 0 lies, at the first of the other positions.
    origin: usize,
    rows: Span,
    places: Span,
    /// Numbers between neighbouring places of each convolved axis.
    steps: &'a [usize],
    phases: &'a [Phase],
    columns: &'a [usize],
    shifts: &'a [usize],
}

impl<'a, W: Storing> Tile<'a, W> {
    /// Computes planes in place, if only zeros stand around them and the output takes sums as they are.
    pub(super) fn framed(&mut self) -> bool {
        let Run { problem, walk, set, .. } = *self.run;
        let stacked = self.banks_at.checked_sub(1);
        let index: Dims<usize> = Dims::from_elem(0, self.output.shape().len());
        // A vector that misses lanes at both ends is loaded under a mask; blocks of lanes as rows would need more.
        if walk.geometry.lanes != Lanes::Convolved
            || W::PARTS > 1
            || walk.geometry.fold.is_some()
            || self.output.matrix::<W::Lane>(&index, self.row, self.lane).is_none()
        {
            return false;
        }
        let Some(field) = self.field() else { return false };
        // Every vector of a row may need a mask for every shift.
        let vectors = self.lane.1.div_ceil(set.lanes::<W::Lane>()) + 1;
        if vectors.saturating_mul(field.shifts.len()) > MASKS {
            return false;
        }
        let kernels: usize = problem.bank.iter().product();
        let each = walk.order.len() * problem.summed.iter().product::<usize>();
        let grouped = !problem.group.is_empty();
        let planes = if walk.planes > 1 { stacked.map_or(1, |axis| self.output.shape()[axis]) } else { 1 };
        let size = self.run.input.element().size() as isize;
        let input_step = stacked.map_or(0, |axis| (self.run.input.strides()[axis] / size) as usize);
        let weight_step = if grouped { kernels * each } else { 0 };
        let group = number_of(&problem.group, &self.start[problem.batch.len()..self.banks_at]);
        let step = walk.geometry.row.map_or(1, |row| problem.axes[row].stride);
        let rows = self.row.map_or(1, |(_, rows)| rows);
        let (row, lane) = (self.row, self.lane);
        self.each_position(&field, |output, weights, bank, origin, index| {
            let first = (group * kernels + bank) * each;
            let weights = &weights.parts[0][first..first + (planes - 1) * weight_step + each];
            let mut target = match stacked {
                Some(axis) => output.matrices(index, (axis, planes), row, lane),
                None => output.matrix(index, row, lane).map(MatricesMut::from),
            }
            .expect("asked for above");
            for set_of_rows in 0..walk.sets.min(rows) {
                let first = field.rows.first + (set_of_rows * step) as isize;
                let rows = Span { first, ..field.rows };
                let frame = field.frame(origin, rows, &walk.first_rows, weights);
                let job = Planes { frame, input_step, weight_step };
                set.planes(&job, &mut target.rows(set_of_rows, walk.sets));
            }
        });
        true
    }

    /// Computes a tile whose lanes run along the group.
    pub(super) fn each(&mut self) {
        let Run { problem, walk, set, .. } = *self.run;
        let last = self.output.shape().len() - 1;
        let (row, lane, places) = (self.row, self.lane, (last, self.shape[problem.axes.len() - 1]));
        let index: Dims<usize> = Dims::from_elem(0, last + 1);
        let in_place = self.output.matrices::<W::Lane>(&index, places, row, lane).is_some();
        let mut sums = (!in_place).then(|| Scratch::<W>::new(self.output.len()));
        let rows = row.map_or(1, |(_, rows)| rows);
        let elements: usize = problem.summed.iter().product();
        let (packed, starts, own_phases, columns, shifts);
        let field = match self.field() {
            Some(field) => field,
            None => {
                let mut boxes = Scratch::<W>::new(walk.tiling.plane * elements);
                self.load(0..elements, &mut boxes);
                packed = boxes;
                starts = (0..elements).map(|element| element * walk.tiling.plane).collect::<SmallVec<[usize; 4]>>();
                own_phases = phases(walk, elements);
                columns = walk.columns(problem, &walk.tiling, &starts);
                shifts = walk.shifts(problem, elements);
                let span = |axis: usize, step: usize| Span {
                    first: 0,
                    step,
                    count: walk.tiling.extents[axis],
                    pitch: walk.tiling.steps[axis],
                };
                Field {
                    source: W::lanes(&packed).into(),
                    origin: 0,
                    rows: walk.geometry.row.map_or(Span::ONE, |row| span(row, walk.step)),
                    places: span(problem.axes.len() - 1, problem.axes[problem.axes.len() - 1].stride),
                    steps: &walk.tiling.steps,
                    phases: &own_phases,
                    columns: &columns,
                    shifts: &shifts,
                }
            }
        };
        let each = walk.order.len() * elements * problem.group[0];
        let step = walk.geometry.row.map_or(1, |row| problem.axes[row].stride);
        let mut number = 0;
        self.each_position(&field, |output, weights, bank, origin, index| {
            let weights = &weights.parts[0][bank * each..][..each];
            let mut target = match &mut sums {
                None => output.matrices(index, places, row, lane).expect("asked for above"),
                Some(sums) => {
                    let part = &mut W::lanes_mut(sums)[number * places.1 * rows * lane.1..];
                    MatricesMut::from_slice(part, (places.1, rows * lane.1), (rows, lane.1), lane.1)
                }
            };
            for set_of_rows in 0..walk.sets.min(rows) {
                let first = field.rows.first + (set_of_rows * step) as isize;
                let frame = field.frame(origin, Span { first, ..field.rows }, &walk.first_rows, weights);
                set.each(&frame, &mut target.rows(set_of_rows, walk.sets));
            }
            number += 1;
        });
        if let Some(sums) = sums {
            let mut others = walk.geometry.others.clone();
            others.push(problem.axes.len() - 1);
            store(&mut self.output, &[sums], (self.banks_at, self.convolved_at), &others, row, lane);
        }
    }

    /// The input itself, if what this tile sees outside it are zeros before and after rows and their places.
    fn field(&self) -> Option<Field<'a, W::Lane>> {
        let Run { problem, walk, .. } = *self.run;
        let placed = self.run.placed.as_ref()?;
        let strides = self.run.input.strides();
        let size = self.run.input.element().size();
        let mut origin: usize = (0..self.banks_at).map(|axis| self.start[axis] * (strides[axis] as usize / size)).sum();
        let output = &self.start[self.convolved_at..];
        for (number, axis) in problem.axes.iter().enumerate() {
            let place = axis.place(output[number], 0);
            let end = place + ((self.shape[number] - 1) * axis.stride + axis.window()) as isize;
            let (before, after) = (place < 0, end > axis.input as isize);
            let zeros =
                (!before || axis.boundary[0] == Boundary::Zero) && (!after || axis.boundary[1] == Boundary::Zero);
            let bordered = Some(number) == walk.geometry.row || number + 1 == problem.axes.len();
            if axis.spread != 1 || !zeros || (!bordered && (before || after)) {
                return None;
            }
            if !bordered {
                origin += place as usize * placed.tiling.steps[number];
            }
        }
        let span = |axis: usize, step: usize| Span {
            first: problem.axes[axis].place(output[axis], 0),
            step,
            count: problem.axes[axis].input,
            pitch: placed.tiling.steps[axis],
        };
        let last = problem.axes.len() - 1;
        Some(Field {
            source: placed.source,
            origin,
            rows: walk.geometry.row.map_or(Span::ONE, |row| span(row, walk.step)),
            places: span(last, problem.axes[last].stride),
            steps: &placed.tiling.steps,
            phases: &placed.phases,
            columns: &placed.columns,
            shifts: &placed.shifts,
        })
    }

    /// Does a job for every kernel of the bank and every position along the axes that are neither rows nor lanes: output,
    /// weights, the kernel's number, where the input's row 0, place 0 lies, and the job's first output.
    fn each_position(
        &mut self,
        field: &Field<'_, W::Lane>,
        mut job: impl FnMut(&mut convolver_kernels::ViewMut<'_>, &Weights<W>, usize, usize, &[usize]),
    ) {
        let Run { problem, walk, weights, .. } = *self.run;
        let bank_lengths: Dims<usize> = self.output.shape()[self.banks_at..self.convolved_at].into();
        let others: Dims<usize> = walk.geometry.others.iter().map(|&axis| self.shape[axis]).collect();
        let mut index: Dims<usize> = Dims::from_elem(0, self.output.shape().len());
        for bank in 0..bank_lengths.iter().product() {
            index[self.banks_at..self.convolved_at].copy_from_slice(&grid_position(&bank_lengths, bank));
            for other in 0..others.iter().product() {
                let mut origin = field.origin;
                for (&axis, at) in walk.geometry.others.iter().zip(grid_position(&others, other)) {
                    index[self.convolved_at + axis] = at;
                    origin += at * problem.axes[axis].stride * field.steps[axis];
                }
                job(&mut self.output, weights, bank, origin, &index);
            }
        }
    }
}

impl<'a, L: convolver_kernels::Lane> Field<'a, L> {
    fn frame(&self, origin: usize, rows: Span, firsts: &'a [usize], weights: &'a [L]) -> Frame<'a, L> {
        let Field { source: input, places, phases, columns, shifts, .. } = *self;
        Frame { input, origin, rows, places, phases, firsts, columns, shifts, weights }
    }
}
