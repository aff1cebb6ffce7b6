//! Frames, as planes and as lanes with weights of their own, against their formula: every instruction set and every lane.

mod support;

use convolver_kernels::{Each, Frame, InstructionSet, MatricesMut, Phase, Planes, Span};
use std::panic::{AssertUnwindSafe, catch_unwind};
use support::{Exact, Random};

/// A frame, owned.
#[derive(Clone, Debug)]
struct Job<L> {
    origin: usize,
    rows: Span,
    places: Span,
    phases: Vec<Phase>,
    firsts: Vec<usize>,
    columns: Vec<usize>,
    shifts: Vec<usize>,
    weights: Vec<L>,
    input: Vec<L>,
    /// Matrices of the target, rows and columns.
    shape: [usize; 3],
    /// Whether matrices are planes; otherwise they are places.
    planes: bool,
    /// Numbers from one plane to the next.
    plane: usize,
    /// Kernels that go over a plane, and whether all planes have the same.
    kernels: usize,
    shared: bool,
    /// Neighbouring lanes that see the same numbers, and numbers from there to what the next see.
    lanes: (usize, usize),
}

impl<L: Exact> Job<L> {
    /// A job with random padding, steps and offsets, its input not one element longer than it must be.
    fn random(random: &mut Random, shape: [usize; 3], planes: bool) -> Self {
        let [matrices, rows, columns] = shape;
        let (outputs, lanes) = if planes { (columns, 1) } else { (matrices, columns) };
        let phases: Vec<_> = (0..random.within(1, 2))
            .map(|_| Phase { rows: random.within(1, 7), columns: random.within(1, 4) })
            .collect();
        let firsts: Vec<_> = phases.iter().map(|_| random.below(3)).collect();
        let (seen_by, lane_step) = (random.within(1, 3), random.within(1, 3));
        let (seen_by, lane_step) = if random.below(2) == 0 { (1, 1) } else { (seen_by, lane_step) };
        let beyond_lanes = (lanes - 1) / seen_by * lane_step;
        let pitch = beyond_lanes + 1 + random.below(3);
        let mut span = |outputs: usize, step: usize, pitch: usize| {
            let count = random.within(1, outputs * step + 9);
            Span { first: random.below(9) as isize - 5, step, count, pitch }
        };
        let places = if planes { span(outputs, 1 + outputs % 3, 1) } else { span(outputs, 1 + outputs % 2, pitch) };
        let row_pitch = places.count * places.pitch + 3;
        let rows_along = span(rows, 1 + rows % 2, row_pitch);
        let origin = random.below(5);
        let count: usize = phases.iter().map(|phase| phase.columns).sum();
        let shifts: Vec<_> = (0..count).map(|_| random.below(6)).collect();
        // Of one plane, or of several.
        let further = 1 + 2 * random.below(2);
        let besides: Vec<_> = (0..count).map(|_| random.below(further)).collect();
        let mut columns = Vec::new();
        for (phase, first) in phases.iter().zip(&firsts) {
            for _ in 0..phase.columns {
                let at = columns.len();
                columns.push(first * row_pitch + shifts[at] * places.pitch + besides[at]);
            }
        }
        let plane = if planes { random.below(40) } else { 0 };
        let kernels = if planes && matrices.is_multiple_of(2) { random.within(1, 2) } else { 1 };
        let beyond = if planes { (matrices / kernels - 1) * plane } else { beyond_lanes };
        let furthest = besides.iter().max().unwrap();
        let end = (rows_along.count - 1) * row_pitch + (places.count - 1) * places.pitch;
        let input = (0..origin + end + furthest + beyond + 1).map(|_| L::random(random)).collect();
        let taps: usize = phases.iter().map(|phase| phase.rows * phase.columns).sum();
        let shared = planes && random.below(2) == 0;
        let sets = if !planes {
            lanes
        } else if shared {
            kernels
        } else {
            matrices
        };
        let weights = (0..taps * sets).map(|_| L::random(random)).collect();
        Job {
            origin,
            rows: rows_along,
            places,
            phases,
            firsts,
            columns,
            shifts,
            weights,
            input,
            shape,
            planes,
            plane,
            kernels,
            shared,
            lanes: (seen_by, lane_step),
        }
    }

    fn taps(&self) -> usize {
        self.phases.iter().map(|phase| phase.rows * phase.columns).sum()
    }

    /// The weights in the order of the frame: those of a vector of lanes together.
    fn ordered(&self, set: &'static InstructionSet) -> Vec<L> {
        if self.planes {
            return self.weights.clone();
        }
        let (lanes, vector) = (self.shape[2], set.lanes::<L>());
        let weight =
            |lane: usize, tap: usize| if lane < lanes { self.weights[tap * lanes + lane] } else { L::default() };
        let lanes_of = |first: usize, tap: usize| (first..first + vector).map(move |lane| weight(lane, tap));
        let vectors = (0..lanes).step_by(vector);
        vectors.flat_map(|first| (0..self.taps()).flat_map(move |tap| lanes_of(first, tap))).collect()
    }

