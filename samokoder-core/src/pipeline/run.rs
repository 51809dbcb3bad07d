//! A run from outside.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use futures::{Stream, StreamExt as _, stream};
use tokio::{
    sync::{broadcast, watch},
    task::JoinHandle,
};

use super::{Answers, PipelineError, RunOptions, workbench::Workbench};
use crate::{
    agent::{Agent, Role},
    budget::{Budget, Spend, SpendLimits},
    id::{QuestionId, RunId, SignalId},
    store::{Branch, EffectId, RunEnd, Seq, Signal, StateStore, StoreError, Stored},
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
    pub(crate) workbench: Option<Workbench>,
    pub(crate) deltas: broadcast::Sender<Delta>,
    /// What happens to questions, as it is now.
    pub(crate) answers: watch::Sender<Answers>,
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
    /// What the project has spent over its whole life.
    pub spent: Spend,
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
        let ended = move |stored: &Stored| matches!(stored.record, crate::store::Record::RunEnded { run: ended, .. } if ended == run);
        let all = Box::pin(events(Arc::clone(&self.shared.store), self.shared.branch.clone(), after));
        stream::unfold(Some(all), move |all| async move {
            let mut all = all?;
            let event = all.next().await?;
            let is_last = event.as_ref().map_or(true, ended);
            Some((event, (!is_last).then_some(all)))
        })
    }

    /// Pieces of answers while they are being written.
    pub fn deltas(&self) -> broadcast::Receiver<Delta> {
        self.shared.deltas.subscribe()
    }

    /// Answers a question.
    ///
    /// # Errors
    /// [`StoreError`] when the answer could not be stored.
    pub async fn answer(&self, question: QuestionId, answer: impl Into<String>) -> Result<(), StoreError> {
        self.post(Signal::Answer { question, answer: answer.into() }).await
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
    const PAGE: usize = 200;
    let pages = stream::try_unfold((store, branch, after), async |(store, branch, after)| {
        store.wait(&branch, after).await?;
        let page = store.read(&branch, after, PAGE).await?;
        let last = page.last().map_or(after, |stored| stored.seq);
        Ok(Some((page, (store, branch, last))))
    });
    pages
        .map(|page| match page {
            Ok(page) => stream::iter(page.into_iter().map(Ok).collect::<Vec<_>>()),
            Err(error) => stream::iter(vec![Err(error)]),
        })
        .flatten()
}
