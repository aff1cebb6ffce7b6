//! Derived views against their model, and everything that a view must turn down.

use crate::model::{Change, Model, changed};
use crate::support::{Random, instruction_sets};
use convolver_kernels::{
    Band, ElementType, Lane, MatrixMut, Owned, Phase, Scalar, Truth, View, ViewMut, grid_position,
};
use ndarray::{Array, ArrayView, Dimension, IxDyn, ShapeBuilder, Slice};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// An array whose elements are their numbers.
fn numbered(shape: &[usize]) -> Owned {
    let mut array = Owned::zeros(ElementType::U32, shape);
    let mut view = array.view_mut();
    (0..shape.iter().product()).for_each(|number| view.set(&grid_position(shape, number), integer(number)));
    array
}

fn integer(number: usize) -> Scalar {
    Scalar::Integer(number as i128)
}

fn random_shape(random: &mut Random) -> Vec<usize> {
    (0..random.within(1, 4)).map(|_| random.within(1, 6)).collect()
}

/// Every element, and every run along every axis from a random place on.
fn check(view: &View<'_>, model: &Model, random: &mut Random, history: &[Change]) {
    assert_eq!(view.shape(), model.shape, "{history:?}");
    assert_eq!((view.len(), view.is_empty()), (model.elements.len(), model.elements.is_empty()), "{history:?}");
    for index in model.indices() {
        assert_eq!(view.get(&index), integer(model.at(&index)), "at {index:?} after {history:?}");
    }
    if model.elements.is_empty() {
        return;
    }
    for axis in 0..model.shape.len() {
        let mut index: Vec<_> = model.shape.iter().map(|&length| random.below(length)).collect();
        let step = random.within(1, 3);
        let mut run = vec![-1i32; (model.shape[axis] - index[axis]).div_ceil(step)];
        view.read(&index, axis, step, &mut run);
        for number in run {
            assert_eq!(number, model.at(&index) as i32, "along axis {axis}, every {step}, after {history:?}");
            index[axis] += step;
        }
    }
}

#[test]
fn derived_views_name_the_right_elements() {
    let mut random = Random(5);
    for _ in 0..2000 {
        let shape = random_shape(&mut random);
        let array = numbered(&shape);
        let (mut view, mut model, mut history) = (array.view(), Model::dense(&shape), Vec::new());
        for _ in 0..random.below(7) {
            let change = model.random_change(&mut random, true);
            (view, model) = (changed(&view, &change), model.changed(&change));
            history.push(change);
            if model.elements.len() > 4000 {
                break;
            }
        }
        check(&view, &model, &mut random, &history);
    }
}

/// Changes a view `left` times, then writes 1000 more to every element; gives the numbers of those elements.
fn write_derived(mut view: ViewMut<'_>, model: Model, random: &mut Random, left: usize) -> Vec<usize> {
    if left > 0 {
        let change = model.random_change(random, false);
        let model = model.changed(&change);
        let view = match &change {
            Change::Permuted(axes) => view.permuted(axes),
            &Change::Split(axis, outer) => view.split(axis, outer),
            &Change::Reversed(axis) => view.reversed(axis),
            Change::Sliced(starts, lengths) => view.sliced(starts, lengths),
            &Change::Stepped(axis, first, step, count) => view.stepped(axis, first, step, count),
            change => unreachable!("{change:?} repeats elements"),
        };
        return write_derived(view, model, random, left - 1);
    }
    assert_eq!(view.shape(), model.shape);
    let last = model.shape.len().checked_sub(1).filter(|_| random.below(2) == 0);
    for index in model.indices() {
        match last {
            None => view.set(&index, integer(model.at(&index) + 1000)),
            Some(axis) if index[axis] == 0 => {
                let run = (0..model.shape[axis]).map(|at| {
                    let place = [&index[..axis], &[at]].concat();
                    model.at(&place) as i32 + 1000
                });
                view.write(&index, axis, &run.collect::<Vec<_>>());
            }
            Some(_) => {}
        }
    }
    model.elements
}

