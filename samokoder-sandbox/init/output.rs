//! What is kept of a stream: its beginning and its end.

use std::{
    fs::File,
    io::{self, Read as _},
    os::fd::OwnedFd,
};

use crate::wire::{Keeper, Kept};

/// A stream of a command, being read.
pub struct Stream {
    /// `None` once it has ended.
    pub source: Option<File>,
    keeper: Keeper,
}

impl Stream {
    /// Keeps up to `kept` bytes of what comes out of `source`, which must not block.
    pub fn new(source: OwnedFd, kept: u64) -> Self {
        Self { source: Some(source.into()), keeper: Keeper::new(kept) }
    }

    /// Reads what there is, but no more than a few buffers, which is more than a pipe holds: others wait too.
    pub fn read(&mut self, buffer: &mut [u8]) {
        for _ in 0..8 {
            let Some(source) = &mut self.source else { return };
            match source.read(buffer) {
                Ok(0) => self.source = None,
                Ok(count) => self.keeper.add(&buffer[..count]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(_) => self.source = None,
            }
        }
    }

    /// Bytes read so far.
    pub fn total(&self) -> u64 {
        self.keeper.total
    }

    /// Reads what is left by a command that is gone. Who else was handed the stream may write for ever. Returns how much
    /// was read, and what is kept of it.
    pub fn finish(mut self, buffer: &mut [u8]) -> (u64, Kept) {
        self.read(buffer);
        (self.total(), self.keeper.finish())
    }
}
