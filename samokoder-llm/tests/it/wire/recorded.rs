//! What recorded traffic says, read anew with a general JSON parser: the oracle of the decoders.

use serde_json::Value;

use crate::cassettes::Exchange;

/// What an answer holds.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Said {
    pub(crate) text: String,
    pub(crate) reasoning: String,
    pub(crate) refusal: String,
    /// Id, name and arguments.
    pub(crate) calls: Vec<(String, String, Value)>,
    pub(crate) finish: String,
    /// Input, cached, cache writes, output, reasoning.
    pub(crate) usage: [u64; 5],
}

impl Said {
    pub(crate) fn of(response: &samokoder_core::llm::ChatResponse) -> Self {
        use samokoder_core::llm::Part;
        let mut said = Self { finish: response.finish.to_string(), ..Self::default() };
        for part in &response.parts {
            match part {
                Part::Text { text, .. } => said.text.push_str(text),
                Part::Reasoning { text, .. } => said.reasoning.push_str(text),
                Part::Refusal { text } => said.refusal.push_str(text),
                Part::ToolCall(call) => {
                    said.calls.push((call.id.clone(), call.name.clone(), arguments(&call.arguments)));
                }
                _ => {}
            }
        }
        let usage = response.usage;
        said.usage = [usage.input, usage.cached_input, usage.cache_write, usage.output, usage.reasoning];
        said
    }
}

/// Arguments as JSON, or as the text they are when they were cut off.
pub(crate) fn arguments(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.into()))
}

/// The data of each event of a recorded stream, as far as it is JSON.
pub(crate) fn events(exchange: &Exchange) -> Vec<Value> {
    let text = exchange.response.replace("\r\n", "\n");
    text.split("\n\n")
        .filter_map(|event| {
            let data: Vec<_> = event
                .lines()
                .filter_map(|line| line.strip_prefix("data:"))
                .map(|line| line.strip_prefix(' ').unwrap_or(line))
                .collect();
            serde_json::from_str(&data.join("\n")).ok()
        })
        .collect()
}
