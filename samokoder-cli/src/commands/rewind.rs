//! `samokoder rewind`.

use samokoder::{id::BranchId, pipeline};

use super::checkout;
use crate::{
    args::RewindArgs,
    config::Config,
    edits,
    failure::{Failure, Outcome},
    project::Project,
    view,
};

pub(crate) async fn rewind(args: RewindArgs) -> Result<Outcome, Failure> {
    Project::alone(&args.dir, None, async |project| back(project, &args).await).await
}

async fn back(project: &Project, RewindArgs { to, name, .. }: &RewindArgs) -> Result<Outcome, Failure> {
    let branches = project.branches().await?;
    let from = &project.card.branch;
    let version = project.version(from, Some(*to)).await?.state().version();
    let name = match name {
        Some(name) => {
            branches.check_name(name, &Config::load(Some(&project.folder))?)?;
            name.clone()
        }
        None => branches.free_name(&format!("rewind-to-{version}")),
    };
    let lease = project.lease().await?;
    edits::record(project, &lease).await?;
    let branch = pipeline::fork(&*project.store, from, version, BranchId::fresh(), &name).await?;
    drop(lease);
    checkout::switch(project, &branch, &name).await?;
    let (me, folder, from) = (view::command(), view::quoted(&project.folder), branches.name(from.id));
    outln!("On {name}, a new branch that begins at version {version} of {from}. Nothing was removed.");
    outln!("Back: {me} checkout {folder} {from}");
    outln!("On:   {me} resume {folder}");
    Ok(Outcome::Done)
}
