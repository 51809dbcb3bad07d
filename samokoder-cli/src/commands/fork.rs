//! `samokoder fork`.

use samokoder::{id::BranchId, pipeline};

use crate::{
    args::ForkArgs,
    config::Config,
    failure::{Failure, Outcome},
    project::Project,
    view,
};

pub(crate) async fn fork(args: ForkArgs) -> Result<Outcome, Failure> {
    Project::alone(&args.dir, None, async |project| make(project, &args).await).await
}

async fn make(project: &Project, ForkArgs { at, name, .. }: &ForkArgs) -> Result<Outcome, Failure> {
    let branches = project.branches().await?;
    branches.check_name(name, &Config::load(Some(&project.folder))?)?;
    let from = &project.card.branch;
    let version = project.version(from, *at).await?.state().version();
    let _lease = project.lease().await?;
    pipeline::fork(&*project.store, from, version, BranchId::fresh(), name).await?;
    let (me, folder) = (view::command(), view::quoted(&project.folder));
    outln!("{name} begins at version {version} of {}. It is not checked out.", branches.name(from.id));
    outln!("Go there: {me} checkout {folder} {name}");
    Ok(Outcome::Done)
}
