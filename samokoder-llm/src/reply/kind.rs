//! Which kind of failure an error is.
//!
//! A provider's code says more than its status: the status 429 is used for "slow down" and for "your money is used
//! up". Codes are from the providers' documentation of October 2026 and from recorded replies.

use samokoder_core::llm::LlmErrorKind;

use super::body::ErrorBody;

/// The kind of an error, by the first of its names that is known, then by its words, then by its status.
pub(super) fn of(status: u16, error: &ErrorBody) -> LlmErrorKind {
    if error.exhausted {
        return LlmErrorKind::QuotaExhausted;
    }
    if error.flagged {
        return LlmErrorKind::ContentRefused;
    }
    let by_name = error.names.iter().find_map(|name| by_name(name));
    // Providers use their general codes for other things too, and only the words tell.
    let general = matches!(by_name, None | Some(LlmErrorKind::BadRequest | LlmErrorKind::RateLimited));
    let by_words = by_words(error).filter(|_| general);
    // A request without a key is an "invalid request" for some, and only the status tells.
    let telling = matches!(status, 401..=404 | 413 | 429) && by_name == Some(LlmErrorKind::BadRequest);
    by_words.or(by_name.filter(|_| !telling)).unwrap_or_else(|| by_status(status))
}

fn by_name(name: &str) -> Option<LlmErrorKind> {
    use LlmErrorKind as Kind;
    Some(match name.to_ascii_lowercase().as_str() {
        "insufficient_quota"
        | "credit_balance_exhausted"
        | "organization_spend_limit_exceeded"
        | "project_spend_limit_exceeded"
        | "organization_usage_limit_exceeded"
        | "enforced_spend_limit_reached"
        | "billing_error"
        | "billing_hard_limit_reached"
        | "payment_required"
        | "exceeded_current_quota_error"
        | "arrearage"
        | "budget_exceeded"
        | "usage_not_included"
        | "insufficient_credits" => Kind::QuotaExhausted,
        super::body::IN_FLIGHT
        | "rate_limit_exceeded"
        | "rate_limit_error"
        | "slow_down"
        | "rate_limited"
        | "too_many_requests" => Kind::RateLimited,
        "server_is_overloaded"
        | "service_unavailable_error"
        | "overloaded_error"
        | "api_error"
        | "server_error"
        | "internal_server_error"
        | "capacity_exceeded"
        | "provider_overloaded"
        | "provider_unavailable"
        | "server"
        | "unavailable"
        | "internal" => Kind::Overloaded,
        "invalid_api_key"
        | "authentication_error"
        | "permission_error"
        | "permission_denied"
        | "unauthenticated" => Kind::Authentication,
        "context_length_exceeded"
        | "exceed_context_size_error"
        | "request_too_large"
        | "string_above_max_length"
        | "model_context_window_exceeded" => Kind::ContextTooLong,
        "model_not_found" | "not_found_error" | "model_not_available" => Kind::UnknownModel,
        "content_policy_violation"
        | "content_filter"
        | "moderation_blocked"
        | "image_content_policy_violation"
        | "cyber_policy"
        | "bio_policy"
        | "data_inspection_failed"
        | "responsibleaipolicyviolation" => Kind::ContentRefused,
        "timeout" | "timeout_error" | "deadline_exceeded" => Kind::Timeout,
        "invalid_request_error"
        | "invalid_request"
        | "invalid_argument"
        | "invalid-argument"
        | "failed_precondition"
        | "tool_use_failed"
        | "json_validate_failed"
        | "unknown_parameter"
        | "unsupported_parameter"
        | "unsupported_value"
        | "invalid_prompt"
        | "data_residency_mismatch" => Kind::BadRequest,
        name if IMAGES.contains(&name) => Kind::BadRequest,
        _ => return None,
    })
}

/// What the Responses API finds wrong with images.
const IMAGES: [&str; 13] = [
    "invalid_image",
    "invalid_image_format",
    "invalid_image_mode",
    "invalid_image_url",
    "invalid_base64_image",
    "image_too_large",
    "image_too_small",
    "image_parse_error",
    "image_file_too_large",
    "image_file_not_found",
    "unsupported_image_media_type",
    "empty_image_file",
    "failed_to_download_image",
];

fn by_words(error: &ErrorBody) -> Option<LlmErrorKind> {
    let says = |any: &[&str]| any.iter().any(|words| error.says(words));
    if says(&TOO_LONG) {
        Some(LlmErrorKind::ContextTooLong)
    } else if says(&USED_UP) && error.retry_after.is_none() {
        // Google says so of a limit for a minute too, with the wait beside it.
        Some(LlmErrorKind::QuotaExhausted)
    } else if says(&["api key not valid", "api key expired", "invalid api key", "incorrect api key"]) {
        Some(LlmErrorKind::Authentication)
    } else if says(&["your input was flagged"]) {
        Some(LlmErrorKind::ContentRefused)
    } else {
        None
    }
}

/// What servers without a code say of a request that is too long.
const TOO_LONG: [&str; 14] = [
    // Than the tokens of a whole minute: no wait helps.
    "request too large",
    "exceeded model token limit",
    "prompt is too long",
    "prompt too long",
    "maximum context length",
    "maximum prompt length",
    "context length exceeded",
    "context window exceeds",
    "exceeds the context",
    "exceeds the available context",
    "exceed context limit",
    "greater than the context length",
    "input token count",
    "input is too long",
];

/// What providers without a code say of money that is used up.
const USED_UP: [&str; 6] = [
    "free-models-per-day",
    "credit balance is too low",
    "exceeded your current quota, please check your plan and billing",
    "insufficient balance",
    "used all available credits",
    "reached its monthly spending limit",
];

fn by_status(status: u16) -> LlmErrorKind {
    use LlmErrorKind as Kind;
    match status {
        401 | 403 => Kind::Authentication,
        402 => Kind::QuotaExhausted,
        404 => Kind::UnknownModel,
        408 | 504 => Kind::Timeout,
        413 => Kind::ContextTooLong,
        429 => Kind::RateLimited,
        // Groq's flex tier has no capacity at 498, Anthropic is overloaded at 529.
        498 | 500..600 => Kind::Overloaded,
        200 => Kind::Malformed,
        _ => Kind::BadRequest,
    }
}
