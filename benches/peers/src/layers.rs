//! What the layers add to a whole answer, and how well many requests at once are packed.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures::stream;
use samokoder_core::llm::{
    CallContext, ChatRequest, ChatStream, FinishReason, LlmError, LlmProvider, LlmProviderExt as _,
    ModelCapabilities, StreamEvent, Usage,
};
use samokoder_llm::fan_out::FanOut;

use crate::{
    Fault,
    measure::{cpu, runtime, summary},
    mock::Mock,
    peers::samokoder::{layers, provider, request},
    traffic::TOKENS,
};

const ROUNDS: usize = 15;
const CALLS: u32 = 2_000;

/// A provider that has its answer at once, so that what is left is the layers.
#[derive(Debug)]
struct Instantly;

#[async_trait::async_trait]
impl LlmProvider for Instantly {
    async fn capabilities(&self, _: &str) -> Result<ModelCapabilities, LlmError> {
        Ok(ModelCapabilities::default())
    }

    async fn stream(&self, _: ChatRequest, _: &CallContext) -> Result<ChatStream, LlmError> {
        let usage = Usage { input: 57, output: TOKENS as u64, ..Usage::default() };
        let events = [
            StreamEvent::Text("word ".repeat(TOKENS)),
            StreamEvent::Usage(usage),
            StreamEvent::Finish(FinishReason::Stop),
        ];
        Ok(Box::pin(stream::iter(events.map(Ok))))
    }
}

/// Measures what all layers add to a whole answer.
pub(crate) fn unary() -> Result<(), Fault> {
    let [mut bare, mut layered] = [vec![], vec![]];
    let instantly: Arc<dyn LlmProvider> = Arc::new(Instantly);
    let behind = layers(Arc::clone(&instantly))?;
    let runtime = runtime()?;
    for _ in 0..ROUNDS {
        for (times, provider) in [(&mut bare, &instantly), (&mut layered, &behind)] {
            let requests = (0..u64::from(CALLS)).map(request).collect::<Result<Vec<_>, _>>()?;
            let began = cpu();
            runtime.block_on(async {
                for request in requests {
                    provider.complete(request, &CallContext::default()).await?;
                }
                Ok::<_, Fault>(())
            })?;
            times.push((cpu() - began) / CALLS);
        }
    }
    let ((bare, bare_median), (layered, median)) = (summary(bare), summary(layered));
    println!(
        "\nprocessor time that all layers add to a whole answer: {:.1} µs at the least, {:.1} µs at the median of \
         {ROUNDS} rounds of {CALLS} answers",
        micros(layered.saturating_sub(bare)),
        micros(median.saturating_sub(bare_median)),
    );
    Ok(())
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// Measures 64 requests that take 200 ms each, 16 at once: four times 200 ms if nothing is lost.
pub(crate) fn fan_out(mock: &Mock) -> Result<(), Fault> {
    let ideal = Duration::from_millis(800);
    let provider = provider(&mock.base("slow"))?;
    let fan = FanOut::new(provider, 16);
    let times = runtime()?.block_on(async {
        let mut times = vec![];
        for _ in 0..5 {
            let requests = (0..64).map(request).collect::<Result<Vec<_>, _>>()?;
            let began = Instant::now();
            for answer in fan.send(requests, &CallContext::default()).await {
                answer?;
            }
            times.push(began.elapsed());
        }
        Ok::<_, Fault>(times)
    })?;
    let (quickest, median) = summary(times);
    let ratio = |time: Duration| time.as_secs_f64() / ideal.as_secs_f64();
    println!(
        "\n64 requests of 200 ms, 16 at once: {:.3} of {ideal:?} at the least, {:.3} at the median of 5",
        ratio(quickest),
        ratio(median)
    );
    Ok(())
}
