//! Sessions, services, and what is left when something ends.

use std::{path::PathBuf, sync::Arc, time::Duration};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{Bench, Case, Finding, case, expect, run, shell};
use crate::sandbox::{Command, ExecStatus, SandboxErrorKind, SandboxSession, SessionSpec};

pub(super) const CASES: &[Case] = &[
    case!("opening is idempotent on the owner", idempotent),
    case!("sessions of different owners see nothing of each other", separate),
    case!("nothing a command started outlives it", background),
    case!("a dropped command is killed", dropped),
    case!("a service is reached through a port and stops when asked", service),
    case!("a service that does not listen to reason is killed", stubborn),
    case!("a service that nobody listens to is not held up by what it writes", talkative),
    case!("a port nobody listens on is refused", refused),
    case!("the data folder outlives the session and a checkout", data),
    case!("a closed session is closed, and opening gives a new one", closed),
];

async fn idempotent(bench: Bench<'_>) -> Finding {
    let owner = Bench::owner();
    let open =
        || async { bench.sandbox.open(SessionSpec::new(&owner)).await.map_err(|error| error.to_string()) };
    let (first, second) = futures::try_join!(open(), open())?;
    shell(&first, "echo here > mark").await?;
    let outcome = shell(&second, "cat mark").await?;
    expect(outcome.stdout.text == "here\n", "expected one session", &outcome)
}

async fn separate(bench: Bench<'_>) -> Finding {
    let (first, second) = (bench.open().await?, bench.open().await?);
    let mark = "secret-mark-7f3a";
    let running = first.spawn(Command::new(["sleep", "30"]).env("MARK", mark)).await;
    let _running = running.map_err(|error| error.to_string())?;
    shell(&first, "echo x > mark; echo x > /tmp/mark").await?;
    let script = "ls . /tmp /dev/shm; cat /proc/*/environ /proc/*/cmdline 2>/dev/null | tr '\\0' '\\n'; kill -9 -1; true";
    let outcome = run(&second, Command::new(["sh", "-c", script])).await?;
    expect(!outcome.stdout.text.contains("mark"), "expected nothing of the other session", &outcome)?;
    let outcome = shell(&first, "cat mark").await?;
    expect(outcome.success(), "expected the first session to be untouched", &outcome)
}

async fn background(bench: Bench<'_>) -> Finding {
    let session = bench.open().await?;
    let script = "setsid sh -c 'trap \"\" TERM HUP; while :; do echo x >> alive; sleep 0.02; done' & \
                  until [ -s alive ]; do sleep 0.01; done";
    let outcome = shell(&session, script).await?;
    let quick = outcome.success() && outcome.duration < Duration::from_secs(10);
    expect(quick, "expected an end although something still holds the output", &outcome)?;
    stays_the_same(&session, "alive").await
}

async fn dropped(bench: Bench<'_>) -> Finding {
    let session = bench.open().await?;
    let endless = shell(&session, "while :; do echo x >> alive; sleep 0.02; done");
    let started = async {
        while !shell(&session, "test -s alive").await?.success() {}
        Ok::<_, String>(())
    };
    tokio::select! {
        outcome = endless => return Err(format!("it ended by itself: {outcome:?}")),
        started = started => started?,
    }
    stays_the_same(&session, "alive").await
}

/// That a file stops growing, soon after the process that appends to it was killed.
async fn stays_the_same(session: &Arc<dyn SandboxSession>, file: &str) -> Finding {
    let script = format!("a=$(wc -c < {file}); sleep 0.2; [ $a = $(wc -c < {file}) ]");
    for _ in 0..10 {
        if shell(session, &script).await?.success() {
            return Ok(());
        }
    }
    Err("a process that should be gone is still at work".to_owned())
}

