//! The engine: it asks the workflow what can be done, lets agents do it, and commits what they propose.
//!
//! This is the only module that knows all the ports.

mod admission;
mod attempt;
mod boundary;
mod contents;
mod effect;
mod engine;
mod error;
mod fork;
mod history;
mod journal;
mod options;
mod publication;
mod redaction;
mod resend;
mod run;
mod schedule;
mod signals;
mod workbench;
mod workflow;

use std::{collections::BTreeMap, sync::Arc};

use tokio::sync::{broadcast, watch};

pub use admission::{Admission, Clock, EffectRequest};
pub(crate) use attempt::Attempt;
pub use error::PipelineError;
pub use fork::fork;
pub use history::History;
pub use options::{Answers, RunOptions};
pub use publication::{find_edits, open_folder, publish, record_edits};
pub use run::{Delta, Run, RunReport, events};
pub use workflow::{Next, Workflow, WorkflowError};

use crate::{
    agent::{Agent, Role},
    budget::Budget,
    id::{BranchId, ProjectId, RunId},
    project::Change,
    sandbox::{Control, Sandbox, SandboxError, SandboxErrorKind, Toolchain},
    store::{Author, Branch, Commit, Lease, Record, Scope, Seq, Signal, StateStore},
};
use contents::Contents;
use engine::{Beginning, Engine};
use run::{OverGuard, RunShared};
use workbench::Workbench;

/// A team, its workflow, and the places where it keeps and tries things. It can carry on many runs at a time.
#[derive(Debug, Clone)]
pub struct Pipeline {
    store: Arc<dyn StateStore>,
    sandbox: Option<Arc<dyn Sandbox>>,
    agents: BTreeMap<Role, Arc<dyn Agent>>,
    workflow: Arc<dyn Workflow>,
}

/// Puts a [`Pipeline`] together.
#[derive(Debug)]
#[must_use]
pub struct PipelineBuilder {
    store: Arc<dyn StateStore>,
    sandbox: Option<Arc<dyn Sandbox>>,
    agents: BTreeMap<Role, Arc<dyn Agent>>,
    workflow: Option<Arc<dyn Workflow>>,
}

/// What to build.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct NewProject {
    /// The branch that it starts on, a fresh one for [`NewProject::new`].
    pub branch: Branch,
    /// What the person said.
    pub description: String,
    /// The name the app is to have; the team finds one when absent.
    pub name: Option<String>,
    /// The toolchains the app can count on. Those of the sandbox when empty.
    pub toolchains: Vec<Toolchain>,
}

impl NewProject {
    /// An app that this describes.
    pub fn new(description: impl Into<String>) -> Self {
        let branch = Branch { scope: Scope::default(), project: ProjectId::fresh(), id: BranchId::fresh() };
        Self { branch, description: description.into(), name: None, toolchains: Vec::new() }
    }

    /// Gives it a name.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Says whose it is.
    #[must_use]
    pub fn scope(mut self, scope: Scope) -> Self {
        self.branch.scope = scope;
        self
    }

    /// Says which branch it starts on: whoever wrote the branch down first can find the project after a crash.
    #[must_use]
    pub fn branch(mut self, branch: Branch) -> Self {
        self.branch = branch;
        self
    }

    /// Says which toolchains it can count on.
    #[must_use]
    pub fn toolchains(mut self, toolchains: Vec<Toolchain>) -> Self {
        self.toolchains = toolchains;
        self
    }
}

impl PipelineBuilder {
    /// Runs commands in this sandbox. Without one nothing is run, and apps are unverified.
    pub fn sandbox(mut self, sandbox: Arc<dyn Sandbox>) -> Self {
        self.sandbox = Some(sandbox);
        self
    }

    /// Adds an agent, in place of the one that has its role.
    pub fn agent(mut self, agent: impl Agent + 'static) -> Self {
        self.agents.insert(agent.role(), Arc::new(agent));
        self
    }

    /// Replaces the workflow.
    pub fn workflow(mut self, workflow: impl Workflow + 'static) -> Self {
        self.workflow = Some(Arc::new(workflow));
        self
    }

    /// The pipeline.
    ///
    /// # Errors
    /// [`PipelineError::Configuration`] when there is no workflow: only the built-in team brings one.
    pub fn build(self) -> Result<Pipeline, PipelineError> {
        let Self { store, sandbox, agents, workflow } = self;
        let workflow =
            workflow.ok_or_else(|| PipelineError::Configuration("a pipeline needs a workflow".into()))?;
        Ok(Pipeline { store, sandbox, agents, workflow })
    }
}

impl Pipeline {
    /// A pipeline with the built-in team.
    #[cfg(feature = "agents")]
    pub fn builder(store: Arc<dyn StateStore>) -> PipelineBuilder {
        crate::agents::Team::default().join(Self::empty(store))
    }

