//! The way out of a session: the proxy, on the session's own loopback.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
};

use samokoder_core::sandbox::SandboxError;
use tokio::net::TcpSocket;

use crate::proxy::{Listening, Proxy, variables};

/// Connections that wait for the proxy to take them.
const BACKLOG: u32 = 128;

/// The proxy of a session. The socket that it listens on was made inside, so that it is in the session's network and in no
/// other; the proxy itself runs on the host. Dropping it ends all connections.
#[derive(Debug)]
pub(super) struct WayOut {
    /// What commands are told.
    pub(super) variables: BTreeMap<String, String>,
    _listening: Listening,
}

impl WayOut {
    /// Lets the proxy listen on a socket of the session's network.
    pub(super) fn open(socket: TcpSocket, proxy: &Proxy) -> Result<Self, SandboxError> {
        let listen = || {
            socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
            let listener = socket.listen(BACKLOG)?;
            Ok((listener.local_addr()?, listener))
        };
        let (address, listener) = listen().map_err(|error| SandboxError::io("open", &error))?;
        let variables = variables(address);
        Ok(Self { variables, _listening: proxy.listen(listener) })
    }
}
