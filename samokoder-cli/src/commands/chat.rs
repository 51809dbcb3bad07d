//! `samokoder chat`.

use std::{
    collections::BTreeSet,
    io::{self, Read as _},
};

use futures::StreamExt as _;
use samokoder::llm::{
    CallContext, ChatRequest, ChatResponse, LlmError, LlmErrorKind, Message, ModelRole, StreamEvent,
    ToolCall, Usage,
};
use serde_json::{Value, json};

use crate::{
    args::ChatArgs,
    config::Config,
    failure::{Failure, Outcome},
    output, provider,
};

/// Streams one answer. Nothing is repeated after a failure: who typed it sees it and may type it again.
pub(crate) async fn chat(args: ChatArgs) -> Result<Outcome, Failure> {
    let config = Config::load(None)?;
    let prompt = match args.prompt.as_deref() {
        Some("-") | None => {
            let mut text = String::new();
            io::stdin()
                .read_to_string(&mut text)
                .map_err(|error| Failure::failed(format!("the prompt: {error}")))?;
            text
        }
        Some(text) => text.to_owned(),
    };
    if prompt.trim().is_empty() {
        return Err(Failure::usage("say something: chat --model openai:gpt-6-luna \"Why is the sky blue?\""));
    }
    let provider = provider::bare(args.model.provider(), &config, args.base_url.as_deref())?;
    let system = args.system.map(|text| Message::new(ModelRole::System, text));
    let mut request = ChatRequest::new(
        args.model,
        system.into_iter().chain([Message::new(ModelRole::User, prompt)]).collect(),
    );
    request.max_output = args.max_output;
    let mut printer: Box<dyn Printer> =
        if args.json { Box::new(Lines::default()) } else { Box::new(Text::default()) };
    let call = CallContext::default();
    let answer = async {
        let mut stream = provider.stream(request, &call).await?;
        let mut response = ChatResponse::default();
        while let Some(event) = stream.next().await {
            let event = event?;
            printer.event(&event, &response);
            if response.add(event) {
                printer.end(&response);
                return Ok(());
            }
        }
        Err(LlmError::new(LlmErrorKind::Truncated, "the answer stopped before its end"))
    };
    match answer.await {
        Ok(()) => Ok(Outcome::Done),
        Err(error) => Ok(printer.error(&error)),
    }
}

/// Shows an answer as it comes.
trait Printer {
    fn event(&mut self, event: &StreamEvent, so_far: &ChatResponse);
    fn end(&mut self, response: &ChatResponse);
    fn error(&mut self, error: &LlmError) -> Outcome;
}

/// The text as it comes; everything else on standard error, so that the text can be piped.
#[derive(Debug, Default)]
struct Text {
    last: char,
}

impl Printer for Text {
    fn event(&mut self, event: &StreamEvent, _: &ChatResponse) {
        if let StreamEvent::Text(text) | StreamEvent::Refusal(text) = event {
            output::piece(text);
            self.last = text.chars().last().unwrap_or(self.last);
        }
    }

    fn end(&mut self, response: &ChatResponse) {
        if !matches!(self.last, '\n' | '\0') {
            outln!();
        }
        for call in response.tool_calls() {
            errln!("calls {} with {}", call.name, call.arguments);
        }
        let Usage { input, output, .. } = response.usage;
        let tokens = if response.usage == Usage::default() {
            "tokens not known".to_owned()
        } else {
            format!("{input} tokens in, {output} out")
        };
        let cost = response.cost.map_or_else(|| "price not known".into(), |cost| cost.to_string());
        errln!("[{}; {tokens}; {cost}]", response.finish);
    }

    fn error(&mut self, error: &LlmError) -> Outcome {
        if !matches!(self.last, '\n' | '\0') {
            outln!();
        }
        errln!("error: {error}");
        if let Some(wait) = error.retry_after {
            errln!("The provider asks to wait {wait:?}.");
        }
        Outcome::Failed
    }
}

/// JSON, one object a line.
#[derive(Debug, Default)]
struct Lines {
    /// Which calls were printed. Some servers give two the same id.
    printed: BTreeSet<usize>,
    /// Whether the provider said how many tokens were used.
    counted: bool,
}

impl Lines {
    fn call(&mut self, at: usize, call: &ToolCall) {
        if self.printed.insert(at) {
            line(&json!({
                "type": "tool_call", "id": call.id, "name": call.name,
                "arguments": if call.arguments.is_empty() { "{}" } else { call.arguments.as_str() },
            }));
        }
    }
}

impl Printer for Lines {
    fn event(&mut self, event: &StreamEvent, so_far: &ChatResponse) {
        match event {
            StreamEvent::Text(text) => line(&json!({ "type": "text", "text": text })),
            StreamEvent::Refusal(text) => line(&json!({ "type": "refusal", "text": text })),
            StreamEvent::Reasoning(text) if !text.is_empty() => {
                line(&json!({ "type": "reasoning", "text": text }));
            }
            StreamEvent::Usage(_) => self.counted = true,
            StreamEvent::ToolCallEnd { id, arguments } => {
                let mut calls = so_far.tool_calls().enumerate();
                let ended = calls.find(|(at, call)| call.id == *id && !self.printed.contains(at));
                if let Some((at, call)) = ended {
                    let mut call = call.clone();
                    call.arguments = arguments.clone().unwrap_or(call.arguments);
                    self.call(at, &call);
                }
            }
            _ => {}
        }
    }

    fn end(&mut self, response: &ChatResponse) {
        for (at, call) in response.tool_calls().enumerate() {
            self.call(at, call);
        }
        let Usage { input, cached_input, cache_write, output, reasoning, .. } = response.usage;
        let mut usage = json!({
            "type": "usage", "input": input, "cached_input": cached_input, "cache_write": cache_write,
            "output": output, "reasoning": reasoning,
        });
        if let Some(cost) = response.cost {
            usage["cost_picodollars"] = json!(cost.picodollars());
        }
        // What nobody said is not nothing.
        if self.counted || response.cost.is_some() {
            line(&usage);
        }
        line(&json!({ "type": "finish", "reason": response.finish.to_string() }));
    }

    fn error(&mut self, error: &LlmError) -> Outcome {
        line(&json!({
            "type": "error", "kind": error.kind.as_str(), "code": error.code(), "status": error.status(),
            "retryable": error.is_retryable(), "message": error.message,
            "retry_after_ms": error.retry_after.map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)),
        }));
        Outcome::Failed
    }
}

fn line(value: &Value) {
    output::piece(&format!("{value}\n"));
}
