//! Files of the workspace, read and written from outside.

use std::sync::Arc;

use bytes::Bytes;

use super::{Bench, Case, Finding, case, expect, shell};
use crate::{
    project::WorkspacePath,
    sandbox::{Command, EntryKind, Limits, SandboxError, SandboxErrorKind, SandboxSession},
};

pub(super) const CASES: &[Case] = &[
    case!("a file that is written is what a command finds", written),
    case!("a file that a command wrote is read byte by byte", read),
    case!("what is no regular file is not read", irregular),
    case!("a file is read up to the size that was asked for", bounded),
    case!("no link leads a read or a write out of the workspace", links),
    case!("a link that is swapped in meanwhile leads nowhere", swapped),
    case!("a folder's entries are listed with what they are", listed),
    case!("a folder is removed with all in it, a link alone", removed),
    case!("a file that there is no room for leaves the one that is there", no_room),
];

/// Enough for the files of these cases.
const MOST: u64 = 1 << 20;

fn path(text: &str) -> Result<WorkspacePath, String> {
    WorkspacePath::parse(text).map_err(|error| error.to_string())
}

async fn read_text(session: &Arc<dyn SandboxSession>, file: &str) -> Result<String, String> {
    let content = session.read_file(&path(file)?, MOST).await.map_err(|error| error.to_string())?;
    Ok(String::from_utf8_lossy(&content).into_owned())
}

fn refused<T>(what: &str, kind: SandboxErrorKind, result: Result<T, SandboxError>) -> Finding {
    match result {
        Err(error) if error.kind == kind => Ok(()),
        Err(error) => Err(format!("{what}: expected {kind:?}, got {error:?}")),
        Ok(_) => Err(format!("{what}: expected {kind:?}, it went through")),
    }
}

async fn written(bench: Bench<'_>) -> Finding {
    let session = bench.open().await?;
    for text in ["один", "два"] {
        session
            .write_file(&path("a/b/раз.txt")?, Bytes::from(text))
            .await
            .map_err(|error| error.to_string())?;
        let outcome = shell(&session, "cat a/b/*; echo; find a/b -type f | wc -l").await?;
        let lines: Vec<&str> = outcome.stdout.text.split_whitespace().collect();
        expect(lines == [text, "1"], "expected the file and nothing beside it", &outcome)?;
    }
    let outcome =
        shell(&session, "echo more >> a/b/раз.txt && touch a/b/new a/new && cat a/b/раз.txt").await?;
    expect(outcome.stdout.text == "дваmore\n", "expected a file that commands own", &outcome)
}

async fn read(bench: Bench<'_>) -> Finding {
    let session = bench.open().await?;
    shell(&session, "printf '\\377\\000\\r\\n' > bytes; : > empty").await?;
    let content = session.read_file(&path("bytes")?, MOST).await.map_err(|error| error.to_string())?;
    if content[..] != [0xff, 0, b'\r', b'\n'] {
        return Err(format!("expected four bytes, got {content:?}"));
    }
    let empty = read_text(&session, "empty").await?;
    if empty.is_empty() { Ok(()) } else { Err(format!("expected nothing, got {empty:?}")) }
}

async fn irregular(bench: Bench<'_>) -> Finding {
    let session = bench.open().await?;
    shell(&session, "mkdir folder; mkfifo pipe; echo x > file").await?;
    for name in ["folder", "pipe"] {
        refused(name, SandboxErrorKind::InvalidRequest, session.read_file(&path(name)?, MOST).await)?;
    }
    for name in ["missing", "missing/file", "folder/missing"] {
        refused(name, SandboxErrorKind::NotFound, session.read_file(&path(name)?, MOST).await)?;
    }
    let beneath = session.write_file(&path("file/x")?, Bytes::new()).await;
    refused("a file beneath a file", SandboxErrorKind::InvalidRequest, beneath)?;
    let folder = session.write_file(&path("folder")?, Bytes::new()).await;
    refused("a file in a folder's place", SandboxErrorKind::InvalidRequest, folder)
}

async fn bounded(bench: Bench<'_>) -> Finding {
    let session = bench.open().await?;
    shell(&session, "printf 12345 > five").await?;
    refused("five of four", SandboxErrorKind::InvalidRequest, session.read_file(&path("five")?, 4).await)?;
    let five = session.read_file(&path("five")?, 5).await.map_err(|error| error.to_string())?;
    if five == "12345" { Ok(()) } else { Err(format!("expected five bytes, got {five:?}")) }
}

async fn links(bench: Bench<'_>) -> Finding {
    let session = bench.open().await?;
    let script = "ln -s /etc/passwd file; ln -s /etc folder; ln -s ../../etc/passwd up; ln -s /proc/self/root root; \
                  echo x > inside; ln -s inside within; mkdir /tmp/out; ln -s /tmp/out out; ln -s loop loop";
    shell(&session, script).await?;
    for name in ["file", "folder/passwd", "up", "root/etc/passwd", "within", "loop"] {
        refused(name, SandboxErrorKind::InvalidRequest, session.read_file(&path(name)?, MOST).await)?;
    }
    let through = session.write_file(&path("out/new")?, Bytes::from_static(b"x")).await;
    refused("out/new", SandboxErrorKind::InvalidRequest, through)?;
    refused("out", SandboxErrorKind::InvalidRequest, session.list_files(Some(&path("folder")?), 1000).await)?;
    // In the link's own place a file may be put: it is the link that is replaced.
    session
        .write_file(&path("within")?, Bytes::from_static(b"y"))
        .await
        .map_err(|error| error.to_string())?;
    let outcome = shell(&session, "cat inside; cat within; ls -A /tmp/out; test ! -L within").await?;
    expect(outcome.success() && outcome.stdout.text == "x\ny", "expected the link to be replaced", &outcome)
}

