//! What a command ran out of.

use std::time::Duration;

use super::{Bench, Case, Finding, case, expect, shell};
use crate::sandbox::{Command, Control, Enforcement, ExecStatus, Limits, SandboxErrorKind, SessionSpec};

pub(super) const CASES: &[Case] = &[
    case!("a command that fails when the disk is full says so", disk_full),
    case!("a command that fails when there are no inodes left says so", inodes),
    case!("a command that fails when it is refused a process says so", processes),
    case!("a command that gets by with what there is just ends", enough),
    case!("what a command wrote and held is reported", accounted),
    case!("a service ends when its time is over", service),
    case!("the data folder is limited", data),
];

async fn disk_full(bench: Bench<'_>) -> Finding {
    let session = bench.open_with(Limits { disk: 4 << 20, ..Limits::default() }).await?;
    let outcome = shell(&session, "head -c 8000000 /dev/zero > file").await?;
    expect(outcome.status == ExecStatus::DiskFull, "expected DiskFull", &outcome)?;
    let outcome = shell(&session, "rm file && echo x > file").await?;
    expect(outcome.success(), "expected room after a removal", &outcome)
}

async fn inodes(bench: Bench<'_>) -> Finding {
    let session = bench.open_with(Limits { inodes: 100, ..Limits::default() }).await?;
    let script = "i=0; while : > f$i; do i=$((i+1)); done 2>/dev/null; exit 1";
    let outcome = shell(&session, script).await?;
    expect(outcome.status == ExecStatus::DiskFull, "expected DiskFull", &outcome)
}

async fn processes(bench: Bench<'_>) -> Finding {
    let session = bench.open_with(Limits { processes: 16, ..Limits::default() }).await?;
    let script = "i=0; while [ $i -lt 100 ]; do sleep 20 & i=$((i+1)); done; wait";
    let outcome = shell(&session, script).await?;
    expect(outcome.status == ExecStatus::TooManyProcesses, "expected TooManyProcesses", &outcome)
}

async fn enough(bench: Bench<'_>) -> Finding {
    let session = bench.open_with(Limits { disk: 4 << 20, ..Limits::default() }).await?;
    let outcome = shell(&session, "head -c 8000000 /dev/zero > file; exit 0").await?;
    expect(outcome.success(), "expected success although the disk is full", &outcome)?;
    let session = bench.open().await?;
    let outcome = shell(&session, "exit 28").await?;
    expect(outcome.status == ExecStatus::Exited { code: 28 }, "expected status 28", &outcome)
}

async fn accounted(bench: Bench<'_>) -> Finding {
    let session = bench.open().await?;
    let outcome = shell(&session, "head -c 1000000 /dev/zero; head -c 500000 /dev/zero >&2").await?;
    let right = outcome.success() && outcome.written == 1_500_000;
    expect(right, "expected 1.5 MB of output to be counted", &outcome)?;
    let node = "const b = Buffer.alloc(96 << 20, 1); console.log(b.length)";
    let python = "b = b'x' * (96 << 20); print(len(b))";
    let Some(command) = bench.script(node, python).await? else { return Ok(()) };
    let outcome = session.exec(command).await.map_err(|error| error.to_string())?;
    let within = |bytes: u64| (96 << 20..512 << 20).contains(&bytes);
    let right = outcome.success() && outcome.peak_memory.is_none_or(within);
    expect(right, "expected a peak of 96 MiB and what the runtime needs", &outcome)
}

async fn service(bench: Bench<'_>) -> Finding {
    let limits = Limits { service: Some(Duration::from_millis(300)), ..Limits::default() };
    let session = bench.open_with(limits).await?;
    let script = "trap '' TERM; while :; do sleep 0.05; done";
    let mut service =
        session.spawn(Command::new(["sh", "-c", script])).await.map_err(|error| error.to_string())?;
    let outcome = service.wait().await.map_err(|error| error.to_string())?;
    expect(outcome.status == ExecStatus::TimedOut, "expected TimedOut", &outcome)
}

async fn data(bench: Bench<'_>) -> Finding {
    let folder = std::env::temp_dir().join(Bench::owner());
    let found = data_in(bench, &folder).await;
    let _ = std::fs::remove_dir_all(&folder);
    found
}

async fn data_in(bench: Bench<'_>, folder: &std::path::Path) -> Finding {
    let capabilities = bench.sandbox.capabilities().await.map_err(|error| error.to_string())?;
    let held = capabilities.controls.iter().any(|(control, enforcement)| {
        *control == Control::Data && !matches!(enforcement, Enforcement::Unsupported(_))
    });
    let limits = Limits { data: 2 << 20, ..Limits::default() };
    let spec = SessionSpec::new(Bench::owner()).limits(limits).data(folder);
    let session = match bench.sandbox.open(spec).await {
        Err(error) if error.kind == SandboxErrorKind::Unsupported && !held => return Ok(()),
        other => other.map_err(|error| error.to_string())?,
    };
    let outcome = shell(&session, "head -c 1000000 /dev/urandom > data/a").await?;
    expect(outcome.success(), "expected room for 1 MB", &outcome)?;
    let script = "for i in b c d e; do head -c 1000000 /dev/urandom > data/$i; done; sleep 30";
    let outcome = shell(&session, script).await?;
    let right = outcome.status == ExecStatus::DiskFull && outcome.duration < Duration::from_secs(15);
    expect(right, "expected DiskFull while it still runs", &outcome)?;
    let outcome = shell(&session, "sleep 0.7; rm data/*").await?;
    expect(outcome.success(), "expected time to remove what is too much", &outcome)?;
    let outcome = shell(&session, "head -c 5000000 /dev/urandom > data/a").await?;
    expect(outcome.status == ExecStatus::DiskFull, "expected DiskFull at the end", &outcome)
}
