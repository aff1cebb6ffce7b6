//! The whole space of problems, as proptest strategies that shrink.

use crate::data::{Data, Memory, Shape, Style};
use crate::judge::Case;
use convolver::problem::{result_type, widened};
use convolver::{Axis, Boundary, Conjugate, ElementType, Fill, Kind, Precision, Problem};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// Products of one problem at most: the definition is slow.
const LARGEST: f64 = 12_000.0;

/// Cases whose result is of type `output`, most of them with as many axes as make the shape of their kernel matter.
pub(crate) fn cases(output: ElementType, shapes: &'static [Shape]) -> impl Strategy<Value = Case> {
    let leading = |least: usize| vec(prop_oneof![1 => Just(least), 12 => 1usize..4], 0..=2);
    let structured = !shapes.contains(&Shape::Dense);
    let summed = prop_oneof![if structured { 2 } else { 0 } => Just(vec![]), 1 => leading(1)];
    let roles = (leading(0), leading(1), summed, leading(1));
    (types(output, structured), roles, axes(output, structured), extras(output), data(shapes))
        .prop_map(move |((input, kernel), (batch, group, summed, bank), axes, extras, data)| {
            let mut problem = Problem::builder(output).input(input).kernel(kernel).build().expect("no axes, no fault");
            (problem.batch, problem.group) = (batch.into(), group.into());
            (problem.summed, problem.bank) = (summed.into(), bank.into());
            problem.axes = axes.into();
            (problem.flip, problem.conjugate, problem.fill, problem.precision) = extras;
            fit(&mut problem);
            let problem = problem.clone().rebuild().build().unwrap_or_else(|error| panic!("{problem}: {error}"));
            Case { problem, data }
        })
        .boxed()
}

/// Makes a problem small enough to be judged, and its axes long enough for their kernels.
fn fit(problem: &mut Problem) {
    loop {
        for axis in &mut problem.axes {
            let extended = (axis.spread * (axis.input - 1) + 1) as isize + axis.low + axis.high;
            axis.high += (axis.window() as isize - extended).max(0);
        }
        if problem.products() <= LARGEST {
            return;
        }
        let lists = [&mut problem.batch, &mut problem.bank, &mut problem.group, &mut problem.summed];
        if lists.into_iter().any(|list| list.pop().is_some()) {
            continue;
        }
        let longest = problem.axes.iter_mut().max_by_key(|axis| axis.output() * axis.kernel);
        let longest = longest.expect("a problem without axes is small");
        (longest.input, longest.kernel) = (longest.input.div_ceil(2), longest.kernel.div_ceil(2));
        (longest.low, longest.high) = (longest.low / 2, longest.high / 2);
    }
}

/// Types of input and kernel that give a result of type `output`, by themselves or widened.
fn types(output: ElementType, structured: bool) -> impl Strategy<Value = (ElementType, ElementType)> {
    let all = ElementType::ALL;
    let pairs = || all.iter().flat_map(|&x| all.iter().map(move |&k| (x, k)));
    let natural: Vec<_> = pairs().filter(|&(x, k)| result_type(x, k) == Some(output)).collect();
    let wider: Vec<_> = pairs()
        .filter(|&(x, k)| result_type(x, k).is_some_and(|natural| widened(natural, Some(output)).is_ok()))
        .collect();
    // A complex operand beside a real one, of which fewer problems would have a complex result by chance.
    let real: Vec<_> = natural.iter().copied().filter(|(_, k)| k.kind() < Kind::Complex || !structured).collect();
    prop_oneof![4 => Just((output, output)), 3 => select(natural), 2 => select(wider), 6 => select(real)]
}

fn axes(output: ElementType, structured: bool) -> impl Strategy<Value = Vec<Axis>> {
    prop_oneof![
        1 => vec(axis(output, 1, 1), 0),
        if structured { 1 } else { 8 } => vec(axis(output, 70, 14), 1),
        8 => vec(axis(output, 20, 6), 2),
        3 => vec(axis(output, 6, 3), 3),
        1 => vec(axis(output, 4, 2), 4),
    ]
}

fn axis(output: ElementType, longest: usize, taps: usize) -> impl Strategy<Value = Axis> {
    let kind = output.kind();
    let fits = move |boundary: &&Boundary| match boundary {
        Boundary::Line => kind >= Kind::Float,
        boundary => kind > Kind::Bool || !boundary.combines(),
    };
    let boundaries: Vec<_> = Boundary::ALL.iter().filter(fits).copied().collect();
    let boundary = || prop_oneof![2 => Just(Boundary::Zero), 3 => select(boundaries.clone())];
    let step = |largest: usize| prop_oneof![3 => Just(1usize), 2 => 1..=largest];
    let pad = move || prop_oneof![2 => Just(0isize), 4 => 0..=taps as isize, 1 => -3isize..=2 * taps as isize];
    let lengths = (1..=longest, 1..=taps);
    (lengths, (pad(), pad()), (boundary(), boundary()), step(4), step(3), step(3)).prop_map(
        |((input, kernel), (low, high), sides, stride, dilation, spread)| Axis {
            boundary: [sides.0, sides.1],
            stride,
            dilation,
            spread,
            ..Axis::new(input, kernel).padded(low, high)
        },
    )
}

fn extras(output: ElementType) -> impl Strategy<Value = (bool, Conjugate, Fill, Precision)> {
    let part = || select(vec![0.0, 1.0, -2.5, 0.1, 1e-3, f64::NAN, f64::INFINITY]);
    let fill = match output.kind() {
        Kind::Bool => (0i64..2).prop_map(Fill::Integer).boxed(),
        Kind::Integer => prop_oneof![-3i64..4, any::<i64>()].prop_map(Fill::Integer).boxed(),
        Kind::Float => part().prop_map(|real| Fill::Number(real, 0.0)).boxed(),
        Kind::Complex => (part(), part()).prop_map(|(real, imaginary)| Fill::Number(real, imaginary)).boxed(),
    };
    let conjugate = match output.kind() {
        Kind::Complex => select(vec![Conjugate::Neither, Conjugate::Input, Conjugate::Kernel]).boxed(),
        _ => Just(Conjugate::Neither).boxed(),
    };
    let precision = match output {
        ElementType::F32 | ElementType::C64 => {
            prop_oneof![6 => Just(Precision::Highest), 1 => select(Precision::ALL)].boxed()
        }
        _ => Just(Precision::Highest).boxed(),
    };
    (any::<bool>(), conjugate, fill, precision)
}

fn data(shapes: &'static [Shape]) -> impl Strategy<Value = Data> {
    let memory = prop_oneof![2 => Just(Memory::Plain), 1 => Just(Memory::Strange), 1 => Just(Memory::Turned)];
    (select(Style::ALL), select(shapes), memory, 0u64..100_000).prop_map(|(style, shape, memory, seed)| Data {
        style,
        shape,
        memory,
        seed,
    })
}
