//! What providers reply instead of an answer.

use std::time::Duration;

use samokoder_core::llm::LlmErrorKind::{
    self, Authentication, BadRequest, ContentRefused, ContextTooLong, Overloaded, QuotaExhausted,
    RateLimited, Timeout, UnknownModel,
};
use samokoder_llm::reply::error;

#[track_caller]
fn is(kind: LlmErrorKind, status: u16, body: &str) {
    assert_eq!(error(status, body.as_bytes()).kind, kind, "{status} {body}");
}

#[test]
fn the_code_says_more_than_the_status() {
    for code in [
        "insufficient_quota",
        "credit_balance_exhausted",
        "organization_spend_limit_exceeded",
        "project_spend_limit_exceeded",
        "organization_usage_limit_exceeded",
    ] {
        is(QuotaExhausted, 429, &format!(r#"{{"error":{{"message":"m","type":"{code}","code":"{code}"}}}}"#));
    }
    is(RateLimited, 429, r#"{"error":{"message":"m","type":"tokens","code":"rate_limit_exceeded"}}"#);
    is(RateLimited, 429, r#"{"error":{"message":"m","type":"rate_limit_error","code":"slow_down"}}"#);
    is(
        Overloaded,
        503,
        r#"{"error":{"message":"m","type":"service_unavailable_error","code":"server_is_overloaded"}}"#,
    );
    is(
        ContextTooLong,
        400,
        r#"{"error":{"message":"m","type":"invalid_request_error","code":"context_length_exceeded"}}"#,
    );
    is(
        Authentication,
        401,
        r#"{"error":{"message":"m","type":"invalid_request_error","code":"invalid_api_key"}}"#,
    );
    is(
        UnknownModel,
        404,
        r#"{"error":{"message":"m","type":"invalid_request_error","code":"model_not_found"}}"#,
    );
    is(BadRequest, 400, r#"{"error":{"message":"m","type":"invalid_request_error","code":null}}"#);
    is(
        ContentRefused,
        400,
        r#"{"error":{"message":"m","type":"image_generation","code":"content_policy_violation"}}"#,
    );
}

#[test]
fn a_general_code_leaves_it_to_the_status() {
    let body = r#"{"error":{"message":"You didn't provide an API key.","type":"invalid_request_error","code":null}}"#;
    is(Authentication, 401, body);
    is(RateLimited, 429, body);
    is(BadRequest, 400, body);
    is(BadRequest, 200, body);
}

#[test]
fn anthropics_spend_limit_is_no_rate_limit() {
    let reply = |details: &str| {
        format!(
            r#"{{"type":"error","error":{{"type":"rate_limit_error","message":"m"{details}}},"request_id":"r"}}"#
        )
    };
    is(RateLimited, 429, &reply(""));
    is(QuotaExhausted, 429, &reply(r#","details":{"error_code":"enforced_spend_limit_reached"}"#));
    let typed = |kind: &str| format!(r#"{{"type":"error","error":{{"type":"{kind}","message":"m"}}}}"#);
    is(Overloaded, 529, &typed("overloaded_error"));
    is(Overloaded, 500, &typed("api_error"));
    is(QuotaExhausted, 402, &typed("billing_error"));
    is(Authentication, 403, &typed("permission_error"));
    is(UnknownModel, 404, &typed("not_found_error"));
    is(ContextTooLong, 413, &typed("request_too_large"));
    is(
        ContextTooLong,
        400,
        r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}}"#,
    );
    is(
        BadRequest,
        400,
        r#"{"type":"error","error":{"type":"invalid_request_error","message":"max_tokens: 999999 > 64000"}}"#,
    );
    is(
        QuotaExhausted,
        400,
        r#"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the API."}}"#,
    );
}

#[test]
fn a_limit_of_google_for_a_day_is_used_up_and_one_for_a_minute_is_waited_for() {
    let reply = |quota: &str, delay: &str| {
        format!(
            r#"{{"error":{{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED","details":[
                {{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{{"quotaId":"{quota}"}}]}},
                {{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"{delay}"}}]}}}}"#
        )
    };
    is(RateLimited, 429, &reply("GenerateRequestsPerMinutePerProject", "46s"));
    is(QuotaExhausted, 429, &reply("GenerateRequestsPerDayPerProject", "36000s"));
    let in_words = reply("GenerateContentInputTokensPerModelPerMinute-FreeTier", "34s").replace(
        r#""m""#,
        r#""You exceeded your current quota, please check your plan and billing details. * Quota exceeded for metric: x, limit: 250000""#,
    );
    is(RateLimited, 429, &in_words);
    is(QuotaExhausted, 429, &in_words.replace("limit: 250000", "limit: 0, model: m"));
    let found = error(429, reply("PerMinute", "46.5s").as_bytes());
    assert_eq!(found.retry_after, Some(Duration::from_millis(46_500)));
    is(
        Authentication,
        400,
        r#"{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT"}}"#,
    );
    is(Overloaded, 503, r#"[{"error":{"code":503,"message":"m","status":"UNAVAILABLE"}}]"#);
}

#[test]
fn routers_and_local_servers_have_forms_of_their_own() {
    is(RateLimited, 200, r#"{"error":{"code":429,"message":"Provider returned error"}}"#);
    is(QuotaExhausted, 402, r#"{"error":{"code":402,"message":"Insufficient credits"}}"#);
    is(Timeout, 408, r#"{"error":{"code":408,"message":"m"}}"#);
    is(
        Overloaded,
        502,
        r#"{"error":{"code":502,"message":"m","metadata":{"error_type":"provider_unavailable"}}}"#,
    );
    is(
        ContextTooLong,
        400,
        r#"{"error":{"code":400,"message":"m","type":"exceed_context_size_error","n_prompt_tokens":9,"n_ctx":8}}"#,
    );
    is(Overloaded, 498, r#"{"error":{"message":"m","type":"capacity_exceeded"}}"#);
    is(
        BadRequest,
        400,
        r#"{"object":"error","message":"m","type":"invalid_request_error","raw_status_code":400}"#,
    );
    is(Authentication, 401, r#"{"detail":"Invalid API Key"}"#);
    is(BadRequest, 400, r#"{"code":"invalid-argument","error":"the model does not take images"}"#);
    is(BadRequest, 422, r#"{"detail":[{"loc":["body"],"msg":"field required"}]}"#);
    let nested = r#"{"object":"error","message":{"detail":[{"msg":"field required"}]},"type":"invalid_request_error"}"#;
    is(BadRequest, 422, nested);
    assert!(error(422, nested.as_bytes()).message.contains("field required"));
}

#[test]
fn a_request_that_is_too_long_is_known_by_the_words_of_servers_without_a_code() {
    for words in [
        "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens.",
        "input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000, decrease input length",
        "the request exceeds the available context size. try increasing the context size",
        "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
        "The number of tokens to keep from the initial prompt is greater than the context length.",
        "prompt too long; exceeded max context length by 4 tokens",
        "The input token count (1100000) exceeds the maximum number of tokens allowed (1048576).",
    ] {
        is(
            ContextTooLong,
            400,
            &format!(r#"{{"error":{{"message":"{words}","type":"BadRequestError","code":400}}}}"#),
        );
        is(ContextTooLong, 400, &format!(r#"{{"object":"error","message":"{words}","code":400}}"#));
        is(ContextTooLong, 400, &format!(r#"{{"error":"{words}"}}"#));
    }
}

#[test]
fn money_that_only_requests_under_way_hold_back_is_waited_for_and_flagged_content_is_refused() {
    let router =
        |metadata: &str| format!(r#"{{"error":{{"code":402,"message":"m","metadata":{{{metadata}}}}}}}"#);
    is(QuotaExhausted, 402, &router(""));
    is(RateLimited, 402, &router(r#""limit_source":"openrouter_in_flight_budget""#));
    is(QuotaExhausted, 402, &router(r#""limit_source":"account""#));
    is(
        ContentRefused,
        403,
        r#"{"error":{"code":403,"message":"m requires moderation. Your input was flagged for \"x\"."}}"#,
    );
    is(
        QuotaExhausted,
        429,
        r#"{"error":{"code":"1113","message":"Insufficient balance or no resource package."}}"#,
    );
}

#[test]
fn what_no_wait_or_other_attempt_helps_is_told_from_what_it_does() {
    let failed = |code: &str| {
        format!(r#"{{"type":"response.failed","response":{{"error":{{"code":"{code}","message":"m"}}}}}}"#)
    };
    for code in ["image_content_policy_violation", "cyber_policy", "bio_policy"] {
        is(ContentRefused, 200, &failed(code));
    }
    for code in ["invalid_image", "image_too_large", "failed_to_download_image", "data_residency_mismatch"] {
        is(BadRequest, 200, &failed(code));
    }
    is(Overloaded, 200, &failed("server_error"));
    // More than a whole minute has: no wait helps.
    let large = r#"{"error":{"message":"Request too large for m on tokens per min (TPM): Limit 30000, Requested 40000.","type":"tokens","code":"rate_limit_exceeded"}}"#;
    is(ContextTooLong, 429, large);
    is(ContextTooLong, 413, large);
    is(
        ContextTooLong,
        400,
        r#"{"error":{"message":"Your request exceeded model token limit: 8192 (requested: 9000)"}}"#,
    );
    is(
        QuotaExhausted,
        429,
        r#"{"error":{"message":"Rate limit exceeded: free-models-per-day.","code":429}}"#,
    );
    is(QuotaExhausted, 400, r#"{"error":{"message":"m","type":"budget_exceeded","code":"400"}}"#);
    is(QuotaExhausted, 400, r#"{"code":"Arrearage","message":"Access denied"}"#);
    is(ContentRefused, 400, r#"{"code":"data_inspection_failed","message":"m"}"#);
    is(
        ContentRefused,
        403,
        r#"{"error":{"code":403,"message":"m","metadata":{"reasons":["violence"],"flagged_input":"x"}}}"#,
    );
}

#[test]
fn gateways_have_other_names_and_frames_for_what_they_say() {
    for (body, words) in [
        (r#"{"result":null,"success":false,"errors":[{"code":7003,"message":"no route"}]}"#, "no route"),
        (r#"{"success":false,"error":[{"code":2001,"message":"no gateway"}]}"#, "no gateway"),
        (r#"{"code":401,"msg":"令牌已过期","success":false}"#, "令牌已过期"),
        (r#"{"base_resp":{"status_code":1008,"status_msg":"insufficient balance"}}"#, "insufficient balance"),
        (r#"{"error_code":110,"error_msg":"Access token invalid"}"#, "Access token invalid"),
        (r#"{"errors":["bad thing"]}"#, "bad thing"),
        (r#"{"Output":{"__type":"Unknown"}}"#, r#"{"Output":{"__type":"Unknown"}}"#),
    ] {
        assert_eq!(error(400, body.as_bytes()).message, words);
    }
    is(QuotaExhausted, 200, r#"{"base_resp":{"status_code":1008,"status_msg":"no money"}}"#);
    is(Authentication, 200, r#"{"base_resp":{"status_code":1004,"status_msg":"login fail"}}"#);
    let framed = r#"{"error":{"message":"m","code":"insufficient_quota"}}"#;
    for body in [
        format!("data: {framed}\n\n"),
        format!("event: error\r\ndata:{framed}\r\n"),
        format!("\u{feff}{framed}"),
    ] {
        is(QuotaExhausted, 429, &body);
    }
    assert!(error(500, b"{}").message.ends_with("no words"));
}

#[test]
fn a_wait_may_be_asked_for_in_words_and_a_status_be_a_code() {
    let failed = br#"{"type":"response.failed","response":{"error":{"code":"rate_limit_exceeded","message":"Rate limit reached. Please try again in 11.054s."}}}"#;
    assert_eq!(error(200, failed).retry_after, Some(Duration::from_millis(11_054)));
    let azure = error(200, br#"{"error":{"code":"429","message":"Please retry after 6 seconds."}}"#);
    assert_eq!((azure.kind, azure.status()), (RateLimited, Some(429)));
    assert_eq!(azure.retry_after, Some(Duration::from_secs(6)));
    assert_eq!(error(400, br#"{"error":"try again in 5s"}"#).retry_after, None);
    assert!(error(302, b"").message.contains("check the base URL"));
}

#[test]
fn a_page_of_html_a_bare_text_and_nothing_are_errors_too() {
    let page = error(502, b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>");
    assert_eq!((page.kind, page.message.as_str()), (Overloaded, "502 Bad Gateway nginx"));
    assert_eq!(error(429, b"slow down please").message, "slow down please");
    let empty = error(500, b"");
    assert_eq!((empty.kind, empty.status()), (Overloaded, Some(500)));
    assert_eq!(empty.message, "the provider replied with status 500 and no words");
}

#[test]
fn used_up_money_is_never_tried_again_whatever_the_provider_says() {
    let mut found = error(429, br#"{"error":{"code":"insufficient_quota","message":"m"}}"#);
    assert!(!found.is_retryable());
    found.reply.as_mut().unwrap().should_retry = Some(true);
    assert!(!found.is_retryable());
    assert!(error(503, b"").is_retryable());
}

#[test]
fn an_error_within_an_answer_may_have_been_billed_and_a_refusal_was_not() {
    let overloaded = br#"{"type":"error","error":{"type":"overloaded_error","message":"m"}}"#;
    assert!(error(529, overloaded).was_refused());
    assert!(!error(200, overloaded).was_refused());
}

#[test]
fn an_error_survives_being_stored() {
    let found = error(429, br#"{"error":{"code":"rate_limit_exceeded","message":"m"}}"#)
        .retry_after(Duration::from_secs(2));
    let stored = serde_json::to_string(&found).unwrap();
    assert_eq!(serde_json::from_str::<samokoder_core::llm::LlmError>(&stored).unwrap(), found);
}