#[test]
fn derived_views_write_the_right_elements() {
    let mut random = Random(6);
    for _ in 0..2000 {
        let shape = random_shape(&mut random);
        let mut array = numbered(&shape);
        let left = random.below(6);
        let written = write_derived(array.view_mut(), Model::dense(&shape), &mut random, left);
        let view = array.view();
        for number in 0..view.len() {
            let expected = number + if written.contains(&number) { 1000 } else { 0 };
            assert_eq!(view.get(&grid_position(&shape, number)), integer(expected), "{shape:?}");
        }
    }
}

#[test]
fn merged_axes_name_the_elements_of_both() {
    let (mut random, mut merges) = (Random(7), 0);
    for _ in 0..2000 {
        let shape = random_shape(&mut random);
        let array = numbered(&shape);
        let (mut model, mut changes) = (Model::dense(&shape), Vec::new());
        for _ in 0..random.below(3) {
            let change = model.random_change(&mut random, false);
            model = model.changed(&change);
            changes.push(change);
        }
        let axes = model.shape.len();
        let (outer, inner) = (random.below(axes.max(1)), random.below(axes.max(1)));
        if axes == 0 {
            continue;
        }
        let view = array.view();
        let view = changes.iter().fold(view, |view, change| changed(&view, change));
        let Some(merged) = view.merged(outer, inner) else { continue };
        let model = model.merged(outer, inner);
        check(&merged, &model, &mut random, &changes);
        merges += 1;
    }
    assert!(merges > 300, "only {merges} pairs of axes could be merged");
}

#[test]
fn merged_axes_are_written_through() {
    let mut array = numbered(&[2, 3, 4]);
    let view = array.view_mut().merged(0, 2).expect_err("the middle axis lies between");
    let mut view = view.merged(1, 2).expect("neighbours merge");
    assert_eq!(view.shape(), [2, 12]);
    view.set(&[1, 7], integer(99));
    assert_eq!(array.view().get(&[1, 1, 3]), integer(99));
}

#[test]
fn views_of_ndarray_views() {
    let mut array = Array::from_shape_fn(IxDyn(&[4, 5, 6]), |index| (index[0] * 100 + index[1] * 10 + index[2]) as i64);
    let mut part = array.view();
    part.slice_axis_inplace(ndarray::Axis(2), Slice::new(1, None, -2));
    part.invert_axis(ndarray::Axis(0));
    let part = part.permuted_axes(IxDyn(&[1, 2, 0]));
    let view = View::from_array(&part);
    assert_eq!(view.shape(), part.shape());
    for (index, &number) in part.indexed_iter() {
        assert_eq!(view.get(index.as_array_view().as_slice().unwrap()), Scalar::Integer(i128::from(number)));
    }
    let mut part = array.view_mut();
    part.invert_axis(ndarray::Axis(1));
    ViewMut::from_array(&mut part).set(&[3, 0, 2], Scalar::Integer(-7));
    assert_eq!(array[[3, 4, 2]], -7);
    let mut fortran = Array::<bool, _>::default(IxDyn(&[2, 3]).f());
    ViewMut::from_array(&mut fortran.view_mut()).set(&[1, 2], Scalar::Integer(5));
    assert_eq!(fortran.iter().filter(|&&truth| truth).count(), 1);
    assert!(fortran[[1, 2]]);
}

#[test]
fn a_view_without_axes_has_one_element() {
    for &element in ElementType::ALL {
        let mut array = Owned::zeros(element, &[]);
        let value = match element.kind() {
            kind if kind < convolver_kernels::Kind::Float => integer(1),
            _ => Scalar::Number(1.0.into()),
        };
        array.view_mut().set(&[], value);
        assert_eq!(array.view().get(&[]), value);
        assert_eq!(array.view().len(), 1);
    }
}

