//! What belongs to one attempt at getting an answer.

use std::time::Instant;

use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use crate::{
    budget::Budget,
    id::{AssignmentId, RunId},
};

/// What belongs to one attempt at getting an answer and not to the request: it is never recorded with it.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct CallContext {
    /// When the answer is of no use any more.
    pub deadline: Option<Instant>,
    /// Cancelled when nobody waits for the answer any more.
    pub cancellation: CancellationToken,
    /// What further attempts must reserve from before they are sent. The first one is reserved by the caller.
    pub budget: Budget,
    /// Who asks, for logs and traces. Absent outside of a run.
    pub id: Option<CallId>,
}

/// Names a call within the log of its run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallId {
    /// The run.
    pub run: RunId,
    /// The assignment whose agent asks.
    pub assignment: AssignmentId,
    /// Which attempt at the assignment.
    pub attempt: u32,
    /// The effect's name.
    pub effect: String,
}
