//! Containers that each lack one control: the abuse suite finds every one of them out.
//!
//! The backend can make no such container. So the tests speak to the engine through a relay that rewrites what is asked for
//! when a container is made.

use std::{path::Path, sync::Arc};

use samokoder_core::{
    sandbox::{Sandbox as _, SandboxErrorKind, SessionSpec},
    testing::sandbox::Verdict,
};
use samokoder_sandbox::{
    docker::{DockerConfig, DockerSandbox, Endpoint},
    suite::{Suite, cases},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{UnixListener, UnixStream},
    task::JoinHandle,
};

use super::support;

/// What a container is made with, beside or in place of what the backend asks for; and the cases that find it out.
fn mutants() -> Vec<(&'static str, Value, &'static [u8])> {
    let host = |settings: Value| json!({ "HostConfig": settings });
    let folder = std::env::temp_dir().display().to_string();
    let unlimited = json!({ "/sandbox": "exec,mode=0755,uid=10000,gid=10000", "/dev/shm": "mode=1777" });
    let of_root = json!({ "/sandbox": "size=32m,exec,mode=0755", "/dev/shm": "size=4m,mode=1777" });
    vec![
        ("the host's network", host(json!({ "NetworkMode": "host" })), &[42, 43]),
        ("a folder of the host", host(json!({ "Binds": [format!("{folder}:/host:ro")] })), &[19]),
        ("root as its user", json!({ "User": "0:0", "HostConfig": { "Tmpfs": of_root } }), &[37]),
        ("capabilities to be had", host(json!({ "CapDrop": null })), &[26]),
        ("no limit on the disk", host(json!({ "Tmpfs": unlimited })), &[4, 6]),
        (
            "a root that its user can write",
            json!({ "User": "0:0", "HostConfig": { "Tmpfs": of_root, "ReadonlyRootfs": false } }),
            &[18],
        ),
    ]
}

/// Listens where an engine would, and passes on what it hears. It ends when this is dropped.
struct Relay {
    folder: TempDir,
    serving: JoinHandle<()>,
}

impl Relay {
    fn start(engine: &Path, change: Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join("engine.sock")).unwrap();
        let engine = engine.to_owned();
        #[expect(clippy::disallowed_methods, reason = "it is aborted with the test's relay")]
        let serving = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (engine, change) = (engine.clone(), change.clone());
                #[expect(clippy::disallowed_methods, reason = "it ends with its connection")]
                tokio::spawn(async move { pass_on(client, &engine, &change).await });
            }
        });
        Self { folder, serving }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// One connection: its first request may be to make a container.
async fn pass_on(mut client: UnixStream, engine: &Path, change: &Value) {
    let mut engine = UnixStream::connect(engine).await.unwrap();
    let mut heard = Vec::new();
    let head = loop {
        if client.read_buf(&mut heard).await.unwrap_or(0) == 0 {
            return;
        }
        if let Some(end) = heard.windows(4).position(|part| part == b"\r\n\r\n") {
            break String::from_utf8_lossy(&heard[..end + 4]).into_owned();
        }
    };
    if head.starts_with("POST") && head.contains("/containers/create") {
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
        });
        let length = length.expect("the backend says how long its request is");
        while heard.len() < head.len() + length {
            client.read_buf(&mut heard).await.unwrap();
        }
        let mut body: Value = serde_json::from_slice(&heard[head.len()..]).unwrap();
        merge(&mut body, change);
        let body = body.to_string();
        let lines =
            head.trim_end().lines().filter(|line| !line.to_ascii_lowercase().starts_with("content-length"));
        let head = lines.collect::<Vec<_>>().join("\r\n");
        heard = format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes();
    }
    if engine.write_all(&heard).await.is_ok() {
        let _ = tokio::io::copy_bidirectional(&mut client, &mut engine).await;
    }
}

/// Puts `change` over `body`, object by object.
fn merge(body: &mut Value, change: &Value) {
    match (body, change) {
        (Value::Object(body), Value::Object(change)) => {
            for (name, value) in change {
                // What is shown in memory is replaced as a whole.
                match body.get_mut(name).filter(|_| name != "Tmpfs") {
                    Some(there) => merge(there, value),
                    None => drop(body.insert(name.clone(), value.clone())),
                }
            }
        }
        (body, change) => *body = change.clone(),
    }
}

fn sandbox(config: DockerConfig, relay: &Relay) -> DockerSandbox {
    DockerSandbox::new(config.runtime("runc").socket(relay.folder.path().join("engine.sock")))
}

#[expect(clippy::print_stderr, reason = "shown with --nocapture: by what each of them was found out")]
#[tokio::test(flavor = "multi_thread")]
async fn every_container_that_lacks_a_control_is_found_out_in_docker() {
    let Some(config) = support::config() else { return };
    let Endpoint::Unix { path } = config.endpoint.clone() else { panic!("the tests' engine has a socket") };
    let mut escaped = Vec::new();
    for (name, change, found_by) in mutants() {
        let relay = Relay::start(&path, change);
        let suite = Suite::new(Arc::new(sandbox(config.clone(), &relay)));
        for case in cases().into_iter().filter(|case| found_by.contains(&case.number)) {
            let row = suite.judge(case).await;
            let line = format!("{name}: {} {:?}", row.number, row.verdict);
            eprintln!("{line}");
            if !matches!(row.verdict, Verdict::Fail(_)) {
                escaped.push(line);
            }
        }
    }
    assert!(escaped.is_empty(), "not found out:\n{}", escaped.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_changes_nothing_is_no_weakness_in_docker() {
    let Some(config) = support::config() else { return };
    let Endpoint::Unix { path } = config.endpoint.clone() else { panic!("the tests' engine has a socket") };
    let relay = Relay::start(&path, json!({}));
    let suite = Suite::new(Arc::new(sandbox(config, &relay)));
    let numbers: Vec<u8> = mutants().iter().flat_map(|(.., found_by)| *found_by).copied().collect();
    for case in cases().into_iter().filter(|case| numbers.contains(&case.number)) {
        let row = suite.judge(case).await;
        assert_eq!(row.verdict, Verdict::Pass, "{row:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_ignores_a_limit_is_refused_in_docker() {
    let Some(config) = support::config() else { return };
    let Endpoint::Unix { path } = config.endpoint.clone() else { panic!("the tests' engine has a socket") };
    for limit in [json!({ "PidsLimit": -1 }), json!({ "Memory": 0, "MemorySwap": 0 })] {
        let relay = Relay::start(&path, json!({ "HostConfig": limit }));
        let sandbox = sandbox(config.clone(), &relay);
        let error = sandbox.open(SessionSpec::new("unlimited")).await.expect_err("it has no limit");
        assert_eq!(error.kind, SandboxErrorKind::Unsupported);
        assert!(error.message.contains("no limit on memory or processes"), "{limit}: {error}");
        let left = sandbox.list().await.unwrap();
        assert!(!left.iter().any(|session| session.owner == "unlimited"), "{left:?}");
    }
}
