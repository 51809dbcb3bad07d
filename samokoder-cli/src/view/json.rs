//! Events for programs.

use samokoder::store::Stored;

use super::View;

/// Prints each record as one line of JSON and nothing else.
#[derive(Debug)]
pub(crate) struct Json;

impl View for Json {
    fn record(&mut self, event: &Stored) {
        if let Ok(line) = serde_json::to_string(event) {
            outln!("{line}");
        }
    }

    fn say(&mut self, _text: &str) {}
}
