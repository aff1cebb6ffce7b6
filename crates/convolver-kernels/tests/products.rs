//! The gather, products and pieces micro-kernels against their formulas: every instruction set, every lane.

mod support;

use convolver_kernels::{
    Ahead, BLOCK, Extent, Gather, InstructionSet, LEFT_OUT, MatrixMut, PairSplit, PairTurn, PieceProducts, Pieces,
    Placed, Products, Rows, Run, Side, Split, TILE_ROWS, Terms,
};
use std::panic::{AssertUnwindSafe, catch_unwind};
use support::{Exact, Random, instruction_sets};

/// Random lines and runs, and a source not one element longer than it must be.
struct Places {
    start: usize,
    lines: Vec<usize>,
    runs: Vec<Run>,
    length: usize,
}

impl Places {
    fn random(random: &mut Random, lines: usize, columns: usize) -> Self {
        let (start, mut left, mut runs) = (random.below(9), columns, Vec::new());
        while left > 0 {
            let longest = if random.below(2) == 0 { left } else { left.min(5) };
            let count = random.within(1, longest);
            let step = if random.below(3) == 0 { random.below(4) } else { 1 };
            runs.push(Run { offset: random.below(90), count, step });
            left -= count;
        }
        let lines: Vec<_> = (0..lines).map(|_| random.below(300)).collect();
        let reach = runs.iter().map(|run| run.offset + (run.count - 1) * run.step + 1).max().unwrap_or(0);
        let length = start + lines.iter().max().unwrap() + reach;
        Places { start, lines, runs, length }
    }

    fn of<'a, L: Exact>(&'a self, source: &'a [L]) -> Gather<'a, L> {
        Gather { source: source.into(), start: self.start, lines: &self.lines, runs: &self.runs }
    }

    /// Row by row.
    fn expected<L: Exact>(&self, source: &[L]) -> Vec<Vec<L>> {
        let row = |line: &usize| {
            let number = |run: &Run, at: usize| source[self.start + line + run.offset + at * run.step];
            self.runs.iter().flat_map(|run| (0..run.count).map(|at| number(run, at)).collect::<Vec<_>>()).collect()
        };
        self.lines.iter().map(row).collect()
    }
}

fn gathers<L: Exact>(set: &'static InstructionSet) {
    let mut random = Random(21);
    for columns in (1..=3 * set.lanes::<L>() + 1).chain([200]) {
        let places = Places::random(&mut random, 4, columns);
        let source: Vec<L> = (0..places.length).map(|_| L::random(&mut random)).collect();
        let (width, pitch) = (columns + random.below(70), columns + 80);
        let mut target = vec![L::canary(); 4 * pitch];
        set.gather(&places.of(&source), &mut MatrixMut::from_slice(&mut target, 4, width, pitch));
        for (row, expected) in target.chunks(pitch).zip(places.expected(&source)) {
            assert_eq!(row[..columns], expected[..], "{}", set.name);
            assert!(row[columns..width].iter().all(|&number| number == L::default()), "{}: zeros behind", set.name);
            assert!(row[width..].iter().all(|&number| number == L::canary()), "{}: nothing further", set.name);
        }
        let shorter = catch_unwind(AssertUnwindSafe(|| {
            let job = places.of(&source[..source.len() - 1]);
            set.gather(&job, &mut MatrixMut::from_slice(&mut target, 4, width, pitch));
        }));
        assert!(shorter.is_err(), "{}: a gather read behind its source", set.name);
    }
}

#[test]
fn every_line_is_gathered() {
    for_every_lane!(gathers);
}