async fn service(bench: Bench<'_>) -> Finding {
    let node = "require('net').createServer(s => s.end('hello')).listen(7000, '127.0.0.1')";
    let python = "import socket\ns = socket.create_server(('127.0.0.1', 7000))\nwhile True:\n  c = s.accept()[0]; c.sendall(b'hello'); c.close()";
    let Some(command) = bench.script(node, python).await? else { return Ok(()) };
    let session = bench.open().await?;
    let mut service = session.spawn(command).await.map_err(|error| error.to_string())?;
    let mut stream = loop {
        match session.connect(7000).await {
            Ok(stream) => break stream,
            Err(error) if error.kind == SandboxErrorKind::ConnectionRefused => {}
            Err(error) => return Err(error.to_string()),
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    let mut text = String::new();
    let _ = stream.write_all(b"x").await;
    stream.read_to_string(&mut text).await.map_err(|error| error.to_string())?;
    if text != "hello" {
        return Err(format!("the service answered {text:?}"));
    }
    let outcome = service.stop(Duration::from_secs(10)).await.map_err(|error| error.to_string())?;
    expect(outcome.duration < Duration::from_secs(10), "expected it to stop when asked", &outcome)?;
    match session.connect(7000).await {
        Err(error) if error.kind == SandboxErrorKind::ConnectionRefused => Ok(()),
        other => Err(format!("after the stop, the port gave {:?}", other.map(|_| "a stream"))),
    }
}

async fn stubborn(bench: Bench<'_>) -> Finding {
    let session = bench.open().await?;
    let command = Command::new(["sh", "-c", "trap '' TERM; echo x > ready; while :; do sleep 0.05; done"]);
    let mut service = session.spawn(command).await.map_err(|error| error.to_string())?;
    while !shell(&session, "test -e ready").await?.success() {}
    let outcome = service.stop(Duration::from_millis(200)).await.map_err(|error| error.to_string())?;
    expect(outcome.status == ExecStatus::Cancelled, "expected Cancelled", &outcome)
}

async fn talkative(bench: Bench<'_>) -> Finding {
    let session = bench.open().await?;
    let script = "head -c 4000000 /dev/zero; head -c 4000000 /dev/zero >&2; touch done; sleep 30";
    let service = session.spawn(Command::new(["sh", "-c", script])).await;
    let mut service = service.map_err(|error| error.to_string())?;
    while !shell(&session, "test -e done").await?.success() {}
    let outcome = service.stop(Duration::ZERO).await.map_err(|error| error.to_string())?;
    expect(outcome.stdout.omitted > 3_000_000, "expected the beginning and the end of its output", &outcome)
}

async fn refused(bench: Bench<'_>) -> Finding {
    match bench.open().await?.connect(7001).await {
        Err(error) if error.kind == SandboxErrorKind::ConnectionRefused => Ok(()),
        other => Err(format!("expected ConnectionRefused, got {:?}", other.map(|_| "a stream"))),
    }
}

async fn data(bench: Bench<'_>) -> Finding {
    let folder = std::env::temp_dir().join(Bench::owner());
    let found = data_in(bench, &folder).await;
    std::fs::remove_dir_all(&folder).map_err(|error| error.to_string())?;
    found
}

async fn data_in(bench: Bench<'_>, folder: &PathBuf) -> Finding {
    let open = || async {
        let spec = SessionSpec::new(Bench::owner()).data(folder);
        bench.sandbox.open(spec).await.map_err(|error| error.to_string())
    };
    let session = open().await?;
    shell(&session, "echo one > data/file && mkdir data/folder").await?;
    session.checkout(Vec::new()).await.map_err(|error| error.to_string())?;
    shell(&session, "echo two >> data/file").await?;
    session.close().await.map_err(|error| error.to_string())?;
    let outcome = shell(&open().await?, "cat data/file; echo three >> data/file; rmdir data/folder").await?;
    expect(
        outcome.stdout.text == "one\ntwo\n" && outcome.success(),
        "expected what was written before",
        &outcome,
    )?;
    let text = std::fs::read_to_string(folder.join("file")).map_err(|error| error.to_string())?;
    if text == "one\ntwo\nthree\n" { Ok(()) } else { Err(format!("the host finds {text:?}")) }
}

async fn closed(bench: Bench<'_>) -> Finding {
    let spec = SessionSpec::new(Bench::owner());
    let open = || async { bench.sandbox.open(spec.clone()).await.map_err(|error| error.to_string()) };
    let session = open().await?;
    shell(&session, "touch mark").await?;
    let mut service =
        session.spawn(Command::new(["sleep", "30"])).await.map_err(|error| error.to_string())?;
    for _ in 0..2 {
        session.close().await.map_err(|error| error.to_string())?;
    }
    match session.exec(Command::new(["true"])).await {
        Err(error) if error.kind == SandboxErrorKind::Closed => {}
        other => return Err(format!("expected Closed, got {other:?}")),
    }
    if let Ok(outcome) = service.wait().await {
        expect(!outcome.success(), "expected the service to be ended", &outcome)?;
    }
    let outcome = shell(&open().await?, "test ! -e mark").await?;
    expect(outcome.success(), "expected an empty workspace", &outcome)
}
