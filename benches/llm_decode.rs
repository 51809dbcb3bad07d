//! How fast an answer's bytes become events: framing and decoding, without a socket.
//!
//! Target: at least 500 MB/s for recorded streams of Chat Completions, and half of that when they come in pieces of 64
//! bytes. Streams made here are always decoded; recorded ones where `SAMOKODER_CASSETTES` names a folder with
//! `recorded.jsonl.gz`.
//!
//! `cargo bench --bench llm_decode`

#![expect(clippy::unwrap_used, reason = "a bench ends at the first thing that is not as it should be")]

use std::{
    env,
    fs::File,
    hint::black_box,
    io::{BufRead as _, BufReader},
    path::Path,
    time::Duration,
};

use criterion::{BenchmarkId, Criterion, Throughput};
use flate2::read::GzDecoder;
use samokoder_core::llm::LlmError;
use samokoder_llm::{
    vendor::Vendor,
    wire::{Reader, Wire},
};
use serde::Deserialize;
use serde_json::{Value, json};

/// Pieces of text in a stream that is made here.
const PIECES: usize = 200;

/// Sizes of the pieces in which a stream comes.
const SIZES: [usize; 3] = [usize::MAX, 4096, 64];

/// A protocol: a vendor and a model that speak it, and what the path of a recorded request for a stream has in it.
struct Protocol {
    name: &'static str,
    vendor: &'static str,
    model: &'static str,
    path: &'static str,
    synthetic: fn() -> String,
}

const PROTOCOLS: [Protocol; 5] = [
    Protocol { name: "chat", vendor: "compatible", model: "any", path: "/chat/completions", synthetic: chat },
    Protocol {
        name: "responses",
        vendor: "openai",
        model: "gpt-5",
        path: "/responses",
        synthetic: responses,
    },
    Protocol {
        name: "anthropic",
        vendor: "anthropic",
        model: "any",
        path: "/messages",
        synthetic: anthropic,
    },
    Protocol { name: "gemini", vendor: "gemini", model: "any", path: ":stream", synthetic: gemini },
    Protocol { name: "ollama", vendor: "ollama", model: "any", path: "/api/chat", synthetic: ollama },
];

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .sample_size(20)
        .configure_from_args();
    for protocol in PROTOCOLS {
        let wire = Vendor::by_id(protocol.vendor).unwrap().wire(protocol.model);
        measure(&mut criterion, &format!("{}/synthetic", protocol.name), wire, &[(protocol.synthetic)()]);
        measure(&mut criterion, &format!("{}/recorded", protocol.name), wire, &recorded(wire, protocol.path));
    }
    criterion.final_summary();
}

fn measure(criterion: &mut Criterion, name: &str, wire: &dyn Wire, streams: &[String]) {
    if streams.is_empty() {
        return;
    }
    let mut group = criterion.benchmark_group(format!("decode/{name}"));
    group.throughput(Throughput::Bytes(streams.iter().map(|stream| stream.len() as u64).sum()));
    for size in SIZES {
        let id = if size == usize::MAX { "whole".to_owned() } else { format!("{size} bytes") };
        group.bench_function(BenchmarkId::from_parameter(id), |bench| {
            bench.iter(|| streams.iter().for_each(|stream| decode(wire, stream, size).unwrap()));
        });
    }
    group.finish();
}

/// Decodes a stream that comes in pieces of this size, taking out the events as they come.
fn decode(wire: &dyn Wire, stream: &str, size: usize) -> Result<(), LlmError> {
    let mut reader = Reader::new(wire);
    for piece in stream.as_bytes().chunks(size) {
        reader.feed(piece)?;
        while let Some(event) = reader.next_event() {
            black_box(event);
        }
    }
    reader.end()
}

/// The recorded streams of a protocol that end as they should.
fn recorded(wire: &dyn Wire, path: &str) -> Vec<String> {
    #[derive(Deserialize)]
    struct Exchange {
        path: String,
        status: u16,
        #[serde(default)]
        sse: bool,
        response: String,
    }

    let Some(folder) = env::var_os("SAMOKODER_CASSETTES").filter(|folder| !folder.is_empty()) else {
        return vec![];
    };
    let file = File::open(Path::new(&folder).join("recorded.jsonl.gz")).unwrap();
    BufReader::new(GzDecoder::new(file))
        .lines()
        .map(|line| serde_json::from_str::<Exchange>(&line.unwrap()).unwrap())
        .filter(|exchange| exchange.sse && exchange.status == 200 && exchange.path.contains(path))
        .map(|exchange| exchange.response)
        .filter(|stream| decode(wire, stream, usize::MAX).is_ok())
        .collect()
}

