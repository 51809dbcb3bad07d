//! Recorded exchanges with real providers, found through `SAMOKODER_CASSETTES`: a folder with `recorded.jsonl.gz`.

use std::{
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

/// The recorded exchanges that `filter` wants. `None` without recordings, which is said.
#[expect(clippy::print_stdout, reason = "says which tests are left out")]
pub(crate) fn exchanges(filter: impl Fn(&Exchange) -> bool) -> Option<Vec<Exchange>> {
    let Some(folder) = env::var_os("SAMOKODER_CASSETTES").filter(|folder| !folder.is_empty()) else {
        println!("left out: SAMOKODER_CASSETTES names no folder with recorded traffic");
        return None;
    };
    let path = Path::new(&folder).join("recorded.jsonl.gz");
    let file = File::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let found: Vec<_> = BufReader::new(GzDecoder::new(file))
        .lines()
        .map(|line| serde_json::from_str(&line.unwrap()).unwrap())
        .filter(filter)
        .collect();
    assert!(!found.is_empty(), "{} has no exchange of this kind", path.display());
    Some(found)
}
