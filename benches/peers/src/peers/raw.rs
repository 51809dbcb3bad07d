use std::borrow::Cow;

use futures::{
    future::BoxFuture,
    stream::{self, StreamExt as _},
};
use memchr::memmem;
use serde::Deserialize;
use serde_json::json;

use super::{Answer, MODEL, Peer, Piece, QUESTION};
use crate::Fault;

/// The least that can be done by hand: no errors, no tool calls, no timeouts, only the fields that are asked for.
struct Raw {
    client: reqwest::Client,
    url: String,
}

#[derive(Deserialize)]
struct Chunk<'a> {
    #[serde(borrow)]
    choices: Vec<Choice<'a>>,
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    #[serde(borrow)]
    delta: Delta<'a>,
}

#[derive(Deserialize)]
struct Delta<'a> {
    #[serde(borrow, default)]
    content: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Usage {
    completion_tokens: u64,
}

pub(super) fn client(base: &str) -> Result<Box<dyn Peer>, Fault> {
    Ok(Box::new(Raw { client: samokoder_llm::http::client()?, url: format!("{base}/chat/completions") }))
}

impl Peer for Raw {
    fn ask(&self) -> BoxFuture<'_, Result<Answer, Fault>> {
        Box::pin(async {
            let body = json!({
                "model": MODEL, "stream": true, "stream_options": {"include_usage": true},
                "messages": [{"role": "user", "content": QUESTION}],
            });
            let request = self.client.post(&self.url).header("content-type", "application/json");
            let response = request.body(body.to_string()).send().await?.error_for_status()?;
            let mut buffer = vec![];
            let pieces = response.bytes_stream().map(move |bytes| {
                buffer.extend_from_slice(&bytes?);
                let mut start = 0;
                let mut found = vec![];
                for end in memmem::find_iter(&buffer, "\n\n") {
                    let data = buffer[start..end].strip_prefix(b"data: ").unwrap_or_default();
                    start = end + 2;
                    if data != b"[DONE]" {
                        found.push(piece(data));
                    }
                }
                buffer.drain(..start);
                Ok::<_, Fault>(stream::iter(found))
            });
            Ok(pieces
                .flat_map(|found| match found {
                    Ok(pieces) => pieces.boxed(),
                    Err(error) => stream::iter([Err(error)]).boxed(),
                })
                .boxed())
        })
    }
}

/// The text is made a string of its own, as everyone hands it out.
fn piece(data: &[u8]) -> Result<Piece, Fault> {
    let chunk: Chunk<'_> = serde_json::from_slice(data)?;
    let text: String = chunk.choices.into_iter().map(|choice| choice.delta.content).collect();
    Ok(Piece { text: text.len(), output: chunk.usage.map(|usage| usage.completion_tokens) })
}
