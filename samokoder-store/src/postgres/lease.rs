//! The right to append, by the server's clock.
//!
//! The epoch in the branch's row says whose writes count, and the time beside it until when nobody else may take the
//! lease. A task renews it as long as the lease is held, and gives it back at the end.

use std::sync::{Arc, Mutex, PoisonError};

use samokoder_core::{
    id::RunId,
    store::{Branch, Lease, StoreError, StoreErrorKind},
};
use sqlx::{PgConnection, Row as _};
use tokio::sync::oneshot;

use super::{
    branch::not_found,
    connection::Connections,
    error::Failure,
    heads::Heads,
    text::escape,
    turns::{Turn, Turns},
};

/// Who asks for the lease of a branch. Asking again after an answer that got lost takes the same one.
pub(super) struct Asking {
    branch: Branch,
    holder: String,
    /// How long it lasts, in seconds.
    lease: f64,
}

/// The lease in the branch's row.
#[derive(Debug, Clone, Copy)]
struct Held {
    /// The branch's row.
    id: i64,
    epoch: i64,
    /// How long it lasts, in seconds.
    lease: f64,
}

/// Takes the lease if nobody has it, or whoever had it was not heard of in time.
async fn take(connection: &mut PgConnection, asking: &Asking) -> Result<Held, Failure> {
    let row = sqlx::query(
        "WITH taken AS (
             UPDATE branch SET
                 epoch = CASE WHEN holder IS NOT DISTINCT FROM $4 THEN epoch ELSE epoch + 1 END,
                 holder = $4,
                 lease_until = clock_timestamp() + make_interval(secs => $5)
             WHERE scope = $1 AND project = $2 AND branch = $3
               AND (lease_until IS NULL OR lease_until <= clock_timestamp() OR holder = $4)
             RETURNING id, epoch
         )
         SELECT found.id, taken.epoch
         FROM branch AS found LEFT JOIN taken ON taken.id = found.id
         WHERE found.scope = $1 AND found.project = $2 AND found.branch = $3",
    )
    .bind(escape(asking.branch.scope.as_str()))
    .bind(asking.branch.project.to_string())
    .bind(asking.branch.id.to_string())
    .bind(&asking.holder)
    .bind(asking.lease)
    .fetch_optional(connection)
    .await?;
    let row = row.ok_or_else(|| not_found(&asking.branch, "acquire"))?;
    let (id, epoch): (i64, Option<i64>) = (row.try_get(0)?, row.try_get(1)?);
    let epoch = epoch.ok_or_else(|| {
        let message = "another run is working on this project; wait for it or cancel it; one that was killed is \
                       waited for until its lease has run out";
        Failure::from(StoreError::new(StoreErrorKind::LeaseHeld, "acquire", message))
    })?;
    Ok(Held { id, epoch, lease: asking.lease })
}

/// Renews a lease, also one that has run out, unless someone has taken it or it was given back.
pub(super) async fn renew(
    connection: &mut PgConnection,
    id: i64,
    epoch: i64,
    lease: f64,
) -> Result<bool, Failure> {
    let renewed = sqlx::query(
        "UPDATE branch SET lease_until = clock_timestamp() + make_interval(secs => $3)
         WHERE id = $1 AND epoch = $2 AND lease_until IS NOT NULL",
    )
    .bind(id)
    .bind(epoch)
    .bind(lease)
    .execute(connection)
    .await?;
    Ok(renewed.rows_affected() > 0)
}

async fn give_back(connection: &mut PgConnection, held: &Held) -> Result<(), Failure> {
    sqlx::query("UPDATE branch SET lease_until = NULL, holder = NULL WHERE id = $1 AND epoch = $2")
        .bind(held.id)
        .bind(held.epoch)
        .execute(connection)
        .await?;
    Ok(())
}

/// Takes and gives back leases of this process.
#[derive(Debug)]
pub(super) struct Leases {
    connections: Arc<Connections>,
    heads: Arc<Heads>,
    turns: Turns,
}

