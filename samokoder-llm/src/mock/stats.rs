//! What the server has seen and done.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::{cassette::Recording, question::Spent, server::ReceivedRequest};

/// What the server has seen and done since it began.
///
/// Each request that asks for an answer is open until it is answered, refused or broken:
/// `asked = answered + refused + broken + open`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Stats {
    /// Requests for an answer.
    pub asked: u64,
    /// Of these, answered to the end.
    pub answered: u64,
    /// Of these, answered with an error status.
    pub refused: u64,
    /// Of these, ended by a fault after a status of 200, or by the client.
    pub broken: u64,
    /// Of these, neither yet.
    pub open: u64,
    /// The most that were open at once.
    pub most_open: u64,
    /// Of these, billed: the first token of a stream was sent, or a unary answer was made, whatever came after.
    pub billed: u64,
    /// Tokens of the prompts of what was billed; none of what is replayed.
    pub input_tokens: u64,
    /// Tokens of the answers of what was billed; of a stream that broke, those that were sent.
    pub output_tokens: u64,
    /// Requests that the recording that is replayed does not have.
    pub mismatched: u64,
}

/// Where the figures are kept.
#[derive(Debug)]
pub(crate) struct Ledger {
    stats: watch::Sender<Stats>,
    received: Mutex<Received>,
}

/// How many requests are kept: a bench asks more than a memory holds.
const KEPT: usize = 1000;

#[derive(Debug, Default)]
struct Received {
    count: u64,
    last: VecDeque<ReceivedRequest>,
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Answered,
    Refused,
    Broken,
}

/// An open request. Dropped before it is settled, it is broken.
#[derive(Debug)]
pub(crate) struct Ticket {
    ledger: Arc<Ledger>,
    spent: Option<Spent>,
    sent_tokens: u64,
    is_billed: bool,
    is_settled: bool,
    recording: Option<Recording>,
}

impl Ledger {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { stats: watch::Sender::new(Stats::default()), received: Mutex::default() })
    }

    pub(crate) fn stats(&self) -> Stats {
        *self.stats.borrow()
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<Stats> {
        self.stats.subscribe()
    }

    pub(crate) fn received(&self) -> Vec<ReceivedRequest> {
        self.lock().last.iter().cloned().collect()
    }

    /// Keeps a request and returns its number, counted from 1.
    pub(crate) fn keep(&self, mut request: ReceivedRequest) -> u64 {
        let mut received = self.lock();
        received.count += 1;
        request.number = received.count;
        received.last.push_back(request);
        if received.last.len() > KEPT {
            received.last.pop_front();
        }
        received.count
    }

    pub(crate) fn mismatched(&self) {
        self.stats.send_modify(|stats| stats.mismatched += 1);
    }

    pub(crate) fn open(self: &Arc<Self>, recording: Option<Recording>) -> Ticket {
        self.stats.send_modify(|stats| {
            stats.asked += 1;
            stats.open += 1;
            stats.most_open = stats.most_open.max(stats.open);
        });
        Ticket {
            ledger: Arc::clone(self),
            spent: None,
            sent_tokens: 0,
            is_billed: false,
            is_settled: false,
            recording,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Received> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ticket {
    /// What the answer costs, once it is billed.
    pub(crate) fn costs(&mut self, spent: Option<Spent>) {
        self.spent = spent;
    }

    /// What the response begins with, for the record.
    pub(crate) fn began(&mut self, status: u16, headers: &[(String, String)]) {
        if let Some(recording) = &mut self.recording {
            recording.began(status, headers);
        }
    }

    /// Bytes that are being sent, and whether a token begins with them.
    pub(crate) fn sends(&mut self, bytes: &[u8], is_token: bool) {
        if is_token {
            self.sent_tokens += 1;
            self.bill();
        }
        if let Some(recording) = &mut self.recording {
            recording.add(bytes);
        }
    }

    /// From here on the request costs.
    pub(crate) fn bill(&mut self) {
        let Some(spent) = self.spent.filter(|_| !self.is_billed) else { return };
        self.is_billed = true;
        self.ledger.stats.send_modify(|stats| {
            stats.billed += 1;
            stats.input_tokens += spent.input;
        });
    }

    /// Ends the request. Only the first end counts.
    pub(crate) fn settle(&mut self, outcome: Outcome) {
        if std::mem::replace(&mut self.is_settled, true) {
            return;
        }
        if outcome == Outcome::Answered {
            self.bill();
        }
        let output = match (self.is_billed, outcome, self.spent) {
            (true, Outcome::Answered, Some(spent)) => spent.output,
            (true, ..) => self.sent_tokens,
            (false, ..) => 0,
        };
        if let Some(recording) = self.recording.take() {
            recording.finish();
        }
        self.ledger.stats.send_modify(|stats| {
            stats.open -= 1;
            stats.output_tokens += output;
            match outcome {
                Outcome::Answered => stats.answered += 1,
                Outcome::Refused => stats.refused += 1,
                Outcome::Broken => stats.broken += 1,
            }
        });
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.settle(Outcome::Broken);
    }
}
