//! What a person changed in an app's folder.

use samokoder::{
    pipeline,
    store::Lease,
    workspace::{Edits, LeftOut},
};

use crate::{config::Config, failure::Failure, project::Project, redaction};

/// What a person changed since files were published to the folder.
pub(crate) async fn find(project: &Project, config: &Config) -> Result<Edits, Failure> {
    let history = project.history(None).await?;
    let (store, scope) = (&*project.store, &project.card.branch.scope);
    let folder = pipeline::open_folder(store, scope, &project.folder, history.state()).await?;
    Ok(pipeline::find_edits(&folder, history.state(), redaction::redactor(config).as_deref())?)
}

/// Makes a commit of it, so that it stays reachable, and says so.
pub(crate) async fn record(project: &Project, lease: &Lease) -> Result<(), Failure> {
    let config = Config::load(Some(&project.folder))?;
    let redactor = redaction::redactor(&config);
    let edits = pipeline::record_edits(&*project.store, lease, &project.folder, redactor.as_deref()).await?;
    if !edits.files.is_empty() {
        let version = project.history(None).await?.state().version();
        let count = match edits.files.len() {
            1 => "1 file".into(),
            count => format!("{count} files"),
        };
        outln!("What you changed in {count} is version {version} of this branch.");
    }
    for line in in_words(&edits) {
        outln!("{line}");
    }
    Ok(())
}

/// What is said of files that stay outside of the project.
pub(crate) fn in_words(edits: &Edits) -> Vec<String> {
    let line = |LeftOut { path, reason, .. }: &LeftOut| {
        format!("Left out of the history: {}: {reason}", path.replace(char::is_control, " "))
    };
    edits.left_out.iter().map(line).collect()
}
