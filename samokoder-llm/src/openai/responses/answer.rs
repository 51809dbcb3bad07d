//! What of an answer is known so far: which of its items were told of, and how far.
//!
//! Items come in pieces and again whole, at their end and at the end of the answer. Servers leave out one or the
//! other, so nothing is taken for granted: what was not told in pieces is told from the whole, once.

use samokoder_core::llm::{Echo, LlmError, StreamEvent, ToolCall};
use serde::Deserialize;

use super::{
    PROTOCOL,
    item::{self, Call, Content, Contents, Fields, Head, Kind},
    response::{Response, Said},
};
use crate::{reply, wire::Events};

/// An answer as far as it was told.
#[derive(Debug, Default)]
pub(super) struct Answer {
    started: bool,
    items: Vec<Item>,
    /// Which item the last part belongs to.
    last: Option<usize>,
    /// Items of the provider's own that ended before an earlier one did.
    held: Vec<(usize, Echo)>,
    said: Said,
    annotations: Vec<serde_json::Value>,
}

/// An item as far as it was told.
#[derive(Debug)]
struct Item {
    /// Its place in the output. Ids are no help: some servers give an item another one with every event.
    index: Option<u64>,
    id: Option<String>,
    kind: Kind,
    /// The pieces of its content that were told, by their index.
    told: Vec<u64>,
    /// The id of the call, once it was told of.
    call: Option<String>,
    ended: bool,
}

impl Answer {
    pub(super) fn started(&self) -> bool {
        self.started
    }

    pub(super) fn starts(&mut self, response: &Response<'_>, events: &mut Events) {
        if !std::mem::replace(&mut self.started, true) {
            events.start(response.id.as_deref(), response.model.as_deref());
        }
    }

    /// Takes the beginning of an item. What arguments a call has already may come again in pieces, so they are left
    /// for its end.
    pub(super) fn item_begins(
        &mut self,
        index: Option<u64>,
        item: &Fields,
        events: &mut Events,
    ) -> Result<(), LlmError> {
        let head: Head<'_> = typed(item)?;
        let at = self.find(index, head.kind());
        if let Some(id) = &head.id {
            self.items[at].id = Some(id.to_string());
        }
        if head.kind() == Kind::Call && self.items[at].call.is_none() {
            let call: Call<'_> = typed(item)?;
            if call.name.as_ref().is_some_and(|name| !name.is_empty()) {
                self.tells_call(at, &head, &call, String::new(), item, events);
            }
        }
        Ok(())
    }

    pub(super) fn text(&mut self, index: Option<u64>, content: Option<u64>, text: &str, events: &mut Events) {
        let at = self.find(index, Kind::Message);
        self.tells(at, content, events);
        events.text(text);
    }

    pub(super) fn refusal(
        &mut self,
        index: Option<u64>,
        content: Option<u64>,
        text: &str,
        events: &mut Events,
    ) {
        let at = self.find(index, Kind::Message);
        self.tells(at, content, events);
        self.said = self.said.max(Said::Refusal);
        if !text.is_empty() {
            events.push(StreamEvent::Refusal(text.into()));
        }
    }

    /// Adds to the reasoning. The paragraphs of a summary are told apart by an empty line.
    pub(super) fn reasoning(
        &mut self,
        index: Option<u64>,
        piece: Option<u64>,
        text: &str,
        events: &mut Events,
    ) {
        let at = self.find(index, Kind::Reasoning);
        let known = self.items[at].told.len();
        self.tells(at, piece, events);
        if known > 0 && self.items[at].told.len() > known {
            events.reasoning("\n\n");
        }
        events.reasoning(text);
    }

    pub(super) fn arguments(&mut self, index: Option<u64>, json: &str, events: &mut Events) {
        let at = self.find(index, Kind::Call);
        // A call that nobody told the name of is told of at its end.
        if let Some(id) = self.items[at].call.clone()
            && !json.is_empty()
        {
            events.push(StreamEvent::ToolArguments { id, json: json.into() });
        }
    }

