//! OpenAI's two protocols behind one base URL.

use samokoder_core::llm::{ChatRequest, Message, ModelCapabilities, ModelRole};
use samokoder_llm::vendor::Vendor;

use super::{read, read_whole};

const CHAT: &str = "data: {\"object\":\"chat.completion.chunk\",\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\n\
    data: {\"object\":\"chat.completion.chunk\",\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

const RESPONSES: &str = r#"{"object":"response","status":"completed","output":[{"type":"message","role":"assistant",
    "content":[{"type":"output_text","text":"Hi"}]}],"usage":{"input_tokens":1,"output_tokens":1}}"#;

fn openai() -> &'static Vendor {
    Vendor::by_id("openai").unwrap()
}

#[test]
fn a_model_is_asked_in_the_protocol_that_it_needs() {
    for (model, path) in [
        ("gpt-4o", "/chat/completions"),
        ("gpt-4.1", "/chat/completions"),
        ("a-model-of-a-gateway", "/chat/completions"),
        ("gpt-6.1-sol", "/responses"),
        ("gpt-5.4-mini-2026-03-17", "/responses"),
        ("o3-of-tomorrow", "/responses"),
    ] {
        let request = ChatRequest::new(
            format!("openai:{model}").parse().unwrap(),
            vec![Message::new(ModelRole::User, "hi")],
        );
        let encoded = openai().wire(model).encode(&request, &ModelCapabilities::default()).unwrap();
        assert_eq!(encoded.path, path, "{model}");
    }
}

#[test]
fn an_answer_is_read_in_the_protocol_in_which_it_comes() {
    for model in ["gpt-4o", "gpt-6.1-sol"] {
        let wire = openai().wire(model);
        assert_eq!(read(wire, [CHAT.as_bytes()]).unwrap().text(), "Hi", "{model}");
        assert_eq!(read_whole(wire, RESPONSES.as_bytes()).unwrap().text(), "Hi", "{model}");
    }
}
