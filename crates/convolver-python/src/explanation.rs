//! `Explanation` and `Candidate`: why a plan is as it is, for a person, a notebook and a program.

use convolver::plan;
use pyo3::prelude::*;
use std::fmt::Write;

/// One algorithm's answer to a problem.
///
/// Attributes
/// ----------
/// name : str
///     The algorithm, as ``method=`` takes it.
/// chosen : bool
///     Whether the plan uses it.
/// refusal : str or None
///     Why it does not compute the problem.
/// seconds : float or None
///     Predicted time, unless refused.
/// workspace_bytes : int or None
///     Memory beside the operands, unless refused.
#[pyclass(module = "convolver", frozen, get_all)]
pub(crate) struct Candidate {
    name: &'static str,
    chosen: bool,
    refusal: Option<String>,
    seconds: Option<f64>,
    workspace_bytes: Option<usize>,
}

#[pymethods]
impl Candidate {
    fn __repr__(&self) -> String {
        let answer = match (&self.refusal, self.seconds, self.workspace_bytes) {
            (None, Some(seconds), Some(bytes)) => format!("{seconds:.3e} s, {bytes} bytes"),
            (refusal, ..) => format!("refused: {}", refusal.as_deref().unwrap_or_default()),
        };
        format!("<{}{}: {answer}>", self.name, if self.chosen { ", chosen" } else { "" })
    }
}

/// Every algorithm's predicted time and memory, or why it was refused.
///
/// Its ``repr`` is a table, in notebooks an HTML one.
///
/// Attributes
/// ----------
/// candidates : list of Candidate
///     The same as data, in the order of the table.
#[pyclass(module = "convolver", frozen)]
pub(crate) struct Explanation(plan::Explanation);

impl From<plan::Explanation> for Explanation {
    fn from(explanation: plan::Explanation) -> Self {
        Explanation(explanation)
    }
}

#[pymethods]
impl Explanation {
    /// Every algorithm's answer.
    #[getter]
    fn candidates(&self) -> Vec<Candidate> {
        let candidate = |candidate: &plan::Candidate| Candidate {
            name: candidate.name,
            chosen: candidate.chosen,
            refusal: candidate.refusal.clone(),
            seconds: candidate.seconds,
            workspace_bytes: candidate.workspace_bytes,
        };
        self.0.candidates.iter().map(candidate).collect()
    }

    fn __repr__(&self) -> String {
        self.0.to_string().trim_end().to_owned()
    }

    fn _repr_html_(&self) -> String {
        let title = escaped(&format!("{} on {}", self.0.problem, self.0.instruction_set));
        let mut html =
            format!("<table><caption>{title}</caption><tr><th>algorithm</th><th>predicted</th><th>workspace</th></tr>");
        for candidate in &self.0.candidates {
            let tag = if candidate.chosen { "th" } else { "td" };
            let _ = write!(html, "<tr><{tag}>{}</{tag}>", escaped(candidate.name));
            let _ = match (candidate.seconds, candidate.workspace_bytes) {
                (Some(seconds), Some(bytes)) => {
                    write!(html, "<td>{}</td><td>{}</td></tr>", plan::duration(seconds), plan::size(bytes))
                }
                _ => {
                    let refusal = escaped(candidate.refusal.as_deref().unwrap_or_default());
                    write!(html, "<td colspan=\"2\">refused: {refusal}</td></tr>")
                }
            };
        }
        html + "</table>"
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
