//! The agent of a container: process 1 of a session, and the way to it.
//!
//! The library puts this one program into an image and starts it in two roles:
//!
//! - `agent init SETUP` is process 1 of a container. It starts commands, holds them to their limits, reads and writes
//!   files, and ends, with everything in the container, when nobody has been connected for longer than the lease.
//! - `agent link` is started beside it, by the engine, for everyone who is connected. It passes bytes on between its
//!   standard streams and process 1, as a user that commands are not and can't signal.
//!
//! Commands have the same user as process 1. What keeps it from them is that the kernel lets nothing signal process 1
//! from within, that it can't be looked into, and that it listens to no one who does not know the session's token.

mod bridge;
mod command;
mod connection;
mod exec;
mod files;
#[path = "../inside/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the library and another program use the rest")]
mod inside;
mod port;
mod session;
mod stream;
mod sys;
mod tree;
mod upload;
mod usage;
mod way_out;
mod wire;

use inside::At;

fn main() {
    let mut arguments = std::env::args().skip(1);
    match (arguments.next().as_deref(), arguments.next()) {
        (Some("init"), Some(setup)) => {
            let setup = wire::from_hex(&setup).and_then(|bytes| wire::Setup::decode(&bytes));
            setup.map_or_else(|| sys::exit(64), session::run)
        }
        (Some("link"), None) => bridge::run(),
        _ => sys::exit(64),
    }
}
