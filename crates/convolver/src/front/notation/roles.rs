//! The role of every name, from the terms it stands in.

use super::fault;
use super::parse::Term;
use crate::problem::Error;

/// The names of each role, in the order they first stand in x, or else in k.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Roles {
    pub(super) batch: Vec<String>,
    pub(super) group: Vec<String>,
    pub(super) summed: Vec<String>,
    pub(super) bank: Vec<String>,
    pub(super) convolved: Vec<String>,
}

impl Roles {
    pub(super) fn of(x: &Term, k: &Term, result: &Term) -> Result<Self, Error> {
        check_ellipses(x, k, result)?;
        check_brackets(x, k, result)?;
        if let Some((name, _)) = result.names().find(|(name, _)| x.find(name).is_none() && k.find(name).is_none()) {
            return Err(fault(
                &result.text,
                format!("{name:?} stands in the result alone; name it in x or k too, or remove it"),
            ));
        }
        let plain = |term: &Term, wanted: &dyn Fn(&str) -> bool| -> Vec<String> {
            let names = term.names().filter(|&(name, convolved)| !convolved && wanted(name));
            names.map(|(name, _)| name.to_owned()).collect()
        };
        let (in_x, in_k) = (|name: &str| x.find(name).is_some(), |name: &str| k.find(name).is_some());
        let in_result = |name: &str| result.find(name).is_some();
        let mut summed = plain(x, &|name| !in_result(name));
        summed.extend(plain(k, &|name| !in_result(name) && !in_x(name)));
        Ok(Roles {
            batch: plain(x, &|name| in_result(name) && !in_k(name)),
            group: plain(x, &|name| in_result(name) && in_k(name)),
            summed,
            bank: plain(k, &|name| in_result(name) && !in_x(name)),
            convolved: bracketed(x).map(str::to_owned).collect(),
        })
    }
}

fn check_ellipses(x: &Term, k: &Term, result: &Term) -> Result<(), Error> {
    if k.ellipsis {
        return Err(fault(&k.text, "\"...\" stands for batch axes, which k has not; name k's axes"));
    }
    if x.ellipsis != result.ellipsis {
        let missing = if x.ellipsis { result } else { x };
        return Err(fault(&missing.text, "\"...\" stands in both x and the result or in neither; add it at the front"));
    }
    Ok(())
}

fn bracketed(term: &Term) -> impl Iterator<Item = &str> {
    term.names().filter(|(_, convolved)| *convolved).map(|(name, _)| name)
}

fn check_brackets(x: &Term, k: &Term, result: &Term) -> Result<(), Error> {
    let terms = [("x", x), ("k", k), ("the result", result)];
    for (_, term) in terms {
        for name in bracketed(term) {
            let absent = terms.iter().find(|(_, other)| other.find(name) != Some(true));
            if let Some((argument, other)) = absent {
                let found = if other.find(name).is_some() { "without brackets" } else { "not at all" };
                return Err(fault(
                    &other.text,
                    format!(
                        "{name:?} is convolved in {:?} but stands {found} in {argument}; put it in the brackets of all \
                         three terms or of none",
                        term.text
                    ),
                ));
            }
        }
    }
    for (argument, term) in &terms[1..] {
        if !bracketed(term).eq(bracketed(x)) {
            let order: Vec<_> = bracketed(x).collect();
            return Err(fault(
                &term.text,
                format!(
                    "the convolved axes stand in one order in x and in another in {argument}; write [{}] in all three terms",
                    order.join(" ")
                ),
            ));
        }
    }
    Ok(())
}
