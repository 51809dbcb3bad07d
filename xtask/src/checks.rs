//! What is checked, and with which commands.
//!
//! They share their flags as far as they can: what one compiled, the next takes from the target folder.

use std::{io, path::Path};

use super::{
    manifests,
    needs::Provided,
    step::{Step, words},
};

const CLIPPY: &str = "cargo clippy --workspace --all-targets --all-features -- -D warnings";
const DOC: &str = "cargo doc --workspace --all-features --no-deps";
const TEST: &str = "cargo test --workspace --all-features --no-fail-fast";
/// The sandbox's programs are compiled by a build script: cargo's own formatter and clippy pass them by.
const INIT_FORMAT: &str = "rustfmt --check samokoder-sandbox/init/main.rs";
const AGENT_FORMAT: &str = "rustfmt --check samokoder-sandbox/agent/main.rs";
const PROBE_FORMAT: &str = "rustfmt --check samokoder-sandbox/probe/main.rs";
/// It is one of two programs that share a file, each of which uses its half.
const INIT_CLIPPY: &str = "clippy-driver --edition=2024 --crate-name=samokoder_init --crate-type=bin \
    --emit=metadata --out-dir=target/xtask samokoder-sandbox/init/main.rs \
    -D warnings -D clippy::undocumented_unsafe_blocks -A dead_code";
/// A workspace of its own. Without the fuzzer itself it needs neither a nightly compiler nor one for C++.
const FUZZ: &str = "cargo check --manifest-path samokoder-llm/fuzz/Cargo.toml --target-dir target \
    --locked --no-default-features";
const AGENT_CLIPPY: &str = "clippy-driver --edition=2024 --crate-name=samokoder_agent --crate-type=bin \
    --emit=metadata --out-dir=target/xtask samokoder-sandbox/agent/main.rs \
    -D warnings -D clippy::undocumented_unsafe_blocks -A dead_code";
const PROBE_CLIPPY: &str = "clippy-driver --edition=2024 --crate-name=samokoder_probe --crate-type=bin \
    --emit=metadata --out-dir=target/xtask samokoder-sandbox/probe/main.rs \
    -D warnings -D clippy::undocumented_unsafe_blocks";
/// Crates that depend on each other are packaged together, so this works before the first one is published.
/// Compiling what was packaged would compile every dependency again: eight minutes of processor time.
const PACKAGE: &str = "cargo package --workspace --exclude xtask --no-verify --allow-dirty";

/// Formatting, lints, and every feature on its own.
pub(crate) fn lint(root: &Path) -> io::Result<Vec<Step>> {
    let features = manifests::feature_sets(root)?;
    let features = features.iter().map(|set| words(&format!("cargo clippy {set} -- -D warnings")));
    Ok(vec![
        Step::new(
            "fmt",
            vec![words("cargo fmt --check"), words(INIT_FORMAT), words(AGENT_FORMAT), words(PROBE_FORMAT)],
        ),
        Step::new(
            "clippy",
            vec![words(CLIPPY), words(INIT_CLIPPY), words(AGENT_CLIPPY), words(PROBE_CLIPPY)],
        ),
        Step::new("features", features.collect()),
        Step::new("fuzz", vec![words(FUZZ)]),
    ])
}

/// All tests but those whose name says that they need something that is missing.
pub(crate) fn test(provided: Provided) -> Step {
    let mut command = words(TEST);
    for (at, name) in provided.left_out.iter().enumerate() {
        command.extend((at == 0).then(|| "--".to_owned()));
        command.extend(["--skip".to_owned(), (*name).to_owned()]);
    }
    Step { has_tests: true, environment: provided.environment, ..Step::new("test", vec![command]) }
}

/// The documentation.
pub(crate) fn doc() -> Step {
    let environment = vec![("RUSTDOCFLAGS", "-D warnings".to_owned())];
    Step { environment, ..Step::new("doc", vec![words(DOC)]) }
}

/// What would be published.
pub(crate) fn package() -> Step {
    Step::new("package", vec![words(PACKAGE)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_that_need_what_is_missing_are_left_out_by_name() {
        assert_eq!(test(Provided::default()).commands, [words(TEST)]);
        let provided = Provided { left_out: vec!["on_node", "on_python"], ..Provided::default() };
        let command = test(provided).commands[0].join(" ");
        assert_eq!(command, format!("{TEST} -- --skip on_node --skip on_python"));
    }
}
