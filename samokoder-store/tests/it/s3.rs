//! Contents in a bucket of a server that speaks S3: moto, from the environment that `cargo xtask test` makes.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    sync::{
        Arc, Once,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use bytes::Bytes;
use samokoder_core::{
    digest::Digest,
    store::{MemoryStore, Scope, StoreErrorKind},
};
use samokoder_store::blobs::{BlobStore, ObjectBlobs, Offload};

use super::blobs::keeps_its_rules;

/// A server with an empty bucket. It ends with this.
struct Server {
    process: Child,
    address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Server {
    #[expect(clippy::print_stderr, reason = "a test says what it needs")]
    async fn start() -> Option<Self> {
        let Some(python) = std::env::var_os("SAMOKODER_PYTHON_CLIENTS") else {
            eprintln!("left out: SAMOKODER_PYTHON_CLIENTS is not set; `cargo xtask test` sets it");
            return None;
        };
        let mut process = Command::new(python)
            .args(["-m", "moto.server", "-H", "127.0.0.1", "-p", "0"])
            .env("MOTO_S3_DEFAULT_MAX_KEYS", "10")
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(process.stderr.take().unwrap()).lines();
        let address = said.find_map(|line| Some(line.ok()?.split_once("Running on ")?.1.trim().to_owned()));
        // It tells each request.
        thread::spawn(move || said.for_each(drop));
        let server = Self { process, address: address.unwrap() };
        client().put(format!("{}/bucket", server.address)).send().await.unwrap().error_for_status().unwrap();
        Some(server)
    }

    fn bucket(&self, prefix: &str) -> ObjectBlobs {
        let options = [
            ("aws_access_key_id", "someone"),
            ("aws_secret_access_key", "something"),
            ("aws_region", "us-east-1"),
            ("aws_endpoint", &self.address),
        ];
        ObjectBlobs::s3(&format!("s3://bucket/{prefix}"), options, client()).unwrap()
    }
}

fn client() -> reqwest::Client {
    static CRYPTOGRAPHY: Once = Once::new();
    CRYPTOGRAPHY.call_once(|| rustls::crypto::ring::default_provider().install_default().unwrap());
    reqwest::Client::new()
}

/// Rules that need a time in milliseconds, where a server says seconds: of what was stored lately more stays than must. And
/// one of a thousand contents, which take this server too long.
const OF_MILLISECONDS_AND_SPEED: [&str; 3] = [
    "collect::what_was_stored_lately_stays",
    "collect::what_is_stored_again_was_stored_lately",
    "logs::a_batch_may_be_large",
];

#[tokio::test(flavor = "multi_thread")]
async fn with_contents_in_a_bucket_of_s3_a_store_keeps_its_rules_with_python_clients() {
    let Some(server) = Server::start().await else { return };
    let places = AtomicUsize::new(0);
    let open = || {
        let place = places.fetch_add(1, Ordering::Relaxed);
        Offload::new(Arc::new(MemoryStore::new()), Arc::new(server.bucket(&format!("case/{place}")))).above(0)
    };
    keeps_its_rules(open, &OF_MILLISECONDS_AND_SPEED).await;
}

#[tokio::test]
async fn contents_in_a_bucket_of_s3_are_listed_and_removed_with_python_clients() {
    let Some(server) = Server::start().await else { return };
    let blobs = server.bucket("some/prefix");
    let (ours, theirs) = (Scope::new("ours"), Scope::new("theirs"));
    // More than the server lists at once.
    let contents: Vec<_> = (0..25).map(|n| Bytes::from(format!("content {n}"))).collect();
    let puts = contents.iter().map(|content| blobs.put(&ours, Digest::of(content), content.clone()));
    futures::future::try_join_all(puts).await.unwrap();
    let found = blobs.list(&ours).await.unwrap();
    assert_eq!(found.len(), contents.len());
    assert!(blobs.list(&theirs).await.unwrap().is_empty());
    let digest = Digest::of(&contents[0]);
    assert_eq!(blobs.get(&ours, digest).await.unwrap(), contents[0]);
    assert_eq!(blobs.get(&theirs, digest).await.unwrap_err().kind, StoreErrorKind::NotFound);
    // A server says seconds: of what it has stored in this one nobody knows whether it was before.
    let stored_ms = found.iter().find(|info| info.digest == digest).unwrap().stored_ms;
    assert!(!blobs.remove(&ours, digest, stored_ms).await.unwrap());
    assert!(blobs.remove(&ours, digest, stored_ms + 1).await.unwrap());
    assert!(!blobs.remove(&ours, digest, u64::MAX).await.unwrap(), "it is gone");
    assert_eq!(blobs.get(&ours, digest).await.unwrap_err().kind, StoreErrorKind::NotFound);
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_said_with_python_clients() {
    let Some(server) = Server::start().await else { return };
    let digest = Digest::of(b"content");
    let none = server.bucket("").get(&Scope::default(), digest).await.unwrap_err();
    assert_eq!(none.kind, StoreErrorKind::NotFound, "{none}");
    let missing = ObjectBlobs::s3(
        "s3://no-such-bucket",
        [("aws_access_key_id", "a"), ("aws_secret_access_key", "b"), ("aws_endpoint", &*server.address)],
        client(),
    );
    let error = missing.unwrap().put(&Scope::default(), digest, "content".into()).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Unavailable, "{error}");
    assert!(error.message.contains("bucket"), "{error}");
}
