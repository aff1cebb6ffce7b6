//! The one-line notation of `einconv`: which axis of each array plays which role.
//!
//! ```text
//! notation = term "," term "->" term          x, k and the result; a term may be empty: an array without axes
//! term     = ["..."] { name | group | bracket }      at most one bracket in a term
//! bracket  = "[" name { name } "]"            convolved axes: the same names in the same order in all three terms
//! group    = "(" part { part } ")"            one axis that is several, outer to inner; in the result they merge
//! part     = name | group
//! name     = a letter or "_", then letters, digits and "_"; once in a term
//! ```
//!
//! | name stands in    | role                                                     |
//! |-------------------|----------------------------------------------------------|
//! | x, result         | batch                                                    |
//! | x, k, result      | group                                                    |
//! | x, k              | summed                                                   |
//! | x alone, k alone  | summed: the other operand repeats along it               |
//! | k, result         | bank                                                     |
//! | result alone      | an error                                                 |
//! | `...`             | any number of leading batch axes, in x and the result    |
//!
//! | example                                      | is                                   |
//! |----------------------------------------------|--------------------------------------|
//! | `c [t], c [t] -> [t]`                        | a correlation that sums its channels |
//! | `... [t], [t] -> ... [t]`                    | one kernel for every row             |
//! | `m [t], m [t] -> m [t]`                      | row with row                         |
//! | `n c [y x], o c [y x] -> n o [y x]`          | a layer of a network                 |
//! | `n (g c) [y x], (g o) c [y x] -> n (g o) [y x]` | the same in groups                |
//! | `i j, j k -> i k`                            | a matrix product: nothing convolved  |
//!
//! Names have one length each: nothing of length 1 is stretched, and operands never change places.

mod arrange;
mod lengths;
mod parse;
mod roles;

use super::arrange::Arranged;
use super::call::Options;
use crate::problem::Error;
use convolver_kernels::ElementType;
use parse::Term;
use roles::Roles;

/// A parsed description such as `"n (g c) [y x], (g o) c [y x] -> n (g o) [y x]"`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Notation {
    x: Term,
    k: Term,
    result: Term,
    roles: Roles,
}

impl Notation {
    /// Parses a description.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let [x, k, result] = parse::terms(text)?;
        let roles = Roles::of(&x, &k, &result)?;
        Ok(Notation { x, k, result, roles })
    }

    /// The problem that this description makes of operands of these shapes and types. `sizes` gives lengths of names
    /// that the shapes leave open.
    pub fn arrange(
        &self,
        x: (&[usize], ElementType),
        k: (&[usize], ElementType),
        sizes: &[(String, usize)],
        options: &Options,
    ) -> Result<Arranged, Error> {
        arrange::arrange(self, x, k, sizes, options)
    }
}

/// An error in this part of the text.
fn fault(part: &str, message: impl std::fmt::Display) -> Error {
    Error::value(format!("in {part:?}: {message}"))
}
