//! The notation: the answers its problems give, the shapes it makes, and what it refuses.

use convolver::front::{Notation, Options, Padding, PerAxis};
use convolver::{ElementType, Error, Mode, Owned, Scalar, definition};
use convolver_kernels::grid_position;
use proptest::prelude::*;

/// An array of int64 with these elements in row order.
fn array(shape: &[usize], elements: impl IntoIterator<Item = i64>) -> Owned {
    let mut array = Owned::zeros(ElementType::I64, shape);
    let mut view = array.view_mut();
    for (number, element) in elements.into_iter().enumerate() {
        view.set(&grid_position(shape, number), Scalar::Integer(element.into()));
    }
    array
}

#[rustfmt::skip]
const SEED_IMAGE: [i64; 49] = [
    2, 3, 7, 4, 6, 2, 9,
    6, 6, 9, 8, 7, 4, 3,
    3, 4, 8, 3, 8, 9, 7,
    7, 8, 3, 6, 6, 3, 4,
    4, 2, 1, 8, 3, 4, 6,
    3, 2, 4, 1, 9, 8, 3,
    0, 1, 3, 9, 2, 1, 4,
];

fn arange(shape: &[usize]) -> Owned {
    array(shape, 0..shape.iter().product::<usize>() as i64)
}

/// An array without visible order, small enough for exact sums.
fn scrambled(shape: &[usize], seed: i64) -> Owned {
    array(shape, (0..shape.iter().product::<usize>() as i64).map(|number| (number * 37 + seed) % 23 - 11))
}

fn elements(array: &Owned) -> Vec<i64> {
    let view = array.view();
    let element = |number| match view.get(&grid_position(view.shape(), number)) {
        Scalar::Integer(integer) => integer as i64,
        Scalar::Number(_) => panic!("these arrays hold integers"),
    };
    (0..view.len()).map(element).collect()
}

fn valid(stride: usize) -> Options {
    Options { padding: Padding::Mode(Mode::Valid), stride: PerAxis::All(stride), ..Options::default() }
}

fn sizes(sizes: &[(&str, usize)]) -> Vec<(String, usize)> {
    sizes.iter().map(|&(name, length)| (name.to_owned(), length)).collect()
}

fn einconv(text: &str, x: &Owned, k: &Owned, given: &[(&str, usize)], options: &Options) -> (Vec<usize>, Vec<i64>) {
    let (x, k) = (x.view(), k.view());
    let arranged = Notation::parse(text)
        .and_then(|notation| {
            notation.arrange((x.shape(), x.element()), (k.shape(), k.element()), &sizes(given), options)
        })
        .unwrap_or_else(|error| panic!("{text}: {error}"));
    assert!(!arranged.swapped);
    let mut out = Owned::zeros(arranged.problem.output, &arranged.output_shape);
    let (x, k) = (arranged.input.view(&x), arranged.kernel.view(&k));
    assert_eq!(x.shape(), arranged.problem.input_shape().as_slice(), "{text}");
    assert_eq!(k.shape(), arranged.problem.kernel_shape().as_slice(), "{text}");
    let mut operand = arranged.output.view_mut(out.view_mut());
    assert_eq!(operand.shape(), arranged.problem.output_shape().as_slice(), "{text}");
    definition::convolve(&arranged.problem, &x, &k, &mut operand);
    (arranged.output_shape, elements(&out))
}

#[test]
fn banks_are_last_where_the_result_says_so() {
    let last = |text: &str, x: &[usize], k: &[usize]| {
        let (x, k) = ((x, ElementType::F32), (k, ElementType::F32));
        Notation::parse(text)
            .and_then(|notation| notation.arrange(x, k, &[], &valid(1)))
            .map(|it| it.problem.banks_last)
    };
    assert_eq!(last("n [x] c, [x] c o -> n [x] o", &[2, 9, 3], &[3, 3, 4]), Ok(true));
    assert_eq!(last("n c [x], o c [x] -> n o [x]", &[2, 3, 9], &[4, 3, 3]), Ok(false));
    assert_eq!(last("[x] g, [x] g o -> [x] g o", &[9, 3], &[3, 3, 4]), Ok(false), "of several groups");
    assert_eq!(last("[x] n, [x] -> [x] n", &[9, 3], &[3]), Ok(false), "no banks");
}

