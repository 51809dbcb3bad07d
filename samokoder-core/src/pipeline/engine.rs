//! The loop that carries a run.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::task::{AbortHandle, JoinSet};
use tracing::Instrument as _;

use super::{
    Attempt, PipelineError, Workflow,
    history::{Begun, History, Key, OpenAttempt},
    journal::{Entry, Journal},
    publication::files_of,
    run::{RunReport, RunShared},
    schedule,
    workflow::Next,
};
use crate::{
    agent::{AgentContext, AgentError, Assignment, Proposal, Resource},
    budget::{BudgetExceeded, Limit, Spend},
    id::SignalId,
    project::{Change, ProjectState, WorkspacePath},
    store::{AssignmentEnd, AttemptId, Author, Commit, Lease, Record, RunEnd, StoreError},
    workspace::Folder,
};

/// A run from inside. It is the only writer of its branch.
#[derive(Debug)]
pub(super) struct Engine {
    pub(super) run: Arc<RunShared>,
    workflow: Arc<dyn Workflow>,
    pub(super) journal: Journal,
    /// The project with everything that is committed, durable or not yet.
    pub(super) state: ProjectState,
    /// Whether nothing was committed since the last [`settle`](Self::settle).
    is_settled: bool,
    /// Files that were changed since.
    unpublished: Vec<WorkspacePath>,
    pub(super) open: BTreeMap<Key, Open>,
    begun: BTreeMap<Key, Begun>,
    /// Attempts that a sitting before this one left open.
    pub(super) left: BTreeMap<Key, OpenAttempt>,
    tasks: JoinSet<Finished>,
    writer: JoinSet<()>,
    /// Waits for what people tell the run. In a task of its own: a wait that ended with every turn of the loop would
    /// cost the store a query each time.
    pub(super) watch: JoinSet<Result<(), StoreError>>,
    /// The limit that stopped an agent. Nothing is started until it is raised.
    pub(super) exhausted: Option<BudgetExceeded>,
    /// What nobody knows of what was spent before this sitting.
    uncertain: Spend,
    pub(super) folder: Option<Folder>,
    began: Instant,
}

/// An assignment that was begun and is not finished.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) assignment: Assignment,
    pub(super) attempt: OpenAttempt,
    /// Absent while the attempt waits for an answer or for a limit to be raised.
    pub(super) task: Option<AbortHandle>,
}

/// What is recorded before anything else.
#[derive(Debug, Default)]
pub(super) struct Beginning {
    /// What a person said to begin with.
    pub(super) first: Vec<Record>,
    /// Requests to stop that came too late for the run before: they are not meant for this one.
    pub(super) late: Vec<SignalId>,
}

/// What came of an attempt.
struct Finished {
    key: Key,
    id: AttemptId,
    result: Result<Proposal, AgentError>,
}

/// Attempts that can be resumed this often without anything coming of it. Then there is a fresh one.
const FRUITLESS: u32 = 3;

impl Engine {
    pub(super) fn new(
        run: Arc<RunShared>,
        workflow: Arc<dyn Workflow>,
        lease: Lease,
        history: History,
    ) -> Self {
        let uncertain = history.uncertain();
        let History { head, snapshot, state, open: left, begun, .. } = history;
        let clock = run.options.clock.clone();
        let (journal, write) = Journal::new(Arc::clone(&run.store), lease, head, snapshot, clock);
        let mut writer = JoinSet::new();
        writer.spawn(write);
        Self {
            run,
            workflow,
            journal,
            state,
            is_settled: true,
            unpublished: Vec::new(),
            open: BTreeMap::new(),
            begun,
            left,
            tasks: JoinSet::new(),
            writer,
            watch: JoinSet::new(),
            exhausted: None,
            uncertain,
            folder: None,
            began: Instant::now(),
        }
    }

    /// Carries the run to its end.
    pub(super) async fn run(mut self, beginning: Beginning) -> Result<RunReport, PipelineError> {
        let span = tracing::info_span!("run", run = %self.run.id, project = %self.run.branch.project);
        async move {
            let end = self.carry(beginning).await?;
            // Attempts that are cut off here stay open in the log: the next sitting goes on with them.
            self.tasks.shutdown().await;
            self.watch.shutdown().await;
            self.settle().await?;
            let run = self.run.id;
            self.journal.append(Entry::new(vec![Record::RunEnded { run, end: end.clone() }])).await?;
            let mut uncertain = self.uncertain;
            uncertain += self.run.budget.uncertain();
            let report = RunReport {
                end,
                spent: self.run.budget.spent(),
                uncertain,
                needed: self.exhausted.and_then(|exceeded| exceeded.needed),
                elapsed: self.began.elapsed(),
            };
            drop(self.journal);
            // The writer holds the lease: whoever sees the end may take it.
            self.writer.join_next().await;
            Ok(report)
        }
        .instrument(span)
        .await
    }

