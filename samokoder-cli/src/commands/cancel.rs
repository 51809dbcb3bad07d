//! `samokoder cancel`.

use samokoder::{
    id::SignalId,
    store::{Signal, StoreErrorKind},
};

use crate::{
    args::FolderArg,
    failure::{Failure, Outcome},
    project::Project,
    view,
};

pub(crate) async fn cancel(FolderArg { dir }: FolderArg) -> Result<Outcome, Failure> {
    Project::with(&dir, None, async |project| stop(project).await).await?;
    outln!("Asked the run to stop. Go on later with: {} resume {}", view::command(), view::quoted(&dir));
    Ok(Outcome::Done)
}

async fn stop(project: &Project) -> Result<(), Failure> {
    project.must_have_begun().await?;
    let branch = &project.card.branch;
    match project.store.acquire(branch).await {
        Err(error) if error.kind == StoreErrorKind::LeaseHeld => {}
        Err(error) => return Err(error.into()),
        // A request to stop must not wait for the next run.
        Ok(_) => return Err(Failure::usage("no run is working on this app: there is nothing to stop")),
    }
    Ok(project.store.post(branch, SignalId::fresh(), Signal::Cancel).await?)
}
