//! OpenAI Chat Completions.

mod read;
mod stream;
mod unary;

pub(super) use read::read;
pub(super) use stream::{failed, stream};
pub(super) use unary::unary;