    async fn carry(&mut self, beginning: Beginning) -> Result<RunEnd, PipelineError> {
        self.begin(beginning).await?;
        let deadline = self.run.options.wall.map(|wall| self.began + wall);
        let mut answers = self.run.answers.subscribe();
        let mut cancelled = self.take_signals().await?;
        while !cancelled {
            // After the signals: what a person says comes before what nobody said.
            self.answer_with_defaults().await?;
            if let Some(end) = self.advance().await? {
                self.settle().await?;
                // What was said until the end counts: it may raise the limit that was reached.
                if self.run.store.signals(&self.run.branch).await?.is_empty() {
                    return Ok(end);
                }
                cancelled = self.take_signals().await?;
                continue;
            }
            self.watch_signals();
            let version = self.state.version();
            tokio::select! {
                Some(finished) = self.tasks.join_next() => {
                    self.conclude(finished).await?;
                    // Those that finish at the same time are recorded at the same time.
                    while let Some(finished) = self.tasks.try_join_next() {
                        self.conclude(finished).await?;
                    }
                }
                // Those that have just begun come to their first effects: these are recorded together with the commit
                // that they begin on.
                durable = self.journal.durable_soon(version), if !self.is_settled => {
                    durable?;
                    self.settle().await?;
                }
                Some(signal) = self.watch.join_next() => {
                    signal.map_err(|error| PipelineError::Aborted(error.to_string()))??;
                    cancelled = self.take_signals().await?;
                }
                Ok(()) = answers.changed() => {}
                () = self.run.options.cancellation.cancelled() => return Ok(RunEnd::Cancelled),
                () = sleep_until(deadline) => {
                    let allowed = self.run.options.wall.unwrap_or_default();
                    let reason = format!("this sitting was allowed {allowed:?}, and that is over");
                    return Ok(RunEnd::Exhausted { limit: Limit::WallTime, reason });
                }
            }
        }
        Ok(RunEnd::Cancelled)
    }

    /// Records the beginning, what a person changed in the folder, and that failures may be tried again.
    async fn begin(&mut self, Beginning { first, late }: Beginning) -> Result<(), PipelineError> {
        let labels = self.run.options.redacted_value(self.run.options.labels.clone());
        self.journal.note(Record::RunStarted { run: self.run.id, labels });
        if !late.is_empty() {
            self.journal.append(Entry { taken: late, ..Entry::default() }).await?;
        }
        for record in first {
            if let Record::Commit(Commit { author, changes }) = record {
                self.commit(author, changes, Entry::default())?;
            }
        }
        let failures = self.state.failures();
        let mut changes: Vec<_> = failures
            .map(|(role, subject, _)| Change::FailureCleared { role: role.clone(), subject: subject.clone() })
            .collect();
        let limits = self.run.budget.limits();
        if self.run.options.budget.is_some() && self.state.budget() != Some(limits) {
            changes.push(Change::BudgetSet { limits });
        }
        if !changes.is_empty() {
            self.commit(Author::Person, changes, Entry::default())?;
        }
        self.settle().await?;
        self.open_folder().await?;
        self.reopen().await
    }

    /// Goes on with attempts that the last sitting left open, each on the ground it began on.
    async fn reopen(&mut self) -> Result<(), PipelineError> {
        for (key, attempt) in std::mem::take(&mut self.left) {
            let wanted = match self.workflow.next(&attempt.base).await? {
                Next::Run(wanted) => wanted,
                _ => Vec::new(),
            };
            let assignment =
                wanted.into_iter().find(|wanted| (&wanted.role, &wanted.subject) == (&key.0, &key.1));
            match assignment {
                None => self.journal.note(Record::Ended { id: attempt.id, end: AssignmentEnd::Superseded }),
                Some(assignment) if attempt.fruitless >= FRUITLESS => {
                    let reason = format!("resumed {FRUITLESS} times without anything coming of it");
                    self.try_again(assignment, attempt.id, AssignmentEnd::Failed { reason }, Duration::ZERO)?;
                }
                Some(assignment) => {
                    let id = attempt.id;
                    let waits = attempt.parked.is_some();
                    self.open.insert(key.clone(), Open { assignment, attempt, task: None });
                    if !waits {
                        self.journal.note(Record::Resumed { id });
                        self.launch(&key, Duration::ZERO);
                    }
                }
            }
        }
        Ok(())
    }

