//! `samokoder sandbox`.

mod check;
mod own;
mod run;
mod serve;
mod sessions;
#[cfg(unix)]
mod workspace;

use std::sync::Arc;

use samokoder::{open, sandbox::Sandbox};

use crate::{
    args::SandboxCommand,
    config::Config,
    failure::{Failure, Outcome},
    session,
};

pub(crate) async fn sandbox(command: SandboxCommand) -> Result<Outcome, Failure> {
    match command {
        SandboxCommand::Run(args) => run::run(args).await,
        SandboxCommand::Check(args) => check::check(args).await,
        SandboxCommand::Ps(args) => sessions::list(args).await,
        SandboxCommand::Reap(args) => sessions::reap(args).await,
        SandboxCommand::Serve(args) => serve::serve(args).await,
        SandboxCommand::Own(args) => own::own(args).await,
    }
}

/// The sandbox that was typed, or that the configuration names, or the local one; with its name.
fn chosen(typed: Option<String>) -> Result<(String, Arc<dyn Sandbox>), Failure> {
    let uri = match typed {
        Some(uri) => uri,
        None => Config::load(None)?.sandbox.unwrap_or_else(|| "local".into()),
    };
    let sandbox = open::sandbox(&uri, &session::search_path())?.ok_or_else(|| {
        Failure::usage(format!("nothing runs in the sandbox {uri:?}; choose one with --backend"))
    })?;
    Ok((uri, sandbox))
}
