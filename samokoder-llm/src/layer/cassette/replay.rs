//! Giving recorded calls again.

use std::{
    fs, io,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use futures::stream;
use samokoder_core::llm::{CallContext, ChatRequest, LlmError, LlmErrorKind, LlmProvider};
use serde::Deserialize as _;
use serde_json::Value;

use super::{Take, difference::difference, redacted};
use crate::layer::{
    Layer, Place,
    answer::Answer,
    chain::{Below, Link, Linked, wrapped},
};

/// Gives the calls on a cassette again instead of asking the provider, which is asked for capabilities only.
///
/// A request gets the first answer on the cassette that was given to the same request and not given again yet, so
/// requests may come in another order than they were recorded in. A request that is not on the cassette, or not as
/// often, fails with [`BadRequest`](LlmErrorKind::BadRequest): the message names the nearest recorded one and where
/// it differs.
///
/// ```no_run
/// use samokoder_llm::layer::{Replayer, Stack};
///
/// # fn main() -> std::io::Result<()> {
/// let replayer = Replayer::open("tests/cassettes/plan.jsonl")?;
/// let stack = Stack::new().with(replayer.clone());
/// assert_eq!(replayer.left(), 0, "every recorded call was made again");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Replayer {
    takes: Arc<Mutex<Vec<Option<Take>>>>,
}

impl Replayer {
    /// Reads the cassette in a file.
    ///
    /// # Errors
    /// Those of reading the file; [`io::ErrorKind::InvalidData`] for a line that is not a recorded call.
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::new(&fs::read_to_string(path)?)
    }

    /// Reads a cassette.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidData`] for a line that is not a recorded call.
    pub fn new(cassette: &str) -> io::Result<Self> {
        let lines = cassette.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let takes = lines.map(|(number, line)| {
            read(line).map(Some).map_err(|error| {
                io::Error::new(
                    io::ErrorKind::InvalidData,
                    format!("line {} of the cassette: {error}", number + 1),
                )
            })
        });
        Ok(Self { takes: Arc::new(Mutex::new(takes.collect::<io::Result<_>>()?)) })
    }

    /// How many recorded calls were not made again yet.
    pub fn left(&self) -> usize {
        self.takes.lock().unwrap_or_else(PoisonError::into_inner).iter().flatten().count()
    }

    fn take(&self, request: &Value) -> Result<Take, LlmError> {
        let mut takes = self.takes.lock().unwrap_or_else(PoisonError::into_inner);
        let same = takes.iter_mut().find(|take| take.as_ref().is_some_and(|take| take.request == *request));
        if let Some(take) = same.and_then(Option::take) {
            return Ok(take);
        }
        let left = takes.iter().enumerate().filter_map(|(index, take)| Some((index + 1, take.as_ref()?)));
        let nearest = left
            .map(|(number, take)| (number, difference(&take.request, request)))
            .max_by_key(|(number, difference)| (difference.same, std::cmp::Reverse(*number)));
        let message = match nearest {
            None => "every call on the cassette was made again already".into(),
            Some((number, difference)) => {
                format!("call {number} on the cassette is the nearest, and {difference}")
            }
        };
        let message = format!("the request is not on the cassette: {message}");
        Err(LlmError::new(LlmErrorKind::BadRequest, message))
    }
}

/// Reads a call. What was written as text and what is a value may differ in how a number is given: `0.7` has more
/// digits as a value.
fn read(line: &str) -> Result<Take, serde_json::Error> {
    let mut take: Take = serde_json::from_str(line)?;
    if let Ok(request) = ChatRequest::deserialize(&take.request) {
        take.request = serde_json::to_value(request)?;
    }
    Ok(take)
}

impl Layer for Replayer {
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
impl Link for Replayer {
    async fn send(
        &self,
        request: Arc<ChatRequest>,
        _call: &CallContext,
        _below: Below<'_>,
    ) -> Result<Answer, LlmError> {
        let request = redacted(&*request).map_err(|error| {
            LlmError::new(LlmErrorKind::BadRequest, format!("the request has no JSON form: {error}"))
        })?;
        let take = self.take(&request)?;
        match take.error {
            Some(error) if take.events.is_empty() => Err(error),
            error => Ok(Answer::of(stream::iter(take.events.into_iter().map(Ok).chain(error.map(Err))))),
        }
    }
}
