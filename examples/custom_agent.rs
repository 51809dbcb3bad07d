//! An agent of one's own joins the team, and a workflow of one's own says when it works:
//! `cargo run --example custom_agent`
//!
//! The licence writer adds a LICENSE to every app. It works beside the others, because nobody else writes that file.

#![expect(clippy::print_stdout, reason = "an example talks to the one who runs it")]

use std::error::Error;

use async_trait::async_trait;
use samokoder::{
    agent::{Agent, AgentContext, AgentError, Assignment, Proposal, Resource, Role, Subject},
    agents::TeamWorkflow,
    open,
    pipeline::{History, NewProject, Next, Pipeline, RunOptions, Workflow, WorkflowError},
    project::{Change, ProjectState, WorkspacePath},
};

const ROLE: Role = Role::from_static("licence-writer");
const SUBJECT: Subject = Subject::from_static("licence");

/// Whose facts these are in the project's state: extensions keep theirs under a name of their own.
const NAMESPACE: &str = "licence";

fn license_file() -> WorkspacePath {
    "LICENSE".parse().expect("the name of a file")
}

/// Writes LICENSE. An agent changes nothing itself: it returns a proposal, which the pipeline commits.
#[derive(Debug)]
struct LicenceWriter;

#[async_trait]
impl Agent for LicenceWriter {
    fn role(&self) -> Role {
        ROLE
    }

    async fn run(&self, context: AgentContext) -> Result<Proposal, AgentError> {
        let state = context.state();
        let specification =
            state.specification().ok_or_else(|| AgentError::Failed("no specification".into()))?;
        let app = specification.name.clone();

        // Whatever reaches outside goes through the context. When a run is killed and resumed, an effect that was
        // finished is not done again: its recorded outcome comes back.
        let holder: String = context.effect("holder", &app, ask_the_legal_department(&app)).await?;

        let text = format!("MIT License\n\nCopyright (c) {holder}\n");
        let fact =
            Change::Extension { namespace: NAMESPACE.into(), key: "holder".into(), value: holder.into() };
        Ok(Proposal::from(fact).write(state, license_file(), text, None))
    }
}

/// Stands for a request to another service.
#[expect(clippy::unused_async, reason = "a real one waits for the network")]
async fn ask_the_legal_department(app: &str) -> Result<String, String> {
    println!("Legal department: who holds the rights in {app:?}?");
    Ok("Example Ltd.".into())
}

/// The team's way to work, and a licence as soon as it is settled what the app is.
///
/// A workflow is a pure function of the state: it remembers nothing, and needs not know what is running.
#[derive(Debug, Default)]
struct WithLicence {
    team: TeamWorkflow,
}

#[async_trait]
impl Workflow for WithLicence {
    async fn next(&self, state: &ProjectState) -> Result<Next, WorkflowError> {
        let next = self.team.next(state).await?;
        let is_settled = state.specification().is_some();
        let is_written = state.file(&license_file()).is_some();
        // When every attempt has failed, the app goes without: wanting it again would be wanting it for ever.
        let has_failed = state.failure(&ROLE, &SUBJECT).is_some();
        if !is_settled || is_written || has_failed {
            return Ok(next);
        }
        // What it reads decides when its work is stale, what it writes with whom it may work at the same time.
        let licence = Assignment::new(ROLE, SUBJECT)
            .reads([Resource::Specification])
            .writes([Resource::File(license_file()), Resource::Extension(NAMESPACE.into())]);
        Ok(match next {
            Next::Run(mut wanted) => {
                wanted.push(licence);
                Next::Run(wanted)
            }
            Next::Done => Next::Run(vec![licence]),
            other => other,
        })
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let store = open::store("memory:").await?;
    let mut team = Pipeline::builder(store.clone()).agent(LicenceWriter).workflow(WithLicence::default());
    if let Some(sandbox) = open::sandbox("local", &[])? {
        team = team.sandbox(sandbox);
    }
    let options = RunOptions::new(open::provider("offline")?, "offline".parse()?);
    let project = NewProject::new("A seed bank: seeds with species, origin and year");
    let run = team.build()?.start(project, options).await?;
    let branch = run.branch().clone();
    let report = run.finish().await?;

    let history = History::load(&*store, &branch).await?;
    let state = history.state();
    println!("{:?}, {} files", report.end, state.files().count());
    println!("holder: {}", state.extension(NAMESPACE, "holder").ok_or("nobody said who")?);
    let license = state.file(&license_file()).ok_or("there is no licence")?;
    let text = store.blob(&branch.scope, license.content).await?;
    println!("LICENSE:\n{}", String::from_utf8_lossy(&text));
    Ok(())
}
