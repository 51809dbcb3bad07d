//! From what a program of the inside reports to an outcome.

use std::{io, time::Duration};

use samokoder_core::sandbox::{ExecOutcome, ExecStatus, Output};

use crate::{
    inside::{Ended, How, Kept},
    output,
};

/// How a command ended whose first argument was `program`, after so much time.
pub(crate) fn outcome(ended: &Ended, program: &str, duration: Duration) -> ExecOutcome {
    let status = match ended.how {
        How::Exited(code) => ExecStatus::Exited { code },
        How::Signalled(signal) => ExecStatus::Signalled { signal },
        How::TimedOut => ExecStatus::TimedOut,
        How::CpuExhausted => ExecStatus::CpuExhausted,
        How::OutOfMemory => ExecStatus::OutOfMemory,
        How::OutputLimit => ExecStatus::OutputLimit,
        How::DiskFull => ExecStatus::DiskFull,
        How::TooManyProcesses => ExecStatus::TooManyProcesses,
        How::Cancelled => ExecStatus::Cancelled,
        How::NotStarted(_) => ExecStatus::NotStarted,
    };
    let stderr = match ended.how {
        How::NotStarted(errno) => not_started(program, errno),
        _ => text(&ended.stderr, status),
    };
    let outcome = ExecOutcome::new(status, text(&ended.stdout, status), stderr, duration)
        .cpu(Duration::from_micros(ended.cpu_us))
        .written(ended.written);
    // Who ends between two looks was never seen.
    if ended.peak > 0 { outcome.peak_memory(ended.peak) } else { outcome }
}

/// What is kept of a stream of a command that ended like this.
pub(crate) fn text(kept: &Kept, status: ExecStatus) -> Output {
    let text = match status {
        ExecStatus::Exited { .. } => output::text,
        _ => output::text_of_stopped,
    };
    text(&kept.head, &kept.tail, kept.omitted)
}

/// Says in the command's place why it could not be started.
fn not_started(program: &str, errno: i32) -> Output {
    let reason = match errno {
        libc::ENOENT => "there is no such program in the sandbox".to_owned(),
        libc::ELIBBAD | libc::ELIBACC => "the interpreter it names is not in the sandbox".to_owned(),
        _ => io::Error::from_raw_os_error(errno).to_string(),
    };
    Output { text: format!("{program}: {reason}\n"), omitted: 0 }
}