    /// A pipeline without agents and workflow.
    pub fn empty(store: Arc<dyn StateStore>) -> PipelineBuilder {
        PipelineBuilder { store, sandbox: None, agents: BTreeMap::new(), workflow: None }
    }

    /// Makes a project and starts a run on it.
    ///
    /// # Errors
    /// [`PipelineError`] before anything is stored or spent, when a model or the sandbox can't be had.
    pub async fn start(&self, project: NewProject, options: RunOptions) -> Result<Run, PipelineError> {
        let NewProject { branch, description, name, mut toolchains } = project;
        let available = self.check(&options).await?;
        if toolchains.is_empty() {
            toolchains = available;
        }
        self.store.create(&branch).await?;
        let lease = self.store.acquire(&branch).await?;
        if !self.store.read(&branch, Seq::START, 1).await?.is_empty() {
            return Err(PipelineError::Configuration("the project has begun already; resume it".into()));
        }
        let (description, name) =
            (options.redacted_typed(description), name.map(|name| options.redacted_typed(name)));
        let described = Change::Described { description, name, toolchains };
        let first = Record::Commit(Commit { author: Author::Person, changes: vec![described] });
        Ok(self.launch(
            lease,
            History::default(),
            options,
            Beginning { first: vec![first], late: Vec::new() },
        ))
    }

    /// Starts a run on a branch that has a history, and goes on where the last one stopped.
    ///
    /// # Errors
    /// [`PipelineError`] before anything is stored or spent, when a model or the sandbox can't be had, the history can't
    /// be read, or another run works on the branch.
    pub async fn resume(&self, branch: &Branch, options: RunOptions) -> Result<Run, PipelineError> {
        self.check(&options).await?;
        fork::begin(&*self.store, branch).await?;
        // Before there is a lease of ours, whoever is asked to stop is the run before.
        let late = self.store.signals(branch).await?;
        let late =
            late.into_iter().filter_map(|(id, signal)| (signal == Signal::Cancel).then_some(id)).collect();
        let lease = self.store.acquire(branch).await?;
        let history = History::load(&*self.store, branch).await?;
        if history.state().version() == Seq::START {
            return Err(PipelineError::Configuration("the project has not begun; start it".into()));
        }
        Ok(self.launch(lease, history, options, Beginning { late, ..Beginning::default() }))
    }

    /// Finds out whether a run with these options could start, and which toolchains its sandbox has.
    ///
    /// # Errors
    /// [`PipelineError::Model`] and [`PipelineError::Sandbox`] when one of them can't be had.
    pub async fn check(&self, options: &RunOptions) -> Result<Vec<Toolchain>, PipelineError> {
        options.check_models().await?;
        let Some(sandbox) = &self.sandbox else { return Ok(Vec::new()) };
        let capabilities = sandbox.capabilities().await?;
        // The sessions of a run have no network.
        let needed = |(control, _): &(Control, &str)| *control != Control::Proxy;
        let missing: Vec<_> = capabilities
            .unsupported()
            .filter(needed)
            .map(|(control, why)| format!("{control:?} ({why})"))
            .collect();
        if missing.is_empty() {
            return Ok(capabilities.toolchains);
        }
        let message = format!(
            "the {} sandbox can't hold {} on this machine; choose another sandbox, or none to build without verification",
            capabilities.backend,
            missing.join(", ")
        );
        Err(SandboxError::new(SandboxErrorKind::Unsupported, "open", message).into())
    }

    #[expect(clippy::disallowed_methods, reason = "this task is the run: everything else is spawned into it")]
    fn launch(&self, lease: Lease, history: History, options: RunOptions, beginning: Beginning) -> Run {
        // A limit stays until it is changed itself: another one says nothing of it.
        let limits = options.budget.unwrap_or_default().or(history.state().budget().unwrap_or_default());
        let shared = Arc::new(RunShared {
            id: RunId::fresh(),
            branch: lease.branch().clone(),
            store: Arc::clone(&self.store),
            budget: Budget::new(limits, history.spent()),
            agents: self.agents.clone(),
            contents: Contents::default(),
            workbench: self.sandbox.clone().map(Workbench::new),
            deltas: broadcast::channel(1024).0,
            answers: watch::Sender::new(options.answers),
            over: watch::Sender::new(false),
            options,
        });
        let before = history.head;
        let engine = Engine::new(Arc::clone(&shared), Arc::clone(&self.workflow), lease, history);
        let over = OverGuard(Arc::clone(&shared));
        let task = tokio::spawn(async move {
            let _over = over;
            engine.run(beginning).await
        });
        Run { shared, before, task: Some(task) }
    }
}
