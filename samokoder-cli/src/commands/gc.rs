//! `samokoder gc`.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use samokoder::store::{Collect, Collected};

use crate::{
    args::GcArgs,
    config::Config,
    failure::{Failure, Outcome},
    project::Project,
    view,
};

/// How long contents stay that nothing refers to, where a run on another project may be about to: an upload and a commit
/// are far apart only when a machine sleeps.
const GRACE: Duration = Duration::from_hours(24);

pub(crate) async fn gc(args: GcArgs) -> Result<Outcome, Failure> {
    Project::alone(&args.dir, None, async |project| collect(project, &args).await).await
}

async fn collect(
    project: &Project,
    GcArgs { dir, dry_run, keep_calls }: &GcArgs,
) -> Result<Outcome, Failure> {
    let config = Config::load(Some(dir))?;
    let (store, scope) = (&project.store, &project.card.branch.scope);
    let mut leases = Vec::new();
    for info in project.branches().await?.iter() {
        leases.push(project.lease_on(&info.branch).await?);
    }
    let is_shared =
        store.branches(scope).await?.iter().any(|branch| branch.project != project.card.branch.project);
    let now = now();
    let grace = if is_shared { GRACE } else { Duration::ZERO };
    let days = keep_calls.or(config.history.keep_calls_days);
    let all = Collect {
        // What was stored in this very millisecond, too: nobody is at work.
        stored_before_ms: millis(now.saturating_sub(grace)) + 1,
        calls_before_ms: days.map(|days| millis(now.saturating_sub(Duration::from_hours(24) * days)) + 1),
        dry_run: true,
    };
    let unused = store.collect(scope, Collect { calls_before_ms: None, ..all }).await?;
    let found = store.collect(scope, all).await?;
    let old = Collected { contents: found.contents - unused.contents, bytes: found.bytes - unused.bytes };
    if !dry_run {
        store.collect(scope, Collect { dry_run: false, ..all }).await?;
    }
    say(*dry_run, "that nothing refers to", unused);
    if let Some(days) = days {
        say(*dry_run, &format!("that calls asked or answered more than {days} days ago"), old);
    }
    Ok(Outcome::Done)
}

fn say(dry_run: bool, which: &str, Collected { contents, bytes }: Collected) {
    let done = if dry_run { "Would remove" } else { "Removed" };
    outln!("{done} {contents} contents {which}: {}", view::size(bytes));
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// The time since 1970.
#[expect(clippy::disallowed_methods, reason = "how old something is, a person asks at a time of their own")]
fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