#[test]
fn addresses_cover_the_elements() {
    let array = Owned::zeros(ElementType::F64, &[4, 5]);
    let (low, high) = array.view().address_range().unwrap();
    assert_eq!(high - low, 4 * 5 * 8);
    assert_eq!(array.view().reversed(0).reversed(1).address_range(), Some((low, high)));
    assert_eq!(array.view().sliced(&[1, 2], &[2, 2]).address_range(), Some((low + 56, low + 112)));
    assert_eq!(array.view().sliced(&[1, 2], &[0, 2]).address_range(), None);
}

/// Whether something panics.
fn refused<T>(action: impl FnOnce() -> T) -> bool {
    catch_unwind(AssertUnwindSafe(|| drop(action()))).is_err()
}

#[test]
fn reads_outside_are_refused() {
    let array = Owned::zeros(ElementType::I16, &[3, 4]);
    let view = array.view();
    let read = |index: &[usize], axis, step, count| {
        let mut target = vec![0i16; count];
        refused(|| view.read(index, axis, step, &mut target))
    };
    assert!(!read(&[0, 0], 1, 1, 4) && !read(&[2, 0], 1, 3, 2) && !read(&[0, 3], 0, 2, 2));
    assert!(!read(&[9, 9], 7, 1, 0), "a run of nothing is read anywhere");
    assert!(read(&[0, 0], 1, 1, 5), "a run too long");
    assert!(read(&[0, 1], 1, 1, 4), "a run that starts too late");
    assert!(read(&[0, 0], 1, 4, 2), "a step too long");
    assert!(read(&[0, 0], 1, usize::MAX, 3), "steps that wrap around");
    assert!(read(&[3, 0], 1, 1, 1), "another axis outside");
    assert!(read(&[0, 0], 2, 1, 1), "no such axis");
    assert!(read(&[0], 0, 1, 1) && read(&[0, 0, 0], 0, 1, 1), "the wrong number of indices");
    assert!(refused(|| view.get(&[0, 4])) && refused(|| view.get(&[])));
}

#[test]
fn writes_outside_are_refused() {
    let mut array = Owned::zeros(ElementType::I16, &[3, 4]);
    let mut write = |index: &[usize], axis, count: usize| {
        let mut view = array.view_mut();
        refused(|| view.write(index, axis, &vec![1i16; count]))
    };
    assert!(!write(&[0, 0], 1, 4) && !write(&[9, 9], 7, 0));
    assert!(write(&[0, 0], 1, 5) && write(&[0, 1], 1, 4) && write(&[3, 0], 1, 1) && write(&[0, 0], 2, 1));
    assert!(write(&[0], 0, 1), "the wrong number of indices");
    assert!(refused(|| array.view_mut().write(&[0, 0], 1, &[1.0f32])), "a sum of another type");
    assert!(refused(|| array.view_mut().write(&[0, 0], 1, &[1i32])), "a sum of another type");
}

#[test]
fn lines_are_read_and_written_as_runs_are() {
    let mut random = Random(31);
    for _ in 0..200 {
        let shape = [random.within(1, 5), random.within(1, 40), random.within(1, 7)];
        let (array, mut copy) = (numbered(&shape), Owned::zeros(ElementType::U32, &shape));
        let (axis, across) = [(0, 1), (1, 0), (1, 2), (2, 1)][random.within(0, 3)];
        let step = random.within(1, 3);
        let index: Vec<usize> = shape.iter().map(|&length| random.within(0, length - 1)).collect();
        let count = (shape[axis] - index[axis]).div_ceil(step);
        let lines = shape[across] - index[across];
        let apart = count + random.within(0, 3);
        let mut read = vec![-1; apart * lines];
        array.view().read_lines(&index, (axis, step, count), (across, lines), (&mut read, apart));
        let written = shape[axis] - index[axis];
        let numbers: Vec<i32> = (0..written * lines).map(|number| 7 + number as i32).collect();
        copy.view_mut().write_lines(&index, (axis, written), (across, lines), (&numbers, written));
        for line in 0..lines {
            let mut at = index.clone();
            at[across] += line;
            let mut run = vec![-1; apart];
            array.view().read(&at, axis, step, &mut run[..count]);
            assert_eq!(read[line * apart..][..apart], run, "line {line} of {shape:?} from {index:?}");
            let mut run = vec![0; written];
            copy.view().read(&at, axis, 1, &mut run);
            assert_eq!(run, numbers[line * written..][..written], "line {line} of {shape:?} from {index:?}");
        }
        let mut all = vec![0; copy.view().len()];
        copy.view().merged(1, 2).expect("dense").merged(0, 1).expect("dense").read(&[0], 0, 1, &mut all);
        assert_eq!(all.iter().filter(|&&number| number > 0).count(), numbers.len(), "nothing else is written");
    }
}

