//! An attempt at an assignment, and what its agent may do.

use std::{
    collections::BTreeMap,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use serde::{Serialize, de::DeserializeOwned};

use super::{
    effect::{Effect, EffectError},
    history::RecordedEffect,
    journal::Journal,
    resend::Resend,
    run::{Delta, RunShared},
};
use crate::{
    agent::{AgentError, Assignment, Suspension},
    budget::Spend,
    digest::Digest,
    id::QuestionId,
    llm::{
        CallContext, CallId, ChatRequest, ChatResponse, LlmError, LlmErrorKind, LlmProvider,
        LlmProviderExt as _, ModelId, StreamEvent,
    },
    project::{ProjectState, Question, WorkspacePath},
    sandbox::{Command, ExecOutcome, ExecStatus, Output},
    store::{AttemptId, EffectId, EffectKind, StoreErrorKind},
};

/// An attempt at an assignment.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) id: AttemptId,
    pub(crate) assignment: Assignment,
    pub(crate) base: ProjectState,
    pub(crate) run: Arc<RunShared>,
    pub(crate) journal: Journal,
    /// What its effects came to before, by name and how many of that name came before.
    pub(crate) recorded: BTreeMap<(String, u32), RecordedEffect>,
    pub(crate) names: Mutex<BTreeMap<String, NameUse>>,
}

/// How often an effect's name was used, and whether it is in use.
#[derive(Debug, Default)]
pub(crate) struct NameUse {
    pub(crate) count: u32,
    pub(crate) open: bool,
}

impl Attempt {
    pub(crate) fn model(&self) -> &ModelId {
        self.run.options.model_of(&self.assignment.role)
    }

    pub(crate) fn has_sandbox(&self) -> bool {
        self.run.workbench.is_some()
    }

    pub(crate) async fn read(&self, path: &WorkspacePath) -> Result<Option<String>, AgentError> {
        let Some(file) = self.base.file(path) else { return Ok(None) };
        let bytes = match self.run.content(file.content).await {
            // The commit that this attempt begins on may still be on its way to the store.
            Err(error) if error.kind == StoreErrorKind::NotFound => {
                self.journal.durable(self.base.version()).await?;
                self.run.content(file.content).await?
            }
            other => other?,
        };
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }

    pub(crate) async fn call(&self, name: &str, request: ChatRequest) -> Result<ChatResponse, AgentError> {
        let mut effect = Effect::begin(self, name, &request)?;
        if let Some(response) = effect.replay().await? {
            return Ok(response);
        }
        let provider = self.run.options.provider_of(&request.model)?;
        let capabilities = provider.capabilities(request.model.name()).await?;
        let worst = capabilities.worst_case_within(&request, self.run.budget.limits())?;
        let template = request.prompt.as_ref().map(|prompt| prompt.template.clone());
        let kind = EffectKind::Call { model: request.model.clone(), template: template.clone() };
        effect.admit(&kind, worst).await?;
        let reservation = self.run.budget.reserve(worst).await?;
        effect.intend(kind, worst).await?;
        let (journal, run, id) = (self.journal.clone(), self.run.clone(), effect.id.clone());
        let resend = Arc::new(Resend::new(journal, run, id, template, Digest::of(&effect.request), worst));
        let call = self.call_context(&effect.id).log(resend.clone());
        let answer = self.send(provider, request, &effect.id, &call).await;
        if answer.as_ref().is_err_and(|error| error.kind == LlmErrorKind::Cancelled)
            && self.run.options.cancellation.is_cancelled()
        {
            // The run is ending, and this attempt is cut off with it: what nobody waited for has not failed.
            return std::future::pending().await;
        }
        let mut spent = capabilities.settle(answer.as_ref(), reservation);
        spent += resend.take(call.spent_earlier());
        let usage = answer.as_ref().ok().map(|response| response.usage);
        effect.conclude(answer.map_err(EffectError::Call), usage, spent)
    }

    fn call_context(&self, effect: &EffectId) -> CallContext {
        let AttemptId { assignment, attempt } = self.id;
        let id = CallId {
            scope: self.run.branch.scope.clone(),
            run: self.run.id,
            assignment,
            agent: self.assignment.role.to_string(),
            attempt,
            effect: effect.name.clone(),
        };
        CallContext::default()
            .deadline(Instant::now() + self.run.options.call_timeout)
            .cancellation(self.run.options.cancellation.child_token())
            .budget(self.run.budget.clone())
            // A second attempt is made because the first one's answer was of no use.
            .fresh(attempt > 1)
            .id(id)
    }

