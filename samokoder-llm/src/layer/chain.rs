//! Layers that know each other: one provider of many, with one stream for all of them.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use futures::future::BoxFuture;
use samokoder_core::llm::{CallContext, ChatRequest, ChatStream, LlmError, LlmProvider, ModelCapabilities};

use super::{
    answer::Answer,
    watch::{Ending, Outcome, Watch},
};

/// What a layer of this crate does with a call.
///
/// It could do the same as an [`LlmProvider`] around another one. In a chain it adds a [`Watch`] to the answer instead
/// of a stream around it, and what the model can do is looked up once for all.
#[async_trait]
pub(super) trait Link: std::fmt::Debug + Send + Sync {
    /// Sends a request to what is below, and gives back its answer or another one.
    ///
    /// # Cancel safety
    /// Dropping the future gives back what is held.
    async fn send(
        &self,
        request: Arc<ChatRequest>,
        call: &CallContext,
        below: Below<'_>,
    ) -> Result<Answer, LlmError>;

    /// What a model can do, where that is not what it can do below.
    fn capabilities<'a>(
        &'a self,
        _model: &'a str,
        _below: &dyn Fn() -> Handle,
    ) -> Option<BoxFuture<'a, Result<ModelCapabilities, LlmError>>> {
        None
    }
}

/// A layer as a part of a chain.
#[derive(Debug)]
pub struct Linked(Box<dyn Link>);

impl Linked {
    pub(super) fn new(link: impl Link + 'static) -> Self {
        Self(Box::new(link))
    }
}

/// A provider in layers.
#[derive(Debug)]
struct Chain(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    /// From the outside in.
    links: Vec<Linked>,
    provider: Arc<dyn LlmProvider>,
}

/// Wraps a layer around a provider.
pub(super) fn wrapped(link: impl Link + 'static, provider: Arc<dyn LlmProvider>) -> Arc<dyn LlmProvider> {
    chained(vec![Linked::new(link)], provider)
}

/// Wraps layers, given from the outside in, around a provider.
pub(super) fn chained(links: Vec<Linked>, provider: Arc<dyn LlmProvider>) -> Arc<dyn LlmProvider> {
    if links.is_empty() { provider } else { Arc::new(Chain(Arc::new(Parts { links, provider }))) }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl LlmProvider for Chain {
    async fn capabilities(&self, model: &str) -> Result<ModelCapabilities, LlmError> {
        Handle { parts: self.0.clone(), at: 0 }.capabilities(model).await
    }

    async fn stream(&self, request: ChatRequest, call: &CallContext) -> Result<ChatStream, LlmError> {
        let below = Below { parts: &self.0, at: 0, known: &Known::new() };
        Ok(Box::pin(below.send(Arc::new(request), call).await?))
    }
}

/// What a model can do, once somebody asked.
pub(super) type Known = OnceLock<ModelCapabilities>;

/// What is below a layer, for a call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Below<'a> {
    parts: &'a Arc<Parts>,
    at: usize,
    known: &'a Known,
}

impl<'a> Below<'a> {
    /// The same for a call of which this is known: another model may be asked.
    pub(super) fn knowing<'b>(self, known: &'b Known) -> Below<'b>
    where
        'a: 'b,
    {
        Below { known, ..self }
    }

    /// The same, to be kept.
    pub(super) fn handle(self) -> Handle {
        Handle { parts: self.parts.clone(), at: self.at }
    }

    /// What is known of the model that is asked.
    pub(super) fn known(self) -> &'a Known {
        self.known
    }

    /// What the model that is asked can do.
    pub(super) async fn capabilities(self, model: &str) -> Result<&'a ModelCapabilities, LlmError> {
        if let Some(known) = self.known.get() {
            return Ok(known);
        }
        let found = self.handle().capabilities(model).await?;
        Ok(self.known.get_or_init(|| found))
    }

    /// Sends a request.
    pub(super) fn send<'b>(
        self,
        request: Arc<ChatRequest>,
        call: &'b CallContext,
    ) -> BoxFuture<'b, Result<Answer, LlmError>>
    where
        'a: 'b,
    {
        let Some(Linked(link)) = self.parts.links.get(self.at) else {
            let opening = self.parts.provider.stream(Arc::unwrap_or_clone(request), call);
            return Box::pin(async { opening.await.map(Answer::new) });
        };
        link.send(request, call, Below { at: self.at + 1, ..self })
    }

    /// Sends a request and has its answer watched.
    pub(super) async fn watched(
        self,
        request: Arc<ChatRequest>,
        call: &CallContext,
        watch: impl Watch,
    ) -> Result<Answer, LlmError> {
        let mut ending = Ending::new(watch);
        match self.send(request, call).await {
            Ok(mut answer) => {
                answer.watch(ending);
                Ok(answer)
            }
            Err(error) => {
                // There is no finish that an error could take the place of.
                let _ = ending.end(Outcome::Failed(&error));
                Err(error)
            }
        }
    }
}

/// What is below a layer, for as long as somebody holds it.
#[derive(Debug, Clone)]
pub(super) struct Handle {
    parts: Arc<Parts>,
    at: usize,
}

impl Handle {
    /// What is below, for a call of which this is known.
    pub(super) fn below<'a>(&'a self, known: &'a Known) -> Below<'a> {
        Below { parts: &self.parts, at: self.at, known }
    }

    /// What a model can do.
    pub(super) async fn capabilities(&self, model: &str) -> Result<ModelCapabilities, LlmError> {
        for (at, Linked(link)) in self.parts.links.iter().enumerate().skip(self.at) {
            let below = || Self { parts: self.parts.clone(), at: at + 1 };
            if let Some(found) = link.capabilities(model, &below) {
                return found.await;
            }
        }
        self.parts.provider.capabilities(model).await
    }
}