#[test]
fn seeds_have_their_golden_values() {
    type Row<'a> = (&'a str, Owned, Owned, usize, &'a [usize], &'a [i64]);
    let rows: [Row<'_>; 6] = [
        ("[t], [t] -> [t]", array(&[8], 1..9), array(&[2], [1, 0]), 1, &[7], &[1, 2, 3, 4, 5, 6, 7]),
        ("[t], [t] -> [t]", arange(&[10]), arange(&[5]), 1, &[6], &[30, 40, 50, 60, 70, 80]),
        ("[t], [t] -> [t]", arange(&[10]), arange(&[5]), 5, &[2], &[30, 80]),
        ("c [t], c [t] -> [t]", arange(&[4, 25]), arange(&[4, 5]), 5, &[5], &[10670, 11620, 12570, 13520, 14470]),
        (
            "n c [t], k c [t] -> n k [t]",
            arange(&[2, 2, 4]),
            arange(&[2, 2, 2]),
            2,
            &[2, 2, 2],
            &[24, 36, 64, 108, 72, 84, 240, 284],
        ),
        (
            "[y x], [y x] -> [y x]",
            array(&[7, 7], SEED_IMAGE),
            array(&[3, 3], [3, 4, 4, 1, 0, 2, -1, 0, 3]),
            2,
            &[3, 3],
            &[91, 100, 88, 69, 91, 117, 44, 72, 74],
        ),
    ];
    for (text, x, k, stride, shape, golden) in rows {
        assert_eq!(einconv(text, &x, &k, &[], &valid(stride)), (shape.to_vec(), golden.to_vec()), "{text}");
    }
}

