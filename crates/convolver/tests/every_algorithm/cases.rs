//! Cases as data: every one for every combination of element types.

use crate::data::{Data, Memory, Shape, Style};
use crate::judge::{Case, Judge};
use convolver::{ElementType, Problem};

/// Input, kernel and result, where they are not all of one type.
const MIXED: &[[&str; 3]] = &[
    ["u8", "i32", "i32"],
    ["u8", "i8", "i16"],
    ["i64", "u64", "u64"],
    ["u64", "i64", "i64"],
    ["i8", "i8", "i64"],
    ["bool", "u8", "u8"],
    ["u16", "bool", "u16"],
    ["bool", "bool", "i32"],
    ["i16", "f64", "f64"],
    ["u64", "f32", "f64"],
    ["u8", "f16", "f16"],
    ["f16", "bf16", "f32"],
    ["bf16", "f32", "f32"],
    ["f32", "bool", "f32"],
    ["i32", "i32", "f64"],
    ["f32", "f32", "f64"],
    ["c64", "f32", "c64"],
    ["f16", "c64", "c64"],
    ["f64", "c64", "c128"],
    ["c128", "i32", "c128"],
];

/// Problems; `{x}`, `{k}` and `{y}` stand for the types.
const CASES: &[&str] = &[
    // No convolved axis: a product, a dot product, a matrix product.
    "{x} [] * {k} [] -> {y}",
    "{x} n3 g2 c5 [] * {k} o4 [] -> {y}",
    "{x} n2 n3 g2 g1 c2 c3 [] * {k} o2 o2 [] -> {y}",
    // One axis: a tap, a few, more than a vector; every side of every boundary.
    "{x} [1] * {k} [1] -> {y}",
    "{x} [70] * {k} [1] -> {y}",
    "{x} [150] * {k} [3] -> {y}",
    "{x} [40] * {k} [37] pad 36:36 -> {y}",
    "{x} [9] * {k} [4] flip pad 3:3 -> {y}",
    "{x} [7] * {k} [3] pad 9:1 boundary constant:zero fill 3 -> {y}",
    "{x} [7] * {k} [3] pad 1:9 boundary zero:constant fill -2 -> {y}",
    "{x} [7] * {k} [3] pad 11:12 boundary edge:edge -> {y}",
    "{x} [7] * {k} [3] pad 30:31 boundary reflect:reflect -> {y}",
    "{x} [7] * {k} [3] pad 30:31 boundary symmetric:symmetric -> {y}",
    "{x} [7] * {k} [3] pad 30:31 boundary wrap:wrap -> {y}",
    "{x} [7] * {k} [3] pad 20:21 boundary antireflect:antireflect -> {y}",
    "{x} [7] * {k} [3] pad 20:21 boundary antisymmetric:antisymmetric -> {y}",
    "{x} [7] * {k} [3] pad 8:9 boundary smooth:smooth -> {y}",
    "{x} [7] * {k} [3] pad 8:9 boundary line:line -> {y}",
    "{x} [6] * {k} [4] pad 5:6 boundary line:wrap -> {y}",
    "{x} [6] * {k} [4] pad 5:6 boundary antireflect:edge -> {y}",
    // A kernel longer than the input, and an input of one sample.
    "{x} [3] * {k} [20] pad 25:23 boundary reflect:wrap -> {y}",
    "{x} [1] * {k} [5] pad 4:6 boundary reflect:symmetric -> {y}",
    "{x} [1] * {k} [5] pad 4:6 boundary antireflect:antisymmetric -> {y}",
    "{x} [1] * {k} [5] pad 4:6 boundary smooth:line -> {y}",
    "{x} [2] * {k} [9] pad 8:8 -> {y}",
    // Steps: longer than the kernel, dilated, spread out, negative padding.
    "{x} [30] * {k} [2] stride 5 -> {y}",
    "{x} [100] * {k} [5] stride 3 pad 2:2 -> {y}",
    "{x} [40] * {k} [4] dilation 7 pad 3:0 boundary wrap:zero -> {y}",
    "{x} [40] * {k} [6] stride 2 dilation 3 pad 4:4 boundary edge:reflect -> {y}",
    "{x} [17] * {k} [5] spread 3 pad 4:4 -> {y}",
    "{x} [17] * {k} [5] stride 2 dilation 2 spread 3 pad 7:2 boundary symmetric:wrap -> {y}",
    "{x} [20] * {k} [3] pad -4:-5 -> {y}",
    "{x} [20] * {k} [3] pad -7:9 boundary zero:wrap -> {y}",
    "{x} [10] * {k} [3] spread 4 pad -5:-2 -> {y}",
    "{x} [2] * {k} [1] pad 3:-4 -> {y}",
    "{x} [3] * {k} [1] pad -5:4 boundary zero:edge -> {y}",
    // Dot products: windows of a vector and more, steps longer than a vector.
    "{x} [300] * {k} [33] stride 40 -> {y}",
    "{x} n2 c3 [200] * {k} o2 [70] flip stride 60 pad 9:30 boundary wrap:zero -> {y}",
    "{x} [9 60] * {k} [3 5] stride 2 5 -> {y}",
    // Roles around one axis.
    "{x} n5 [20] * {k} [3] -> {y}",
    "{x} c5 [20] * {k} o3 [3] -> {y}",
    "{x} g4 [20] * {k} [3] pad 1:1 -> {y}",
    "{x} n2 n2 g2 g2 c2 c3 [11] * {k} o3 o2 [3] pad 1:1 boundary edge:edge -> {y}",
    "{x} n0 c2 [20] * {k} o3 [3] -> {y}",
    "{x} n2 c2 [20] * {k} o0 [3] -> {y}",
    "{x} g0 [20] * {k} o2 [3] -> {y}",
    // Two axes: images.
    "{x} [9 11] * {k} [3 3] -> {y}",
    "{x} [20 70] * {k} [7 5] pad 3:3 2:2 boundary symmetric:symmetric reflect:reflect -> {y}",
    "{x} n2 c3 [7 9] * {k} o2 [3 2] stride 2 1 pad 1:1 0:2 boundary reflect:edge zero:wrap -> {y}",
    "{x} c4 [8 8] * {k} o6 [3 3] flip pad 1:1 1:1 -> {y}",
    "{x} g5 [9 9] * {k} [3 3] stride 2 2 pad 1:1 1:1 -> {y}",
    "{x} n2 g2 c2 [10 9] * {k} o2 [4 3] stride 3 2 dilation 2 3 pad 3:4 2:3 -> {y}",
    "{x} c2 [5 6] * {k} o2 [3 4] spread 2 3 pad 2:2 3:3 -> {y}",
    "{x} n2 c2 [5 6] * {k} o2 [1 2] spread 3 3 pad 0:1 2:0 -> {y}",
    "{x} c3 [29 31] * {k} o5 [3 2] stride 3 5 pad 1:2 2:1 -> {y}",
    "{x} n3 c2 [23 37] * {k} o3 [2 7] stride 4 3 dilation 1 2 pad 1:0 6:6 -> {y}",
    "{x} g3 [19 40] * {k} o2 [2 2] stride 3 4 pad 1:1 0:3 -> {y}",
    "{x} c2 [5 6] * {k} o2 [4 4] flip stride 2 1 spread 3 2 pad 3:1 3:4 boundary wrap:zero edge:constant fill 2 -> {y}",
    "{x} [5 6] * {k} [9 8] pad 9:8 8:7 boundary wrap:reflect antisymmetric:smooth -> {y}",
    "{x} [12 13] * {k} [1 5] stride 4 1 pad -3:-2 2:2 -> {y}",
    "{x} [1 40] * {k} [1 3] -> {y}",
    "{x} [40 1] * {k} [3 1] -> {y}",
    // A group of many, read in place with zeros around, or innermost in memory.
    "{x} n2 g3 [20 70] * {k} [3 3] pad 1:1 1:1 -> {y}",
    "{x} g70 [9 11] * {k} [3 3] pad 1:1 1:1 -> {y}",
    "{x} g35 [14 15] * {k} o2 [7 7] flip pad 3:3 3:3 -> {y}",
    "{x} g33 c2 [11 13] * {k} [3 4] stride 2 3 dilation 2 1 pad 1:1 2:2 -> {y}",
    "{x} g67 [23] * {k} [5] stride 2 pad 2:3 boundary zero:edge -> {y}",
    "{x} g34 [3 6 7] * {k} [2 3 2] stride 1 2 1 pad 1:0 1:1 0:1 -> {y}",
    "{x} g4 c2 [9 40] * {k} o2 [5 3] dilation 3 2 pad 7:5 -3:9 -> {y}",
    "{x} g2 [3 80] * {k} [2 40] pad 20:60 60:20 -> {y}",
    // What is constant around the last axis stands around the first one, too.
    "{x} [4 1] * {k} [2 1] flip pad 1:2 1:0 boundary zero:zero constant:zero fill 1 -> {y}",
    // Three and four.
    "{x} [5 6 7] * {k} [2 3 2] pad 1:0 1:1 0:1 boundary edge:zero wrap:wrap zero:reflect -> {y}",
    // A last axis that the kernel spans, and few images that may lie innermost.
    "{x} [20 17 5] * {k} [3 4 5] stride 2 2 1 -> {y}",
    "{x} n3 [9 12 4] * {k} o2 [3 2 4] flip stride 1 3 7 pad 1:1 2:0 0:0 boundary zero:zero constant:zero edge:edge fill 3 -> {y}",
    "{x} n5 [9 14] * {k} [3 4] dilation 1 2 pad 1:1 3:-1 -> {y}",
    "{x} n2 n3 [20] * {k} [4] flip pad 3:3 boundary edge:wrap -> {y}",
    "{x} n2 c2 [4 5 6] * {k} o2 [3 2 2] stride 1 2 2 dilation 1 1 2 pad 1:1 0:0 1:1 -> {y}",
    "{x} [3 4 3 5] * {k} [2 2 2 3] flip pad 1:1 0:0 1:0 1:1 boundary reflect:wrap zero:zero edge:zero zero:constant fill 1 -> {y}",
    "{x} c2 [2 3 2 3] * {k} o2 [2 1 2 2] spread 2 1 1 2 stride 1 1 2 1 pad 1:1 0:0 1:1 0:0 -> {y}",
];

