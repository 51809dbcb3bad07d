//! A server that speaks the protocols of real providers and answers from a script, a folder or a recording.
//!
//! It is HTTP over a socket, so that what is tested against it is tested whole: connection pool, framing, decoder, retry
//! and timeout. It speaks, unary and streaming:
//!
//! | protocol | paths |
//! |---|---|
//! | OpenAI Chat Completions | `POST /v1/chat/completions`, also below `/openai` and `/api` |
//! | OpenAI Responses | `POST /v1/responses` |
//! | Anthropic Messages | `POST /v1/messages` |
//! | Ollama | `POST /api/chat`, `GET /api/tags`, `POST /api/show` |
//! | models | `GET /v1/models`, in Anthropic's form for a request with `anthropic-version` |
//! | the server itself | `GET /mock/stats`, `GET /mock/requests` |
//!
//! A request is checked as the provider would check it, and refused with that provider's own body. Nothing depends on a
//! clock or on chance: ids, times and the pieces in which text is streamed are the same in every run.
//!
//! # Examples
//! ```
//! use samokoder_llm::mock::{MockServer, Reply, Script};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let server = MockServer::start(Script::default().then(Reply::text("Good day."))).await?;
//! assert!(server.base_url().starts_with("http://127.0.0.1:"));
//! assert_eq!(server.stats().asked, 0);
//! # Ok(())
//! # }
//! ```

mod cassette;
mod folder;
mod plan;
mod playback;
mod protocol;
mod question;
mod script;
mod server;
mod stats;
mod tokens;

pub use cassette::{Cassette, Exchange};
pub use folder::Folder;
pub use protocol::Protocol;
pub use script::{
    Access, Fallback, Fault, FinishReason, Latency, Reply, Rule, Script, ScriptError, ToolCall, Trouble,
    Usage, When,
};
pub use server::{MockServer, MockServerBuilder, ReceivedRequest, Source};
pub use stats::Stats;