fn multiplies<L: Exact>(set: &'static InstructionSet) {
    let mut random = Random(22);
    for (rows, terms) in (1..=14).flat_map(|rows| [0, 1, 7, 40].map(|terms| (rows, terms))) {
        let width = set.lanes::<L>() * random.within(1, set.panel::<L>() / set.lanes::<L>());
        let mut places =
            |count: usize, below: usize| -> Vec<usize> { (0..count).map(|_| random.below(below)).collect() };
        let (row_places, of_rows, of_panel) = (places(rows, 200), places(terms, 90), places(terms, 500));
        let (starts, accumulate) = ((random.below(9), random.below(9)), random.below(2) == 1);
        let most = |places: &[usize]| places.iter().max().copied().unwrap_or(0);
        // Not one number longer than they must be.
        let a: Vec<L> =
            (0..starts.0 + most(&row_places) + most(&of_rows) + 1).map(|_| L::random(&mut random)).collect();
        let b: Vec<L> = (0..starts.1 + most(&of_panel) + width).map(|_| L::random(&mut random)).collect();
        let pitch = width + random.below(5);
        let mut target: Vec<L> = (0..rows * pitch).map(|_| L::random(&mut random)).collect();
        let old = target.clone();
        // What is asked for need not be there.
        let asked: Vec<usize> = (0..random.below(9)).map(|_| random.below(99)).collect();
        let mut multiply = |a: &[L], b: &[L]| {
            let rows_of = Terms { numbers: a.into(), start: starts.0, places: &of_rows };
            let panel = Terms { numbers: b.into(), start: starts.1, places: &of_panel };
            let ahead = match starts.0 % 4 {
                0 => Ahead::Nothing,
                1 => Ahead::Panel(Terms { start: usize::MAX / 8, ..panel }, &asked),
                2 => Ahead::Rows,
                _ => Ahead::RowsOfTerms,
            };
            let job = Products { rows: rows_of, row_places: &row_places, panel, accumulate, ahead };
            set.products(&job, &mut MatrixMut::from_slice(&mut target, rows, width, pitch));
        };
        if terms > 0 {
            for (a, b) in [(&a[1..], &b[..]), (&a[..], &b[1..])] {
                let shorter = catch_unwind(AssertUnwindSafe(|| multiply(a, b)));
                assert!(shorter.is_err(), "{}: products read behind their operands", set.name);
            }
        }
        multiply(&a, &b);
        for (place, (&found, &old)) in target.iter().zip(&old).enumerate() {
            let (row, lane) = (place / pitch, place % pitch);
            let first = if accumulate { old } else { L::default() };
            let product = |t: usize| a[starts.0 + row_places[row] + of_rows[t]].times(b[starts.1 + of_panel[t] + lane]);
            let expected = if lane < width { (0..terms).fold(first, |sum, t| sum.plus(product(t))) } else { old };
            assert_eq!(found, expected, "{}, {:?}: {rows} rows, {terms} terms, {width} wide", set.name, L::TYPE);
        }
    }
    for lanes in [1, 63, 64, 65, 200, 392, 1000] {
        let panels: Vec<_> = set.panels::<L>(lanes).collect();
        let ends = panels.iter().map(|panel| panel.end);
        assert!(panels.iter().map(|panel| panel.start).eq(std::iter::once(0).chain(ends).take(panels.len())));
        assert!(panels.iter().all(|panel| !panel.is_empty() && panel.len() <= set.panel::<L>()), "{panels:?}");
        assert_eq!(panels.last().map(|panel| panel.end), Some(lanes.next_multiple_of(set.lanes::<L>())));
    }
}

#[test]
fn every_number_of_rows() {
    for_every_lane!(multiplies);
}

const EVERY: [Pieces; 4] = [Pieces::One, Pieces::Two, Pieces::TwoWhole, Pieces::Three];

/// What the pieces' own rounding may add to a product, in units of it.
fn cut(pieces: Pieces) -> f64 {
    match pieces {
        Pieces::One => 2f64.powi(-7),
        Pieces::Two | Pieces::TwoWhole => 2f64.powi(-15),
        Pieces::Three => 2f64.powi(-24),
    }
}

/// Every row of some tiles, or what each 16 lanes are.
fn placed_as(side: Side, tiles: impl Iterator<Item = usize>, row_step: usize) -> Vec<usize> {
    let rows = if side == Side::Rows { TILE_ROWS } else { 1 };
    tiles.flat_map(|tile| (0..rows).map(move |row| tile + row * row_step)).collect()
}

