//! Tiles whose inputs are read where they lie, with zeros around them; and lanes along the group.
//!
//! A tile of planes (neighbours along the last axis before the banks) is one job for each position along axes that are neither
//! rows nor lanes; for each kernel of the bank, too, where their outputs do not follow those of the plane. A tile with lanes
//! along the group, and along the kernels of each of its elements, packs its input only where it must.

use super::geometry::Lanes;
use super::run::{Run, Tile, number_of, phases};
use super::store::store;
use crate::problem::Boundary;
use convolver_kernels::{Dims, Each, Frame, MatricesMut, Phase, Planes, Scratch, Source, Span, Storing, grid_position};
use smallvec::SmallVec;

/// Places that a tile may see along an axis to be read in place, and numbers from one lane to the next.
const FAR: usize = 1 << 40;
const FAR_LANES: usize = 1 << 26;

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
        let Run { problem, walk, set, weights, .. } = *self.run;
        let index: Dims<usize> = Dims::from_elem(0, self.output.shape().len());
        // Blocks of lanes as rows are no places of a row.
        if walk.geometry.lanes != Lanes::Convolved
            || W::PARTS > 1
            || walk.geometry.fold.is_some()
            || self.output.matrix::<W::Lane>(&index, self.row, self.lane).is_none()
        {
            return false;
        }
        let Some(field) = self.field() else { return false };
        let stacked = self.banks_at.checked_sub(1);
        let banks: usize = problem.bank.iter().product();
        let each = walk.order.len() * problem.summed.iter().product::<usize>();
        let planes = if walk.planes > 1 { stacked.map_or(1, |axis| self.output.shape()[axis]) } else { 1 };
        let size = self.run.input.element().size() as isize;
        let input_step = stacked.map_or(0, |axis| (self.run.input.strides()[axis] / size) as usize);
        let weight_step = if problem.group.is_empty() { 0 } else { banks * each };
        let group = number_of(&problem.group, &self.start[problem.batch.len()..self.banks_at]);
        let step = walk.geometry.row.map_or(1, |row| problem.axes[row].stride);
        let rows = self.row.map_or(1, |(_, rows)| rows);
        let positions = self.positions(&field);
        let bank_lengths: Dims<usize> = self.output.shape()[self.banks_at..self.convolved_at].into();
        // Where the outputs of a plane's kernels lie among those of the planes, all are one stack; so are those of a single plane.
        let (first, lengths): (_, Dims<usize>) = (index.clone(), self.output.shape().into());
        let (mut output, stack, kernels) = match (self.output.sliced(&first, &lengths), stacked) {
            (output, Some(axis)) if bank_lengths.len() == 1 => match output.merged(axis, axis + 1) {
                Ok(merged) => (merged, Some(axis), banks),
                Err(output) => (output, Some(axis), 1),
            },
            (output, None) if bank_lengths.len() == 1 => (output, Some(self.banks_at), banks),
            (output, stacked) => (output, stacked, 1),
        };
        let fewer = usize::from(output.shape().len() < lengths.len());
        let (row, lane) = (self.row.map(|(axis, rows)| (axis - fewer, rows)), (self.lane.0 - fewer, self.lane.1));
        for bank in 0..banks / kernels {
            for (origin, place) in &positions {
                let mut index: Dims<usize> = Dims::from_elem(0, self.banks_at);
                index.extend(grid_position(&bank_lengths, bank).into_iter().skip(fewer).chain(place.iter().copied()));
                let first = (group * banks + bank) * each;
                let weights = &weights.parts[0][first..first + (planes - 1) * weight_step + kernels * each];
                let mut target = match stack {
                    Some(axis) => output.matrices(&index, (axis, planes * kernels), row, lane),
                    None => output.matrix(&index, row, lane).map(MatricesMut::from),
                }
                .expect("asked for above");
                for set_of_rows in 0..walk.sets.min(rows) {
                    let first = field.rows.first + (set_of_rows * step) as isize;
                    let rows = Span { first, ..field.rows };
                    let frame = field.frame(*origin, rows, &walk.first_rows, weights);
                    let job = Planes { frame, input_step, weight_step, kernels };
                    if !set.planes(&job, &mut target.rows(set_of_rows, walk.sets)) {
                        return false;
                    }
                }
            }
        }
        true
    }

    /// Computes a tile whose lanes run along the group, and along the kernels of each of its elements.
    pub(super) fn each(&mut self) {
        let Run { problem, walk, set, weights, .. } = *self.run;
        let (row, places) = (self.row, (self.output.shape().len() - 1, self.shape[problem.axes.len() - 1]));
        let rows = row.map_or(1, |(_, rows)| rows);
        let elements: usize = problem.summed.iter().product();
        let banks: usize = problem.bank.iter().product();
        let lanes = self.lane.1 * banks;
        let (packed, starts, own_phases, columns, shifts);
        let step = self.run.input.strides()[problem.batch.len()] / self.run.input.element().size() as isize;
        let near = usize::try_from(step).ok().filter(|&step| step <= FAR_LANES);
        let (field, lane_step) = match (self.field(), near) {
            (Some(field), Some(step)) => (field, step),
            _ => {
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
                let field = Field {
                    source: W::lanes(&packed).into(),
                    origin: 0,
                    rows: walk.geometry.row.map_or(Span::ONE, |row| span(row, walk.step)),
                    places: span(problem.axes.len() - 1, problem.axes[problem.axes.len() - 1].stride),
                    steps: &walk.tiling.steps,
                    phases: &own_phases,
                    columns: &columns,
                    shifts: &shifts,
                };
                (field, 1)
            }
        };
        let step = walk.geometry.row.map_or(1, |row| problem.axes[row].stride);
        let positions = self.positions(&field);
        let job = |origin: usize, mut target: MatricesMut<'_, W::Lane>| {
            for set_of_rows in 0..walk.sets.min(rows) {
                let first = field.rows.first + (set_of_rows * step) as isize;
                let frame = field.frame(origin, Span { first, ..field.rows }, &walk.first_rows, &weights.parts[0]);
                set.each(&Each { frame, shared: banks, step: lane_step }, &mut target.rows(set_of_rows, walk.sets));
            }
        };
        let (first, lengths): (Dims<usize>, Dims<usize>) =
            (Dims::from_elem(0, self.output.shape().len()), self.output.shape().into());
        let output = self.output.sliced(&first, &lengths);
        let merged = match problem.bank.len() {
            0 => Ok(output),
            _ => output.merged(self.lane.0, self.lane.0 + 1),
        };
        if let Ok(mut output) = merged {
            let fewer = problem.bank.len();
            let (row, places) = (row.map(|(axis, rows)| (axis - fewer, rows)), (places.0 - fewer, places.1));
            let index = |place: &Dims<usize>| -> Dims<usize> {
                (0..self.banks_at).map(|_| 0).chain(place.iter().copied()).collect()
            };
            let mut in_place = true;
            for (origin, place) in &positions {
                match output.matrices(&index(place), places, row, (self.lane.0, lanes)) {
                    Some(target) => job(*origin, target),
                    None => in_place = false,
                }
            }
            if in_place {
                return;
            }
        }
        let mut sums = Scratch::<W>::new(self.output.len());
        let each = places.1 * rows * lanes;
        for ((origin, _), part) in positions.iter().zip(W::lanes_mut(&mut sums).chunks_exact_mut(each)) {
            job(*origin, MatricesMut::from_slice(part, (places.1, rows * lanes), (rows, lanes), lanes));
        }
        self.store_lanes(&sums, lanes);
    }

    /// Stores sums of lines of lanes, the kernels of each element of the group side by side.
    fn store_lanes(&mut self, sums: &[W], lanes: usize) {
        let Run { problem, walk, .. } = *self.run;
        let (banks, lines) = (lanes / self.lane.1, sums.len() / lanes);
        let mut others = walk.geometry.others.clone();
        others.push(problem.axes.len() - 1);
        let mut apart = Scratch::<W>::new(sums.len());
        for (number, sum) in sums.iter().enumerate() {
            let (line, lane) = (number / lanes, number % lanes);
            apart[(lane % banks * lines + line) * self.lane.1 + lane / banks] = *sum;
        }
        let row = self.row;
        store(&mut self.output, &mut [apart], (self.banks_at, self.convolved_at), &others, row, self.lane);
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
            let seen = (self.shape[number] - 1).saturating_mul(axis.stride).saturating_add(axis.window());
            if seen.max(place.unsigned_abs()) > FAR {
                return None;
            }
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

    /// The positions along the axes that are neither rows nor lanes: where the input's row 0, place 0 lies, and the first
    /// output along the convolved axes.
    fn positions(&self, field: &Field<'_, W::Lane>) -> Vec<(usize, Dims<usize>)> {
        let Run { problem, walk, .. } = *self.run;
        let others: Dims<usize> = walk.geometry.others.iter().map(|&axis| self.shape[axis]).collect();
        let position = |other: usize| {
            let (mut origin, mut place): (_, Dims<usize>) = (field.origin, Dims::from_elem(0, problem.axes.len()));
            for (&axis, at) in walk.geometry.others.iter().zip(grid_position(&others, other)) {
                place[axis] = at;
                origin += at * problem.axes[axis].stride * field.steps[axis];
            }
            (origin, place)
        };
        (0..others.iter().product()).map(position).collect()
    }
}

impl<'a, L: convolver_kernels::Lane> Field<'a, L> {
    fn frame(&self, origin: usize, rows: Span, firsts: &'a [usize], weights: &'a [L]) -> Frame<'a, L> {
        let Field { source: input, places, phases, columns, shifts, .. } = *self;
        Frame { input, origin, rows, places, phases, firsts, columns, shifts, weights }
    }
}
