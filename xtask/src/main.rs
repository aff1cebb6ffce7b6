//! The project's two commands: `cargo xtask demo` and `cargo xtask test`.
#![allow(clippy::print_stdout, reason = "a program that talks to whoever started it")]

mod demo;
mod documents;
mod machine_code;
mod python;
mod stage;
mod test;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask demo [--quick]    build the Python package, run it on real data beside the usual ways, draw a picture
cargo xtask test              run every test; the last line counts what passed and what failed
            --only STAGE      run this stage alone (may be given several times)
            --list            print the names of the stages";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (command, options) = arguments.split_first().map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
    let outcome = match command {
        "demo" => demo::run(options),
        "test" => test::run(options),
        "help" | "--help" | "-h" => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        _ => Err(stage::misuse(format!("{command:?} is not a command\n{HELP}"))),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(if error.is::<stage::Misuse>() { 2 } else { 1 })
        }
    }
}
