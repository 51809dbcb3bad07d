//! Recorded traffic: a folder with `recorded.jsonl.gz`, named by the variable `SAMOKODER_CASSETTES`.
//!
//! A line is an exchange. The recordings are not part of the project; without them the tests that read them say so
//! and check nothing.

use std::{fs::File, io::Read as _, path::Path};

use flate2::read::GzDecoder;
use serde::Deserialize;

/// A request and what was replied to it.
#[derive(Debug, Deserialize)]
pub(crate) struct Exchange {
    pub(crate) provider: String,
    pub(crate) path: String,
    #[serde(deserialize_with = "lenient")]
    pub(crate) status: u16,
    #[serde(deserialize_with = "lenient")]
    pub(crate) sse: bool,
    #[serde(default)]
    pub(crate) request: String,
    pub(crate) response: String,
    pub(crate) file: String,
}

impl Exchange {
    /// What to call it in a message.
    pub(crate) fn name(&self) -> String {
        format!("{} {} {}", self.provider, self.path, self.file)
    }
}

/// The exchanges that `filter` accepts, in the order in which they were recorded. `None` without recordings.
#[expect(clippy::disallowed_methods, reason = "the recordings are named by the environment of the tests")]
#[expect(clippy::print_stdout, reason = "a test that checks nothing says so")]
pub(crate) fn exchanges(filter: impl Fn(&Exchange) -> bool) -> Option<Vec<Exchange>> {
    let Ok(folder) = std::env::var("SAMOKODER_CASSETTES") else {
        println!("left out: SAMOKODER_CASSETTES names no folder with recordings");
        return None;
    };
    let file = File::open(Path::new(&folder).join("recorded.jsonl.gz")).unwrap();
    let mut text = String::new();
    GzDecoder::new(file).read_to_string(&mut text).unwrap();
    let all = text.lines().map(|line| serde_json::from_str::<Exchange>(line).unwrap());
    Some(all.filter(filter).collect())
}

/// Reads a value that is either itself or written as a text.
fn lenient<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    let value = serde_json::Value::deserialize(deserializer)?;
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_lowercase);
    text.parse().map_err(serde::de::Error::custom)
}
