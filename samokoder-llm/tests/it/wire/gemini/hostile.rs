//! Answers that nobody should send.

use proptest::prelude::*;
use samokoder_llm::gemini::GeminiWire;

use crate::wire::reading::{split_anywhere, sse, stream, whole};

/// Chunks whose fields are missing, wrong or in any order.
fn chunk() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just(r#"{"text":"é"}"#),
        Just(r#"{"text":"","thoughtSignature":"s"}"#),
        Just(r#"{"text":"t","thought":true,"thoughtSignature":"s"}"#),
        Just(r#"{"functionCall":{"name":"f","args":{"a":[1]}}}"#),
        Just(r#"{"functionCall":{}}"#),
        Just(r#"{"inlineData":{}}"#),
        Just(r"{}"),
        Just(r"null"),
        Just(r"[]"),
    ];
    let finish = prop_oneof![Just("null"), Just(r#""STOP""#), Just(r#""""#), Just(r#""NEW""#)];
    let rest = prop_oneof![
        Just(""),
        Just(r#","usageMetadata":{"promptTokenCount":1}"#),
        Just(r#","promptFeedback":{"blockReason":"SAFETY"}"#),
        Just(r#","error":{"code":500}"#),
    ];
    (proptest::collection::vec(part, 0..4), finish, rest).prop_map(|(parts, finish, rest)| {
        let parts = parts.join(",");
        format!(r#"{{"candidates":[{{"content":{{"parts":[{parts}]}},"finishReason":{finish}}}]{rest}}}"#)
    })
}

proptest! {
    #[test]
    fn any_chunks_end_with_one_finish_or_an_error(chunks in proptest::collection::vec(chunk(), 0..8)) {
        let _ = split_anywhere(&GeminiWire, &sse(&chunks));
        let _ = whole(&GeminiWire, format!("[{}]", chunks.join(",")).as_bytes());
    }

    #[test]
    fn any_bytes_end_with_one_finish_or_an_error(bytes: Vec<u8>, text in "(data: \\PC{0,40}\n\n){0,5}") {
        let _ = stream(&GeminiWire, [&bytes[..]]);
        let _ = stream(&GeminiWire, [text.as_bytes()]);
        let _ = whole(&GeminiWire, &bytes);
        let _ = whole(&GeminiWire, text.as_bytes());
    }
}
