//! The side that holds the sandbox.

mod answering;
mod listener;
mod running;
mod sessions;

use std::{io, path::Path, sync::Arc, time::Duration};

use samokoder_core::sandbox::{AllowedHost, Limits, Sandbox};
use tokio::{
    net::UnixListener,
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
};

pub use self::listener::Listener;
use self::{listener::Client, sessions::Sessions};

/// How many connections are served at a time; a session takes one, and each of its commands another one.
const CONNECTIONS: usize = 4096;

/// Serves a sandbox to other processes, which reach it with [`RemoteSandbox`](super::RemoteSandbox).
///
/// Whoever may connect may do with any of its sessions whatever the protocol has words for. The rights on its socket's
/// file say who that is, or, with [`Listener::tls`], the authority that signs certificates.
#[derive(Debug, Clone)]
pub struct Broker {
    sandbox: Arc<dyn Sandbox>,
    most: Limits,
    lease: Duration,
    hosts: Vec<AllowedHost>,
}

impl Broker {
    /// A broker for this sandbox, which opens sessions with the default limits at most, leases of ten minutes, and no
    /// way out to the network.
    pub fn new(sandbox: Arc<dyn Sandbox>) -> Self {
        Self { sandbox, most: Limits::default(), lease: Duration::from_mins(10), hosts: Vec::new() }
    }

    /// Replaces the hosts that sessions may ask for. A session reaches those that it asks for, through a proxy on this
    /// side; one that asks for another one is not opened.
    #[must_use]
    pub fn hosts(mut self, allowed: impl Into<Vec<AllowedHost>>) -> Self {
        self.hosts = allowed.into();
        self
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
        Listener::unix(path)
    }

    /// Serves whoever connects, until the future is dropped; that ends every connection, command and session.
    pub async fn serve(self, listener: impl Into<Listener>) {
        let listener = listener.into();
        let shared = Arc::new(Shared { broker: self, sessions: Sessions::default() });
        let room = Arc::new(Semaphore::new(CONNECTIONS));
        let mut connections = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                accepted = accept(&listener, &room) => accepted,
                Some(_) = connections.join_next() => continue,
            };
            let (place, client) = match accepted {
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
                let lost = shared.serve(client).await;
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
async fn accept(listener: &Listener, room: &Arc<Semaphore>) -> io::Result<(OwnedSemaphorePermit, Client)> {
    let place = Arc::clone(room).acquire_owned().await.map_err(io::Error::other)?;
    Ok((place, listener.accept().await?))
}

/// What all connections share.
#[derive(Debug)]
struct Shared {
    broker: Broker,
    sessions: Sessions,
}

impl Shared {
    /// Serves one connection to its end. Returns the session whose handle was lost with it.
    async fn serve(&self, client: Client) -> Option<String> {
        let served = async { answering::serve(self, client.admit().await?).await };
        match served.await {
            Ok(lost) => lost,
            Err(error) => {
                tracing::debug!(%error, "a connection broke");
                None
            }
        }
    }
}
