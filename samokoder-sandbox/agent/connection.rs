//! Someone who is connected.

use std::{
    io::{self, Read as _, Write as _},
    os::{
        fd::{AsRawFd as _, RawFd},
        unix::net::UnixStream,
    },
    thread,
    time::{Duration, Instant},
};

use crate::{
    sys,
    wire::{self, Frame, Kind},
};

/// The longest frame that the library sends: a command with its arguments.
const LONGEST: usize = 1 << 20;

/// How long it is waited for memory before it is tried again.
pub const MOMENT: Duration = Duration::from_millis(1);

/// Someone who is connected, with what was received in part and what is still to be sent.
pub struct Connection {
    stream: UnixStream,
    incoming: Vec<u8>,
    pub outgoing: Vec<u8>,
    /// When something last came.
    pub heard: Instant,
}

impl Connection {
    pub fn new(stream: UnixStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Ok(Self { stream, incoming: Vec::new(), outgoing: Vec::new(), heard: Instant::now() })
    }

    pub fn interest(&self) -> (RawFd, i16) {
        let writable = if self.outgoing.is_empty() { 0 } else { sys::WRITABLE };
        (self.stream.as_raw_fd(), sys::READABLE | writable)
    }

    /// Takes what came. `None` when the other side is gone or talks nonsense.
    pub fn receive(&mut self, buffer: &mut [u8]) -> Option<Vec<Frame>> {
        match self.stream.read(buffer) {
            Ok(0) => return None,
            Ok(count) => self.incoming.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if sys::is_short_of_memory(&error) => {}
            Err(_) => return None,
        }
        self.heard = Instant::now();
        let (mut frames, mut taken) = (Vec::new(), 0);
        while let Some((frame, length)) = wire::first_frame(&self.incoming[taken..], LONGEST).ok()? {
            frames.push(frame);
            taken += length;
        }
        self.incoming.drain(..taken);
        Some(frames)
    }

    /// Sends what can be sent at once. `false` when the other side is gone.
    pub fn send(&mut self) -> bool {
        while !self.outgoing.is_empty() {
            match self.stream.write(&self.outgoing) {
                Ok(count) => drop(self.outgoing.drain(..count)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if sys::is_short_of_memory(&error) => {
                    thread::sleep(MOMENT);
                    break;
                }
                Err(_) => return false,
            }
        }
        true
    }
}

/// Where the answers to one request go.
pub struct Answers<'a> {
    pub id: u32,
    pub outgoing: &'a mut Vec<u8>,
}

impl Answers<'_> {
    pub fn send(&mut self, kind: Kind, payload: &[u8]) {
        self.outgoing.extend_from_slice(&wire::frame(self.id, kind, payload));
    }

    /// Lets the other side send this many more bytes.
    pub fn credit(&mut self, bytes: usize) {
        self.send(Kind::Credit, &(bytes as u64).to_le_bytes());
    }

    pub fn conclude(&mut self, outcome: Result<Vec<u8>, wire::Failure>) {
        match outcome {
            Ok(payload) => self.send(Kind::Done, &payload),
            Err(failure) => self.send(Kind::Failed, &failure.encode()),
        }
    }
}
