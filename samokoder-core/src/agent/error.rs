//! Why an agent could not finish.

use bytes::Bytes;

use crate::{
    budget::BudgetExceeded, llm::LlmError, policy::Refusal, project::Question, sandbox::SandboxError,
    store::EffectId, store::StoreError,
};

/// Why an attempt did not lead to a proposal.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum AgentError {
    /// The model did not answer.
    #[error(transparent)]
    Model(#[from] LlmError),
    /// The model answered, but not what it was asked for.
    #[error("the model's answer can't be used: {0}")]
    UnusableAnswer(String),
    /// The sandbox failed.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// A limit does not allow the next effect. The attempt stays open until the limit is raised.
    #[error(transparent)]
    Budget(#[from] BudgetExceeded),
    /// An effect was not [admitted](crate::pipeline::Admission).
    #[error("not admitted: {0}")]
    Denied(String),
    /// The proposal goes against the run's [policy](crate::policy::Policy).
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A person has to answer first. The attempt stays open and goes on with the answer.
    #[error("waiting for an answer to: {}", .0.question.text)]
    Suspended(Box<Suspension>),
    /// A finished effect was asked for again with another request: the agent does not do the same twice.
    #[error("on resuming, effect {effect} was asked for with another request than before")]
    Diverged {
        /// The effect's name.
        effect: String,
    },
    /// The journal can't be written or read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Anything else, in words.
    #[error("{0}")]
    Failed(String),
}

/// A question that must be answered before an agent can go on.
#[derive(Debug, Clone)]
pub struct Suspension {
    /// The question.
    pub question: Question,
    /// The effect that its answer will be the outcome of.
    pub(crate) effect: EffectId,
    /// What was asked, as JSON.
    pub(crate) request: Bytes,
}

impl AgentError {
    /// Whether another attempt may succeed.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Model(error) => error.is_retryable(),
            Self::Sandbox(error) => error.is_retryable(),
            Self::UnusableAnswer(_) | Self::Refused(_) | Self::Diverged { .. } | Self::Failed(_) => true,
            Self::Denied(_) | Self::Budget(_) | Self::Suspended(_) | Self::Store(_) => false,
        }
    }
}
