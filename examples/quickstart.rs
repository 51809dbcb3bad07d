//! A description becomes an app: `cargo run --example quickstart [FOLDER]`
//!
//! The model is the built-in, rule-based one, so this needs no key and no network.

#![expect(clippy::print_stdout, reason = "an example talks to the one who runs it")]

use std::{env, error::Error, path::PathBuf};

use samokoder::{
    open,
    pipeline::{History, NewProject, Pipeline, RunOptions},
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = match env::args_os().nth(1) {
        Some(folder) => PathBuf::from(folder),
        None => tempfile::tempdir()?.keep(),
    };

    // The history of the app: every change, every model call. A run that was killed goes on from it.
    let store = open::store(&format!("sqlite:{}", folder.join(".samokoder/state.db").display())).await?;

    // The built-in team of agents, and the sandbox in which it runs the app's own tests.
    let mut team = Pipeline::builder(store.clone());
    if let Some(sandbox) = open::sandbox("local", &[])? {
        team = team.sandbox(sandbox);
    }

    // Who answers, and where the files go. Limits, other models and more are options too.
    let options = RunOptions::new(open::provider("offline")?, "offline".parse()?).folder(&folder);
    let project =
        NewProject::new("A tea shop: teas with name, origin and price; orders of a tea with a quantity");
    let run = team.build()?.start(project, options).await?;
    let branch = run.branch().clone();
    let report = run.finish().await?;

    for (path, file) in History::load(&*store, &branch).await?.state().files() {
        println!("{:>6}  {path}", file.size);
    }
    println!("{:?} after {} calls, in {}", report.end, report.spent.calls, folder.display());
    Ok(())
}
