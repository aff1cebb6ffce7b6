//! `cargo xtask test`: every test, in order of how soon it tells.

use crate::stage::{Skipped, Stage, Verdict, Work, cargo, command, misuse};
use crate::{documents, machine_code, python};
use anyhow::{Context, Result};
use std::process::ExitCode;
use std::time::Duration;

/// One thing that is tested.
struct Test {
    name: &'static str,
    about: &'static str,
    /// Whether the Python package must have been built.
    python: bool,
    run: Work,
}

const fn rust(name: &'static str, about: &'static str, run: Work) -> Test {
    Test { name, about, python: false, run }
}

const fn uses_python(name: &'static str, about: &'static str, run: Work) -> Test {
    Test { name, about, python: true, run }
}

const PYTHON_SOURCES: [&str; 4] = ["python", "tests/python", "demo", "bench"];

/// Every test, in the order they run.
const ALL: &[Test] = &[
    rust("format", "rustfmt", |stage| {
        component(stage, "fmt", "rustfmt")?;
        stage.run(&mut cargo(&["fmt", "--all", "--check"]))
    }),
    rust("clippy", "clippy over every crate and target, warnings denied", |stage| {
        component(stage, "clippy", "clippy")?;
        stage.run(&mut with_python(cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?)
    }),
    rust("documents", "names of files and examples in the documents", |_| documents::check()),
    rust("rust", "Rust tests", |stage| stage.run(&mut cargo(&["test", "--lib", "--bins", "--tests", "--examples"]))),
    rust("rust-docs", "examples in the Rust documentation", |stage| stage.run(&mut cargo(&["test", "--doc"]))),
    rust("rust-examples", "example programs", |stage| {
        for example in ["quickstart", "explain"] {
            stage.run(&mut cargo(&["run", "--quiet", "--package", "convolver", "--example", example]))?;
        }
        Ok(())
    }),
    rust("rustdoc", "rustdoc, warnings denied", |stage| {
        let mut rustdoc = with_python(cargo(&["doc", "--workspace", "--no-deps"]))?;
        stage.run(rustdoc.env("RUSTDOCFLAGS", "-D warnings"))
    }),
    rust(PYTHON, "virtual environment, and the Python package in release mode", |stage| {
        python::install(stage)?;
        python::build(stage, &["test"])
    }),
    uses_python("ruff", "ruff: lint and format", |stage| {
        stage.run(python::tool("ruff", &["check"]).args(PYTHON_SOURCES))?;
        stage.run(python::tool("ruff", &["format", "--check"]).args(PYTHON_SOURCES))
    }),
    uses_python("mypy", "mypy --strict", |stage| {
        stage.run(&mut python::python(&["-m", "mypy", "--strict", "python/convolver"]))?;
        // The demo's libraries come without types of their own.
        stage.run(&mut python::python(&[
            "-m",
            "mypy",
            "--strict",
            "--ignore-missing-imports",
            "--allow-untyped-calls",
            "demo",
        ]))
    }),
    uses_python("stubtest", "the stub of the native module against the module", |stage| {
        stage.run(&mut python::python(&["-m", "mypy.stubtest", "convolver._native"]))
    }),
    uses_python("pytest", "Python tests", |stage| {
        stage.run(&mut python::python(&["-m", "pytest", "-q", "tests/python"]))
    }),
    uses_python("python-docs", "examples in docstrings and documents", |stage| {
        let pytest = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "doctest_optionflags=ELLIPSIS"];
        stage.run(python::python(&pytest).args(["--doctest-modules", "--pyargs", "convolver"]))?;
        stage.run(python::python(&pytest).arg("--doctest-glob=*.md").args(documents::WITH_PYTHON))
    }),
    uses_python("demo", "the demo's golden values and agreements, without timings", |stage| {
        stage.run(&mut python::python(&["demo/main.py", "--quick"]))
    }),
    rust("valgrind", "memory of the portable and the AVX2 kernels under valgrind", machine_code::valgrind),
];

/// The stage that the ones with Python build on.
const PYTHON: &str = "python";

/// Runs the tests that `options` select.
pub(crate) fn run(options: &[String]) -> Result<ExitCode> {
    let Some(selected) = selected(options)? else { return Ok(ExitCode::SUCCESS) };
    let mut results: Vec<(&str, Verdict, Duration)> = Vec::new();
    for test in &selected {
        let built = !results.iter().any(|&(name, verdict, _)| name == PYTHON && verdict == Verdict::Failed);
        let mut stage = Stage::start(test.name, test.about)?;
        let outcome = if test.python && !built {
            Err(anyhow::anyhow!("the stage {PYTHON:?} failed, on which this one builds"))
        } else {
            (test.run)(&mut stage)
        };
        let (verdict, remark) = match &outcome {
            Ok(()) => (Verdict::Passed, test.about.to_owned()),
            Err(error) if error.is::<Skipped>() => (Verdict::Skipped, error.to_string()),
            Err(_) => (Verdict::Failed, test.about.to_owned()),
        };
        results.push((test.name, verdict, stage.end(verdict, &remark)));
        if let (Err(error), Verdict::Failed) = (outcome, verdict) {
            println!("\n{error:#}\n");
        }
    }
    Ok(summary(&results))
}

fn summary(results: &[(&str, Verdict, Duration)]) -> ExitCode {
    let count = |wanted| results.iter().filter(|(_, verdict, _)| *verdict == wanted).count();
    println!();
    for (name, verdict, took) in results {
        println!("{name:<16} {:>7.1} s  {}", took.as_secs_f64(), format!("{verdict:?}").to_lowercase());
    }
    let total: Duration = results.iter().map(|(_, _, took)| *took).sum();
    println!("{:<16} {:>7.1} s  {} skipped", "all", total.as_secs_f64(), count(Verdict::Skipped));
    println!("{} passed, {} failed", count(Verdict::Passed), count(Verdict::Failed));
    if count(Verdict::Failed) == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The tests to run; none where only their names were asked for.
fn selected(options: &[String]) -> Result<Option<Vec<&'static Test>>> {
    let mut only = Vec::new();
    let mut options = options.iter();
    while let Some(option) = options.next() {
        match option.as_str() {
            "--list" => {
                ALL.iter().for_each(|test| println!("{:<16} {}", test.name, test.about));
                return Ok(None);
            }
            "--only" => {
                let name = options.next().ok_or_else(|| misuse("--only needs the name of a stage".to_owned()))?;
                let test = ALL.iter().find(|test| test.name == name);
                only.push(test.ok_or_else(|| misuse(format!("{name:?} is not a stage; --list prints them")))?);
            }
            _ => return Err(misuse(format!("{option:?} is not an option of `cargo xtask test`"))),
        }
    }
    let wanted = |test: &&Test| {
        let chosen = |chosen: &&Test| chosen.name == test.name || (chosen.python && test.name == PYTHON);
        only.is_empty() || only.iter().any(chosen)
    };
    Ok(Some(ALL.iter().filter(wanted).collect()))
}

/// Sees that a component of the toolchain is there.
fn component(stage: &mut Stage, subcommand: &str, name: &str) -> Result<()> {
    if cargo(&[subcommand, "--version"]).output().is_ok_and(|output| output.status.success()) {
        return Ok(());
    }
    let adding = stage.run(&mut command("rustup", &["component", "add", name]));
    adding.with_context(|| format!("{name} is missing, and rustup did not bring it; install it with the toolchain"))
}

/// The command with the Python that the extension module is checked against.
fn with_python(mut command: std::process::Command) -> Result<std::process::Command> {
    command.env("PYO3_PYTHON", python::find()?);
    Ok(command)
}
