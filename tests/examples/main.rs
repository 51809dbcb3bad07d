//! The examples do what they say.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod http;
mod programs;
mod server;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The program of an example, which `cargo test` builds before it runs tests.
fn example(name: &str) -> Command {
    let program = env::current_exe().unwrap().ancestors().nth(2).unwrap().join("examples").join(name);
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name).with_extension("rs");
    let is_built = modified(&program) >= modified(&source);
    assert!(is_built, "{} is missing or old: `cargo test` without `--test` builds it", program.display());
    Command::new(program)
}

fn modified(path: &PathBuf) -> Option<std::time::SystemTime> {
    fs::metadata(path).and_then(|file| file.modified()).ok()
}
