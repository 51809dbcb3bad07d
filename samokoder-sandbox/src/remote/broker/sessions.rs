//! The sessions that clients hold.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use samokoder_core::sandbox::{Limits, SandboxError, SandboxErrorKind, SandboxSession};

/// The sessions that clients hold, and those whose client is gone and whose lease is not over.
#[derive(Debug, Default)]
pub(super) struct Sessions(Mutex<BTreeMap<String, Held>>);

#[derive(Debug)]
struct Held {
    session: Arc<dyn SandboxSession>,
    /// How much a client may send for it at once, and how long it outlives a client.
    terms: Terms,
    handles: usize,
    /// Counts who has held it, so that a lease ends for those alone that it began for.
    takings: u64,
}

/// What a session was opened with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    pub(super) disk: u64,
    pub(super) inodes: u64,
    pub(super) lease: Duration,
}

impl Terms {
    pub(super) fn of(limits: &Limits, lease: Duration) -> Self {
        Self { disk: limits.disk, inodes: limits.inodes, lease }
    }
}

impl Sessions {
    /// Counts one more handle on a session.
    pub(super) fn take(&self, session: Arc<dyn SandboxSession>, terms: Terms) {
        let mut sessions = self.lock();
        let held = sessions.entry(session.id().to_owned()).or_insert(Held {
            session,
            terms,
            handles: 0,
            takings: 0,
        });
        held.handles += 1;
        held.takings += 1;
    }

    /// Counts one more handle on a session that is there.
    pub(super) fn take_again(&self, id: &str) -> Option<Arc<dyn SandboxSession>> {
        let mut sessions = self.lock();
        let held = sessions.get_mut(id)?;
        held.handles += 1;
        held.takings += 1;
        Some(Arc::clone(&held.session))
    }

    /// Counts one handle less, which was dropped on purpose; the session goes with the last one.
    pub(super) fn release(&self, id: &str) {
        let mut sessions = self.lock();
        let is_last = sessions.get_mut(id).is_some_and(|held| {
            held.handles = held.handles.saturating_sub(1);
            held.handles == 0
        });
        let last = if is_last { sessions.remove(id) } else { None };
        drop(sessions);
        drop(last);
    }

    /// Counts one handle less, whose client is gone. When it was the last one the session is ended after its lease,
    /// unless someone has adopted it by then.
    pub(super) async fn lose(&self, id: &str) {
        let (lease, takings) = {
            let mut sessions = self.lock();
            let Some(held) = sessions.get_mut(id) else { return };
            held.handles = held.handles.saturating_sub(1);
            if held.handles > 0 {
                return;
            }
            (held.terms.lease, held.takings)
        };
        tokio::time::sleep(lease).await;
        let over = {
            let mut sessions = self.lock();
            let is_over = sessions.get(id).is_some_and(|held| held.handles == 0 && held.takings == takings);
            if is_over { sessions.remove(id) } else { None }
        };
        if let Some(held) = over {
            tracing::info!(session = id, "ended: its client is gone and its lease is over");
            if let Err(error) = held.session.close().await {
                tracing::warn!(session = id, %error, "could not be ended");
            }
        }
    }

    pub(super) fn get(
        &self,
        id: &str,
        operation: &str,
    ) -> Result<(Arc<dyn SandboxSession>, Terms), SandboxError> {
        let sessions = self.lock();
        let held = sessions.get(id).map(|held| (Arc::clone(&held.session), held.terms));
        held.ok_or_else(|| SandboxError::new(SandboxErrorKind::Closed, operation, "the session is closed"))
    }

    /// Takes a session out: it is to be closed.
    pub(super) fn remove(&self, id: &str) -> Option<Arc<dyn SandboxSession>> {
        self.lock().remove(id).map(|held| held.session)
    }

    /// Whether a session is here, and nobody holds it.
    pub(super) fn is_orphan(&self, id: &str) -> Option<bool> {
        self.lock().get(id).map(|held| held.handles == 0)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Held>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
