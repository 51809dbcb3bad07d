//! Protocols: what is written, and what is read from bytes however they are split.

mod anthropic;
mod ollama;
mod protocol;
