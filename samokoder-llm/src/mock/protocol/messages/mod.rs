//! Anthropic Messages.

mod read;
mod stream;
mod unary;

use hyper::{HeaderMap, header::AUTHORIZATION};

pub(super) use read::read;
pub(super) use stream::stream;
pub(super) use unary::unary;

use super::{
    super::script::{Access, Trouble},
    ApiError,
};

/// What is sent with an answer that tells of limits.
pub(super) const LIMIT_HEADERS: [(&str, &str); 6] = [
    ("anthropic-ratelimit-requests-limit", "50"),
    ("anthropic-ratelimit-requests-remaining", "0"),
    ("anthropic-ratelimit-requests-reset", "2026-01-01T00:01:00Z"),
    ("anthropic-ratelimit-tokens-limit", "30000"),
    ("anthropic-ratelimit-tokens-remaining", "0"),
    ("anthropic-ratelimit-tokens-reset", "2026-01-01T00:01:00Z"),
];

pub(super) fn authorise(headers: &HeaderMap, access: &Access) -> Result<(), ApiError> {
    let text = |value: &hyper::header::HeaderValue| value.to_str().unwrap_or_default().to_owned();
    let bearer = headers.get(AUTHORIZATION).map(text);
    let bearer = bearer.and_then(|value| value.strip_prefix("Bearer ").map(str::to_owned));
    let key = headers.get("x-api-key").map(text).or(bearer).filter(|key| !key.is_empty());
    match key {
        None => Err(ApiError::new(401, "authentication_error", "x-api-key header is required")),
        Some(key) if !access.admits(&key) => Err(trouble(Trouble::Unauthorized)),
        Some(_) if !headers.contains_key("anthropic-version") => {
            Err(ApiError::invalid("anthropic-version: header is required"))
        }
        Some(_) => Ok(()),
    }
}

pub(super) fn trouble(trouble: Trouble) -> ApiError {
    match trouble {
        Trouble::RateLimit => {
            let message = "This request would exceed your organization's rate limit. Please reduce the prompt length \
                or the maximum tokens requested, or try again later.";
            ApiError::new(429, "rate_limit_error", message)
        }
        Trouble::Overloaded => ApiError::new(529, "overloaded_error", "Overloaded"),
        Trouble::Unauthorized => ApiError::new(401, "authentication_error", "invalid x-api-key"),
        Trouble::QuotaExhausted => {
            let message = "You have reached your specified API usage limits.";
            ApiError::new(429, "rate_limit_error", message).with_code("enforced_spend_limit_reached")
        }
        Trouble::ContextTooLong => ApiError::invalid("prompt is too long: 208310 tokens > 200000 maximum"),
        Trouble::ServerError => ApiError::new(500, "api_error", "Internal server error"),
    }
}
