//! What a command prints on standard output.

use std::{
    fmt,
    io::{self, Write as _},
    sync::OnceLock,
};

use crate::failure::Failure;

/// Why something could not be printed, the first time.
static LOST: OnceLock<String> = OnceLock::new();

/// Prints a line.
pub(crate) fn line(text: fmt::Arguments<'_>) {
    note(writeln!(io::stdout(), "{text}"));
}

/// Prints a piece of a line, now.
pub(crate) fn piece(text: &str) {
    let mut out = io::stdout();
    note(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
}

/// That nobody reads it any more is no reason to stop, and none to complain.
fn note(written: io::Result<()>) {
    if let Err(error) = written
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        LOST.get_or_init(|| error.to_string());
    }
}

/// Fails when something could not be printed, as on a disk that is full: the work is done, but whoever reads the output
/// would take it for whole.
pub(crate) fn finish() -> Result<(), Failure> {
    note(io::stdout().flush());
    match LOST.get() {
        Some(error) => Err(Failure::failed(format!("not all of the output could be written: {error}"))),
        None => Ok(()),
    }
}
