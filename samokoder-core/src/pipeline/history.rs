//! What a log adds up to.

use std::collections::BTreeMap;

use super::PipelineError;
use crate::{
    agent::{Role, Subject},
    budget::Spend,
    digest::Digest,
    id::{AssignmentId, QuestionId},
    project::ProjectState,
    store::{AttemptId, Branch, EffectId, EffectKind, EffectResult, Record, RunEnd, Seq, StateStore, Stored},
};

/// The name of an assignment.
pub(crate) type Key = (Role, Subject);

/// What the log of a branch adds up to.
#[derive(Debug, Clone, Default)]
pub struct History {
    pub(crate) head: Seq,
    pub(crate) state: ProjectState,
    pub(crate) open: BTreeMap<Key, OpenAttempt>,
    pub(crate) begun: BTreeMap<Key, Begun>,
    spent: Spend,
    /// The part of `spent` that is a worst case.
    uncertain: Spend,
    pending: BTreeMap<EffectId, Spend>,
    end: Option<RunEnd>,
}

/// An attempt that has not ended.
#[derive(Debug, Clone)]
pub(crate) struct OpenAttempt {
    pub(crate) id: AttemptId,
    pub(crate) base: ProjectState,
    pub(crate) input: Digest,
    pub(crate) effects: BTreeMap<(String, u32), RecordedEffect>,
    /// The question it waits for, with the effect that the answer will be the outcome of.
    pub(crate) parked: Option<(QuestionId, EffectId)>,
    /// How often it was resumed since anything came of it.
    pub(crate) fruitless: u32,
}

impl OpenAttempt {
    /// An attempt that begins on the ground of `base`.
    pub(crate) fn new(id: AttemptId, base: ProjectState, input: Digest) -> Self {
        Self { id, base, input, effects: BTreeMap::new(), parked: None, fruitless: 0 }
    }
}

/// An effect of an open attempt.
#[derive(Debug, Clone)]
pub(crate) struct RecordedEffect {
    pub(crate) request: Digest,
    pub(crate) result: Option<EffectResult>,
}

/// How often an assignment was begun: the next one of its name gets an id of its own.
#[derive(Debug, Clone, Default)]
pub(crate) struct Begun {
    pub(crate) assignments: u32,
    last: Option<AssignmentId>,
}

/// Records read from the store at a time.
const PAGE: usize = 1000;

impl History {
    /// Reads the whole log of a branch.
    ///
    /// # Errors
    /// [`PipelineError::Store`], and [`PipelineError::Inconsistent`] for changes that don't fit together.
    pub async fn load(store: &dyn StateStore, branch: &Branch) -> Result<Self, PipelineError> {
        Self::load_until(store, branch, Seq(u64::MAX)).await
    }

    /// Reads the log of a branch up to a record.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub async fn load_until(
        store: &dyn StateStore,
        branch: &Branch,
        last: Seq,
    ) -> Result<Self, PipelineError> {
        let mut history = Self::default();
        loop {
            let page = store.read(branch, history.head, PAGE).await?;
            let full = page.len() == PAGE;
            for stored in page {
                if stored.seq > last {
                    return Ok(history);
                }
                history.add(stored)?;
            }
            if !full {
                return Ok(history);
            }
        }
    }

    /// The project as it is.
    pub fn state(&self) -> &ProjectState {
        &self.state
    }

    /// What was spent. A call that was begun and has no outcome counts with all that was reserved for it.
    pub fn spent(&self) -> Spend {
        self.with_pending(self.spent)
    }

    /// The part of what was [spent](Self::spent) that nobody knows: all that was reserved for calls that were cut off, or
    /// failed after they were accepted.
    pub fn uncertain(&self) -> Spend {
        self.with_pending(self.uncertain)
    }

    fn with_pending(&self, mut spend: Spend) -> Spend {
        for lost in self.pending.values() {
            spend += *lost;
        }
        spend
    }

    /// How the last sitting ended. `None` while one is going on, after one was killed, and before the first.
    pub fn end(&self) -> Option<&RunEnd> {
        self.end.as_ref()
    }

    fn add(&mut self, stored: Stored) -> Result<(), PipelineError> {
        self.head = stored.seq;
        match stored.record {
            Record::Commit(commit) => self.state = self.state.apply(stored.seq, &commit.changes)?,
            Record::RunStarted { .. } => self.end = None,
            Record::RunEnded { end, .. } => self.end = Some(end),
            Record::Started { id, role, subject, input, .. } => {
                let key = (role, subject);
                self.begun.entry(key.clone()).or_default().count(id.assignment);
                let attempt = OpenAttempt::new(id, self.state.clone(), input);
                self.open.insert(key, attempt);
            }
            Record::Resumed { id } => self.with(id, |open| open.fruitless += 1),
            Record::Ended { id, .. } => self.open.retain(|_, open| open.id != id),
            Record::Intent { effect, kind, request, reserved } => {
                if let Some(lost) = self.pending.insert(effect.clone(), reserved) {
                    self.spent += lost;
                    self.uncertain += lost;
                }
                self.with(effect.attempt, |open| {
                    if let EffectKind::Question { question } = kind {
                        open.parked = Some((question, effect.clone()));
                    }
                    open.effects
                        .insert((effect.name.clone(), effect.nth), RecordedEffect { request, result: None });
                });
            }
            Record::Outcome { effect, result, spent } => {
                self.pending.remove(&effect);
                self.spent += spent;
                if matches!(&result, EffectResult::CallFailed { error } if !error.was_refused()) {
                    self.uncertain += spent;
                }
                self.with(effect.attempt, |open| {
                    open.fruitless = 0;
                    open.parked.take_if(|(_, question)| *question == effect);
                    if let Some(recorded) = open.effects.get_mut(&(effect.name.clone(), effect.nth)) {
                        recorded.result = Some(result);
                    }
                });
            }
        }
        Ok(())
    }

    fn with(&mut self, id: AttemptId, change: impl FnOnce(&mut OpenAttempt)) {
        if let Some(open) = self.open.values_mut().find(|open| open.id == id) {
            change(open);
        }
    }
}

impl Begun {
    fn count(&mut self, assignment: AssignmentId) {
        if self.last.replace(assignment) != Some(assignment) {
            self.assignments += 1;
        }
    }

    /// The id of the next assignment of this name.
    pub(crate) fn next(&mut self, (role, subject): &Key) -> AssignmentId {
        let ordinal = (self.assignments + 1).to_string();
        let id = AssignmentId::derive([role.as_str(), subject.as_str(), &ordinal]);
        self.count(id);
        id
    }
}
