//! Records as a run writes them, each at a time of its own.

use bytes::Bytes;

use super::{
    Store,
    fixture::{branch, commit, scope},
};
use crate::{
    agent::{Role, Subject},
    budget::Spend,
    digest::Digest,
    id::{AssignmentId, BranchId, ProjectId, RunId},
    llm::{LlmError, LlmErrorKind, Money, Usage},
    project::{Change, WorkspacePath},
    store::{
        AssignmentEnd, AttemptId, Batch, Branch, EffectId, EffectKind, EffectResult, Lease, Record, RunEnd,
        Scope, Seq,
    },
};

/// The time of the first record, if nothing else is said: long before any case is run.
pub(super) const THEN_MS: u64 = 1_600_000_000_000;

/// Appends to a branch, a millisecond after the other.
#[derive(Debug)]
pub(super) struct Writer {
    store: Store,
    lease: Lease,
    pub(super) head: Seq,
    pub(super) now_ms: u64,
}

impl Writer {
    /// On a branch that nobody else writes to.
    pub(super) async fn on(store: &Store, branch: &Branch) -> Self {
        let lease = store.acquire(branch).await.unwrap();
        let head = store.info(branch).await.unwrap().head;
        Self { store: store.clone(), lease, head, now_ms: THEN_MS }
    }

    /// On a branch in a scope of its own.
    pub(super) async fn fresh(store: &Store) -> Self {
        Self::on(store, &branch(store).await).await
    }

    /// On a project in this scope.
    pub(super) async fn project(store: &Store, scope: &Scope) -> Self {
        let branch = Branch { scope: scope.clone(), project: ProjectId::fresh(), id: BranchId::fresh() };
        store.create(&branch).await.unwrap();
        Self::on(store, &branch).await
    }

    /// On a fork of this one at its end.
    pub(super) async fn fork(&self) -> Self {
        let fork = self.store.fork(self.branch(), self.head, BranchId::fresh(), "side").await.unwrap();
        Self { now_ms: self.now_ms, ..Self::on(&self.store, &fork).await }
    }

    /// Goes on at this time.
    pub(super) fn at(mut self, now_ms: u64) -> Self {
        self.now_ms = now_ms;
        self
    }

    pub(super) fn branch(&self) -> &Branch {
        self.lease.branch()
    }

    pub(super) fn lease(&self) -> &Lease {
        &self.lease
    }

    /// Appends records and stores what they refer to.
    pub(super) async fn write(&mut self, records: impl IntoIterator<Item = Record>) -> Seq {
        self.append(Batch { records: records.into_iter().collect(), ..Batch::default() }).await
    }

    /// Appends a batch with stamps.
    pub(super) async fn append(&mut self, batch: Batch) -> Seq {
        let count = batch.records.len() as u64;
        let stamps = (self.now_ms..self.now_ms + count).collect();
        self.now_ms += count;
        self.head = self.store.append(&self.lease, self.head, Batch { stamps, ..batch }).await.unwrap();
        self.head
    }
}

/// Two branches in one scope, which are of different projects.
pub(super) async fn two_projects(store: &Store) -> (Writer, Writer) {
    let scope = scope();
    (Writer::project(store, &scope).await, Writer::project(store, &scope).await)
}

/// The `nth` attempt at the assignment of this name.
pub(super) fn attempt(name: &str, nth: u32) -> AttemptId {
    AttemptId { assignment: AssignmentId::derive([name]), attempt: nth }
}

/// An effect of an attempt.
pub(super) fn effect(attempt: AttemptId, name: &str) -> EffectId {
    EffectId { attempt, name: name.into(), nth: 0 }
}

pub(super) fn started(id: AttemptId, role: &str) -> Record {
    let (role, subject) = (Role::new(role), Subject::of("assignment", id.assignment));
    Record::Started { id, role, subject, base: Seq::START, input: Digest::of(b"input") }
}

pub(super) fn ended(id: AttemptId) -> Record {
    Record::Ended { id, end: AssignmentEnd::Committed }
}