/// Where a packed operand lies, and its steps.
fn tables(side: Side, pieces: Pieces, places: usize, steps: usize) -> (Vec<usize>, Vec<usize>) {
    let tile = |number: usize| number / 2 * pieces.block(steps) + number % 2 * TILE_ROWS * TILE_ROWS;
    let places = placed_as(side, (0..places / TILE_ROWS).map(tile), TILE_ROWS);
    (places, (0..steps).map(|step| step * pieces.block(1)).collect())
}

fn placed<'a>(pairs: &'a [i32], (places, steps): &'a (Vec<usize>, Vec<usize>)) -> Placed<'a> {
    Placed { pairs: pairs.into(), places, steps, row_step: TILE_ROWS, piece_step: BLOCK * TILE_ROWS }
}

#[test]
fn products_of_pieces_are_products() {
    for set in instruction_sets().into_iter().filter(|set| set.has_pieces()) {
        let mut random = Random(23);
        for pieces in EVERY {
            for (rows, terms, lanes) in [(1, 1, 1), (32, 32, 32), (33, 40, 65), (70, 100, 17), (5, 257, 40)] {
                let uniform = |random: &mut Random| (random.bits() >> 40) as f32 / (1u64 << 23) as f32 - 1.0;
                let (a, b) = (Places::random(&mut random, rows, terms), Places::random(&mut random, terms, lanes));
                let of_a: Vec<f32> = (0..a.length).map(|_| uniform(&mut random)).collect();
                let of_b: Vec<f32> = (0..b.length).map(|_| uniform(&mut random)).collect();
                let whole = |count: usize| count.next_multiple_of(BLOCK);
                let (height, width, steps) = (whole(rows), whole(lanes), whole(terms) / BLOCK);
                let mut rows_cut = vec![0; height / BLOCK * pieces.block(steps)];
                let mut lanes_cut = vec![0; width / BLOCK * pieces.block(steps)];
                let extents = [
                    set.split_rows(&Split { numbers: a.of(&of_a), pieces, judged: true }, &mut rows_cut),
                    set.split_lanes(&Split { numbers: b.of(&of_b), pieces, judged: true }, &mut lanes_cut),
                ];
                assert!(extents[0].multiply(extents[1]), "numbers up to 1 can be multiplied in pieces");
                let mut sums = vec![1.0; height * (width + 3)];
                let (of_rows, of_lanes) =
                    (tables(Side::Rows, pieces, height, steps), tables(Side::Lanes, pieces, width, steps));
                // Once with each operand placed.
                for accumulate in [false, true] {
                    let (placed, side, packed) = match accumulate {
                        true => (placed(&rows_cut, &of_rows), Side::Rows, &lanes_cut[..]),
                        false => (placed(&lanes_cut, &of_lanes), Side::Lanes, &rows_cut[..]),
                    };
                    let job = PieceProducts { placed, side, targets: None, packed, pieces, accumulate };
                    set.piece_products(&job, &mut MatrixMut::from_slice(&mut sums, height, width, width + 3));
                }
                let behind = catch_unwind(AssertUnwindSafe(|| {
                    let placed = placed(&rows_cut[..rows_cut.len() - 1], &of_rows);
                    let job = PieceProducts {
                        placed,
                        side: Side::Rows,
                        targets: None,
                        packed: &lanes_cut,
                        pieces,
                        accumulate: false,
                    };
                    set.piece_products(&job, &mut MatrixMut::from_slice(&mut sums, height, width, width + 3));
                }));
                assert!(behind.is_err(), "tiles were read behind their pairs");
                let (a, b) = (a.expected(&of_a), b.expected(&of_b));
                for (row, lane) in (0..rows).flat_map(|row| (0..lanes).map(move |lane| (row, lane))) {
                    let products = (0..terms).map(|term| 2.0 * f64::from(a[row][term]) * f64::from(b[term][lane]));
                    let (sum, size) =
                        products.fold((0.0, 0.0), |(sum, size), product: f64| (sum + product, size + product.abs()));
                    let allowed = size * (cut(pieces) + 12.0 * (terms + 8) as f64 * 2f64.powi(-24));
                    let found = f64::from(sums[row * (width + 3) + lane]);
                    assert!((found - sum).abs() <= allowed, "{pieces:?} {rows}×{terms}×{lanes}: {found} is not {sum}");
                }
            }
        }
    }
}

