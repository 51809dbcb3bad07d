//! `samokoder checkout`.

use samokoder::{pipeline, store::Branch};

use crate::{
    args::CheckoutArgs,
    edits,
    failure::{Failure, Outcome},
    folder::write_card,
    project::{Card, Project},
    view,
};

pub(crate) async fn checkout(CheckoutArgs { dir, branch }: CheckoutArgs) -> Result<Outcome, Failure> {
    Project::alone(&dir, None, async |project| to_branch(project, &branch).await).await
}

async fn to_branch(project: &Project, wanted: &str) -> Result<Outcome, Failure> {
    let branches = project.branches().await?;
    let to = branches.find(wanted)?;
    let from = branches.name(project.card.branch.id);
    let lease = project.lease().await?;
    edits::record(project, &lease).await?;
    drop(lease);
    switch(project, &to.branch, &to.name).await?;
    if to.branch == project.card.branch {
        outln!("{} is checked out already. The folder has its files.", to.name);
        return Ok(Outcome::Done);
    }
    let (me, folder) = (view::command(), view::quoted(&project.folder));
    outln!("On {}. The folder has its files.", to.name);
    outln!("Back: {me} checkout {folder} {from}");
    outln!("On:   {me} resume {folder}");
    Ok(Outcome::Done)
}

/// Makes a branch the one that is checked out: first the card says so, then the folder gets its files. What is between the
/// two when a crash comes, the next run or the same checkout puts right.
pub(super) async fn switch(project: &Project, to: &Branch, name: &str) -> Result<(), Failure> {
    let _lease = project.lease_on(to).await?;
    let card = Card { branch: to.clone(), ..project.card.clone() };
    write_card(&project.folder, &card).map_err(|error| {
        Failure::failed(format!("{} can't be written: {error}", project.folder.display()))
    })?;
    let published = pipeline::publish(&*project.store, to, &project.folder).await.map_err(|error| {
        let (me, folder) = (view::command(), view::quoted(&project.folder));
        Failure::failed(format!(
            "{error}. {name} is checked out, but the folder has not all of its files; then: {me} checkout {folder} {name}"
        ))
    })?;
    for path in published {
        outln!("Left as it is, because no history has what is in it: {path}");
    }
    Ok(())
}
