//! Watching an answer and learning how it ended, also when nobody reads it to its end.

use samokoder_core::llm::{FinishReason, LlmError, StreamEvent};

/// How a call ended.
#[derive(Debug, Clone, Copy)]
pub(super) enum Outcome<'a> {
    /// With a whole answer.
    Finished(&'a FinishReason),
    /// With an error, before or within the answer.
    Failed(&'a LlmError),
    /// The stream was over before its finish.
    Stopped,
    /// Nobody waits for it any more.
    Dropped,
}

/// What a layer does while an answer passes. It is dropped right after its end.
pub(super) trait Watch: Send + 'static {
    /// Sees an event other than the finish.
    fn event(&mut self, _event: &StreamEvent) {}

    /// Is told once how the call ended. The stream below is gone by then.
    ///
    /// # Errors
    /// One that takes the place of the answer's finish. It is ignored after another outcome.
    fn end(&mut self, _outcome: Outcome<'_>) -> Result<(), LlmError> {
        Ok(())
    }
}

/// Tells its watch of the end exactly once.
pub(super) struct Ending(Option<Box<dyn Watch>>);

impl Ending {
    pub(super) fn new(watch: impl Watch) -> Self {
        Self(Some(Box::new(watch)))
    }

    pub(super) fn event(&mut self, event: &StreamEvent) {
        if let Some(watch) = &mut self.0 {
            watch.event(event);
        }
    }

    pub(super) fn end(&mut self, outcome: Outcome<'_>) -> Result<(), LlmError> {
        self.0.take().map_or(Ok(()), |mut watch| watch.end(outcome))
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        // There is no finish that an error could take the place of.
        let _ = self.end(Outcome::Dropped);
    }
}
