//! The one-line notation of `einconv`.

use super::arrange::Arranged;
use super::call::Options;
use crate::problem::Error;
use convolver_kernels::ElementType;

/// A parsed description such as `"n (g c) [y x], (g o) c [y x] -> n (g o) [y x]"`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Notation {
    text: String,
}

impl Notation {
    /// Parses a description.
    pub fn parse(text: &str) -> Result<Self, Error> {
        Ok(Notation { text: text.to_owned() })
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
        let _ = (x, k, sizes, options);
        Err(Error::value(format!("{} is not read", self.text)))
    }
}
