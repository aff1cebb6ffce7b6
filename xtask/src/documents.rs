//! The documents against the repository: what they name exists, what they show compiles.

use crate::stage::root;
use anyhow::{Context, Result, bail};
use std::fs;

/// Documents whose Python examples run.
pub(crate) const WITH_PYTHON: &[&str] = &["README.md", "docs/differences.md", "docs/traps.md"];
/// Documents whose names of files are looked up.
const ALL: &[&str] =
    &["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/differences.md", "docs/traps.md"];
/// Folders that a name of a file starts with.
const FOLDERS: &[&str] = &["crates/", "python/", "demo/", "docs/", "tests/", "xtask/", ".ci/"];

/// Checks every document.
pub(crate) fn check() -> Result<()> {
    let mut wrong = Vec::new();
    for document in ALL {
        let text = read(document)?;
        for name in quoted(&text).filter(|name| FOLDERS.iter().any(|folder| name.starts_with(folder))) {
            if !name.contains(['*', '<', ' ']) && !root().join(name).exists() {
                wrong.push(format!("{document} names {name}, which does not exist"));
            }
        }
    }
    let example = "crates/convolver/examples/quickstart.rs";
    let program = read(example)?;
    if !blocks(&read("README.md")?, "rust").iter().any(|block| program.ends_with(block.as_str())) {
        wrong.push(format!("the Rust example of README.md is not the end of {example}"));
    }
    if wrong.is_empty() { Ok(()) } else { bail!(wrong.join("\n")) }
}

fn read(name: &str) -> Result<String> {
    fs::read_to_string(root().join(name)).with_context(|| format!("cannot read {name}"))
}

/// What stands between backticks on one line.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.starts_with("```")).flat_map(|line| line.split('`').skip(1).step_by(2))
}

/// The fenced blocks of a language.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let opening = format!("```{language}\n");
    let after = text.split(&opening).skip(1);
    after.filter_map(|rest| rest.split_once("```").map(|(block, _)| block.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::{blocks, quoted};

    #[test]
    fn quoted_names_are_found() {
        assert_eq!(quoted("see `a/b.rs` and `c`\n```rust\n").collect::<Vec<_>>(), ["a/b.rs", "c"]);
    }

    #[test]
    fn fenced_blocks_are_found() {
        assert_eq!(blocks("x\n```rust\nfn main() {}\n```\ny", "rust"), ["fn main() {}\n"]);
        assert!(blocks("```python\n```", "rust").is_empty());
    }
}