    /// Takes an item as a whole and tells what was not told of it yet.
    pub(super) fn item_ends(
        &mut self,
        index: Option<u64>,
        item: &Fields,
        events: &mut Events,
    ) -> Result<(), LlmError> {
        let head = typed(item)?;
        self.ends_with(index, &head, item, events)
    }

    fn ends_with(
        &mut self,
        index: Option<u64>,
        head: &Head<'_>,
        item: &Fields,
        events: &mut Events,
    ) -> Result<(), LlmError> {
        let kind = head.kind();
        let at = self.find(index, kind);
        if std::mem::replace(&mut self.items[at].ended, true) {
            return Ok(());
        }
        if let Some(id) = &head.id {
            self.items[at].id = Some(id.to_string());
        }
        match kind {
            Kind::Message => self.message_ends(at, &typed(item)?, events),
            Kind::Reasoning => self.reasoning_ends(at, &typed(item)?, events),
            Kind::Call => return self.call_ends(at, head, item, events),
            Kind::Other => {
                self.held.push((at, echo(kind, item)));
                self.release(events);
                return Ok(());
            }
        }
        if self.last == Some(at) {
            events.push(StreamEvent::Echo(echo(kind, item)));
        }
        Ok(())
    }

    fn message_ends(&mut self, at: usize, whole: &Contents<'_>, events: &mut Events) {
        for (index, content) in (0..).zip(whole.content.iter().flatten()) {
            let annotations = content.annotations.iter().flatten();
            self.annotations.extend(annotations.cloned());
            if self.items[at].told.contains(&index) {
                continue;
            }
            if let Some(text) = content.text.as_deref().filter(|text| !text.is_empty()) {
                self.tells(at, Some(index), events);
                events.text(text);
            }
            if let Some(refusal) = content.refusal.as_deref().filter(|text| !text.is_empty()) {
                self.tells(at, Some(index), events);
                self.said = self.said.max(Said::Refusal);
                events.push(StreamEvent::Refusal(refusal.into()));
            }
        }
    }

