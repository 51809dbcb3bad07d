//! Sockets without a network.

use std::{
    fs, io,
    os::{
        linux::net::SocketAddrExt as _,
        unix::net::{SocketAddr, UnixListener, UnixStream},
    },
};

/// A socket that a process of the host, or of another command behind a wall of its own, listens on, named without a file.
pub fn abstract_socket(name: &str) -> Vec<String> {
    match SocketAddr::from_abstract_name(name).and_then(|address| UnixStream::connect_addr(&address)) {
        Ok(_) => vec![format!("@{name} was reached")],
        Err(_) => Vec::new(),
    }
}

/// Listens on such a socket until it is killed. One's own is reached.
pub fn listen_abstract(name: &str) -> Vec<String> {
    let own = SocketAddr::from_abstract_name(name).and_then(|address| {
        let listener = UnixListener::bind_addr(&address)?;
        UnixStream::connect_addr(&address).map(|_| listener)
    });
    match own {
        Ok(_listener) => {
            let _ = fs::write("/workspace/listening", "");
            crate::processes::wait()
        }
        Err(error) => vec![format!("one's own: {error}")],
    }
}

/// Sockets of the host that are named by a file: none of these is reached.
pub fn named(paths: &[&str]) -> Vec<String> {
    let ways = ["", "/proc/self/root", "/proc/1/root"];
    let all = paths.iter().flat_map(|path| ways.iter().map(move |way| format!("{way}{path}")));
    let reached = |path: &String| match UnixStream::connect(path) {
        Ok(_) => true,
        // There is one, and it is too busy to be reached.
        Err(error) => error.kind() == io::ErrorKind::WouldBlock,
    };
    all.filter(reached).map(|path| format!("{path} was reached")).collect()
}
