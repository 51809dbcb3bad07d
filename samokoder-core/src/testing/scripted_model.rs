//! A model that answers by a script.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use futures::stream;

use crate::llm::{
    CallContext, ChatRequest, ChatStream, FinishReason, LlmError, LlmProvider, ModelCapabilities, Price,
    StreamEvent, Usage,
};

type Script = dyn Fn(&ChatRequest) -> Result<String, LlmError> + Send + Sync;

/// A model that answers by a script, after a time that can be set, and remembers what it was asked. Clones share it.
#[derive(Clone)]
pub struct ScriptedModel {
    script: Arc<Script>,
    latency: Duration,
    price: Option<Price>,
    requests: Arc<Mutex<Vec<ChatRequest>>>,
}

impl ScriptedModel {
    /// A model that answers what `script` says. It is free and takes no time.
    pub fn new(script: impl Fn(&ChatRequest) -> Result<String, LlmError> + Send + Sync + 'static) -> Self {
        Self {
            script: Arc::new(script),
            latency: Duration::ZERO,
            price: Some(Price::FREE),
            requests: Arc::default(),
        }
    }

    /// Lets each answer take this long.
    #[must_use]
    pub fn latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// Gives it a price; `None` makes it unpriced.
    #[must_use]
    pub fn price(mut self, price: Option<Price>) -> Self {
        self.price = price;
        self
    }

    /// Every request so far, in the order in which they came.
    pub fn requests(&self) -> Vec<ChatRequest> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The templates of the requests so far.
    pub fn templates(&self) -> Vec<String> {
        self.requests().into_iter().filter_map(|request| Some(request.prompt?.template)).collect()
    }
}

impl fmt::Debug for ScriptedModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScriptedModel").field("latency", &self.latency).finish_non_exhaustive()
    }
}

#[async_trait]
impl LlmProvider for ScriptedModel {
    async fn capabilities(&self, _model: &str) -> Result<ModelCapabilities, LlmError> {
        Ok(ModelCapabilities { price: self.price.clone(), max_output: 1000, ..ModelCapabilities::default() })
    }

    async fn stream(&self, request: ChatRequest, _call: &CallContext) -> Result<ChatStream, LlmError> {
        let input = request.estimate_tokens();
        let answer = (self.script)(&request);
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        if !self.latency.is_zero() {
            tokio::time::sleep(self.latency).await;
        }
        let text = answer?;
        let usage = Usage { input, output: (text.len() as u64).div_ceil(4), ..Usage::default() };
        let events =
            [StreamEvent::Text(text), StreamEvent::Usage(usage), StreamEvent::Finish(FinishReason::Stop)];
        Ok(Box::pin(stream::iter(events.map(Ok))))
    }
}
