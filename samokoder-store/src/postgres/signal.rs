//! Signals: what people told a run and no batch has taken.

use std::sync::Arc;

use samokoder_core::{
    id::SignalId,
    store::{Branch, Signal},
};
use sqlx::{PgConnection, Row as _};

use super::{
    branch::{id, not_found},
    error::Failure,
    log::now_ms,
    news::{News, Topic},
    text::escape,
};

/// A signal in the form in which it is stored.
pub(super) struct Post {
    pub(super) branch: Branch,
    pub(super) id: SignalId,
    pub(super) body: String,
    pub(super) news: Arc<News>,
}

/// Posts a signal unless one with this id was posted before.
pub(super) async fn post(connection: &mut PgConnection, post: &Post) -> Result<(), Failure> {
    let row = sqlx::query(
        "WITH found AS (SELECT id FROM branch WHERE scope = $1 AND project = $2 AND branch = $3),
              posted AS (
                  INSERT INTO signal (branch, id, at_ms, body) SELECT id, $4, $5, $6 FROM found
                  ON CONFLICT (branch, id) DO NOTHING
              )
         SELECT 1 FROM found",
    )
    .bind(escape(post.branch.scope.as_str()))
    .bind(post.branch.project.to_string())
    .bind(post.branch.id.to_string())
    .bind(post.id.to_string())
    .bind(now_ms())
    .bind(&post.body)
    .fetch_optional(connection)
    .await?;
    row.ok_or_else(|| not_found(&post.branch, "post"))?;
    post.news.publish(Topic::Signals(post.branch.id));
    Ok(())
}

/// The signals that were not taken, in the order in which they were posted.
pub(super) async fn open(
    connection: &mut PgConnection,
    branch: &Branch,
) -> Result<Vec<(SignalId, Signal)>, Failure> {
    // A branch without signals is one row of nothing.
    let rows = sqlx::query(
        "SELECT signal.id, signal.body
         FROM branch LEFT JOIN signal ON signal.branch = branch.id AND signal.taken IS NULL
         WHERE branch.scope = $1 AND branch.project = $2 AND branch.branch = $3
         ORDER BY signal.n",
    )
    .bind(escape(branch.scope.as_str()))
    .bind(branch.project.to_string())
    .bind(branch.id.to_string())
    .fetch_all(connection)
    .await?;
    if rows.is_empty() {
        return Err(not_found(branch, "signals"));
    }
    let mut signals = Vec::new();
    for row in &rows {
        if row.try_get::<Option<&str>, _>(0)?.is_some() {
            signals.push((id(row, 0)?, Signal::decode(row.try_get(1)?)?));
        }
    }
    Ok(signals)
}

/// Whether there is a signal that was not taken.
pub(super) async fn any(connection: &mut PgConnection, branch: &Branch) -> Result<bool, Failure> {
    let row = sqlx::query(
        "SELECT EXISTS (SELECT 1 FROM signal WHERE signal.branch = branch.id AND taken IS NULL)
         FROM branch WHERE scope = $1 AND project = $2 AND branch.branch = $3",
    )
    .bind(escape(branch.scope.as_str()))
    .bind(branch.project.to_string())
    .bind(branch.id.to_string())
    .fetch_optional(connection)
    .await?;
    let row = row.ok_or_else(|| not_found(branch, "wait_signal"))?;
    Ok(row.try_get(0)?)
}
