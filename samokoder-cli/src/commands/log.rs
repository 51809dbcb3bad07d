//! `samokoder log`.

use std::collections::BTreeMap;

use samokoder::{
    budget::Spend,
    id::AssignmentId,
    store::{Author, Record, Seq},
};

use crate::{
    args::FolderArg,
    failure::{Failure, Outcome},
    project::Project,
    view::Narrator,
};

pub(crate) async fn log(FolderArg { dir }: FolderArg) -> Result<Outcome, Failure> {
    Project::with(&dir, None, async |project| list(project).await).await
}

async fn list(project: &Project) -> Result<Outcome, Failure> {
    project.must_have_begun().await?;
    let mut narrator = Narrator::default();
    let mut spent: BTreeMap<AssignmentId, Spend> = BTreeMap::new();
    let mut after = Seq::START;
    outln!("{:>7}  {:<12}  {:>10}  WHAT CHANGED", "VERSION", "WHO", "COST");
    loop {
        let page = project.store.read(&project.card.branch, after, 1000).await?;
        let Some(last) = page.last() else { return Ok(Outcome::Done) };
        after = last.seq;
        for event in &page {
            if let Record::Outcome { effect, spent: cost, .. } = &event.record {
                *spent.entry(effect.attempt.assignment).or_default() += *cost;
            }
            let lines = narrator.tell(event);
            let Record::Commit(commit) = &event.record else { continue };
            let (who, cost) = match &commit.author {
                Author::Agent { role, assignment, .. } => (role.as_str(), spent.remove(assignment)),
                Author::Person => ("you", None),
                _ => ("samokoder", None),
            };
            let cost = cost.map_or_else(|| "-".into(), |cost| cost.money.to_string());
            let what: Vec<_> = lines.into_iter().map(|line| line.what).collect();
            outln!("{:>7}  {who:<12}  {cost:>10}  {}", event.seq, what.join("; "));
        }
    }
}