    /// Tells what was not told of reasoning. There is a part to hold its echo even if nothing of it may be read, and
    /// one of its own if other parts came between.
    fn reasoning_ends(&mut self, at: usize, whole: &Contents<'_>, events: &mut Events) {
        if self.items[at].told.is_empty() {
            let told = |pieces: &Option<Vec<Content<'_>>>| -> Vec<String> {
                let texts = pieces.iter().flatten().filter_map(|piece| piece.text.as_deref());
                texts.filter(|text| !text.is_empty()).map(Into::into).collect()
            };
            let mut texts = told(&whole.summary);
            if texts.is_empty() {
                texts = told(&whole.content);
            }
            self.turns_to(at, events);
            events.push(StreamEvent::Reasoning(texts.join("\n\n")));
        } else if self.last != Some(at) {
            self.turns_to(at, events);
            events.push(StreamEvent::Reasoning(String::new()));
        }
    }

    fn call_ends(
        &mut self,
        at: usize,
        head: &Head<'_>,
        item: &Fields,
        events: &mut Events,
    ) -> Result<(), LlmError> {
        let call: Call<'_> = typed(item)?;
        if let Some(id) = self.items[at].call.clone() {
            let arguments = Some(call.arguments().to_owned()).filter(|arguments| !arguments.is_empty());
            events.push(StreamEvent::ToolCallEnd { id, arguments });
            return Ok(());
        }
        let arguments = call.arguments().to_owned();
        let id = self.tells_call(at, head, &call, arguments, item, events);
        events.push(StreamEvent::ToolCallEnd { id, arguments: None });
        Ok(())
    }

    fn tells_call(
        &mut self,
        at: usize,
        head: &Head<'_>,
        call: &Call<'_>,
        arguments: String,
        item: &Fields,
        events: &mut Events,
    ) -> String {
        let given = [&call.id, &head.id].into_iter().flatten().find(|id| !id.is_empty());
        let id = given.map_or_else(|| format!("call_{at}"), |id| id.to_string());
        let name = call.name.as_deref().unwrap_or_default().into();
        self.items[at].call = Some(id.clone());
        self.turns_to(at, events);
        self.said = Said::Call;
        let echo = Some(echo(Kind::Call, item));
        events.push(StreamEvent::ToolCall(ToolCall { id: id.clone(), name, arguments, echo }));
        id
    }

    /// Takes the response as a whole, tells what is missing, and finishes.
    ///
    /// # Errors
    /// What made the response fail.
    pub(super) fn ends(
        &mut self,
        response: &Response<'_>,
        data: &[u8],
        events: &mut Events,
    ) -> Result<(), LlmError> {
        if response.error.is_some() || response.status.as_deref() == Some("failed") {
            return Err(reply::error(200, data));
        }
        self.starts(response, events);
        for (index, item) in (0..).zip(response.output.iter().flatten()) {
            let head: Head<'_> = typed(item)?;
            if let Some(index) = self.missing(index, &head) {
                self.ends_with(index, &head, item, events)?;
            }
        }
        for item in &mut self.items {
            if let (Some(id), false) = (item.call.clone(), item.ended) {
                item.ended = true;
                events.push(StreamEvent::ToolCallEnd { id, arguments: None });
            }
        }
        self.release_all(events);
        response.account(std::mem::take(&mut self.annotations), events);
        events.push(StreamEvent::Finish(response.finish(self.said)));
        Ok(())
    }

    /// The index of an item of the output, unless it ended before. It is known by its id or its place.
    #[expect(clippy::option_option, reason = "the index of an item may be missing")]
    fn missing(&self, index: u64, head: &Head<'_>) -> Option<Option<u64>> {
        let by_id =
            self.items.iter().find(|item| head.id.is_some() && item.id.as_deref() == head.id.as_deref());
        let by_place =
            || self.items.iter().find(|item| item.index == Some(index) && item.kind == head.kind());
        match by_id.or_else(by_place) {
            Some(item) if item.ended => None,
            Some(item) => Some(item.index),
            None => Some(Some(index)),
        }
    }

    /// Where an item is in `items`: that with this index, else the last one of its kind that goes on, else a new one.
    fn find(&mut self, index: Option<u64>, kind: Kind) -> usize {
        let is_it = |item: &Item| match index {
            Some(_) => item.index == index && item.kind == kind,
            None => item.kind == kind && !item.ended,
        };
        self.items.iter().rposition(is_it).unwrap_or_else(|| {
            self.items.push(Item { index, id: None, kind, told: vec![], call: None, ended: false });
            self.items.len() - 1
        })
    }

    fn tells(&mut self, at: usize, content: Option<u64>, events: &mut Events) {
        self.turns_to(at, events);
        let (told, content) = (&mut self.items[at].told, content.unwrap_or(0));
        if told.last() != Some(&content) && !told.contains(&content) {
            told.push(content);
        }
    }

    fn turns_to(&mut self, at: usize, events: &mut Events) {
        self.release_all(events);
        self.last = Some(at);
    }

    /// Adds the items that were held back for earlier ones, as far as these ended: the order of the output counts,
    /// and the provider's own tools work side by side.
    fn release(&mut self, events: &mut Events) {
        let waits = |item: &Item| item.kind == Kind::Other && !item.ended;
        let ended = self.items.iter().position(waits).unwrap_or(self.items.len());
        self.held.sort_by_key(|(at, _)| *at);
        let ready = self.held.partition_point(|(at, _)| *at < ended);
        for (at, echo) in self.held.drain(..ready) {
            self.last = Some(at);
            events.push(StreamEvent::Opaque(echo));
        }
    }

    fn release_all(&mut self, events: &mut Events) {
        if self.held.is_empty() {
            return;
        }
        self.held.sort_by_key(|(at, _)| *at);
        for (at, echo) in self.held.drain(..) {
            self.last = Some(at);
            events.push(StreamEvent::Opaque(echo));
        }
    }
}

fn echo(kind: Kind, item: &Fields) -> Echo {
    Echo::new(PROTOCOL, item::echo(kind, item))
}

/// An item as one of its kind.
fn typed<'a, T: Deserialize<'a>>(item: &'a Fields) -> Result<T, LlmError> {
    T::deserialize(item).map_err(|error| {
        let written = serde_json::to_vec(item).unwrap_or_default();
        reply::malformed("not an item of a response", error, &written)
    })
}
