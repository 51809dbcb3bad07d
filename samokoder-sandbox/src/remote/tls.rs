//! Brokers over TCP: TLS 1.3, and both sides show certificates.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject as _},
    server::WebPkiClientVerifier,
    version::TLS13,
};
use samokoder_core::sandbox::{Duplex, SandboxError, SandboxErrorKind};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// How long the other side may take to show who it is.
const PATIENCE: Duration = Duration::from_secs(10);

/// Who a side of a connection is, and whom it takes for the other one. The files are PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// This side's certificate, with those between it and the authority.
    pub certificate: PathBuf,
    /// The certificate's private key.
    pub key: PathBuf,
    /// The authorities of which one must vouch for the other side.
    pub authority: PathBuf,
}

struct Read {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    authorities: RootCertStore,
}

impl Credentials {
    fn read(&self) -> io::Result<Read> {
        let unreadable = |path: &Path, error: rustls::pki_types::pem::Error| {
            io::Error::new(io::ErrorKind::InvalidInput, format!("{}: {error}", path.display()))
        };
        let certificates = |path: &Path| -> io::Result<Vec<_>> {
            let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
            let read: Vec<_> = read.map_err(|error| unreadable(path, error))?;
            if read.is_empty() { Err(invalid(path.display(), "no certificate is in it")) } else { Ok(read) }
        };
        let mut authorities = RootCertStore::empty();
        for certificate in certificates(&self.authority)? {
            let added = authorities.add(certificate);
            added.map_err(|error| invalid(self.authority.display(), error))?;
        }
        let key = PrivateKeyDer::from_pem_file(&self.key).map_err(|error| unreadable(&self.key, error))?;
        Ok(Read { chain: certificates(&self.certificate)?, key, authorities })
    }

    fn own(&self, error: impl fmt::Display) -> io::Error {
        invalid(format!("{} with {}", self.certificate.display(), self.key.display()), error)
    }
}

fn invalid(what: impl fmt::Display, why: impl fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("{what}: {why}"))
}

/// The client's side.
pub(super) struct Connector {
    /// Name and port.
    pub(super) address: String,
    name: ServerName<'static>,
    tls: TlsConnector,
}

impl Connector {
    pub(super) fn new(address: &str, credentials: &Credentials) -> Result<Self, SandboxError> {
        let make = || {
            let host = address.rsplit_once(':').map(|(host, _)| host.trim_matches(['[', ']']));
            let name = host.and_then(|host| ServerName::try_from(host.to_owned()).ok());
            let name = name.ok_or_else(|| invalid(address, "give a name and a port, as example.org:7443"))?;
            let Read { chain, key, authorities } = credentials.read()?;
            let config =
                ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                    .with_protocol_versions(&[&TLS13])
                    .map_err(io::Error::other)?
                    .with_root_certificates(authorities)
                    .with_client_auth_cert(chain, key)
                    .map_err(|error| credentials.own(error))?;
            Ok(Self { address: address.to_owned(), name, tls: TlsConnector::from(Arc::new(config)) })
        };
        make().map_err(|error: io::Error| {
            SandboxError::new(SandboxErrorKind::InvalidRequest, "connect", error.to_string())
        })
    }

    /// Connects; afterwards it is certain who the broker is, and not yet that it takes this side.
    pub(super) async fn connect(&self) -> io::Result<Box<dyn Duplex + Sync>> {
        within_patience(async {
            let stream = TcpStream::connect(&self.address).await?;
            prepare(&stream)?;
            let stream = self.tls.connect(self.name.clone(), stream).await?;
            Ok(Box::new(stream) as Box<dyn Duplex + Sync>)
        })
        .await
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector").field("address", &self.address).finish_non_exhaustive()
    }
}

/// The broker's side.
pub(super) struct Acceptor {
    listener: TcpListener,
    tls: TlsAcceptor,
}

impl Acceptor {
    pub(super) async fn bind(address: &str, credentials: &Credentials) -> io::Result<Self> {
        let Read { chain, key, authorities } = credentials.read()?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::new(authorities), Arc::clone(&provider))
                .build()
                .map_err(|error| invalid(credentials.authority.display(), error))?;
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13])
            .map_err(io::Error::other)?
            .with_client_cert_verifier(verifier)
            .with_single_cert(chain, key)
            .map_err(|error| credentials.own(error))?;
        Ok(Self { listener: TcpListener::bind(address).await?, tls: TlsAcceptor::from(Arc::new(config)) })
    }

    pub(super) fn local_addr(&self) -> io::Result<std::net::SocketAddr> {
        self.listener.local_addr()
    }

    /// The next one who connects, and has shown nothing yet.
    pub(super) async fn accept(&self) -> io::Result<Stranger> {
        Ok(Stranger { stream: self.listener.accept().await?.0, tls: self.tls.clone() })
    }
}

impl fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acceptor").field("listener", &self.listener).finish_non_exhaustive()
    }
}

/// Someone who has to show a certificate.
pub(super) struct Stranger {
    stream: TcpStream,
    tls: TlsAcceptor,
}

impl Stranger {
    /// The connection of someone whom an authority vouches for.
    pub(super) async fn meet(self) -> io::Result<Box<dyn Duplex + Sync>> {
        within_patience(async {
            prepare(&self.stream)?;
            Ok(Box::new(self.tls.accept(self.stream).await?) as Box<dyn Duplex + Sync>)
        })
        .await
    }
}

async fn within_patience<T>(work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    tokio::time::timeout(PATIENCE, work).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// Small messages go at once; a machine that is gone without a word is noticed within a minute.
fn prepare(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    #[cfg(target_os = "linux")]
    {
        use rustix::net::sockopt;
        sockopt::set_socket_keepalive(stream, true)?;
        sockopt::set_tcp_keepidle(stream, Duration::from_secs(30))?;
        sockopt::set_tcp_keepintvl(stream, Duration::from_secs(10))?;
        sockopt::set_tcp_keepcnt(stream, 3)?;
    }
    Ok(())
}