#[test]
fn only_the_elements_of_a_view_are_cleared() {
    let mut random = Random(37);
    for _ in 0..300 {
        let shape: Vec<usize> = random_shape(&mut random).iter().map(|length| length + 1).collect();
        let mut array = Owned::zeros(ElementType::U32, &shape);
        let all: usize = shape.iter().product();
        for number in 0..all {
            array.view_mut().set(&grid_position(&shape, number), integer(number + 1));
        }
        let starts: Vec<usize> = shape.iter().map(|&length| random.below(length)).collect();
        let lengths: Vec<usize> =
            shape.iter().zip(&starts).map(|(&length, &start)| random.within(0, length - start)).collect();
        let (axis, backwards) = (random.below(shape.len()), random.below(shape.len()));
        let step = random.within(1, 3);
        let order: Vec<usize> = (0..shape.len()).rev().collect();
        let mut whole = array.view_mut();
        let mut part = whole.sliced(&starts, &lengths);
        let part = part.stepped(axis, 0, step, lengths[axis].div_ceil(step)).reversed(backwards).permuted(&order);
        part.clear();
        for number in 0..all {
            let at = grid_position(&shape, number);
            let inside =
                at.iter().zip(&starts).zip(&lengths).all(|((at, start), length)| (*start..start + length).contains(at));
            let cleared = inside && (at[axis] - starts[axis]).is_multiple_of(step);
            let expected = if cleared { integer(0) } else { integer(number + 1) };
            assert_eq!(
                array.view().get(&at),
                expected,
                "{at:?} of {shape:?} from {starts:?}, {lengths:?}, {step} along {axis}"
            );
        }
    }
}

#[test]
fn lines_outside_are_refused() {
    let mut array = Owned::zeros(ElementType::I16, &[3, 4]);
    let mut lines = |index: [usize; 2], along: (usize, usize, usize), across: (usize, usize), apart: usize| {
        let mut numbers = [0i16; 8];
        let read = refused(|| array.view().read_lines(&index, along, across, (&mut numbers, apart)));
        let write = || array.view_mut().write_lines(&index, (along.0, along.1 * along.2), across, (&numbers, apart));
        (read, refused(write))
    };
    assert_eq!(lines([0, 0], (1, 1, 4), (0, 2), 4), (false, false));
    assert_eq!(lines([9, 9], (1, 1, 0), (0, 2), 4), (false, false), "lines of nothing are read anywhere");
    assert_eq!(lines([0, 0], (1, 1, 5), (0, 1), 5), (true, true), "lines too long");
    assert_eq!(lines([2, 0], (1, 1, 4), (0, 2), 4), (true, true), "too many lines");
    assert_eq!(lines([0, 0], (1, 1, 3), (0, 3), 3), (true, true), "more lines than there is room");
    assert_eq!(lines([0, 0], (1, 1, 2), (1, 2), 4), (true, true), "lines along what they stand beside");
    assert_eq!(lines([0, 0], (1, 2, 3), (0, 1), 8), (true, true), "steps too long");
}

