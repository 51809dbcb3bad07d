//! How slow an answer is.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How slow an answer is. All zero is as fast as it goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Latency {
    /// From the end of the request to the head of the response.
    pub first_byte_ms: u64,
    /// Before each token of a stream; of a unary answer, before the head, for all its tokens.
    pub per_token_ms: u64,
    /// The most bytes that are sent at once; 0 is no limit. Pieces of one event travel as HTTP chunks of their own.
    pub chunk_bytes: usize,
    /// Before each of these pieces but the first of an event.
    pub per_chunk_ms: u64,
}

impl Latency {
    /// Nothing for this long, then the answer at once.
    pub fn first_byte(wait: Duration) -> Self {
        Self { first_byte_ms: milliseconds(wait), ..Self::default() }
    }

    /// Adds a wait before each token.
    #[must_use]
    pub fn per_token(self, wait: Duration) -> Self {
        Self { per_token_ms: milliseconds(wait), ..self }
    }

    /// Sends at most so many bytes at once, with a wait between them.
    #[must_use]
    pub fn in_chunks(self, bytes: usize, wait: Duration) -> Self {
        Self { chunk_bytes: bytes, per_chunk_ms: milliseconds(wait), ..self }
    }

    /// From the end of the request to the head of the response.
    pub(crate) fn before_head(self, unary_tokens: u64) -> Duration {
        let tokens = self.per_token_ms.saturating_mul(unary_tokens);
        Duration::from_millis(self.first_byte_ms.saturating_add(tokens))
    }
}

fn milliseconds(wait: Duration) -> u64 {
    u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)
}
