use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures::future::BoxFuture;
use samokoder_core::{
    budget::Budget,
    llm::{CallContext, ChatRequest, LlmProvider, Message, ModelId, ModelRole, StreamEvent},
};
use samokoder_llm::{
    http::{HttpConfig, HttpProvider},
    layer::{
        Breaker, Cache, Concurrency, Fallback, Governor, Guard, Meter, Rate, Recorder, Retry, Secrets,
        Spending, Stack, Telemetry, Timeout,
    },
    vendor::Vendor,
};

use super::{Answer, MODEL, Peer, Piece, QUESTION, pieces};
use crate::Fault;

struct Samokoder {
    provider: Arc<dyn LlmProvider>,
    model: ModelId,
    asked: AtomicU64,
}

/// The bare provider.
pub(super) fn bare(base: &str) -> Result<Box<dyn Peer>, Fault> {
    peer(provider(base)?)
}

/// The provider with a layer at every place.
pub(super) fn layered(base: &str) -> Result<Box<dyn Peer>, Fault> {
    peer(layers(provider(base)?)?)
}

fn peer(provider: Arc<dyn LlmProvider>) -> Result<Box<dyn Peer>, Fault> {
    Ok(Box::new(Samokoder { provider, model: model()?, asked: AtomicU64::new(0) }))
}

fn model() -> Result<ModelId, Fault> {
    Ok(format!("compatible:{MODEL}").parse()?)
}

/// A provider of any server's models.
pub(crate) fn provider(base: &str) -> Result<Arc<dyn LlmProvider>, Fault> {
    let vendor = Vendor::by_id("compatible").ok_or("no such vendor")?;
    Ok(HttpProvider::new(vendor, HttpConfig::default().base_url(base))?)
}

/// Puts a layer at every place around a provider. The guard looks at requests only: one that looks at answers holds
/// them back until they are whole. The recorder writes to nowhere.
pub(crate) fn layers(provider: Arc<dyn LlmProvider>) -> Result<Arc<dyn LlmProvider>, Fault> {
    let other = Fallback::new().then(model()?, Arc::clone(&provider));
    let stack = Stack::new()
        .with(Telemetry::default())
        .with(Meter::default())
        .with(Guard::new(Secrets::redact().answers(false)))
        .with(Cache::new(1 << 20, Duration::from_mins(1)))
        .with(Spending::new(Budget::default()))
        .with(Recorder::new(io::sink()))
        .with(other)
        .with(Breaker::new(5, Duration::from_secs(30)))
        .with(Retry::default())
        .with(Concurrency::new(2_000))
        .with(Governor::new(Rate::default().requests(1_000_000_000).tokens(1_000_000_000_000)))
        .with(Timeout::default());
    Ok(stack.build(provider)?)
}

/// The question, with a number: no answer is found in a cache.
pub(crate) fn request(number: u64) -> Result<ChatRequest, Fault> {
    Ok(numbered(model()?, number))
}

fn numbered(model: ModelId, number: u64) -> ChatRequest {
    ChatRequest::new(model, vec![Message::new(ModelRole::User, format!("{number}: {QUESTION}"))])
}

impl Peer for Samokoder {
    fn ask(&self) -> BoxFuture<'_, Result<Answer, Fault>> {
        Box::pin(async {
            let request = numbered(self.model.clone(), self.asked.fetch_add(1, Ordering::Relaxed));
            let answer = self.provider.stream(request, &CallContext::default()).await?;
            Ok(pieces(answer, |event| match event {
                StreamEvent::Text(text) => Piece { text: text.len(), output: None },
                StreamEvent::Usage(usage) => Piece { text: 0, output: Some(usage.output) },
                _ => Piece::default(),
            }))
        })
    }
}
