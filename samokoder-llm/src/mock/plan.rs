//! What is sent in answer to a request, before it is sent.

use serde_json::Value;

use super::{
    Protocol,
    protocol::{ApiError, Event, Part},
    question::{Spent, Turn},
    script::{Fault, Latency, Trouble},
    stats::Outcome,
};

/// What is sent in answer to a request.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) events: Vec<Event>,
    pub(crate) ending: Ending,
    pub(crate) latency: Latency,
    /// Tokens of a body that is sent whole.
    pub(crate) unary_tokens: u64,
    /// What it costs, if it is an answer at all.
    pub(crate) spent: Option<Spent>,
}

/// How a body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// In good order.
    Whole(Outcome),
    /// With the connection, after so many bytes.
    Cut(usize),
    /// Never: nothing more is sent.
    Stall,
    /// Never: nothing is sent at all.
    Hang,
}

impl Plan {
    /// A body that is sent whole.
    pub(crate) fn whole(status: u16, body: String, outcome: Outcome) -> Self {
        let length = body.len().to_string();
        Self {
            status,
            headers: vec![header("content-type", "application/json"), header("content-length", length)],
            events: vec![Event::text(Part::Frame, body)],
            ending: Ending::Whole(outcome),
            latency: Latency::default(),
            unary_tokens: 0,
            spent: None,
        }
    }

    /// An error instead of an answer.
    pub(crate) fn refusal(protocol: Protocol, error: &ApiError, number: u64) -> Self {
        let id = request_id(number);
        let body = protocol.error_body(error, &id);
        Self::whole(error.status, body.to_string(), Outcome::Refused).with_request_id(protocol, number)
    }

    /// The answer of a reply, with what goes wrong with it. `latency` is for replies without one of their own.
    pub(crate) fn answer(turn: &Turn<'_>, latency: Latency) -> Self {
        let plan = match &turn.reply.fault {
            None => Self::intact(turn),
            Some(fault) => Self::faulty(turn, fault),
        };
        let mut plan = plan.with_request_id(turn.question.protocol, turn.number);
        plan.latency = turn.reply.latency.unwrap_or(latency);
        for (name, value) in &turn.reply.headers {
            plan.set(name, value);
        }
        plan
    }

    fn intact(turn: &Turn<'_>) -> Self {
        let protocol = turn.question.protocol;
        if turn.question.stream {
            return Self::stream(turn, protocol.stream(turn), Outcome::Answered);
        }
        let mut plan = Self::whole(200, protocol.unary(turn).to_string(), Outcome::Answered);
        plan.unary_tokens = turn.spent.output;
        plan.spent = Some(turn.spent);
        plan
    }

    fn stream(turn: &Turn<'_>, events: Vec<Event>, outcome: Outcome) -> Self {
        Self {
            status: 200,
            headers: vec![
                header("content-type", turn.question.protocol.stream_type()),
                header("cache-control", "no-cache"),
            ],
            events,
            ending: Ending::Whole(outcome),
            latency: Latency::default(),
            unary_tokens: 0,
            spent: Some(turn.spent),
        }
    }

    fn faulty(turn: &Turn<'_>, fault: &Fault) -> Self {
        let protocol = turn.question.protocol;
        let refusal = |trouble| Self::refusal(protocol, &protocol.trouble(trouble), turn.number);
        match fault {
            Fault::RateLimit { retry_after_ms } => {
                let mut plan = refusal(Trouble::RateLimit);
                plan.headers.extend(protocol.limit_headers(*retry_after_ms));
                plan
            }
            Fault::Overloaded => refusal(Trouble::Overloaded),
            Fault::Unauthorized => refusal(Trouble::Unauthorized),
            Fault::QuotaExhausted => refusal(Trouble::QuotaExhausted),
            Fault::ContextTooLong => refusal(Trouble::ContextTooLong),
            Fault::ServerError => refusal(Trouble::ServerError),
            Fault::Status { status, headers, body } => {
                let outcome = if *status < 300 { Outcome::Broken } else { Outcome::Refused };
                let mut plan = Self::whole(*status, body.clone(), outcome);
                for (name, value) in headers {
                    plan.set(name, value);
                }
                plan
            }
            Fault::ErrorInStream { trouble, .. } if !turn.question.stream => refusal(*trouble),
            Fault::Hang => Self { ending: Ending::Hang, ..Self::intact(turn) },
            Fault::Stall { .. } if !turn.question.stream => {
                Self { ending: Ending::Hang, ..Self::intact(turn) }
            }
            Fault::Cut { after_bytes } => Self { ending: Ending::Cut(*after_bytes), ..Self::intact(turn) },
            fault if turn.question.stream => Self::broken_stream(turn, fault),
            fault => Self::broken_unary(turn, fault),
        }
    }

    fn broken_stream(turn: &Turn<'_>, fault: &Fault) -> Self {
        let mut events = turn.question.protocol.stream(turn);
        let mut ending = Ending::Whole(Outcome::Broken);
        match fault {
            Fault::ErrorInStream { after_tokens, trouble } => {
                keep_tokens(&mut events, *after_tokens);
                let error = turn.question.protocol.error_in_stream(*trouble, turn, events.len());
                events.extend(error);
            }
            Fault::MalformedJson { after_tokens } => {
                let mut tokens = events.iter_mut().filter(|event| event.part == Part::Token);
                if let Some(event) = tokens.nth(*after_tokens) {
                    *event = event.broken();
                }
            }
            Fault::Unterminated { keep_finish } => {
                let is_left_out = |part| part == Part::End || (part == Part::Finish && !keep_finish);
                events.retain(|event| !is_left_out(event.part));
            }
            Fault::Stall { after_tokens } => {
                keep_tokens(&mut events, *after_tokens);
                ending = Ending::Stall;
            }
            _ => {}
        }
        Self { ending, ..Self::stream(turn, events, Outcome::Broken) }
    }

    fn broken_unary(turn: &Turn<'_>, fault: &Fault) -> Self {
        let body = turn.question.protocol.unary(turn).to_string();
        let body = match fault {
            Fault::MalformedJson { .. } => body[..body.floor_char_boundary(body.len() / 2)].to_owned(),
            _ => String::new(),
        };
        Self { spent: Some(turn.spent), ..Self::whole(200, body, Outcome::Broken) }
    }

    fn with_request_id(mut self, protocol: Protocol, number: u64) -> Self {
        if let Some(name) = protocol.request_id_header() {
            self.set(name, &request_id(number));
        }
        self
    }

    fn set(&mut self, name: &str, value: &str) {
        self.headers.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
        self.headers.push(header(name, value));
    }
}

/// Drops all that comes after a token.
fn keep_tokens(events: &mut Vec<Event>, count: usize) {
    let mut tokens = 0;
    let end = events.iter().position(|event| {
        tokens += usize::from(event.part == Part::Token);
        tokens > count || matches!(event.part, Part::Finish | Part::End)
    });
    events.truncate(end.unwrap_or(events.len()));
}

fn request_id(number: u64) -> String {
    format!("req_mock{number:06}")
}

fn header(name: &str, value: impl Into<String>) -> (String, String) {
    (name.to_owned(), value.into())
}

/// The body of a list or of a figure of the server.
pub(crate) fn json(value: &Value) -> Plan {
    Plan::whole(200, value.to_string(), Outcome::Answered)
}
