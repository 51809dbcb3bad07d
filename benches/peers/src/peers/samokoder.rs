use std::sync::Arc;

use futures::future::BoxFuture;
use samokoder_core::llm::{CallContext, ChatRequest, LlmProvider, Message, ModelId, StreamEvent};
use samokoder_llm::{
    http::{HttpConfig, HttpProvider},
    vendor::Vendor,
};

use super::{Answer, MODEL, Peer, Piece, QUESTION, pieces};
use crate::Fault;

struct Samokoder {
    provider: Arc<dyn LlmProvider>,
    model: ModelId,
}

/// The bare provider.
pub(super) fn provider(base: &str) -> Result<Box<dyn Peer>, Fault> {
    let vendor = Vendor::by_id("compatible").ok_or("no such vendor")?;
    let provider = HttpProvider::new(vendor, HttpConfig::default().base_url(base))?;
    Ok(Box::new(Samokoder { provider, model: format!("compatible/{MODEL}").parse()? }))
}

impl Peer for Samokoder {
    fn ask(&self) -> BoxFuture<'_, Result<Answer, Fault>> {
        Box::pin(async {
            let request = ChatRequest::new(self.model.clone(), vec![Message::user(QUESTION)]);
            let answer = self.provider.stream(request, &CallContext::default()).await?;
            Ok(pieces(answer, |event| match event {
                StreamEvent::Text(text) => Piece { text: text.len(), output: None },
                StreamEvent::Usage(usage) => Piece { text: 0, output: Some(usage.output) },
                _ => Piece::default(),
            }))
        })
    }
}
