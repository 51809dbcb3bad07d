//! What goes on for longer than one answer, other than commands.

use std::{
    fs::File,
    io::Read as _,
    os::fd::{AsRawFd as _, RawFd},
};

use crate::{
    connection::Answers,
    sys,
    wire::{self, Frame, Kind, WINDOW},
};

/// Something that sends or takes bytes.
pub trait Stream {
    /// What it waits for.
    fn interest(&self) -> Option<(RawFd, i16)>;
    /// Does what can be done.
    fn go_on(&mut self, answers: &mut Answers<'_>);
    /// Takes a frame that belongs to it.
    fn take(&mut self, frame: Frame, answers: &mut Answers<'_>);
    /// Whether there is nothing more to do.
    fn is_over(&self) -> bool;
}

/// A file that is being sent.
pub struct Download {
    file: File,
    left: u64,
    credit: u64,
    over: bool,
}

impl Download {
    pub fn new(file: File, length: u64) -> Self {
        Self { file, left: length, credit: WINDOW.into(), over: false }
    }
}

impl Stream for Download {
    fn interest(&self) -> Option<(RawFd, i16)> {
        (self.credit > 0).then(|| (self.file.as_raw_fd(), sys::READABLE))
    }

    fn go_on(&mut self, answers: &mut Answers<'_>) {
        let most = self.left.min(self.credit).min(wire::PIECE as u64) as usize;
        let mut buffer = vec![0; most];
        match self.file.read(&mut buffer) {
            Ok(count) if count > 0 => {
                self.left -= count as u64;
                self.credit -= count as u64;
                answers.send(Kind::Data, &buffer[..count]);
            }
            // Who cuts a file short while it is read gets what is left of it.
            _ => self.left = 0,
        }
        if self.left == 0 {
            answers.send(Kind::Done, &[]);
            self.over = true;
        }
    }

    fn take(&mut self, frame: Frame, _: &mut Answers<'_>) {
        if frame.kind == Kind::Credit {
            self.credit += wire::Reader(&frame.payload).u64().unwrap_or(0);
        }
    }

    fn is_over(&self) -> bool {
        self.over
    }
}
