//! What the planner thinks of a problem: `cargo run --example explain -- "f32 n16 [512 512] * [5 5] -> f32"`.
#![allow(clippy::print_stdout, reason = "an example that shows something")]

use convolver::{Machine, Planner, Problem};

fn main() -> Result<(), convolver::Error> {
    let spelled = std::env::args().nth(1);
    let problem: Problem =
        spelled.as_deref().unwrap_or("f32 n16 c64 [56 56] * o64 [3 3] pad 1:1 1:1 -> f32").parse()?;
    for machine in Machine::each() {
        print!("{}", Planner::new(machine).plan(&problem)?.explain());
    }
    Ok(())
}
