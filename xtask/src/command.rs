//! Running a command with its output in a file.

use std::{
    fs::File,
    io::{self, Write as _},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use super::is_ci;

/// How long a command may take in CI, where nobody would stop it: far more than any does.
const LIMIT: Duration = Duration::from_mins(30);

/// Runs a program with its arguments.
///
/// # Errors
/// When it can't be started.
pub(crate) fn run(
    line: &[String],
    environment: &[(&str, String)],
    folder: &Path,
    mut log: &File,
) -> io::Result<ExitStatus> {
    let (program, arguments) = line.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(folder)
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .env("CARGO_TERM_COLOR", "never")
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log.try_clone()?);
    if !is_ci() {
        return command.status();
    }
    // Nothing is compiled twice there, so what would make that faster only costs time and space.
    let mut child = in_own_group(command.env("CARGO_INCREMENTAL", "0")).spawn()?;
    let deadline = Instant::now() + LIMIT;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if Instant::now() > deadline {
            writeln!(log, "{line:?} was stopped: it took longer than {} minutes", LIMIT.as_secs() / 60)?;
            return stop(&mut child);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// So that what it started can be ended with it. Not on a terminal, where Ctrl-C would not reach it.
fn in_own_group(command: &mut Command) -> &mut Command {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    command
}

fn stop(child: &mut Child) -> io::Result<ExitStatus> {
    let group = format!("-{}", child.id());
    Command::new("kill").args(["-KILL", "--", &group]).status()?;
    child.wait()
}