#[test]
fn extents_keep_from_the_unit_what_it_would_lose() {
    for set in instruction_sets().into_iter().filter(|set| set.has_pieces()) {
        let extent = |numbers: &[f32]| {
            let (numbers, columns) = (numbers.into(), numbers.len());
            // No row follows, however far away it would be.
            let (first, row_steps, pieces) = ((0, 0), (usize::MAX - 4, 0), Pieces::One);
            let job = PairSplit { numbers, first, rows: 1, columns, row_steps, pieces, piece_step: 0 };
            set.split_pairs(&job, &mut vec![0; columns])
        };
        let ordinary = extent(&[1.0, -3.5, 0.0]);
        assert!(ordinary.multiply(ordinary) && Extent::NONE.multiply(ordinary));
        for lost in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e-38, -1e-42, f32::MAX] {
            let numbers: Vec<f32> = std::iter::repeat_n(1.0, 37).chain([lost]).collect();
            assert!(!extent(&numbers).multiply(ordinary), "{lost} is multiplied in pieces");
        }
        let large = extent(&[2e19]);
        assert!(large.multiply(ordinary) && !large.multiply(large), "rounding a piece up may overflow a product");
        let small = extent(&[1e-20]);
        assert!(small.multiply(ordinary) && !small.multiply(small), "the product of two small numbers has lost bits");
    }
}

/// Steps, and their terms.
const STEPS: usize = 2;
const TERMS: usize = STEPS * BLOCK;

#[test]
fn pairs_joined_where_they_stay_are_the_same_pieces() {
    for set in instruction_sets().into_iter().filter(|set| set.has_pieces()) {
        let mut random = Random(24);
        for (pieces, count) in EVERY.iter().flat_map(|&pieces| [32, 64, 96].map(|count| (pieces, count))) {
            let numbers = lines_of_terms(&mut random, count);
            let source = numbers[..].into();
            let size = count.div_ceil(BLOCK) * pieces.block(STEPS);
            let (mut packed, mut turned) = (vec![0; size], vec![0; size]);
            let rows: Vec<usize> = (0..count).map(|row| row * TERMS).collect();
            let runs = [Run { offset: 0, count: TERMS, step: 1 }];
            let of_rows = Gather { source, start: 0, lines: &rows, runs: &runs };
            let split = |numbers| Split { numbers, pieces, judged: true };
            set.split_rows(&split(of_rows), &mut packed);
            // The pairs of each row of the same numbers: those of a step lie together.
            let pitch = TERMS / 2 + 5;
            let piece_step = count * pitch;
            let mut joined = vec![0; piece_step * pieces.count()];
            for step in 0..STEPS {
                let (first, row_steps) = ((step * BLOCK, step * BLOCK + TILE_ROWS), (TERMS, pitch));
                let job = PairSplit {
                    numbers: source,
                    first,
                    rows: count,
                    columns: TILE_ROWS,
                    row_steps,
                    pieces,
                    piece_step,
                };
                assert_ne!(set.split_pairs(&job, &mut joined[step * TILE_ROWS..]), Extent::NONE);
            }
            let places = placed_as(Side::Rows, (0..count / TILE_ROWS).map(|tile| tile * TILE_ROWS * pitch), pitch);
            let steps: Vec<usize> = (0..STEPS).map(|step| step * TILE_ROWS).collect();
            let in_place =
                Placed { pairs: joined[..].into(), places: &places, steps: &steps, row_step: pitch, piece_step };
            // By themselves, as lanes: the same sums from either place.
            set.split_turned(&split(of_rows), &mut turned);
            let known = tables(Side::Rows, pieces, count, STEPS);
            let sums = [in_place, placed(&packed, &known)].map(|placed| {
                let mut sums = vec![0.0; count * count];
                let job = PieceProducts {
                    placed,
                    side: Side::Rows,
                    targets: None,
                    packed: &turned,
                    pieces,
                    accumulate: false,
                };
                set.piece_products(&job, &mut MatrixMut::from_slice(&mut sums, count, count, count));
                sums
            });
            assert!(sums[0] == sums[1], "{pieces:?}: {count} rows");
        }
    }
}

