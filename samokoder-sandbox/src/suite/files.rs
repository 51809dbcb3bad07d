//! Files: what can be written and read, from inside and through the file API.

use std::sync::Arc;

use bytes::Bytes;
use samokoder_core::{
    policy::Policy,
    project::WorkspacePath,
    sandbox::{Control, EntryKind, SandboxErrorKind, SandboxSession},
    testing::sandbox::Finding,
};

use super::{
    Abuse, abuse,
    bench::{Bench, Probed, expect, path, program, words},
};

pub(super) const CASES: &[Abuse] = &[
    abuse!(18, "nothing but the workspace and the temporary files can be written", writable),
    abuse!(20, contract "no link leads a read or a write out of the workspace"),
    abuse!(21, contract "a link that is swapped in meanwhile leads nowhere"),
    abuse!(22, "no file from elsewhere gets a second name in the workspace", hard_links),
    abuse!(24, "a program that runs can't be changed, and the working folder leads nowhere", programs),
    abuse!(25, "devices can't be made, and no pipe or socket holds up who reads files", special_files),
    abuse!(26, "no file runs with its owner's rights, and no command gains any", setuid),
    abuse!(
        27,
        "the policy keeps agents from hooks, CI, settings of shells and editors, and the project's state",
        protected
    ),
    abuse!(28, "names that lead out, or that are hard to take, do no harm", names),
    abuse!(29, "what is brought in goes to its place beneath the workspace, or nowhere", imported),
];

async fn writable(bench: Bench<'_>) -> Finding {
    let probed = bench.session().await?;
    probed.holds(&["writable"]).await?;
    // What a backend says that it holds by, it is held to.
    let how = bench.enforcement(Control::Filesystem).await?.to_string();
    if how.contains("Landlock") && !how.contains("no Landlock") {
        probed.holds(&["landlock"]).await?;
    }
    if how.contains("scopes for signals and abstract sockets") {
        let name = super::fresh("listener");
        let listener = Probed::command(&["listen-abstract", &name]);
        let _service = probed.session.spawn(listener).await.map_err(words)?;
        while !is_there(&probed.session, "listening").await? {}
        probed.holds(&["abstract-socket", &name]).await?;
    }
    Ok(())
}

async fn is_there(session: &Arc<dyn SandboxSession>, name: &str) -> Result<bool, String> {
    match session.read_file(&path(name)?, 1 << 20).await {
        Ok(_) => Ok(true),
        Err(error) if error.kind == SandboxErrorKind::NotFound => Ok(false),
        Err(error) => Err(words(error)),
    }
}

async fn hard_links(bench: Bench<'_>) -> Finding {
    bench.session().await?.holds(&["hard-links"]).await
}

async fn programs(bench: Bench<'_>) -> Finding {
    bench.session().await?.holds(&["programs"]).await
}

async fn special_files(bench: Bench<'_>) -> Finding {
    let probed = bench.session().await?;
    probed.holds(&["special-files"]).await?;
    let session = &probed.session;
    let entries = session.list_files(None, 100).await.map_err(words)?;
    let specials = entries.iter().filter(|entry| entry.kind == EntryKind::Special);
    let specials: Vec<&str> = specials.map(|entry| entry.name.as_str()).collect();
    if specials != ["pipe", "socket"] {
        return Err(format!("expected a pipe and a socket: {entries:?}"));
    }
    for name in ["pipe", "socket", "zero", "mem", "loop"] {
        refused(name, session.read_file(&path(name)?, 100).await)?;
    }
    // In their places a file may be put.
    session.write_file(&path("pipe")?, Bytes::from_static(b"x")).await.map_err(words)?;
    session.remove_file(&path("socket")?).await.map_err(words)?;
    session.checkout(vec![program()?]).await.map_err(words)?;
    let left = session.list_files(None, 100).await.map_err(words)?;
    if left.len() == 1 { Ok(()) } else { Err(format!("a checkout leaves {left:?}")) }
}

/// That a file was refused for what it is.
fn refused<T>(what: &str, result: Result<T, samokoder_core::sandbox::SandboxError>) -> Finding {
    match result {
        Err(error) if error.kind == SandboxErrorKind::InvalidRequest => Ok(()),
        Err(error) => Err(format!("{what}: {error}")),
        Ok(_) => Err(format!("{what} went through")),
    }
}

