//! Events for programs.

use std::io::Write as _;

use samokoder::store::Stored;

use super::View;

/// Prints each record as one line of JSON and nothing else.
#[derive(Debug)]
pub(crate) struct Json;

impl View for Json {
    fn record(&mut self, event: &Stored) {
        if let Ok(line) = serde_json::to_string(event) {
            let mut out = std::io::stdout().lock();
            // Nobody reading is no reason to stop: the run can be followed from its number later.
            let _ = writeln!(out, "{line}").and_then(|()| out.flush());
        }
    }

    fn say(&mut self, _text: &str) {}
}