async fn swapped(bench: Bench<'_>) -> Finding {
    let session = bench.open().await?;
    let script = "mkdir /tmp/out; echo outside > /tmp/out/f; touch ready; while :; do \
                  ln -s /tmp/out s; rm s; mkdir s; echo inside > s/f; rm -r s; done";
    let service = session.spawn(Command::new(["sh", "-c", script])).await;
    let _service = service.map_err(|error| error.to_string())?;
    while !shell(&session, "test -e ready").await?.success() {}
    for _ in 0..300 {
        if let Ok(text) = read_text(&session, "s/f").await
            && text.contains("outside")
        {
            return Err("a file outside was read".to_owned());
        }
        let _ = session.write_file(&path("s/g")?, Bytes::from_static(b"x")).await;
        let _ = session.remove_file(&path("s/f")?).await;
    }
    let outcome = shell(&session, "cd /tmp/out && echo * && cat f").await?;
    expect(outcome.stdout.text == "f\noutside\n", "expected nothing to be changed outside", &outcome)
}

async fn listed(bench: Bench<'_>) -> Finding {
    let session = bench.open().await?;
    let script = "mkdir -p a/folder; printf 12345 > a/file; ln -s /etc a/link; mkfifo a/pipe; : > a/имя";
    shell(&session, script).await?;
    let list = |folder: &'static str, most| {
        let session = Arc::clone(&session);
        async move { session.list_files(Some(&path(folder)?), most).await.map_err(|error| error.to_string()) }
    };
    let entries = list("a", 5).await?;
    let found: Vec<_> = entries.iter().map(|entry| (entry.name.as_str(), entry.kind, entry.size)).collect();
    let expected = [
        ("file", EntryKind::File, 5),
        ("folder", EntryKind::Folder, 0),
        ("link", EntryKind::Link, 0),
        ("pipe", EntryKind::Special, 0),
        ("имя", EntryKind::File, 0),
    ];
    if found != expected {
        return Err(format!("expected five entries, got {entries:?}"));
    }
    let top = session.list_files(None, 10).await.map_err(|error| error.to_string())?;
    if top.iter().map(|entry| entry.name.as_str()).ne(["a"]) {
        return Err(format!("expected one folder, got {top:?}"));
    }
    refused(
        "five of four",
        SandboxErrorKind::InvalidRequest,
        session.list_files(Some(&path("a")?), 4).await,
    )?;
    let file = session.list_files(Some(&path("a/file")?), 9).await;
    refused("a file", SandboxErrorKind::InvalidRequest, file)?;
    refused("missing", SandboxErrorKind::NotFound, session.list_files(Some(&path("missing")?), 9).await)
}

async fn removed(bench: Bench<'_>) -> Finding {
    let session = bench.open().await?;
    let script = "mkdir -p kept a/b/c; echo x > kept/file; ln -s ../../kept a/b/link; ln -s kept link; \
                  mkfifo a/pipe; echo x > a/b/c/d; \
                  cd a; i=0; while [ $i -lt 200 ]; do mkdir deeper-and-deeper && cd deeper-and-deeper && touch x; i=$((i+1)); done";
    shell(&session, script).await?;
    for name in ["a", "link", "missing", "missing/file"] {
        session.remove_file(&path(name)?).await.map_err(|error| format!("{name}: {error}"))?;
    }
    let outcome = shell(&session, "find . | sort").await?;
    expect(outcome.stdout.text == ".\n./kept\n./kept/file\n", "expected what was not removed", &outcome)?;
    let through = shell(&session, "ln -s kept link").await?;
    expect(through.success(), "expected a link", &through)?;
    let beneath = session.remove_file(&path("link/file")?).await;
    refused("a file beneath a link", SandboxErrorKind::InvalidRequest, beneath)?;
    let outcome = shell(&session, "cat kept/file").await?;
    expect(outcome.success(), "expected the file behind the link", &outcome)
}

async fn no_room(bench: Bench<'_>) -> Finding {
    let session = bench.open_with(Limits { disk: 4 << 20, ..Limits::default() }).await?;
    let file = path("file")?;
    session.write_file(&file, Bytes::from_static(b"first")).await.map_err(|error| error.to_string())?;
    let large = session.write_file(&file, Bytes::from(vec![b'x'; 8 << 20])).await;
    refused("8 MiB of 4", SandboxErrorKind::InvalidRequest, large)?;
    let text = read_text(&session, "file").await?;
    if text != "first" {
        return Err(format!("expected the first content, got {} bytes", text.len()));
    }
    let outcome = shell(&session, "ls -A; head -c 2000000 /dev/zero > more").await?;
    let right = outcome.success() && outcome.stdout.text == "file\n";
    expect(right, "expected nothing to be left of the attempt", &outcome)
}