    fn frame<'a>(&'a self, weights: &'a [L]) -> Frame<'a, L> {
        Frame {
            input: self.input[..].into(),
            origin: self.origin,
            rows: self.rows,
            places: self.places,
            phases: &self.phases,
            firsts: &self.firsts,
            columns: &self.columns,
            shifts: &self.shifts,
            weights,
        }
    }

    /// The output of a matrix at a row and column, by the formula.
    fn expected(&self, [matrix, row, column]: [usize; 3]) -> L {
        let planes = self.planes;
        let (place, lane) = if planes { (column, 0) } else { (matrix, column) };
        let lanes = if planes { 1 } else { self.shape[2] };
        let own = match (planes, self.shared) {
            (true, true) => matrix % self.kernels * self.taps(),
            (true, false) => matrix * self.taps(),
            (false, _) => 0,
        };
        let (mut sum, mut tap, mut at) = (L::default(), 0, 0);
        for (phase, &first) in self.phases.iter().zip(&self.firsts) {
            for _ in 0..phase.columns {
                for q in 0..phase.rows {
                    let along = self.rows.first + (first + (row + q) * self.rows.step) as isize;
                    let across = self.places.first + (self.shifts[at] + place * self.places.step) as isize;
                    let inside = |place: isize, span: &Span| place >= 0 && (place as usize) < span.count;
                    if inside(along, &self.rows) && inside(across, &self.places) {
                        let besides = self.columns[at] - self.shifts[at] * self.places.pitch - first * self.rows.pitch;
                        let place = along as usize * self.rows.pitch + across as usize * self.places.pitch;
                        let plane = if planes { matrix / self.kernels * self.plane } else { 0 };
                        let seen = lane / self.lanes.0 * self.lanes.1;
                        let number = self.input[self.origin + place + besides + plane + seen];
                        sum = sum.plus(self.weights[(own + tap) * lanes + lane].times(number));
                    }
                    tap += 1;
                }
                at += 1;
            }
        }
        sum
    }

    fn run(&self, set: &'static InstructionSet, frame: &Frame<'_, L>, target: &mut MatricesMut<'_, L>) -> bool {
        if self.planes {
            let weight_step = if self.shared { 0 } else { self.kernels * self.taps() };
            let (frame, input_step, kernels) = (*frame, self.plane, self.kernels);
            set.planes(&Planes { frame, input_step, weight_step, kernels }, target)
        } else {
            set.each(&Each { frame: *frame, shared: self.lanes.0, step: self.lanes.1 }, target);
            true
        }
    }

    /// Elements from one matrix of the target to the next, and from one row to the next.
    fn steps(&self) -> (usize, usize) {
        let [matrices, rows, columns] = self.shape;
        if self.planes { (rows * (columns + 1) + 2, columns + 1) } else { (columns + 1, matrices * (columns + 1) + 2) }
    }
}

/// Runs a job into the middle of a slice of canaries, and checks every element of the slice.
fn check<L: Exact>(set: &'static InstructionSet, job: &Job<L>) {
    let ([matrices, rows, columns], (step, row_stride), margin) = (job.shape, job.steps(), 70);
    let inside = (matrices - 1) * step + (rows - 1) * row_stride + columns;
    let mut target = vec![L::canary(); inside + 2 * margin];
    let mut expected = target.clone();
    for matrix in 0..matrices {
        for row in 0..rows {
            for column in 0..columns {
                let at = margin + matrix * step + row * row_stride + column;
                expected[at] = job.expected([matrix, row, column]);
            }
        }
    }
    let slice = &mut target[margin..margin + inside];
    let mut matrices = MatricesMut::from_slice(slice, (matrices, step), (rows, row_stride), columns);
    assert!(job.run(set, &job.frame(&job.ordered(set)), &mut matrices), "little enough to copy");
    if let Some(wrong) = (0..target.len()).find(|&place| target[place] != expected[place]) {
        let found = (target[wrong], expected[wrong]);
        let job = Job { input: Vec::new(), weights: Vec::new(), ..job.clone() };
        panic!("{}: element {wrong} (from {margin} on, {step}, {row_stride}) is {found:?}: {job:?}", set.name);
    }
}

fn every_size<L: Exact>(set: &'static InstructionSet) {
    let mut random = Random(1);
    for rows in 1..=9 {
        for outputs in 1..=70 {
            check(set, &Job::<L>::random(&mut random, [1 + outputs % 3, rows, outputs], true));
            check(set, &Job::<L>::random(&mut random, [1 + (outputs * 7) % 15, rows, outputs], false));
        }
    }
}

#[test]
fn every_size_of_target() {
    for_every_lane!(every_size);
}

