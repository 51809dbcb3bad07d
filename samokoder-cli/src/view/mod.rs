//! What someone sees of a run.

mod json;
mod live;
mod narrate;
pub(crate) mod person;
mod plain;
mod summary;
mod time;

use std::path::Path;

use samokoder::{pipeline::Delta, store::Stored};

pub(crate) use json::Json;
pub(crate) use live::Live;
pub(crate) use narrate::{Narrator, one_line, size};
pub(crate) use person::{Desk, Heard, Person, hear};
pub(crate) use plain::Plain;
pub(crate) use summary::{Settings, summary};
pub(crate) use time::time;

/// Shows a run as it goes.
pub(crate) trait View: Send {
    /// Something was recorded.
    fn record(&mut self, event: &Stored);

    /// Something was recorded before this sitting: worth knowing, not worth showing again.
    fn recall(&mut self, _event: &Stored) {}

    /// A piece of an answer arrived.
    fn delta(&mut self, _delta: &Delta) {}

    /// Says something between records, such as a question.
    fn say(&mut self, text: &str);

    /// The run is over.
    fn close(&mut self) {}
}

/// How this command was typed.
pub(crate) fn command() -> String {
    std::env::args().next().unwrap_or_else(|| "samokoder".into())
}

/// A path as it can be typed.
pub(crate) fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "/._-+:@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

/// Text without what would tell a terminal to do something: part of it was written by a model. Lines and tabs stay.
pub(crate) fn printable(text: &str) -> String {
    text.replace(|c: char| c.is_control() && !matches!(c, '\n' | '\t'), "\u{fffd}")
}
