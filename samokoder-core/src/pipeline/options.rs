//! Everything that is particular to one run.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

use super::{Admission, Clock, PipelineError};
use crate::{
    agent::Role,
    budget::SpendLimits,
    llm::{LlmError, LlmErrorKind, LlmProvider, ModelId},
    policy::Policy,
    sandbox::Limits,
    secrets::{Redactor, SecretRedactor},
};

/// Everything that is particular to one run: models, keys (inside the providers), limits, where to publish.
///
/// Nothing of it is global to the process, so that runs of different people can share one.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RunOptions {
    /// The services that may be asked, by the provider's id.
    pub providers: BTreeMap<String, Arc<dyn LlmProvider>>,
    /// The model that agents ask.
    pub model: ModelId,
    /// Models of single agents, instead of that one.
    pub models: BTreeMap<Role, ModelId>,
    /// What the project may spend from now on. `None` leaves what was settled before, and so does each limit that is absent;
    /// [`Run::set_budget`](super::Run::set_budget) lifts one.
    pub budget: Option<SpendLimits>,
    /// How many agents may work at a time.
    pub parallel: usize,
    /// How many attempts there are at an assignment.
    pub attempts: u32,
    /// How long a model may take over one answer.
    pub call_timeout: Duration,
    /// How long this sitting may last.
    pub wall: Option<Duration>,
    /// What happens when a person is asked something.
    pub answers: Answers,
    /// The folder that the app's files are published to.
    pub folder: Option<PathBuf>,
    /// What commands in the sandbox are held to.
    pub sandbox_limits: Limits,
    /// What agents may run and write: asked before a command is recorded, and before a proposal is committed.
    pub policy: Policy,
    /// Takes out of what is recorded what must not be: of the description, of what agents ask and are answered, and of what
    /// people say. Files of a person's that it would change are left out of the project. A [`SecretRedactor`] that takes out
    /// what looks like a secret, unless something else is said; give it the [known](SecretRedactor::known) ones.
    pub redactor: Option<Arc<dyn Redactor>>,
    /// Cancelling it ends the run as a cancellation by a person would.
    pub cancellation: CancellationToken,
    /// What the embedding product calls the run, such as a user or a job. Recorded with its beginning.
    pub labels: BTreeMap<String, String>,
    /// Admits or denies each effect; all are admitted without one.
    pub admission: Option<Arc<dyn Admission>>,
    /// Stamps records; the store's own clock without one.
    pub clock: Option<Arc<dyn Clock>>,
}

/// What happens when a person is asked something and nothing else is left to do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answers {
    /// The run ends with [`RunEnd::Waiting`](crate::store::RunEnd::Waiting) and can be resumed with the answer.
    #[default]
    End,
    /// The run waits for the answer: someone is there to give it.
    Wait,
    /// Questions that have a default are answered with it at once; others end the run.
    Defaults,
}

impl RunOptions {
    /// Options for a run on one model of one provider.
    pub fn new(provider: Arc<dyn LlmProvider>, model: ModelId) -> Self {
        Self {
            providers: BTreeMap::from([(model.provider().to_owned(), provider)]),
            model,
            models: BTreeMap::new(),
            budget: None,
            // Calls to models wait, they don't compute; more than this and rate limits of small accounts are hit.
            parallel: 8,
            attempts: 3,
            call_timeout: Duration::from_mins(10),
            wall: None,
            answers: Answers::default(),
            folder: None,
            sandbox_limits: Limits::default(),
            policy: Policy::default(),
            redactor: Some(Arc::new(SecretRedactor::new())),
            cancellation: CancellationToken::new(),
            labels: BTreeMap::new(),
            admission: None,
            clock: None,
        }
    }

    /// Labels the run.
    #[must_use]
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.insert(name.into(), value.into());
        self
    }

    /// Asks this before each effect.
    #[must_use]
    pub fn admission(mut self, admission: impl Admission + 'static) -> Self {
        self.admission = Some(Arc::new(admission));
        self
    }

    /// Stamps records by this clock.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// Adds a provider.
    #[must_use]
    pub fn provider(mut self, id: impl Into<String>, provider: Arc<dyn LlmProvider>) -> Self {
        self.providers.insert(id.into(), provider);
        self
    }

    /// Lets agents with this role ask another model.
    #[must_use]
    pub fn model_for(mut self, role: Role, model: ModelId) -> Self {
        self.models.insert(role, model);
        self
    }

    /// Limits what the project may spend.
    #[must_use]
    pub fn budget(mut self, limits: SpendLimits) -> Self {
        self.budget = Some(limits);
        self
    }

    /// Limits how many agents work at a time. 0 counts as 1.
    #[must_use]
    pub fn parallel(mut self, agents: usize) -> Self {
        self.parallel = std::cmp::max(agents, 1);
        self
    }

    /// Limits the attempts at an assignment. 0 counts as 1.
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = std::cmp::max(attempts, 1);
        self
    }

    /// Limits how long this sitting may last.
    #[must_use]
    pub fn wall(mut self, time: Duration) -> Self {
        self.wall = Some(time);
        self
    }

    /// Says what happens when a person is asked something.
    #[must_use]
    pub fn answers(mut self, answers: Answers) -> Self {
        self.answers = answers;
        self
    }

    /// Replaces what agents may run and write.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Publishes the app's files to a folder.
    #[must_use]
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// Takes out of what is recorded what must not be.
    #[must_use]
    pub fn redactor(mut self, redactor: Arc<dyn Redactor>) -> Self {
        self.redactor = Some(redactor);
        self
    }

    /// The model of an agent.
    pub fn model_of(&self, role: &Role) -> &ModelId {
        self.models.get(role).unwrap_or(&self.model)
    }

    pub(crate) fn provider_of(&self, model: &ModelId) -> Result<&Arc<dyn LlmProvider>, LlmError> {
        self.providers.get(model.provider()).ok_or_else(|| {
            let known: Vec<_> = self.providers.keys().map(String::as_str).collect();
            let message =
                format!("there is no provider {:?} here, only {}", model.provider(), known.join(", "));
            LlmError::new(LlmErrorKind::UnknownModel, message)
        })
    }

    /// Finds every model that the run may ask, so that a wrong name costs nothing.
    pub(crate) async fn check_models(&self) -> Result<(), PipelineError> {
        for model in std::iter::once(&self.model).chain(self.models.values()) {
            let found = async { self.provider_of(model)?.capabilities(model.name()).await };
            found.await.map_err(|error| PipelineError::Model { model: model.to_string(), error })?;
        }
        Ok(())
    }
}