/// Numbers of so many lines, in rows of terms.
fn lines_of_terms(random: &mut Random, count: usize) -> Vec<f32> {
    (0..count * TERMS).map(|_| (random.bits() >> 40) as f32 * 1e-3 - 9e3).collect()
}

#[test]
fn planes_of_pairs_are_lanes() {
    for set in instruction_sets().into_iter().filter(|set| set.has_pieces()) {
        let mut random = Random(27);
        for (pieces, count) in EVERY.iter().flat_map(|&pieces| [32, 64, 96].map(|count| (pieces, count))) {
            let numbers = lines_of_terms(&mut random, count);
            let source = numbers[..].into();
            let size = count.div_ceil(BLOCK) * pieces.block(STEPS);
            let (mut packed, mut turned) = (vec![0; size], vec![0; size]);
            let (rows, columns): (Vec<usize>, Vec<usize>) =
                ((0..count).map(|row| row * TERMS).collect(), (0..TERMS).map(|t| t * count).collect());
            let runs = [TERMS, count].map(|count| [Run { offset: 0, count, step: 1 }]);
            let of_rows = Gather { source, start: 0, lines: &rows, runs: &runs[0] };
            let of_lanes = Gather { source, start: 0, lines: &columns, runs: &runs[1] };
            let split = |numbers| Split { numbers, pieces, judged: true };
            let extent = set.split_rows(&split(of_rows), &mut packed);
            let piece_step = count * TERMS / 2;
            // Planes of terms, those of a step 16 apart in pairs, are lanes.
            let lanes_extent = set.split_lanes(&split(of_lanes), &mut turned);
            assert_eq!(extent, lanes_extent, "the same numbers have the same extent");
            let mut joined = vec![0; piece_step * pieces.count()];
            let row_steps = (count, count);
            for step in 0..STEPS {
                let first = (step * BLOCK * count, (step * BLOCK + TILE_ROWS) * count);
                let job = PairSplit {
                    numbers: source,
                    first,
                    rows: TILE_ROWS,
                    columns: count,
                    row_steps,
                    pieces,
                    piece_step,
                };
                set.split_pairs(&job, &mut joined[step * TILE_ROWS * count..]);
            }
            let places: Vec<usize> = (0..count / TILE_ROWS).map(|tile| tile * TILE_ROWS).collect();
            let steps: Vec<usize> = (0..STEPS).map(|step| step * TILE_ROWS * count).collect();
            let in_place =
                Placed { pairs: joined[..].into(), places: &places, steps: &steps, row_step: count, piece_step };
            let known = tables(Side::Lanes, pieces, count, STEPS);
            let sums = [in_place, placed(&turned, &known)].map(|placed| {
                let mut sums = vec![0.0; count * count];
                let job = PieceProducts {
                    placed,
                    side: Side::Lanes,
                    targets: None,
                    packed: &packed,
                    pieces,
                    accumulate: false,
                };
                set.piece_products(&job, &mut MatrixMut::from_slice(&mut sums, count, count, count));
                sums
            });
            assert!(sums[0] == sums[1], "{pieces:?}: {count} lanes");
        }
    }
}

