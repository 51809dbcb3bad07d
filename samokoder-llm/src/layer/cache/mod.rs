//! Answers kept for the same request.

mod flight;
mod kept;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use futures::stream;
use samokoder_core::{
    digest::Digest,
    llm::{CallContext, ChatRequest, FinishReason, LlmError, LlmProvider, Money, Start, StreamEvent},
};
use serde_json::{Map, json};
use tokio::time::Instant;

use self::{
    flight::{Flight, Landed, Leader},
    kept::Kept,
};
use super::{
    Layer, Place,
    answer::Answer,
    chain::{Below, Link, Linked, wrapped},
    tape::Tape,
    wait::within,
    watch::{Outcome, Watch},
};

/// Gives the answer to a request that was answered before, and lets requests that are the same wait for one answer.
///
/// - What is the same is decided by the BLAKE3 hash of the request's JSON, and of the scope it is asked in: nobody gets
///   what another tenant asked.
/// - A hit costs nothing and uses no tokens; what it used at first is in the answer's `extra.cached_usage`.
/// - Answers that are cut off, refused, or in any other way not whole are never kept.
/// - A call that is [`fresh`](CallContext::fresh) asks the model, and its answer replaces the one that is kept.
/// - It holds a limited number of bytes for a limited time, and lets go of what was not asked for the longest.
///
/// ```
/// use std::time::Duration;
///
/// use samokoder_llm::layer::{Cache, Stack};
///
/// let stack = Stack::new().with(Cache::new(64 << 20, Duration::from_hours(1)));
/// ```
#[derive(Debug, Clone)]
pub struct Cache {
    shelf: Arc<Shelf>,
}

impl Cache {
    /// Holds answers of this many bytes together, each one for this long.
    pub fn new(bytes: usize, time: Duration) -> Self {
        let state = State { kept: Kept::new(bytes, time), flights: BTreeMap::new() };
        Self { shelf: Arc::new(Shelf(Mutex::new(state))) }
    }

    /// Bytes of the answers that are held.
    pub fn bytes(&self) -> usize {
        self.shelf.lock().kept.bytes()
    }
}

impl Layer for Cache {
    fn wrap(&self, inner: Arc<dyn LlmProvider>) -> Arc<dyn LlmProvider> {
        wrapped(self.clone(), inner)
    }

    fn place(&self) -> Place {
        Place::Cache
    }

    fn link(&self) -> Option<Linked> {
        Some(Linked::new(self.clone()))
    }
}

/// The events of an answer: those of its content, its usage, its cost and its finish.
type Events = Arc<Vec<StreamEvent>>;

#[derive(Debug)]
struct Shelf(Mutex<State>);

#[derive(Debug)]
struct State {
    kept: Kept,
    flights: BTreeMap<Digest, Flight>,
}

/// What a call finds.
enum Found {
    Answer(Events),
    /// Somebody asks the same already.
    Flight(Flight),
    /// Nothing: the call asks, and others wait for it.
    Nothing(Leader),
}

impl Shelf {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(self: &Arc<Self>, key: Digest) -> Found {
        let mut state = self.lock();
        if let Some(answer) = state.kept.get(&key, Instant::now()) {
            return Found::Answer(answer);
        }
        if let Some(flight) = state.flights.get(&key) {
            return Found::Flight(flight.clone());
        }
        let (leader, flight) = Leader::new(self.clone(), key);
        state.flights.insert(key, flight);
        Found::Nothing(leader)
    }
}

#[async_trait]
impl Link for Cache {
    async fn send(
        &self,
        request: Arc<ChatRequest>,
        call: &CallContext,
        below: Below<'_>,
    ) -> Result<Answer, LlmError> {
        let scope = call.id.as_ref().map(|id| id.scope.as_str());
        let key = key(scope, &request);
        let tape = Tape::default();
        if call.fresh {
            let keep = Keep { shelf: self.shelf.clone(), key, tape, leader: None };
            return below.watched(request, call, keep).await;
        }
        loop {
            match self.shelf.find(key) {
                Found::Answer(answer) => return Ok(given(answer)),
                Found::Nothing(leader) => {
                    let keep = Keep { shelf: self.shelf.clone(), key, tape, leader: Some(leader) };
                    return below.watched(request, call, keep).await;
                }
                Found::Flight(flight) => {
                    match within(call, "the answer to the same request", flight.landed()).await? {
                        Landed::Answer(answer) => return Ok(given(answer)),
                        // It showed nothing that holds for this call, and waiting for another one would take as long again.
                        Landed::Nothing => return below.send(request, call).await,
                        Landed::Dropped => {}
                    }
                }
            }
        }
    }
}

/// What is asked where.
fn key(scope: Option<&str>, request: &ChatRequest) -> Digest {
    let mut json = Vec::with_capacity(4 << 10);
    // Writing to memory can't fail.
    let _ = serde_json::to_writer(&mut json, &(scope, request));
    Digest::of(&json)
}

/// An answer that was there already.
fn given(events: Events) -> Answer {
    let events = (0..events.len()).map(move |index| Ok(hit(&events[index])));
    Answer::of(stream::iter(events))
}

/// An event as it is given for a hit, for which nobody pays.
fn hit(event: &StreamEvent) -> StreamEvent {
    match event {
        StreamEvent::Start(start) => StreamEvent::Start(Start { payer: None, ..start.clone() }),
        StreamEvent::Usage(usage) => {
            StreamEvent::Extra(Map::from_iter([("cached_usage".into(), json!(usage))]))
        }
        StreamEvent::Cost(_) => StreamEvent::Cost(Money::ZERO),
        event => event.clone(),
    }
}

/// Keeps an answer when it is whole.
#[derive(Debug)]
struct Keep {
    shelf: Arc<Shelf>,
    key: Digest,
    tape: Tape,
    leader: Option<Leader>,
}

impl Keep {
    /// The whole answer, if it is one to keep.
    fn answer(&mut self, reason: &FinishReason) -> Option<Events> {
        let declined = self.tape.content.iter().any(|event| matches!(event, StreamEvent::Refusal(_)));
        if declined || !matches!(reason, FinishReason::Stop | FinishReason::ToolCalls) {
            return None;
        }
        let mut tape = std::mem::take(&mut self.tape);
        // A hit says both.
        tape.usage.get_or_insert_default();
        tape.cost.get_or_insert_default();
        Some(tape.finish(reason.clone()).into())
    }
}

impl Watch for Keep {
    fn event(&mut self, event: &StreamEvent) {
        self.tape.push(event);
    }

    fn end(&mut self, outcome: Outcome<'_>) -> Result<(), LlmError> {
        let landed = match outcome {
            Outcome::Finished(reason) => match self.answer(reason) {
                Some(answer) => {
                    self.shelf.lock().kept.put(self.key, answer.clone(), Instant::now());
                    Landed::Answer(answer)
                }
                None => Landed::Nothing,
            },
            Outcome::Failed(_) | Outcome::Stopped => Landed::Nothing,
            Outcome::Dropped => Landed::Dropped,
        };
        if let Some(leader) = self.leader.take() {
            leader.land(landed);
        }
        Ok(())
    }
}
