//! Tiles cover their view without overlap; scratch is aligned and kept.

use crate::support::Random;
use convolver_kernels::{ElementType, Owned, Scalar, Scratch, Tiles, Truth, Working, grid_position};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Adds one to every element of every tile, some of them from each of a few threads.
fn count_visits(array: &mut Owned, tile: &[usize], threads: usize) {
    let tiles = Tiles::new(array.view_mut(), tile);
    let work = |first: usize| {
        for number in (first..tiles.len()).step_by(threads) {
            let (starts, mut part) = tiles.take(number).expect("a tile nobody has");
            let lengths = part.shape().to_vec();
            assert!(lengths.iter().zip(tile).all(|(length, tile)| (1..=*tile).contains(length)));
            for place in 0..part.len() {
                let index = grid_position(&lengths, place);
                let value = starts.iter().zip(&index).fold(1, |value, (start, at)| value * 10 + start + at);
                part.set(&index, Scalar::Integer(value as i128));
            }
        }
    };
    std::thread::scope(|scope| (0..threads).for_each(|first| drop(scope.spawn(move || work(first)))));
    assert!((0..tiles.len()).all(|number| tiles.take(number).is_none()), "every tile is given out once");
    assert!(catch_unwind(AssertUnwindSafe(|| tiles.take(tiles.len()).is_some())).is_err(), "no such tile");
}

#[test]
fn tiles_cover_their_view() {
    let mut random = Random(7);
    for _ in 0..200 {
        let axes = random.below(4);
        let shape: Vec<_> = (0..axes).map(|_| random.within(1, 9)).collect();
        let tile: Vec<_> = (0..axes).map(|_| random.within(1, 11)).collect();
        let mut array = Owned::zeros(ElementType::I64, &shape);
        count_visits(&mut array, &tile, random.within(1, 3));
        for number in 0..array.view().len() {
            let index = grid_position(&shape, number);
            let value = index.iter().fold(1, |value, at| value * 10 + at);
            assert_eq!(array.view().get(&index), Scalar::Integer(value as i128), "{shape:?} by {tile:?}");
        }
    }
}

#[test]
fn an_empty_view_has_no_tiles() {
    let mut array = Owned::zeros(ElementType::F32, &[3, 0, 2]);
    assert!(Tiles::new(array.view_mut(), &[2, 2, 2]).is_empty());
    assert!(catch_unwind(AssertUnwindSafe(|| Tiles::new(array.view_mut(), &[2, 0, 2]).len())).is_err());
    assert!(catch_unwind(AssertUnwindSafe(|| Tiles::new(array.view_mut(), &[2, 2]).len())).is_err());
}

fn use_scratch<W: Working>(lengths: &[usize]) {
    let mut pieces: Vec<_> = lengths.iter().map(|&length| Scratch::<W>::new(length)).collect();
    for (piece, &length) in pieces.iter_mut().zip(lengths) {
        assert_eq!(piece.len(), length);
        assert!((piece.as_ptr() as usize).is_multiple_of(64), "aligned for every vector");
        piece.fill(W::default());
    }
    let ends: Vec<_> = pieces.iter().map(|piece| piece.as_ptr_range()).collect();
    for (number, left) in ends.iter().enumerate() {
        assert!(ends[..number].iter().all(|right| left.end <= right.start || right.end <= left.start), "apart");
    }
}

#[test]
fn scratch_is_aligned_and_apart() {
    let mut random = Random(8);
    std::thread::scope(|scope| {
        for seed in 0..3 {
            scope.spawn(move || {
                let mut random = Random(seed);
                for _ in 0..60 {
                    let lengths: Vec<_> =
                        (0..random.below(7)).map(|_| random.bits() as usize >> random.within(49, 63)).collect();
                    use_scratch::<f32>(&lengths);
                    use_scratch::<Truth>(&lengths);
                    use_scratch::<i64>(&lengths);
                }
            });
        }
    });
    use_scratch::<f64>(&[0, 1, (5 << 20) / 8 + random.below(9), 0]);
    assert!(catch_unwind(|| Scratch::<f64>::new(usize::MAX / 8 + 1).len()).is_err(), "no such memory");
    assert!(catch_unwind(|| Scratch::<f64>::new(isize::MAX as usize / 8).len()).is_err(), "no such memory");
}
