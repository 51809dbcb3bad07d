//! A broker at an address: whom it serves, and who it is.

use std::sync::Arc;

use samokoder_core::{
    sandbox::{Sandbox, SandboxErrorKind, SessionSpec},
    testing::sandbox::{Case, cases},
};
use samokoder_sandbox::remote::{Broker, Credentials, Listener, RemoteSandbox};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinHandle,
};

use super::certificates::Authority;
use crate::support;

/// The cases that what is between two machines could break: bytes both ways, much of them, and ends.
const CASES: [&str; 16] = [
    "a command's status and both its streams are reported",
    "text is never broken, bytes that are no text do no harm",
    "a checkout holds exactly its files",
    "commands run side by side",
    "a file that is written is what a command finds",
    "a file that a command wrote is read byte by byte",
    "what is put in comes out, byte by byte",
    "output comes while the command runs",
    "a command waits while nobody takes its output",
    "input that goes on for ever holds nobody up",
    "a dropped command is killed",
    "a service is reached through a port and stops when asked",
    "a port nobody listens on is refused",
    "opening is idempotent on the owner",
    "a session is adopted by its id",
    "a closed session is closed, and opening gives a new one",
];

/// A broker that shows itself as `localhost`. It ends when this is dropped.
struct Served {
    port: u16,
    serving: JoinHandle<()>,
}

impl Served {
    async fn start(authority: &Authority) -> Self {
        let listener = Listener::tls("127.0.0.1:0", &authority.server("localhost")).await.unwrap();
        let port = listener.address().unwrap().port();
        let broker = Broker::new(Arc::new(support::sandbox()));
        #[expect(clippy::disallowed_methods, reason = "it is aborted with the test's broker")]
        let serving = tokio::spawn(broker.serve(listener));
        Self { port, serving }
    }

    fn sandbox(&self, credentials: &Credentials) -> RemoteSandbox {
        RemoteSandbox::tls(&format!("localhost:{}", self.port), credentials).unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_at_an_address_keeps_the_contract() {
    let authority = Authority::new();
    let served = Served::start(&authority).await;
    let sandbox = served.sandbox(&authority.client());
    let chosen: Vec<Case> = cases().into_iter().filter(|case| CASES.contains(&case.name)).collect();
    assert_eq!(chosen.len(), CASES.len(), "a case has another name");
    for case in chosen {
        assert_eq!(case.run(&sandbox).await, Ok(()), "{}", case.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_with_its_last_handle_over_tls() {
    let authority = Authority::new();
    let served = Served::start(&authority).await;
    let sandbox = served.sandbox(&authority.client());
    drop(sandbox.open(SessionSpec::new("one")).await.unwrap());
    while !sandbox.list().await.unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_shows_no_certificate_of_the_authority_is_refused() {
    let (authority, other) = (Authority::new(), Authority::new());
    let served = Served::start(&authority).await;
    // Signed by someone else; signed for another purpose.
    let stranger = Credentials { authority: authority.certificate(), ..other.client() };
    for credentials in [stranger, authority.server("localhost")] {
        let error = served.sandbox(&credentials).open(SessionSpec::new("one")).await.unwrap_err();
        assert_eq!(error.kind, SandboxErrorKind::InvalidRequest, "{error}");
        assert!(error.message.contains("refuses") && !error.is_retryable(), "{error}");
    }
    assert!(without_certificate(&authority, served.port).await.contains("CertificateRequired"));
    // No TLS at all.
    let mut plain = TcpStream::connect(("127.0.0.1", served.port)).await.unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer).await;
    assert!(answer.first().is_none_or(|first| *first == 21), "an alert, or nothing: {answer:?}");
    // None of that is in others' way.
    assert_eq!(served.sandbox(&authority.client()).list().await.unwrap(), []);
}

/// What a client is told that has no certificate.
async fn without_certificate(authority: &Authority, port: u16) -> String {
    use rustls::pki_types::{CertificateDer, pem::PemObject as _};
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(authority.certificate()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    let mut stream = connector.connect("localhost".try_into().unwrap(), stream).await.unwrap();
    stream.read_u8().await.unwrap_err().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_someone_else_is_told_nothing() {
    let (authority, other) = (Authority::new(), Authority::new());
    let served = Served::start(&authority).await;
    let trusting_other = Credentials { authority: other.certificate(), ..authority.client() };
    let error = served.sandbox(&trusting_other).open(SessionSpec::new("one")).await.unwrap_err();
    assert_eq!(error.kind, SandboxErrorKind::InvalidRequest, "{error}");
    assert!(error.message.contains("invalid peer certificate"), "{error}");
    // The authority vouches for `localhost`, and for no address.
    let address = format!("127.0.0.1:{}", served.port);
    let sandbox = RemoteSandbox::tls(&address, &authority.client()).unwrap();
    let error = sandbox.list().await.unwrap_err();
    assert!(error.message.contains(&address) && error.message.contains("not valid for name"), "{error}");
}

#[tokio::test]
async fn what_can_not_be_read_is_named() {
    let authority = Authority::new();
    let good = authority.client();
    let missing = Credentials { key: "/no/such/key.pem".into(), ..good.clone() };
    let no_certificate = Credentials { certificate: good.key.clone(), ..good.clone() };
    let another_key = Credentials { key: Authority::new().client().key, ..good.clone() };
    for (address, credentials, says) in [
        ("localhost:1", &missing, "/no/such/key.pem"),
        ("localhost:1", &no_certificate, "client.key: no certificate"),
        ("localhost:1", &another_key, "client.key"),
        ("localhost", &good, "a name and a port"),
    ] {
        let error = RemoteSandbox::tls(address, credentials).unwrap_err();
        assert_eq!(error.kind, SandboxErrorKind::InvalidRequest);
        assert!(error.message.contains(says), "{error}");
    }
    let error = RemoteSandbox::tls("localhost:1", &good).unwrap().list().await.unwrap_err();
    assert!(error.is_retryable() && error.message.contains("localhost:1"), "{error}");
}
