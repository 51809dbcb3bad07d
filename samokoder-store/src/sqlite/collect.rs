//! Removing contents that nobody needs.

use std::collections::{BTreeMap, BTreeSet};

use samokoder_core::{
    digest::Digest,
    store::{Collect, Collected, Kept, Scope, Seq},
};
use sqlx::{Row as _, SqliteConnection};

use super::{
    branch,
    error::{Failure, damaged},
    log,
};
use crate::projection::number;

/// Records that are read at a time.
const PAGE: u64 = 1000;

/// What was read of the logs of a scope: by branch, until which record, and which contents that far need.
#[derive(Debug, Clone, Default)]
pub(super) struct Known(BTreeMap<i64, (Seq, Kept)>);

impl Known {
    /// Reads on, to where the logs end.
    pub(super) async fn read(
        mut self,
        connection: &mut SqliteConnection,
        scope: &Scope,
        what: Collect,
    ) -> Result<Self, Failure> {
        for row in branch::list(connection, scope).await? {
            let (after, kept) =
                self.0.entry(row.id).or_insert_with(|| (Seq::START, Kept::new(what.calls_before_ms)));
            while *after < row.head {
                let last = Seq(row.head.0.min(after.0 + PAGE));
                log::read_of(connection, &row, *after, last)
                    .await?
                    .iter()
                    .for_each(|stored| kept.add(stored));
                *after = last;
            }
        }
        Ok(self)
    }

    fn contents(self) -> BTreeSet<Digest> {
        self.0.into_values().flat_map(|(_, kept)| kept.contents()).collect()
    }
}

/// Removes contents of a scope, inside of a transaction: nothing is appended in between. What is `known` of the logs need
/// not be read in it, while others wait.
pub(super) async fn collect(
    connection: &mut SqliteConnection,
    scope: &Scope,
    what: Collect,
    known: Known,
) -> Result<Collected, Failure> {
    let kept = known.read(connection, scope, what).await?.contents();
    let rows = sqlx::query("SELECT n, digest, size FROM blob WHERE scope = $1 AND stored_ms < $2")
        .bind(scope.as_str())
        .bind(number(what.stored_before_ms))
        .fetch_all(&mut *connection)
        .await?;
    let mut collected = Collected::default();
    for row in rows {
        let digest: &[u8] = row.try_get(1)?;
        let digest = digest.try_into().map_err(|_| damaged("collect", "a hash has another length"))?;
        if kept.contains(&Digest::from_bytes(digest)) {
            continue;
        }
        collected.contents += 1;
        collected.bytes += row.try_get::<i64, _>(2)?.unsigned_abs();
        if !what.dry_run {
            let n: i64 = row.try_get(0)?;
            sqlx::query("DELETE FROM blob WHERE n = $1").bind(n).execute(&mut *connection).await?;
        }
    }
    Ok(collected)
}
