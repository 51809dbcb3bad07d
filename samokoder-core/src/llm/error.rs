//! Why a model did not answer.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

use super::RateLimits;

/// What kind of failure an [`LlmError`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LlmErrorKind {
    /// Too many requests or tokens for now.
    RateLimited,
    /// The provider can't serve for now: it is overloaded, in maintenance or failing.
    Overloaded,
    /// The account's money or quota is used up. Waiting does not help.
    QuotaExhausted,
    /// The key is missing, wrong or not allowed to do this.
    Authentication,
    /// There is no such model.
    UnknownModel,
    /// The request has more tokens than the model takes.
    ContextTooLong,
    /// The provider refuses the content.
    ContentRefused,
    /// The provider does not accept the request.
    BadRequest,
    /// No answer in time.
    Timeout,
    /// The provider can't be reached.
    Connection,
    /// The answer stopped before its end.
    Truncated,
    /// The answer is not what the protocol says.
    Malformed,
    /// The call was cancelled from this side.
    Cancelled,
    /// A budget on this side has no room for the call.
    BudgetExceeded,
}

impl LlmErrorKind {
    /// The name that it has in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RateLimited => "rate_limited",
            Self::Overloaded => "overloaded",
            Self::QuotaExhausted => "quota_exhausted",
            Self::Authentication => "authentication",
            Self::UnknownModel => "unknown_model",
            Self::ContextTooLong => "context_too_long",
            Self::ContentRefused => "content_refused",
            Self::BadRequest => "bad_request",
            Self::Timeout => "timeout",
            Self::Connection => "connection",
            Self::Truncated => "truncated",
            Self::Malformed => "malformed",
            Self::Cancelled => "cancelled",
            Self::BudgetExceeded => "budget_exceeded",
        }
    }
}

/// A call to a model that brought no answer. It can be stored and read back, so that a failed call replays too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LlmError {
    /// What kind of failure it is.
    pub kind: LlmErrorKind,
    /// What happened, in the provider's words where it has some. Never holds a key.
    pub message: String,
    /// How long the provider asks to wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<Duration>,
    /// The provider's reply, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<Box<ErrorReply>>,
    /// Whether the call was paid for all the same, where whoever made the error knows: a check that failed before or
    /// after it. Absent, the kind says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billed: Option<bool>,
}

/// What a provider replied instead of an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ErrorReply {
    /// The HTTP status. An error within a stream comes with the status 200.
    pub status: u16,
    /// The provider's own code or type of the error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The provider's id of the request, for its support.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The beginning of the body, without keys.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub body: String,
    /// What the provider allows at the moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limits: Option<RateLimits>,
    /// Whether the provider says that the same request may succeed later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub should_retry: Option<bool>,
}

impl LlmError {
    /// An error of this kind.
    pub fn new(kind: LlmErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), retry_after: None, reply: None, billed: None }
    }

    /// Says how long the provider asks to wait.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// Adds what the provider replied.
    #[must_use]
    pub fn reply(mut self, reply: ErrorReply) -> Self {
        self.reply = Some(Box::new(reply));
        self
    }

    /// Says whether the call was paid for all the same.
    #[must_use]
    pub fn billed(mut self, billed: bool) -> Self {
        self.billed = Some(billed);
        self
    }

    /// The HTTP status, where there was a reply.
    pub fn status(&self) -> Option<u16> {
        self.reply.as_ref().map(|reply| reply.status)
    }

    /// The provider's own code or type of the error.
    pub fn code(&self) -> Option<&str> {
        self.reply.as_ref()?.code.as_deref()
    }

    /// Whether the provider said no before it did anything, or was not asked, so that nothing is billed. An error within
    /// an answer comes after it began.
    pub fn was_refused(&self) -> bool {
        if let Some(billed) = self.billed {
            return !billed;
        }
        if self.status() == Some(200) {
            return false;
        }
        matches!(
            self.kind,
            LlmErrorKind::RateLimited
                | LlmErrorKind::Overloaded
                | LlmErrorKind::QuotaExhausted
                | LlmErrorKind::Authentication
                | LlmErrorKind::UnknownModel
                | LlmErrorKind::ContextTooLong
                | LlmErrorKind::BadRequest
                | LlmErrorKind::Connection
                | LlmErrorKind::BudgetExceeded
        )
    }

    /// Whether the same request may succeed later: as the provider says, else by the kind. Used-up money never comes
    /// back by itself.
    pub fn is_retryable(&self) -> bool {
        if let Some(said) = self.reply.as_ref().and_then(|reply| reply.should_retry)
            && self.kind != LlmErrorKind::QuotaExhausted
        {
            return said;
        }
        matches!(
            self.kind,
            LlmErrorKind::RateLimited
                | LlmErrorKind::Overloaded
                | LlmErrorKind::Timeout
                | LlmErrorKind::Connection
                | LlmErrorKind::Truncated
                | LlmErrorKind::Malformed
        )
    }
}

impl fmt::Display for LlmError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            LlmErrorKind::RateLimited => "the model's provider asks to slow down",
            LlmErrorKind::Overloaded => "the model's provider is overloaded",
            LlmErrorKind::QuotaExhausted => "the account at the model's provider is used up",
            LlmErrorKind::Authentication => "the model's provider does not accept the key",
            LlmErrorKind::UnknownModel => "unknown model",
            LlmErrorKind::ContextTooLong => "the request is too long for the model",
            LlmErrorKind::ContentRefused => "the model's provider refuses the content",
            LlmErrorKind::BadRequest => "the model's provider does not accept the request",
            LlmErrorKind::Timeout => "the model did not answer in time",
            LlmErrorKind::Connection => "the model's provider can't be reached",
            LlmErrorKind::Truncated => "the model's answer was cut off",
            LlmErrorKind::Malformed => "the model's answer is malformed",
            LlmErrorKind::Cancelled => "the call was cancelled",
            LlmErrorKind::BudgetExceeded => "the budget has no room for the call",
        };
        write!(f, "{kind}: {}", self.message)
    }
}

impl std::error::Error for LlmError {}
