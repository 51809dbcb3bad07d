//! A sandbox behind a broker is the sandbox, but for what a broker does not speak of.

#[cfg(feature = "remote-tls")]
pub(crate) mod certificates;
mod network;
#[cfg(feature = "remote-tls")]
mod tls;

use std::{path::PathBuf, sync::Arc, time::Duration};

use samokoder_core::{
    sandbox::{Command, Limits, Sandbox, SandboxErrorKind, SessionSpec},
    testing::sandbox::{Verdict, cases},
};
use samokoder_sandbox::remote::{Broker, RemoteSandbox};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::UnixStream,
    task::JoinHandle,
};

use crate::support;

/// A broker, with a socket of its own. It ends when this is dropped.
pub(crate) struct Served {
    folder: TempDir,
    serving: JoinHandle<()>,
}

impl Served {
    pub(crate) fn start(change: impl FnOnce(Broker) -> Broker) -> Self {
        Self::of(Broker::new(Arc::new(support::sandbox())), change)
    }

    pub(crate) fn of(broker: Broker, change: impl FnOnce(Broker) -> Broker) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = Broker::listen(&folder.path().join("socket")).unwrap();
        let broker = change(broker);
        #[expect(clippy::disallowed_methods, reason = "it is aborted with the test's broker")]
        let serving = tokio::spawn(broker.serve(listener));
        Self { folder, serving }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    pub(crate) fn sandbox(&self) -> RemoteSandbox {
        RemoteSandbox::unix(self.path())
    }

    async fn connect(&self) -> Client {
        Client(UnixStream::connect(self.path()).await.unwrap())
    }

    async fn raw(&self, bytes: &[u8], until: &str) -> String {
        self.connect().await.ask(bytes, until).await
    }
}

/// A connection that speaks for itself.
struct Client(UnixStream);

