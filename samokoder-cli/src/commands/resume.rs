//! `samokoder resume`.

use std::sync::Arc;

use super::new;
use crate::{
    args::ResumeArgs,
    config::Config,
    failure::{Failure, Outcome},
    project::Project,
    session::Session,
};

pub(crate) async fn resume(args: ResumeArgs) -> Result<Outcome, Failure> {
    let ResumeArgs { dir, options } = args;
    let config = Config::load(Some(&dir))?;
    let project = Project::open(&dir, options.store.as_deref()).await?;
    let session = Session::new(&dir, Arc::clone(&project.store), &options, &config)?;
    if !project.has_begun().await? {
        return new::begin(&project, &session).await;
    }
    let run = session.pipeline.resume(&project.card.branch, session.options.clone()).await?;
    let mut view = session.view();
    new::greet(&mut *view, &session, &dir);
    session.watch(run, view).await
}
