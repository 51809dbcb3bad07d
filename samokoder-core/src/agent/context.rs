//! What an agent works with.

use std::{future::Future, sync::Arc};

use serde::{Serialize, de::DeserializeOwned};

use super::{AgentError, Assignment};
use crate::{
    id::DerivedId,
    llm::{ChatRequest, ChatResponse, ModelId},
    pipeline::Attempt,
    policy::Policy,
    project::{ProjectState, WorkspacePath},
    sandbox::{Command, ExecOutcome},
    store::AttemptId,
};

/// What an agent works with: a snapshot of the project, and a journaled way to everything outside.
///
/// Each effect has a name that is the agent's own. Its intent is recorded before it is done and its outcome before
/// the agent sees it; when the agent runs again after a crash, finished effects return what they returned then.
/// The same name may be used again once its effect is finished.
#[derive(Debug, Clone)]
pub struct AgentContext(pub(crate) Arc<Attempt>);

impl AgentContext {
    /// What is to be done.
    pub fn assignment(&self) -> &Assignment {
        &self.0.assignment
    }

    /// Which attempt at it this is.
    pub fn attempt(&self) -> AttemptId {
        self.0.id
    }

    /// The project as it was when the attempt began.
    pub fn state(&self) -> &ProjectState {
        &self.0.base
    }

    /// An id for something that this attempt brings into being: the same one whenever it runs again.
    pub fn id<T: DerivedId>(&self, name: &str) -> T {
        let AttemptId { assignment, attempt } = self.0.id;
        T::derived(&[&assignment.to_string(), &attempt.to_string(), name])
    }

    /// The model that this agent is to ask.
    pub fn model(&self) -> &ModelId {
        self.0.model()
    }

    /// What agents of this run may run and write. The pipeline sees to it that it holds; an agent that asks first can tell
    /// its model why something is refused.
    pub fn policy(&self) -> &Policy {
        &self.0.run.options.policy
    }

    /// The text of a file, `None` if there is no such file. Bytes that are not UTF-8 are replaced by U+FFFD.
    ///
    /// # Errors
    /// [`AgentError::Store`].
    pub async fn read(&self, path: &WorkspacePath) -> Result<Option<String>, AgentError> {
        self.0.read(path).await
    }

    /// Asks a model, once the run's budget has room for the worst case.
    ///
    /// # Errors
    /// [`AgentError::Model`], [`AgentError::Budget`], [`AgentError::Diverged`], [`AgentError::Store`].
    pub async fn call(&self, name: &str, request: ChatRequest) -> Result<ChatResponse, AgentError> {
        self.0.call(name, request).await
    }

    /// Whether there is a sandbox to run commands in.
    pub fn has_sandbox(&self) -> bool {
        self.0.has_sandbox()
    }

    /// Runs a command in the sandbox, in a workspace that holds exactly the files of [`state`](Self::state).
    ///
    /// A command that the run's [policy](Self::policy) forbids is neither run nor recorded: it ends as
    /// [`Denied`](crate::sandbox::ExecStatus::Denied), with the rule on standard error.
    ///
    /// # Errors
    /// [`AgentError::Sandbox`], [`AgentError::Diverged`], [`AgentError::Store`].
    pub async fn exec(&self, name: &str, command: Command) -> Result<ExecOutcome, AgentError> {
        self.0.exec(name, command).await
    }

    /// Asks a person. Until the answer is there this returns [`AgentError::Suspended`], which the agent passes on
    /// with `?`; it is run again with the answer.
    ///
    /// `options` are the answers to choose from, none for any text; `default` is taken when the person leaves it to
    /// the engine.
    ///
    /// # Errors
    /// [`AgentError::Suspended`], [`AgentError::Diverged`], [`AgentError::Store`].
    pub async fn ask(
        &self,
        name: &str,
        text: &str,
        options: &[String],
        default: Option<&str>,
    ) -> Result<String, AgentError> {
        self.0.ask(name, text, options, default).await
    }

    /// Does something else outside of the engine: `future` is run at least once, and not again once its outcome is
    /// durable, which it is before anything is done that comes after it. `request` says what it does; a different request on resuming means that the agent diverged.
    ///
    /// # Errors
    /// [`AgentError::Failed`] with the future's own error, [`AgentError::Diverged`], [`AgentError::Store`].
    pub async fn effect<Q, R, F>(&self, name: &str, request: &Q, future: F) -> Result<R, AgentError>
    where
        Q: Serialize + Sync,
        R: Serialize + DeserializeOwned,
        F: Future<Output = Result<R, String>> + Send,
    {
        self.0.effect(name, request, future).await
    }
}
