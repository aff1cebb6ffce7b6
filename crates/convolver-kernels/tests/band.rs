//! The band micro-kernel against its formula: every instruction set, every lane, every shape of block.

#[path = "support/job.rs"]
mod job;
mod support;

use convolver_kernels::{Band, InstructionSet, MatrixMut, Phase};
use job::Job;
use std::panic::{AssertUnwindSafe, catch_unwind};
use support::{Exact, Random};

fn check<L: Exact>(set: &'static InstructionSet, job: &Job<L>, random: &mut Random) {
    check_with(|band, target| set.band(band, target), set, job, random);
}

/// Runs a job into the middle of a slice of canaries, and checks every element of the slice.
fn check_with<L: Exact>(
    run: impl Fn(&Band<'_, L>, &mut MatrixMut<'_, L>),
    set: &'static InstructionSet,
    job: &Job<L>,
    random: &mut Random,
) {
    let (margin, row_stride) = (70, job.outputs + random.below(70));
    let inside = (job.rows - 1) * row_stride + job.outputs;
    let mut target = vec![L::canary(); inside + 2 * margin];
    let outputs = || (0..job.rows).flat_map(|row| (0..job.outputs).map(move |at| (row, at)));
    for (row, at) in outputs() {
        target[margin + row * row_stride + at] = L::random(random);
    }
    let mut expected = target.clone();
    for (row, at) in outputs() {
        let element = &mut expected[margin + row * row_stride + at];
        *element = job.expected(row, at, *element);
    }
    let slice = &mut target[margin..margin + inside];
    run(&job.band(), &mut MatrixMut::from_slice(slice, job.rows, job.outputs, row_stride));
    if let Some(wrong) = (0..target.len()).find(|&place| target[place] != expected[place]) {
        panic!(
            "element {wrong} is {:?}, not {:?} (target from {margin} on, a row every {row_stride}): {}",
            target[wrong],
            expected[wrong],
            job.describe(set)
        );
    }
}

fn every_size<L: Exact>(set: &'static InstructionSet) {
    let mut random = Random(1);
    for rows in 1..=14 {
        for outputs in 1..=150 {
            let phase_rows: Vec<_> = (0..random.within(1, 3)).map(|_| random.within(1, 9)).collect();
            let job = Job::<L>::random(&mut random, rows, outputs, &phase_rows);
            check(set, &job, &mut random);
        }
    }
}

#[test]
fn every_size_of_target() {
    for_every_lane!(every_size);
}

fn every_kernel<L: Exact>(set: &'static InstructionSet) {
    let mut random = Random(2);
    let vector = set.lanes::<L>();
    for rows in 1..=14 {
        for outputs in [1, vector, 2 * vector + 1, 9 * vector - 1] {
            for deepest in 1..=9 {
                for phase_rows in [vec![deepest], vec![deepest, 1], vec![2, deepest], vec![1, deepest, deepest]] {
                    let job = Job::<L>::random(&mut random, rows, outputs, &phase_rows);
                    check(set, &job, &mut random);
                }
            }
        }
    }
}

#[test]
fn every_depth_of_kernel() {
    for_every_lane!(every_kernel);
}

/// Factors from one end of 16 bits to the other.
#[test]
fn short_factors() {
    let mut random = Random(5);
    for set in support::instruction_sets() {
        for rows in 1..=14 {
            for outputs in (1..=40).chain([64, 150]) {
                let phase_rows: Vec<_> = (0..random.within(1, 3)).map(|_| random.within(1, 9)).collect();
                let mut job = Job::<i32>::random(&mut random, rows, outputs, &phase_rows);
                for number in job.input.iter_mut().chain(&mut job.weights) {
                    *number = match random.below(8) {
                        0 => i32::from(i16::MIN),
                        1 => i32::from(i16::MAX),
                        2 => -1,
                        _ => i32::from(random.bits() as i16),
                    };
                }
                check_with(|band, target| set.short_band(band, target), set, &job, &mut random);
            }
        }
    }
}

/// Outputs do not depend on how they are cut into bands: floats that round, whole and row by row, column by column.
#[test]
fn cuts_do_not_change_bits() {
    let mut random = Random(3);
    for set in support::instruction_sets() {
        let vector = set.lanes::<f32>();
        for phase_rows in [vec![1], vec![3], vec![9, 4], vec![2, 6, 1]] {
            let (rows, outputs) = (14, 9 * vector + 3);
            let mut job = Job::<f32>::random(&mut random, rows, outputs, &phase_rows);
            job.input.extend(vec![0.0; vector]);
            let mut rounding = |number: &mut f32| *number = random.bits() as u32 as f32 / 3e9 - 0.7;
            job.input.iter_mut().chain(&mut job.weights).for_each(&mut rounding);
            job.accumulate = false;
            let mut whole = vec![0.0; rows * outputs];
            set.band(&job.band(), &mut MatrixMut::from_slice(&mut whole, rows, outputs, outputs));
            for row in 0..rows {
                for at in (0..outputs).step_by(7) {
                    let mut one = [0.0f32];
                    let band = Band { start: job.start + row * job.row_step + at, ..job.band() };
                    set.band(&band, &mut MatrixMut::from_slice(&mut one, 1, 1, 1));
                    assert_eq!(one[0].to_bits(), whole[row * outputs + at].to_bits(), "{}", job.describe(set));
                }
            }
        }
    }
}