impl Client {
    /// What it is answered, to the end or until this is in it.
    async fn ask(&mut self, bytes: &[u8], until: &str) -> String {
        // A broker may hang up before it has read all.
        let _ = self.0.write_all(bytes).await;
        let mut answer = Vec::new();
        while let Ok(1..) = self.0.read_buf(&mut answer).await {
            if String::from_utf8_lossy(&answer).contains(until) {
                break;
            }
        }
        String::from_utf8_lossy(&answer).into_owned()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// A message as it is sent.
fn message(text: &str) -> Vec<u8> {
    [&[1], &u32::try_from(text.len()).unwrap().to_le_bytes()[..], text.as_bytes()].concat()
}

const HELLO: &str = r#"{"protocol":"samokoder-sandbox","version":1}"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_keeps_the_contract_but_for_the_hosts_folders() {
    let served = Served::start(|broker| broker);
    let sandbox: Arc<dyn Sandbox> = Arc::new(served.sandbox());
    let mut others = Vec::new();
    for case in cases() {
        match case.judge(Arc::clone(&sandbox)).await {
            Verdict::Pass => {}
            verdict => others.push((case.name, verdict)),
        }
    }
    let folders = ["the data folder is limited", "the data folder outlives the session and a checkout"];
    let is_refused = |(name, verdict): &(&str, Verdict)| {
        folders.contains(name) && matches!(verdict, Verdict::Unsupported(_))
    };
    assert!(others.len() == folders.len() && others.iter().all(is_refused), "{others:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_is_gone_has_its_session_for_the_lease() {
    let served = Served::start(|broker| broker);
    let sandbox = served.sandbox();
    let open = |owner: &str, lease: u64| {
        let limits = serde_json::json!({
            "wall_ms": 1000, "service_ms": null, "cpu_ms": 1000, "memory": 1 << 28, "processes": 20, "file_size": 1 << 20,
            "disk": 1 << 20, "inodes": 100, "data": 0, "open_files": 100, "output": 1 << 20, "output_kept": 1000,
        });
        let request = serde_json::json!({
            "op": "open", "owner": owner, "tenant": "local", "network": {"network": "none"}, "lease_ms": lease,
            "limits": limits,
        });
        [message(HELLO), message(&request.to_string())].concat()
    };
    for request in [open("short", 0), open("long", 600_000)] {
        let mut client = served.connect().await;
        assert!(client.ask(&request, "local-").await.contains("session"));
        client.0.write_all(&message(r#"{"say":"hold"}"#)).await.unwrap();
        // It ends without a word, as a killed one does.
    }
    let long = loop {
        let sessions = sandbox.list().await.unwrap();
        let (short, long): (Vec<_>, Vec<_>) =
            sessions.into_iter().partition(|session| session.owner == "short");
        if short.is_empty() && matches!(&long[..], [long] if long.orphaned) {
            break long;
        }
        tokio::task::yield_now().await;
    };
    let adopted = sandbox.adopt(&long[0].id).await.unwrap();
    assert!(adopted.exec(Command::new(["true"])).await.unwrap().success());
    assert!(!sandbox.list().await.unwrap()[0].orphaned);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_handle_that_is_dropped_ends_the_session() {
    let served = Served::start(|broker| broker);
    let sandbox = served.sandbox();
    let (first, second) = (
        sandbox.open(SessionSpec::new("one")).await.unwrap(),
        sandbox.open(SessionSpec::new("one")).await.unwrap(),
    );
    assert_eq!(first.id(), second.id());
    drop(first);
    assert!(second.exec(Command::new(["true"])).await.unwrap().success());
    drop(second);
    while !sandbox.list().await.unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_gives_no_more_than_it_may() {
    let most = Limits::default().wall(Duration::from_millis(200));
    let served = Served::start(|broker| broker.limits(most));
    let spec = SessionSpec::new("greedy").limits(Limits::default().wall(Duration::from_hours(1)));
    let session = served.sandbox().open(spec).await.unwrap();
    let outcome = session.exec(Command::new(["sleep", "600"])).await.unwrap();
    assert_eq!(outcome.status, samokoder_core::sandbox::ExecStatus::TimedOut);
    assert!(outcome.duration < Duration::from_mins(1), "{outcome:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_request_is_refused_and_others_are_served_on() {
    let served = Served::start(|broker| broker);
    for request in [r#"{"op":"list","mounts":["/:/host"]}"#, r#"{"op":"privileged"}"#, "[]", "{", ""] {
        let answer = served.raw(&[message(HELLO), message(request)].concat(), "}}").await;
        assert!(answer.contains("invalid_request"), "{request}: {answer}");
    }
    // Another version is told which one is spoken here, and nothing else.
    let answer = served.raw(&message(r#"{"protocol":"samokoder-sandbox","version":2}"#), "}}").await;
    assert_eq!(answer.as_bytes(), message(HELLO));
    for nonsense in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[1, 255, 255, 255, 255], &[0; 64]] {
        let answer = served.raw(nonsense, "}}").await;
        assert!(answer.contains("invalid_request"), "{answer}");
    }
    assert_eq!(served.sandbox().list().await.unwrap(), []);
}

#[tokio::test]
async fn a_broker_that_is_not_there_is_a_failure_of_the_sandbox() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let error = RemoteSandbox::unix(&path).open(SessionSpec::new("one")).await.unwrap_err();
    assert!(error.is_retryable() && error.message.contains(path.to_str().unwrap()), "{error}");
    // What a dead broker has left is replaced, what a living one holds is not.
    drop(Broker::listen(&path).unwrap());
    let _living = Broker::listen(&path).unwrap();
    assert_eq!(Broker::listen(&path).unwrap_err().kind(), std::io::ErrorKind::AddrInUse);
    let folder_error =
        RemoteSandbox::unix(&path).open(SessionSpec::new("one").data("/etc")).await.unwrap_err();
    assert_eq!(folder_error.kind, SandboxErrorKind::Unsupported);
}
