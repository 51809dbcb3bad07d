//! What a log adds up to.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::PipelineError;
use crate::{
    agent::{Role, Subject},
    budget::Spend,
    digest::Digest,
    id::{AssignmentId, QuestionId},
    pairs,
    project::ProjectState,
    store::{
        AttemptId, Branch, EffectId, EffectKind, EffectResult, Lease, Record, RunEnd, Seq, StateStore,
        StoreError, Stored,
    },
};

/// The name of an assignment.
pub(crate) type Key = (Role, Subject);

/// What the log of a branch adds up to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    pub(crate) head: Seq,
    pub(crate) state: ProjectState,
    #[serde(with = "pairs")]
    pub(crate) open: BTreeMap<Key, OpenAttempt>,
    #[serde(with = "pairs")]
    pub(crate) begun: BTreeMap<Key, Begun>,
    spent: Spend,
    /// The part of `spent` that is a worst case.
    uncertain: Spend,
    #[serde(with = "pairs")]
    pending: BTreeMap<EffectId, Spend>,
    end: Option<RunEnd>,
    /// The snapshot it was read on from.
    #[serde(skip)]
    pub(crate) snapshot: Seq,
}

/// An attempt that has not ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct OpenAttempt {
    pub(crate) id: AttemptId,
    /// In a snapshot only its version: [`History::load`] fetches the rest.
    #[serde(with = "version")]
    pub(crate) base: ProjectState,
    pub(crate) input: Digest,
    #[serde(with = "pairs")]
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct RecordedEffect {
    pub(crate) request: Digest,
    pub(crate) result: Option<EffectResult>,
}

/// How often an assignment was begun: the next one of its name gets an id of its own.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Begun {
    pub(crate) assignments: u32,
    last: Option<AssignmentId>,
}

/// Records read from the store at a time.
const PAGE: usize = 1000;

/// A snapshot as it is stored. One of another form is passed over: the log says the same.
#[derive(Serialize, Deserialize)]
struct Snapshot<H> {
    form: u32,
    history: H,
}

/// Raised with each change to what a snapshot says.
const FORM: u32 = 1;

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
        let mut history = Self::fold(store, branch, last).await?;
        for open in history.open.values_mut().filter(|open| open.base.version() <= history.snapshot) {
            open.base = Self::fold(store, branch, open.base.version()).await?.state;
        }
        Ok(history)
    }

    /// Reads on from the latest snapshot that can be read. The bases of attempts that were open there are versions only.
    async fn fold(store: &dyn StateStore, branch: &Branch, last: Seq) -> Result<Self, PipelineError> {
        let mut history = Self::at_snapshot(store, branch, last).await?;
        history.snapshot = history.head;
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

    async fn at_snapshot(store: &dyn StateStore, branch: &Branch, last: Seq) -> Result<Self, StoreError> {
        let Some((at, snapshot)) = store.snapshot(branch, last).await? else { return Ok(Self::default()) };
        match serde_json::from_slice::<Snapshot<Self>>(&snapshot) {
            Ok(Snapshot { form: FORM, history }) if history.head == at => Ok(history),
            _ => {
                tracing::debug!(%at, "a snapshot of another form is passed over");
                Ok(Self::default())
            }
        }
    }

    /// Stores a snapshot of the log up to its record `until`, so that nobody has to read it from the start.
    ///
    /// # Errors
    /// As [`load`](Self::load), and those of [`StateStore::put_snapshot`].
    ///
    /// # Cancel safety
    /// Dropping the future stores one or none.
    pub async fn save(store: &dyn StateStore, lease: &Lease, until: Seq) -> Result<(), PipelineError> {
        let history = Self::fold(store, lease.branch(), until).await?;
        let head = history.head;
        let snapshot = serde_json::to_vec(&Snapshot { form: FORM, history })
            .map_err(|error| PipelineError::Aborted(format!("a snapshot has no JSON form: {error}")))?;
        Ok(store.put_snapshot(lease, head, Bytes::from(snapshot)).await?)
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
            Record::Forked { spent, uncertain, .. } => {
                // Those that wait for a person go on where they are: each branch may hear another answer.
                self.open.retain(|_, open| open.parked.is_some());
                self.pending.clear();
                self.end = None;
                (self.spent, self.uncertain) = (spent, uncertain);
            }
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
                    let anew = RecordedEffect { request, result: None };
                    let recorded = open.effects.entry((effect.name.clone(), effect.nth)).or_insert(anew);
                    recorded.request = request;
                    // A call beside another one is made at every sitting.
                    recorded.result.take_if(|result| !matches!(result, EffectResult::Done { .. }));
                });
            }
            Record::Outcome { effect, result, spent } => {
                self.pending.remove(&effect);
                self.spent += spent;
                if matches!(&result, EffectResult::CallFailed { error } if !error.was_refused()) {
                    self.uncertain += spent;
                }
                // What failed may be sent again, and fail at every sitting.
                let is_failure = matches!(result, EffectResult::CallFailed { .. });
                self.with(effect.attempt, |open| {
                    open.parked.take_if(|(_, question)| *question == effect);
                    let recorded = open.effects.get_mut(&(effect.name.clone(), effect.nth));
                    let was_there = recorded.and_then(|recorded| recorded.result.replace(result)).is_some();
                    if !is_failure && !was_there {
                        open.fruitless = 0;
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

/// A state as its version.
mod version {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::{project::ProjectState, store::Seq};

    pub(super) fn serialize<S: Serializer>(state: &ProjectState, serializer: S) -> Result<S::Ok, S::Error> {
        state.version().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ProjectState, D::Error> {
        Ok(ProjectState::default().at(Seq::deserialize(deserializer)?))
    }
}

#[cfg(test)]
#[cfg(feature = "test-util")]
mod tests;
