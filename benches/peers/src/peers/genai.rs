use futures::future::BoxFuture;
use genai::{
    Client, ModelIden, ServiceTarget,
    adapter::AdapterKind,
    chat::{ChatMessage, ChatOptions, ChatRequest, ChatStreamEvent},
    resolver::{AuthData, Endpoint, ServiceTargetResolver},
};

use super::{Answer, MODEL, Peer, Piece, QUESTION, pieces};
use crate::Fault;

struct Genai {
    client: Client,
    options: ChatOptions,
}

pub(super) fn client(base: &str) -> Result<Box<dyn Peer>, Fault> {
    let endpoint = Endpoint::from_owned(format!("{base}/"));
    let target = move |target: ServiceTarget| -> Result<ServiceTarget, genai::resolver::Error> {
        let model = ModelIden::new(AdapterKind::OpenAI, target.model.model_name);
        Ok(ServiceTarget { endpoint: endpoint.clone(), auth: AuthData::from_single("key"), model })
    };
    let client = Client::builder()
        .with_reqwest(samokoder_llm::http::client()?)
        .with_service_target_resolver(ServiceTargetResolver::from_resolver_fn(target))
        .build()?;
    Ok(Box::new(Genai { client, options: ChatOptions::default().with_capture_usage(true) }))
}

impl Peer for Genai {
    fn ask(&self) -> BoxFuture<'_, Result<Answer, Fault>> {
        Box::pin(async {
            let request = ChatRequest::new(vec![ChatMessage::user(QUESTION)]);
            let answer = self.client.exec_chat_stream(MODEL, request, Some(&self.options)).await?;
            Ok(pieces(answer.stream, |event| match event {
                ChatStreamEvent::Chunk(chunk) => Piece { text: chunk.content.len(), output: None },
                ChatStreamEvent::End(end) => {
                    let tokens = end.captured_usage.and_then(|usage| usage.completion_tokens);
                    Piece { text: 0, output: tokens.and_then(|tokens| tokens.try_into().ok()) }
                }
                _ => Piece::default(),
            }))
        })
    }
}
