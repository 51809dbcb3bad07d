//! A run from outside.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use futures::{Stream, StreamExt as _, stream};
use tokio::{
    sync::{broadcast, watch},
    task::JoinHandle,
};

use super::{Answers, History, PipelineError, RunOptions, contents::Contents, workbench::Workbench};
use crate::{
    agent::{Agent, Role},
    budget::{Budget, Spend, SpendLimits},
    id::{QuestionId, RunId, SignalId},
    store::{Branch, EffectId, Record, RunEnd, Seq, Signal, StateStore, StoreError, StoreErrorKind, Stored},
};

/// What everything in a run shares.
#[derive(Debug)]
pub(crate) struct RunShared {
    pub(crate) id: RunId,
    pub(crate) branch: Branch,
    pub(crate) store: Arc<dyn StateStore>,
    pub(crate) options: RunOptions,
    pub(crate) agents: BTreeMap<Role, Arc<dyn Agent>>,
    pub(crate) budget: Budget,
    pub(crate) contents: Contents,
    pub(crate) workbench: Option<Workbench>,
    pub(crate) deltas: broadcast::Sender<Delta>,
    /// What happens to questions, as it is now.
    pub(crate) answers: watch::Sender<Answers>,
    /// Whether the task that carries the run is gone.
    pub(crate) over: watch::Sender<bool>,
}

/// Says that a run is over when it is dropped: also when its task was aborted or panicked.
#[derive(Debug)]
pub(crate) struct OverGuard(pub(crate) Arc<RunShared>);

impl Drop for OverGuard {
    fn drop(&mut self) {
        self.0.over.send_replace(true);
    }
}

impl RunShared {
    pub(crate) fn observe(&self, delta: Delta) {
        // Nobody has to be watching.
        let _ = self.deltas.send(delta);
    }
}

/// A piece of an answer while it is being written. It is not recorded: a call that is cut off starts again at 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delta {
    /// The call.
    pub effect: EffectId,
    /// Bytes of the answer before this piece.
    pub offset: usize,
    /// The piece.
    pub text: String,
}

/// What a sitting came to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunReport {
    /// Why it ended.
    pub end: RunEnd,
    /// What the project has spent over its whole life, at most.
    pub spent: Spend,
    /// The part of `spent` that nobody knows: the worst case of calls that were cut off, or failed after they were accepted.
    pub uncertain: Spend,
    /// What all limits would have to allow for the call that was refused. Absent when none was, and when no amount would do.
    pub needed: Option<Spend>,
    /// How long this sitting took.
    pub elapsed: Duration,
}

/// A run that is going on. Dropping it ends it at once, as a crash would: it can be resumed.
#[derive(Debug)]
pub struct Run {
    pub(crate) shared: Arc<RunShared>,
    pub(crate) before: Seq,
    pub(crate) task: Option<JoinHandle<Result<RunReport, PipelineError>>>,
}

impl Run {
    /// The sitting's id.
    pub fn id(&self) -> RunId {
        self.shared.id
    }

    /// The branch it works on.
    pub fn branch(&self) -> &Branch {
        &self.shared.branch
    }

    /// The number of the last record before this sitting.
    pub fn before(&self) -> Seq {
        self.before
    }

    /// Every record after number `after`, those that are there and then those to come, up to the end of this sitting.
    ///
    /// The numbers never change: whoever lost the connection goes on with the last number it saw.
    pub fn events(&self, after: Seq) -> impl Stream<Item = Result<Stored, StoreError>> + Send + use<> {
        let run = self.shared.id;
        let ended = move |stored: &Stored| matches!(stored.record, Record::RunEnded { run: ended, .. } if ended == run);
        let (store, branch) = (Arc::clone(&self.shared.store), self.shared.branch.clone());
        let pages = pages(store, branch, after, self.shared.over.subscribe());
        stream::unfold(Some(Box::pin(pages)), move |all| async move {
            let mut all = all?;
            let event = all.next().await?;
            let is_last = event.as_ref().map_or(true, ended);
            Some((event, (!is_last).then_some(all)))
        })
    }

