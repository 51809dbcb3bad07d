//! What a product has a say in, from outside: which effects are done, and what time it is.

use std::{collections::BTreeMap, fmt::Debug};

use async_trait::async_trait;

use crate::{
    agent::Role,
    budget::Spend,
    id::RunId,
    store::{Branch, EffectId, EffectKind},
};

/// Admits or denies each effect before it is recorded: for quotas, policies and approvals.
///
/// It is not asked for an effect whose outcome is recorded already, nor for questions to a person.
#[async_trait]
pub trait Admission: Debug + Send + Sync {
    /// Whether this effect may be done now. It may take its time: the agent waits.
    ///
    /// # Errors
    /// Why not, in words. The assignment fails with them, without another attempt.
    ///
    /// # Cancel safety
    /// The future is dropped when the run ends.
    async fn admit(&self, effect: EffectRequest<'_>) -> Result<(), String>;
}

/// An effect that is about to be done.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct EffectRequest<'a> {
    /// The project and its branch.
    pub branch: &'a Branch,
    /// The sitting.
    pub run: RunId,
    /// What the embedding product calls the run.
    pub labels: &'a BTreeMap<String, String>,
    /// The agent.
    pub role: &'a Role,
    /// Which effect.
    pub effect: &'a EffectId,
    /// What it is.
    pub kind: &'a EffectKind,
    /// The most it may cost.
    pub worst: Spend,
}

/// Tells what time it is, for the stamps of records. Nothing is decided by it.
pub trait Clock: Debug + Send + Sync {
    /// Milliseconds since 1970.
    fn now_ms(&self) -> u64;
}