/// The problem of a case for these types; `None` where the types rule its boundary out.
fn problem(text: &str, [x, k, y]: [&str; 3]) -> Option<Problem> {
    let text = text.replace("{x}", x).replace("{k}", k).replace("{y}", y);
    match text.parse() {
        Ok(problem) => Some(problem),
        Err(error) => {
            assert!(convolver::Error::is_type(&error), "{error}");
            None
        }
    }
}

fn check(types: [&str; 3]) {
    for (number, text) in CASES.iter().enumerate() {
        let Some(problem) = problem(text, types) else { continue };
        let spelled: Problem = problem.to_string().parse().expect("what prints parses");
        assert_eq!(spelled, problem);
        let kinds = [
            (Shape::Dense, Memory::Plain),
            (Shape::Product, Memory::Strange),
            (Shape::Dense, Memory::Turned),
            (Shape::Constant, Memory::Plain),
            (Shape::Sparse, Memory::Strange),
        ];
        for (shape, memory) in kinds {
            let style = Style::ALL[number % Style::ALL.len()];
            let case = Case { problem: problem.clone(), data: Data { style, shape, memory, seed: number as u64 } };
            Judge::new(&case).check_all(|_, _| {}).unwrap_or_else(|wrong| panic!("{wrong}"));
        }
    }
}

