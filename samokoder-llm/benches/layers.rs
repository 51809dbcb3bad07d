//! What all layers together cost, beside the same calls to the bare provider.
//!
//! Target: at most 10 µs for a call that is answered at once, and 100 µs for a stream of 203 events. Measured on two
//! shared cores under load: 21 µs and 65 to 71 µs.
//!
//! `cargo bench -p samokoder-llm --no-default-features --bench layers`

#![expect(clippy::unwrap_used, reason = "a bench ends at the first thing that is not as it should be")]

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use criterion::Criterion;
use futures::stream;
use samokoder_core::{
    budget::Budget,
    llm::{
        CallContext, ChatRequest, ChatStream, FinishReason, LlmError, LlmProvider, LlmProviderExt as _,
        Message, ModelCapabilities, ModelRole, Price, StreamEvent, Usage,
    },
};
use samokoder_llm::layer::{
    Breaker, Cache, Concurrency, Fallback, Governor, Guard, Meter, Rate, Retry, Secrets, Spending, Stack,
    Telemetry, Timeout,
};

/// Answers at once, in this many pieces.
#[derive(Debug)]
struct Instantly(usize);

#[async_trait]
impl LlmProvider for Instantly {
    async fn capabilities(&self, _model: &str) -> Result<ModelCapabilities, LlmError> {
        Ok(ModelCapabilities::default().price(Price::per_million(1.0, 10.0)))
    }

    async fn stream(&self, _request: ChatRequest, _call: &CallContext) -> Result<ChatStream, LlmError> {
        let pieces = (0..self.0).map(|_| Ok(StreamEvent::Text("word ".into())));
        let usage = StreamEvent::Usage(Usage { input: 100, output: self.0 as u64, ..Usage::default() });
        let end = [Ok(usage), Ok(StreamEvent::Finish(FinishReason::Stop))];
        Ok(Box::pin(stream::iter(pieces.chain(end).collect::<Vec<_>>())))
    }
}

/// All layers but recording. Nothing is held back: every call is fresh, every limit far away.
fn layered(inner: Arc<dyn LlmProvider>) -> Arc<dyn LlmProvider> {
    let rate = Rate::default().requests(u64::MAX).tokens(u64::MAX).window(Duration::from_millis(100));
    Stack::new()
        .with(Telemetry::default())
        .with(Meter::default())
        .with(Guard::new(Secrets::refuse().answers(false)))
        .with(Cache::new(1 << 20, Duration::from_mins(1)))
        .with(Spending::new(Budget::default()))
        .with(Fallback::new())
        .with(Breaker::default())
        .with(Retry::default())
        .with(Concurrency::new(16))
        .with(Governor::new(rate))
        .with(Timeout::default())
        .build(inner)
        .unwrap()
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    let text = "Write a page that lists the books of a library with their authors. ".repeat(6);
    let model = "bench:model".parse().unwrap();
    let request = ChatRequest::new(model, vec![Message::new(ModelRole::User, text)]).max_output(1_000);
    let call = CallContext::default().fresh(true);
    for (name, pieces) in [("unary", 1), ("203 events", 201)] {
        let mut group = criterion.benchmark_group(name);
        let bare: Arc<dyn LlmProvider> = Arc::new(Instantly(pieces));
        for (name, provider) in [("bare", bare.clone()), ("layered", layered(bare))] {
            group.bench_function(name, |bench| {
                bench.iter(|| runtime.block_on(provider.complete(request.clone(), &call)).unwrap());
            });
        }
        group.finish();
    }
    criterion.final_summary();
}
