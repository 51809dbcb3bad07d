//! What is kept of a stream: its beginning and its end.

use std::{
    fs::File,
    io::{self, Read as _},
    os::fd::OwnedFd,
};

use crate::wire::Kept;

/// A stream of a command, being read.
pub struct Stream {
    /// `None` once it has ended.
    pub source: Option<File>,
    /// Bytes read so far.
    pub total: u64,
    pub kept: Kept,
    half: usize,
}

impl Stream {
    /// Keeps up to `kept` bytes of what comes out of `source`, which must not block.
    pub fn new(source: OwnedFd, kept: u64) -> Self {
        let half = usize::try_from(kept / 2).unwrap_or(usize::MAX);
        Self { source: Some(source.into()), total: 0, half, kept: Kept::default() }
    }

    /// Reads what there is, but no more than a few buffers: others wait too.
    pub fn read(&mut self, buffer: &mut [u8]) {
        for _ in 0..8 {
            let Some(source) = &mut self.source else { return };
            match source.read(buffer) {
                Ok(0) => self.source = None,
                Ok(count) => {
                    self.total += count as u64;
                    self.kept.add(&buffer[..count], self.half);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(_) => self.source = None,
            }
        }
    }

    /// Reads to the end; nobody is left to write.
    pub fn finish(&mut self, buffer: &mut [u8]) {
        let mut before = None;
        while self.source.is_some() && before != Some(self.total) {
            before = Some(self.total);
            self.read(buffer);
        }
    }
}