#[test]
fn every_case_of_every_type() {
    ElementType::ALL.iter().for_each(|element| check([element.name(); 3]));
}

#[test]
fn every_case_of_mixed_types() {
    MIXED.iter().for_each(|&types| check(types));
}

/// Conjugation, for every place that a complex operand may have.
#[test]
fn conjugates() {
    for types in [["c64"; 3], ["c128"; 3], ["c64", "f32", "c64"], ["f64", "c64", "c128"]] {
        for operand in ["input", "kernel"] {
            for text in [
                "{x} n2 c2 [9] * {k} o2 [3] conjugate {} pad 1:1 -> {y}",
                "{x} c2 [5 6] * {k} [3 2] flip conjugate {} stride 2 1 pad 2:1 0:3 boundary constant:wrap line:edge \
                 fill 1.5:-2.0 -> {y}",
            ] {
                let problem =
                    problem(&text.replace("{}", operand), types).expect("complex results take every boundary");
                for style in [Style::Uniform, Style::Special] {
                    let case = Case { problem: problem.clone(), data: Data::new(style, 3) };
                    Judge::new(&case).check_all(|_, _| {}).unwrap_or_else(|wrong| panic!("{wrong}"));
                }
            }
        }
    }
}

/// Sums below the least normal number, to which zeros are added.
#[test]
fn small_sums_stay() {
    for text in [
        "bf16 c2 c1 [] * [] fill 0.0:0.0 -> bf16 | subnormal product plain 27693",
        "f32 c2 c32 [9] * o3 [3] pad 1:1 -> f32 | subnormal dense plain 7",
    ] {
        let case: Case = text.parse().unwrap_or_else(|wrong| panic!("{wrong}"));
        Judge::new(&case).check_all(|_, _| {}).unwrap_or_else(|wrong| panic!("{wrong}"));
    }
}

/// The case in `CONVOLVER_CASE`, if there is one.
#[test]
fn one_case() {
    let Ok(text) = std::env::var("CONVOLVER_CASE") else { return };
    let case: Case = text.parse().unwrap_or_else(|wrong| panic!("{wrong}"));
    Judge::new(&case).check_all(|_, _| {}).unwrap_or_else(|wrong| panic!("{wrong}"));
}
