//! The port to agents: who reads a snapshot of the project and proposes changes to it.
//!
//! An agent can't write anything. It gets an [`AgentContext`], does what it has to do outside of the engine
//! through it, and returns a [`Proposal`] that the pipeline commits or refuses.

mod assignment;
mod context;
mod error;
mod proposal;
mod role;

use std::fmt::Debug;

use async_trait::async_trait;

pub use assignment::Assignment;
pub use context::AgentContext;
pub use error::{AgentError, Suspension};
pub use proposal::Proposal;
pub use role::{Resource, Role, Subject};

/// A member of the team.
#[async_trait]
pub trait Agent: Debug + Send + Sync {
    /// What it is. An assignment with this role is its.
    fn role(&self) -> Role;

    /// Works on `context.assignment()`.
    ///
    /// It may be dropped at any await and run again with the same context: what it does outside of the engine must go
    /// through the context, whose finished effects are replayed. It must ask for the same effects in the same
    /// order for the same context, so it uses no clock, no randomness and no map of random order.
    ///
    /// # Errors
    /// An error ends the attempt; [`AgentError::is_retryable`] says whether there is another one.
    async fn run(&self, context: AgentContext) -> Result<Proposal, AgentError>;
}
