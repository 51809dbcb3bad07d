//! A live view, for a terminal.

use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use samokoder::{pipeline::Delta, store::Stored};

use super::{View, narrate::Narrator};

/// Shows what was done above, and below it who is at work and how far things are.
#[derive(Debug)]
pub(crate) struct Live {
    narrator: Narrator,
    screen: MultiProgress,
    files: ProgressBar,
    working: Vec<ProgressBar>,
    received: usize,
}

impl Live {
    pub(crate) fn new() -> Self {
        let screen = MultiProgress::new();
        let files = screen.add(ProgressBar::new(0));
        files.set_style(style("{elapsed_precise}  {bar:24.cyan/dim}  {pos}/{len} files  {msg:.dim}"));
        files.enable_steady_tick(Duration::from_millis(100));
        Self { narrator: Narrator::default(), screen, files, working: Vec::new(), received: 0 }
    }

    fn print(&self, text: &str) {
        // A terminal that is gone shows nothing; the run goes on.
        let _ = self.screen.println(text);
    }

    /// One spinner for each agent at work.
    fn show_working(&mut self) {
        let working: Vec<String> =
            self.narrator.working().map(|(who, about)| format!("{who:<12}  {about}")).collect();
        while self.working.len() < working.len() {
            let spinner = self.screen.insert_before(&self.files, ProgressBar::new_spinner());
            spinner.set_style(style("{spinner:.cyan} {msg}"));
            spinner.enable_steady_tick(Duration::from_millis(100));
            self.working.push(spinner);
        }
        for spinner in self.working.drain(working.len()..) {
            spinner.finish_and_clear();
            self.screen.remove(&spinner);
        }
        for (spinner, text) in self.working.iter().zip(working) {
            spinner.set_message(text);
        }
    }
}

impl View for Live {
    fn record(&mut self, event: &Stored) {
        for line in self.narrator.tell(event) {
            let who = console::style(format!("{:<12}", line.who));
            let who = if line.alarming { who.red() } else { who.cyan() };
            self.print(&format!("  {who}  {}", line.what));
        }
        let (written, planned) = self.narrator.progress();
        self.files.set_length(planned as u64);
        self.files.set_position(written as u64);
        self.show_working();
    }

    fn delta(&mut self, delta: &Delta) {
        self.received += delta.text.len();
        self.files.set_message(format!("{} received", super::size(self.received as u64)));
    }

    fn recall(&mut self, event: &Stored) {
        self.narrator.tell(event);
    }

    fn say(&mut self, text: &str) {
        self.print(text);
    }

    fn close(&mut self) {
        for spinner in self.working.drain(..) {
            spinner.finish_and_clear();
        }
        self.files.finish_and_clear();
    }
}

/// A template that is known to be right; the default style otherwise.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
