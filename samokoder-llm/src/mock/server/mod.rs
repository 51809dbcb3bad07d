//! The server: a socket, connections, and what they share.

mod builder;
mod connections;
mod handle;
mod models;
mod received;
mod route;
mod state;

use std::{io, net::SocketAddr, sync::Arc};

use tokio::{sync::watch, task::JoinSet};

pub use builder::{MockServerBuilder, Source};
pub use received::ReceivedRequest;

use super::{Script, Stats};
use state::State;

/// A server that answers as a provider does. Dropping it closes its socket and all connections.
#[derive(Debug)]
pub struct MockServer {
    address: SocketAddr,
    state: Arc<State>,
    /// Aborted with the server.
    tasks: JoinSet<()>,
}

impl MockServer {
    /// Starts a server that answers from a script, on a free port of 127.0.0.1.
    ///
    /// It runs on the runtime of the caller.
    ///
    /// # Errors
    /// When there is no free port.
    pub async fn start(script: Script) -> io::Result<Self> {
        Self::builder(Source::Script(script)).start().await
    }

    /// A server with settings.
    pub fn builder(source: Source) -> MockServerBuilder {
        MockServerBuilder::new(source)
    }

    /// Where it is, without `/v1` and without a slash at the end.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it has seen and done so far.
    pub fn stats(&self) -> Stats {
        self.state.ledger.stats()
    }

    /// The requests it received last, in order, without keys. It keeps a thousand.
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        self.state.ledger.received()
    }

    /// Waits until the figures are as wanted, and returns them.
    ///
    /// # Cancel safety
    /// Nothing is lost when it is dropped.
    pub async fn wait_until(&self, wanted: impl FnMut(&Stats) -> bool) -> Stats {
        let mut figures: watch::Receiver<Stats> = self.state.ledger.subscribe();
        // The sender lives in the state, so that the figures never end.
        figures.wait_for(wanted).await.map_or_else(|_| self.stats(), |stats| *stats)
    }

    /// Serves until the task is dropped.
    pub async fn run(mut self) {
        while self.tasks.join_next().await.is_some() {}
    }
}
