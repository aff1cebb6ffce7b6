//! Problems past one tile, one cache and one thread's share; a sample of their outputs is judged.

use crate::data::{Data, Memory, Shape, Style};
use crate::judge::{Case, Judge};

const TYPES: &[[&str; 3]] = &[
    ["f32"; 3],
    ["f64"; 3],
    ["c64"; 3],
    ["f16"; 3],
    ["bool"; 3],
    ["u8"; 3],
    ["i64"; 3],
    ["u8", "i32", "i32"],
    ["i16", "f64", "f64"],
];

const CASES: &[&str] = &[
    "{x} [3000] * {k} [40] pad 39:39 -> {y}",
    "{x} [70000] * {k} [9] stride 3 pad 4:4 boundary reflect:wrap -> {y}",
    "{x} [300 500] * {k} [5 7] pad 2:2 3:3 boundary reflect:edge wrap:symmetric -> {y}",
    "{x} n70 [28 28] * {k} o2 [5 5] -> {y}",
    "{x} n2 c16 [33 35] * {k} o20 [3 3] pad 1:1 1:1 -> {y}",
    "{x} g64 [50 60] * {k} [3 3] stride 2 2 pad 1:1 1:1 -> {y}",
    "{x} c4 [40 41] * {k} o6 [4 4] spread 2 2 pad 3:3 3:3 -> {y}",
    "{x} [20 60 131] * {k} [3 2 3] dilation 2 1 3 pad 2:2 0:1 3:3 boundary zero:edge wrap:wrap reflect:zero -> {y}",
    "{x} n1 c300 [9 9] * {k} o70 [1 1] -> {y}",
    "{x} n40 c700 [] * {k} o90 [] -> {y}",
    "{x} n3000 [9] * {k} [4] pad 3:3 -> {y}",
    "{x} c2000 [9 40] * {k} o2 [4 3] stride 2 1 -> {y}",
    "{x} [9 3000] * {k} [9 1] pad 8:8 0:0 boundary symmetric:symmetric zero:zero -> {y}",
];

#[test]
fn large_problems() {
    for (number, text) in CASES.iter().enumerate() {
        for (turn, &[x, k, y]) in TYPES.iter().enumerate() {
            // Every case with four types, every type with about half of the cases.
            if (turn + number) % 9 > 3 {
                continue;
            }
            let problem = text.replace("{x}", x).replace("{k}", k).replace("{y}", y).parse().expect("a problem");
            let style = [Style::Uniform, Style::Wide, Style::Special][(number + turn) % 3];
            let shape = [Shape::Dense, Shape::Product, Shape::Constant, Shape::Sparse][(number + turn) % 4];
            let memory = [Memory::Plain, Memory::Turned, Memory::Strange][(number / 3 + turn) % 3];
            let case = Case { problem, data: Data { style, shape, memory, seed: number as u64 } };
            Judge::of_some(&case, 200).check_all(|_, _| {}).unwrap_or_else(|wrong| panic!("{wrong}"));
        }
    }
}

/// Long kernels, whose tiles hold many outputs that transforms lose.
const LONG: &[&str] = &[
    "{t} [3000] * {t} [140] pad 139:139 -> {t}",
    "{t} [150 230] * {t} [21 17] -> {t}",
    "{t} n2 [120 90] * {t} [19 21] stride 2 1 pad 9:9 10:10 boundary reflect:edge wrap:symmetric -> {t}",
    "{t} c2 [70 90] * {t} o2 [15 21] -> {t}",
    "{t} g3 [2000] * {t} [300] pad 0:299 -> {t}",
    "{t} [30 40 50] * {t} [9 7 8] -> {t}",
];

