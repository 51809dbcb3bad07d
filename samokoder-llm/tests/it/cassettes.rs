//! Recorded exchanges with real providers, found through `SAMOKODER_CASSETTES`: a folder with `recorded.jsonl.gz`.

use std::{
    collections::BTreeMap,
    env,
    fs::File,
    io::{BufRead as _, BufReader},
    path::Path,
};

use flate2::read::GzDecoder;
use serde::Deserialize;

/// One exchange.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Exchange {
    pub(crate) provider: String,
    pub(crate) path: String,
    pub(crate) status: u16,
    #[serde(default)]
    pub(crate) sse: bool,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) request: String,
    pub(crate) response: String,
    pub(crate) file: String,
}

/// The recorded exchanges that `filter` wants. Without recordings there are none, and the test that asks says so.
#[expect(clippy::print_stdout, reason = "says which tests are left out")]
pub(crate) fn exchanges(filter: impl Fn(&Exchange) -> bool) -> Vec<Exchange> {
    let Some(folder) = env::var_os("SAMOKODER_CASSETTES").filter(|folder| !folder.is_empty()) else {
        println!("left out: SAMOKODER_CASSETTES names no folder with recorded traffic");
        return vec![];
    };
    let path = Path::new(&folder).join("recorded.jsonl.gz");
    let file = File::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let found: Vec<_> = BufReader::new(GzDecoder::new(file))
        .lines()
        .map(|line| serde_json::from_str(&line.unwrap()).unwrap())
        .filter(filter)
        .collect();
    assert!(!found.is_empty(), "{} has no exchange of this kind", path.display());
    found
}
