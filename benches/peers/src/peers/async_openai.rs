use async_openai::{
    Client,
    config::OpenAIConfig,
    types::chat::{
        ChatCompletionRequestUserMessage, ChatCompletionStreamOptions, CreateChatCompletionRequest,
    },
};
use futures::future::BoxFuture;

use super::{Answer, MODEL, Peer, Piece, QUESTION, pieces};
use crate::Fault;

struct AsyncOpenai(Client<OpenAIConfig>);

pub(super) fn client(base: &str) -> Result<Box<dyn Peer>, Fault> {
    let config = OpenAIConfig::new().with_api_base(base).with_api_key("key");
    Ok(Box::new(AsyncOpenai(Client::build(samokoder_llm::http::client()?, config))))
}

impl Peer for AsyncOpenai {
    fn ask(&self) -> BoxFuture<'_, Result<Answer, Fault>> {
        Box::pin(async {
            let request = CreateChatCompletionRequest {
                model: MODEL.into(),
                messages: vec![ChatCompletionRequestUserMessage::from(QUESTION).into()],
                stream_options: Some(ChatCompletionStreamOptions {
                    include_usage: Some(true),
                    include_obfuscation: None,
                }),
                ..CreateChatCompletionRequest::default()
            };
            Ok(pieces(self.0.chat().create_stream(request).await?, |chunk| Piece {
                text: chunk
                    .choices
                    .iter()
                    .filter_map(|choice| choice.delta.content.as_ref())
                    .map(String::len)
                    .sum(),
                output: chunk.usage.map(|usage| usage.completion_tokens.into()),
            }))
        })
    }
}