#[test]
fn quiet_halves() {
    for (number, text) in LONG.iter().enumerate() {
        for element in ["f32", "f64", "c64"] {
            let problem = text.replace("{t}", element).parse().expect("a problem");
            let memory = [Memory::Plain, Memory::Turned, Memory::Strange][number % 3];
            let data = Data { style: Style::Uneven, shape: Shape::Dense, memory, seed: number as u64 };
            let mut transformed = false;
            let judge = Judge::of_some(&Case { problem, data }, 200);
            judge
                .check_all(|algorithm, _| transformed |= algorithm.name() == "overlap-save")
                .unwrap_or_else(|wrong| panic!("{wrong}"));
            assert!(transformed, "{text} is taken by no transform");
        }
    }
}

/// Inputs that are loaded and stored together where their samples lie between each other's.
const BETWEEN: &[&str] = &[
    "{t} n20 [1500] * {t} [140] pad 139:139 -> {t}",
    "{t} n3 n5 [900] * {t} [120] stride 3 pad 50:70 boundary reflect:constant -> {t}",
    "{t} n9 [60 70] * {t} [13 11] pad 6:6 5:5 boundary zero:edge wrap:zero -> {t}",
    "{t} n19 c2 [50 40] * {t} o3 [12 9] pad 12:0 0:8 -> {t}",
    "{t} n6 g3 [800] * {t} o2 [90] spread 2 pad 20:20 -> {t}",
    "{t} n17 [20 22 24] * {t} [6 5 7] pad 5:5 4:4 6:6 -> {t}",
];

#[test]
fn inputs_between_each_other() {
    for (number, text) in BETWEEN.iter().enumerate() {
        for (turn, element) in ["f32", "f64", "c64", "c128", "bf16"].into_iter().enumerate() {
            let problem: convolver::Problem = text.replace("{t}", element).parse().expect("a problem");
            let styles = [Style::Uniform, Style::Uneven, Style::Special, Style::Wide, Style::Zeros];
            for memory in [Memory::Turned, Memory::Strange] {
                let style = styles[(number + turn + usize::from(memory == Memory::Strange)) % styles.len()];
                let data = Data { style, shape: Shape::Dense, memory, seed: number as u64 };
                let mut transformed = false;
                Judge::of_some(&Case { problem: problem.clone(), data }, 300)
                    .check_all(|algorithm, _| transformed |= algorithm.name() == "overlap-save")
                    .unwrap_or_else(|wrong| panic!("{wrong}"));
                assert!(transformed, "{text} is taken by no transform");
            }
        }
    }
}

/// Sums over channels that fill whole steps of a product, however they lie in memory.
const CHANNELS: &[&str] = &[
    "{t} n3 c64 [13 15] * {t} o40 [3 3] pad 1:1 1:1 -> {t}",
    "{t} c64 [21 20] * {t} o70 [3 2] flip stride 2 2 pad 1:1 0:1 -> {t}",
    "{t} g2 c32 [40] * {t} o33 [5] dilation 2 pad 4:4 -> {t}",
    "{t} n2 c32 c2 [9 10] * {t} o5 [2 3] -> {t}",
    "{t} n20 c96 [7] * {t} o64 [1] stride 2 -> {t}",
    "{t} n70 c3 [12] * {t} o5 [9] pad 2:2 -> {t}",
];

#[test]
fn channels_in_whole_steps() {
    for (number, text) in CHANNELS.iter().enumerate() {
        for element in ["f32", "bf16", "f16", "f64", "i32"] {
            let problem: convolver::Problem = text.replace("{t}", element).parse().expect("a problem");
            for memory in [Memory::Plain, Memory::Strange, Memory::Turned] {
                for style in [Style::Uniform, Style::Wide, Style::Special] {
                    let data = Data { style, shape: Shape::Dense, memory, seed: number as u64 };
                    let case = Case { problem: problem.clone(), data };
                    Judge::of_some(&case, 100).check_all(|_, _| {}).unwrap_or_else(|wrong| panic!("{wrong}"));
                }
            }
        }
    }
}

