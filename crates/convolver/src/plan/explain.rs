//! Why a plan is as it is: the table a person reads, and the same as data.

use super::Answer;
use crate::machine::Machine;
use crate::problem::Problem;
use std::fmt;

/// One algorithm's answer.
#[derive(Clone, PartialEq, Debug)]
pub struct Candidate {
    /// The algorithm.
    pub name: &'static str,
    /// Whether it was chosen.
    pub chosen: bool,
    /// Why it does not compute the problem.
    pub refusal: Option<String>,
    /// Predicted time, if it does.
    pub seconds: Option<f64>,
    /// Memory beside the operands, if it does.
    pub workspace_bytes: Option<usize>,
}

/// Every algorithm's answer to one problem.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The problem, in its one spelling.
    pub problem: String,
    /// The instruction set planned for.
    pub instruction_set: &'static str,
    /// The answers, in the order of the list of algorithms.
    pub candidates: Vec<Candidate>,
}

impl Explanation {
    pub(super) fn new(problem: &Problem, machine: &Machine, answers: &[Answer], chosen: usize) -> Self {
        let candidates = answers.iter().enumerate().map(|(number, (algorithm, answer))| Candidate {
            name: algorithm.name(),
            chosen: number == chosen,
            refusal: answer.as_ref().err().map(ToString::to_string),
            seconds: answer.as_ref().ok().map(|candidate| candidate.seconds),
            workspace_bytes: answer.as_ref().ok().map(|candidate| candidate.workspace_bytes),
        });
        Explanation {
            problem: problem.to_string(),
            instruction_set: machine.set.name,
            candidates: candidates.collect(),
        }
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} on {}", self.problem, self.instruction_set)?;
        writeln!(f, "  {:<14} {:>12} {:>12}", "algorithm", "predicted", "workspace")?;
        for candidate in &self.candidates {
            let mark = if candidate.chosen { '>' } else { ' ' };
            write!(f, "{mark} {:<14} ", candidate.name)?;
            match (candidate.seconds, candidate.workspace_bytes) {
                (Some(seconds), Some(bytes)) => writeln!(f, "{:>12} {:>12}", duration(seconds), size(bytes))?,
                _ => writeln!(f, "refused: {}", candidate.refusal.as_deref().unwrap_or_default())?,
            }
        }
        Ok(())
    }
}

/// A time as a person writes it.
pub fn duration(seconds: f64) -> String {
    match seconds {
        seconds if seconds < 1e-6 => format!("{:.0} ns", seconds * 1e9),
        seconds if seconds < 1e-3 => format!("{:.1} µs", seconds * 1e6),
        seconds if seconds < 1.0 => format!("{:.2} ms", seconds * 1e3),
        seconds => format!("{seconds:.2} s"),
    }
}

/// An amount of memory as a person writes it.
pub fn size(bytes: usize) -> String {
    match bytes {
        bytes if bytes < 1 << 10 => format!("{bytes} B"),
        bytes if bytes < 1 << 20 => format!("{:.1} KiB", bytes as f64 / 1024.0),
        bytes => format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20)),
    }
}
