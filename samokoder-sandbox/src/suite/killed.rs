//! What is left when the process that owns a session is killed.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use futures::future::try_join_all;
use samokoder_core::{
    sandbox::{Sandbox, SandboxError, SandboxErrorKind, SandboxSession, Service, SessionSpec},
    testing::sandbox::Finding,
};

use super::{
    Abuse, abuse,
    bench::{Bench, Probed, program, words},
    fresh,
};

pub(super) const CASES: &[Abuse] =
    &[abuse!(46, "an owner that is killed at any moment leaves nothing when its lease is over", killed)];

/// Starts a process that [owns](own()) a session like this, says `ready` on a line of its standard output, and stays.
pub type OwnerProcess = dyn Fn(&SessionSpec) -> Command + Send + Sync;

/// What is found when nobody says how to start one.
pub(super) const NOBODY: &str = "nobody said how to start a process that owns a session";

/// How long a session may outlive its owner here.
const LEASE: Duration = Duration::from_secs(2);

/// How long after that it may take until nothing is left: engines are slow to remove much at once.
const PATIENCE: Duration = Duration::from_mins(1);

/// Opens a session for who is about to be killed: a command runs in it that listens to no signal, and that is known by the
/// session's owner.
///
/// # Errors
/// When the session can't be opened or the command not be started.
pub async fn own(
    sandbox: &dyn Sandbox,
    spec: SessionSpec,
) -> Result<(Arc<dyn SandboxSession>, Box<dyn Service>), SandboxError> {
    let wrong = |message| SandboxError::new(SandboxErrorKind::Unsupported, "own", message);
    let mark = spec.owner.clone();
    let session = sandbox.open(spec).await?;
    session.checkout(vec![program().map_err(wrong)?]).await?;
    let service = session.spawn(Probed::command(&["deaf", &mark])).await?;
    Ok((session, service))
}

async fn killed(bench: Bench<'_>) -> Finding {
    let Some(start) = &bench.suite.owner_process else { return Err(NOBODY.into()) };
    let first = Instant::now();
    let mut owners = vec![killed_at(start, None).await?];
    let until_ready = first.elapsed();
    let others = bench.suite.kills.saturating_sub(1).max(1);
    // From its very start to well after it is ready.
    let moment = |number: u32| until_ready * number * 5 / (others * 4);
    let killed = (0..others).map(|number| killed_at(start, Some(moment(number))));
    owners.extend(try_join_all(killed).await?);
    let deadline = Instant::now() + LEASE + PATIENCE;
    loop {
        bench.sandbox.reap().await.map_err(words)?;
        let open = bench.sandbox.list().await.map_err(words)?;
        let is_left = |mark: &&String| open.iter().any(|session| session.owner == **mark) || is_running(mark);
        let left = owners.iter().filter(is_left).count();
        if left == 0 {
            return Ok(());
        }
        if Instant::now() > deadline {
            return Err(format!("of {} owners that were killed, {left} left something", owners.len()));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Starts an owner and kills it after so long, or when it is ready. Returns what its session is known by.
async fn killed_at(start: &OwnerProcess, after: Option<Duration>) -> Result<String, String> {
    let mark = fresh("owner");
    let spec = SessionSpec::new(&mark).lease(LEASE);
    let mut process = start(&spec)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("an owner could not be started: {error}"))?;
    let mut is_ready = true;
    if let Some(after) = after {
        tokio::time::sleep(after).await;
    } else {
        let waited = tokio::task::spawn_blocking(move || (says_ready(&mut process), process)).await;
        (is_ready, process) = waited.map_err(|error| error.to_string())?;
    }
    process.kill().and_then(|()| process.wait()).map_err(|error| error.to_string())?;
    if is_ready { Ok(mark) } else { Err("an owner ended before it was ready".into()) }
}

fn says_ready(process: &mut Child) -> bool {
    let Some(stdout) = process.stdout.take() else { return false };
    BufReader::new(stdout).lines().map_while(Result::ok).any(|line| line.trim() == "ready")
}

/// Whether a process of this machine has this in its command line.
fn is_running(mark: &str) -> bool {
    let contains = |line: Vec<u8>| line.windows(mark.len()).any(|part| part == mark.as_bytes());
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes.into_iter().any(|process| fs::read(process.path().join("cmdline")).is_ok_and(contains))
}
