//! The way out of a session: commands connect here, and what they say goes to the proxy, which the library holds.

use std::{
    io,
    net::{Ipv4Addr, TcpListener, TcpStream},
    os::fd::{AsRawFd as _, RawFd},
};

use crate::wire::AGENTS_OWN;

/// How many connections are open at a time; more wait.
pub const MOST: usize = 128;

/// Where commands connect.
pub struct WayOut {
    listener: TcpListener,
    pub port: u16,
    /// The connections of those who hold the proxy, the latest last.
    holders: Vec<u64>,
    next: u32,
}

impl WayOut {
    /// Listens. Services keep the port that they were told, whoever holds the proxy later.
    pub fn open() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        Ok(Self { port: listener.local_addr()?.port(), listener, holders: Vec::new(), next: AGENTS_OWN })
    }

    pub fn add_holder(&mut self, connection: u64) {
        self.holders.push(connection);
    }

    /// Who is asked for the proxy: the latest who is there.
    pub fn holder(&self, is_there: impl Fn(u64) -> bool) -> Option<u64> {
        self.holders.iter().rev().copied().find(|holder| is_there(*holder))
    }

    pub fn descriptor(&self) -> RawFd {
        self.listener.as_raw_fd()
    }

    /// Takes who waits, with the number of the connection.
    pub fn accept(&mut self) -> Option<(u32, TcpStream)> {
        let (stream, _) = self.listener.accept().ok()?;
        let number = self.next;
        self.next = self.next.checked_add(1).unwrap_or(AGENTS_OWN);
        Some((number, stream))
    }
}
