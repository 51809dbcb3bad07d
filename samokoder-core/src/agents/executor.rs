//! Runs the app's own tests.

use async_trait::async_trait;

use crate::{
    agent::{Agent, AgentContext, AgentError, Proposal, Role},
    project::{Change, CheckReport, Verdict},
    sandbox::{Command, ExecOutcome},
};

/// Runs the app's own tests in the sandbox, or settles that the app is unverified when there is none.
#[derive(Debug)]
pub struct Executor;

impl Executor {
    /// Its role.
    pub const ROLE: Role = Role::from_static("executor");
}

/// Bytes of output that a report keeps: the end, where test runners sum up, and enough before it to see what failed.
const KEPT: usize = 8 * 1024;

#[async_trait]
impl Agent for Executor {
    fn role(&self) -> Role {
        Self::ROLE
    }

    async fn run(&self, context: AgentContext) -> Result<Proposal, AgentError> {
        let state = context.state();
        let Some(architecture) = state.architecture() else {
            return Err(AgentError::Failed("there is no command to test the app with".into()));
        };
        let tree = state.tree();
        let report = if context.has_sandbox() {
            let outcome = context.exec("test", Command::new(architecture.test.clone())).await?;
            CheckReport {
                tree,
                verdict: if outcome.success() { Verdict::Passed } else { Verdict::Failed },
                command: architecture.test.clone(),
                summary: outcome.status.to_string(),
                output: tail(&outcome),
            }
        } else {
            CheckReport {
                tree,
                verdict: Verdict::Skipped,
                command: Vec::new(),
                summary: "not run: there is no sandbox to run it in".into(),
                output: String::new(),
            }
        };
        Ok(Change::Checked { report }.into())
    }
}

fn tail(outcome: &ExecOutcome) -> String {
    let text = format!("{}{}", outcome.stdout.text, outcome.stderr.text);
    let from = text.len().saturating_sub(KEPT);
    let from = (from..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    text[from..].to_owned()
}
