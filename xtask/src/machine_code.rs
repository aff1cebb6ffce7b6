//! The kernels' memory tests under valgrind, which sees every read and write of the machine code.
//!
//! Valgrind does not know AVX-512; the other instruction sets are forced. Guard pages watch over AVX-512 in the test
//! itself.

use crate::stage::{Skipped, Stage, cargo, command};
use anyhow::{Context, Result, anyhow};
use std::path::PathBuf;

const TEST: &str = "memory";
const INSTRUCTION_SETS: &[&str] = &["portable", "x86-64-v3"];

pub(crate) fn valgrind(stage: &mut Stage) -> Result<()> {
    if !present() {
        fetch(stage);
    }
    if !present() {
        let reason = "valgrind is not installed; on Debian and Ubuntu: apt-get install valgrind";
        return Err(Skipped(reason.to_owned()).into());
    }
    let test = built(stage)?;
    for set in INSTRUCTION_SETS.iter().filter(|&&set| set == "portable" || cfg!(target_arch = "x86_64")) {
        let mut run = command("valgrind", &["--error-exitcode=1", "--leak-check=no", "-q"]);
        run.arg(&test).args(["--test-threads=1"]).env("CONVOLVER_ISA", set);
        stage.run(&mut run).with_context(|| format!("valgrind objects to the {set} kernels"))?;
    }
    Ok(())
}

fn present() -> bool {
    command("valgrind", &["--version"]).output().is_ok_and(|output| output.status.success())
}

/// Tries to install valgrind where that needs no question: on Debian and its kin, for root.
fn fetch(stage: &mut Stage) {
    let root = command("id", &["-u"]).output().is_ok_and(|output| output.stdout.trim_ascii() == b"0");
    if root {
        let apt = |arguments| {
            let mut apt = command("apt-get", arguments);
            apt.env("DEBIAN_FRONTEND", "noninteractive");
            apt
        };
        // Whether it worked shows in whether valgrind is there.
        let _ = stage.run(&mut apt(&["update", "-qq"]));
        let _ = stage.run(&mut apt(&["install", "-y", "-qq", "valgrind"]));
    }
}

/// The test's executable, as cargo names it.
fn built(stage: &mut Stage) -> Result<PathBuf> {
    let build = ["test", "--package", "convolver-kernels", "--test", TEST, "--no-run", "--message-format=json"];
    let lines = stage.output(&mut cargo(&build))?;
    let executable = |line: &String| {
        let (_, path) = line.split_once("\"executable\":\"")?;
        Some(PathBuf::from(path.split_once('"')?.0))
    };
    lines.iter().find_map(executable).ok_or_else(|| anyhow!("cargo named no executable for the test {TEST:?}"))
}
