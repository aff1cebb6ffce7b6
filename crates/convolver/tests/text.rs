//! Problem texts: what prints parses, and nothing makes the parser panic.

use convolver::problem::ProblemBuilder;
use convolver::{Axis, Boundary, Conjugate, ElementType, Fill, Known, Precision, Problem};
use proptest::prelude::*;

fn axis() -> impl Strategy<Value = Axis> {
    let boundary = || prop::sample::select(Boundary::ALL);
    let steps = (1..4usize, 1..4usize, 1..4usize);
    (1..50usize, 1..9usize, -2..9isize, -2..9isize, boundary(), boundary(), steps).prop_map(
        |(input, kernel, low, high, before, after, (stride, dilation, spread))| Axis {
            input,
            kernel,
            low,
            high,
            boundary: [before, after],
            stride,
            dilation,
            spread,
        },
    )
}

fn fill() -> impl Strategy<Value = Fill> {
    prop_oneof![
        any::<i64>().prop_map(Fill::Integer),
        (any::<f64>(), any::<f64>()).prop_map(|(real, imaginary)| Fill::Number(real, imaginary)),
        Just(Fill::ZERO),
        Just(Fill::Number(f64::NAN, f64::NEG_INFINITY)),
    ]
}

fn builder() -> impl Strategy<Value = ProblemBuilder> {
    let element = || prop::sample::select(ElementType::ALL);
    let lengths = || prop::collection::vec(0..9usize, 0..3);
    let roles = (lengths(), lengths(), prop::collection::vec(1..9usize, 0..3), lengths());
    let conjugate = prop::sample::select(&[Conjugate::Neither, Conjugate::Input, Conjugate::Kernel]);
    let known = (any::<bool>(), any::<bool>(), any::<Option<usize>>())
        .prop_map(|(separable, constant, nonzero)| Known { separable, constant, nonzero });
    let options = ((any::<bool>(), any::<bool>()), conjugate, fill(), known, prop::sample::select(Precision::ALL));
    ((element(), element(), element()), roles, prop::collection::vec(axis(), 0..4), options).prop_map(
        |(
            (input, kernel, output),
            (batch, group, summed, bank),
            axes,
            ((flip, last), conjugate, fill, known, precision),
        )| {
            let problem = Problem::builder(output).input(input).kernel(kernel).flip(flip).conjugate(conjugate);
            let problem = problem.fill(fill).known(known).precision(precision).banks_last(last);
            let problem = batch.into_iter().fold(problem, ProblemBuilder::batch);
            let problem = group.into_iter().fold(problem, ProblemBuilder::group);
            let problem = summed.into_iter().fold(problem, ProblemBuilder::summed);
            let problem = bank.into_iter().fold(problem, ProblemBuilder::bank);
            axes.into_iter().fold(problem, ProblemBuilder::axis)
        },
    )
}

fn word() -> impl Strategy<Value = String> {
    let words = "f32 u8 c128 n1 n g2 c3 o4 o4é n99999999999999999999 n18446744073709551615 [ ] [5 [3 5] [9223372036854775807] \
                 * -> flip conjugate input kernel stride dilation spread pad boundary fill known separable constant nonzero precision high banks-last \
                 0 1 2 5 18446744073709551615 -1 1:1 -3:2 9223372036854775807:9223372036854775807 \
                 -9223372036854775808:0 : reflect:wrap zero:line 0.5:NaN é →";
    let words: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
    prop_oneof![9 => prop::sample::select(words), 1 => any::<String>()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn what_prints_parses(builder in builder()) {
        if let Ok(problem) = builder.build() {
            let text = problem.to_string();
            prop_assert_eq!(text.parse::<Problem>(), Ok(problem), "{}", text);
        }
    }

    #[test]
    fn junk_never_panics(words in prop::collection::vec(word(), 0..24)) {
        let _ = words.join(" ").parse::<Problem>();
        let _ = format!("f32 n2 [9] * [3] {} -> f32", words.join(" ")).parse::<Problem>();
    }

    #[test]
    fn options_never_panic(
        option in prop::sample::select(vec!["pad", "stride", "dilation", "spread", "fill", "boundary"]), value in word(),
    ) {
        for lengths in ["[9] * [3]", "[18446744073709551615] * [3]", "[9] * [9223372036854775808]"] {
            if let Ok(problem) = format!("f32 {lengths} {option} {value} -> f32").parse::<Problem>() {
                prop_assert_eq!(problem.to_string().parse::<Problem>(), Ok(problem));
            }
        }
    }
}

#[test]
fn faults_are_named() {
    for (text, fragment) in [
        ("", "ends too early"),
        ("f33 [9] * [3] -> f32", "\"f33\" is not an element type"),
        ("f32 [9] [3] -> f32", "\"*\" belongs where"),
        ("f32 [9 9] * [3] -> f32", "different numbers of convolved axes"),
        ("f32 [9] * [3] stride x -> f32", "\"x\" is not a stride"),
        ("f32 [9] * [3] pad 1 -> f32", "\"1\" is not a low:high pair"),
        ("f32 [9] * [3] boundary zero:zeros -> f32", "\"zeros\" is not a boundary"),
        ("f32 [9] * [3] flop -> f32", "\"flop\" is not an option"),
        ("f32 [9] * [3] -> f32 f32", "stands after its end"),
        ("f32 [9] * [0] -> f32", "length 0"),
        ("f32 [9] * [3] stride 0 -> f32", "stride along convolved axis 0 is 0"),
    ] {
        let error = text.parse::<Problem>().expect_err(text).to_string();
        assert!(error.contains(fragment), "{text}: {error}");
    }
}
