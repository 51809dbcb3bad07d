//! `samokoder resume`.

use std::sync::Arc;

use super::new;
use crate::{
    args::{Options, ResumeArgs},
    chosen::Chosen,
    config::Config,
    edits,
    failure::{Failure, Outcome},
    project::Project,
    session::Session,
};

pub(crate) async fn resume(args: ResumeArgs) -> Result<Outcome, Failure> {
    let ResumeArgs { dir, options } = args;
    let config = Config::load(Some(&dir))?;
    let store = options.store.clone();
    Project::alone(&dir, store.as_deref(), async |project| go_on(project, options, &config).await).await
}

async fn go_on(project: &Project, typed: Options, config: &Config) -> Result<Outcome, Failure> {
    let chosen = Chosen::typed(&typed).or(&project.card.chosen);
    let options = chosen.within(typed);
    let session = Session::new(&project.folder, Arc::clone(&project.store), &options, config)?;
    project.wait_for_lease().await?;
    if !project.has_begun().await? {
        return new::begin(project, &session, &chosen).await;
    }
    let edits = edits::find(project, config).await?;
    let run = session.pipeline.resume(&project.card.branch, session.options.clone()).await?;
    // Not before it is known to work.
    project.keep(&chosen)?;
    let mut view = session.view();
    new::greet(&mut *view, &session, &project.folder);
    for line in edits::in_words(&edits) {
        // Nothing but records is on the standard output of `--json`.
        if options.json { errln!("{line}") } else { view.say(&line) }
    }
    session.watch(run, view).await
}
