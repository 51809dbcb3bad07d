//! A log, sorted into tables.

use std::collections::{BTreeMap, BTreeSet};

use super::{CallRow, CallStatus};
use crate::{
    agent::Role,
    budget::Spend,
    id::{ProjectId, StepId, TaskId},
    project::{Change, Epic, Iteration, SourceFile, Step, Task, WorkspacePath},
    store::{
        AttemptId, Branch, BranchInfo, EffectId, EffectKind, EffectResult, Record, RunEnd, Seq, StateStore,
        StoreError, Stored,
    },
};

/// A log, sorted into tables: what a store that can be asked in SQL keeps beside it. They follow from the log alone.
///
/// This is the reference: the tables of every store say what these say.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Tables {
    /// The branch.
    pub branch: Branch,
    /// When its first record was stored, in milliseconds since 1970; 0 for an empty log.
    pub created_ms: u64,
    /// When its last record was stored.
    pub updated_ms: u64,
    /// The number of the last commit.
    pub version: Seq,
    /// What a person calls the project: as the specification says; else the name that was asked for; else the first line
    /// of the description.
    pub title: String,
    /// Why the last sitting ended. `None` while one is going on or when it was killed, and before the first one after the
    /// branch was forked.
    pub end: Option<RunEnd>,
    /// Epics, in their order.
    pub epics: Vec<Epic>,
    /// Tasks, in their order.
    pub tasks: Vec<Task>,
    /// The steps of tasks.
    pub steps: BTreeMap<TaskId, Vec<Step>>,
    /// Steps that are finished.
    pub finished: BTreeSet<StepId>,
    /// Files.
    pub files: BTreeMap<WorkspacePath, SourceFile>,
    /// Rounds of repair, oldest first.
    pub iterations: Vec<Iteration>,
    /// Calls to models that the branch has made itself, by the number of their intent.
    pub calls: BTreeMap<Seq, CallRow>,
    /// Commands in the sandbox that the branch has run itself, by the number of their intent.
    pub execs: BTreeMap<Seq, ExecRow>,
    /// What the branch has spent itself, effects without an outcome with all that was reserved.
    pub spent: Spend,
    own_after: Seq,
    is_specified: bool,
    roles: BTreeMap<AttemptId, Role>,
    open: BTreeMap<EffectId, (Seq, Spend)>,
}

/// A command in the sandbox.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ExecRow {
    /// The number of its intent.
    pub seq: Seq,
    /// When it began, in milliseconds since 1970.
    pub at_ms: u64,
    /// The effect.
    pub effect: EffectId,
    /// The command, as arguments.
    pub command: Vec<String>,
    /// How it ended: a blob of JSON, or an error of the sandbox.
    pub status: CallStatus,
    /// How long it took, in milliseconds.
    pub duration_ms: Option<u64>,
}

impl Tables {
    /// The tables of a branch with an empty log.
    pub fn new(info: &BranchInfo) -> Self {
        Self {
            branch: info.branch.clone(),
            created_ms: 0,
            updated_ms: 0,
            version: Seq::START,
            title: String::new(),
            end: None,
            epics: Vec::new(),
            tasks: Vec::new(),
            steps: BTreeMap::new(),
            finished: BTreeSet::new(),
            files: BTreeMap::new(),
            iterations: Vec::new(),
            calls: BTreeMap::new(),
            execs: BTreeMap::new(),
            spent: Spend::default(),
            own_after: info.parent.map_or(Seq::START, |parent| parent.at),
            is_specified: false,
            roles: BTreeMap::new(),
            open: BTreeMap::new(),
        }
    }

    /// The tables of a branch, from its log.
    ///
    /// # Errors
    /// As [`StateStore::read`].
    pub async fn load(store: &(impl StateStore + ?Sized), branch: &Branch) -> Result<Self, StoreError> {
        const PAGE: usize = 1000;
        let mut tables = Self::new(&store.info(branch).await?);
        let mut after = Seq::START;
        loop {
            let page = store.read(branch, after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(tables) };
            after = last.seq;
            for stored in &page {
                tables.add(stored);
            }
        }
    }