#[test]
fn pairs_of_bfloats_are_their_one_piece() {
    for set in instruction_sets().into_iter().filter(|set| set.has_pieces()) {
        let mut random = Random(26);
        let bits: Vec<i16> = (0..400).map(|_| (random.bits() as i16 & 0x3fff) | 0x2000).collect();
        let numbers: Vec<f32> = bits.iter().map(|&bits| f32::from_bits(u32::from(bits as u16) << 16)).collect();
        for (rows, columns) in [(1, 1), (3, 16), (4, 39)] {
            let (first, row_steps, pieces) = ((2, 190), (45, 50), Pieces::One);
            let (mut expected, mut found) = (vec![7; 200], vec![7; 200]);
            let source = numbers[..].into();
            let job = PairSplit { numbers: source, first, rows, columns, row_steps, pieces, piece_step: 0 };
            let extent = set.split_pairs(&job, &mut expected);
            let job = PairSplit { numbers: bits[..].into(), first, rows, columns, row_steps, pieces, piece_step: 0 };
            assert_eq!(set.join_pairs(&job, &mut found), extent);
            assert!(found == expected, "{rows} rows of {columns}");
        }
    }
}

#[test]
fn lanes_cut_as_lines_are_the_same_pieces() {
    for set in instruction_sets().into_iter().filter(|set| set.has_pieces()) {
        let mut random = Random(25);
        for (pieces, count) in EVERY.iter().flat_map(|&pieces| [1, 16, 33, 70].map(|count| (pieces, count))) {
            let numbers: Vec<f32> = (0..count * TERMS).map(|_| (random.bits() >> 40) as f32 * 1e-3 - 9e3).collect();
            let size = count.div_ceil(BLOCK) * pieces.block(2);
            let (mut expected, mut found) = (vec![0; size], vec![0; size]);
            let lanes: Vec<f32> = (0..TERMS).flat_map(|t| numbers.iter().skip(t).step_by(TERMS).copied()).collect();
            let lines: Vec<usize> = (0..TERMS).map(|term| term * count).collect();
            let runs = [Run { offset: 0, count, step: 1 }];
            let gather = Gather { source: lanes[..].into(), start: 0, lines: &lines, runs: &runs };
            let extent = set.split_lanes(&Split { numbers: gather, pieces, judged: true }, &mut expected);
            let lines: Vec<usize> = (0..count).map(|lane| lane * TERMS).collect();
            let runs = [Run { offset: 0, count: TERMS, step: 1 }];
            let gather = Gather { source: numbers[..].into(), start: 0, lines: &lines, runs: &runs };
            let turned = set.split_turned(&Split { numbers: gather, pieces, judged: true }, &mut found);
            assert!(found == expected, "{pieces:?}: {count} lanes turned");
            assert!(count % 16 != 0 || turned == extent, "{pieces:?}: {count} lanes turned, their extent");
        }
    }
}

