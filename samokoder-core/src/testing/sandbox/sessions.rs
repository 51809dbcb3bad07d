//! Sessions as a whole: whose they are, finding them again, what they use.

use std::time::Duration;

use super::{Bench, Case, Finding, case, expect, shell};
use crate::sandbox::{Command, SandboxErrorKind, SessionInfo, SessionSpec};

pub(super) const CASES: &[Case] = &[
    case!("a session is listed with whose it is until it is closed", listed),
    case!("a session is adopted by its id", adopted),
    case!("an owner of another tenant is another owner", tenants),
    case!("reaping leaves alone what has an owner", reaped),
    case!("what a session uses is measured", measured),
    case!("a port is waited for until something listens", ready),
];

async fn find(bench: Bench<'_>, id: &str) -> Result<Option<SessionInfo>, String> {
    let sessions = bench.sandbox.list().await.map_err(|error| error.to_string())?;
    Ok(sessions.into_iter().find(|session| session.id == id))
}

async fn listed(bench: Bench<'_>) -> Finding {
    let owner = Bench::owner();
    let spec = SessionSpec::new(&owner).tenant("customer");
    let session = bench.sandbox.open(spec).await.map_err(|error| error.to_string())?;
    let info = find(bench, session.id()).await?.ok_or("the session is not listed")?;
    if (info.tenant.as_str(), &info.owner, info.orphaned) != ("customer", &owner, false) {
        return Err(format!("expected the tenant `customer` and {owner}: {info:?}"));
    }
    session.close().await.map_err(|error| error.to_string())?;
    match find(bench, session.id()).await? {
        None => Ok(()),
        Some(info) => Err(format!("it is closed, and still listed: {info:?}")),
    }
}

async fn adopted(bench: Bench<'_>) -> Finding {
    let session = bench.open().await?;
    shell(&session, "echo here > mark").await?;
    let adopted = bench.sandbox.adopt(session.id()).await.map_err(|error| error.to_string())?;
    if adopted.id() != session.id() {
        return Err(format!("{} is not {}", adopted.id(), session.id()));
    }
    drop(session);
    let outcome = shell(&adopted, "cat mark").await?;
    expect(outcome.stdout.text == "here\n", "expected the session's workspace", &outcome)?;
    adopted.close().await.map_err(|error| error.to_string())?;
    for id in [adopted.id(), "no-such-session"] {
        match bench.sandbox.adopt(id).await {
            Err(error) if error.kind == SandboxErrorKind::Closed => {}
            other => return Err(format!("expected {id} to be closed, got {other:?}")),
        }
    }
    Ok(())
}

async fn tenants(bench: Bench<'_>) -> Finding {
    let owner = Bench::owner();
    let open = |tenant: &str| bench.sandbox.open(SessionSpec::new(&owner).tenant(tenant));
    let first = open("one").await.map_err(|error| error.to_string())?;
    let second = open("two").await.map_err(|error| error.to_string())?;
    let again = open("one").await.map_err(|error| error.to_string())?;
    if first.id() == again.id() && first.id() != second.id() {
        Ok(())
    } else {
        Err(format!("opened {}, {} and {}", first.id(), second.id(), again.id()))
    }
}

async fn reaped(bench: Bench<'_>) -> Finding {
    let session = bench.open().await?;
    shell(&session, "echo here > mark").await?;
    let report = bench.sandbox.reap().await.map_err(|error| error.to_string())?;
    if report.ended.iter().any(|id| id == session.id()) {
        return Err(format!("a session with an owner was ended: {report:?}"));
    }
    let outcome = shell(&session, "cat mark").await?;
    expect(outcome.success(), "expected the session to be untouched", &outcome)
}

async fn measured(bench: Bench<'_>) -> Finding {
    let session = bench.open().await?;
    let stats = || async { session.stats().await.map_err(|error| error.to_string()) };
    let before = stats().await?;
    let script = "head -c 3000000 /dev/zero > file; i=0; while [ $i -lt 20 ]; do touch $i; i=$((i+1)); done; \
                  touch ready; sleep 600 & sleep 600 & wait";
    let service = session.spawn(Command::new(["sh", "-c", script])).await;
    let _service = service.map_err(|error| error.to_string())?;
    while !shell(&session, "test -e ready").await?.success() {}
    let after = stats().await?;
    let grown = after.disk >= before.disk + 3_000_000
        && after.disk < before.disk + 4_000_000
        && after.inodes >= before.inodes + 22
        && after.processes > before.processes
        && after.memory > before.memory;
    if grown { Ok(()) } else { Err(format!("before: {before:?}, after: {after:?}")) }
}

async fn ready(bench: Bench<'_>) -> Finding {
    let node = "setTimeout(() => require('net').createServer(s => s.end()).listen(7100, '127.0.0.1'), 100)";
    let python = "import socket, time\ntime.sleep(0.1)\ns = socket.create_server(('127.0.0.1', 7100))\nwhile True: s.accept()[0].close()";
    let Some(command) = bench.script(node, python).await? else { return Ok(()) };
    let session = bench.open().await?;
    match session.ready(7100, Duration::from_millis(50)).await {
        Err(error) if error.kind == SandboxErrorKind::ConnectionRefused => {}
        other => return Err(format!("nothing listens, and it is {other:?}")),
    }
    let service = session.spawn(command).await;
    let _service = service.map_err(|error| error.to_string())?;
    session.ready(7100, Duration::from_secs(30)).await.map_err(|error| error.to_string())
}
