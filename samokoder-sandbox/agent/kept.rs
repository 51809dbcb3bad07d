//! What is kept of a stream: its beginning and its end.

use crate::wire::Kept;

/// Counts what is written to a stream and keeps the beginning and the end of it.
pub struct Keeper {
    /// Bytes so far.
    pub total: u64,
    half: usize,
    kept: Kept,
}

impl Keeper {
    /// Keeps up to `kept` bytes.
    pub fn new(kept: u64) -> Self {
        Self { total: 0, half: usize::try_from(kept / 2).unwrap_or(usize::MAX), kept: Kept::default() }
    }

    pub fn add(&mut self, mut bytes: &[u8]) {
        self.total += bytes.len() as u64;
        let room = self.half - self.kept.head.len().min(self.half);
        let (head, rest) = bytes.split_at(room.min(bytes.len()));
        self.kept.head.extend_from_slice(head);
        bytes = rest;
        if let Some(excess) = bytes.len().checked_sub(self.half) {
            self.kept.omitted += (self.kept.tail.len() + excess) as u64;
            self.kept.tail.clear();
            bytes = &bytes[excess..];
        }
        let excess = (self.kept.tail.len() + bytes.len()).saturating_sub(self.half);
        self.kept.tail.drain(..excess);
        self.kept.omitted += excess as u64;
        self.kept.tail.extend_from_slice(bytes);
    }

    pub fn take(&mut self) -> Kept {
        std::mem::take(&mut self.kept)
    }
}
