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
    project.wait_for_lease().await?;
    let has_begun = project.has_begun().await?;
    let max_cost = if has_begun { typed.max_cost } else { chosen.max_cost };
    let options = Options { model: chosen.model.clone(), sandbox: chosen.sandbox.clone(), max_cost, ..typed };
    let session = Session::new(&project.folder, Arc::clone(&project.store), &options, config)?;
    project.keep(&chosen)?;
    if !has_begun {
        return new::begin(project, &session).await;
    }
    let edits = edits::find(project, config).await?;
    let run = session.pipeline.resume(&project.card.branch, session.options.clone()).await?;
    let mut view = session.view();
    new::greet(&mut *view, &session, &project.folder);
    for line in edits::in_words(&edits) {
        // Nothing but records is on the standard output of `--json`.
        if options.json { errln!("{line}") } else { view.say(&line) }
    }
    session.watch(run, view).await
}
