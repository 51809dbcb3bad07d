//! The way out of a session: the proxy, at the other end of the agent's connection. The container has no network.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
};

use samokoder_core::sandbox::SandboxError;

use super::{
    agent::{Kind, Reader},
    link::Link,
    session::{conclusion, explain},
};
use crate::proxy::{Listening, Proxy, variables};

/// The proxy of a session. The agent listens for commands on the container's loopback, and passes on what they say.
/// Dropping it ends all connections.
#[derive(Debug)]
pub(super) struct WayOut {
    /// What commands are told.
    pub(super) variables: BTreeMap<String, String>,
    _listening: Listening,
}

impl WayOut {
    /// Lets commands reach the proxy.
    pub(super) async fn open(link: &Link, proxy: &Proxy) -> Result<Self, SandboxError> {
        let listening = proxy.listen(link.accepted());
        let mut route = link.begin(Kind::WayOut, &[])?;
        let answer = loop {
            if let Some(answer) = conclusion("open", route.next().await?) {
                break answer?;
            }
        };
        let port = Reader(&answer).u64().and_then(|port| u16::try_from(port).ok());
        let port = port.ok_or_else(|| explain::nonsense("open"))?;
        let variables = variables(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        Ok(Self { variables, _listening: listening })
    }
}
