//! The server that speaks the protocols of real providers, by raw HTTP.

mod cassette;
mod chat;
pub(crate) mod client;
mod command;
mod faults;
mod folder;
mod latency;
mod messages;
mod models;
mod ollama;
mod python;
mod refusals;
mod responses;
mod script;
mod stats;

use samokoder_llm::mock::{Reply, Script};

/// A server with one answer to everything.
async fn answering(reply: Reply) -> samokoder_llm::mock::MockServer {
    samokoder_llm::mock::MockServer::start(Script::default().otherwise(reply)).await.unwrap()
}
