//! The port to language models.
//!
//! An implementor of [`LlmProvider`] writes two methods. A caller uses [`LlmProviderExt`] beside them.

mod attempts;
mod call;
mod capabilities;
mod error;
mod event;
mod message;
mod model_id;
mod money;
mod request;
mod response;
#[cfg(feature = "agents")]
pub(crate) mod structured;
mod usage;

use std::{fmt::Debug, pin::Pin};

use async_trait::async_trait;
use futures::{Stream, StreamExt as _};

pub use attempts::AttemptLog;
pub use call::{CallContext, CallId};
pub use capabilities::{ModelCapabilities, Price, PriceTier};
pub use error::{ErrorReply, LlmError, LlmErrorKind};
pub use event::{Allowance, RateLimits, Start, StreamEvent};
pub use message::{CacheMark, Echo, ImageSource, Message, ModelRole, Part, ToolCall};
pub use model_id::{InvalidModelId, ModelId};
pub use money::Money;
pub use request::{ChatRequest, PromptSource, ReasoningEffort, ResponseFormat, Tool, ToolChoice};
pub use response::{ChatResponse, FinishReason, Payer};
pub use usage::Usage;

/// The answer to a request as it is being written. Dropping it cancels the request.
pub type ChatStream = Pin<Box<dyn Stream<Item = Result<StreamEvent, LlmError>> + Send>>;

/// A service that answers chat requests.
#[async_trait]
pub trait LlmProvider: Debug + Send + Sync {
    /// What a model can do and what it costs. `model` is the name without the provider.
    ///
    /// # Errors
    /// [`LlmErrorKind::UnknownModel`] when the provider is sure that there is no such model.
    async fn capabilities(&self, model: &str) -> Result<ModelCapabilities, LlmError>;

    /// Sends a request and returns its answer as a stream that ends with [`StreamEvent::Finish`].
    ///
    /// # Cancel safety
    /// Dropping the future or the stream cancels the request; what was generated until then may be billed.
    async fn stream(&self, request: ChatRequest, call: &CallContext) -> Result<ChatStream, LlmError>;
}

/// What every provider can do, made of the two methods its implementor wrote.
#[async_trait]
pub trait LlmProviderExt: LlmProvider {
    /// Sends a request and waits for the whole answer, handing each event to `observe` as it arrives.
    ///
    /// # Errors
    /// Those of the stream, and [`LlmErrorKind::Truncated`] for a stream that stops before it finishes.
    async fn complete_observed(
        &self,
        request: ChatRequest,
        call: &CallContext,
        observe: &(dyn for<'e> Fn(&'e StreamEvent) + Send + Sync),
    ) -> Result<ChatResponse, LlmError> {
        let mut stream = self.stream(request, call).await?;
        let mut response = ChatResponse::default();
        while let Some(event) = stream.next().await {
            let event = event?;
            observe(&event);
            if response.add(event) {
                return Ok(response);
            }
        }
        Err(LlmError::new(LlmErrorKind::Truncated, "the answer stopped before its end"))
    }

    /// Sends a request and waits for the whole answer.
    ///
    /// # Errors
    /// As [`complete_observed`](Self::complete_observed).
    async fn complete(&self, request: ChatRequest, call: &CallContext) -> Result<ChatResponse, LlmError> {
        self.complete_observed(request, call, &|_| ()).await
    }

    /// Sends a request and waits for an answer that is a value of `T`: its schema is the request's response format,
    /// and an answer that does not fit is sent back once with what is wrong with it.
    ///
    /// The response is that of the last answer; what a first one cost is booked with the call.
    ///
    /// # Errors
    /// As [`complete`](Self::complete); [`LlmErrorKind::Malformed`] when the second answer does not fit either,
    /// [`LlmErrorKind::ContentRefused`] when the model declines, [`LlmErrorKind::Truncated`] when its limit of output
    /// cut the answer off.
    #[cfg(feature = "agents")]
    async fn complete_as<T>(
        &self,
        request: ChatRequest,
        call: &CallContext,
    ) -> Result<(T, ChatResponse), LlmError>
    where
        T: schemars::JsonSchema + serde::de::DeserializeOwned + Send,
    {
        structured::complete_as(self, request, call).await
    }
}

impl<P: LlmProvider + ?Sized> LlmProviderExt for P {}
