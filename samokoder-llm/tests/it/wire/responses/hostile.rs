//! Answers that nobody should send.

use proptest::prelude::*;
use samokoder_llm::openai::responses::ResponsesWire;

use crate::wire::reading::{split_anywhere, sse, stream, whole};

/// Events whose fields are missing, wrong or in any order.
fn event() -> impl Strategy<Value = String> {
    let kind = prop_oneof![
        Just("response.created"),
        Just("response.output_item.added"),
        Just("response.output_item.done"),
        Just("response.output_text.delta"),
        Just("response.refusal.delta"),
        Just("response.reasoning_summary_text.delta"),
        Just("response.reasoning_text.delta"),
        Just("response.function_call_arguments.delta"),
        Just("response.completed"),
        Just("response.incomplete"),
        Just("error"),
        Just("other"),
    ];
    let item = prop_oneof![
        Just(r#"{"type":"message","id":"m","content":[{"text":"a"},{"refusal":"b"}]}"#),
        Just(r#"{"type":"reasoning","id":"r","summary":[{"text":"s"}]}"#),
        Just(r#"{"type":"function_call","call_id":"c","name":"f","arguments":"{}"}"#),
        Just(r#"{"type":"custom_tool_call","name":"g","input":"x"}"#),
        Just(r#"{"type":"web_search_call","id":"w"}"#),
        Just(r"{}"),
        Just(r"null"),
        Just(r"[1]"),
    ];
    let items = proptest::collection::vec(item.clone(), 0..3);
    (kind, item, items, proptest::option::of(0u8..3), 0u8..2).prop_map(|(kind, item, items, index, content)| {
        let index = index.map_or("null".into(), |index| index.to_string());
        let output = items.join(",");
        format!(
            r#"{{"type":"{kind}","output_index":{index},"content_index":{content},"summary_index":{content},"delta":"é","item":{item},"response":{{"output":[{output}]}}}}"#
        )
    })
}

proptest! {
    #[test]
    fn any_events_end_with_one_finish_or_an_error(events in proptest::collection::vec(event(), 0..12)) {
        let _ = split_anywhere(&ResponsesWire, &sse(&events));
    }

    #[test]
    fn any_bytes_end_with_one_finish_or_an_error(bytes: Vec<u8>, text in "(data: \\PC{0,40}\n\n){0,5}") {
        let _ = stream(&ResponsesWire, [&bytes[..]]);
        let _ = stream(&ResponsesWire, [text.as_bytes()]);
        let _ = whole(&ResponsesWire, &bytes);
        let _ = whole(&ResponsesWire, text.as_bytes());
    }
}
