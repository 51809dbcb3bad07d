//! How many answers are under way at once.

use std::sync::Arc;

use async_trait::async_trait;
use samokoder_core::llm::{
    CallContext, ChatRequest, ChatStream, LlmError, LlmErrorKind, LlmProvider, ModelCapabilities,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{
    Layer, Place,
    wait::within,
    watch::{Watch, watched},
};

/// Limits how many answers are under way at once. Whoever came first goes first.
///
/// A permit is held until the answer is whole or its stream is dropped. Providers wrapped by clones share the permits.
///
/// ```
/// use samokoder_llm::layer::{Concurrency, Stack};
///
/// let stack = Stack::new().with(Concurrency::new(16));
/// ```
#[derive(Debug, Clone)]
pub struct Concurrency {
    permits: Arc<Semaphore>,
}

impl Concurrency {
    /// At most `limit` answers at once; zero is taken for one.
    pub fn new(limit: usize) -> Self {
        Self { permits: Arc::new(Semaphore::new(limit.clamp(1, Semaphore::MAX_PERMITS))) }
    }
}

impl Layer for Concurrency {
    fn wrap(&self, inner: Arc<dyn LlmProvider>) -> Arc<dyn LlmProvider> {
        Arc::new(Limited { inner, permits: self.permits.clone() })
    }

    fn place(&self) -> Place {
        Place::Concurrency
    }
}

#[derive(Debug)]
struct Limited {
    inner: Arc<dyn LlmProvider>,
    permits: Arc<Semaphore>,
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl LlmProvider for Limited {
    async fn capabilities(&self, model: &str) -> Result<ModelCapabilities, LlmError> {
        self.inner.capabilities(model).await
    }

    async fn stream(&self, request: ChatRequest, call: &CallContext) -> Result<ChatStream, LlmError> {
        let permit = match self.permits.clone().try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => {
                within(call, "one of the answers under way to end", self.permits.clone().acquire_owned())
                    .await?
                    .map_err(|closed| LlmError::new(LlmErrorKind::Cancelled, closed.to_string()))?
            }
        };
        Ok(Box::pin(watched(&*self.inner, request, call, Permit { _held: permit }).await?))
    }
}

#[derive(Debug)]
struct Permit {
    _held: OwnedSemaphorePermit,
}

impl Watch for Permit {}
