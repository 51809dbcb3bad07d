//! A request that is under way, and those who wait for its answer.

use std::sync::Arc;

use samokoder_core::digest::Digest;
use tokio::sync::watch;

use super::{Events, Shelf};

/// What became of a request that others waited for.
#[derive(Debug, Clone)]
pub(super) enum Landed {
    /// It was answered.
    Answer(Events),
    /// It failed, or its answer is not one to keep.
    Nothing,
    /// Whoever asked does not wait any more.
    Dropped,
}

/// A request that is under way, for those who wait.
#[derive(Debug, Clone)]
pub(super) struct Flight(watch::Receiver<Option<Landed>>);

impl Flight {
    /// Waits for what becomes of it.
    pub(super) async fn landed(mut self) -> Landed {
        match self.0.wait_for(Option::is_some).await {
            Ok(landed) => landed.clone().unwrap_or(Landed::Dropped),
            Err(_) => Landed::Dropped,
        }
    }
}

/// A request that is under way, for the one who asked. Dropped, it tells the others to ask themselves.
#[derive(Debug)]
pub(super) struct Leader {
    shelf: Arc<Shelf>,
    key: Digest,
    told: watch::Sender<Option<Landed>>,
}

impl Leader {
    pub(super) fn new(shelf: Arc<Shelf>, key: Digest) -> (Self, Flight) {
        let (told, waits) = watch::channel(None);
        (Self { shelf, key, told }, Flight(waits))
    }

    /// Tells those who wait what became of it.
    pub(super) fn land(self, landed: Landed) {
        // One who comes from now on and finds nobody there looks for what is kept, and else asks.
        if self.told.receiver_count() > 1 {
            self.told.send_replace(Some(landed));
        }
    }
}

impl Drop for Leader {
    fn drop(&mut self) {
        self.shelf.lock().flights.remove(&self.key);
    }
}
