//! The `remote` backend: a sandbox that another process holds, and the broker that holds it.
//!
//! ```no_run
//! use std::{path::Path, sync::Arc};
//!
//! use samokoder_core::sandbox::{Command, Sandbox, SandboxError, SessionSpec};
//! use samokoder_sandbox::remote::{Broker, RemoteSandbox};
//!
//! # async fn broker(sandbox: Arc<dyn Sandbox>) -> std::io::Result<()> {
//! // In the process that may hold a kernel's namespaces or an engine's socket, and does nothing else:
//! let listener = Broker::listen(Path::new("/run/samokoder/sandbox.sock"))?;
//! Broker::new(sandbox).serve(listener).await;
//! Ok(())
//! # }
//! # async fn worker() -> Result<(), SandboxError> {
//! // In all others:
//! let sandbox = RemoteSandbox::unix("/run/samokoder/sandbox.sock");
//! let session = sandbox.open(SessionSpec::new("project-1")).await?;
//! session.exec(Command::new(["node", "--version"])).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Over a network
//!
//! With the feature `remote-tls` a broker also listens at a TCP address, for clients that show a certificate of its
//! authority's, and shows its own. It is TLS 1.3 alone. Certificates are read when a side is made; one is taken back by
//! another authority.
//!
//! # The way out
//!
//! A session's list of hosts, names and ports, is part of its request. It has to be within the list that the broker was
//! [given](Broker::hosts), which is empty unless it is set. The proxy runs beside the session, on the broker's side, and
//! refuses private, link-local and other special addresses whatever the lists say.
//!
//! # The protocol
//!
//! Version 1. Each request has a connection of its own: both sides greet with the protocol's name and version, the client
//! asks one thing, and what comes of it follows. Closing the connection cancels it. The connection of `open` and `adopt` stands
//! for a handle: the session ends with the last one that is dropped. When a client is gone without that, its sessions
//! live on for their lease, within which they can be adopted.
//!
//! Requests and answers are JSON of one mebibyte at most; what is read and written goes beside it in pieces. There is no
//! word for mounts, folders of the host, privileges, devices, runtimes or images: a request with a word that is not
//! known is refused, and [`SessionSpec::data`](samokoder_core::sandbox::SessionSpec::data) is
//! [`Unsupported`](samokoder_core::sandbox::SandboxErrorKind::Unsupported). A broker lowers limits to those that it was
//! [given](Broker::limits).

mod broker;
mod connection;
mod frame;
mod message;
mod place;
mod running;
mod sandbox;
mod session;
#[cfg(feature = "remote-tls")]
mod tls;

pub use broker::{Broker, Listener};
pub use sandbox::RemoteSandbox;
#[cfg(feature = "remote-tls")]
pub use tls::Credentials;
