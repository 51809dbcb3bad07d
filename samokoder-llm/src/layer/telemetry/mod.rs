//! Traces of calls.

mod content;

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use async_trait::async_trait;
use futures::Stream;
use samokoder_core::llm::{
    CallContext, ChatRequest, FinishReason, LlmError, LlmErrorKind, LlmProvider, StreamEvent, Usage,
};
use tokio::time::Instant;
use tracing::{Instrument as _, Span, field::Empty};

use super::{
    Layer, Place,
    answer::Answer,
    chain::{Below, Link, Linked, wrapped},
    tape::Tape,
    watch::{Outcome, Watch},
};

/// Makes a `tracing` span of every call, named and filled as OpenTelemetry's
/// [conventions for generative AI](https://github.com/open-telemetry/semantic-conventions-genai) say.
///
/// The span is open from the request to the finish, and everything below happens within it. It holds the model, the
/// tokens, the time to the first content in seconds and the kind of the error; prompts and answers only on request.
///
/// ```
/// use samokoder_llm::layer::{Stack, Telemetry};
///
/// let stack = Stack::new().with(Telemetry::default());
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Telemetry {
    content: bool,
}

impl Telemetry {
    /// Puts prompts and answers into the span too. They may hold whatever people wrote.
    #[must_use]
    pub fn content(mut self, content: bool) -> Self {
        self.content = content;
        self
    }
}

impl Layer for Telemetry {
    fn wrap(&self, inner: Arc<dyn LlmProvider>) -> Arc<dyn LlmProvider> {
        wrapped(*self, inner)
    }

    fn place(&self) -> Place {
        Place::Telemetry
    }

    fn link(&self) -> Option<Linked> {
        Some(Linked::new(*self))
    }
}

#[async_trait]
impl Link for Telemetry {
    async fn send(
        &self,
        request: Arc<ChatRequest>,
        call: &CallContext,
        below: Below<'_>,
    ) -> Result<Answer, LlmError> {
        let span = span(&request, call);
        if span.is_disabled() {
            return below.send(request, call).await;
        }
        if self.content {
            span.record("gen_ai.input.messages", content::input(&request.messages));
        }
        let notes = Notes {
            span: span.clone(),
            begun: Instant::now(),
            waiting: true,
            usage: None,
            tape: self.content.then(Tape::default),
        };
        let answer = below.watched(request, call, notes).instrument(span.clone()).await?;
        Ok(Answer::of(Spanned { span, answer }))
    }
}

fn span(request: &ChatRequest, call: &CallContext) -> Span {
    let span = tracing::info_span!(
        "chat",
        otel.name = Empty,
        otel.kind = "client",
        otel.status_code = Empty,
        error.r#type = Empty,
        gen_ai.operation.name = "chat",
        gen_ai.provider.name = provider(request.model.provider()),
        gen_ai.request.model = request.model.name(),
        gen_ai.request.stream = true,
        gen_ai.request.max_tokens = request.max_output,
        gen_ai.request.temperature = request.temperature.map(f64::from),
        gen_ai.agent.name = Empty,
        gen_ai.conversation.id = Empty,
        gen_ai.response.id = Empty,
        gen_ai.response.model = Empty,
        gen_ai.response.finish_reasons = Empty,
        gen_ai.response.time_to_first_chunk = Empty,
        gen_ai.usage.input_tokens = Empty,
        gen_ai.usage.output_tokens = Empty,
        gen_ai.usage.cache_read.input_tokens = Empty,
        gen_ai.usage.cache_write.input_tokens = Empty,
        gen_ai.usage.reasoning.output_tokens = Empty,
        gen_ai.input.messages = Empty,
        gen_ai.output.messages = Empty,
        samokoder.prompt = request.prompt.as_ref().map(|prompt| prompt.template.as_str()),
    );
    if !span.is_disabled() {
        span.record("otel.name", format_args!("chat {}", request.model.name()));
        if let Some(id) = &call.id {
            span.record("gen_ai.agent.name", id.agent.as_str());
            span.record("gen_ai.conversation.id", tracing::field::display(&id.run));
        }
    }
    span
}

/// The name that the conventions have for a provider.
fn provider(id: &str) -> &str {
    match id {
        "gemini" => "gcp.gemini",
        "mistral" => "mistral_ai",
        "xai" => "x_ai",
        id => id,
    }
}

/// What a call's span is told.
#[derive(Debug)]
struct Notes {
    span: Span,
    begun: Instant,
    waiting: bool,
    usage: Option<Usage>,
    tape: Option<Tape>,
}

impl Notes {
    fn finished(&mut self, reason: &FinishReason) {
        // One for each answer, and there is one: a list, in the only form that a span takes.
        self.span.record("gen_ai.response.finish_reasons", tracing::field::debug([reason.to_string()]));
        if let Some(tape) = self.tape.take() {
            let mut response = samokoder_core::llm::ChatResponse::default();
            for event in tape.finish(reason.clone()) {
                response.add(event);
            }
            self.span.record("gen_ai.output.messages", content::output(&response.into_message(), reason));
        }
    }

    fn failed(&self, kind: LlmErrorKind) {
        self.span.record("error.type", kind.as_str());
        self.span.record("otel.status_code", "ERROR");
    }
}

impl Watch for Notes {
    fn event(&mut self, event: &StreamEvent) {
        if self.waiting && event.is_content() {
            self.waiting = false;
            self.span.record("gen_ai.response.time_to_first_chunk", self.begun.elapsed().as_secs_f64());
        }
        match event {
            StreamEvent::Start(start) => {
                if let Some(id) = &start.id {
                    self.span.record("gen_ai.response.id", id.as_str());
                }
                if let Some(model) = &start.model {
                    self.span.record("gen_ai.response.model", model.as_str());
                }
            }
            StreamEvent::Usage(usage) => self.usage = Some(*usage),
            _ => {}
        }
        if let Some(tape) = &mut self.tape {
            tape.push(event);
        }
    }

    fn end(&mut self, outcome: Outcome<'_>) -> Result<(), LlmError> {
        if let Some(usage) = self.usage {
            self.span.record("gen_ai.usage.input_tokens", usage.input);
            self.span.record("gen_ai.usage.output_tokens", usage.output);
            self.span.record("gen_ai.usage.cache_read.input_tokens", usage.cached_input);
            self.span.record("gen_ai.usage.cache_write.input_tokens", usage.cache_write);
            self.span.record("gen_ai.usage.reasoning.output_tokens", usage.reasoning);
        }
        match outcome {
            Outcome::Finished(reason) => self.finished(reason),
            Outcome::Failed(error) => self.failed(error.kind),
            Outcome::Stopped => self.failed(LlmErrorKind::Truncated),
            Outcome::Dropped => self.failed(LlmErrorKind::Cancelled),
        }
        Ok(())
    }
}

/// A stream that is read within its span.
struct Spanned {
    span: Span,
    answer: Answer,
}

impl Stream for Spanned {
    type Item = Result<StreamEvent, LlmError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let _within = this.span.enter();
        Pin::new(&mut this.answer).poll_next(context)
    }
}