/// Every name with its length: that of x, of k and of the result, which differ where it is convolved.
type Named<'a> = &'a [(&'a str, [usize; 3])];

/// The answer by loops over names. Splitting and merging the axes of a dense array moves no element, so a term is here
/// the plain list of its names.
fn by_names(terms: [&str; 3], lengths: Named<'_>, stride: usize, x: &[i64], k: &[i64]) -> Vec<i64> {
    let terms = terms.map(|term| term.split_whitespace().collect::<Vec<_>>());
    let find = |name: &str| lengths.iter().position(|(known, _)| *known == name).expect("every name has lengths");
    let shape = |operand: usize| terms[operand].iter().map(|name| lengths[find(name)].1[operand]).collect::<Vec<_>>();
    let place = |operand: usize, index: &dyn Fn(usize) -> usize| {
        terms[operand].iter().fold(0, |place, name| place * lengths[find(name)].1[operand] + index(find(name)))
    };
    let convolved = |name: usize| lengths[name].1[0] != lengths[name].1[1];
    let summed: Vec<usize> =
        (0..lengths.len()).filter(|&name| convolved(name) || !terms[2].contains(&lengths[name].0)).collect();
    let reduced: Vec<usize> = summed.iter().map(|&name| lengths[name].1[1]).collect();
    let output = |number: usize| {
        let out = grid_position(&shape(2), number);
        let at_output = |name: usize| terms[2].iter().position(|known| find(known) == name).map_or(0, |axis| out[axis]);
        let product = |number: usize| {
            let taps = grid_position(&reduced, number);
            let tap = |name: usize| summed.iter().position(|&known| known == name).map(|axis| taps[axis]);
            let at_k = |name: usize| tap(name).unwrap_or_else(|| at_output(name));
            let at_x = |name: usize| tap(name).map_or(at_output(name), |tap| tap + at_output(name) * stride);
            x[place(0, &at_x)] * k[place(1, &at_k)]
        };
        (0..reduced.iter().product()).map(product).sum()
    };
    (0..shape(2).iter().product()).map(output).collect()
}

/// A notation, the sizes it needs, the shapes of x, k and the result, the terms without groups, and the lengths.
struct Case<'a> {
    text: &'a str,
    sizes: &'a [(&'a str, usize)],
    shapes: [&'a [usize]; 3],
    terms: [&'a str; 3],
    lengths: Named<'a>,
    stride: usize,
}

fn check(case: &Case<'_>) {
    let (x, k) = (scrambled(case.shapes[0], 3), scrambled(case.shapes[1], 5));
    let (shape, values) = einconv(case.text, &x, &k, case.sizes, &valid(case.stride));
    assert_eq!(shape, case.shapes[2], "{}", case.text);
    let expected = by_names(case.terms, case.lengths, case.stride, &elements(&x), &elements(&k));
    assert_eq!(values, expected, "{}", case.text);
}

/// A name with the same length everywhere.
const fn plain(name: &str, length: usize) -> (&str, [usize; 3]) {
    (name, [length; 3])
}

fn case<'a>(text: &'a str, shapes: [&'a [usize]; 3], terms: [&'a str; 3], lengths: Named<'a>) -> Case<'a> {
    Case { text, sizes: &[], shapes, terms, lengths, stride: 1 }
}

#[test]
fn seed_layouts_are_sums_over_their_names() {
    let (y, x) = (("y", [6, 3, 4]), ("x", [5, 2, 4]));
    let (t, m, n, c, o) = (("t", [9, 4, 6]), plain("m", 3), plain("n", 2), plain("c", 3), plain("o", 4));
    let d = plain("d", 3);
    check(&case("[y x] d, [y x] d -> [y x]", [&[6, 5, 3], &[3, 2, 3], &[4, 4]], ["y x d", "y x d", "y x"], &[y, x, d]));
    check(&case("[y x] d, [y x] -> [y x]", [&[6, 5, 3], &[3, 2], &[4, 4]], ["y x d", "y x", "y x"], &[y, x, d]));
    check(&case("[y x] n, [y x] -> [y x] n", [&[6, 5, 2], &[3, 2], &[4, 4, 2]], ["y x n", "y x", "y x n"], &[y, x, n]));
    check(&case("m [t], m [t] -> m [t]", [&[3, 9], &[3, 4], &[3, 6]], ["m t", "m t", "m t"], &[m, t]));
    check(&case(
        "n [t] c, [t] c o -> n [t] o",
        [&[2, 9, 3], &[4, 3, 4], &[2, 6, 4]],
        ["n t c", "t c o", "n t o"],
        &[n, t, c, o],
    ));
    check(&case(
        "n c [y x], o c [y x] -> n o [y x]",
        [&[2, 3, 6, 5], &[4, 3, 3, 2], &[2, 4, 4, 4]],
        ["n c y x", "o c y x", "n o y x"],
        &[n, c, o, y, x],
    ));
}

#[test]
fn groups_split_and_merge() {
    let (g, c, o, n) = (plain("g", 2), plain("c", 3), plain("o", 4), plain("n", 2));
    let (y, x) = (("y", [7, 3, 3]), ("x", [6, 2, 3]));
    let terms = ["n g c y x", "g o c y x", "n g o y x"];
    let shapes: [&[usize]; 3] = [&[2, 6, 7, 6], &[8, 3, 3, 2], &[2, 8, 3, 3]];
    let text = "n (g c) [y x], (g o) c [y x] -> n (g o) [y x]";
    let lengths = &[g, c, o, n, y, x];
    check(&Case { text, sizes: &[], shapes, terms, lengths, stride: 2 });
    check(&Case { text, sizes: &[("g", 2)], shapes, terms, lengths, stride: 2 });
    let text = "((n (g)) c)[y x],(g o)(c)[y x]->(n g o)[y x]";
    let shapes: [&[usize]; 3] = [&[12, 7, 6], &[8, 3, 3, 2], &[16, 3, 3]];
    check(&Case { text, sizes: &[("g", 2)], shapes, terms, lengths, stride: 2 });
}

#[test]
fn several_groups_split_in_one_term() {
    let lengths: Named<'_> =
        &[plain("a", 2), plain("b", 3), plain("c", 2), plain("d", 2), plain("e", 3), ("t", [5, 2, 4])];
    check(&Case {
        text: "(a b) [t] (c d e), (c e) [t] -> (e b) [t] (d a)",
        sizes: &[("a", 2), ("c", 2), ("d", 2)],
        shapes: [&[6, 5, 12], &[6, 2], &[9, 4, 4]],
        terms: ["a b t c d e", "c e t", "e b t d a"],
        lengths,
        stride: 1,
    });
}

#[test]
fn a_group_learns_its_parts_from_another() {
    let lengths: Named<'_> = &[plain("a", 2), plain("b", 3), plain("c", 4), ("t", [5, 2, 4])];
    check(&Case {
        text: "(a b) [t], (b c) [t] -> a c [t]",
        sizes: &[("c", 4)],
        shapes: [&[6, 5], &[12, 2], &[2, 4, 4]],
        terms: ["a b t", "b c t", "a c t"],
        lengths,
        stride: 1,
    });
}

#[test]
fn names_of_one_operand_are_summed_by_repeating_the_other() {
    let lengths: Named<'_> = &[plain("a", 2), plain("b", 3), plain("c", 4), ("t", [5, 2, 4])];
    check(&Case {
        text: "a [t] c, b [t] c -> [t]",
        sizes: &[],
        shapes: [&[2, 5, 4], &[3, 2, 4], &[4]],
        terms: ["a t c", "b t c", "t"],
        lengths,
        stride: 1,
    });
}

#[test]
fn ellipses_stand_for_any_number_of_axes() {
    let t = ("t", [5, 2, 4]);
    for (x, out, leading) in [
        (&[4, 5][..], &[4, 2][..], &[][..]),
        (&[3, 4, 5], &[3, 4, 2], &[plain("p", 3)]),
        (&[3, 2, 4, 5], &[3, 2, 4, 2], &[plain("p", 3), plain("q", 2)]),
    ] {
        let names = leading.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(" ");
        check(&Case {
            text: "... c [t], (o c) [t] -> ... [t] o",
            sizes: &[("o", 2)],
            shapes: [x, &[8, 2], out],
            terms: [&format!("{names} c t"), "o c t", &format!("{names} t o")],
            lengths: &[leading, &[plain("c", 4), plain("o", 2), t]].concat(),
            stride: 1,
        });
    }
}

#[test]
fn ellipses_stand_before_groups() {
    check(&Case {
        text: "...(a c)[t], c [t] -> ... [t] a",
        sizes: &[],
        shapes: [&[3, 8, 5], &[4, 2], &[3, 4, 2]],
        terms: ["p a c t", "c t", "p t a"],
        lengths: &[plain("p", 3), plain("a", 2), plain("c", 4), ("t", [5, 2, 4])],
        stride: 1,
    });
}

#[test]
fn nothing_need_be_convolved() {
    let (i, j, k) = (plain("i", 2), plain("j", 3), plain("k", 4));
    check(&case("i j, j k -> i k", [&[2, 3], &[3, 4], &[2, 4]], ["i j", "j k", "i k"], &[i, j, k]));
    check(&case("i, i ->", [&[2], &[2], &[]], ["i", "i", ""], &[i]));
    check(&case("i, -> i", [&[2], &[], &[2]], ["i", "", "i"], &[i]));
    check(&case(", -> ", [&[], &[], &[]], ["", "", ""], &[]));
}

#[test]
fn options_are_those_of_every_front() {
    let options = Options { flip: true, padding: Padding::Mode(Mode::Full), ..Options::default() };
    let (shape, values) = einconv("[t], [t] -> [t]", &array(&[3], [1, 2, 3]), &array(&[2], [0, 1]), &[], &options);
    assert_eq!((shape, values), (vec![4], vec![0, 1, 2, 3]));
}

#[test]
fn empty_batches_give_empty_results() {
    for (text, shape, given, out) in [
        ("n [t], [t] -> n [t]", &[0, 5][..], &[][..], &[0, 4][..]),
        ("(n m) [t], [t] -> (m n) [t]", &[0, 5], &[("m", 3)], &[0, 4]),
        ("(m n) [t], [t] -> n [t] m", &[0, 5], &[("m", 3)], &[0, 4, 3]),
    ] {
        let (found, values) = einconv(text, &arange(shape), &arange(&[2]), given, &valid(1));
        assert_eq!((found.as_slice(), values), (out, vec![]), "{text}");
    }
}

fn arranged(text: &str, x: &[usize], k: &[usize], given: &[(&str, usize)]) -> Result<Vec<usize>, Error> {
    let notation = Notation::parse(text)?;
    let (x, k) = ((x, ElementType::F32), (k, ElementType::F32));
    Ok(notation.arrange(x, k, &sizes(given), &valid(1))?.output_shape)
}

#[test]
fn bad_texts_are_refused_with_their_reason() {
    for (text, fragment) in [
        ("", "0 arrows"),
        ("[t], [t]", "0 arrows"),
        ("[t], [t] → [t]", "0 arrows"),
        ("[t], [t] -> [t] -> [t]", "2 arrows"),
        ("[t] [t] -> [t]", "0 commas"),
        ("[t], [t], [t] -> [t]", "2 commas"),
        ("[t], [t] -> [t], a", "',' cannot stand here"),
        ("1 [t], [t] -> [t]", "'1' cannot stand here"),
        ("a-b [t], [t] -> [t]", "'-' cannot stand here"),
        (".. [t], [t] -> .. [t]", "'.' cannot stand here"),
        ("{ [t], [t] -> [t]", "'{' cannot stand here"),
        ("n n [t], [t] -> n [t]", "\"n\" stands twice"),
        ("(n n) [t], [t] -> n [t]", "\"n\" stands twice"),
        ("t [t], [t] -> [t]", "\"t\" stands twice"),
        ("[t], [t -> [t]", "in \"[t\": \"[\" is not closed"),
        ("(n [t], [t] -> n [t]", "cannot stand in a group"),
        ("[t] (n, [t] -> n [t]", "\"(\" is not closed"),
        ("t], [t] -> [t]", "\"]\" closes no"),
        ("n) [t], [t] -> n [t]", "\")\" closes no"),
        ("([t) n], [t] -> [t]", "cannot stand in a group"),
        ("[(a b)], [t] -> [t]", "cannot stand in brackets"),
        ("[[t]], [t] -> [t]", "second \"[\""),
        ("[y] [x], [y x] -> [y x]", "second \"[\""),
        ("[], [] -> []", "\"[]\" names no axis"),
        ("() [t], [t] -> [t]", "\"()\" names no axis"),
        ("(a ()) [t], [t] -> [t]", "\"()\" names no axis"),
        ("n ... [t], [t] -> ... n [t]", "at the front"),
        ("... ... [t], [t] -> ... [t]", "at the front"),
        ("... [t], [t] -> [t]", "add it at the front"),
        ("[t], [t] -> ... [t]", "add it at the front"),
        ("... [t], ... [t] -> ... [t]", "which k has not"),
        ("[t], [t] -> [t] z", "\"z\" stands in the result alone"),
        ("[t], t -> [t]", "\"t\" is convolved in \"[t]\" but stands without brackets in k"),
        ("[t], [t] -> t", "without brackets in the result"),
        ("t, [t] -> [t]", "without brackets in x"),
        ("[t], [t] -> ", "not at all in the result"),
        ("[t], n -> [t] n", "not at all in k"),
        ("[y x], [x y] -> [y x]", "write [y x] in all three"),
        ("[y x], [y x] -> [x y]", "another in the result"),
    ] {
        let error = Notation::parse(text).expect_err(text);
        assert!(matches!(error, Error::Value { .. }), "{text}: {error:?}");
        assert!(error.to_string().contains(fragment), "{text}: {error}");
    }
}

#[test]
fn shapes_that_do_not_fit_are_refused_with_their_reason() {
    type Row<'a> = (&'a str, &'a [usize], &'a [usize], &'a [(&'a str, usize)], &'a str);
    let rows: &[Row<'_>] = &[
        ("n [t], [t] -> n [t]", &[5], &[2], &[], "2 dimensions, but x has 1"),
        ("n [t], [t] -> n [t]", &[2, 2, 5], &[2], &[], "2 dimensions, but x has 3"),
        ("... n [t], [t] -> ... n [t]", &[5], &[2], &[], "at least 2 dimensions, but x has 1"),
        ("[t], [t] -> [t]", &[5], &[2, 2], &[], "1 dimensions, but k has 2"),
        ("c [t], c [t] -> [t]", &[3, 5], &[4, 2], &[], "\"c\" has length 3 in x and 4 in k"),
        ("c [t], c [t] -> [t]", &[3, 5], &[1, 2], &[], "\"c\" has length 3 in x and 1 in k"),
        ("g [t], g [t] -> g [t]", &[1, 5], &[4, 2], &[], "\"g\" has length 1 in x and 4 in k"),
        ("n [t], [t] -> n [t]", &[3, 5], &[2], &[("n", 4)], "\"n\" has length 4 in sizes and 3 in x"),
        ("n [t], [t] -> n [t]", &[3, 5], &[2], &[("n", 3), ("n", 4)], "\"n\" has length 3 in sizes and 4 in sizes"),
        ("n [t], [t] -> n [t]", &[3, 5], &[2], &[("m", 3)], "\"m\", which is no axis"),
        ("n [t], [t] -> n [t]", &[3, 5], &[2], &[("t", 5)], "\"t\" of sizes= is convolved"),
        ("(a b) [t], [t] -> a b [t]", &[6, 5], &[2], &[], "give sizes={\"a\": …}"),
        ("(a b) [t], [t] -> a b [t]", &[6, 5], &[2], &[("a", 4)], "not divisible"),
        ("(a b) [t], [t] -> a b [t]", &[6, 5], &[2], &[("a", 0)], "not divisible"),
        ("(a b) [t], [t] -> a b [t]", &[0, 5], &[2], &[("a", 0)], "give sizes={\"b\": …}"),
        ("(a b) [t], [t] -> a b [t]", &[0, 5], &[2], &[("a", 0), ("b", 0)], "two parts"),
        ("(a b) [t], [t] -> a b [t]", &[6, 5], &[2], &[("a", 2), ("b", 4)], "make 8, but the axis has length 6"),
        ("(a b) [t], [t] -> a b [t]", &[6, 5], &[2], &[("a", usize::MAX), ("b", 3)], "more than can be indexed"),
        ("(a b c) [t], [t] -> a b c [t]", &[6, 5], &[2], &[("a", usize::MAX), ("b", 3)], "more than can be indexed"),
        ("a b [t], [t] -> (a b) [t]", &[usize::MAX, usize::MAX, 5], &[2], &[], "too large"),
        ("a b n [t], [t] -> n [t] (a b)", &[usize::MAX, usize::MAX, 0, 5], &[2], &[], "too large"),
        ("a [t], b [t] -> [t]", &[1 << 40, 5], &[1 << 40, 2], &[], "too large"),
        ("[t], [t] -> [t]", &[usize::MAX], &[2], &[], "too large"),
        ("[y x], [y x] -> [y x]", &[5, 5], &[2, 6], &[], "convolved axis 1 is \"x\""),
        ("[y x], [y x] -> [y x]", &[5, 0], &[2, 6], &[], "convolved axis 1 is \"x\""),
        ("[y x], [y x] -> [y x]", &[5, 5], &[0, 6], &[], "convolved axis 0 is \"y\""),
        ("c [t], c [t] -> [t]", &[0, 5], &[0, 2], &[], "summed axes need at least one element"),
    ];
    for (text, x, k, given, fragment) in rows {
        let error = arranged(text, x, k, given).expect_err(text);
        assert!(error.to_string().contains(fragment), "{text}: {error}");
    }
}

