//! `cargo xtask demo`: from a fresh machine to a picture.

use crate::python;
use crate::stage::{Stage, Verdict, Work};
use anyhow::{Context, Result};
use std::process::{ExitCode, Stdio};

pub(crate) fn run(options: &[String]) -> Result<ExitCode> {
    println!(
        "convolver's demo, in three steps; the first time it fetches packages and compiles, which takes minutes.\n"
    );
    let steps: [(&str, &str, Work); 2] = [
        ("1 environment", "Python packages for .venv, numpy and scipy among them", python::install),
        ("2 build", "the engine, in release mode", |stage| python::build(stage, &[])),
    ];
    for (name, about, step) in steps {
        let mut stage = Stage::start(name, about)?;
        match step(&mut stage) {
            Ok(()) => stage.end(Verdict::Passed, about),
            Err(error) => {
                stage.end(Verdict::Failed, about);
                return Err(error);
            }
        };
    }
    println!("\n3 the demo itself\n");
    let mut main = python::python(&["demo/main.py"]);
    let status = main.args(options).stdin(Stdio::null()).status().context("cannot start demo/main.py")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
