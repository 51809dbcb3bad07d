//! The way from the engine's streams to process 1.

use std::{
    io::{self, Read, Write},
    net::Shutdown,
    os::{
        linux::net::SocketAddrExt as _,
        unix::net::{SocketAddr, UnixStream},
    },
    thread,
    time::{Duration, Instant},
};

use crate::{connection::MOMENT, sys, wire};

/// How long process 1 may take to listen after the container was started.
const PATIENCE: Duration = Duration::from_secs(10);

/// Passes bytes on until one side ends.
pub fn run() -> ! {
    let Some(stream) = connect() else { sys::exit(1) };
    let (Ok(reader), writer) = (stream.try_clone(), stream) else { sys::exit(1) };
    thread::spawn(move || {
        pass(io::stdin().lock(), &writer);
        // Process 1 sees the end; what it still says comes through.
        let _ = writer.shutdown(Shutdown::Write);
    });
    pass(&reader, io::stdout().lock());
    sys::exit(0)
}

fn connect() -> Option<UnixStream> {
    let address = SocketAddr::from_abstract_name(wire::SOCKET).ok()?;
    let end = Instant::now() + PATIENCE;
    loop {
        match UnixStream::connect_addr(&address) {
            Ok(stream) => return Some(stream),
            Err(_) if Instant::now() < end => thread::sleep(Duration::from_millis(1)),
            Err(_) => return None,
        }
    }
}

fn pass(mut from: impl Read, mut to: impl Write) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = patiently(|| from.read(&mut buffer)) {
        let mut rest = &buffer[..count];
        while !rest.is_empty() {
            match patiently(|| to.write(rest)) {
                Ok(written @ 1..) => rest = &rest[written..],
                _ => return,
            }
        }
        if patiently(|| to.flush()).is_err() {
            return;
        }
    }
}

/// Does something again for as long as there is no memory for it.
fn patiently<T>(mut act: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match act() {
            Err(error) if sys::is_short_of_memory(&error) => thread::sleep(MOMENT),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            outcome => return outcome,
        }
    }
}
