//! What a path leads to.

use super::super::Protocol;

/// What a path leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    /// An answer of a model.
    Ask(Protocol),
    /// A list of models, in OpenAI's or Anthropic's form.
    Models,
    /// One of them.
    Model,
    /// How many tokens a request of Anthropic's has.
    CountTokens,
    /// Ollama's version.
    Version,
    /// A list of models, in Ollama's form.
    Tags,
    /// What Ollama knows of a model.
    Show,
    /// The server's own figures.
    Stats,
    /// The requests it received.
    Requests,
    /// The path is known, the method is not.
    WrongMethod,
    Unknown,
}

/// Where others than OpenAI keep the same paths: Groq and OpenRouter.
const PREFIXES: [&str; 2] = ["/openai", "/api"];

impl Route {
    pub(super) fn of(method: &str, path: &str) -> Self {
        let path = path.split('?').next().unwrap_or_default();
        let (wanted, route) = match path {
            "/api/chat" => ("POST", Self::Ask(Protocol::Ollama)),
            "/api/show" => ("POST", Self::Show),
            "/api/tags" => ("GET", Self::Tags),
            "/api/version" => ("GET", Self::Version),
            "/mock/stats" => ("GET", Self::Stats),
            "/mock/requests" => ("GET", Self::Requests),
            _ => match PREFIXES.iter().find_map(|prefix| path.strip_prefix(prefix)).unwrap_or(path) {
                "/v1/chat/completions" => ("POST", Self::Ask(Protocol::ChatCompletions)),
                "/v1/responses" => ("POST", Self::Ask(Protocol::Responses)),
                "/v1/messages" => ("POST", Self::Ask(Protocol::Messages)),
                "/v1/messages/count_tokens" => ("POST", Self::CountTokens),
                "/v1/models" => ("GET", Self::Models),
                path if path.starts_with("/v1/models/") => ("GET", Self::Model),
                _ => return Self::Unknown,
            },
        };
        if method == wanted { route } else { Self::WrongMethod }
    }

    pub(super) fn protocol(self) -> Option<Protocol> {
        match self {
            Self::Ask(protocol) => Some(protocol),
            _ => None,
        }
    }
}

/// Whose protocol a path is, as recordings name it.
pub(super) fn provider(path: &str) -> &'static str {
    match path {
        path if path.starts_with("/v1/messages") => "anthropic",
        path if path.starts_with("/openai/") => "groq",
        path if path.starts_with("/api/v1/") => "openrouter",
        path if path.starts_with("/api/") => "ollama",
        _ => "openai",
    }
}
