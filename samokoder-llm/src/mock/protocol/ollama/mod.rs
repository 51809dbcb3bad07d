//! Ollama's own chat.

mod read;
mod stream;
mod unary;

pub(super) use read::read;
pub(super) use stream::stream;
pub(super) use unary::unary;

use super::{super::script::Trouble, ApiError};

pub(super) fn trouble(trouble: Trouble) -> ApiError {
    let (status, message) = match trouble {
        Trouble::RateLimit => (429, "too many requests, try again later"),
        Trouble::Overloaded => (503, "server busy, please try again.  maximum pending requests exceeded"),
        Trouble::Unauthorized => (401, "unauthorized"),
        Trouble::QuotaExhausted => (429, "you have reached your usage limit"),
        Trouble::ContextTooLong => (400, "prompt too long; exceeded max context length"),
        Trouble::ServerError => (500, "llama runner process has terminated"),
    };
    ApiError::new(status, "", message)
}
