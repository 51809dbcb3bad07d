//! `samokoder diff`.

use samokoder::{
    digest::Digest,
    pipeline::History,
    project::{Difference, Fact, FileDifference},
    store::Seq,
};
use serde_json::json;
use similar::TextDiff;

use crate::{
    args::{self, DiffArgs},
    branches::Branches,
    failure::{Failure, Outcome},
    project::Project,
    view,
};

pub(crate) async fn diff(args: DiffArgs) -> Result<Outcome, Failure> {
    Project::with(&args.dir, None, async |project| compare(project, &args).await).await
}

async fn compare(project: &Project, DiffArgs { from, to, json, .. }: &DiffArgs) -> Result<Outcome, Failure> {
    let branches = project.branches().await?;
    let from = version(project, &branches, from).await?;
    let to = match to {
        Some(to) => version(project, &branches, to).await?,
        None => project.history(None).await?,
    };
    let difference = Difference::between(from.state(), to.state());
    if difference.is_empty() && !json {
        outln!("They are the same.");
    }
    for fact in &difference.facts {
        print_fact(fact, *json);
    }
    for file in &difference.files {
        print_file(project, file, *json).await?;
    }
    Ok(Outcome::Done)
}

/// A version as it was typed: a number on the branch that is checked out, a branch, or both.
async fn version(project: &Project, branches: &Branches, text: &str) -> Result<History, Failure> {
    if let Ok(at) = args::version(text) {
        return project.version(&project.card.branch, Some(at)).await;
    }
    let (name, at): (_, Option<Seq>) = match text.rsplit_once('@') {
        Some((name, at)) => (name, Some(args::version(at).map_err(Failure::usage)?)),
        None => (text, None),
    };
    project.version(&branches.find(name)?.branch, at).await
}

fn print_fact(fact: &Fact, json: bool) {
    let Fact { about, before, after } = fact;
    if json {
        outln!("{}", json!({ "type": "fact", "about": about, "before": before, "after": after }));
        return;
    }
    for (mark, text) in [('-', before), ('+', after)] {
        if let Some(text) = text {
            outln!("{mark} {about}: {}", view::one_line(text));
        }
    }
}

async fn print_file(project: &Project, file: &FileDifference, json: bool) -> Result<(), Failure> {
    let FileDifference { path, before, after } = file;
    let status = match (before, after) {
        (None, _) => "written",
        (_, None) => "deleted",
        _ => "changed",
    };
    let was = content(project, before.map(|file| file.content)).await?;
    let is = content(project, after.map(|file| file.content)).await?;
    let diff = match (String::from_utf8(was), String::from_utf8(is)) {
        (Ok(was), Ok(is)) => {
            let name =
                |side: &str, is_there| if is_there { format!("{side}/{path}") } else { "/dev/null".into() };
            let diff = TextDiff::from_lines(&was, &is);
            let (from, to) = (name("a", before.is_some()), name("b", after.is_some()));
            Some(diff.unified_diff().header(&from, &to).to_string())
        }
        _ => None,
    };
    if json {
        outln!("{}", json!({ "type": "file", "path": path, "status": status, "diff": diff }));
        return Ok(());
    }
    match diff {
        Some(diff) if diff.is_empty() => outln!("{path} is {status}, and empty"),
        Some(diff) => outln!("{}", view::printable(diff.trim_end_matches('\n'))),
        None => outln!("{path} is {status}; it is not text"),
    }
    Ok(())
}

async fn content(project: &Project, digest: Option<Digest>) -> Result<Vec<u8>, Failure> {
    match digest {
        Some(digest) => Ok(project.store.blob(&project.card.branch.scope, digest).await?.into()),
        None => Ok(Vec::new()),
    }
}