async fn setuid(bench: Bench<'_>) -> Finding {
    let probed = bench.session().await?;
    for folder in ["/workspace", "/tmp", "/dev/shm"] {
        probed.holds(&["setuid", folder]).await?;
    }
    probed.holds(&["rights"]).await
}

/// The policy is the engine's, asked before anything comes near a sandbox.
async fn protected(_: Bench<'_>) -> Finding {
    let policy = Policy::default();
    let denied = [
        ".git/hooks/pre-commit",
        ".git/config",
        ".GIT/config",
        "sub/.git/hooks/post-checkout",
        ".github/workflows/ci.yml",
        ".gitlab-ci.yml",
        ".bashrc",
        ".profile",
        ".vscode/tasks.json",
        ".npmrc",
    ];
    for name in denied {
        // Some are no path in a workspace in the first place.
        let Ok(file) = path(name) else { continue };
        match policy.path(&file) {
            Err(refusal) if !refusal.rule.is_empty() => {}
            other => return Err(format!("{name}: {other:?}")),
        }
    }
    for state in [".samokoder/state.db", ".Samokoder/state.db", "a/../.samokoder/x"] {
        if WorkspacePath::parse(state).is_ok() {
            return Err(format!("{state} is a path in a workspace"));
        }
    }
    policy.path(&path("src/main.mjs")?).map_err(|refusal| refusal.to_string())
}

/// Paths that lead out, or that mean something else on some system.
const OUT: [&str; 12] = [
    "../out",
    "a/../../out",
    "/etc/passwd",
    "a/..",
    "..\\out",
    "C:/out",
    "a\0b",
    "a\nb",
    "",
    ".",
    "CON",
    "a/.samokoder/../../out",
];

async fn names(bench: Bench<'_>) -> Finding {
    if let Some(name) = OUT.iter().find(|name| WorkspacePath::parse(name).is_ok()) {
        return Err(format!("{name:?} is a path in a workspace"));
    }
    let probed = bench.session().await?;
    let session = &probed.session;
    // As long as can be, in Russian, looking like options or like other names.
    let long = "я".repeat(127);
    for name in [&*long, "-rf", "имя с пробелом", "Name", "name", "a'b$(id)`", "~", "%2e%2e", "a/b/c/d/e/f"]
    {
        let file = path(name)?;
        session.write_file(&file, Bytes::from(name.to_owned())).await.map_err(words)?;
        let content = session.read_file(&file, 1000).await.map_err(words)?;
        if content != name {
            return Err(format!("{name} has the content {content:?}"));
        }
    }
    // One form of two that look alike.
    let (composed, apart) = (path("й")?, path("и\u{306}")?);
    session.write_file(&composed, Bytes::from_static(b"x")).await.map_err(words)?;
    session.read_file(&apart, 10).await.map_err(words)?;
    probed.holds(&["odd-names"]).await?;
    let entries = session.list_files(Some(&path("names")?), 100).await.map_err(words)?;
    if entries.len() != 8 || !entries.iter().any(|entry| entry.name.contains('\u{fffd}')) {
        return Err(format!("expected eight names, one of them no text: {entries:?}"));
    }
    session.remove_file(&path("names")?).await.map_err(words)
}

/// A file that is brought in has a checked name, and links that lie in its way lead nowhere.
async fn imported(bench: Bench<'_>) -> Finding {
    if let Some(name) = ["../../etc/cron.d/x", "/etc/cron.d/x", "a/../../x"]
        .iter()
        .find(|name| WorkspacePath::parse(name).is_ok())
    {
        return Err(format!("{name:?} is a path in a workspace"));
    }
    let probed = bench.session().await?;
    let session = &probed.session;
    // As an archive does that brings a link before the file that goes through it.
    probed.holds(&["special-files"]).await?;
    let mut file = program()?;
    file.path = path("loop/inner/file")?;
    session.checkout(vec![program()?, file]).await.map_err(words)?;
    let content = session.read_file(&path("loop/inner/file")?, 1 << 24).await.map_err(words)?;
    let outcome = probed.run(&["programs"]).await?;
    expect(outcome.success() && !content.is_empty(), "expected the file in its place", &outcome)?;
    match session.read_file(&path("zero")?, 10).await {
        Err(error) if error.kind == SandboxErrorKind::NotFound => Ok(()),
        other => Err(format!("a link of before is still there: {other:?}")),
    }
}
