//! One input, unit by unit: load, cut into limbs, transform, round, sum, write.

use super::prepare::Exact;
use crate::algorithms::Prepared;
use crate::algorithms::overlap_save::input::Input;
use crate::algorithms::overlap_save::units::{Outputs, Unit};
use crate::primitives::threads;
use convolver_kernels::{Dims, Scratch, Storing, View, ViewMut, with_working};
use smallvec::SmallVec;

impl Prepared for Exact {
    fn run(&self, input: &View<'_>, output: ViewMut<'_>) {
        let outputs = Outputs::new(&self.whole, input, output);
        let run = Run { prepared: self, input: Input::new(&self.whole, self.grid.width(), input), outputs };
        let (size, shared) = (&self.whole.size, self.whole.shared);
        match &self.kept {
            None => threads::for_each(size.groups, shared, |group| {
                let spectra = self.spectra(group * size.banks..(group + 1) * size.banks, false);
                (0..size.units).for_each(|unit| run.unit(group, unit, &spectra, false));
            }),
            Some(spectra) => {
                let inside = size.inside && shared;
                threads::for_each(size.groups * size.units, shared && !inside, |number| {
                    let (group, unit) = (number / size.units, number % size.units);
                    let of_group = spectra.len() / size.groups;
                    run.unit(group, unit, &spectra[group * of_group..][..of_group], inside);
                });
            }
        }
    }
}

/// One computation.
struct Run<'a> {
    prepared: &'a Exact,
    input: Input<'a, i64>,
    outputs: Outputs<'a>,
}

/// The spectra of the limbs of a unit's elements, and how many limbs of each are not zero.
struct Loaded {
    spectra: Scratch<f64>,
    used: SmallVec<[usize; 8]>,
}

impl Run<'_> {
    /// Computes the outputs of one unit of a group.
    fn unit(&self, group: usize, unit: usize, spectra: &[f64], inside: bool) {
        let (whole, grid) = (&self.prepared.whole, &self.prepared.grid);
        let unit = self.outputs.unit(whole, group, unit);
        let mut integers = Scratch::<i64>::new(grid.rows_of_box() * grid.width());
        let mut tile = Scratch::<f64>::new(grid.numbers());
        let loaded = self.load(&unit, &mut integers, &mut tile, inside);
        let Some((_, mut view)) = self.outputs.tiles.take(unit.number) else { return };
        let of_bank = spectra.len() / whole.size.banks;
        for bank in 0..whole.size.banks {
            integers.fill(0);
            self.sums(&loaded, &spectra[bank * of_bank..][..of_bank], &mut integers, &mut tile, inside);
            self.store(whole.bank(&mut view, bank), &integers, inside);
        }
    }

    /// Transforms the limbs of every element of a unit.
    fn load(&self, unit: &Unit, integers: &mut [i64], tile: &mut [f64], inside: bool) -> Loaded {
        let (whole, grid, limbs) = (&self.prepared.whole, &self.prepared.grid, self.prepared.limbs);
        let (width, lanes) = (grid.width(), whole.machine.set.lanes::<f64>());
        let mut spectra = Scratch::<f64>::new(grid.numbers() * whole.size.elements * limbs.count);
        let mut digits = Scratch::<f64>::new(integers.len());
        let mut used = SmallVec::new();
        for element in 0..whole.size.elements {
            let rows = self.input.rows_of(&unit.start, element);
            threads::for_each_chunk(integers, lanes * width, inside, |number, chunk| {
                self.input.rows(&rows, number * lanes, chunk);
            });
            used.push(limbs.used(integers));
            for limb in 0..used[element] {
                let chunk = lanes * width;
                threads::for_each_chunk(&mut digits, chunk, inside, |number, digits| {
                    limbs.digits(limb, &integers[number * chunk..][..digits.len()], digits);
                });
                grid.place_samples(tile, &digits, 1.0, inside);
                let number = element * limbs.count + limb;
                grid.analyse(tile, &mut spectra[number * grid.numbers()..][..grid.numbers()], inside);
            }
        }
        Loaded { spectra, used }
    }

    /// Adds the sums of one kernel, limb by limb.
    fn sums(&self, loaded: &Loaded, kernel: &[f64], integers: &mut [i64], tile: &mut [f64], inside: bool) {
        let (grid, limbs, of_kernel) = (&self.prepared.grid, self.prepared.limbs, self.prepared.used);
        let (width, lanes) = (grid.width(), self.prepared.whole.machine.set.lanes::<f64>());
        let mut sums = Scratch::<f64>::new(grid.numbers());
        let at = |number: usize| number * grid.numbers()..(number + 1) * grid.numbers();
        for limb in 0..limbs.count {
            let pairs = loaded.used.iter().enumerate().flat_map(|(element, &used)| {
                let own = (limb + 1).saturating_sub(of_kernel)..used.min(limb + 1);
                own.map(move |own| (element * limbs.count + own, element * of_kernel + limb - own))
            });
            let mut first = true;
            for (own, other) in pairs {
                grid.multiply(&mut sums, &loaded.spectra[at(own)], &kernel[at(other)], first, inside);
                first = false;
            }
            if first {
                continue;
            }
            grid.synthesise(&mut sums, tile, inside);
            let rows = grid.read(tile);
            threads::for_each_chunk(integers, lanes * width, inside, |number, integers| {
                let (mut line, mut below) = (vec![0.0; width], vec![0; width / lanes]);
                for (row, integers) in integers.chunks_exact_mut(width).enumerate() {
                    grid.fetch(&rows, number * lanes + row, &mut line, [1.0; 2], 0.0, &mut below);
                    limbs.add(limb, &line, integers);
                }
            });
        }
    }

    /// Writes the outputs of a tile.
    fn store(&self, view: ViewMut<'_>, sums: &[i64], inside: bool) {
        let whole = &self.prepared.whole;
        let pieces = whole.pieces(view, inside, self.prepared.grid.width());
        threads::for_each(pieces.len(), inside, |number| {
            let Some((offset, mut view)) = pieces.take(number) else { return };
            let convolved = offset.len() - whole.layout.order.len();
            let line = convolved + whole.layout.order[whole.layout.order.len() - 1];
            let shape: Dims<usize> = view.shape().into();
            whole.for_each_line(&shape, &offset[convolved..], |index, _, place| {
                let sums = &sums[place..place + shape[line]];
                with_working!(whole.problem.working(), W => write::<W>(&mut view, index, line, sums));
            });
        });
    }
}

/// Writes integers as elements of a type that is summed in `W`.
fn write<W: Storing>(view: &mut ViewMut<'_>, index: &[usize], axis: usize, integers: &[i64]) {
    let numbers: Vec<W> = integers.iter().map(|&integer| W::of_integer(integer)).collect();
    view.write(index, axis, &numbers);
}
