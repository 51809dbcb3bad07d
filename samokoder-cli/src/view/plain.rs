//! Lines, for where there is no terminal.

use samokoder::store::Stored;

use super::{View, narrate::Narrator};

/// Prints a line for each thing that matters.
#[derive(Debug, Default)]
pub(crate) struct Plain {
    narrator: Narrator,
}

impl View for Plain {
    fn record(&mut self, event: &Stored) {
        for line in self.narrator.tell(event) {
            outln!("{:<12}  {}", line.who, line.what);
        }
    }

    fn recall(&mut self, event: &Stored) {
        self.narrator.tell(event);
    }

    fn say(&mut self, text: &str) {
        outln!("{text}");
    }
}
