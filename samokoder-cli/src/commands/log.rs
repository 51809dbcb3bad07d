//! `samokoder log`.

use std::collections::BTreeMap;

use samokoder::{
    budget::Spend,
    id::AssignmentId,
    store::{Author, BranchInfo, Commit, Record, Seq, Stored},
};
use serde_json::json;

use super::calls;
use crate::{
    args::LogArgs,
    branches::{Branches, short},
    failure::{Failure, Outcome},
    project::Project,
    view::{self, Narrator},
};

pub(crate) async fn log(args: LogArgs) -> Result<Outcome, Failure> {
    Project::with(&args.dir, None, async |project| {
        let branches = project.branches().await?;
        let of = match &args.branch {
            Some(name) => branches.find(name)?,
            None => branches.find(&project.card.branch.id.to_string())?,
        };
        if args.calls {
            return calls::list(project, &branches, of, &args).await;
        }
        list(project, &branches, of, args.json).await
    })
    .await
}

async fn list(
    project: &Project,
    branches: &Branches,
    of: &BranchInfo,
    json: bool,
) -> Result<Outcome, Failure> {
    let mut rows = Rows { json, narrator: Narrator::default(), spent: BTreeMap::new() };
    let mut forks = forks(branches, of);
    let mut after = Seq::START;
    if !json {
        outln!("{:>7}  {:<12}  {:>10}  WHAT CHANGED", "VERSION", "WHO", "COST");
    }
    loop {
        let page = project.store.read(&of.branch, after, 1000).await?;
        let Some(last) = page.last() else { return Ok(Outcome::Done) };
        after = last.seq;
        for event in &page {
            rows.add(event, branches);
            while let Some((_, fork)) = forks.pop_if(|(at, _)| *at <= event.seq) {
                rows.fork(fork);
            }
        }
    }
}

/// The branches that leave this one, with the last record that they share, the last one first.
fn forks<'a>(branches: &'a Branches, of: &BranchInfo) -> Vec<(Seq, &'a BranchInfo)> {
    let lineage = branches.lineage(of.branch.id);
    let leaves = |info: &'a BranchInfo| {
        let parent = info.parent?;
        let (_, until) = lineage.iter().find(|(id, _)| *id == parent.branch)?;
        let is_of_the_lineage = lineage.iter().any(|(id, _)| *id == info.branch.id);
        (parent.at <= *until && !is_of_the_lineage).then_some((parent.at, info))
    };
    let mut forks: Vec<_> = branches.iter().filter_map(leaves).collect();
    forks.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    forks
}

/// What is printed, row after row.
struct Rows {
    json: bool,
    narrator: Narrator,
    spent: BTreeMap<AssignmentId, Spend>,
}

impl Rows {
    fn add(&mut self, event: &Stored, branches: &Branches) {
        let lines = self.narrator.tell(event);
        match &event.record {
            Record::Outcome { effect, spent: cost, .. } => {
                *self.spent.entry(effect.attempt.assignment).or_default() += *cost;
            }
            Record::Forked { from, .. } if self.json => {
                outln!(
                    "{}",
                    json!({ "type": "begins", "seq": event.seq, "from": from, "at_ms": event.at_ms })
                );
            }
            Record::Forked { from, .. } => {
                outln!("{:>7}  ---- from here on, not {} ----", "", view::one_line(branches.name(*from)));
            }
            Record::Commit(commit) => {
                let what: Vec<_> = lines.into_iter().map(|line| line.what).collect();
                self.version(event, commit, &what);
            }
            _ => {}
        }
    }

    fn version(&mut self, event: &Stored, Commit { author, .. }: &Commit, what: &[String]) {
        let (who, cost) = match author {
            Author::Agent { role, assignment, .. } => (role.as_str(), self.spent.remove(assignment)),
            Author::Person => ("you", None),
            _ => ("samokoder", None),
        };
        if self.json {
            let cost = cost.map(|cost| cost.money.picodollars());
            outln!(
                "{}",
                json!({
                    "type": "version", "version": event.seq, "at_ms": event.at_ms, "who": who,
                    "cost_picodollars": cost, "what": what,
                })
            );
            return;
        }
        let cost = cost.map_or_else(|| "-".into(), |cost| cost.money.to_string());
        outln!("{:>7}  {who:<12}  {cost:>10}  {}", event.seq, what.join("; "));
    }

    /// A branch that leaves the log here.
    fn fork(&self, BranchInfo { branch, name, .. }: &BranchInfo) {
        if self.json {
            outln!("{}", json!({ "type": "fork", "branch": branch.id, "name": name }));
        } else {
            outln!("{:>7}  ---- {} ({}) begins here ----", "", view::one_line(name), short(branch.id));
        }
    }
}
