//! Going back to a version, on a branch of its own.

use super::{History, PipelineError};
use crate::{
    budget::Spend,
    id::BranchId,
    store::{Batch, Branch, ForkPoint, Record, Seq, StateStore},
};

/// Makes a branch `to` that begins as `from` is at `version`, and goes on by itself. Nothing of `from` changes.
///
/// All that was recorded until the version after it comes along, so that a question that was asked there can be answered
/// on both branches. What the project has spent on all its branches counts on this one too: going back in time brings no
/// money back. Making it again finishes what a crash cut off, and else changes nothing.
///
/// # Errors
/// [`PipelineError::Configuration`] when `from` has no such version, [`PipelineError::Store`] when another run works on `to`
/// or it was made in another way.
///
/// # Cancel safety
/// Dropping the future may leave a branch that has not begun. Calling it again finishes it.
pub async fn fork(
    store: &dyn StateStore,
    from: &Branch,
    version: Seq,
    to: BranchId,
    name: &str,
) -> Result<Branch, PipelineError> {
    let at = end_of(store, from, version).await?;
    let ForkPoint { branch, at } = origin(store, from, at).await?;
    let forked = store.fork(&Branch { id: branch, ..from.clone() }, at, to, name).await?;
    begin(store, &forked).await?;
    Ok(forked)
}

/// Writes the first record of a branch that was forked, unless it is there.
///
/// # Errors
/// [`PipelineError::Store`], also when another run works on the branch.
pub(super) async fn begin(store: &dyn StateStore, branch: &Branch) -> Result<(), PipelineError> {
    let info = store.info(branch).await?;
    let Some(ForkPoint { branch: from, at }) = info.parent.filter(|parent| parent.at == info.head) else {
        return Ok(());
    };
    let lease = store.acquire(branch).await?;
    let (spent, uncertain) = spent(store, branch).await?;
    let records = vec![Record::Forked { from, at, spent, uncertain }];
    store.append(&lease, at, Batch { records, ..Batch::default() }).await?;
    Ok(())
}

/// The last record before the version that follows this one.
async fn end_of(store: &dyn StateStore, branch: &Branch, version: Seq) -> Result<Seq, PipelineError> {
    const PAGE: usize = 200;
    let is_commit = |record: &Record| matches!(record, Record::Commit(_));
    let before = Seq(version.0.saturating_sub(1));
    let first = store.read(branch, before, 1).await?;
    if !first.first().is_some_and(|stored| stored.seq == version && is_commit(&stored.record)) {
        return Err(PipelineError::Configuration(format!("there is no version {version}")));
    }
    let mut end = version;
    loop {
        let page = store.read(branch, end, PAGE).await?;
        for stored in &page {
            if is_commit(&stored.record) {
                return Ok(end);
            }
            end = stored.seq;
        }
        if page.len() < PAGE {
            return Ok(end);
        }
    }
}

/// The branch whose own record `at` is, of those that `branch` was forked from.
async fn origin(store: &dyn StateStore, branch: &Branch, at: Seq) -> Result<ForkPoint, PipelineError> {
    let mut id = branch.id;
    loop {
        let info = store.info(&Branch { id, ..branch.clone() }).await?;
        match info.parent.filter(|parent| at <= parent.at) {
            Some(parent) => id = parent.branch,
            None => return Ok(ForkPoint { branch: id, at }),
        }
    }
}

/// What all branches of a project have spent, and the part of it that is a worst case.
///
/// # Errors
/// As [`History::load`].
async fn spent(store: &dyn StateStore, of: &Branch) -> Result<(Spend, Spend), PipelineError> {
    let (mut spent, mut uncertain) = (Spend::default(), Spend::default());
    for branch in store.branches(&of.scope).await? {
        if branch.project != of.project {
            continue;
        }
        let mut before = (Spend::default(), Spend::default());
        if let Some(parent) = store.info(&branch).await?.parent {
            match store.read(&branch, parent.at, 1).await?.first().map(|stored| &stored.record) {
                Some(Record::Forked { spent, uncertain, .. }) => before = (*spent, *uncertain),
                // All that it says is another branch's.
                _ => continue,
            }
        }
        let history = History::load(store, &branch).await?;
        spent += history.spent().minus(before.0);
        uncertain += history.uncertain().minus(before.1);
    }
    Ok((spent, uncertain))
}
