//! Outputs of a tile: fetched, checked against the promise, corrected where needed, written.

use super::prepare::{Kernel, OverlapSave, power};
use super::promise::larger_part;
use super::special::{Special, sums};
use super::units::Start;
use crate::primitives::threads;
use convolver_kernels::{Dims, Element, Real, Scratch, Storing, TileRows, View, ViewMut, Working, grid_position};

/// Failing outputs this near to each other are computed in one go.
const NEAR: usize = 8;
/// Products of some failing outputs up to which they are summed one by one.
const QUICK: usize = 1 << 17;
/// Witnesses that are heard before it is seen whether they are enough: as many as there are outputs, these at most.
const SOME: usize = 8;
/// Outputs of a vector that witnesses are heard for one by one, at most.
const ALONE: u32 = 3;
/// Witnesses that are heard whether there is hope or not.
const FAIR: usize = 24;
/// Times of what witnesses have said, reckoned up to all of them, that may still be enough.
const HOPE: f64 = 4.0;
/// Outputs of a box for each failing one at most, for the box to be computed in one go: an estimate of how much longer each
/// takes one by one.
const MANY: usize = 16;

/// A tile that has been convolved with one kernel.
pub(super) struct Stored<'a, W: Working>
where
    W::Lane: Real,
{
    pub(super) prepared: &'a OverlapSave<'a, W>,
    pub(super) input: &'a View<'a>,
    pub(super) kernel: &'a Kernel<W>,
    /// The number of the kernel, group by bank.
    pub(super) number: usize,
    pub(super) bank: usize,
    /// Of the scales of samples and kernel.
    pub(super) exponents: [i32; 2],
    /// The least output that is certainly precise.
    pub(super) threshold: f64,
    pub(super) rows: TileRows<'a, W::Lane>,
}

/// Neighbouring outputs of a line that are not precise enough.
struct Failing {
    /// Of the line, in its piece.
    index: Dims<usize>,
    /// Of the line's first output, along the axes of the tile.
    first: Dims<usize>,
    from: usize,
    to: usize,
}

impl Failing {
    fn start(&self, line_axis: usize) -> Dims<usize> {
        let mut start = self.index.clone();
        start[line_axis] = self.from;
        start
    }
}

/// Where a piece of a tile starts.
struct Piece<'a> {
    /// Batch and group of the tile.
    leading: &'a [usize],
    /// The first output of the tile, along the axes of the problem.
    start: &'a [usize],
    /// The first output of the piece in the tile.
    offset: Dims<usize>,
}

