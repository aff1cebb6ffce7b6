//! Lines that are one row of the input each: what all of them have in common is found once for a box.
//!
//! Picture   row   ░░│a b c d e f g│░░      the samples seen, in place or read once
//!           phases  a d g │ b e │ c f      for a stride of 3, each copied to its part of the line
//!
//! Phases are copied number by number: permuting whole vectors and gathering by instructions were measured for strides of
//! 2 to 8, and take as long or longer on lines of up to 1000 numbers.

use super::{Line, Loader, Packing};
use crate::problem::Sample;
use convolver_kernels::{Dims, Kind, Source, View, Working, WorkingType};

/// Copies rows of the input to lines of a box.
pub(super) struct Copier<'a, W: Working> {
    loader: &'a Loader<'a, W>,
    view: &'a View<'a>,
    /// The numbers themselves, if they are of the working type and lie side by side, or the bits of bfloat16 ones.
    source: Option<Source<'a, W::Lane>>,
    bfloats: Option<Source<'a, i16>>,
    /// Elements from one to the next along each axis, where lines are read where they lie; zero along them.
    steps: Dims<usize>,
    /// The axis of the view that lines run along, and the samples of it that are read.
    axis: usize,
    first: usize,
    count: usize,
    /// Samples from one place of a phase to the next.
    step: usize,
    phases: Vec<Phase>,
    /// What stands at the places outside the input.
    outside: Vec<(usize, Sample)>,
    part: Vec<W>,
}

/// Places of one phase that are samples.
struct Phase {
    /// The first sample, from the first one read.
    from: usize,
    /// Where it goes.
    to: usize,
    count: usize,
}

impl<'a, W: Working> Copier<'a, W> {
    /// A copier, unless the axis that lines run along is spread out.
    pub(super) fn new(loader: &'a Loader<'a, W>, view: &'a View<'a>, packing: &Packing) -> Option<Self> {
        let size = view.element().size();
        let conjugate = loader.conjugate && view.element().kind() == Kind::Complex;
        let mut copier = Copier {
            loader,
            view,
            source: None,
            bfloats: None,
            steps: view.strides().iter().map(|step| step.unsigned_abs() / size).collect(),
            axis: view.shape().len() - 1,
            first: 0,
            count: 0,
            step: 1,
            phases: Vec::new(),
            outside: Vec::new(),
            part: Vec::new(),
        };
        match packing.line {
            Line::Batch { axis, start, count } => {
                (copier.axis, copier.first, copier.count) = (axis, start, count);
                copier.phases.push(Phase { from: 0, to: 0, count });
            }
            Line::Convolved { length } => copier.take_apart(packing, length)?,
        }
        if !conjugate && view.strides()[copier.axis] == size as isize {
            copier.source = if size == size_of::<W>() { view.source::<W::Lane>() } else { None };
            copier.bfloats = if W::TYPE == WorkingType::F32 { view.bfloats() } else { None };
        }
        copier.steps[copier.axis] = 0;
        Some(copier)
    }

    /// The places of lines along the last convolved axis.
    fn take_apart(&mut self, packing: &Packing, length: usize) -> Option<()> {
        let last = packing.extents.len() - 1;
        let (axis, start, extent) = (&self.loader.axes[last], packing.starts[last], packing.extents[last]);
        if axis.spread > 1 {
            return None;
        }
        let within = |place: isize| place.clamp(0, axis.input as isize).cast_unsigned();
        (self.first, self.step) = (within(start), axis.stride);
        self.count = within(start + extent as isize) - self.first;
        for remainder in 0..axis.stride.min(extent) {
            let Some(slot) = packing.phases[last].slot(remainder) else { continue };
            let places = (extent - remainder).div_ceil(axis.stride);
            let begin = start + remainder as isize;
            // The places of the phase before a sample.
            let before =
                |sample: usize| (sample as isize - begin).max(0).cast_unsigned().div_ceil(axis.stride).min(places);
            let (from, to) = (before(self.first), before(self.first + self.count));
            let to_place = slot * length;
            if from < to {
                let sample = (begin + (from * axis.stride) as isize).cast_unsigned();
                self.phases.push(Phase { from: sample - self.first, to: to_place + from, count: to - from });
            }
            let outside = (0..from).chain(from.max(to)..places);
            self.outside
                .extend(outside.map(|place| (to_place + place, axis.sample(begin + (place * axis.stride) as isize))));
        }
        Some(())
    }