    async fn send(
        &self,
        provider: &Arc<dyn LlmProvider>,
        request: ChatRequest,
        effect: &EffectId,
        call: &CallContext,
    ) -> Result<ChatResponse, LlmError> {
        let offset = Mutex::new(0);
        let observe = |event: &StreamEvent| {
            let mut offset = offset.lock().unwrap_or_else(PoisonError::into_inner);
            match event {
                StreamEvent::Text(text) => {
                    self.run.observe(Delta { effect: effect.clone(), offset: *offset, text: text.clone() });
                    *offset += text.len();
                }
                StreamEvent::Restart => *offset = 0,
                _ => {}
            }
        };
        let answer = provider.complete_observed(request, call, &observe);
        let allowed = call.remaining().unwrap_or(self.run.options.call_timeout);
        tokio::time::timeout(allowed, answer).await.unwrap_or_else(|_| {
            let allowed = self.run.options.call_timeout;
            Err(LlmError::new(LlmErrorKind::Timeout, format!("there was no whole answer after {allowed:?}")))
        })
    }

    pub(crate) async fn exec(&self, name: &str, command: Command) -> Result<ExecOutcome, AgentError> {
        let Some(workbench) = &self.run.workbench else {
            return Err(AgentError::Failed("there is no sandbox to run a command in".into()));
        };
        let mut effect = Effect::begin(self, name, &(self.base.tree(), &command))?;
        if let Some(outcome) = effect.replay().await? {
            return Ok(outcome);
        }
        if let Err(refusal) = self.run.options.policy.command(&command) {
            tracing::warn!(rule = refusal.rule, reason = refusal.reason, "command denied");
            let text = self.run.options.redacted_value(format!("{refusal}\n"));
            let reason = Output { text, omitted: 0 };
            // Nothing else is waited for here: an agent that tries for ever can still be ended.
            tokio::task::yield_now().await;
            return Ok(ExecOutcome::new(ExecStatus::Denied, Output::default(), reason, Duration::ZERO));
        }
        let argv = self.run.options.redacted_value(command.argv.clone());
        let kind = EffectKind::Exec { command: argv };
        effect.admit(&kind, Spend::default()).await?;
        effect.intend(kind, Spend::default()).await?;
        let outcome = workbench.exec(&self.run, &self.base, command).await;
        effect.conclude(outcome.map_err(EffectError::Exec), None, Spend::default())
    }

    pub(crate) async fn ask(
        &self,
        name: &str,
        text: &str,
        options: &[String],
        default: Option<&str>,
    ) -> Result<String, AgentError> {
        let effect = Effect::begin(self, name, &(text, options, default))?;
        if let Some(answer) = effect.replay().await? {
            return Ok(answer);
        }
        let AttemptId { assignment, attempt } = self.id;
        let nth = effect.id.nth.to_string();
        let id = QuestionId::derive([&*assignment.to_string(), &attempt.to_string(), name, &nth]);
        let question =
            Question { id, text: text.into(), options: options.to_vec(), default: default.map(Into::into) };
        let question = self.run.options.redacted_value(question);
        let (request, effect) = (effect.request.clone(), effect.id.clone());
        Err(AgentError::Suspended(Box::new(Suspension { question, effect, request })))
    }

    pub(crate) async fn effect<Q, R, F>(&self, name: &str, request: &Q, future: F) -> Result<R, AgentError>
    where
        Q: Serialize + Sync,
        R: Serialize + DeserializeOwned,
        F: Future<Output = Result<R, String>> + Send,
    {
        let mut effect = Effect::begin(self, name, request)?;
        if let Some(value) = effect.replay().await? {
            return Ok(value);
        }
        effect.admit(&EffectKind::Custom, Spend::default()).await?;
        effect.intend(EffectKind::Custom, Spend::default()).await?;
        let outcome = future.await.map_err(EffectError::Other);
        effect.conclude(outcome, None, Spend::default())
    }
}