    /// Ends what is not wanted any more and starts what is. Says how the run ends when nothing is left to do.
    async fn advance(&mut self) -> Result<Option<RunEnd>, PipelineError> {
        let next = self.workflow.next(&self.state).await?;
        let wanted = match &next {
            Next::Run(wanted) => wanted.as_slice(),
            _ => &[],
        };
        self.end_unwanted(wanted);
        if self.exhausted.is_none() {
            for assignment in schedule::startable(wanted, &self.open, self.run.options.parallel) {
                self.start(assignment);
            }
        }
        if !self.tasks.is_empty() {
            return Ok(None);
        }
        if let Some(BudgetExceeded { limit, reason, .. }) = self.exhausted.clone() {
            return Ok(Some(RunEnd::Exhausted { limit, reason }));
        }
        Ok(match next {
            Next::Done => Some(RunEnd::Done { verified: self.state.is_verified() }),
            Next::Exhausted(limit, reason) => Some(RunEnd::Exhausted { limit, reason }),
            Next::Stuck(reason) => Some(RunEnd::Stuck { reason }),
            Next::Wait(questions) => self.wait_or_end(questions),
            Next::Run(_) if self.open.is_empty() => {
                Some(RunEnd::Stuck { reason: "the workflow wants nothing that can run".into() })
            }
            Next::Run(_) => {
                self.wait_or_end(self.state.open_questions().map(|question| question.id).collect())
            }
        })
    }

    fn end_unwanted(&mut self, wanted: &[Assignment]) {
        let is_wanted =
            |key: &Key| wanted.iter().any(|wanted| (&wanted.role, &wanted.subject) == (&key.0, &key.1));
        let unwanted: Vec<Key> = self.open.keys().filter(|key| !is_wanted(key)).cloned().collect();
        for key in unwanted {
            if let Some(open) = self.open.remove(&key) {
                if let Some(task) = open.task {
                    task.abort();
                }
                self.journal.note(Record::Ended { id: open.attempt.id, end: AssignmentEnd::Superseded });
            }
        }
    }

    fn start(&mut self, assignment: Assignment) {
        let key = (assignment.role.clone(), assignment.subject.clone());
        let id = self.begun.entry(key.clone()).or_default().next(&key);
        self.begin_attempt(assignment, AttemptId { assignment: id, attempt: 1 }, Duration::ZERO);
    }

    fn begin_attempt(&mut self, assignment: Assignment, id: AttemptId, delay: Duration) {
        let key = (assignment.role.clone(), assignment.subject.clone());
        let input = self.state.digest(&assignment.reads);
        self.journal.note(Record::Started {
            id,
            role: key.0.clone(),
            subject: key.1.clone(),
            base: self.state.version(),
            input,
        });
        let attempt = OpenAttempt::new(id, self.state.clone(), input);
        self.open.insert(key.clone(), Open { assignment, attempt, task: None });
        self.launch(&key, delay);
    }

    /// Lets the agent of an open attempt work.
    pub(super) fn launch(&mut self, key: &Key, delay: Duration) {
        let Some(open) = self.open.get_mut(key) else { return };
        let id = open.attempt.id;
        let attempt = Attempt {
            id,
            assignment: open.assignment.clone(),
            base: open.attempt.base.clone(),
            run: Arc::clone(&self.run),
            journal: self.journal.clone(),
            recorded: open.attempt.effects.clone(),
            names: std::sync::Mutex::default(),
        };
        let agent = self.run.agents.get(&key.0).cloned();
        let span = tracing::info_span!("assignment", role = %key.0, subject = %key.1, attempt = id.attempt);
        let key = key.clone();
        let work = async move {
            // A timer, even one of no time, fires with the next millisecond.
            if !delay.is_zero() {
                tokio::time::sleep(delay).await;
            }
            let result = match agent {
                Some(agent) => schedule::catch_panic(agent.run(AgentContext(Arc::new(attempt)))).await,
                None => Err(AgentError::Failed(format!("nobody in this team is a {}", key.0))),
            };
            Finished { key, id, result }
        };
        open.task = Some(self.tasks.spawn(work.instrument(span)));
    }

    /// Commits what an agent proposes, or deals with why it has nothing to propose.
    async fn conclude(
        &mut self,
        finished: Result<Finished, tokio::task::JoinError>,
    ) -> Result<(), PipelineError> {
        // An aborted task is one that was superseded: it is not open any more.
        let Ok(Finished { key, id, result }) = finished else { return Ok(()) };
        let Some(open) = self.open.get_mut(&key).filter(|open| open.attempt.id == id) else { return Ok(()) };
        open.task = None;
        match result {
            Ok(proposal) => self.commit_proposal(&key, proposal).await,
            Err(AgentError::Suspended(suspension)) => self.suspend(&key, *suspension),
            Err(AgentError::Budget(exceeded)) => {
                self.exhausted = Some(exceeded);
                Ok(())
            }
            Err(AgentError::Store(error)) => Err(error.into()),
            Err(error) => self.fail(&key, &error),
        }
    }

