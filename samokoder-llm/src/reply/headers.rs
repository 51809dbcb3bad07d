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
        ms.or_else(|| wait::until(text("retry-after")?, now))
    });
    error.retry_after = wait;
    let limits = limits(headers, now);
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
pub(crate) fn limits(headers: &HeaderMap, now: SystemTime) -> Option<RateLimits> {
    let found =
        RateLimits { requests: allowance(headers, &REQUESTS, now), tokens: allowance(headers, &TOKENS, now) };
    (found != RateLimits::default()).then_some(found)
}

/// Names of the limit, of what remains of it, and of when it is there again; Anthropic's after those of the others.
type Names = [[&'static str; 2]; 3];

const REQUESTS: Names = [
    ["x-ratelimit-limit-requests", "anthropic-ratelimit-requests-limit"],
    ["x-ratelimit-remaining-requests", "anthropic-ratelimit-requests-remaining"],
    ["x-ratelimit-reset-requests", "anthropic-ratelimit-requests-reset"],
];

const TOKENS: Names = [
    ["x-ratelimit-limit-tokens", "anthropic-ratelimit-tokens-limit"],
    ["x-ratelimit-remaining-tokens", "anthropic-ratelimit-tokens-remaining"],
    ["x-ratelimit-reset-tokens", "anthropic-ratelimit-tokens-reset"],
];

fn allowance(headers: &HeaderMap, [limit, remaining, reset]: &Names, now: SystemTime) -> Allowance {
    let field = |names: &[&'static str; 2]| names.iter().find_map(|name| headers.get(*name)?.to_str().ok());
    // Azure sends -1 for what it does not know.
    let number = |names| field(names)?.trim().parse().ok();
    Allowance {
        limit: number(limit).filter(|limit| *limit > 0),
        remaining: number(remaining),
        reset: field(reset).and_then(|reset| wait::until(reset, now)),
    }
}
