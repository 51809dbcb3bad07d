use futures::{
    future::BoxFuture,
    stream::{self, StreamExt as _},
};
use rig_core::{
    driver::Model,
    providers::openai::{OpenAIConfig, wire::Chat},
    streaming::{Item, StreamEvent},
};
use rig_reqwest::ReqwestClient;

use super::{Answer, MODEL, Peer, Piece, QUESTION};
use crate::Fault;

struct Rig(Model<Chat>);

pub(super) fn model(base: &str) -> Result<Box<dyn Peer>, Fault> {
    let client = ReqwestClient::from(samokoder_llm::http::client()?);
    Ok(Box::new(Rig(OpenAIConfig::new("key").with_base_url(base).connect(client).chat(MODEL))))
}

impl Peer for Rig {
    fn ask(&self) -> BoxFuture<'_, Result<Answer, Fault>> {
        Box::pin(async {
            // The usage is in the response, which there is at the stream's end.
            let answer = stream::unfold(Some(self.0.stream(QUESTION)?), |answer| async {
                let mut answer = answer?;
                match answer.next().await {
                    Some(Ok(Item::Event(StreamEvent::Text { text, .. }))) => {
                        Some((Ok(Piece { text: text.len(), output: None }), Some(answer)))
                    }
                    Some(Ok(_)) => Some((Ok(Piece::default()), Some(answer))),
                    Some(Err(error)) => Some((Err(error.into()), None)),
                    None => {
                        let response = answer.finish().await;
                        let piece = |output| Piece { text: 0, output };
                        Some((response.map(|it| piece(it.usage.output_tokens)).map_err(Into::into), None))
                    }
                }
            });
            Ok(answer.boxed())
        })
    }
}