/// So many dollars' millionths and tokens, and one call.
pub(super) fn cost(micros: u64, tokens: u64) -> Spend {
    Spend { money: Money::from_picodollars(micros * 1_000_000), tokens, calls: 1 }
}

/// The sum of both.
pub(super) fn sum(spends: impl IntoIterator<Item = Spend>) -> Spend {
    spends.into_iter().fold(Spend::default(), |mut sum, spend| {
        sum += spend;
        sum
    })
}

/// A call is about to be made.
pub(super) fn call(effect: &EffectId, model: &str, reserved: Spend) -> Record {
    let kind = EffectKind::Call { model: model.parse().unwrap(), template: Some("code/write".into()) };
    intent(effect, kind, reserved)
}

/// A command is about to be run.
pub(super) fn exec(effect: &EffectId) -> Record {
    let command = vec!["node".into(), "--test".into()];
    intent(effect, EffectKind::Exec { command }, Spend::default())
}

pub(super) fn intent(effect: &EffectId, kind: EffectKind, reserved: Spend) -> Record {
    Record::Intent { effect: effect.clone(), kind, request: Digest::of(&request(effect)), reserved }
}

/// A call was answered.
pub(super) fn answered(effect: &EffectId, usage: Usage, spent: Spend) -> Record {
    let payload = Digest::of(&answer(effect));
    let result = EffectResult::Done { payload, usage: Some(usage), duration_ms: 1234 };
    Record::Outcome { effect: effect.clone(), result, spent }
}

/// A call failed.
pub(super) fn failed(effect: &EffectId, spent: Spend) -> Record {
    let error = LlmError::new(LlmErrorKind::RateLimited, "slow down");
    Record::Outcome { effect: effect.clone(), result: EffectResult::CallFailed { error }, spent }
}

/// What an effect asks.
pub(super) fn request(effect: &EffectId) -> Bytes {
    Bytes::from(format!("request of {effect:?}"))
}

/// What it was answered.
pub(super) fn answer(effect: &EffectId) -> Bytes {
    Bytes::from(format!("answer of {effect:?}"))
}

/// A call with its answer, and the contents of both.
pub(super) fn whole_call(effect: &EffectId) -> Batch {
    let records = vec![call(effect, "test:model", cost(5, 10)), answered(effect, usage(3, 4), cost(2, 7))];
    Batch { records, blobs: vec![request(effect), answer(effect)], ..Batch::default() }
}

pub(super) fn usage(input: u64, output: u64) -> Usage {
    Usage { input, output, ..Usage::default() }
}

pub(super) fn path(text: &str) -> WorkspacePath {
    text.parse().unwrap()
}

/// A file is written, on top of what it had.
pub(super) fn written(file: &str, content: &str, replaces: Option<&str>) -> Change {
    Change::FileWritten {
        path: path(file),
        content: Digest::of(content.as_bytes()),
        size: content.len() as u64,
        replaces: replaces.map(|text| Digest::of(text.as_bytes())),
        finishes: None,
    }
}

/// A commit of a file with its content.
pub(super) fn file(name: &str, content: &str, replaces: Option<&str>) -> Batch {
    let records = vec![commit(vec![written(name, content, replaces)])];
    Batch { records, blobs: vec![Bytes::from(content.to_owned())], ..Batch::default() }
}

pub(super) fn deleted(file: &str, content: &str) -> Record {
    commit(vec![Change::FileDeleted { path: path(file), replaces: Digest::of(content.as_bytes()) }])
}

pub(super) fn described(description: &str, name: Option<&str>) -> Record {
    commit(vec![Change::Described {
        description: description.into(),
        name: name.map(str::to_owned),
        toolchains: Vec::new(),
    }])
}

/// A sitting from its beginning to its end.
pub(super) fn sitting(end: RunEnd) -> [Record; 2] {
    let run = RunId::fresh();
    [Record::RunStarted { run, labels: std::collections::BTreeMap::new() }, Record::RunEnded { run, end }]
}

/// What a branch says first when it was forked.
pub(super) fn forked(from: &Branch, at: Seq, spent: Spend) -> Record {
    Record::Forked { from: from.id, at, spent, uncertain: Spend::default() }
}
