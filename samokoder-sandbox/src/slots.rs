//! The sessions that a backend has open.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

/// A place for one session. The lock is held while it is opened, so that nobody opens a second one.
pub(crate) type Slot<S> = Arc<tokio::sync::Mutex<Weak<S>>>;

/// The sessions that are open, or are being opened.
#[derive(Debug)]
pub(crate) struct Slots<K, S>(Mutex<BTreeMap<K, Slot<S>>>);

impl<K, S> Default for Slots<K, S> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Ord, S> Slots<K, S> {
    /// The place of whoever is named so.
    pub(crate) fn of(&self, key: K) -> Slot<S> {
        let mut slots = self.lock();
        // Owners come and go; those without a session and without anyone opening one leave no trace.
        slots.retain(|_, slot| {
            Arc::strong_count(slot) > 1 || slot.try_lock().is_ok_and(|slot| slot.strong_count() > 0)
        });
        Arc::clone(slots.entry(key).or_default())
    }

    /// All that there are.
    pub(crate) fn all(&self) -> Vec<Slot<S>> {
        self.lock().values().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<K, Slot<S>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