    /// Whether this sitting has come to its end, in whatever way.
    pub fn is_over(&self) -> bool {
        *self.shared.over.borrow()
    }

    /// Pieces of answers while they are being written.
    pub fn deltas(&self) -> broadcast::Receiver<Delta> {
        self.shared.deltas.subscribe()
    }

    /// Answers a question. What must not be recorded is taken out of the answer first, as is all of it where the question asks
    /// for nothing but a password, a key or a code.
    ///
    /// # Errors
    /// [`StoreError`] when the question could not be read, or the answer not be stored.
    pub async fn answer(&self, question: QuestionId, answer: impl Into<String>) -> Result<(), StoreError> {
        let RunShared { store, branch, options, .. } = &*self.shared;
        let history = History::load(&**store, branch).await.map_err(|error| match error {
            PipelineError::Store(error) => error,
            error => StoreError::new(StoreErrorKind::Damaged, "answer", error.to_string()),
        })?;
        let answer = answer.into();
        let answer = match history.state().question(question) {
            Some(asked) => options.redacted_answer(&asked.question, answer),
            None => options.redacted_typed(answer),
        };
        self.post(Signal::Answer { question, answer }).await
    }

    /// Asks the run to stop. What was committed stays, and it can be resumed.
    ///
    /// # Errors
    /// [`StoreError`] when the request could not be stored.
    pub async fn cancel(&self) -> Result<(), StoreError> {
        self.post(Signal::Cancel).await
    }

    /// Sets what the project may spend from now on.
    ///
    /// # Errors
    /// [`StoreError`] when the limits could not be stored.
    pub async fn set_budget(&self, limits: SpendLimits) -> Result<(), StoreError> {
        self.post(Signal::SetBudget { limits }).await
    }

    /// Changes what happens when a person is asked something: the one who could answer came or went.
    pub fn set_answers(&self, answers: Answers) {
        self.shared.answers.send_replace(answers);
    }

    async fn post(&self, signal: Signal) -> Result<(), StoreError> {
        self.shared.store.post(&self.shared.branch, SignalId::fresh(), signal).await
    }

    /// Waits for the end.
    ///
    /// # Errors
    /// [`PipelineError`] when the run could not be carried on.
    ///
    /// # Cancel safety
    /// Dropping the future ends the run.
    pub async fn finish(mut self) -> Result<RunReport, PipelineError> {
        let Some(task) = &mut self.task else {
            return Err(PipelineError::Aborted("it was detached".into()));
        };
        task.await.map_err(|error| PipelineError::Aborted(error.to_string()))?
    }

    /// Lets the run go on by itself.
    pub fn detach(mut self) {
        self.task = None;
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

/// Every record of a branch after number `after`, without end.
pub fn events(
    store: Arc<dyn StateStore>,
    branch: Branch,
    after: Seq,
) -> impl Stream<Item = Result<Stored, StoreError>> + Send {
    // Who would say that it is over is not there.
    let (_, over) = watch::channel(false);
    pages(store, branch, after, over)
}

/// Every record after number `after`, until no more will come.
fn pages(
    store: Arc<dyn StateStore>,
    branch: Branch,
    after: Seq,
    over: watch::Receiver<bool>,
) -> impl Stream<Item = Result<Stored, StoreError>> + Send {
    const PAGE: usize = 200;
    let pages = stream::try_unfold((store, branch, after, over), async |(store, branch, after, mut over)| {
        loop {
            // Looked at before reading: what was recorded until then is read.
            let is_over = *over.borrow();
            if !is_over {
                tokio::select! {
                    head = store.wait(&branch, after) => drop(head?),
                    Ok(_) = over.wait_for(|over| *over) => {}
                }
            }
            let page = store.read(&branch, after, PAGE).await?;
            if let Some(last) = page.last() {
                let last = last.seq;
                return Ok(Some((page, (store, branch, last, over))));
            }
            if is_over {
                return Ok(None);
            }
        }
    });
    pages
        .map(|page| match page {
            Ok(page) => stream::iter(page.into_iter().map(Ok).collect::<Vec<_>>()),
            Err(error) => stream::iter(vec![Err(error)]),
        })
        .flatten()
}
