//! Programs in `tests/clients`, run by a Python that has what their `requirements.txt` names.
//!
//! `cargo xtask test` makes that environment and tells it in `SAMOKODER_PYTHON_CLIENTS`, the path of its Python. Where
//! it is not told, tests say so and are left out; their names end with `with_python_clients`.

use std::{path::Path, process::Stdio};

use tokio::process::Command;

/// A program with its arguments, to be started; nothing where there is no environment.
#[expect(clippy::print_stderr, reason = "shown with --nocapture: the test is left out")]
pub(crate) fn command(program: &str, arguments: &[&str]) -> Option<Command> {
    let Some(python) = std::env::var_os("SAMOKODER_PYTHON_CLIENTS") else {
        eprintln!("left out: SAMOKODER_PYTHON_CLIENTS is not set; `cargo xtask test` sets it");
        return None;
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients");
    let mut command = Command::new(python);
    // Compiled files would be left beside the programs.
    command.arg("-B").arg(folder.join(program)).args(arguments).kill_on_drop(true);
    Some(command)
}

/// Runs a program to its end and returns what it printed.
pub(crate) async fn run(program: &str, arguments: &[&str]) -> Option<String> {
    let output = command(program, arguments)?.stdin(Stdio::null()).output().await.unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {error}");
    Some(String::from_utf8(output.stdout).unwrap())
}