#[test]
fn turned_planes_are_the_same_pairs() {
    const PLACES: usize = 75;
    for set in instruction_sets().into_iter().filter(|set| set.has_pieces()) {
        let mut random = Random(28);
        // Numbers that are bfloat16 ones, too.
        let bits: Vec<i16> = (0..PLACES * TERMS).map(|_| (random.bits() as i16 & 0x3fff) | 0x2000).collect();
        let numbers: Vec<f32> = bits.iter().map(|&bits| f32::from_bits(u32::from(bits as u16) << 16)).collect();
        for (pieces, count) in EVERY.iter().flat_map(|&pieces| [1, 14, 32, 47, PLACES].map(|count| (pieces, count))) {
            let pitch = TERMS / 2 + 3;
            let piece_step = PLACES * pitch;
            // In any order.
            let places: Vec<usize> = (0..count).map(|place| place * 7 % PLACES * pitch).collect();
            let (elements, start) = ((TERMS, PLACES), PLACES - count);
            let mut found = vec![7; piece_step * pieces.count()];
            let mut expected = found.clone();
            let job = PairTurn { numbers: numbers[..].into(), start, elements, places: &places, pieces, piece_step };
            let extent = set.turn_pairs(&job, &mut found);
            let mut seen = Extent::NONE;
            for pair in 0..TERMS / 2 {
                for (at, &place) in places.iter().enumerate() {
                    let first = pair * PLACES + start + at;
                    let first = (first, first + TERMS / 2 * PLACES);
                    let (rows, columns, row_steps) = (1, 1, (0, 0));
                    let numbers = numbers[..].into();
                    let job = PairSplit { numbers, first, rows, columns, row_steps, pieces, piece_step };
                    seen = seen.and(set.split_pairs(&job, &mut expected[place + pair..]));
                }
            }
            assert_eq!(extent, seen, "the same numbers have the same extent");
            assert!(found == expected, "{pieces:?}: {count} places");
            if pieces == Pieces::One {
                let numbers = bits[..].into();
                let job = PairTurn { numbers, start, elements, places: &places, pieces, piece_step };
                let mut found = vec![7; piece_step];
                assert_eq!(set.turn_bfloat_pairs(&job, &mut found), extent);
                assert!(found == expected, "bfloat16: {count} places");
            }
            let behind = PairTurn { numbers: numbers[1..].into(), ..job };
            let behind = catch_unwind(AssertUnwindSafe(|| set.turn_pairs(&behind, &mut found)));
            assert!(behind.is_err(), "planes were read behind their source");
        }
    }
}

#[test]
fn free_rows_leave_steps_out() {
    for set in instruction_sets().into_iter().filter(|set| set.has_pieces()) {
        let mut random = Random(29);
        for (pieces, rows, lanes) in
            EVERY.iter().flat_map(|&pieces| [(pieces, 1, 32), (pieces, 13, 96), (pieces, 200, 64)])
        {
            let pairs = |random: &mut Random, count: usize| -> Vec<i32> {
                // Two numbers from 0.5 to 2 each.
                (0..count).map(|_| (random.bits() as i32 & 0x007f_007f) | 0x3f80_3f80).collect()
            };
            let placed = pairs(&mut random, 3000);
            let packed = pairs(&mut random, lanes / BLOCK * pieces.block(STEPS));
            let places: Vec<usize> = (0..rows).map(|_| random.bits() as usize % 2000).collect();
            let targets: Vec<usize> = (0..rows).map(|row| (row * 3 + 1) % (3 * rows)).collect();
            let product = |steps: &[usize], packed: &[i32], targets: Option<&[usize]>| {
                let (height, pitch) = (3 * rows, lanes + 16);
                let mut sums = vec![1.0; height * pitch];
                let placed = Placed { pairs: placed[..].into(), places: &places, steps, row_step: 0, piece_step: 300 };
                let job = PieceProducts { placed, side: Side::Rows, targets, packed, pieces, accumulate: true };
                let height = if targets.is_some() { height } else { rows };
                set.piece_products(&job, &mut MatrixMut::from_slice(&mut sums, height, lanes, pitch));
                sums.chunks_exact(pitch).map(|row| row[..lanes].to_vec()).collect::<Vec<_>>()
            };
            let last: Vec<i32> =
                packed.chunks_exact(pieces.block(STEPS)).flat_map(|block| &block[pieces.block(1)..]).copied().collect();
            let with_one = || (product(&[LEFT_OUT, 40], &packed, Some(&targets)), product(&[40], &last, None));
            if set.piece_rows() != Some(Rows::Free) {
                assert!(catch_unwind(AssertUnwindSafe(with_one)).is_err(), "tiles leave nothing out");
                continue;
            }
            let (found, expected) = with_one();
            for (row, &target) in targets.iter().enumerate() {
                assert!(found[target] == expected[row], "{pieces:?}: row {row} of {rows}");
            }
            let untouched = (0..3 * rows).filter(|row| !targets.contains(row));
            assert!(
                untouched.map(|row| &found[row]).all(|row| row.iter().all(|&sum| sum == 1.0)),
                "other rows are left"
            );
        }
    }
}
