//! `cargo xtask`: the checks of this repository, the same by hand and in CI.
//!
//! It needs nothing but the standard library, so that it is there seconds after a fresh clone.

#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "a program that reports on a terminal")]

mod checks;
mod command;
mod counts;
mod docker_engine;
mod engine;
mod manifests;
mod needs;
mod packages;
mod podman;
mod postgres;
mod python_clients;
mod step;

use std::{io, path::PathBuf, process::ExitCode};

use counts::Counts;
use step::Step;

const HELP: &str = "\
cargo xtask COMMAND

  test      everything: what the other commands check, and all tests
  lint      formatting, clippy, and every feature on its own
  doc       the documentation builds without a warning
  package   every crate can be published
  help      this

The last line of each is how many tests passed and failed; a check that fails counts as one.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let command = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [command] => command.to_owned(),
        [] => "help".to_owned(),
        _ => return usage(),
    };
    let outcome = match command.as_str() {
        "test" => test(),
        "lint" => checks::lint(&root()).map(|steps| run(&steps)),
        "doc" => Ok(run(&[checks::doc()])),
        "package" => Ok(run(&[checks::package()])),
        "help" | "-h" | "--help" => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        _ => return usage(),
    };
    match outcome {
        Ok(counts) => {
            println!("\n{counts}");
            if counts.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            println!("{error}\n\n0 passed, 1 failed");
            ExitCode::FAILURE
        }
    }
}

fn usage() -> ExitCode {
    println!("{HELP}");
    ExitCode::from(2)
}

fn test() -> io::Result<Counts> {
    let mut provided = needs::provide(&root());
    // They end when this function does.
    let _servers = (std::mem::take(&mut provided.engines), provided.postgres.take());
    let mut counts = Counts::default();
    if is_ci() {
        counts.failed += provided.left_out.len();
    }
    let mut steps = checks::lint(&root())?;
    steps.extend([checks::test(provided), checks::doc(), checks::package()]);
    counts += run(&steps);
    Ok(counts)
}

/// Runs all steps, whatever the ones before came to: one run tells everything that is wrong.
fn run(steps: &[Step]) -> Counts {
    let mut counts = Counts::default();
    for step in steps {
        counts += step.run(&root());
    }
    counts
}

/// Whether nobody is there to read a warning.
fn is_ci() -> bool {
    std::env::var_os("CI").is_some_and(|ci| ci == "true")
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}
