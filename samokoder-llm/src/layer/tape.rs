//! An answer's events, kept.

use samokoder_core::llm::{ChatResponse, FinishReason, Money, Part, Start, StreamEvent, Usage};

/// An answer's events with the pieces of each text joined: what is needed to give the answer again.
#[derive(Debug, Default)]
pub(super) struct Tape {
    pub(super) content: Vec<StreamEvent>,
    pub(super) usage: Option<Usage>,
    pub(super) cost: Option<Money>,
}

impl Tape {
    /// Adds an event other than the finish.
    pub(super) fn push(&mut self, event: &StreamEvent) {
        match (self.content.last_mut(), event) {
            (Some(StreamEvent::Text(last)), StreamEvent::Text(more))
            | (Some(StreamEvent::Reasoning(last)), StreamEvent::Reasoning(more))
            | (Some(StreamEvent::Refusal(last)), StreamEvent::Refusal(more)) => last.push_str(more),
            (
                Some(StreamEvent::ToolArguments { id: last, json }),
                StreamEvent::ToolArguments { id, json: more },
            ) if last == id => json.push_str(more),
            (_, StreamEvent::Usage(usage)) => self.usage = Some(*usage),
            (_, StreamEvent::Cost(cost)) => self.cost = Some(*cost),
            (_, StreamEvent::RateLimits(_)) => {}
            (_, StreamEvent::Restart) => *self = Self::default(),
            (_, event) => self.content.push(event.clone()),
        }
    }

    /// The events of the whole answer.
    pub(super) fn finish(mut self, reason: FinishReason) -> Vec<StreamEvent> {
        self.content.extend(self.usage.map(StreamEvent::Usage));
        self.content.extend(self.cost.map(StreamEvent::Cost));
        self.content.push(StreamEvent::Finish(reason));
        self.content
    }
}

/// Events that an answer could have come in.
pub(super) fn events_of(response: ChatResponse) -> Vec<StreamEvent> {
    let (id, model, payer) = (response.id, response.model, response.payer);
    let mut events = vec![StreamEvent::Start(Start { id, model, payer })];
    for part in response.parts {
        match part {
            Part::Text { text, echo } => {
                events.push(StreamEvent::Text(text));
                events.extend(echo.map(StreamEvent::Echo));
            }
            Part::Reasoning { text, echo } => {
                events.push(StreamEvent::Reasoning(text));
                events.extend(echo.map(StreamEvent::Echo));
            }
            Part::Refusal { text } => events.push(StreamEvent::Refusal(text)),
            Part::ToolCall(call) => events.push(StreamEvent::ToolCall(call)),
            Part::Opaque { echo } => events.push(StreamEvent::Opaque(echo)),
            // Pictures and results of tools are parts of requests.
            _ => {}
        }
    }
    events.push(StreamEvent::Usage(response.usage));
    events.extend(response.cost.map(StreamEvent::Cost));
    if !response.extra.is_empty() {
        events.push(StreamEvent::Extra(response.extra));
    }
    events.push(StreamEvent::Finish(response.finish));
    events
}

#[cfg(test)]
mod tests {
    use samokoder_core::llm::{Echo, ToolCall};
    use serde_json::json;

    use super::*;

    fn folded(events: Vec<StreamEvent>) -> ChatResponse {
        let mut response = ChatResponse::default();
        for event in events {
            response.add(event);
        }
        response
    }

    fn answer() -> Vec<StreamEvent> {
        let call = |id: &str| ToolCall { id: id.into(), name: "read".into(), ..ToolCall::default() };
        let piece = |id: &str, json: &str| StreamEvent::ToolArguments { id: id.into(), json: json.into() };
        vec![
            StreamEvent::Start(Start { id: Some("a".into()), ..Start::default() }),
            StreamEvent::Reasoning("let me ".into()),
            StreamEvent::Reasoning("think".into()),
            StreamEvent::Echo(Echo::new("anthropic", json!("signature"))),
            StreamEvent::Text("so".into()),
            StreamEvent::Text(": ".into()),
            StreamEvent::ToolCall(call("1")),
            StreamEvent::ToolCall(call("2")),
            piece("1", "{\"a\""),
            piece("2", "{}"),
            piece("1", ":1}"),
            StreamEvent::Usage(Usage { input: 3, output: 4, ..Usage::default() }),
            StreamEvent::Cost(Money::from_dollars(0.5)),
            StreamEvent::Extra(serde_json::Map::from_iter([("tier".into(), json!("free"))])),
            StreamEvent::Finish(FinishReason::ToolCalls),
        ]
    }

    #[test]
    fn a_tape_gives_the_same_answer_in_fewer_events() {
        let mut tape = Tape::default();
        for event in answer().iter().filter(|event| !matches!(event, StreamEvent::Finish(_))) {
            tape.push(event);
        }
        let events = tape.finish(FinishReason::ToolCalls);
        assert_eq!(events.len(), answer().len() - 2);
        assert_eq!(folded(events), folded(answer()));
    }

    #[test]
    fn what_came_before_a_restart_is_not_on_the_tape() {
        let mut tape = Tape::default();
        for event in
            [StreamEvent::Text("half".into()), StreamEvent::Restart, StreamEvent::Text("whole".into())]
        {
            tape.push(&event);
        }
        assert_eq!(folded(tape.finish(FinishReason::Stop)).text(), "whole");
    }

    #[test]
    fn an_answer_made_into_events_is_the_same_answer() {
        let response = folded(answer());
        assert_eq!(folded(events_of(response.clone())), response);
    }
}
