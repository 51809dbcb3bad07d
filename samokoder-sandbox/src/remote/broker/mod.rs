//! The side that holds the sandbox.

mod answering;
mod running;
mod sessions;

use std::{io, path::Path, sync::Arc, time::Duration};

use samokoder_core::sandbox::{Limits, Sandbox};
use tokio::{
    net::{UnixListener, UnixStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
};

use self::sessions::Sessions;

/// How many connections are served at a time; a session takes one, and each of its commands another one.
const CONNECTIONS: usize = 4096;

/// Serves a sandbox to other processes, which reach it with [`RemoteSandbox`](super::RemoteSandbox).
///
/// Whoever may connect to its socket may do with any of its sessions whatever the protocol has words for; the rights on
/// the socket's file say who that is.
#[derive(Debug, Clone)]
pub struct Broker {
    sandbox: Arc<dyn Sandbox>,
    most: Limits,
    lease: Duration,
}

impl Broker {
    /// A broker for this sandbox, which opens sessions with the default limits at most, and leases of ten minutes.
    pub fn new(sandbox: Arc<dyn Sandbox>) -> Self {
        Self { sandbox, most: Limits::default(), lease: Duration::from_mins(10) }
    }

    /// Replaces the most that a session gets of anything; a request for more is given this much.
    #[must_use]
    pub fn limits(mut self, most: Limits) -> Self {
        self.most = most;
        self
    }

    /// Replaces the longest lease that a session gets.
    #[must_use]
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }

    /// A socket at this path that the user of this process alone can connect to. One that a dead broker has left
    /// behind is replaced.
    ///
    /// # Errors
    /// When the path can't be used, or another broker listens there.
    pub fn listen(path: &Path) -> io::Result<UnixListener> {
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

    /// Serves whoever connects, until the future is dropped; that ends every connection, command and session.
    pub async fn serve(self, listener: UnixListener) {
        let shared = Arc::new(Shared { broker: self, sessions: Sessions::default() });
        let room = Arc::new(Semaphore::new(CONNECTIONS));
        let mut connections = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                accepted = accept(&listener, &room) => accepted,
                Some(_) = connections.join_next() => continue,
            };
            let (place, stream) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Too many open files, or a client that has gone again: the next one may be better off.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            let shared = Arc::clone(&shared);
            connections.spawn(async move {
                let lost = shared.serve(stream).await;
                // A lease that runs out afterwards takes no room.
                drop(place);
                if let Some(id) = lost {
                    shared.sessions.lose(&id).await;
                }
            });
        }
    }
}

/// The next connection, when there is room for one.
async fn accept(
    listener: &UnixListener,
    room: &Arc<Semaphore>,
) -> io::Result<(OwnedSemaphorePermit, UnixStream)> {
    let place = Arc::clone(room).acquire_owned().await.map_err(io::Error::other)?;
    Ok((place, listener.accept().await?.0))
}

/// What all connections share.
#[derive(Debug)]
struct Shared {
    broker: Broker,
    sessions: Sessions,
}

impl Shared {
    /// Serves one connection to its end. Returns the session whose handle was lost with it.
    async fn serve(&self, stream: UnixStream) -> Option<String> {
        match answering::serve(self, stream).await {
            Ok(lost) => lost,
            Err(error) => {
                tracing::debug!(%error, "a connection broke");
                None
            }
        }
    }
}
