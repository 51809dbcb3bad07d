//! A step that failed.

use std::io;

use super::codec::{Reader, Writer};

/// A step that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What was being done, in words.
    pub step: String,
    /// The operating system's error number.
    pub errno: i32,
}

impl Failure {
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::default();
        self.write(&mut w);
        w.0
    }

    pub fn decode(bytes: &[u8]) -> Option<Self> {
        Self::read(&mut Reader(bytes))
    }

    pub fn write(&self, w: &mut Writer) {
        w.bytes(self.step.as_bytes()).i32(self.errno);
    }

    pub fn read(r: &mut Reader<'_>) -> Option<Self> {
        Some(Self { step: String::from_utf8_lossy(&r.bytes()?).into_owned(), errno: r.i32()? })
    }
}

/// Says which step failed.
pub trait At<T> {
    fn at(self, step: &str) -> Result<T, Failure>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, step: &str) -> Result<T, Failure> {
        self.map_err(|error| Failure {
            step: step.to_owned(),
            errno: error.raw_os_error().unwrap_or_default(),
        })
    }
}
