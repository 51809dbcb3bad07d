//! What a step costs, counted: unlike time it is the same on every machine.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use bytes::Bytes;
use samokoder_core::{
    agent::{Agent, AgentContext, AgentError, Assignment, Proposal, Resource, Role, Subject},
    digest::Digest,
    id::SignalId,
    llm::{ChatRequest, Message, ModelRole},
    pipeline::{NewProject, Next, Pipeline, Workflow, WorkflowError},
    project::{Change, ProjectState},
    store::{Batch, Branch, Lease, MemoryStore, RunEnd, Scope, Seq, Signal, StateStore, StoreError, Stored},
};

use crate::script::options;

/// A memory store that counts.
#[derive(Debug, Default)]
struct CountingStore {
    inner: MemoryStore,
    /// The bytes of each append.
    appends: Mutex<Vec<usize>>,
    signals: AtomicUsize,
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl StateStore for CountingStore {
    async fn create(&self, branch: &Branch) -> Result<(), StoreError> {
        self.inner.create(branch).await
    }

    async fn branches(&self, scope: &Scope) -> Result<Vec<Branch>, StoreError> {
        self.inner.branches(scope).await
    }

    async fn acquire(&self, branch: &Branch) -> Result<Lease, StoreError> {
        self.inner.acquire(branch).await
    }

    async fn append(&self, lease: &Lease, after: Seq, batch: Batch) -> Result<Seq, StoreError> {
        let records = batch.records.iter().map(|record| serde_json::to_vec(record).unwrap().len());
        let bytes = records.chain(batch.blobs.iter().map(Bytes::len)).sum();
        self.appends.lock().unwrap().push(bytes);
        self.inner.append(lease, after, batch).await
    }

    async fn read(&self, branch: &Branch, after: Seq, limit: usize) -> Result<Vec<Stored>, StoreError> {
        self.inner.read(branch, after, limit).await
    }

    async fn wait(&self, branch: &Branch, after: Seq) -> Result<Seq, StoreError> {
        self.inner.wait(branch, after).await
    }

    async fn blob(&self, scope: &Scope, digest: Digest) -> Result<Bytes, StoreError> {
        self.inner.blob(scope, digest).await
    }

    async fn post(&self, branch: &Branch, id: SignalId, signal: Signal) -> Result<(), StoreError> {
        self.inner.post(branch, id, signal).await
    }

    async fn signals(&self, branch: &Branch) -> Result<Vec<(SignalId, Signal)>, StoreError> {
        self.signals.fetch_add(1, Ordering::SeqCst);
        self.inner.signals(branch).await
    }

    async fn wait_signal(&self, branch: &Branch) -> Result<(), StoreError> {
        self.inner.wait_signal(branch).await
    }
}

const ROLE: Role = Role::from_static("writer");

/// Writes all files at once, and then one in each step.
#[derive(Debug, Clone, Copy)]
struct Steps {
    files: u64,
    steps: u64,
}

#[async_trait]
impl Workflow for Steps {
    async fn next(&self, state: &ProjectState) -> Result<Next, WorkflowError> {
        let done = state.extension("steps", "done").and_then(serde_json::Value::as_u64);
        let subject = match done {
            None => Subject::from_static("files"),
            Some(done) if done < self.steps => Subject::of("step", done),
            Some(_) => return Ok(Next::Done),
        };
        let resources = [Resource::Extension("steps".into()), Resource::Files];
        Ok(Next::Run(vec![Assignment::new(ROLE, subject).reads(resources.clone()).writes(resources)]))
    }
}

#[async_trait]
impl Agent for Steps {
    fn role(&self) -> Role {
        ROLE
    }

    async fn run(&self, context: AgentContext) -> Result<Proposal, AgentError> {
        let write = |proposal: Proposal, file: u64, content: String| {
            let path = format!("src/{file}.mjs").parse().unwrap();
            proposal.write(context.state(), path, content, None)
        };
        let progress = |done: u64| Change::Extension {
            namespace: "steps".into(),
            key: "done".into(),
            value: done.into(),
        };
        let Some(step) = context.assignment().subject.id::<u64>("step") else {
            let all = (0..self.files).fold(Proposal::new(), |all, file| write(all, file, "empty".into()));
            return Ok(all.change(progress(0)));
        };
        let message = Message::new(ModelRole::User, "next");
        let answer = context.call("write", ChatRequest::new(context.model().clone(), vec![message])).await?;
        Ok(write(Proposal::new(), step % self.files, answer.text()).change(progress(step + 1)))
    }
}

/// The bytes of each append, and how often signals were read, in a run of `steps` steps.
async fn cost(files: u64, steps: u64) -> (Vec<usize>, usize) {
    let store = Arc::new(CountingStore::default());
    let model = samokoder_core::testing::ScriptedModel::new(|_| Ok("const x = 1;\n".into()));
    let pipeline = |steps| {
        let work = Steps { files, steps };
        Pipeline::empty(Arc::clone(&store) as _).agent(work).workflow(work).build().unwrap()
    };
    let project = NewProject::new("Steps");
    let branch = project.branch.clone();
    pipeline(0).start(project, options(&model)).await.unwrap().finish().await.unwrap();
    store.appends.lock().unwrap().clear();
    store.signals.store(0, Ordering::SeqCst);
    let report = pipeline(steps).resume(&branch, options(&model)).await.unwrap().finish().await.unwrap();
    assert_eq!((report.end, report.spent.calls), (RunEnd::Done { verified: false }, steps));
    (std::mem::take(&mut *store.appends.lock().unwrap()), store.signals.load(Ordering::SeqCst))
}

#[tokio::test]
async fn a_step_with_one_call_is_three_appends() {
    let (start_and_end, _) = cost(1, 0).await;
    let (appends, _) = cost(1, 10).await;
    assert_eq!(appends.len() - start_and_end.len(), 30, "intent, outcome, commit");
}

#[tokio::test]
async fn what_a_step_appends_does_not_grow_with_the_project() {
    let (small, _) = cost(20, 10).await;
    let (large, _) = cost(2000, 10).await;
    assert_eq!(small.len(), large.len());
    for (small, large) in small.iter().zip(&large) {
        assert!(large.abs_diff(*small) <= 8, "{small} and {large} bytes: only numbers may be longer");
    }
}

#[tokio::test]
async fn a_step_that_nobody_disturbs_reads_no_signals() {
    let (_, idle) = cost(1, 0).await;
    let (_, busy) = cost(1, 10).await;
    assert_eq!(idle, busy);
}
