//! `samokoder branches`.

use samokoder::{
    pipeline::History,
    store::{Branch, BranchInfo, Seq},
};

use crate::{
    args::FolderArg,
    branches::{Branches, short},
    failure::{Failure, Outcome},
    project::Project,
    view,
};

pub(crate) async fn branches(FolderArg { dir }: FolderArg) -> Result<Outcome, Failure> {
    Project::with(&dir, None, async |project| list(project).await).await
}

async fn list(project: &Project) -> Result<Outcome, Failure> {
    let branches = project.branches().await?;
    let width = branches.iter().map(|info| info.name.chars().count()).max().unwrap_or(0).max(6);
    outln!(
        "  {:<width$}  {:<8}  {:>7}  {:<19}  {}",
        "BRANCH",
        "ID",
        "VERSION",
        "LAST CHANGE (UTC)",
        "BEGINS AT"
    );
    for info in branches.iter() {
        let mark = if info.branch == project.card.branch { '*' } else { ' ' };
        let version = version_at(project, &info.branch, info.head).await?;
        let changed = last_change(project, info).await?;
        let begins = begins(project, &branches, info).await?;
        let line = format!(
            "{mark} {:<width$}  {}  {version:>7}  {changed:<19}  {begins}",
            view::one_line(&info.name),
            short(info.branch.id)
        );
        outln!("{}", line.trim_end());
    }
    Ok(Outcome::Done)
}

async fn version_at(project: &Project, branch: &Branch, at: Seq) -> Result<Seq, Failure> {
    Ok(History::load_until(&*project.store, branch, at).await?.state().version())
}

async fn last_change(project: &Project, info: &BranchInfo) -> Result<String, Failure> {
    let before = Seq(info.head.0.saturating_sub(1));
    let last = project.store.read(&info.branch, before, 1).await?;
    Ok(last.first().map(|stored| view::time(stored.at_ms)).unwrap_or_default())
}

/// Where it leaves another one, in words.
async fn begins(project: &Project, branches: &Branches, info: &BranchInfo) -> Result<String, Failure> {
    let Some(parent) = info.parent else { return Ok(String::new()) };
    let version = version_at(project, &info.branch, parent.at).await?;
    Ok(format!("version {version} of {}", branches.name(parent.branch)))
}