    /// Whose they are.
    pub fn project(&self) -> ProjectId {
        self.branch.project
    }

    /// Adds the next record.
    pub fn add(&mut self, stored: &Stored) {
        if stored.seq == Seq::START.after(1) {
            self.created_ms = stored.at_ms;
        }
        self.updated_ms = stored.at_ms;
        let is_own = stored.seq > self.own_after;
        match &stored.record {
            Record::Commit(commit) => {
                self.version = stored.seq;
                commit.changes.iter().for_each(|change| self.change(change));
            }
            Record::RunStarted { .. } | Record::Forked { .. } => self.end = None,
            Record::RunEnded { end, .. } => self.end = Some(end.clone()),
            Record::Started { id, role, .. } => drop(self.roles.insert(*id, role.clone())),
            Record::Intent { effect, kind, request, reserved } if is_own => {
                self.spent += *reserved;
                self.open.insert(effect.clone(), (stored.seq, *reserved));
                let status = CallStatus::Open;
                match kind {
                    EffectKind::Call { model, template } => {
                        let call = CallRow {
                            branch: self.branch.clone(),
                            seq: stored.seq,
                            at_ms: stored.at_ms,
                            effect: effect.clone(),
                            role: self.roles.get(&effect.attempt).cloned(),
                            model: model.clone(),
                            template: template.clone(),
                            request: *request,
                            status,
                            usage: None,
                            spent: *reserved,
                            duration_ms: None,
                        };
                        self.calls.insert(stored.seq, call);
                    }
                    EffectKind::Exec { command } => {
                        let exec = ExecRow {
                            seq: stored.seq,
                            at_ms: stored.at_ms,
                            effect: effect.clone(),
                            command: command.clone(),
                            status,
                            duration_ms: None,
                        };
                        self.execs.insert(stored.seq, exec);
                    }
                    _ => {}
                }
            }
            Record::Outcome { effect, result, spent } if is_own => self.conclude(effect, result, *spent),
            _ => {}
        }
    }

    fn conclude(&mut self, effect: &EffectId, result: &EffectResult, spent: Spend) {
        self.spent += spent;
        let Some((seq, reserved)) = self.open.remove(effect) else { return };
        self.spent = self.spent.minus(reserved);
        let (status, took, used) = match result {
            EffectResult::Done { payload, usage, duration_ms } => {
                (CallStatus::Done { payload: *payload }, Some(*duration_ms), *usage)
            }
            EffectResult::CallFailed { error } => {
                (CallStatus::Failed { message: error.to_string() }, None, None)
            }
            EffectResult::ExecFailed { error } => {
                (CallStatus::Failed { message: error.to_string() }, None, None)
            }
            EffectResult::Failed { message } => (CallStatus::Failed { message: message.clone() }, None, None),
        };
        if let Some(call) = self.calls.get_mut(&seq) {
            call.usage = used;
            call.spent = spent;
            call.duration_ms = took;
            call.status = status;
        } else if let Some(exec) = self.execs.get_mut(&seq) {
            exec.duration_ms = took;
            exec.status = status;
        }
    }

    fn change(&mut self, change: &Change) {
        match change {
            Change::Described { description, name, .. } if !self.is_specified => {
                let line = || description.lines().next().unwrap_or_default().to_owned();
                self.title = name.clone().unwrap_or_else(line);
            }
            Change::SpecificationWritten { specification } => {
                self.is_specified = true;
                self.title.clone_from(&specification.name);
            }
            Change::PlanMade { epics, tasks } => {
                self.epics.clone_from(epics);
                self.tasks.clone_from(tasks);
            }
            Change::StepsPlanned { task, steps } => drop(self.steps.insert(*task, steps.clone())),
            Change::FileWritten { path, content, size, finishes, .. } => {
                self.files.insert(path.clone(), SourceFile { content: *content, size: *size });
                self.finished.extend(*finishes);
            }
            Change::FileDeleted { path, .. } => drop(self.files.remove(path)),
            Change::IterationPlanned { iteration } => self.iterations.push(iteration.clone()),
            _ => {}
        }
    }
}