#[test]
fn derived_views_outside_are_refused() {
    let array = Owned::zeros(ElementType::U8, &[3, 4, 0]);
    let view = array.view();
    assert!(refused(|| view.permuted(&[0, 0, 1, 2])), "an axis twice");
    assert!(refused(|| view.permuted(&[3, 0, 1, 2])), "no such axis");
    assert!(refused(|| view.permuted(&[0, 1])), "an empty axis has no index 0 to be dropped at");
    assert!(refused(|| view.split(0, 2)) && refused(|| view.split(0, 0)), "parts of different lengths");
    assert!(!refused(|| view.sliced(&[3, 4, 0], &[0, 0, 0])));
    assert!(refused(|| view.sliced(&[1, 0, 0], &[3, 4, 0])), "a slice too long");
    assert!(refused(|| view.sliced(&[4, 0, 0], &[0, 4, 0])), "a slice that starts outside");
    assert!(refused(|| view.sliced(&[1, 0, 0], &[usize::MAX, 4, 0])), "a slice that wraps around");
    assert!(refused(|| view.sliced(&[0, 0], &[1, 1])), "the wrong number of axes");
    assert!(refused(|| view.broadcast(0, 3)), "only an axis of length 1 broadcasts");
    assert!(refused(|| view.reversed(3)), "no such axis");
}

#[test]
fn a_matrix_is_written_in_place_where_that_is_possible() {
    let mut array = Owned::zeros(ElementType::F32, &[2, 5, 6]);
    let whole = Some((1, 5));
    let (rows, columns) = (Some((2, 6)), (1, 5));
    assert!(array.view_mut().matrix::<f64>(&[0, 0, 0], whole, (2, 6)).is_none(), "another type");
    assert!(array.view_mut().matrix::<i32>(&[0, 0, 0], whole, (2, 6)).is_none(), "another type");
    assert!(array.view_mut().matrix::<f32>(&[0, 0, 0], rows, columns).is_none(), "columns that are no neighbours");
    assert!(array.view_mut().reversed(2).matrix::<f32>(&[0, 0, 0], whole, (2, 6)).is_none(), "columns backwards");
    assert!(array.view_mut().matrix::<f32>(&[0, 0, 0], None, (2, 6)).is_some());
    assert!(array.view_mut().reversed(1).matrix::<f32>(&[0, 0, 0], whole, (2, 6)).is_some());
    assert!(array.view_mut().matrix::<f32>(&[0, 0, 0], None, (1, 1)).is_some(), "one element has no neighbours");
    let refuse = |array: &mut Owned, index: [usize; 3], rows, columns| {
        let mut view = array.view_mut();
        refused(|| view.matrix::<f32>(&index, Some((1, rows)), (2, columns)).is_some())
    };
    assert!(!refuse(&mut array, [1, 2, 3], 3, 3));
    assert!(refuse(&mut array, [1, 3, 3], 3, 3) && refuse(&mut array, [1, 2, 4], 3, 3), "outside");
    assert!(refuse(&mut array, [2, 0, 0], 1, 1) && refuse(&mut array, [0, 5, 0], 1, 1), "an index outside");
    assert!(refuse(&mut array, [0, 6, 0], usize::MAX, 1), "an index outside");
    assert!(refuse(&mut array, [0, 0, 0], 0, 1) && refuse(&mut array, [0, 0, 0], 1, 0), "empty");
    assert!(refuse(&mut array, [0, 1, 0], usize::MAX, 1) && refuse(&mut array, [0, 0, 1], 1, usize::MAX), "wrapping");
    assert!(refused(|| array.view_mut().matrix::<f32>(&[0, 0, 0], Some((2, 3)), (2, 3)).is_some()), "an axis twice");
    let mut bytes = [0u64; 9];
    let start = bytes.as_mut_ptr().cast::<u8>();
    for (offset, swapped, stride, possible) in
        [(0, false, 20, true), (1, false, 20, false), (0, true, 20, false), (0, false, 18, false)]
    {
        // SAFETY: two rows of three f32, the last of which ends at most 33 bytes from the start of 72.
        let mut view =
            unsafe { ViewMut::from_raw(start.add(offset), ElementType::F32, swapped, &[2, 3], &[stride, 4]) };
        let found = view.matrix::<f32>(&[0, 0], Some((0, 2)), (1, 3)).is_some();
        assert_eq!(found, possible, "offset {offset}, swapped {swapped}, rows {stride} bytes apart");
    }
}