    async fn commit_proposal(&mut self, key: &Key, proposal: Proposal) -> Result<(), PipelineError> {
        let Some(open) = self.open.get(key) else { return Ok(()) };
        let (id, assignment) = (open.attempt.id, open.assignment.clone());
        let strays = proposal.changes.iter().find(|change| {
            let touched = Resource::touched_by(change);
            !touched.is_some_and(|touched| assignment.writes.iter().any(|writes| writes.covers(&touched)))
        });
        if let Some(change) = strays {
            let error = format!("it proposes a change outside of its write set: {change:.200?}");
            return self.fail(key, &AgentError::Failed(error));
        }
        if let Some(refusal) = self.refusal(&proposal).await? {
            return self.fail(key, &AgentError::Refused(refusal));
        }
        let stale = self.state.digest(&assignment.reads) != open.attempt.input;
        if stale || self.state.apply(self.state.version(), &proposal.changes).is_err() {
            self.open.remove(key);
            return self.try_again(assignment, id, AssignmentEnd::Stale, Duration::ZERO);
        }
        self.open.remove(key);
        let author = Author::Agent { role: key.0.clone(), subject: key.1.clone(), assignment: id.assignment };
        let ended = Record::Ended { id, end: AssignmentEnd::Committed };
        for (digest, content) in &proposal.contents {
            self.run.contents.keep(*digest, content.clone());
        }
        let entry = Entry::new(vec![ended]).blobs(proposal.contents.into_values().collect());
        self.commit(author, proposal.changes, entry)
    }

    fn fail(&mut self, key: &Key, error: &AgentError) -> Result<(), PipelineError> {
        let Some(open) = self.open.remove(key) else { return Ok(()) };
        tracing::warn!(role = %key.0, subject = %key.1, %error, "attempt failed");
        let id = open.attempt.id;
        let end = match error {
            AgentError::Diverged { effect } => AssignmentEnd::Diverged { effect: effect.clone() },
            error => AssignmentEnd::Failed { reason: self.run.options.redacted(error.to_string()) },
        };
        if error.is_retryable() {
            let asked = match error {
                AgentError::Model(error) => error.retry_after,
                _ => None,
            };
            let delay = asked.unwrap_or_else(|| schedule::backoff(error, id.attempt));
            return self.try_again(open.assignment, id, end, delay);
        }
        self.give_up(&open.assignment, id, end)
    }

    /// Ends an attempt and begins the next one on the ground as it is, if there may be one.
    fn try_again(
        &mut self,
        assignment: Assignment,
        id: AttemptId,
        end: AssignmentEnd,
        delay: Duration,
    ) -> Result<(), PipelineError> {
        if id.attempt >= self.run.options.attempts {
            return self.give_up(&assignment, id, end);
        }
        self.journal.note(Record::Ended { id, end });
        let next = AttemptId { attempt: id.attempt + 1, ..id };
        self.begin_attempt(assignment, next, delay);
        Ok(())
    }

    fn give_up(
        &mut self,
        assignment: &Assignment,
        id: AttemptId,
        end: AssignmentEnd,
    ) -> Result<(), PipelineError> {
        let reason = match &end {
            AssignmentEnd::Failed { reason } => reason.clone(),
            AssignmentEnd::Diverged { effect } => format!("it does not do the same twice, at {effect:?}"),
            _ => "what it reads was changed each time before it was finished".into(),
        };
        let (role, subject) = (assignment.role.clone(), assignment.subject.clone());
        let failed = Change::AssignmentFailed { role, subject, reason };
        self.commit(Author::Pipeline, vec![failed], Entry::new(vec![Record::Ended { id, end }]))
    }

    /// Makes a commit, with what goes with it, the state. It is durable before anything that is recorded after it, and
    /// no later than when [`settle`](Self::settle) returns.
    pub(super) fn commit(
        &mut self,
        author: Author,
        changes: Vec<Change>,
        mut with: Entry,
    ) -> Result<(), PipelineError> {
        // What does not fit is found before it is recorded.
        let next = self.state.apply(self.state.version(), &changes)?;
        self.unpublished.extend(files_of(&changes));
        with.records.insert(0, Record::Commit(Commit { author, changes }));
        let version = self.journal.submit(with)?;
        self.state = next.at(version);
        self.is_settled = false;
        Ok(())
    }

    /// Waits until all commits are durable, then publishes what they changed.
    pub(super) async fn settle(&mut self) -> Result<(), PipelineError> {
        if self.is_settled {
            return Ok(());
        }
        self.journal.durable(self.state.version()).await?;
        self.is_settled = true;
        let files = std::mem::take(&mut self.unpublished);
        self.publish(files).await
    }
}

async fn sleep_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
        None => std::future::pending().await,
    }
}