proptest! {
    #[test]
    fn random_texts_never_panic(
        tokens in prop::collection::vec(
            prop::sample::select(vec!["[", "]", "(", ")", "...", ",", "->", "a", "b", "t", " ", "é", "→", ".", "-"]), 0..24),
        x in prop::collection::vec(prop::sample::select(vec![0, 1, 2, 6, usize::MAX]), 0..4),
        k in prop::collection::vec(prop::sample::select(vec![0, 1, 2, 6, usize::MAX]), 0..4),
        size in prop::option::of(prop::sample::select(vec![0, 1, 2, usize::MAX])),
    ) {
        let given: Vec<_> = size.into_iter().map(|size| ("a", size)).collect();
        let _ = arranged(&tokens.concat(), &x, &k, &given);
        let _ = arranged(&tokens.join(" "), &x, &k, &given);
    }

    #[test]
    fn random_characters_never_panic(text in any::<String>()) {
        let _ = Notation::parse(&text);
        let _ = Notation::parse(&format!("{text},{text}->{text}"));
    }

    #[test]
    fn well_formed_terms_never_panic(
        terms in prop::array::uniform3(prop::sample::select(vec![
            "", "a", "a b", "(a b)", "(a b c)", "(c b)", "b (a)", "(a b) (b2 c)", "[t]", "a [t]", "(a b) [t]",
            "[t] (b a)", "... [t]", "... (a b) [t] c", "[t u]", "a [t u] (b c)",
        ])),
        x in prop::collection::vec(prop::sample::select(vec![0, 1, 2, 4, 6, 12, 1 << 33]), 0..5),
        k in prop::collection::vec(prop::sample::select(vec![0, 1, 2, 4, 6, 12, 1 << 33]), 0..5),
        given in prop::collection::vec((prop::sample::select(vec!["a", "b", "c"]), prop::sample::select(vec![0, 1, 2, 3, 1 << 40])), 0..3),
    ) {
        let [x_term, k_term, result] = terms;
        let text = format!("{x_term}, {k_term} -> {result}");
        if let Ok(notation) = Notation::parse(&text) {
            let operands = ((x.as_slice(), ElementType::U8), (k.as_slice(), ElementType::U8));
            let found = notation.arrange(operands.0, operands.1, &sizes(&given), &valid(1));
            let small = |shape: &[usize]| shape.iter().try_fold(1usize, |product, &length| product.checked_mul(length)).is_some_and(|length| length < 1 << 16);
            if let Ok(found) = found && small(&x) && small(&k) && small(&found.output_shape) {
                let (x, k) = (Owned::zeros(ElementType::U8, &x), Owned::zeros(ElementType::U8, &k));
                let mut out = Owned::zeros(ElementType::U8, &found.output_shape);
                prop_assert_eq!(found.input.view(&x.view()).shape().to_vec(), found.problem.input_shape().to_vec());
                prop_assert_eq!(found.kernel.view(&k.view()).shape().to_vec(), found.problem.kernel_shape().to_vec());
                prop_assert_eq!(found.output.view_mut(out.view_mut()).shape().to_vec(), found.problem.output_shape().to_vec());
            }
        }
    }
}
