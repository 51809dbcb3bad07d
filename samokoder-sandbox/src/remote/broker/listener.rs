//! Where clients connect.

use std::{io, path::Path};

use samokoder_core::sandbox::Duplex;
use tokio::net::UnixListener;

#[cfg(feature = "remote-tls")]
use crate::remote::tls::{self, Acceptor, Credentials};

/// Where clients of a [`Broker`](super::Broker) connect: a [Unix socket](super::Broker::listen), or an address of TCP.
#[derive(Debug)]
pub struct Listener(Kind);

#[derive(Debug)]
enum Kind {
    Unix(UnixListener),
    #[cfg(feature = "remote-tls")]
    Tls(Acceptor),
}

/// Someone who has connected.
pub(super) enum Client {
    /// The kernel has let them.
    Known(Box<dyn Duplex + Sync>),
    #[cfg(feature = "remote-tls")]
    Stranger(tls::Stranger),
}

impl From<UnixListener> for Listener {
    fn from(listener: UnixListener) -> Self {
        Self(Kind::Unix(listener))
    }
}

impl Listener {
    /// A socket at this path that the user of this process alone can connect to. One that a dead broker has left
    /// behind is replaced.
    ///
    /// # Errors
    /// When the path can't be used, or another broker listens there.
    pub(super) fn unix(path: &Path) -> io::Result<UnixListener> {
        use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
        if std::fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket()) {
            if std::os::unix::net::UnixStream::connect(path).is_ok() {
                return Err(io::Error::new(io::ErrorKind::AddrInUse, "another process listens there"));
            }
            std::fs::remove_file(path)?;
        }
        // Nobody can connect between the two steps: the socket is made where only this user gets to, and moved.
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let hidden = folder.join(format!(".samokoder-{}", std::process::id()));
        std::os::unix::fs::DirBuilderExt::mode(&mut std::fs::DirBuilder::new(), 0o700).create(&hidden)?;
        let made = hidden.join("s");
        let listener = UnixListener::bind(&made).and_then(|listener| {
            std::fs::set_permissions(&made, std::fs::Permissions::from_mode(0o600))?;
            std::fs::rename(&made, path)?;
            Ok(listener)
        });
        let _ = std::fs::remove_dir_all(&hidden);
        listener
    }

    /// An address that those can use who show a certificate of the authority's.
    ///
    /// # Errors
    /// When the address can't be used, or a file can't be read.
    #[cfg(feature = "remote-tls")]
    pub async fn tls(address: &str, credentials: &Credentials) -> io::Result<Self> {
        Ok(Self(Kind::Tls(Acceptor::bind(address, credentials).await?)))
    }

    /// The address, where it is one of TCP.
    pub fn address(&self) -> Option<std::net::SocketAddr> {
        match &self.0 {
            Kind::Unix(_) => None,
            #[cfg(feature = "remote-tls")]
            Kind::Tls(acceptor) => acceptor.local_addr().ok(),
        }
    }

    pub(super) async fn accept(&self) -> io::Result<Client> {
        match &self.0 {
            Kind::Unix(listener) => Ok(Client::Known(Box::new(listener.accept().await?.0))),
            #[cfg(feature = "remote-tls")]
            Kind::Tls(acceptor) => Ok(Client::Stranger(acceptor.accept().await?)),
        }
    }
}

impl Client {
    /// The connection, once it is certain that they may have one.
    #[cfg_attr(
        not(feature = "remote-tls"),
        expect(clippy::unused_async, reason = "only a handshake takes time")
    )]
    pub(super) async fn admit(self) -> io::Result<Box<dyn Duplex + Sync>> {
        match self {
            Self::Known(stream) => Ok(stream),
            #[cfg(feature = "remote-tls")]
            Self::Stranger(stranger) => stranger.meet().await,
        }
    }
}