/// Long sums of few outputs, as gradients of weights are: runs of images and of places, more taps than outputs, however they lie.
const LONG_SUMS: &[&str] = &[
    "{t} n20 c3 [26 31] * {t} o18 [26 31] pad 1:1 1:1 -> {t}",
    "{t} n3 c2 [61 59] * {t} o70 [30 31] dilation 2 2 pad 3:2 2:4 -> {t}",
    "{t} n5 g2 c4 [9 8 13] * {t} o5 [8 8 12] pad 1:1 0:1 1:1 boundary reflect:edge zero:wrap zero:zero -> {t}",
    "{t} n7 [2000] * {t} o21 [1990] flip dilation 1 pad 3:2 -> {t}",
    "{t} n90 c40 [9] * {t} o33 [9] -> {t}",
    "{t} n33 c2 c5 [20 6] * {t} o2 o9 [19 7] flip pad -1:2 1:1 -> {t}",
];

#[test]
fn long_sums() {
    for (number, text) in LONG_SUMS.iter().enumerate() {
        for (turn, element) in ["f32", "f64", "f16", "i32"].into_iter().enumerate() {
            let problem: convolver::Problem = text.replace("{t}", element).parse().expect("a problem");
            for (round, memory) in [Memory::Plain, Memory::Turned, Memory::Strange].into_iter().enumerate() {
                let style = [Style::Uniform, Style::Wide, Style::Special, Style::Zeros][(number + turn + round) % 4];
                let data = Data { style, shape: Shape::Dense, memory, seed: number as u64 };
                let case = Case { problem: problem.clone(), data };
                Judge::of_some(&case, 150).check_all(|_, _| {}).unwrap_or_else(|wrong| panic!("{wrong}"));
            }
        }
    }
}

/// Sums over channels at points: squares along one axis or two, taps in parts, dilation, axes that are walked, gradients' roles.
const POINTS: &[&str] = &[
    "{t} n2 c20 [26 31] * {t} o18 [3 3] pad 1:1 1:1 -> {t}",
    "{t} n3 c17 [19 40] * {t} o70 [2 5] flip dilation 2 3 pad 3:0 0:4 boundary reflect:edge wrap:constant fill 2 -> {t}",
    "{t} g2 c16 [14 15 13] * {t} o5 [3 2 4] stride 2 1 1 pad 1:1 0:1 2:2 -> {t}",
    "{t} n5 c33 [90] * {t} o21 [9] dilation 2 pad 8:8 -> {t}",
    "{t} n20 c12 [25 24] * {t} o19 [23 22] flip -> {t}",
    "{t} n2 n3 c40 [9 30] * {t} o3 [1 3] stride 2 1 pad 0:0 -1:5 -> {t}",
    "{t} n2 c130 [11 12] * {t} o130 [4 3] pad 20:20 1:1 -> {t}",
    "{t} n2 c24 [10 11] * {t} o16 [4 4] spread 2 2 pad 2:2 2:2 -> {t}",
];

#[test]
fn sums_at_points() {
    for (number, text) in POINTS.iter().enumerate() {
        for (turn, element) in ["f32", "f64", "f16"].into_iter().enumerate() {
            let problem: convolver::Problem = text.replace("{t}", element).parse().expect("a problem");
            let styles = [Style::Uniform, Style::Uneven, Style::Special, Style::Wide, Style::Zeros];
            for (round, style) in styles.into_iter().enumerate() {
                let memory = [Memory::Plain, Memory::Turned, Memory::Strange][(number + turn + round) % 3];
                let shape = [Shape::Dense, Shape::Sparse, Shape::Constant][(turn + round) % 3];
                let data = Data { style, shape, memory, seed: number as u64 };
                let mut evaluated = text.contains("spread");
                Judge::of_some(&Case { problem: problem.clone(), data }, 150)
                    .check_all(|algorithm, _| evaluated |= algorithm.name() == "winograd")
                    .unwrap_or_else(|wrong| panic!("{wrong}"));
                assert!(evaluated, "{text} is not evaluated at points");
            }
        }
    }
}
