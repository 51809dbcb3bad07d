//! What a reply's headers say: waits, limits, ids.
//!
//! Sources: OpenAI's "Rate limits in headers", Anthropic's "Response headers", Groq's "Rate limit headers".

use std::time::SystemTime;

use reqwest::header::HeaderMap;
use samokoder_core::llm::{Allowance, LlmError, RateLimits};

use super::wait;

/// Adds to an error what its headers say. A wait in the body is more exact than one in a header.
pub(crate) fn complete(mut error: LlmError, headers: &HeaderMap, now: SystemTime) -> LlmError {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let wait = error.retry_after.or_else(|| {
        let ms = text("retry-after-ms").and_then(|ms| wait::duration(&format!("{}ms", ms.trim())));
        ms.or_else(|| wait::retry_after(text("retry-after")?, now))
    });
    error.retry_after = wait;
    let limits = limits(headers);
    if let Some(reply) = &mut error.reply {
        let ids = ["x-request-id", "request-id", "x-generation-id", "cf-ray"];
        reply.request_id = ids.iter().find_map(|name| text(name)).map(Into::into);
        reply.limits = limits;
        reply.should_retry = match text("x-should-retry") {
            Some("true") => Some(true),
            Some("false") => Some(false),
            _ => None,
        };
    }
    error
}

/// What the provider allows, if it says so.
pub(crate) fn limits(headers: &HeaderMap) -> Option<RateLimits> {
    let found = RateLimits { requests: allowance(headers, "requests"), tokens: allowance(headers, "tokens") };
    (found != RateLimits::default()).then_some(found)
}

fn allowance(headers: &HeaderMap, of: &str) -> Allowance {
    let text = |name: String| headers.get(name).and_then(|value| value.to_str().ok());
    let field = |field: &str| {
        text(format!("x-ratelimit-{field}-{of}"))
            .or_else(|| text(format!("anthropic-ratelimit-{of}-{field}")))
    };
    // Azure sends -1 for what it does not know.
    let number = |name: &str| field(name)?.trim().parse().ok();
    Allowance {
        limit: number("limit").filter(|limit| *limit > 0),
        remaining: number("remaining"),
        reset: field("reset").and_then(wait::duration),
    }
}