fn words() -> impl Iterator<Item = &'static str> {
    [" the", " library", " keeps", " \"books\"", ",", " members", ".\n", " и займы"]
        .into_iter()
        .cycle()
        .take(PIECES)
}

fn events(data: impl IntoIterator<Item = Value>) -> String {
    data.into_iter().flat_map(|data| ["data: ".to_owned(), data.to_string(), "\n\n".to_owned()]).collect()
}

fn chat() -> String {
    // As OpenAI orders the fields.
    let chunk = |delta: Value, finish: Value, usage: Value| {
        format!(
            "data: {{\"id\":\"chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG\",\"object\":\"chat.completion.chunk\",\
             \"created\":1784728648,\"model\":\"gpt-4.1-mini-2025-04-14\",\"service_tier\":\"default\",\
             \"system_fingerprint\":\"fp_6f2eabb9a5\",\"choices\":[{{\"index\":0,\"delta\":{delta},\
             \"logprobs\":null,\"finish_reason\":{finish}}}],\"usage\":{usage}}}\n\n"
        )
    };
    let deltas = words().map(|word| chunk(json!({"content": word}), Value::Null, Value::Null));
    let usage = json!({"prompt_tokens": 57, "completion_tokens": PIECES});
    deltas.chain([chunk(json!({}), json!("stop"), usage), "data: [DONE]\n\n".into()]).collect()
}

fn responses() -> String {
    let item = "msg_67ccd3acc8d48190a77525dc6de64b4104becb25c45c1d41";
    let deltas = words().zip(1..).map(|(word, number)| {
        json!({
            "type": "response.output_text.delta", "item_id": item, "output_index": 0, "content_index": 0,
            "delta": word, "logprobs": [], "sequence_number": number,
        })
    });
    let usage = json!({"input_tokens": 57, "output_tokens": PIECES});
    let response =
        json!({"id": "resp_1", "model": "gpt-5", "status": "completed", "output": [], "usage": usage});
    events(deltas.chain([json!({"type": "response.completed", "response": response})]))
}

fn anthropic() -> String {
    let start = json!({"type": "message_start", "message": {"id": "msg_1", "model": "m", "usage": {"input_tokens": 57}}});
    let block =
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}});
    let deltas = words().map(|word| {
        // As the provider orders the fields.
        format!(
            "event: content_block_delta\ndata: {{\"type\":\"content_block_delta\",\"index\":0,\
             \"delta\":{{\"type\":\"text_delta\",\"text\":{}}}}}\n\n",
            Value::from(word)
        )
    });
    let end = json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": PIECES}});
    let deltas: String = deltas.collect();
    events([start, block]) + &deltas + &events([end, json!({"type": "message_stop"})])
}

fn gemini() -> String {
    events(words().zip(1..=PIECES).map(|(word, number)| {
        let finish = if number == PIECES { json!("STOP") } else { Value::Null };
        json!({
            "candidates": [{"content": {"parts": [{"text": word}], "role": "model"}, "finishReason": finish, "index": 0}],
            "usageMetadata": {"promptTokenCount": 57, "candidatesTokenCount": number, "totalTokenCount": 57 + number},
            "modelVersion": "gemini-2.5-pro", "responseId": "3ZcXaYvCIpGZ1PIPr5G5iQ0",
        })
    }))
}

fn ollama() -> String {
    let line = |word: &str, is_done: bool| {
        json!({
            "model": "llama3.2", "created_at": "2026-11-04T08:52:19.385406455Z",
            "message": {"role": "assistant", "content": word}, "done": is_done,
        })
    };
    words()
        .map(|word| line(word, false))
        .chain([line("", true)])
        .flat_map(|line| [line.to_string(), "\n".to_owned()])
        .collect()
}
