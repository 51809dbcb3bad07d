//! What someone sees of a run.

mod json;
mod live;
mod narrate;
pub(crate) mod person;
mod plain;

use std::path::Path;

use samokoder::{
    pipeline::{Delta, RunReport},
    store::{RunEnd, Stored},
};

pub(crate) use json::Json;
pub(crate) use live::Live;
pub(crate) use narrate::{Narrator, size};
pub(crate) use person::{Desk, Heard, Person, hear};
pub(crate) use plain::Plain;

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

/// What came of a run, and what to type next.
pub(crate) fn summary(folder: &Path, report: &RunReport) {
    let me = command();
    let dir = quoted(folder);
    let next = match &report.end {
        RunEnd::Done { verified: true } => {
            outln!("\nDone: the app is in {dir}, and its own tests pass.");
            format!("{me} run {dir}")
        }
        RunEnd::Done { verified: false } => {
            outln!(
                "\nDone, unverified: the app is in {dir}; its tests were not run, because there is no sandbox."
            );
            format!("{me} resume {dir} --sandbox local")
        }
        RunEnd::Waiting { .. } => {
            outln!("\nWaiting for an answer.");
            format!("{me} answer {dir}")
        }
        RunEnd::Exhausted { limit, reason } => {
            outln!("\nStopped by the limit on {limit}: {reason}.");
            format!("{me} resume {dir}")
        }
        RunEnd::Stuck { reason } => {
            outln!("\nFailed: {reason}.");
            format!("{me} resume {dir}")
        }
        _ => {
            outln!("\nStopped. Everything finished is kept.");
            format!("{me} resume {dir}")
        }
    };
    let spent = report.spent;
    let counted = match report.end {
        RunEnd::Done { .. } | RunEnd::Waiting { .. } => "",
        _ => ", calls that were cut off counted in full",
    };
    outln!(
        "Cost{counted}: {} calls, {} tokens, {}. Time: {:.1} s.",
        spent.calls,
        spent.tokens,
        spent.money,
        report.elapsed.as_secs_f64()
    );
    outln!("Next: {next}");
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