fn far_outside<L: Exact>(set: &'static InstructionSet) {
    let mut random = Random(2);
    for planes in [true, false] {
        for first in [-100, 100] {
            let mut job = Job::<L>::random(&mut random, [3, 4, 20], planes);
            job.rows.first = first;
            check(set, &job);
            job.places.first = first;
            check(set, &job);
        }
    }
}

#[test]
fn nothing_is_read_far_outside() {
    for_every_lane!(far_outside);
}

/// An infinite tap makes a NaN of the zeros outside.
#[test]
fn zeros_outside_are_multiplied() {
    for set in support::instruction_sets() {
        for planes in [true, false] {
            let mut job = Job::<f32>::random(&mut Random(3), [2, 3, 5], planes);
            job.rows.first = -50;
            job.weights.fill(f32::INFINITY);
            let (step, row_stride) = job.steps();
            let mut target = vec![0.0f32; step + 2 * row_stride + 5];
            let mut matrices = MatricesMut::from_slice(&mut target, (2, step), (3, row_stride), 5);
            job.run(set, &job.frame(&job.ordered(set)), &mut matrices);
            assert!(target[0].is_nan() && target[step + 2 * row_stride + 4].is_nan(), "{}", set.name);
        }
    }
}

fn wrong_jobs<L: Exact>(set: &'static InstructionSet) {
    for planes in [true, false] {
        let job = Job::<L>::random(&mut Random(4), [2, 5, 37], planes);
        let (step, row_stride) = job.steps();
        let refused = |frame: Frame<'_, L>| {
            let mut target = vec![L::canary(); step + 4 * row_stride + 37];
            let mut run = || {
                let mut matrices = MatricesMut::from_slice(&mut target, (2, step), (5, row_stride), 37);
                job.run(set, &frame, &mut matrices);
            };
            let refused = catch_unwind(AssertUnwindSafe(&mut run)).is_err();
            assert!(!refused || target.iter().all(|&element| element == L::canary()), "a refused job writes nothing");
            refused
        };
        let weights = job.ordered(set);
        let right = job.frame(&weights);
        assert!(!refused(right), "the shortest input that suffices");
        assert!(refused(Frame { input: job.input[1..].into(), ..right }), "an input one element short");
        assert!(refused(Frame { origin: right.origin + 1, ..right }), "an origin one element late");
        assert!(refused(Frame { origin: usize::MAX, ..right }), "an origin that wraps around");
        for (count, pitch) in
            [(right.rows.count + 1, right.rows.pitch), (usize::MAX, right.rows.pitch), (2, usize::MAX)]
        {
            let rows = Span { count, pitch, ..right.rows };
            assert!(refused(Frame { rows, ..right }), "{count} rows, {pitch} apart");
        }
        for first in [isize::MIN, isize::MAX] {
            assert!(refused(Frame { rows: Span { first, ..right.rows }, ..right }), "rows from {first} on");
            assert!(refused(Frame { places: Span { first, ..right.places }, ..right }), "places from {first} on");
        }
        let wide = Span { count: right.places.count + 1, ..right.places };
        let tall = Span { count: right.rows.count + 1, ..right.rows };
        assert!(refused(Frame { places: wide, rows: tall, ..right }), "a row and a place too many");
        assert!(refused(Frame { weights: &right.weights[1..], ..right }), "a weight too few");
        assert!(refused(Frame { shifts: &right.shifts[1..], ..right }), "a place too few");
        assert!(refused(Frame { firsts: &[], ..right }), "no first row");
        assert!(refused(Frame { phases: &[], firsts: &[], ..right }), "no phase");
        let low = vec![0; right.columns.len()];
        let high = vec![usize::MAX; right.columns.len()];
        let shifted = vec![1; right.columns.len()];
        assert!(refused(Frame { columns: &low, shifts: &shifted, ..right }), "a column before its own place");
        assert!(refused(Frame { columns: &high, ..right }), "columns that wrap around");
        let step = Span { step: 0, ..right.rows };
        assert!(refused(Frame { rows: step, ..right }), "rows without a step");
    }
}

#[test]
fn wrong_jobs_are_refused() {
    for_every_lane!(wrong_jobs);
}

#[test]
fn matrices_that_overlap_are_refused() {
    let refused = |matrices, rows, columns| {
        let mut slice = [0i32; 100];
        let mut make = || {
            let _matrices = MatricesMut::from_slice(&mut slice, matrices, rows, columns);
        };
        catch_unwind(AssertUnwindSafe(&mut make)).is_err()
    };
    assert!(!refused((2, 50), (5, 10), 10));
    assert!(!refused((5, 10), (2, 50), 10));
    assert!(!refused((1, 0), (10, 10), 10));
    assert!(refused((2, 49), (5, 10), 10), "planes that overlap");
    assert!(refused((5, 10), (2, 49), 10), "rows that overlap");
    assert!(refused((2, 9), (1, 0), 10), "places that overlap");
    assert!(refused((3, 50), (5, 10), 10), "a plane too many");
    assert!(refused((0, 50), (5, 10), 10), "no plane");
}
