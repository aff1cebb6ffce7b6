//! The one spelling of a problem: what prints it parses it.
//!
//! ```text
//! f32 n16 c64 [56 56] * o64 [3 3] pad 1:1 1:1 -> f32
//! u8 n3 [512 512] * i32 [5 5] flip stride 2 2 boundary reflect:edge wrap:wrap -> i32
//! ```
//!
//! Input type, batch (`n`), group (`g`) and summed (`c`) axes, convolved lengths; then the kernel's type where it
//! differs, bank axes (`o`) and taps; then what is not the default, in the order below; then the result's type.

use super::{Axis, Boundary, Conjugate, Error, Fill, Precision, Problem};
use convolver_kernels::ElementType;
use smallvec::SmallVec;
use std::fmt::{self, Display, Write};
use std::str::FromStr;

pub(super) fn write(problem: &Problem, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let axes = &problem.axes;
    write!(f, "{}", problem.input)?;
    for (letter, lengths) in [('n', &problem.batch), ('g', &problem.group), ('c', &problem.summed)] {
        lengths.iter().try_for_each(|length| write!(f, " {letter}{length}"))?;
    }
    write!(f, " [{}] *", spaced(axes.iter().map(|axis| axis.input)))?;
    if problem.kernel != problem.input {
        write!(f, " {}", problem.kernel)?;
    }
    problem.bank.iter().try_for_each(|length| write!(f, " o{length}"))?;
    write!(f, " [{}]", spaced(axes.iter().map(|axis| axis.kernel)))?;
    if problem.flip {
        write!(f, " flip")?;
    }
    if problem.conjugate != Conjugate::Neither {
        write!(f, " conjugate {}", problem.conjugate.name())?;
    }
    write_steps(axes, f)?;
    if problem.fill != Fill::ZERO {
        match problem.fill {
            Fill::Integer(integer) => write!(f, " fill {integer}")?,
            Fill::Number(real, imaginary) => write!(f, " fill {real:?}:{imaginary:?}")?,
        }
    }
    for (word, _) in { problem.known }.facts().iter().filter(|(_, known)| **known) {
        write!(f, " known {word}")?;
    }
    if let Some(count) = problem.known.nonzero {
        write!(f, " known nonzero {count}")?;
    }
    if problem.precision != Precision::Highest {
        write!(f, " precision {}", problem.precision.name())?;
    }
    if problem.banks_last {
        write!(f, " banks-last")?;
    }
    write!(f, " -> {}", problem.output)
}

fn write_steps(axes: &[Axis], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    type Step = fn(&Axis) -> usize;
    let steps: [(&str, Step); 3] =
        [("stride", |axis| axis.stride), ("dilation", |axis| axis.dilation), ("spread", |axis| axis.spread)];
    for (word, step) in steps {
        if axes.iter().any(|axis| step(axis) != 1) {
            write!(f, " {word} {}", spaced(axes.iter().map(step)))?;
        }
    }
    if axes.iter().any(|axis| (axis.low, axis.high) != (0, 0)) {
        write!(f, " pad {}", spaced(axes.iter().map(|axis| format!("{}:{}", axis.low, axis.high))))?;
    }
    if axes.iter().any(|axis| axis.boundary != [Boundary::Zero; 2]) {
        let words = axes.iter().map(|axis| format!("{}:{}", axis.boundary[0], axis.boundary[1]));
        write!(f, " boundary {}", spaced(words))?;
    }
    Ok(())
}

fn spaced<T: Display>(items: impl Iterator<Item = T>) -> String {
    let mut text = String::new();
    for (number, item) in items.enumerate() {
        let space = if number > 0 { " " } else { "" };
        write!(text, "{space}{item}").expect("a string takes every text");
    }
    text
}

/// Parses the spelling that [`write`] prints; options may stand in any order.
pub(super) fn parse(text: &str) -> Result<Problem, Error> {
    let wrong = |reason: String| Error::Text { problem: text.to_owned(), reason };
    let spaced = text.replace('[', " [ ").replace(']', " ] ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    Words { words: &words, at: 0 }.problem().map_err(wrong)?.build()
}

/// A reader of the words of a problem text.
struct Words<'a> {
    words: &'a [&'a str],
    at: usize,
}