/// Whether a job is turned down before anything is written.
fn is_refused<L: Exact>(set: &'static InstructionSet, band: &Band<'_, L>, rows: usize, outputs: usize) -> bool {
    let mut target = vec![L::canary(); rows * outputs];
    let run = || set.band(band, &mut MatrixMut::from_slice(&mut target, rows, outputs, outputs));
    let refused = catch_unwind(AssertUnwindSafe(run)).is_err();
    assert!(!refused || target.iter().all(|&element| element == L::canary()), "a refused job writes nothing");
    refused
}

fn wrong_jobs<L: Exact>(set: &'static InstructionSet) {
    let mut random = Random(4);
    let job = Job::<L>::random(&mut random, 5, 37, &[3, 2]);
    let job = Job { row_step: job.row_step + 1, input: [job.input.clone(), vec![L::default(); 7]].concat(), ..job };
    let refused = |band: Band<'_, L>| is_refused(set, &band, job.rows, job.outputs);
    let right = job.band();
    let spare =
        (1..).find(|&spare| refused(Band { input: job.input[..job.input.len() - spare].into(), ..right })).unwrap() - 1;
    let input = &job.input[..job.input.len() - spare];
    let right = Band { input: input.into(), ..right };
    assert!(!refused(right), "the shortest input that suffices");

    let shorter = &input[..input.len() - 1];
    assert!(refused(Band { input: shorter.into(), ..right }), "an input one element short");
    assert!(refused(Band { input: [][..].into(), ..right }), "no input");
    assert!(refused(Band { start: right.start + 1, ..right }), "a start one element late");
    assert!(refused(Band { start: usize::MAX, ..right }), "a start that wraps around");
    assert!(refused(Band { row_step: right.row_step + 1, ..right }), "rows too far apart");
    assert!(refused(Band { row_step: usize::MAX / 2, ..right }), "rows whose distance wraps around");
    assert!(refused(Band { phases: &[], ..right }), "no phase");
    assert!(refused(Band { columns: &[], ..right }), "no column");
    assert!(refused(Band { weights: &right.weights[1..], ..right }), "a weight too few");
    let more = [right.weights, &[L::default()]].concat();
    assert!(refused(Band { weights: &more, ..right }), "a weight too many");
    let with_rows = |rows| [Phase { rows, ..right.phases[0] }, right.phases[1]];
    for rows in [0, right.phases[0].rows + 1, usize::MAX] {
        assert!(refused(Band { phases: &with_rows(rows), ..right }), "a phase of {rows} rows");
    }
    let with_columns = |columns| [Phase { columns, ..right.phases[0] }, right.phases[1]];
    for columns in [0, right.phases[0].columns + 1, usize::MAX] {
        assert!(refused(Band { phases: &with_columns(columns), ..right }), "a phase of {columns} columns");
    }
    for column in [right.columns.iter().max().unwrap() + 1, usize::MAX] {
        let columns = vec![column; right.columns.len()];
        assert!(refused(Band { columns: &columns, ..right }), "columns at {column}");
    }
}

#[test]
fn wrong_jobs_are_refused() {
    for_every_lane!(wrong_jobs);
}

/// With rows on top of each other no input bounds the number of weights, so their count must not wrap around.
#[test]
fn the_count_of_weights_does_not_wrap_around() {
    for set in support::instruction_sets() {
        let half = |columns| Phase { rows: 1 << (usize::BITS - 1), columns };
        let input = vec![0.0f32; 64];
        let refused = |phases: &[Phase], columns: &[usize]| {
            let band = Band {
                input: input[..].into(),
                start: 0,
                row_step: 0,
                phases,
                columns,
                weights: &[],
                accumulate: false,
            };
            is_refused(set, &band, 1, 1)
        };
        assert!(refused(&[half(1), half(1)], &[0, 0]), "a sum of rows that wraps around");
        assert!(refused(&[half(2)], &[0, 1]), "a product of rows and columns that wraps around");
    }
}

#[test]
fn wrong_targets_are_refused() {
    let refused = |rows, columns, row_stride| {
        let mut slice = [0i32; 20];
        let mut make = || {
            let _matrix = MatrixMut::from_slice(&mut slice, rows, columns, row_stride);
        };
        catch_unwind(AssertUnwindSafe(&mut make)).is_err()
    };
    assert!(!refused(4, 5, 5));
    assert!(!refused(3, 2, 9));
    assert!(refused(0, 5, 5), "no rows");
    assert!(refused(4, 0, 5), "no columns");
    assert!(refused(2, 5, 4), "rows that overlap");
    assert!(refused(5, 5, 5), "a row too many");
    assert!(refused(3, 3, 9), "a last row that ends outside");
    assert!(refused((1 << (usize::BITS - 2)) + 1, 4, 4), "a length that wraps around");
}
