//! What a model is not asked for, because it is known not to do it.

use samokoder_core::llm::{ChatRequest, LlmError, LlmErrorKind, ModelCapabilities, Part, ToolChoice};

/// Checks a request against what the model can do.
///
/// # Errors
/// [`LlmErrorKind::BadRequest`] that says what to leave out: nothing is dropped silently.
pub(crate) fn accepts(request: &ChatRequest, model: &ModelCapabilities) -> Result<(), LlmError> {
    let name = request.model.name();
    if request.temperature.is_some() && !model.temperature {
        return Err(refused(format!("{name} does not take a temperature; leave it out")));
    }
    if !request.tools.is_empty() && !model.tools {
        return Err(refused(format!("{name} can't call tools; ask without them")));
    }
    if matches!(request.tool_choice, ToolChoice::Required | ToolChoice::Tool(_)) && !model.forced_tools {
        return Err(refused(format!("{name} can't be forced to call a tool; leave the choice to it")));
    }
    let shows = |part: &Part| matches!(part, Part::Image { .. });
    if !model.images && request.messages.iter().any(|message| message.parts.iter().any(shows)) {
        return Err(refused(format!("{name} does not see pictures; leave them out")));
    }
    Ok(())
}

/// A request that can't be said in a protocol.
pub(crate) fn refused(message: impl Into<String>) -> LlmError {
    LlmError::new(LlmErrorKind::BadRequest, message)
}