impl<'a> Words<'a> {
    fn peek(&self) -> Option<&'a str> {
        self.words.get(self.at).copied()
    }

    fn next(&mut self) -> Result<&'a str, String> {
        let word = self.peek().ok_or("it ends too early")?;
        self.at += 1;
        Ok(word)
    }

    fn expect(&mut self, expected: &str) -> Result<(), String> {
        let word = self.next()?;
        if word == expected { Ok(()) } else { Err(format!("{expected:?} belongs where {word:?} stands")) }
    }

    fn parsed<T: FromStr>(word: &str, what: &str) -> Result<T, String> {
        word.parse().map_err(|_| format!("{word:?} is not {what}"))
    }

    fn lengths(&mut self) -> Result<Vec<usize>, String> {
        self.expect("[")?;
        let mut lengths = Vec::new();
        loop {
            match self.next()? {
                "]" => return Ok(lengths),
                word => lengths.push(Self::parsed(word, "a length")?),
            }
        }
    }

    /// Axes such as `n3`, as long as they begin with one of `letters`.
    fn roles(&mut self, letters: &str, problem: &mut Problem) -> Result<(), String> {
        while let Some(word) = self.peek() {
            let Some(letter) = word.chars().next().filter(|letter| letters.contains(*letter)) else { break };
            let Ok(length) = word[1..].parse() else { break };
            match letter {
                'n' => problem.batch.push(length),
                'g' => problem.group.push(length),
                'c' => problem.summed.push(length),
                _ => problem.bank.push(length),
            }
            self.at += 1;
        }
        Ok(())
    }

    fn problem(mut self) -> Result<super::ProblemBuilder, String> {
        let mut problem = Problem::builder(Self::parsed::<ElementType>(self.next()?, "an element type")?).0;
        self.roles("ngc", &mut problem)?;
        let inputs = self.lengths()?;
        self.expect("*")?;
        if let Some(kernel) = self.peek().and_then(|word| word.parse::<ElementType>().ok()) {
            problem.kernel = kernel;
            self.at += 1;
        }
        self.roles("o", &mut problem)?;
        let kernels = self.lengths()?;
        if inputs.len() != kernels.len() {
            return Err("input and kernel have different numbers of convolved axes".to_owned());
        }
        problem.axes = inputs.iter().zip(&kernels).map(|(&input, &kernel)| Axis::new(input, kernel)).collect();
        loop {
            match self.next()? {
                "->" => break,
                option => self.option(option, &mut problem)?,
            }
        }
        problem.output = Self::parsed(self.next()?, "an element type")?;
        match self.peek() {
            None => Ok(super::ProblemBuilder(problem)),
            Some(word) => Err(format!("{word:?} stands after its end")),
        }
    }

    fn option(&mut self, option: &str, problem: &mut Problem) -> Result<(), String> {
        let axes = &mut problem.axes;
        match option {
            "flip" => problem.flip = true,
            "conjugate" => match self.next()? {
                "input" => problem.conjugate = Conjugate::Input,
                "kernel" => problem.conjugate = Conjugate::Kernel,
                word => return Err(format!("{word:?} is not an operand")),
            },
            "stride" => self.each(axes, "a stride", |axis, stride| axis.stride = stride)?,
            "dilation" => self.each(axes, "a dilation", |axis, dilation| axis.dilation = dilation)?,
            "spread" => self.each(axes, "a spread", |axis, spread| axis.spread = spread)?,
            "pad" => self.each_pair(axes, "a padding", |axis, low, high| (axis.low, axis.high) = (low, high))?,
            "boundary" => {
                self.each_pair(axes, "a boundary", |axis, low: Boundary, high| axis.boundary = [low, high])?;
            }
            "fill" => problem.fill = Self::fill(self.next()?)?,
            "known" => {
                let word = self.next()?;
                if word == "nonzero" {
                    problem.known.nonzero = Some(Self::parsed(self.next()?, "a number of taps")?);
                    return Ok(());
                }
                match problem.known.facts().into_iter().find(|(fact, _)| *fact == word) {
                    Some((_, known)) => *known = true,
                    None => return Err(format!("{word:?} is nothing that can be known of a kernel")),
                }
            }
            "precision" => problem.precision = Self::parsed(self.next()?, "a precision")?,
            "banks-last" => problem.banks_last = true,
            word => return Err(format!("{word:?} is not an option")),
        }
        Ok(())
    }

    fn fill(word: &str) -> Result<Fill, String> {
        match word.split_once(':') {
            Some((real, imaginary)) => {
                Ok(Fill::Number(Self::parsed(real, "a number")?, Self::parsed(imaginary, "a number")?))
            }
            None => Ok(Fill::Integer(Self::parsed(word, "an integer")?)),
        }
    }

    fn each<T: FromStr>(
        &mut self,
        axes: &mut SmallVec<[Axis; 3]>,
        what: &str,
        mut set: impl FnMut(&mut Axis, T),
    ) -> Result<(), String> {
        for axis in axes {
            set(axis, Self::parsed(self.next()?, what)?);
        }
        Ok(())
    }

    fn each_pair<T: FromStr>(
        &mut self,
        axes: &mut SmallVec<[Axis; 3]>,
        what: &str,
        mut set: impl FnMut(&mut Axis, T, T),
    ) -> Result<(), String> {
        for axis in axes {
            let word = self.next()?;
            let (low, high) = word.split_once(':').ok_or_else(|| format!("{word:?} is not a low:high pair"))?;
            set(axis, Self::parsed(low, what)?, Self::parsed(high, what)?);
        }
        Ok(())
    }
}
