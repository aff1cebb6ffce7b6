//! Direct.
use super::*;
pub(super) struct Direct;
struct ByDefinition {
    problem: Problem,
    kernel: convolver_kernels::Owned,
}
impl Algorithm for Direct {
    fn name(&self) -> &'static str {
        "direct"
    }
    fn consider(&self, _: &Problem, _: &Machine, _: usize) -> Result<Candidate, Refusal> {
        Ok(Candidate { recipe: Recipe::default(), seconds: 1e-6, workspace_bytes: 0 })
    }
    fn prepare(&self, problem: &Problem, _: &Recipe, kernel: &View<'_>, _: &Machine) -> Box<dyn Prepared> {
        let mut owned = convolver_kernels::Owned::zeros(problem.kernel, &problem.kernel_shape());
        let shape = problem.kernel_shape();
        let mut view = owned.view_mut();
        for n in 0..shape.iter().product() {
            let i = convolver_kernels::grid_position(&shape, n);
            view.set(&i, kernel.get(&i));
        }
        Box::new(ByDefinition { problem: problem.clone(), kernel: owned })
    }
    fn error_bound(&self, problem: &Problem) -> f64 {
        convolver_kernels::rounding_unit(problem.output).map_or(0.0, |u| u * (problem.taps() as f64 + 4.0))
    }
}
impl Prepared for ByDefinition {
    fn run(&self, input: &View<'_>, mut output: ViewMut<'_>) {
        crate::definition::convolve(&self.problem, input, &self.kernel.view(), &mut output)
    }
}
