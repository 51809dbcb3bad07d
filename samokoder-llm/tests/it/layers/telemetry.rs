//! Traces of calls.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex},
};

use futures::StreamExt as _;
use samokoder_core::llm::{LlmErrorKind, LlmProviderExt as _, Start, StreamEvent};
use samokoder_llm::layer::{Layer as _, Telemetry};
use serde_json::{Value, json};
use tracing::{
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{Registry, layer::Context, prelude::*};

use super::scripted::*;

/// The fields of all spans together.
#[derive(Debug, Clone, Default)]
struct Fields(Arc<Mutex<BTreeMap<&'static str, String>>>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.lock().unwrap().insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.lock().unwrap().insert(field.name(), value.into());
    }
}

impl tracing_subscriber::Layer<Registry> for Fields {
    fn on_new_span(&self, attributes: &Attributes<'_>, _id: &Id, _context: Context<'_, Registry>) {
        attributes.record(&mut self.clone());
    }

    fn on_record(&self, _id: &Id, values: &Record<'_>, _context: Context<'_, Registry>) {
        values.record(&mut self.clone());
    }
}

async fn traced(telemetry: Telemetry, turn: Turn) -> BTreeMap<&'static str, String> {
    let fields = Fields::default();
    let _guard = tracing_subscriber::registry().with(fields.clone()).set_default();
    let provider = telemetry.wrap(Scripted::new([turn]));
    let _ = provider.complete(ask("gemini:flash", "the prompt").max_output(100), &call()).await;
    std::mem::take(&mut *fields.0.lock().unwrap())
}

fn whole() -> Turn {
    let start = Start { id: Some("r1".into()), model: Some("flash-002".into()), payer: None };
    vec![
        wait(250),
        Step::Send(StreamEvent::Start(start)),
        wait(250),
        text("the answer"),
        used(10, 5),
        finish(),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_span_says_who_was_asked_what_was_used_and_how_long_the_first_words_took() {
    let fields = traced(Telemetry::default(), whole()).await;
    for (name, value) in [
        ("otel.name", "chat flash"),
        ("gen_ai.operation.name", "chat"),
        ("gen_ai.provider.name", "gcp.gemini"),
        ("gen_ai.request.model", "flash"),
        ("gen_ai.request.max_tokens", "100"),
        ("gen_ai.response.id", "r1"),
        ("gen_ai.response.model", "flash-002"),
        ("gen_ai.response.finish_reasons", r#"["stop"]"#),
        ("gen_ai.response.time_to_first_chunk", "0.5"),
        ("gen_ai.usage.input_tokens", "10"),
        ("gen_ai.usage.output_tokens", "5"),
    ] {
        assert_eq!(fields.get(name).map(String::as_str), Some(value), "{name}");
    }
    assert_eq!(fields.get("error.type"), None);
}

#[tokio::test(start_paused = true)]
async fn what_was_asked_and_answered_is_in_it_only_on_request() {
    let silent = traced(Telemetry::default(), whole()).await;
    assert!(silent.values().all(|value| !value.contains("the prompt") && !value.contains("the answer")));
    let open = traced(Telemetry::default().content(true), whole()).await;
    let said = |name: &str| serde_json::from_str::<Value>(&open[name]).unwrap();
    let part = |text: &str| json!([{ "type": "text", "content": text }]);
    assert_eq!(said("gen_ai.input.messages"), json!([{ "role": "user", "parts": part("the prompt") }]));
    assert_eq!(
        said("gen_ai.output.messages"),
        json!([{ "role": "assistant", "parts": part("the answer"), "finish_reason": "stop" }])
    );
}

#[tokio::test(start_paused = true)]
async fn a_failed_call_says_why_and_a_dropped_one_too() {
    let fields = traced(Telemetry::default(), vec![fail(LlmErrorKind::QuotaExhausted)]).await;
    assert_eq!(
        (fields["error.type"].as_str(), fields["otel.status_code"].as_str()),
        ("quota_exhausted", "ERROR")
    );

    let fields = Fields::default();
    let _guard = tracing_subscriber::registry().with(fields.clone()).set_default();
    let provider = Telemetry::default().wrap(Scripted::new([vec![text("a"), wait(1_000), finish()]]));
    let mut stream = provider.stream(request("hi"), &call()).await.unwrap();
    stream.next().await.unwrap().unwrap();
    drop(stream);
    assert_eq!(fields.0.lock().unwrap()["error.type"], "cancelled");
}
