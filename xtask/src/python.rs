//! The project's own virtual environment, `.venv`: made, filled and kept up to date.

use crate::stage::{Stage, command, root};
use anyhow::{Context, Result, anyhow, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const OLDEST: (u32, u32) = (3, 11);
/// Names that Pythons go by. The first that is new enough and has venv is taken.
const NAMES: &[&str] = &["python3", "python", "python3.14", "python3.13", "python3.12", "python3.11"];
const REQUIREMENTS: &str = "demo/requirements.txt";

fn folder() -> PathBuf {
    root().join(".venv")
}

fn bin() -> PathBuf {
    folder().join(if cfg!(windows) { "Scripts" } else { "bin" })
}

/// A program of the environment, run in the repository's root.
pub(crate) fn tool(name: &str, arguments: &[&str]) -> Command {
    let mut command = command(bin().join(name), arguments);
    command.env("VIRTUAL_ENV", folder()).env_remove("PYTHONPATH").env_remove("PYTHONHOME");
    command.env("PIP_DISABLE_PIP_VERSION_CHECK", "1").env("PYTHONUTF8", "1");
    command
}

/// Python of the environment.
pub(crate) fn python(arguments: &[&str]) -> Command {
    tool("python", arguments)
}

/// Makes the environment and installs what the demo and the tests import, unless that has been done.
pub(crate) fn install(stage: &mut Stage) -> Result<()> {
    let requirements = fs::read_to_string(root().join(REQUIREMENTS)).with_context(|| format!("no {REQUIREMENTS}"))?;
    let stamp = folder().join("installed.txt");
    let usable = version(&bin().join("python")).is_some_and(|version| version >= OLDEST);
    if usable && fs::read_to_string(&stamp).is_ok_and(|installed| installed == requirements) {
        return Ok(());
    }
    if !usable {
        let python = find()?;
        let folder = folder();
        let making = command(&python, &["-m", "venv", "--clear"]).arg(&folder).stdin(Stdio::null()).output();
        let making = making.with_context(|| format!("cannot start {}", python.display()))?;
        if !making.status.success() {
            bail!("{} cannot make {}\n{}", python.display(), folder.display(), String::from_utf8_lossy(&making.stderr));
        }
    }
    let pip = ["-m", "pip", "install", "--no-input", "--progress-bar", "off", "-r", REQUIREMENTS];
    stage.run(&mut python(&pip)).context(
        "pip could not install the packages; it needs a network connection, or a mirror that its configuration names",
    )?;
    fs::write(stamp, requirements)?;
    Ok(())
}

/// Builds the extension module in release mode, optimised across crates, and installs the package, with the packages its tests need.
pub(crate) fn build(stage: &mut Stage, extras: &[&str]) -> Result<()> {
    let mut maturin = tool("maturin", &["develop", "--profile", "extension"]);
    for extra in extras {
        maturin.args(["--extras", extra]);
    }
    stage.run(&mut maturin).context("the Python package could not be built")
}

/// A Python that can make virtual environments.
pub(crate) fn find() -> Result<PathBuf> {
    let chosen = std::env::var_os("PYTHON").map(PathBuf::from);
    let names = chosen.map_or_else(|| NAMES.iter().map(PathBuf::from).collect(), |python| vec![python]);
    let mut rejected = Vec::new();
    for name in names {
        let Some(found @ (major, minor)) = version(&name) else { continue };
        if found < OLDEST {
            rejected.push(format!("{} is {major}.{minor}", name.display()));
        } else if answer(&name, "import venv, ensurepip").is_none() {
            rejected.push(format!(
                "{} ({major}.{minor}) has no venv (on Debian and Ubuntu: apt install python{major}.{minor}-venv)",
                name.display()
            ));
        } else {
            return Ok(name);
        }
    }
    let (major, minor) = OLDEST;
    let found = if rejected.is_empty() { "none was found".to_owned() } else { rejected.join("; ") };
    Err(anyhow!("Python {major}.{minor} or newer with venv is needed: {found}. PYTHON=/path/to/python names another"))
}

fn version(python: &Path) -> Option<(u32, u32)> {
    let printed = answer(python, "import sys; print(sys.version_info[0], sys.version_info[1])")?;
    let (major, minor) = printed.trim().split_once(' ')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// What a line of Python prints, if it succeeds.
fn answer(python: &Path, code: &str) -> Option<String> {
    let output = command(python, &["-c", code]).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
