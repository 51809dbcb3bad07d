//! Looks at a request before it costs anything.

use std::borrow::Cow;

use samokoder_core::llm::{ChatRequest, LlmError, LlmErrorKind, ModelCapabilities, Part, ResponseFormat};

use crate::{
    catalogue::{DoesNotFit, ModelEntry, preflight},
    tokens,
};

/// Refuses what the model is known not to do.
pub(super) fn accepts(request: &ChatRequest, model: &ModelCapabilities) -> Result<(), LlmError> {
    let refuse =
        |what: &str| Err(LlmError::new(LlmErrorKind::BadRequest, format!("{} {what}", request.model)));
    if request.temperature.is_some() && !model.temperature {
        return refuse("takes no temperature; leave it out");
    }
    if !request.tools.is_empty() && !model.tools {
        return refuse("can't call tools; choose another model");
    }
    let has_image = |part: &Part| matches!(part, Part::Image { .. });
    if !model.images && request.messages.iter().any(|message| message.parts.iter().any(has_image)) {
        return refuse("sees no pictures; choose another model");
    }
    Ok(())
}

/// Refuses what is surely too long for the model's window, and leaves room for the request in it where the caller set
/// no limit to the answer.
pub(super) fn fits(
    request: &ChatRequest,
    entry: &ModelEntry,
    model: &mut ModelCapabilities,
) -> Result<(), LlmError> {
    let texts = texts(request);
    let bytes: u64 = texts.iter().map(|text| text.len() as u64 + 16).sum();
    let answer = request.max_output.unwrap_or(model.max_output);
    // A token has at least a byte: most requests need no closer look.
    if bytes.saturating_add(answer) <= model.context_window
        && request.max_output.is_none_or(|most| most <= model.max_output)
    {
        return Ok(());
    }
    let count = tokens::count_request(request.model.name(), texts.iter().map(|text| &**text)).tokens;
    // An estimate is up to 40 % too high, and only what does not fit by any count is refused.
    let surely = count / 3 * 2;
    let room = preflight(entry, surely, request.max_output).map_err(|problem| {
        let kind = match problem {
            DoesNotFit::Output { .. } => LlmErrorKind::BadRequest,
            _ => LlmErrorKind::ContextTooLong,
        };
        LlmError::new(kind, problem.to_string())
    })?;
    let left = model.context_window.saturating_sub(count).max(1);
    model.max_output = room.unwrap_or(model.max_output).min(left);
    Ok(())
}

fn texts(request: &ChatRequest) -> Vec<Cow<'_, str>> {
    let mut texts: Vec<_> = request
        .messages
        .iter()
        .flat_map(|message| &message.parts)
        .filter_map(|part| match part {
            Part::Text { text, .. } | Part::Refusal { text } => Some(Cow::Borrowed(text.as_str())),
            Part::ToolCall(call) => Some(Cow::Owned(format!("{}{}", call.name, call.arguments))),
            Part::ToolResult { content, .. } => Some(Cow::Borrowed(content.as_str())),
            _ => None,
        })
        .collect();
    texts.extend(
        request
            .tools
            .iter()
            .map(|tool| Cow::Owned(format!("{}{}{}", tool.name, tool.description, tool.parameters))),
    );
    if let ResponseFormat::JsonSchema { schema, .. } = &request.response_format {
        texts.push(Cow::Owned(schema.to_string()));
    }
    texts
}