impl Leases {
    pub(super) fn new(connections: Arc<Connections>, heads: Arc<Heads>) -> Self {
        Self { connections, heads, turns: Turns::default() }
    }

    /// Takes the lease of a branch, after all who asked or gave it back before.
    ///
    /// # Cancel safety
    /// Dropping the future gives back what it took, before whoever asks next gets an answer.
    pub(super) async fn acquire(self: &Arc<Self>, branch: &Branch) -> Result<Lease, StoreError> {
        let turn = self.turns.take(branch);
        let (done, outcome) = oneshot::channel();
        let task = Arc::clone(self).answer(branch.clone(), turn, done);
        spawn(task);
        outcome.await.unwrap_or_else(|_| {
            let message = "the runtime was shut down before the database answered";
            Err(StoreError::new(StoreErrorKind::Unavailable, "acquire", message))
        })
    }

    async fn answer(
        self: Arc<Self>,
        branch: Branch,
        mut turn: Turn,
        done: oneshot::Sender<Result<Lease, StoreError>>,
    ) {
        turn.begin().await;
        let lease = self.connections.options().lease.as_secs_f64();
        let asking = Asking { branch: branch.clone(), holder: RunId::fresh().to_string(), lease };
        let taken = self
            .connections
            .run_here("acquire", &asking, |connection, asking| Box::pin(take(connection, asking)));
        let held = match taken.await {
            Ok(held) => held,
            Err(error) => return drop(done.send(Err(error))),
        };
        let (stop, stopped) = oneshot::channel();
        let guard = Guard { branch: branch.clone(), turns: self.turns.clone(), stop: Mutex::new(Some(stop)) };
        let lease = Lease::new(branch, held.epoch.unsigned_abs(), guard);
        let refused = done.send(Ok(lease)).err();
        if refused.is_none() {
            drop(turn);
            return self.hold(held, stopped).await;
        }
        // Nobody waits for it any more. Given back in this turn: the next one may be another's.
        self.give_back(held).await;
        drop(turn);
        // Its guard takes a turn that has nothing to do.
        drop(refused);
    }

    /// Renews the lease until its guard is dropped, then gives it back.
    async fn hold(&self, held: Held, mut stopped: oneshot::Receiver<Turn>) {
        let mut is_held = true;
        let turn = loop {
            let heartbeat = tokio::time::sleep(self.connections.options().heartbeat);
            tokio::select! {
                turn = &mut stopped => break turn,
                () = heartbeat, if is_held => {
                    let renewed = self.connections.run_here("renew", &held, |connection, held| {
                        Box::pin(renew(connection, held.id, held.epoch, held.lease))
                    });
                    // The server that is gone for a while may be back before the lease has run out.
                    is_held = renewed.await.unwrap_or(true);
                }
            }
        };
        if let Ok(mut turn) = turn {
            self.heads.remove(turn.branch());
            turn.begin().await;
            self.give_back(held).await;
        }
    }

    async fn give_back(&self, held: Held) {
        // At worst it runs out.
        let _ = self
            .connections
            .run_here("release", &held, |connection, held| Box::pin(give_back(connection, held)))
            .await;
    }

    /// Waits until all leases that were dropped are given back.
    pub(super) async fn settle(self: &Arc<Self>) {
        let (this, (done, settled)) = (Arc::clone(self), oneshot::channel::<()>());
        spawn(async move {
            this.turns.finish().await;
            drop(done);
        });
        let _ = settled.await;
    }
}

#[expect(clippy::disallowed_methods, reason = "whoever waits for it may be dropped; it ends with the lease")]
fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(task);
}

/// Ends the task that holds the lease.
#[derive(Debug)]
struct Guard {
    branch: Branch,
    turns: Turns,
    stop: Mutex<Option<oneshot::Sender<Turn>>>,
}

impl Drop for Guard {
    fn drop(&mut self) {
        let stop = self.stop.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(stop) = stop.take() {
            // Now, not when the task gets to it: who asks for the lease next comes after it. Without a runtime the
            // lease runs out.
            drop(stop.send(self.turns.take(&self.branch)));
        }
    }
}
