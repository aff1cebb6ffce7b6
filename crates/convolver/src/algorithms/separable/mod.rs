//! Separable.
use super::*;
pub(super) struct Separable;
impl Algorithm for Separable {
    fn name(&self) -> &'static str {
        "separable"
    }
    fn consider(&self, _: &Problem, _: &Machine, _: usize) -> Result<Candidate, Refusal> {
        Err(Refusal::Unsuited("not yet".into()))
    }
    fn prepare(&self, _: &Problem, _: &Recipe, _: &View<'_>, _: &Machine) -> Box<dyn Prepared> {
        unreachable!()
    }
    fn error_bound(&self, _: &Problem) -> f64 {
        0.0
    }
}
