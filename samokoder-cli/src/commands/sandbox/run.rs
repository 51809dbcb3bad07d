//! `samokoder sandbox run`.

use std::io::{self, Write};

use samokoder::{
    id::RunId,
    sandbox::{
        Chunk, Command, ExecOutcome, ExecStatus, Limits, Network, OutputStream, SandboxError, SandboxSession,
        SessionSpec, Streams,
    },
};
use tokio::sync::mpsc;

use super::workspace;
use crate::{
    args::{Net, SandboxRunArgs},
    failure::{Failure, Outcome},
};

/// Statuses that are not the command's own, as `timeout`, shells and container engines have them.
const TIMED_OUT: u8 = 124;
const SANDBOX_FAILED: u8 = 125;
const DENIED: u8 = 126;
const NOT_STARTED: u8 = 127;
const KILLED: u8 = 137;
const UNREAD: u8 = 141;
const SIGNAL: u8 = 128;

/// How many pieces of output may be on their way.
const PIECES: usize = 8;

pub(super) async fn run(args: SandboxRunArgs) -> Result<Outcome, Failure> {
    let spec = spec(&args)?;
    let limits = spec.limits.clone();
    let files = match &args.dir {
        #[cfg(unix)]
        Some(folder) => workspace::read(folder, limits.disk)?,
        #[cfg(not(unix))]
        Some(_) => return Err(Failure::usage("a folder can be brought in on Unix only")),
        None => Vec::new(),
    };
    let (_, sandbox) = super::chosen(args.backend)?;
    let mut command = Command::new(args.argv);
    command.env.extend(args.env);
    let interrupted = interrupted();
    tokio::pin!(interrupted);
    let session = tokio::select! {
        session = sandbox.open(spec) => session.map_err(|error| failed(&error))?,
        status = &mut interrupted => return Ok(Outcome::Status(status)),
    };
    let carried_out = async {
        if !files.is_empty() {
            session.checkout(files).await?;
        }
        pass_on(&*session, command).await
    };
    let ended = tokio::select! {
        ended = carried_out => ended,
        // What runs is killed when the future is dropped.
        status = interrupted => Ok(End::Stopped(status)),
    };
    let closed = session.close().await;
    let status = match ended.map_err(|error| failed(&error))? {
        End::Outcome(outcome) => report(&outcome, &limits),
        End::Stopped(status) => status,
    };
    closed.map_err(|error| failed(&error))?;
    Ok(Outcome::Status(status))
}

/// What the command is held to.
fn spec(args: &SandboxRunArgs) -> Result<SessionSpec, Failure> {
    let network = match (args.net, args.allow.is_empty()) {
        (Net::None, true) => Network::None,
        (Net::None, false) => {
            return Err(Failure::usage("--allow says what --net proxy lets through: add it"));
        }
        (Net::Proxy, true) => {
            return Err(Failure::usage("--net proxy lets nothing through without --allow HOST"));
        }
        (Net::Proxy, false) => Network::Proxy { allowed: args.allow.clone() },
    };
    let mut limits = Limits::default();
    if let Some(timeout) = args.timeout {
        limits.wall = timeout;
        // Whoever gives it more time wants it to use that.
        limits.cpu = limits.cpu.max(timeout);
    }
    limits.memory = args.memory.unwrap_or(limits.memory);
    limits.output = args.max_output.unwrap_or(limits.output);
    Ok(SessionSpec::new(format!("sandbox run {}", RunId::fresh())).limits(limits).network(network))
}

/// How it ended.
enum End {
    Outcome(ExecOutcome),
    /// By us, with this status.
    Stopped(u8),
}

