//! Recordings of exchanges: one JSON object a line.

mod record;
mod replay;

use std::{collections::BTreeMap, io, path::Path};

use serde::{Deserialize, Serialize};

pub(crate) use record::{Recorder, Recording};
pub(crate) use replay::Replay;

/// Exchanges in the order in which they ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cassette {
    /// The exchanges.
    pub exchanges: Vec<Exchange>,
}

/// A request and its response.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Exchange {
    /// Whose protocol it is: `openai`, `anthropic`, `groq`, `openrouter`, `ollama`.
    pub provider: String,
    /// The method.
    pub method: String,
    /// The path, with the query.
    pub path: String,
    /// The status of the response.
    pub status: u16,
    /// The type of its body.
    pub content_type: String,
    /// Its headers, by name in small letters.
    pub headers: BTreeMap<String, String>,
    /// Whether its body is a stream of server-sent events.
    pub sse: bool,
    /// The body of the request. In a recording to replay, an empty one stands for any.
    pub request: String,
    /// The body of the response, byte by byte.
    pub response: String,
}

impl Cassette {
    /// Reads a recording. Fields that are not of an [`Exchange`] are passed over.
    ///
    /// # Errors
    /// With the number of the line, when one is not an exchange.
    pub fn from_lines(lines: &str) -> io::Result<Self> {
        let lines = lines.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let exchanges = lines.map(|(at, line)| {
            serde_json::from_str(line).map_err(|error| {
                io::Error::new(io::ErrorKind::InvalidData, format!("line {}: {error}", at + 1))
            })
        });
        Ok(Self { exchanges: exchanges.collect::<io::Result<_>>()? })
    }

    /// Reads a recording from a file.
    ///
    /// # Errors
    /// When the file can't be read, or as [`from_lines`](Self::from_lines).
    pub fn read(path: &Path) -> io::Result<Self> {
        Self::from_lines(&std::fs::read_to_string(path)?)
    }
}
