//! How many answers are under way at once.

use std::sync::Arc;

use async_trait::async_trait;
use samokoder_core::llm::{CallContext, ChatRequest, LlmError, LlmErrorKind, LlmProvider};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{
    Layer, Place,
    answer::Answer,
    chain::{Below, Link, Linked, wrapped},
    wait::within,
    watch::Watch,
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
        wrapped(self.clone(), inner)
    }

    fn place(&self) -> Place {
        Place::Concurrency
    }

    fn link(&self) -> Option<Linked> {
        Some(Linked::new(self.clone()))
    }
}

#[async_trait]
impl Link for Concurrency {
    async fn send(
        &self,
        request: Arc<ChatRequest>,
        call: &CallContext,
        below: Below<'_>,
    ) -> Result<Answer, LlmError> {
        let permit = match self.permits.clone().try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => {
                within(call, "one of the answers under way to end", self.permits.clone().acquire_owned())
                    .await?
                    .map_err(|closed| LlmError::new(LlmErrorKind::Cancelled, closed.to_string()))?
            }
        };
        below.watched(request, call, Permit { _held: permit }).await
    }
}

#[derive(Debug)]
struct Permit {
    _held: OwnedSemaphorePermit,
}

impl Watch for Permit {}
