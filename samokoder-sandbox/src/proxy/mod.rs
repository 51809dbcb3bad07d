//! The only way out of a session: an HTTP proxy with a list of hosts.
//!
//! It takes `CONNECT` for TLS and absolute-form requests for plain HTTP ([RFC 9110], 9.3.6; [RFC 9112], 3.2.2), one for each
//! connection. Host and port must be on the list. The proxy looks names up itself, refuses special addresses, and
//! connects to the very address that it checked. The name within TLS (SNI) and the `Host` of plain requests must be
//! the one that was asked for. A redirect is an answer like any other: where it leads to is asked for anew.
//!
//! What it can't see is the request inside TLS: a listed host that serves others' names serves them here too.
//!
//! [RFC 9110]: https://www.rfc-editor.org/rfc/rfc9110
//! [RFC 9112]: https://www.rfc-editor.org/rfc/rfc9112

mod address;
mod connection;
mod hello;
mod listener;
mod refusal;
mod relay;
mod request;
mod resolve;
#[cfg(local_backend)]
mod variables;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use samokoder_core::sandbox::{AllowedHost, Duplex};

pub use listener::{Listener, Listening};
pub use resolve::{Resolve, SystemResolver};
#[cfg(local_backend)]
pub(crate) use variables::variables;

/// A proxy with its list of hosts. Clones share their count.
#[derive(Debug, Clone)]
pub struct Proxy(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    allowed: Vec<AllowedHost>,
    resolver: Arc<dyn Resolve>,
    count: Count,
}

#[derive(Debug, Default)]
struct Count {
    sent: AtomicU64,
    received: AtomicU64,
    refused: AtomicU64,
}

/// What went through a proxy so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Traffic {
    /// Bytes to the outside.
    pub sent: u64,
    /// Bytes from there.
    pub received: u64,
    /// Requests that were refused.
    pub refused: u64,
}

impl Proxy {
    /// A proxy to these hosts. It serves nobody yet.
    pub fn new(allowed: impl Into<Vec<AllowedHost>>, resolver: Arc<dyn Resolve>) -> Self {
        Self(Arc::new(Shared { allowed: allowed.into(), resolver, count: Count::default() }))
    }

    /// Serves whoever connects, until the handle is dropped.
    pub fn listen(&self, listener: impl Into<Listener>) -> Listening {
        Listening::start(self.clone(), listener.into())
    }

    /// Serves one connection to its end.
    ///
    /// # Cancel safety
    /// Dropping the future closes both sides.
    pub async fn serve(&self, client: impl Duplex) {
        connection::serve(&self.0, client).await;
    }

    /// What went through so far.
    pub fn traffic(&self) -> Traffic {
        let Count { sent, received, refused } = &self.0.count;
        let [sent, received, refused] = [sent, received, refused].map(|count| count.load(Ordering::Relaxed));
        Traffic { sent, received, refused }
    }
}
