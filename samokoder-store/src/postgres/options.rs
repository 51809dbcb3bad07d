//! What can be set.

use std::time::Duration;

/// How a store uses its server. The defaults suit most.
///
/// ```
/// use std::time::Duration;
/// use samokoder_store::postgres::PostgresOptions;
///
/// let options = PostgresOptions::default().connections(4).lease(Duration::from_secs(60));
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct PostgresOptions {
    pub(super) connections: u32,
    pub(super) lease: Duration,
    pub(super) heartbeat: Duration,
    pub(super) patience: Duration,
    pub(super) poll: Duration,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            connections: 16,
            lease: Duration::from_secs(30),
            heartbeat: Duration::from_secs(10),
            patience: Duration::from_secs(10),
            poll: Duration::from_secs(1),
        }
    }
}

impl PostgresOptions {
    /// At most so many connections at once, at least 1, and another one that waits for news. 16 by default.
    pub fn connections(self, connections: u32) -> Self {
        Self { connections: connections.max(1), ..self }
    }

    /// How long a lease lasts by the server's clock when its holder is not heard of. It is renewed three times as often.
    /// 30 seconds by default.
    ///
    /// After a holder was killed nobody else gets the branch for so long.
    pub fn lease(self, lease: Duration) -> Self {
        Self { lease, heartbeat: lease / 3, ..self }
    }

    /// How long one tries again when the server is not there or says that trying again may help. 10 seconds by default.
    pub fn patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// How often who waits looks for what another process wrote. News from other processes come at once, this is for
    /// when they get lost. 1 second by default.
    pub fn poll(self, poll: Duration) -> Self {
        Self { poll, ..self }
    }
}
