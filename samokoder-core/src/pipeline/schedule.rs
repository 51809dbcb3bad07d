//! What starts next, and how an agent is run.

use std::{any::Any, collections::BTreeMap, future::Future, panic::AssertUnwindSafe, time::Duration};

use futures::FutureExt as _;

use super::{engine::Open, history::Key};
use crate::agent::{AgentError, Assignment, Proposal};

/// Those of the wanted assignments that start now: the heaviest first, as many as there are free slots, and none
/// whose write set overlaps with that of one that is open.
pub(super) fn startable(wanted: &[Assignment], open: &BTreeMap<Key, Open>, slots: usize) -> Vec<Assignment> {
    let busy = open.values().filter(|open| open.task.is_some()).count();
    let mut free = slots.saturating_sub(busy);
    let mut held: Vec<&Assignment> = open.values().map(|open| &open.assignment).collect();
    let is_open = |wanted: &&Assignment| open.contains_key(&(wanted.role.clone(), wanted.subject.clone()));
    let mut waiting: Vec<&Assignment> = wanted.iter().filter(|wanted| !is_open(wanted)).collect();
    waiting.sort_by_key(|assignment| std::cmp::Reverse(assignment.weight));
    let mut starting = Vec::new();
    for assignment in waiting {
        if free > 0 && !held.iter().any(|held| held.conflicts(assignment)) {
            held.push(assignment);
            starting.push(assignment.clone());
            free -= 1;
        }
    }
    starting
}

/// The result of an agent, of whom a panic is a failure like any other.
pub(super) async fn catch_panic(
    work: impl Future<Output = Result<Proposal, AgentError>>,
) -> Result<Proposal, AgentError> {
    AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|panic| {
        let message = panic_message(&*panic);
        Err(AgentError::Failed(format!("the agent panicked: {message}")))
    })
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a message")
}

/// How long to wait before the attempt after this one: a service that broke gets time, a wrong answer needs none.
pub(super) fn backoff(error: &AgentError, attempt: u32) -> Duration {
    match error {
        AgentError::Model(_) | AgentError::Sandbox(_) => {
            Duration::from_millis(250).saturating_mul(1 << std::cmp::min(attempt, 8))
        }
        _ => Duration::ZERO,
    }
}