    /// Fills a line with zeros.
    pub(super) fn zeros(&self, line: &mut [W]) {
        for phase in &self.phases {
            line[phase.to..][..phase.count].fill(W::default());
        }
        self.outside.iter().for_each(|(place, _)| line[*place] = W::default());
    }

    /// Where the row at an index of the view lies, if rows are read where they lie.
    pub(super) fn place(&self, index: &[usize]) -> usize {
        self.first + index.iter().zip(&self.steps).map(|(at, step)| at * step).sum::<usize>()
    }

    /// From one row to the next along an axis of the view.
    pub(super) fn step(&self, axis: usize) -> usize {
        self.steps[axis]
    }

    /// Copies the row at a place and an index of the view to a line.
    pub(super) fn line(&mut self, (place, index): (usize, &Dims<usize>), line: &mut [W]) {
        let dense = match (self.source, self.bfloats) {
            _ if self.count == 0 => &[],
            (Some(source), _) => source.slice(place * W::PARTS, self.count * W::PARTS),
            (None, Some(bits)) => {
                let bits = bits.slice(place, self.count);
                self.part.resize(self.count, W::default());
                widen(bits, W::singles_mut(&mut self.part).expect("bfloat16 numbers are summed as f32"));
                W::lanes(&self.part)
            }
            (None, None) => {
                self.part.resize(self.count, W::default());
                read(self.loader, self.view, (index, self.axis, self.first), &mut self.part);
                W::lanes(&self.part)
            }
        };
        let lanes = W::lanes_mut(line);
        for phase in &self.phases {
            let from = &dense[phase.from * W::PARTS..];
            let to = &mut lanes[phase.to * W::PARTS..][..phase.count * W::PARTS];
            match (self.step, W::PARTS) {
                (1, _) => to.copy_from_slice(&from[..to.len()]),
                (step, 1) => {
                    // Counted by hand: an iterator over every `step`-th number divides before it begins.
                    let mut at = 0;
                    for number in to {
                        *number = from[at];
                        at += step;
                    }
                }
                (step, parts) => to
                    .chunks_exact_mut(parts)
                    .zip(from.chunks_exact(parts).step_by(step))
                    .for_each(|(to, from)| to.copy_from_slice(from)),
            }
        }
        let element = |sample: usize| match sample.checked_sub(self.first) {
            Some(at) if at < self.count => W::join(dense[at * W::PARTS], dense[(at + 1) * W::PARTS - 1]),
            _ => {
                let mut element = [W::default()];
                read(self.loader, self.view, (index, self.axis, sample), &mut element);
                element[0]
            }
        };
        for (place, sample) in &self.outside {
            line[*place] = match sample {
                Sample::Zero => W::default(),
                Sample::Fill => self.loader.fill,
                Sample::At(sample) => element(*sample),
                Sample::Mix(mixed) => mixed
                    .iter()
                    .fold(W::default(), |sum, &(sample, weight)| sum.plus(W::of_weight(weight).times(element(sample)))),
            };
        }
    }
}

/// bfloat16 numbers, each of which is the upper half of an f32 one.
pub fn widen(bits: &[i16], numbers: &mut [f32]) {
    let widened = |bits: i16| f32::from_bits(u32::from(bits.cast_unsigned()) << 16);
    numbers.iter_mut().zip(bits).for_each(|(number, &bits)| *number = widened(bits));
}

/// Reads neighbours along an axis from a sample on.
fn read<W: Working>(
    loader: &Loader<'_, W>,
    view: &View<'_>,
    (index, axis, first): (&Dims<usize>, usize, usize),
    target: &mut [W],
) {
    let mut index = index.clone();
    index[axis] = first;
    view.read(&index, axis, 1, target);
    if loader.conjugate {
        target.iter_mut().for_each(|number| *number = number.conjugated());
    }
}
