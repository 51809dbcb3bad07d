//! Where clients connect.

use std::{io, sync::Arc};

use samokoder_core::sandbox::Duplex;
#[cfg(unix)]
use tokio::net::UnixListener;
use tokio::{
    net::TcpListener,
    sync::{Semaphore, mpsc},
    task::JoinSet,
};

use super::Proxy;

/// Connections that are served at a time; more wait.
const CONNECTIONS: usize = 128;

/// Where clients connect, which only those can reach who may use the proxy.
#[derive(Debug)]
#[non_exhaustive]
pub enum Listener {
    /// A Unix socket.
    #[cfg(unix)]
    Unix(UnixListener),
    /// A TCP socket, such as one on the loopback of a session's own network.
    Tcp(TcpListener),
    /// Connections that someone else takes and hands over, until nobody is left who does.
    Handed(mpsc::UnboundedReceiver<Box<dyn Duplex>>),
}

impl From<mpsc::UnboundedReceiver<Box<dyn Duplex>>> for Listener {
    fn from(handed: mpsc::UnboundedReceiver<Box<dyn Duplex>>) -> Self {
        Self::Handed(handed)
    }
}

#[cfg(unix)]
impl From<UnixListener> for Listener {
    fn from(listener: UnixListener) -> Self {
        Self::Unix(listener)
    }
}

impl From<TcpListener> for Listener {
    fn from(listener: TcpListener) -> Self {
        Self::Tcp(listener)
    }
}

impl Listener {
    async fn accept(&mut self) -> io::Result<Box<dyn Duplex>> {
        Ok(match self {
            #[cfg(unix)]
            Self::Unix(listener) => Box::new(listener.accept().await?.0),
            Self::Tcp(listener) => Box::new(listener.accept().await?.0),
            Self::Handed(handed) => match handed.recv().await {
                Some(client) => client,
                None => std::future::pending().await,
            },
        })
    }
}

/// A proxy that serves whoever connects. Dropping it closes the listener and all connections.
#[derive(Debug)]
#[must_use]
pub struct Listening {
    _tasks: JoinSet<()>,
}

impl Listening {
    pub(super) fn start(proxy: Proxy, listener: Listener) -> Self {
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(proxy, listener));
        Self { _tasks: tasks }
    }
}

async fn accept(proxy: Proxy, mut listener: Listener) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let Ok(place) = Arc::clone(&room).acquire_owned().await else { return };
        match listener.accept().await {
            Ok(client) => {
                let proxy = proxy.clone();
                connections.spawn(async move {
                    proxy.serve(client).await;
                    drop(place);
                });
            }
            // Most often there are too many descriptors for the moment.
            Err(error) => {
                tracing::warn!(%error, "the proxy could not take a connection");
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        }
    }
}
