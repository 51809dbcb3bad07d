//! A request as a page that a person reads.

use std::fmt::Write as _;

use super::super::{Protocol, question::Question};

/// A request as a page, with how to answer it.
pub(super) fn page(question: &Question, name: &str) -> String {
    let provider = match question.protocol {
        Protocol::ChatCompletions => "OpenAI Chat Completions",
        Protocol::Responses => "OpenAI Responses",
        Protocol::Messages => "Anthropic Messages",
        Protocol::Ollama => "Ollama",
    };
    let stream = if question.stream { "yes" } else { "no" };
    let mut page = format!(
        "# Request {name}\n\nProvider: {provider}  \nModel: {}  \nStream: {stream}\n",
        question.model
    );
    // Writing to a string can't fail.
    for message in &question.messages {
        let _ = write!(page, "\n## {}\n\n{}\n", message.role, message.text.trim_end());
    }
    for tool in &question.tools {
        let _ = write!(page, "\n## Tool `{}`\n\n{}\n", tool.name, tool.description.trim_end());
        let _ = write!(page, "\n```json\n{:#}\n```\n", tool.parameters);
    }
    if let Some(schema) = &question.schema {
        let _ = write!(page, "\n## The answer is JSON of this schema\n\n```json\n{schema:#}\n```\n");
    }
    let _ = write!(
        page,
        "\n---\n\nTo answer with text, write `{name}-answer.md`. For anything else write `{name}-answer.json`, such as\n\
         `{{\"text\": \"…\"}}`, `{{\"tool_calls\": [{{\"name\": \"…\", \"arguments\": {{}}}}]}}` or\n\
         `{{\"fault\": {{\"kind\": \"rate_limit\"}}}}`.\n"
    );
    page
}