/// Runs the command with our standard streams as its own.
async fn pass_on(session: &dyn SandboxSession, command: Command) -> Result<End, SandboxError> {
    let (output, chunks) = mpsc::channel(PIECES);
    let streams = Streams { input: Box::new(tokio::io::stdin()), output };
    let writer = tokio::task::spawn_blocking(move || write(chunks));
    let exec = session.exec_streaming(command, streams);
    tokio::pin!(writer, exec);
    let outcome = tokio::select! {
        outcome = &mut exec => {
            // All that was written is still to arrive.
            let _ = writer.await;
            outcome
        }
        written = &mut writer => match written {
            Ok(Ok(())) => exec.await,
            _ => return Ok(End::Stopped(UNREAD)),
        },
    };
    outcome.map(End::Outcome)
}

/// Writes pieces as they come: to the end, or until nobody reads them.
fn write(mut chunks: mpsc::Receiver<Chunk>) -> io::Result<()> {
    let (mut stdout, mut stderr) = (io::stdout().lock(), io::stderr().lock());
    while let Some(chunk) = chunks.blocking_recv() {
        let stream: &mut dyn Write = match chunk.stream {
            OutputStream::Stdout => &mut stdout,
            OutputStream::Stderr => &mut stderr,
        };
        stream.write_all(&chunk.bytes)?;
        stream.flush()?;
    }
    Ok(())
}

/// Says on standard error what the status can't, and returns the status.
fn report(outcome: &ExecOutcome, limits: &Limits) -> u8 {
    let (status, detail) = match outcome.status {
        ExecStatus::Exited { code } => return u8::try_from(code & 0xff).unwrap_or(u8::MAX),
        ExecStatus::Signalled { signal } => {
            let number = u8::try_from(signal & 0x7f).unwrap_or_default();
            (SIGNAL.saturating_add(number), None)
        }
        ExecStatus::TimedOut => (TIMED_OUT, Some(format!("{:?}", limits.wall))),
        ExecStatus::CpuExhausted => (KILLED, Some(format!("{:?}", limits.cpu))),
        ExecStatus::OutOfMemory => (KILLED, Some(size(limits.memory))),
        ExecStatus::OutputLimit => (KILLED, Some(size(limits.output))),
        ExecStatus::DiskFull => (KILLED, Some(format!("{}, {} files", size(limits.disk), limits.inodes))),
        ExecStatus::TooManyProcesses => (KILLED, Some(limits.processes.to_string())),
        ExecStatus::Denied => return not_run(outcome, DENIED),
        ExecStatus::NotStarted => return not_run(outcome, NOT_STARTED),
        _ => (KILLED, None),
    };
    let detail = detail.map(|detail| format!(" ({detail})")).unwrap_or_default();
    errln!("samokoder: {}{detail}", outcome.status);
    status
}

/// It never ran: what stands in its output is the sandbox's own explanation.
fn not_run(outcome: &ExecOutcome, status: u8) -> u8 {
    match outcome.stderr.text.trim_end() {
        "" => errln!("samokoder: {}", outcome.status),
        why => errln!("samokoder: {why}"),
    }
    status
}

fn size(bytes: u64) -> String {
    if bytes >= 1 << 20 { format!("{} MiB", bytes >> 20) } else { format!("{bytes} bytes") }
}

fn failed(error: &SandboxError) -> Failure {
    Failure::status(SANDBOX_FAILED, error.to_string())
}

/// Waits for someone to stop us, and returns the status that says so.
pub(super) async fn interrupted() -> u8 {
    const INTERRUPT: u8 = 2;
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        const HANGUP: u8 = 1;
        const TERMINATE: u8 = 15;
        let wait = async |kind| match signal(kind) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        };
        tokio::select! {
            () = wait(SignalKind::interrupt()) => SIGNAL + INTERRUPT,
            () = wait(SignalKind::terminate()) => SIGNAL + TERMINATE,
            () = wait(SignalKind::hangup()) => SIGNAL + HANGUP,
        }
    }
    #[cfg(not(unix))]
    {
        let _ = tokio::signal::ctrl_c().await;
        SIGNAL + INTERRUPT
    }
}
