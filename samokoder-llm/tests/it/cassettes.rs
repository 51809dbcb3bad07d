//! Recorded exchanges with real providers, which are no part of this repository.
//!
//! The environment variable `SAMOKODER_CASSETTES` names a folder with `recorded.jsonl.gz`: one JSON object a line, with
//! the fields of [`Exchange`]. Without it the tests of recorded traffic are left out.

use std::{
    env,
    fs::File,
    io::{BufRead as _, BufReader},
    path::Path,
};

use flate2::bufread::GzDecoder;
use serde::Deserialize;
use serde_json::{Map, Value};

/// One request and its reply.
#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "each protocol's tests read some of the fields")]
pub(crate) struct Exchange {
    /// Who was asked: `anthropic`.
    pub(crate) provider: String,
    /// The path of the request, from its first `/` on.
    pub(crate) path: String,
    /// The HTTP status of the reply.
    pub(crate) status: u16,
    /// Whether the reply is a stream of server-sent events.
    pub(crate) sse: bool,
    /// The headers of the reply.
    #[serde(default)]
    pub(crate) headers: Map<String, Value>,
    /// The request's body; empty where it carried an attachment.
    pub(crate) request: String,
    /// The reply's body.
    pub(crate) response: String,
    /// The name of the recording. A conversation's exchanges have the same one and follow each other.
    pub(crate) file: String,
}

/// The recorded exchanges that pass the filter, in their order. `None`, with a word about it, without recordings.
pub(crate) fn exchanges(filter: impl Fn(&Exchange) -> bool) -> Option<Vec<Exchange>> {
    let Some(folder) = env::var_os("SAMOKODER_CASSETTES") else {
        say_left_out();
        return None;
    };
    let file = File::open(Path::new(&folder).join("recorded.jsonl.gz")).unwrap();
    let lines = BufReader::new(GzDecoder::new(BufReader::new(file))).lines();
    let exchanges = lines.map(|line| serde_json::from_str(&line.unwrap()).unwrap());
    Some(exchanges.filter(filter).collect())
}

#[expect(clippy::print_stdout, reason = "whoever reads the test's output must not take it for a check")]
fn say_left_out() {
    println!("left out: SAMOKODER_CASSETTES names no folder with recorded exchanges");
}
