//! What commands are held to.

use std::time::Duration;

use super::{Bench, Case, Finding, case, expect, run, shell};
use crate::sandbox::{Command, Control, Enforcement, ExecStatus, Limits, SandboxErrorKind, SessionSpec};

pub(super) const CASES: &[Case] = &[
    case!("wall time is limited, by the session and by the command", wall),
    case!("processor time is limited", cpu),
    case!("memory is limited", memory),
    case!("processes are limited", processes),
    case!("the size of a file is limited", file_size),
    case!("the disk is limited in bytes and in files", disk),
    case!("open files are limited", open_files),
    case!("output is limited, its beginning and its end are kept", output),
    case!("limits that can't be meant are refused", meaningless),
];

async fn wall(bench: Bench<'_>) -> Finding {
    // Long enough for a command that ends by itself, on the slowest of kernels.
    let short = Duration::from_secs(3);
    let session = bench.open_with(Limits { wall: short, ..Limits::default() }).await?;
    let by_session = Command::new(["sleep", "30"]);
    let longer = Command::new(["sleep", "30"]).timeout(Duration::from_secs(30));
    let shorter = Command::new(["sh", "-c", "trap '' TERM; sleep 30"]).timeout(Duration::from_millis(100));
    let all = [by_session, longer, shorter].map(|command| run(&session, command));
    for outcome in futures::future::try_join_all(all).await? {
        let right = outcome.status == ExecStatus::TimedOut && outcome.duration < Duration::from_secs(20);
        expect(right, "expected TimedOut in time", &outcome)?;
    }
    let outcome = shell(&session, "echo done").await?;
    expect(outcome.success(), "expected the session to go on", &outcome)
}

async fn cpu(bench: Bench<'_>) -> Finding {
    let session = bench.open_with(Limits { cpu: Duration::from_secs(1), ..Limits::default() }).await?;
    let outcome = shell(&session, "while :; do :; done").await?;
    // Kernels count a limit in ticks and usage in nanoseconds: on a busy machine the two differ.
    let right = outcome.status == ExecStatus::CpuExhausted
        && outcome.cpu.is_none_or(|cpu| cpu >= Duration::from_millis(500));
    expect(right, "expected CpuExhausted", &outcome)
}

async fn memory(bench: Bench<'_>) -> Finding {
    let node = "const kept = []; for (;;) kept.push(Buffer.alloc(8 << 20, 1));";
    let python = "kept = []\nwhile True: kept.append(b'x' * (8 << 20))";
    let Some(command) = bench.script(node, python).await? else { return Ok(()) };
    let session = bench.open_with(Limits { memory: 256 << 20, ..Limits::default() }).await?;
    let outcome = run(&session, command).await?;
    expect(outcome.status == ExecStatus::OutOfMemory, "expected OutOfMemory", &outcome)
}

async fn processes(bench: Bench<'_>) -> Finding {
    let session = bench.open_with(Limits { processes: 32, ..Limits::default() }).await?;
    let script = "i=0; while [ $i -lt 200 ]; do sleep 30 & i=$((i+1)); done; echo all";
    let outcome = shell(&session, script).await?;
    expect(!outcome.stdout.text.contains("all"), "expected that not all 200 could be started", &outcome)?;
    let outcome = shell(&session, "sleep 0 & wait; echo done").await?;
    expect(outcome.success(), "expected room again after the command", &outcome)
}

async fn file_size(bench: Bench<'_>) -> Finding {
    let session = bench.open_with(Limits { file_size: 1 << 20, ..Limits::default() }).await?;
    let outcome = shell(&session, "head -c 2000000 /dev/zero > big; [ $(wc -c < big) -le 1048576 ]").await?;
    expect(outcome.success(), "expected a file of at most 1 MiB", &outcome)
}

async fn disk(bench: Bench<'_>) -> Finding {
    let limits = Limits { disk: 4 << 20, inodes: 200, ..Limits::default() };
    let session = bench.open_with(limits).await?;
    let script = "for i in 1 2 3 4 5 6 7 8; do head -c 1000000 /dev/zero > $TMPDIR/$i; done 2>/dev/null; du -sk $TMPDIR | cut -f1";
    let outcome = shell(&session, script).await?;
    let kept = outcome.stdout.text.trim().parse().unwrap_or(u64::MAX);
    expect(kept <= 4 << 10, "expected at most 4 MiB", &outcome)?;
    session.checkout(Vec::new()).await.map_err(|error| error.to_string())?;
    let script = "i=0; while [ $i -lt 400 ] && : 2>/dev/null > f$i; do i=$((i+1)); done; ls | wc -l";
    let outcome = shell(&session, script).await?;
    let capabilities = bench.sandbox.capabilities().await.map_err(|error| error.to_string())?;
    let supervised = |(control, how): &(Control, Enforcement)| {
        *control == Control::Disk && matches!(how, Enforcement::Supervised(_))
    };
    if outcome.status == ExecStatus::DiskFull && capabilities.controls.iter().any(supervised) {
        // An excess can last as long as it takes to notice.
        return Ok(());
    }
    // A shell that can't create a file may end there and then.
    let outcome = if outcome.success() { outcome } else { shell(&session, "ls | wc -l").await? };
    let files = outcome.stdout.text.trim().parse().unwrap_or(u64::MAX);
    expect(files <= 200, "expected at most 200 files", &outcome)
}

async fn open_files(bench: Bench<'_>) -> Finding {
    let session = bench.open_with(Limits { open_files: 64, ..Limits::default() }).await?;
    let outcome = shell(&session, "ulimit -n; ulimit -n 65 2>/dev/null && echo raised").await?;
    expect(outcome.stdout.text == "64\n", "expected 64 and no more", &outcome)
}

async fn output(bench: Bench<'_>) -> Finding {
    let limits = Limits { output: 1 << 20, output_kept: 1000, ..Limits::default() };
    let session = bench.open_with(limits).await?;
    for script in ["echo first; yes", "echo first >&2; cat /dev/zero >&2"] {
        let outcome = shell(&session, script).await?;
        let begins =
            [&outcome.stdout, &outcome.stderr].iter().any(|stream| stream.text.starts_with("first\n"));
        let right = outcome.status == ExecStatus::OutputLimit
            && begins
            && outcome.stdout.text.len() + outcome.stderr.text.len() < 3000;
        expect(right, "expected OutputLimit and the beginning", &outcome)?;
    }
    let outcome =
        shell(&session, "echo first; head -c 100000 /dev/zero | tr '\\0' x; echo; echo last").await?;
    let text = &outcome.stdout.text;
    let right = outcome.success()
        && text.starts_with("first\n")
        && text.ends_with("x\nlast\n")
        && outcome.stdout.omitted > 90_000;
    expect(right, "expected the beginning and the end", &outcome)
}

async fn meaningless(bench: Bench<'_>) -> Finding {
    for limits in [Limits { memory: 0, ..Limits::default() }, Limits { processes: 0, ..Limits::default() }] {
        match bench.sandbox.open(SessionSpec::new(Bench::owner()).limits(limits)).await {
            Err(error)
                if error.kind == SandboxErrorKind::InvalidRequest && error.message.contains("limit") => {}
            other => return Err(format!("expected InvalidRequest, got {other:?}")),
        }
    }
    Ok(())
}
