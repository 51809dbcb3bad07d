//! `samokoder new`.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use samokoder::{llm::ModelId, open::offline::Offline, pipeline::NewProject, sandbox::Toolchain};

use crate::{
    args::NewArgs,
    chosen::Chosen,
    config::Config,
    failure::{Failure, Outcome},
    holding::Holding,
    project::Project,
    redaction,
    session::{self, Session},
    view::{self, View},
};

pub(crate) async fn new(args: NewArgs) -> Result<Outcome, Failure> {
    let NewArgs { description, dir, name, options } = args;
    let description = description.trim();
    if description.is_empty() {
        return Err(Failure::usage(
            "say what to build, for example: samokoder new \"A diary: entries with a title and a day\"",
        ));
    }
    let config = Config::load(dir.as_deref())?;
    let description = redaction::typed(&config, description);
    let (description, name) = (&*description, name.map(|name| redaction::typed(&config, &name)));
    let model = session::model(&options, &config)?;
    let folder = match dir {
        Some(dir) => dir,
        None => name_folder(&model, description, name.as_deref())?,
    };
    // The card is written before anything else is looked at: from here on a killed run can be resumed.
    let (store, blobs) = (options.store.as_deref(), config.blobs());
    let chosen = Chosen::typed(&options);
    let project =
        Project::create(&folder, store, blobs.as_deref(), description, name.as_deref(), chosen).await?;
    let _holding = Holding::take(&folder)?;
    let outcome = match Session::new(&folder, Arc::clone(&project.store), &options, &config) {
        Ok(session) => begin(&project, &session, &project.card.chosen).await,
        Err(failure) => Err(failure),
    };
    let is_empty = outcome.is_err() && !project.has_begun().await?;
    project.close().await;
    if is_empty {
        project.discard();
    }
    outcome
}

/// A folder named after the app, as far as rules can tell its name.
fn name_folder(model: &ModelId, description: &str, name: Option<&str>) -> Result<PathBuf, Failure> {
    match Offline::read(description, name) {
        Ok(specification) => Ok(specification.slug.into()),
        Err(nothing) if model.provider() == Offline::ID => Err(Failure::usage(nothing.to_string())),
        Err(_) => Ok("app".into()),
    }
}

/// Starts the run of a project in which nothing has happened yet.
pub(crate) async fn begin(project: &Project, session: &Session, chosen: &Chosen) -> Result<Outcome, Failure> {
    let card = &project.card;
    if session.options.model.provider() == Offline::ID {
        let nothing = Offline::read(&card.description, card.name.as_deref()).err();
        nothing.map_or(Ok(()), |nothing| Err(Failure::usage(nothing.to_string())))?;
    }
    let mut new = NewProject::new(card.description.as_str()).branch(card.branch.clone());
    if let Some(name) = &card.name {
        new = new.name(name);
    }
    let toolchains =
        if session.has_sandbox { session.pipeline.check(&session.options).await? } else { toolchains() };
    if toolchains.is_empty() {
        return Err(Failure::failed(
            "there is nothing to run an app with: install Node.js 18 or Python 3.10, or newer, and have it in PATH",
        ));
    }
    new = new.toolchains(toolchains);
    let run = session.pipeline.start(new, session.options.clone()).await?;
    project.keep(chosen)?;
    let mut view = session.view();
    greet(&mut *view, session, &project.folder);
    session.watch(run, view).await
}

/// Says which model works, and how to choose another.
pub(crate) fn greet(view: &mut dyn View, session: &Session, folder: &Path) {
    let model = &session.options.model;
    let me = view::command();
    view.say(&format!("samokoder {} builds in {}", env!("CARGO_PKG_VERSION"), view::quoted(folder)));
    if model.provider() == Offline::ID {
        view.say(
            "Model: offline. This is the built-in rule-based model: no AI, no key, no network. \
             It builds apps that keep records.",
        );
        view.say(&format!(
            "For a real model: {me} new … --model PROVIDER:MODEL, or `model` in samokoder.toml.\n"
        ));
    } else {
        view.say(&format!("Model: {model}\n"));
    }
}

/// The toolchains of this machine, for an app that is written but not run.
fn toolchains() -> Vec<Toolchain> {
    let version = |name: &str| {
        let output = std::process::Command::new(name).arg("--version").output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        let version = text.trim().trim_start_matches("Python ").trim_start_matches('v').to_owned();
        Some(Toolchain { name: name.into(), version, path: PathBuf::new() })
    };
    ["node", "python3"].into_iter().filter_map(version).collect()
}
