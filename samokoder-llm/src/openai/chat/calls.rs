//! The calls of an answer, put together from their pieces.

use samokoder_core::llm::{StreamEvent, ToolCall};

use super::response::{Call, Function};
use crate::wire::{Events, Text};

/// The calls of an answer so far.
#[derive(Debug, Default)]
pub(super) struct Calls(Vec<Known>);

#[derive(Debug)]
struct Known {
    /// The server's index, where it gives one.
    index: Option<usize>,
    /// The server's id, where it gives one.
    id: Option<String>,
    name: String,
    /// The arguments of a call that nobody was told of yet: its name or its id may come with the next piece, as vLLM and
    /// some gateways have it.
    held: Option<String>,
}

impl Calls {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes a piece of a call.
    pub(super) fn add(&mut self, call: Call<'_>, events: &mut Events) {
        let Function { name, arguments } = call.function.unwrap_or_default();
        let said = |text: Option<Text<'_>>| text.filter(|text| !text.is_empty()).map(Text::into_owned);
        let (id, name, arguments) = (said(call.id), said(name), arguments.unwrap_or_default().into_text());
        let Some(at) = self.find(call.index, id.as_deref(), name.as_deref()) else {
            self.tell(events);
            let whole = id.is_some() && name.is_some();
            let (name, held) = (name.unwrap_or_default(), Some(arguments.into_owned()));
            self.0.push(Known { index: call.index, id, name, held });
            if whole {
                self.tell(events);
            }
            return;
        };
        let known = &mut self.0[at];
        let Some(held) = &mut known.held else {
            if !arguments.is_empty() {
                let (id, json) = (self.id(at), arguments.into_owned());
                events.push(StreamEvent::ToolArguments { id, json });
            }
            return;
        };
        held.push_str(&arguments);
        known.id = known.id.take().or(id);
        if known.name.is_empty() {
            known.name = name.unwrap_or_default();
        }
        if !known.name.is_empty() {
            self.tell(events);
        }
    }

    /// The call that a piece belongs to, unless it begins one.
    fn find(&self, index: Option<usize>, id: Option<&str>, name: Option<&str>) -> Option<usize> {
        let at = match (index, id) {
            (Some(_), _) => self.0.iter().rposition(|known| known.index == index)?,
            (None, Some(_)) => self.0.iter().rposition(|known| known.id.as_deref() == id)?,
            (None, None) => self.0.len().checked_sub(1).filter(|_| name.is_none())?,
        };
        let known = &self.0[at];
        // Some servers give every call the index 0, and only its id or, without ids, its name tells them apart.
        let begins = match (id, &known.id) {
            (Some(id), Some(known)) => id != known && name.is_some(),
            (Some(_), None) => known.held.is_none() && name.is_some(),
            (None, Some(_)) => false,
            (None, None) => !known.name.is_empty() && name.is_some_and(|name| *name != known.name),
        };
        (!begins).then_some(at)
    }

    /// Tells of the last call, if nobody was told yet.
    fn tell(&mut self, events: &mut Events) {
        let Some(at) = self.0.len().checked_sub(1) else { return };
        if let Some(arguments) = self.0[at].held.take() {
            let (id, name) = (self.id(at), self.0[at].name.clone());
            events.push(StreamEvent::ToolCall(ToolCall { id, name, arguments, echo: None }));
        }
    }

    /// The id of a call, one of ours where the server gives none.
    fn id(&self, at: usize) -> String {
        self.0[at].id.clone().unwrap_or_else(|| format!("call_{at}"))
    }

    /// No more pieces come.
    pub(super) fn finish(&mut self, events: &mut Events) {
        self.tell(events);
        for at in 0..self.0.len() {
            events.push(StreamEvent::ToolCallEnd { id: self.id(at), arguments: None });
        }
        self.0.clear();
    }
}
