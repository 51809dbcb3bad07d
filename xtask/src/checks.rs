//! What is checked, and with which commands.
//!
//! They share their flags as far as they can: what one compiled, the next takes from the target folder.

use std::{io, path::Path};

use super::{
    manifests,
    step::{Step, words},
};

const CLIPPY: &str = "cargo clippy --workspace --all-targets --all-features -- -D warnings";
const DOC: &str = "cargo doc --workspace --all-features --no-deps";
const TEST: &str = "cargo test --workspace --all-features --no-fail-fast";
/// Crates that depend on each other are packaged together, so this works before the first one is published.
const PACKAGE: &str = "cargo package --workspace --exclude xtask --no-verify --allow-dirty";

/// Formatting, lints, and every feature on its own.
pub(crate) fn lint(root: &Path) -> io::Result<Vec<Step>> {
    let features = manifests::feature_sets(root)?;
    let features = features.iter().map(|set| words(&format!("cargo clippy {set} -- -D warnings")));
    Ok(vec![
        Step { commands: vec![words("cargo fmt --check"), init_format()], ..Step::new("fmt", "") },
        Step::new("clippy", CLIPPY),
        Step { commands: features.collect(), ..Step::new("features", "") },
    ])
}

/// The sandbox's init program is compiled by a build script, where cargo's own formatter does not look.
fn init_format() -> Vec<String> {
    words("rustfmt --check samokoder-sandbox/init/main.rs")
}

/// All tests but those whose name says that they need something that is missing.
pub(crate) fn test(left_out: &[&str]) -> Step {
    let mut command = words(TEST);
    for (at, name) in left_out.iter().enumerate() {
        command.extend((at == 0).then(|| "--".to_owned()));
        command.extend(["--skip".to_owned(), (*name).to_owned()]);
    }
    Step { commands: vec![command], has_tests: true, ..Step::new("test", "") }
}

/// The documentation.
pub(crate) fn doc() -> Step {
    Step { environment: &[("RUSTDOCFLAGS", "-D warnings")], ..Step::new("doc", DOC) }
}

/// What would be published.
pub(crate) fn package() -> Step {
    Step::new("package", PACKAGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_that_need_what_is_missing_are_left_out_by_name() {
        assert_eq!(test(&[]).commands, [words(TEST)]);
        let command = test(&["on_node", "on_python"]).commands[0].join(" ");
        assert_eq!(command, format!("{TEST} -- --skip on_node --skip on_python"));
    }
}
