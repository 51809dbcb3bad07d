//! Lists of models.

use serde_json::{Value, json};

/// OpenAI's list.
pub(super) fn openai(models: &[&str]) -> Value {
    json!({"object": "list", "data": models.iter().map(|id| openai_model(id)).collect::<Vec<_>>()})
}

/// A model in OpenAI's form.
pub(super) fn openai_model(id: &str) -> Value {
    json!({"id": id, "object": "model", "created": 1_767_225_600, "owned_by": "mock"})
}

/// Anthropic's list.
pub(super) fn anthropic(models: &[&str]) -> Value {
    json!({
        "data": models.iter().map(|id| anthropic_model(id)).collect::<Vec<_>>(),
        "has_more": false,
        "first_id": models.first(),
        "last_id": models.last(),
    })
}

/// A model in Anthropic's form.
pub(super) fn anthropic_model(id: &str) -> Value {
    json!({"type": "model", "id": id, "display_name": id, "created_at": "2026-01-01T00:00:00Z"})
}

/// Ollama's list.
pub(super) fn ollama(models: &[&str]) -> Value {
    let models = models.iter().map(|name| {
        json!({
            "name": name, "model": name, "modified_at": "2026-01-01T00:00:00Z", "size": 0, "digest": "",
            "details": details(),
        })
    });
    json!({"models": models.collect::<Vec<_>>()})
}

/// What Ollama knows of a model.
pub(super) fn show() -> Value {
    json!({
        "modelfile": "",
        "parameters": "",
        "template": "",
        "details": details(),
        "model_info": {"general.architecture": "mock", "mock.context_length": 131_072},
        "capabilities": ["completion", "tools", "thinking"],
        "modified_at": "2026-01-01T00:00:00Z",
    })
}

fn details() -> Value {
    json!({
        "parent_model": "", "format": "gguf", "family": "mock", "families": ["mock"], "parameter_size": "0B",
        "quantization_level": "none",
    })
}