impl<W: Storing + Element> Stored<'_, W>
where
    W::Lane: Real,
{
    /// Stores the tile; `samples` are those of its last element.
    pub(super) fn store(
        &self,
        view: &mut ViewMut<'_>,
        (leading, start): &Start,
        samples: &[W],
        specials: &[Special<W>],
        inside: bool,
    ) {
        let whole = &self.prepared.whole;
        let view = whole.bank(view, self.bank);
        let convolved_at = view.shape().len() - start.len();
        let outputs: Dims<usize> = whole.layout.order.iter().map(|&axis| view.shape()[convolved_at + axis]).collect();
        let overlay = sums(self.prepared, self.number, specials, &outputs);
        let pieces = whole.pieces(view, inside, self.prepared.grid.width());
        threads::for_each(pieces.len(), inside, |number| {
            if let Some((offset, view)) = pieces.take(number) {
                let piece = Piece { leading, start, offset: offset[convolved_at..].into() };
                self.piece(&piece, view, samples, overlay.as_deref().map(|sums| (sums, &outputs[..])));
            }
        });
    }

    fn piece(&self, piece: &Piece<'_>, mut view: ViewMut<'_>, samples: &[W], overlay: Option<(&[W], &[usize])>) {
        let (layout, width) = (&self.prepared.whole.layout, self.prepared.grid.width());
        let line_axis = view.shape().len() - layout.order.len() + layout.order[layout.order.len() - 1];
        let shape: Dims<usize> = view.shape().into();
        let count = shape[line_axis];
        let lanes = self.prepared.whole.machine.set.lanes::<W::Lane>();
        let mut numbers = Scratch::<W>::new(count.next_multiple_of(lanes));
        let mut below = vec![0; numbers.len() / lanes];
        let mut shares = vec![W::Lane::default(); lanes];
        let (scales, limit) = (self.scales(), W::Lane::of_parts(self.threshold, 0.0));
        let mut failing = Vec::new();
        self.prepared.whole.for_each_line(&shape, &piece.offset, |index, first, place| {
            for (row, (numbers, below)) in numbers.chunks_mut(width).zip(below.chunks_mut(width / lanes)).enumerate() {
                let numbers = W::lanes_mut(numbers);
                self.prepared.grid.fetch(&self.rows, place / width + row, numbers, scales, limit, below);
            }
            if let Some((sums, outputs)) = overlay {
                let at = first.iter().zip(outputs).fold(0, |place, (&at, &outputs)| place * outputs + at);
                let special = |sum: &W| sum.parts().into_iter().any(|part| !Into::<f64>::into(part).is_finite());
                for (number, sum) in numbers.iter_mut().zip(&sums[at..at + count]).filter(|(_, sum)| special(sum)) {
                    *number = *sum;
                }
            }
            view.write(index, line_axis, &numbers[..count]);
            for (from, to) in self.failing(&numbers[..count], &below, (samples, first), &mut shares) {
                let run = |(from, to)| Failing { index: index.clone(), first: first.clone(), from, to };
                if overlay.is_some() || self.prepared.whole.size.elements > 1 {
                    failing.push(run((from, to)));
                    continue;
                }
                numbers[from..to].fill(W::default());
                let mut start = index.clone();
                start[line_axis] = from;
                view.write(&start, line_axis, &numbers[from..to]);
                failing.extend(self.loud(samples, first, (from, to)).into_iter().map(run));
            }
        });
        let quick = overlay.is_none() && self.prepared.whole.size.elements == 1;
        self.correct(piece, &mut view, line_axis, &failing, quick.then_some(samples));
    }

    /// Computes outputs that are not precise enough: all of a box where they are many of it, each run alone otherwise, and
    /// from the tile's samples where those are all that it sees.
    fn correct(
        &self,
        piece: &Piece<'_>,
        view: &mut ViewMut<'_>,
        line_axis: usize,
        failing: &[Failing],
        samples: Option<&[W]>,
    ) {
        if failing.is_empty() {
            return;
        }
        let outputs: usize = failing.iter().map(|run| run.to - run.from).sum();
        if !(samples.is_some() && self.is_quick(outputs)) {
            let starts: Dims<usize> = (0..view.shape().len())
                .map(|axis| failing.iter().map(|run| run.start(line_axis)[axis]).min().unwrap_or(0))
                .collect();
            let end = |run: &Failing, axis: usize| if axis == line_axis { run.to } else { run.index[axis] + 1 };
            let lengths: Dims<usize> = (0..view.shape().len())
                .map(|axis| failing.iter().map(|run| end(run, axis)).max().unwrap_or(0) - starts[axis])
                .collect();
            if outputs * MANY >= lengths.iter().product() {
                return self.directly(piece, view, &starts, &lengths);
            }
        }
        for run in failing {
            let start = run.start(line_axis);
            if let Some(samples) = samples.filter(|_| self.is_quick(run.to - run.from)) {
                let mut numbers = vec![W::default(); run.to - run.from];
                self.sums(samples, (&run.first, run.from), &mut numbers);
                view.write(&start, line_axis, &numbers);
            } else {
                let mut lengths: Dims<usize> = Dims::from_elem(1, start.len());
                lengths[line_axis] = run.to - run.from;
                self.directly(piece, view, &start, &lengths);
            }
        }
    }

    /// What outputs are multiplied by, in two steps that do not overflow before their product does.
    fn scales(&self) -> [W::Lane; 2] {
        let exponent = self.exponents[0] + self.exponents[1];
        [power(exponent / 2), power(exponent - exponent / 2)]
    }

    /// Whether some outputs are so few that summing them here is quicker than making them a problem.
    fn is_quick(&self, outputs: usize) -> bool {
        self.prepared.whole.problem.taps() * outputs <= QUICK
    }

    /// The runs among some outputs of a line whose windows hold anything but zeros.
    fn loud(&self, samples: &[W], first: &[usize], (from, to): (usize, usize)) -> Vec<(usize, usize)> {
        let (layout, points) = (&self.prepared.whole.layout, &self.prepared.whole.size.points);
        let line = points.len() - 1;
        let seen: Dims<usize> =
            (0..line).map(|axis| layout.axes[axis].window.min(points[axis].saturating_sub(first[axis]))).collect();
        let (window, start) = (layout.axes[line].window, first[line] + from);
        let mut columns = vec![false; to - from + window - 1];
        for number in 0..seen.iter().product() {
            let row = first.iter().zip(grid_position(&seen, number)).zip(points);
            let row = row.fold(0, |row, ((&first, at), &points)| row * points + first + at);
            let end = (start + columns.len()).min(points[line]).max(start);
            let samples = samples[row * points[line]..].get(start..end).unwrap_or_default();
            columns.iter_mut().zip(samples).for_each(|(loud, sample)| *loud |= *sample != W::default());
        }
        let mut runs: Vec<(usize, usize)> = Vec::new();
        let mut last = None;
        for (column, &loud) in columns.iter().enumerate() {
            last = if loud { Some(column) } else { last };
            let Some(output) = (column + 1).checked_sub(window) else { continue };
            if last.is_some_and(|last| last >= output) {
                match runs.last_mut() {
                    Some((_, end)) if *end == from + output => *end += 1,
                    _ => runs.push((from + output, from + output + 1)),
                }
            }
        }
        runs
    }

    /// Neighbouring outputs tap by tap, the first of them `from` after a line's first. Samples past the end of the transform
    /// are zero.
    fn sums(&self, samples: &[W], (first, from): (&[usize], usize), outputs: &mut [W]) {
        let points = &self.prepared.whole.size.points;
        let line = points.len() - 1;
        let weights = self.prepared.weights(self.number);
        let (start, loud) = ((first[line] + from).min(points[line]), |sample: &W| *sample != W::default());
        outputs.fill(W::default());
        self.prepared.whole.for_each_tap_row(0, |row| {
            let seen = first.iter().zip(row.before()).zip(points);
            let Some(number) = seen.clone().try_fold(0, |number, ((&first, &tap), &points)| {
                (first + tap < points).then(|| number * points + first + tap)
            }) else {
                return;
            };
            // Where they see anything but zeros: from one sample to another.
            let samples = &samples[number * points[line] + start..(number + 1) * points[line]];
            let end = row.taps.last().map_or(0, |&(_, point)| point + outputs.len()).min(samples.len());
            let Some(low) = samples[..end].iter().position(loud) else { return };
            let high = samples[..end].iter().rposition(loud).map_or(end, |last| last + 1);
            let from = row.taps.partition_point(|&(_, point)| point + outputs.len() <= low);
            for &(tap, point) in row.taps[from..].iter().take_while(|&&(_, point)| point < high) {
                let weight = weights[row.number(tap)];
                for (output, sample) in outputs.iter_mut().zip(&samples[point..]) {
                    *output = output.plus(weight.times(*sample));
                }
            }
        });
    }

    /// The runs of a line of outputs that neither their values nor the witnesses prove precise enough.
    /// `shares` has room for those of a vector.
    fn failing(
        &self,
        numbers: &[W],
        below: &[u32],
        (samples, first): (&[W], &[usize]),
        shares: &mut [W::Lane],
    ) -> Vec<(usize, usize)> {
        let (scales, needed) = (self.scales(), W::Lane::of_parts(self.threshold, 0.0));
        let result = needed * scales[0] * scales[1];
        let mut runs: Vec<(usize, usize)> = Vec::new();
        let lanes = self.prepared.whole.machine.set.lanes::<W::Lane>();
        let vectors = numbers.chunks(lanes).zip(below).enumerate();
        for (vector, (numbers, &below)) in vectors.filter(|(_, (_, below))| **below != 0) {
            // What is past the last number is no output.
            let below = below & ((1 << numbers.len()) - 1);
            let mut left = below;
            while left != 0 {
                // Few are heard for one by one.
                let low = left.trailing_zeros() as usize;
                let high = if below.count_ones() <= ALONE {
                    low + 1
                } else {
                    u32::BITS as usize - left.leading_zeros() as usize
                };
                left &= !0 << high;
                let numbers = &numbers[low..high];
                let shares = &mut shares[..numbers.len()];
                self.shares(samples, first, vector * lanes + low, shares);
                for (at, (number, share)) in (low..).zip(numbers.iter().zip(shares)) {
                    // A NaN is as it must be, and is not less.
                    if below >> at & 1 == 1 && larger_part(*number) < result && *share < needed {
                        let at = vector * lanes + at;
                        match runs.last_mut() {
                            Some((_, to)) if at <= *to + NEAR => *to = at + 1,
                            _ => runs.push((at, at + 1)),
                        }
                    }
                }
            }
        }
        runs
    }

    /// What the witnesses say that the sums of neighbouring outputs are at least, the first of them `from` after a line's
    /// first. No more are heard where it is enough, or where it will hardly be.
    fn shares(&self, samples: &[W], first: &[usize], from: usize, shares: &mut [W::Lane]) {
        let size = &self.prepared.whole.size;
        let line = size.points.len() - 1;
        let needed = W::Lane::of_parts(self.threshold, 0.0);
        let place = first.iter().zip(&size.points).fold(0, |place, (&at, &points)| place * points + at) + from;
        let scale = power(-self.exponents[0]);
        let (all, mut heard, hope) = (self.kernel.weight, W::Lane::default(), W::Lane::of_parts(HOPE, 0.0));
        shares.fill(W::Lane::default());
        let together = SOME.min(shares.len());
        for (number, some) in self.kernel.witnesses.chunks(together).enumerate() {
            for witness in some {
                // A sample past the end of the transform is zero.
                let mut seen = first.iter().zip(&witness.points).zip(&size.points).take(line);
                let inside = size.points[line].saturating_sub(first[line] + from + witness.points[line]);
                let count = match size.wraps {
                    false => shares.len(),
                    true if seen.all(|((&at, &point), &points)| at + point < points) => inside.min(shares.len()),
                    true => continue,
                };
                let samples = samples.get(place + witness.offset..).unwrap_or_default();
                for (share, &sample) in shares[..count].iter_mut().zip(samples) {
                    *share = *share + larger_part(sample) * scale * witness.weight;
                }
            }
            some.iter().for_each(|witness| heard = heard + witness.weight);
            let most =
                shares.iter().copied().fold(W::Lane::default(), |most, share| if share > most { share } else { most });
            let hopeless = number * together >= FAIR && most * all * hope < needed * heard;
            if hopeless || shares.iter().all(|share| *share >= needed) {
                break;
            }
        }
    }

    /// Computes a box of a piece without transforms.
    fn directly(&self, piece: &Piece<'_>, view: &mut ViewMut<'_>, starts: &[usize], lengths: &[usize]) {
        let convolved_at = view.shape().len() - piece.start.len();
        let mut start: Dims<usize> = piece.leading.into();
        start.extend(grid_position(&self.prepared.whole.problem.bank, self.bank));
        let outputs = piece.start.iter().zip(&piece.offset).zip(&starts[convolved_at..]);
        start.extend(outputs.map(|((&start, &offset), &at)| start + offset + at));
        self.prepared.outputs(self.input, &start, view.sliced(starts, lengths));
    }
}
