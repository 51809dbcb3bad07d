//! How the proxy finds hosts and reaches them.

use std::{
    fmt::Debug,
    io,
    net::{IpAddr, SocketAddr},
};

use async_trait::async_trait;
use samokoder_core::sandbox::Duplex;
use tokio::net::TcpStream;

/// Finds hosts and reaches them. The proxy checks what is found before it connects.
#[async_trait]
pub trait Resolve: Debug + Send + Sync {
    /// The addresses of a name.
    ///
    /// # Errors
    /// When the name can't be looked up.
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>>;

    /// Connects to an address that was checked.
    ///
    /// # Errors
    /// When nobody answers there.
    async fn connect(&self, address: SocketAddr) -> io::Result<Box<dyn Duplex>> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Box::new(stream))
    }
}

/// Asks this machine's own resolver.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

#[async_trait]
impl Resolve for SystemResolver {
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((name, 0)).await?.map(|address| address.ip()).collect())
    }
}
