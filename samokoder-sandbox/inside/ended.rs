//! How a command ended.

use super::{
    codec::{Reader, Writer},
    kept::Kept,
};

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    pub how: How,
    /// Processor time of all its processes in microseconds.
    pub cpu_us: u64,
    /// The most memory that they were seen to hold, in bytes; 0 when nobody looked in time.
    pub peak: u64,
    /// What was written to both streams, in bytes, kept or not.
    pub written: u64,
    pub stdout: Kept,
    pub stderr: Kept,
}

/// The reason a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    Exited(i32),
    Signalled(i32),
    TimedOut,
    CpuExhausted,
    OutOfMemory,
    OutputLimit,
    DiskFull,
    TooManyProcesses,
    Cancelled,
    /// With the error number of `execve`.
    NotStarted(i32),
}

impl Ended {
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::default();
        self.write(&mut w);
        w.0
    }

    pub fn decode(bytes: &[u8]) -> Option<Self> {
        Self::read(&mut Reader(bytes))
    }

    pub fn write(&self, w: &mut Writer) {
        let (kind, value) = self.how.number();
        w.u64(kind).i32(value).u64(self.cpu_us).u64(self.peak).u64(self.written);
        for kept in [&self.stdout, &self.stderr] {
            w.bytes(&kept.head).bytes(&kept.tail).u64(kept.omitted);
        }
    }

    pub fn read(r: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            how: How::from_number(r.u64()?, r.i32()?)?,
            cpu_us: r.u64()?,
            peak: r.u64()?,
            written: r.u64()?,
            stdout: Kept { head: r.bytes()?, tail: r.bytes()?, omitted: r.u64()? },
            stderr: Kept { head: r.bytes()?, tail: r.bytes()?, omitted: r.u64()? },
        })
    }
}

impl How {
    fn number(self) -> (u64, i32) {
        match self {
            Self::Exited(code) => (0, code),
            Self::Signalled(signal) => (1, signal),
            Self::TimedOut => (2, 0),
            Self::CpuExhausted => (3, 0),
            Self::OutOfMemory => (4, 0),
            Self::OutputLimit => (5, 0),
            Self::Cancelled => (6, 0),
            Self::NotStarted(errno) => (7, errno),
            Self::DiskFull => (8, 0),
            Self::TooManyProcesses => (9, 0),
        }
    }

    fn from_number(kind: u64, value: i32) -> Option<Self> {
        Some(match kind {
            0 => Self::Exited(value),
            1 => Self::Signalled(value),
            2 => Self::TimedOut,
            3 => Self::CpuExhausted,
            4 => Self::OutOfMemory,
            5 => Self::OutputLimit,
            6 => Self::Cancelled,
            7 => Self::NotStarted(value),
            8 => Self::DiskFull,
            9 => Self::TooManyProcesses,
            _ => return None,
        })
    }
}
