//! An engine at an address: the tests' engine behind mutual TLS, as one on another machine is.

use std::sync::Arc;

use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    server::WebPkiClientVerifier,
};
use samokoder_core::{
    sandbox::{Sandbox as _, SandboxErrorKind, SessionSpec},
    testing::sandbox::{Case, cases},
};
use samokoder_sandbox::{
    docker::{DockerConfig, DockerSandbox, Endpoint},
    remote::Credentials,
};
use tokio::{
    net::{TcpListener, UnixStream},
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;

use super::support;
use crate::remote::certificates::Authority;

/// The cases that what is between two machines could break: bytes both ways, much of them, and ends.
const CASES: [&str; 9] = [
    "a command's status and both its streams are reported",
    "text is never broken, bytes that are no text do no harm",
    "a checkout holds exactly its files",
    "what is put in comes out, byte by byte",
    "output comes while the command runs",
    "a dropped command is killed",
    "a service is reached through a port and stops when asked",
    "a session is adopted by its id",
    "a closed session is closed, and opening gives a new one",
];

/// Passes connections on to the engine's socket. It ends when this is dropped.
struct Front {
    port: u16,
    serving: JoinHandle<()>,
}

impl Front {
    async fn start(engine: String, server: &Credentials) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(&server.authority).unwrap()).unwrap();
        let clients = WebPkiClientVerifier::builder(Arc::new(roots)).build().unwrap();
        let certificate = CertificateDer::from_pem_file(&server.certificate).unwrap();
        let key = PrivateKeyDer::from_pem_file(&server.key).unwrap();
        let config = ServerConfig::builder().with_client_cert_verifier(clients);
        let acceptor = TlsAcceptor::from(Arc::new(config.with_single_cert(vec![certificate], key).unwrap()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        #[expect(clippy::disallowed_methods, reason = "it is aborted with the test's front")]
        let serving = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (acceptor, engine) = (acceptor.clone(), engine.clone());
                tokio::spawn(async move {
                    let Ok(mut client) = acceptor.accept(stream).await else { return };
                    let mut engine = UnixStream::connect(engine).await.unwrap();
                    let _ = tokio::io::copy_bidirectional(&mut client, &mut engine).await;
                });
            }
        });
        Self { port, serving }
    }

    fn sandbox(&self, config: DockerConfig, client: &Credentials) -> DockerSandbox {
        let mut config = config.runtime("runc");
        config.endpoint = Endpoint::Tls {
            address: format!("localhost:{}", self.port),
            key: client.key.clone(),
            certificate: client.certificate.clone(),
            authority: client.authority.clone(),
        };
        DockerSandbox::new(config)
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn front(authority: &Authority) -> Option<(Front, DockerConfig)> {
    let engine = support::host()?.trim_start_matches("unix://").to_owned();
    Some((Front::start(engine, &authority.server("localhost")).await, support::config()?))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_contract_is_kept_over_tls_in_docker() {
    let authority = Authority::new();
    let Some((front, config)) = front(&authority).await else { return };
    let sandbox = front.sandbox(config, &authority.client());
    let chosen: Vec<Case> = cases().into_iter().filter(|case| CASES.contains(&case.name)).collect();
    assert_eq!(chosen.len(), CASES.len(), "a case has another name");
    for case in chosen {
        assert_eq!(case.run(&sandbox).await, Ok(()), "{}", case.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_and_its_client_must_know_each_other_in_docker() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let Some((front, config)) = front(&authority).await else { return };
    let known = Credentials { authority: authority.certificate(), ..stranger.client() };
    let trusting = Credentials { authority: stranger.certificate(), ..authority.client() };
    for (whose, credentials) in [("the client", known), ("the engine", trusting)] {
        let opened =
            front.sandbox(config.clone(), &credentials).open(SessionSpec::new(crate::support::mark())).await;
        let error = opened.err().unwrap_or_else(|| panic!("{whose} is a stranger"));
        assert_eq!(error.kind, SandboxErrorKind::Unsupported, "{error}");
        assert!(error.message.contains(&format!("localhost:{}", front.port)), "{error}");
    }
}
