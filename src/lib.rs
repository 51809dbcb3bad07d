//! An embeddable engine that turns a description into a working, tested app.
//!
//! This crate gathers the others and opens backends by URI; it has no logic of its own.
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use samokoder::{
//!     open,
//!     pipeline::{NewProject, Pipeline, RunOptions},
//! };
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let mut builder = Pipeline::builder(open::store("sqlite:todo/.samokoder/state.db").await?);
//! if let Some(sandbox) = open::sandbox("local", &[])? {
//!     builder = builder.sandbox(sandbox);
//! }
//! let options = RunOptions::new(open::provider("offline")?, "offline".parse()?).folder("todo");
//! let run = builder.build()?.start(NewProject::new("A todo list: tasks with a title and a due date"), options).await?;
//! println!("{:?}", run.finish().await?.end);
//! # Ok(())
//! # }
//! ```

#![forbid(unsafe_code)]

pub mod open;

#[cfg(any(feature = "http", feature = "offline"))]
pub use samokoder_llm as providers;

#[cfg(feature = "sandbox-suite")]
pub use samokoder_core::testing;
pub use samokoder_core::{
    agent, agents, budget, context, digest, edit, id, llm, pipeline, policy, project, sandbox, secrets,
    store, workspace,
};
#[cfg(feature = "sandbox-suite")]
pub use samokoder_sandbox::suite as abuse;
