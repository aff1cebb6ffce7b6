//! A stage on screen: a spinner with a clock for a person, plain lines for a log.

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, IsTerminal, Write, pipe, stdout};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Lines of a failed command that are shown.
const SHOWN: usize = 120;
/// How often a log hears from a long stage.
const SIGN_OF_LIFE: Duration = Duration::from_secs(30);

/// A wrong command line.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Misuse(String);

/// Why a test did not run although nothing is wrong.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Skipped(pub(crate) String);

/// What a stage does.
pub(crate) type Work = fn(&mut Stage) -> Result<()>;

pub(crate) fn misuse(message: String) -> anyhow::Error {
    Misuse(message).into()
}

/// The repository's root.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is a folder of the repository")
}

/// Where cargo builds, and this program keeps its logs.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// A command that runs in the repository's root.
pub(crate) fn command(program: impl AsRef<Path>, arguments: &[&str]) -> Command {
    let mut command = Command::new(program.as_ref());
    command.args(arguments).current_dir(root()).stdin(Stdio::null());
    command
}

pub(crate) fn cargo(arguments: &[&str]) -> Command {
    command(std::env::var_os("CARGO").map_or_else(|| "cargo".into(), PathBuf::from), arguments)
}

/// How a stage ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    Passed,
    Failed,
    Skipped,
}

/// Work with a name, shown while it runs.
pub(crate) struct Stage {
    bar: ProgressBar,
    name: String,
    log: File,
    log_path: PathBuf,
    started: Instant,
    last_sign: Instant,
}

impl Stage {
    pub(crate) fn start(name: &str, about: &str) -> Result<Self> {
        let folder = target().join("xtask");
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let log_path = folder.join(format!("{}.log", name.replace(' ', "-")));
        let log = File::create(&log_path).with_context(|| format!("cannot write {}", log_path.display()))?;
        let bar = if stdout().is_terminal() {
            let style = ProgressStyle::with_template("{spinner} {prefix} {elapsed:>5}  {wide_msg}")?;
            let bar = ProgressBar::new_spinner().with_style(style).with_prefix(format!("{name:<16}"));
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        } else {
            println!("... {name:<16} {about}");
            ProgressBar::hidden()
        };
        bar.set_message(about.to_owned());
        let started = Instant::now();
        Ok(Stage { bar, name: name.to_owned(), log, log_path, started, last_sign: started })
    }

    /// Runs a command; its output goes to the log, and to the screen if it fails.
    pub(crate) fn run(&mut self, command: &mut Command) -> Result<()> {
        self.output(command).map(|_| ())
    }

    /// As `run`; returns the lines that the command printed.
    pub(crate) fn output(&mut self, command: &mut Command) -> Result<Vec<String>> {
        let program = Path::new(command.get_program()).file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let words = command.get_args().map(|word| word.to_string_lossy().into_owned());
        let spelled = std::iter::once(program).chain(words).collect::<Vec<_>>().join(" ");
        writeln!(self.log, "$ {spelled}")?;
        let (reader, writer) = pipe().context("no pipe for a command's output")?;
        command.stdout(writer.try_clone()?).stderr(writer);
        let mut child = command.spawn().with_context(|| format!("cannot start `{spelled}`"))?;
        // The command holds the pipe's other end; without this the reader would wait for it for ever.
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut lines = Vec::new();
        for line in BufReader::new(reader).split(b'\n') {
            let line = String::from_utf8_lossy(&line?).trim_end().to_owned();
            writeln!(self.log, "{line}")?;
            self.note(&line);
            lines.push(line);
        }
        let status = child.wait()?;
        if !status.success() {
            let first = lines.len().saturating_sub(SHOWN);
            let left_out =
                if first > 0 { format!("[{first} lines in {}]\n", self.log_path.display()) } else { String::new() };
            bail!("`{spelled}` ended with {status}\n{left_out}{}", lines[first..].join("\n"));
        }
        Ok(lines)
    }

    fn note(&mut self, line: &str) {
        if !line.is_empty() {
            self.bar.set_message(line.to_owned());
        }
        if self.bar.is_hidden() && self.last_sign.elapsed() >= SIGN_OF_LIFE {
            self.last_sign = Instant::now();
            println!("    {:<16} {:>4.0} s: {line}", self.name, self.started.elapsed().as_secs_f64());
        }
    }

    /// Prints how the stage ended and returns how long it took.
    pub(crate) fn end(self, verdict: Verdict, remark: &str) -> Duration {
        let took = self.started.elapsed();
        self.bar.finish_and_clear();
        let mark = match verdict {
            Verdict::Passed => "ok  ",
            Verdict::Failed => "FAIL",
            Verdict::Skipped => "skip",
        };
        println!("{mark} {:<16} {:>6.1} s  {remark}", self.name, took.as_secs_f64());
        took
    }
}
