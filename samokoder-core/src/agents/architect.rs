//! Decides how the app is built.

use std::sync::Arc;

use async_trait::async_trait;
use serde::Serialize;

use super::{Answer, Prompts};
use crate::{
    agent::{Agent, AgentContext, AgentError, Proposal, Role},
    project::{Architecture, Change, PlannedFile, Specification},
    sandbox::Toolchain,
};

/// Decides how the app is built: runtime, commands, files.
#[derive(Debug)]
pub struct Architect {
    prompts: Arc<Prompts>,
}

#[derive(Serialize)]
struct Variables<'a> {
    specification: &'a Specification,
    toolchains: Vec<Available<'a>>,
}

/// A toolchain without the place where this machine keeps it.
#[derive(Serialize)]
struct Available<'a> {
    name: &'a str,
    version: &'a str,
}

impl Architect {
    /// Its role.
    pub const ROLE: Role = Role::from_static("architect");

    /// An architect with these prompts.
    pub fn new(prompts: Arc<Prompts>) -> Self {
        Self { prompts }
    }
}

#[async_trait]
impl Agent for Architect {
    fn role(&self) -> Role {
        Self::ROLE
    }

    async fn run(&self, context: AgentContext) -> Result<Proposal, AgentError> {
        let state = context.state();
        let Some(specification) = state.specification() else {
            return Err(AgentError::Failed("there is no specification to design for".into()));
        };
        let toolchains: Vec<_> = state.toolchains().iter().map(Available::from).collect();
        let variables = Variables { specification, toolchains };
        let check = |architecture: &Architecture| {
            check(architecture, state.toolchains())?;
            context.policy().architecture(architecture).map_err(|refusal| refusal.to_string())
        };
        let architecture = self.prompts.ask_for(&context, "architect/choose", &variables, check).await?;
        Ok(Change::ArchitectureChosen { architecture }.into())
    }
}

impl<'a> From<&'a Toolchain> for Available<'a> {
    fn from(toolchain: &'a Toolchain) -> Self {
        Self { name: &toolchain.name, version: &toolchain.version }
    }
}

/// The model picks among the toolchains at hand; it can't name any other program.
fn check(architecture: &Architecture, toolchains: &[Toolchain]) -> Result<(), String> {
    if architecture.files.is_empty() {
        return Err("it has no files".into());
    }
    for (name, command) in [("start", &architecture.start), ("test", &architecture.test)] {
        let Some(program) = command.first() else {
            return Err(format!("the command `{name}` is empty"));
        };
        if !toolchains.is_empty() && !toolchains.iter().any(|toolchain| toolchain.name == *program) {
            let names: Vec<_> = toolchains.iter().map(|toolchain| toolchain.name.as_str()).collect();
            return Err(format!(
                "the command `{name}` runs {program:?}, but there is only {}",
                names.join(", ")
            ));
        }
    }
    Ok(())
}

impl Answer for Architecture {
    const NAME: &'static str = "architecture";

    fn example() -> Self {
        let file = |path: &str, purpose: &str| {
            path.parse().ok().map(|path| PlannedFile { path, purpose: purpose.into() })
        };
        let files = [
            file("server.mjs", "Starts the server."),
            file("src/entries.mjs", "The diary's entries and their rules."),
            file("test/entries.test.mjs", "Tests of the rules for entries."),
        ];
        Self {
            runtime: "node".into(),
            summary: "One Node process serves a JSON API and a page; entries are kept in a JSON file.".into(),
            start: vec!["node".into(), "server.mjs".into()],
            test: vec!["node".into(), "--test".into()],
            files: files.into_iter().flatten().collect(),
        }
    }
}
