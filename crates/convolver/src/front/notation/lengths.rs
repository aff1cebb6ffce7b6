//! The length of every name, from the shapes and the given sizes.

use super::Notation;
use super::fault;
use super::parse::{Term, Written};
use crate::problem::Error;

/// The lengths of all names but the convolved ones, which have another in each array.
pub(super) struct Lengths<'a> {
    /// Name, length, and what says so.
    known: Vec<(&'a str, usize, &'static str)>,
}

/// An axis of an operand: what says its length, the text around it, what is written for it, and its length.
type Found<'a> = (&'static str, &'a Term, &'a Written, usize);

impl<'a> Lengths<'a> {
    pub(super) fn of(
        notation: &'a Notation,
        x: &[usize],
        k: &[usize],
        sizes: &'a [(String, usize)],
    ) -> Result<Self, Error> {
        let mut lengths = Lengths { known: Vec::new() };
        for (name, length) in sizes {
            check_size(notation, name)?;
            lengths.learn(name, *length, "sizes", name)?;
        }
        let x = operand("x", &notation.x, x)?;
        let k = operand("k", &notation.k, k)?;
        let (groups, names): (Vec<_>, Vec<_>) = x.chain(k).partition(|(_, _, axis, _)| axis.parts.len() > 1);
        for (argument, term, axis, length) in names.into_iter().filter(|(_, _, axis, _)| !axis.convolved) {
            lengths.learn(&axis.parts[0], length, argument, &term.text)?;
        }
        lengths.settle(groups)?;
        Ok(lengths)
    }

    /// The length of a name that the notation has.
    pub(super) fn get(&self, name: &str) -> usize {
        self.find(name).expect("every name has a length once all groups are settled").0
    }

    fn find(&self, name: &str) -> Option<(usize, &'static str)> {
        self.known.iter().find(|(known, ..)| *known == name).map(|&(_, length, source)| (length, source))
    }

    fn learn(&mut self, name: &'a str, length: usize, source: &'static str, part: &str) -> Result<(), Error> {
        match self.find(name) {
            Some((known, _)) if known == length => Ok(()),
            Some((known, before)) => Err(fault(
                part,
                format!(
                    "{name:?} has length {known} in {before} and {length} in {source}; a name has one length, and none is \
                     stretched: change one or use two names"
                ),
            )),
            None => {
                self.known.push((name, length, source));
                Ok(())
            }
        }
    }

    /// Settles groups with at most one open part until none is left: each may give another its missing part.
    fn settle(&mut self, mut groups: Vec<Found<'a>>) -> Result<(), Error> {
        while !groups.is_empty() {
            let before = groups.len();
            let mut waiting = Vec::new();
            for group in groups {
                if !self.settled(group)? {
                    waiting.push(group);
                }
            }
            if waiting.len() == before {
                return Err(self.undetermined(waiting[0]));
            }
            groups = waiting;
        }
        Ok(())
    }

    /// Checks the group, or finds its only open part; false where more are open.
    fn settled(&mut self, group: Found<'a>) -> Result<bool, Error> {
        let (argument, term, axis, length) = group;
        let open = self.open(axis);
        let known = axis.parts.iter().filter_map(|name| self.find(name));
        let product = known.map(|(length, _)| length).try_fold(1usize, usize::checked_mul);
        let written = axis.parts.join(" ");
        match (open.as_slice(), product) {
            ([], Some(product)) if product == length => Ok(true),
            ([], product) => {
                let product = product.map_or("more than can be indexed".to_owned(), |product| product.to_string());
                Err(fault(
                    &term.text,
                    format!(
                        "the parts of ({written}) make {product}, but the axis has length {length} in {argument}; change \
                         sizes= or the shape"
                    ),
                ))
            }
            ([_], Some(0)) if length == 0 => Err(self.undetermined(group)),
            ([name], Some(product)) if product > 0 && length.is_multiple_of(product) => {
                self.learn(name, length / product, argument, &term.text)?;
                Ok(true)
            }
            ([name], product) => {
                let product = product.map_or("more than can be indexed".to_owned(), |product| product.to_string());
                Err(fault(
                    &term.text,
                    format!(
                        "({written}) has length {length} in {argument}, which is not divisible by its parts without \
                         {name:?}, {product}; change sizes= or the shape"
                    ),
                ))
            }
            _ => Ok(false),
        }
    }

    fn open(&self, axis: &'a Written) -> Vec<&'a str> {
        axis.parts.iter().map(String::as_str).filter(|name| self.find(name).is_none()).collect()
    }

    fn undetermined(&self, (argument, term, axis, length): Found<'a>) -> Error {
        let open = self.open(axis);
        fault(
            &term.text,
            format!(
                "the shapes leave {} of ({}) open, which has length {length} in {argument}; give sizes={{\"{}\": …}}",
                open.join(" and "),
                axis.parts.join(" "),
                open[0]
            ),
        )
    }
}

fn check_size(notation: &Notation, name: &str) -> Result<(), Error> {
    let Notation { x, k, .. } = notation;
    match x.find(name).or(k.find(name)) {
        Some(false) => Ok(()),
        Some(true) => Err(fault(
            &x.text,
            format!("{name:?} of sizes= is convolved and has the lengths of x and k; leave it out of sizes="),
        )),
        None => Err(Error::value(format!(
            "sizes= gives {name:?}, which is no axis of \"{}, {} -> {}\"; leave it out or name it there",
            x.text, k.text, notation.result.text
        ))),
    }
}

/// The axes of an operand of this shape, the leading ones of `...` left out.
fn operand<'a>(
    argument: &'static str,
    term: &'a Term,
    shape: &[usize],
) -> Result<impl Iterator<Item = Found<'a>>, Error> {
    let (expected, found) = (term.axes.len(), shape.len());
    if found < expected || (found > expected && !term.ellipsis) {
        let least = if term.ellipsis { "at least " } else { "" };
        return Err(fault(
            &term.text,
            format!(
                "this describes {argument} with {least}{expected} dimensions, but {argument} has {found} (shape {shape:?}); \
                 name each of its axes once"
            ),
        ));
    }
    let lengths: Vec<usize> = shape[found - expected..].to_vec();
    Ok(term.axes.iter().zip(lengths).map(move |(axis, length)| (argument, term, axis, length)))
}
