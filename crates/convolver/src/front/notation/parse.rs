//! From text to terms.

use super::fault;
use crate::problem::Error;

/// What is written for one array.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct Term {
    pub(super) text: String,
    /// Whether `...` stands before the axes.
    pub(super) ellipsis: bool,
    pub(super) axes: Vec<Written>,
}

/// What is written for one axis.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Written {
    /// One name, or the names of a group, outer to inner.
    pub(super) parts: Vec<String>,
    /// Whether it stands in brackets; a group never does.
    pub(super) convolved: bool,
}

impl Term {
    /// Every name, in order, and whether it is convolved.
    pub(super) fn names(&self) -> impl Iterator<Item = (&str, bool)> {
        self.axes.iter().flat_map(|axis| axis.parts.iter().map(|name| (name.as_str(), axis.convolved)))
    }

    /// Whether this name is convolved; `None` where it does not stand.
    pub(super) fn find(&self, name: &str) -> Option<bool> {
        self.names().find(|(known, _)| *known == name).map(|(_, convolved)| convolved)
    }
}

/// The terms of x, k and the result.
pub(super) fn terms(text: &str) -> Result<[Term; 3], Error> {
    let form = "write \"axes of x, axes of k -> axes of the result\", as in \"c [t], c [t] -> [t]\"";
    let sides: Vec<_> = text.split("->").collect();
    let &[operands, result] = sides.as_slice() else {
        return Err(fault(text, format!("there are {} arrows \"->\" where one belongs; {form}", sides.len() - 1)));
    };
    let operands: Vec<_> = operands.split(',').collect();
    let &[x, k] = operands.as_slice() else {
        let commas = operands.len() - 1;
        return Err(fault(text, format!("there are {commas} commas before \"->\" where one belongs; {form}")));
    };
    Ok([term(x)?, term(k)?, term(result)?])
}

fn term(text: &str) -> Result<Term, Error> {
    let text = text.trim();
    let mut reader = Reader { term: Term { text: text.to_owned(), ..Term::default() }, ..Reader::default() };
    for token in tokens(text)? {
        reader.take(token).map_err(|message| fault(text, message))?;
        reader.previous = token;
    }
    reader.finish().map_err(|message| fault(text, message))
}

/// Names, brackets, parentheses and ellipses.
fn tokens(text: &str) -> Result<Vec<&str>, Error> {
    let begins = |letter: char| letter.is_alphabetic() || letter == '_';
    let continues = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if begins(first) {
            rest.find(|letter| !continues(letter)).unwrap_or(rest.len())
        } else if rest.starts_with("...") {
            3
        } else if "[]()".contains(first) {
            1
        } else {
            return Err(fault(
                text,
                format!(
                    "{first:?} cannot stand here; names begin with a letter, spaces are between them, and the rest is \
                     [ ] ( ) and ..."
                ),
            ));
        };
        let (token, after) = rest.split_at(length);
        tokens.push(token);
        rest = after.trim_start();
    }
    Ok(tokens)
}

/// Reads the tokens of one term.
#[derive(Default)]
struct Reader<'a> {
    term: Term,
    previous: &'a str,
    bracket: Bracket,
    /// Parentheses that are open, and the parts so far; groups within groups are one.
    depth: usize,
    group: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Default)]
enum Bracket {
    #[default]
    Before,
    Inside,
    After,
}

impl Reader<'_> {
    fn take(&mut self, token: &str) -> Result<(), String> {
        match token {
            "..." => self.ellipsis(),
            "[" => self.open_bracket(),
            "]" => self.close_bracket(),
            "(" if self.bracket == Bracket::Inside => {
                Err("a group cannot stand in brackets; a convolved axis is one name".to_owned())
            }
            "(" => {
                self.depth += 1;
                Ok(())
            }
            ")" => self.close_group(),
            name => self.name(name),
        }
    }

    fn ellipsis(&mut self) -> Result<(), String> {
        if !self.previous.is_empty() {
            return Err("\"...\" stands for the leading axes; write it once, at the front".to_owned());
        }
        self.term.ellipsis = true;
        Ok(())
    }

    fn open_bracket(&mut self) -> Result<(), String> {
        if self.depth > 0 {
            return Err("\"[\" cannot stand in a group; a convolved axis is one name".to_owned());
        }
        if self.bracket != Bracket::Before {
            return Err("there is a second \"[\"; put all convolved axes in one pair of brackets".to_owned());
        }
        self.bracket = Bracket::Inside;
        Ok(())
    }

    fn close_bracket(&mut self) -> Result<(), String> {
        if self.bracket != Bracket::Inside {
            return Err("\"]\" closes no \"[\"; remove it or open one before".to_owned());
        }
        if self.previous == "[" {
            return Err("\"[]\" names no axis; name the convolved axes or leave the brackets out".to_owned());
        }
        self.bracket = Bracket::After;
        Ok(())
    }

    fn close_group(&mut self) -> Result<(), String> {
        if self.depth == 0 {
            return Err("\")\" closes no \"(\"; remove it or open one before".to_owned());
        }
        if self.previous == "(" {
            return Err("\"()\" names no axis; name its parts or leave it out".to_owned());
        }
        self.depth -= 1;
        if self.depth == 0 {
            let parts = std::mem::take(&mut self.group);
            self.term.axes.push(Written { parts, convolved: false });
        }
        Ok(())
    }

    fn name(&mut self, name: &str) -> Result<(), String> {
        if self.term.find(name).is_some() || self.group.iter().any(|part| part == name) {
            return Err(format!("{name:?} stands twice; give every axis of an array a name of its own"));
        }
        if self.depth > 0 {
            self.group.push(name.to_owned());
        } else {
            let convolved = self.bracket == Bracket::Inside;
            self.term.axes.push(Written { parts: vec![name.to_owned()], convolved });
        }
        Ok(())
    }

    fn finish(self) -> Result<Term, String> {
        if self.depth > 0 {
            return Err("\"(\" is not closed; add \")\"".to_owned());
        }
        if self.bracket == Bracket::Inside {
            return Err("\"[\" is not closed; add \"]\"".to_owned());
        }
        Ok(self.term)
    }
}
