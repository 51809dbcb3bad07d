//! Removing contents that nothing refers to.

use samokoder_core::store::{Collect, Collected, Kept, Scope, Seq};
use sqlx::{PgConnection, Row as _};

use super::{
    branch::{self, number},
    connection::{begin_snapshot, finish, roll_back},
    error::Failure,
    log,
    text::escape,
};

/// Records that are read at once.
const PAGE: usize = 1000;

/// Removes contents, or counts them. What was stored since it began it does not see, and what was stored again since
/// makes it begin again: either may be needed by records that it did not read.
pub(super) async fn collect(
    connection: &mut PgConnection,
    scope: &Scope,
    what: Collect,
) -> Result<Collected, Failure> {
    begin_snapshot(connection).await?;
    match remove(connection, scope, what).await {
        Ok(collected) if what.dry_run => roll_back(connection).await.map(|()| collected),
        outcome => finish(connection, outcome).await,
    }
}

async fn remove(connection: &mut PgConnection, scope: &Scope, what: Collect) -> Result<Collected, Failure> {
    let mut kept = Kept::new(what.calls_before_ms);
    for branch in branch::list(connection, scope).await? {
        kept.branch();
        let mut after = Seq::START;
        loop {
            let page = log::read(connection, &branch, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = last.seq;
            for stored in &page {
                kept.add(stored);
            }
        }
    }
    let kept: Vec<Vec<u8>> = kept.contents().iter().map(|digest| digest.as_bytes().to_vec()).collect();
    let row = sqlx::query(
        "WITH removed AS (
             DELETE FROM blob
             WHERE scope = $1 AND stored_ms < $2 AND NOT EXISTS (SELECT 1 FROM unnest($3::bytea[]) AS kept WHERE kept = digest)
             RETURNING size
         )
         SELECT count(*), coalesce(sum(size), 0)::bigint FROM removed",
    )
    .bind(escape(scope.as_str()))
    .bind(number(what.stored_before_ms))
    .bind(kept)
    .fetch_one(connection)
    .await?;
    let (contents, bytes): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
    Ok(Collected { contents: contents.unsigned_abs(), bytes: bytes.unsigned_abs() })
}