/// Integers of either sign take the same sums; those that are cut or rounded are not written in place.
#[test]
fn a_matrix_takes_sums_of_its_size() {
    fn takes<L: Lane>() -> Vec<ElementType> {
        let one =
            |&element: &ElementType| Owned::zeros(element, &[2]).view_mut().matrix::<L>(&[0], None, (0, 2)).is_some();
        ElementType::ALL.iter().copied().filter(one).collect()
    }
    use ElementType::*;
    assert_eq!(takes::<Truth>(), []);
    assert_eq!(takes::<i16>(), [I16, U16]);
    assert_eq!(takes::<i32>(), [I32, U32]);
    assert_eq!(takes::<i64>(), [I64, U64]);
    assert_eq!(takes::<f32>(), [F32]);
    assert_eq!(takes::<f64>(), [F64]);
}

/// A band written into every second row of a matrix, and the other rows left alone.
#[test]
fn sums_are_made_in_place_of_whole_elements_that_are_the_views_alone() {
    let array = Array::<f64, _>::zeros(IxDyn(&[40]));
    let of = |shape: &[usize], strides: &[usize]| {
        let view = ArrayView::from_shape(IxDyn(shape).strides(IxDyn(strides)), array.as_slice().unwrap()).unwrap();
        View::from_array(&view).source::<f64>().is_some()
    };
    assert!(of(&[2, 3], &[3, 1]) && of(&[3, 2], &[1, 3]) && of(&[1, 4], &[7, 1]));
    // The product of the lengths fits the span, but gaps lie between.
    assert!(!of(&[2, 2], &[3, 0]) && !of(&[3, 3], &[2, 2]) && !of(&[2, 3], &[4, 1]));
    let memory = [0f32; 20];
    let rows = |stride: isize| {
        // SAFETY: two rows of three elements of 8 bytes, at most 32 bytes apart, lie within 80 bytes.
        let view = unsafe { View::from_raw(memory.as_ptr().cast(), ElementType::C64, false, &[2, 3], &[stride, 8]) };
        view.source::<f32>().is_some()
    };
    assert!(rows(32) && !rows(28));
}

#[test]
fn every_so_many_rows_of_a_matrix() {
    let set = instruction_sets()[0];
    let weights = [1.0f32];
    let input = vec![7.0f32; 100];
    let one = [Phase { rows: 1, columns: 1 }];
    let band = Band {
        input: input[..].into(),
        start: 0,
        row_step: 0,
        phases: &one,
        columns: &[0],
        weights: &weights,
        accumulate: false,
    };
    for (first, step) in [(0, 1), (0, 2), (1, 2), (2, 3), (4, 1), (4, 9)] {
        let mut target = [0.0; 5 * 4];
        let mut matrix = MatrixMut::from_slice(&mut target, 5, 3, 4);
        set.band(&band, &mut matrix.rows(first, step));
        for (place, &element) in target.iter().enumerate() {
            let (row, column) = (place / 4, place % 4);
            let written = row >= first && (row - first).is_multiple_of(step) && column < 3;
            assert_eq!(element, if written { 7.0 } else { 0.0 }, "row {row} of {first}, {step}…");
        }
        let mut matrix = MatrixMut::from_slice(&mut target, 5, 3, 4);
        for (first, step) in [(5, 1), (0, 0)] {
            let take = || {
                let _rows = matrix.rows(first, step);
            };
            assert!(refused(take), "rows {first}, {step}…");
        }
    }
}

#[test]
fn owned_arrays_may_be_empty_and_never_too_large() {
    assert!(Owned::zeros(ElementType::C128, &[3, 0, 5]).view().is_empty());
    assert!(refused(|| Owned::zeros(ElementType::F64, &[usize::MAX, 2])));
}
