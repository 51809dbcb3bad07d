//! Calls to models, and what they cost.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Tables;
use crate::{
    agent::Role,
    budget::Spend,
    digest::Digest,
    id::{BranchId, ProjectId},
    llm::{ModelId, Usage},
    store::{Branch, EffectId, Scope, Seq, StateStore, StoreError},
};

/// Which calls are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallQuery {
    /// Only those of this project.
    pub project: Option<ProjectId>,
    /// Only those that began at this time or later, in milliseconds since 1970.
    pub since_ms: u64,
    /// Only those that began before this time.
    pub until_ms: u64,
    /// Only what comes after this one: [place](CallRow::place) of the last one that was seen.
    pub before: Option<(u64, BranchId, Seq)>,
    /// At most so many.
    pub limit: usize,
}

impl Default for CallQuery {
    fn default() -> Self {
        Self { project: None, since_ms: 0, until_ms: u64::MAX, before: None, limit: 100 }
    }
}

impl CallQuery {
    fn admits(&self, call: &CallRow) -> bool {
        self.project.is_none_or(|project| call.branch.project == project)
            && (self.since_ms..self.until_ms).contains(&call.at_ms)
            && self.before.is_none_or(|before| call.place() < before)
    }
}

/// A call to a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CallRow {
    /// The branch that made it.
    #[serde(flatten)]
    pub branch: Branch,
    /// The number of its intent.
    pub seq: Seq,
    /// When it began, in milliseconds since 1970.
    pub at_ms: u64,
    /// The effect.
    #[serde(flatten)]
    pub effect: EffectId,
    /// The agent that made it.
    pub role: Option<Role>,
    /// The model.
    pub model: ModelId,
    /// The prompt's template, if there was one.
    pub template: Option<String>,
    /// The hash of the request, which is a blob of JSON.
    pub request: Digest,
    /// What came of it.
    #[serde(flatten)]
    pub status: CallStatus,
    /// Tokens, when it was answered.
    pub usage: Option<Usage>,
    /// What it cost; all that was reserved while it has no outcome.
    pub spent: Spend,
    /// How long it took, in milliseconds, when it was answered.
    pub duration_ms: Option<u64>,
}

impl CallRow {
    /// A call without an outcome, for which `reserved` was reserved.
    pub fn new(
        branch: Branch,
        (seq, at_ms): (Seq, u64),
        effect: EffectId,
        model: ModelId,
        request: Digest,
        reserved: Spend,
    ) -> Self {
        Self {
            branch,
            seq,
            at_ms,
            effect,
            role: None,
            model,
            template: None,
            request,
            status: CallStatus::Open,
            usage: None,
            spent: reserved,
            duration_ms: None,
        }
    }

    /// Its place in the list of all calls of a scope.
    pub fn place(&self) -> (u64, BranchId, Seq) {
        (self.at_ms, self.branch.id, self.seq)
    }
}

/// What came of a call or a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum CallStatus {
    /// Nothing yet, or it was cut off.
    Open,
    /// An answer.
    Done {
        /// Its hash, which is a blob of JSON.
        payload: Digest,
    },
    /// An error.
    Failed {
        /// In words.
        message: String,
    },
}

/// What calls to one model by one agent have cost together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpendRow {
    /// The model.
    pub model: ModelId,
    /// The agent.
    pub role: Option<Role>,
    /// Tokens of those that were answered.
    pub usage: Usage,
    /// Money, tokens and calls, with all that was reserved for calls without an outcome.
    pub spent: Spend,
}

async fn all(store: &(impl StateStore + ?Sized), scope: &Scope) -> Result<Vec<CallRow>, StoreError> {
    let mut calls = Vec::new();
    for branch in store.branches(scope).await? {
        calls.extend(Tables::load(store, &branch).await?.calls.into_values());
    }
    Ok(calls)
}

pub(crate) async fn calls(
    store: &(impl StateStore + ?Sized),
    scope: &Scope,
    query: CallQuery,
) -> Result<Vec<CallRow>, StoreError> {
    let mut calls = all(store, scope).await?;
    calls.retain(|call| query.admits(call));
    calls.sort_by_key(|call| std::cmp::Reverse(call.place()));
    calls.truncate(query.limit);
    Ok(calls)
}

pub(crate) async fn spending(
    store: &(impl StateStore + ?Sized),
    scope: &Scope,
    since_ms: u64,
    until_ms: u64,
) -> Result<Vec<SpendRow>, StoreError> {
    let mut rows: BTreeMap<(String, Option<Role>), SpendRow> = BTreeMap::new();
    for call in all(store, scope).await? {
        if !(since_ms..until_ms).contains(&call.at_ms) {
            continue;
        }
        let row = rows.entry((call.model.to_string(), call.role.clone())).or_insert_with(|| SpendRow {
            model: call.model,
            role: call.role,
            usage: Usage::default(),
            spent: Spend::default(),
        });
        row.usage += call.usage.unwrap_or_default();
        row.spent += call.spent;
    }
    Ok(rows.into_values().collect())
}
