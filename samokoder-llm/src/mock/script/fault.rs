//! What goes wrong.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What goes wrong with an answer.
///
/// Positions in a stream are counted in tokens, the pieces of text, reasoning and arguments that it is made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Fault {
    /// 429 with the provider's headers on limits.
    RateLimit {
        /// Sent as `retry-after` in whole seconds, rounded up, and by OpenAI as `retry-after-ms` too.
        #[serde(default)]
        retry_after_ms: Option<u64>,
    },
    /// The provider has no capacity: 529 from Anthropic, 503 from the others.
    Overloaded,
    /// The key is not accepted: 401.
    Unauthorized,
    /// There is no money left. 429 like a rate limit, but to retry is of no use: `insufficient_quota` from OpenAI,
    /// `enforced_spend_limit_reached` without `retry-after` from Anthropic.
    QuotaExhausted,
    /// The prompt is longer than the model's context: 400.
    ContextTooLong,
    /// The provider failed: 500.
    ServerError,
    /// Any response at all.
    Status {
        /// The status.
        status: u16,
        /// Headers beside the usual ones.
        #[serde(default)]
        headers: BTreeMap<String, String>,
        /// The body, whatever it is.
        #[serde(default)]
        body: String,
    },
    /// 200, then a part of a stream, then an error in the protocol's form. Unary, it is the error's own status.
    ErrorInStream {
        /// Tokens sent before it.
        #[serde(default)]
        after_tokens: usize,
        /// The error.
        trouble: Trouble,
    },
    /// The connection ends in the middle of the body, without an end of the body.
    Cut {
        /// Bytes of the body sent before it.
        after_bytes: usize,
    },
    /// An event that is not JSON; unary, a body that stops in the middle of its JSON.
    MalformedJson {
        /// Tokens of a stream sent before it.
        #[serde(default)]
        after_tokens: usize,
    },
    /// The stream ends in good order of HTTP, but without the event that the protocol ends with. Unary, an empty body.
    Unterminated {
        /// Whether the finish reason and usage, where they are events of their own, are sent before.
        #[serde(default)]
        keep_finish: bool,
    },
    /// The connection stays open, but nothing more comes. Unary, nothing comes at all.
    Stall {
        /// Tokens sent before it.
        #[serde(default)]
        after_tokens: usize,
    },
    /// The request is accepted and never answered.
    Hang,
}

/// An error of a provider, whichever form its protocol gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Trouble {
    /// Too many requests or tokens; later again.
    RateLimit,
    /// No capacity.
    Overloaded,
    /// The key is not accepted.
    Unauthorized,
    /// There is no money left.
    QuotaExhausted,
    /// The prompt is longer than the model's context.
    ContextTooLong,
    /// The provider failed.
    ServerError,
}
