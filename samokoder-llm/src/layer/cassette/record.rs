//! Recording calls.

use std::{
    fmt,
    fs::OpenOptions,
    io::{self, Write},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use samokoder_core::llm::{
    CallContext, ChatRequest, FinishReason, LlmError, LlmErrorKind, LlmProvider, StreamEvent,
};

use super::Line;
use crate::layer::{
    Layer, Place,
    answer::Answer,
    chain::{Below, Link, Linked, wrapped},
    tape::Tape,
    watch::{Outcome, Watch},
};

/// Records calls on a cassette: a file of JSON lines that [`Replayer`](super::Replayer) gives again.
///
/// Secrets of known forms are redacted. A call is written when it is over, in one line; one that was dropped is not
/// written. An answer that can't be written fails: a cassette without it would be of no use.
///
/// ```no_run
/// use samokoder_llm::layer::{Recorder, Stack};
///
/// # fn main() -> std::io::Result<()> {
/// let stack = Stack::new().with(Recorder::append("tests/cassettes/plan.jsonl")?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Recorder {
    to: Arc<Mutex<dyn Write + Send>>,
}

impl Recorder {
    /// Records to a file, after what is in it.
    ///
    /// # Errors
    /// Those of opening the file.
    pub fn append(path: impl AsRef<Path>) -> io::Result<Self> {
        Ok(Self::new(OpenOptions::new().create(true).append(true).open(path)?))
    }

    /// Records to this writer. It is written to while the stream is read, so it should not block for long.
    pub fn new(to: impl Write + Send + 'static) -> Self {
        Self { to: Arc::new(Mutex::new(to)) }
    }

    fn write(&self, line: &Line<'_>) -> io::Result<()> {
        let line = line.write()?;
        let mut to = self.to.lock().unwrap_or_else(PoisonError::into_inner);
        to.write_all(&line)?;
        to.flush()
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").finish_non_exhaustive()
    }
}

impl Layer for Recorder {
    fn wrap(&self, inner: Arc<dyn LlmProvider>) -> Arc<dyn LlmProvider> {
        wrapped(self.clone(), inner)
    }

    fn place(&self) -> Place {
        Place::Cassette
    }

    fn link(&self) -> Option<Linked> {
        Some(Linked::new(self.clone()))
    }
}

#[async_trait]
impl Link for Recorder {
    async fn send(
        &self,
        request: Arc<ChatRequest>,
        call: &CallContext,
        below: Below<'_>,
    ) -> Result<Answer, LlmError> {
        let taking = Taking { recorder: self.clone(), request: request.clone(), tape: Tape::default() };
        below.watched(request, call, taking).await
    }
}

#[derive(Debug)]
struct Taking {
    recorder: Recorder,
    request: Arc<ChatRequest>,
    tape: Tape,
}

impl Taking {
    fn write(&mut self, finish: Option<&FinishReason>, error: Option<&LlmError>) -> Result<(), LlmError> {
        let tape = std::mem::take(&mut self.tape);
        let events = match finish {
            Some(reason) => tape.finish(reason.clone()),
            None => tape.content,
        };
        let line = Line { request: &self.request, events: &events, error };
        self.recorder.write(&line).map_err(|error| unwritten(&error))
    }
}

impl Watch for Taking {
    fn event(&mut self, event: &StreamEvent) {
        self.tape.push(event);
    }

    fn end(&mut self, outcome: Outcome<'_>) -> Result<(), LlmError> {
        match outcome {
            Outcome::Finished(reason) => self.write(Some(reason), None),
            Outcome::Failed(error) => self.write(None, Some(error)),
            Outcome::Stopped => self.write(None, None),
            Outcome::Dropped => Ok(()),
        }
    }
}

fn unwritten(error: &dyn fmt::Display) -> LlmError {
    LlmError::new(LlmErrorKind::BadRequest, format!("the call can't be recorded: {error}"))
}
