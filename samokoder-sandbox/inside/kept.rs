//! What is kept of a stream: its beginning and its end.

/// The beginning and the end of a stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    pub head: Vec<u8>,
    pub tail: Vec<u8>,
    pub omitted: u64,
}

/// Counts what is written to a stream and keeps the beginning and the end of it.
#[derive(Debug)]
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

    /// Adds what comes next.
    pub fn add(&mut self, mut bytes: &[u8]) {
        self.total += bytes.len() as u64;
        let Kept { head, tail, omitted } = &mut self.kept;
        let room = self.half - head.len().min(self.half);
        let (first, rest) = bytes.split_at(room.min(bytes.len()));
        head.extend_from_slice(first);
        bytes = rest;
        if let Some(excess) = bytes.len().checked_sub(self.half) {
            *omitted += (tail.len() + excess) as u64;
            tail.clear();
            bytes = &bytes[excess..];
        }
        let excess = (tail.len() + bytes.len()).saturating_sub(self.half);
        tail.drain(..excess);
        *omitted += excess as u64;
        tail.extend_from_slice(bytes);
    }

    pub fn finish(self) -> Kept {
        self.kept
    }
}
