//! Answering with what was recorded.

use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use super::{
    super::{
        plan::{Ending, Plan},
        protocol::{Event, Part},
        question::Spent,
        stats::Outcome,
    },
    Cassette, Exchange,
};

/// Headers that belong to the connection on which a response was recorded.
const OF_THE_CONNECTION: [&str; 6] =
    ["connection", "content-encoding", "content-length", "keep-alive", "trailer", "transfer-encoding"];

/// A recording and how far it is used up.
#[derive(Debug)]
pub(crate) struct Replay {
    left: Mutex<Vec<Exchange>>,
}

impl Replay {
    pub(crate) fn new(cassette: Cassette) -> Self {
        Self { left: Mutex::new(cassette.exchanges) }
    }

    /// The first exchange left with this request, else the first with any, which uses it up.
    ///
    /// # Errors
    /// What was asked instead of what.
    pub(crate) fn take(&self, method: &str, path: &str, body: &[u8]) -> Result<Exchange, String> {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let body = Body::of(body);
        let find = |wanted: &dyn Fn(&str) -> bool| {
            let is_here = |exchange: &Exchange| exchange.method == method && exchange.is_of(path);
            left.iter().position(|exchange| is_here(exchange) && wanted(&exchange.request))
        };
        match find(&|recorded| body.is_as_in(recorded)).or_else(|| find(&str::is_empty)) {
            Some(at) => Ok(left.remove(at)),
            None => Err(mismatch(&left, method, path, &body)),
        }
    }
}

impl Exchange {
    /// The part after `#` tells recordings of one path apart.
    fn is_of(&self, path: &str) -> bool {
        self.path.split('#').next() == Some(path)
    }

    /// What is sent to repeat it.
    pub(crate) fn plan(&self) -> Plan {
        let headers = self.headers.iter();
        let headers = headers.filter(|(name, _)| !OF_THE_CONNECTION.contains(&name.to_lowercase().as_str()));
        let mut headers: Vec<(String, String)> =
            headers.map(|(name, value)| (name.clone(), value.clone())).collect();
        if !self.headers.contains_key("content-type") {
            headers.push(("content-type".to_owned(), self.content_type.clone()));
        }
        let outcome = if self.status < 400 { Outcome::Answered } else { Outcome::Refused };
        Plan {
            status: self.status,
            headers,
            events: vec![Event::text(Part::Frame, self.response.clone())],
            ending: Ending::Whole(outcome),
            latency: super::super::Latency::default(),
            unary_tokens: 0,
            // What it cost is in its body, which is not read here.
            spent: (outcome == Outcome::Answered).then(Spent::default),
        }
    }
}

/// The body of a request, compared as JSON where it is JSON: the order of keys is of no account.
#[derive(Debug)]
struct Body {
    text: String,
    json: Option<Value>,
}

impl Body {
    fn of(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes).into_owned();
        Self { json: serde_json::from_str(&text).ok(), text }
    }

    fn is_as_in(&self, recorded: &str) -> bool {
        let same_json = || {
            let recorded: Option<Value> = serde_json::from_str(recorded).ok();
            recorded.is_some() && recorded == self.json
        };
        recorded == self.text || same_json()
    }
}

fn mismatch(left: &[Exchange], method: &str, path: &str, body: &Body) -> String {
    let here = left.iter().find(|exchange| exchange.method == method && exchange.is_of(path));
    let Some(next) = here.or_else(|| left.first()) else {
        return format!("The recording is used up; asked was {method} {path} with {}", body.text);
    };
    format!(
        "The recording has no such request. Asked was {method} {path} with {}; the next in it is {} {} with {}",
        body.text, next.method, next.path, next.request
    )
}
