//! What people tell a run.

use std::{sync::Arc, time::Duration};

use super::{
    History, PipelineError,
    engine::{Engine, Open},
    history::{Key, RecordedEffect},
    journal::Entry,
    options::Answers,
};
use crate::{
    agent::Suspension,
    budget::Spend,
    digest::Digest,
    id::{QuestionId, SignalId},
    project::Change,
    store::{Author, EffectKind, EffectResult, Record, RunEnd, Signal},
};

impl Engine {
    /// Sees to it that someone waits for signals.
    pub(super) fn watch_signals(&mut self) {
        if self.watch.is_empty() {
            let run = Arc::clone(&self.run);
            self.watch.spawn(async move { run.store.wait_signal(&run.branch).await });
        }
    }

    /// Does what people asked for. Says whether that is to stop.
    pub(super) async fn take_signals(&mut self) -> Result<bool, PipelineError> {
        let mut cancelled = false;
        for (id, signal) in self.run.store.signals(&self.run.branch).await? {
            match signal {
                Signal::Answer { question, answer } => {
                    self.answer(question, &answer, Author::Person, Some(id)).await?;
                }
                Signal::SetBudget { limits } => {
                    self.record_signal(id, vec![Change::BudgetSet { limits }]).await?;
                    self.run.budget.set_limits(limits);
                    self.exhausted = None;
                    self.relaunch().await?;
                }
                Signal::Cancel => {
                    self.record_signal(id, Vec::new()).await?;
                    cancelled = true;
                }
            }
        }
        Ok(cancelled)
    }

    /// Takes a signal with what it changes.
    async fn record_signal(&mut self, id: SignalId, changes: Vec<Change>) -> Result<(), PipelineError> {
        if changes.is_empty() {
            self.journal.append(Entry { taken: vec![id], ..Entry::default() }).await?;
            return Ok(());
        }
        self.commit(Author::Person, changes, Entry { taken: vec![id], ..Entry::default() })
    }

    /// Lets attempts that a limit stopped go on.
    async fn relaunch(&mut self) -> Result<(), PipelineError> {
        let stopped = |open: &Open| open.task.is_none() && open.attempt.parked.is_none();
        let keys: Vec<Key> =
            self.open.iter().filter(|(_, open)| stopped(open)).map(|(key, _)| key.clone()).collect();
        self.recall(&keys).await?;
        for key in keys {
            self.launch(&key, Duration::ZERO);
        }
        Ok(())
    }

    /// Has attempts know what they were told in this sitting too, as the log has it: what was paid for is not sent again.
    async fn recall(&mut self, keys: &[Key]) -> Result<(), PipelineError> {
        if keys.is_empty() {
            return Ok(());
        }
        // All that was handed over is in the log then.
        self.journal.append(Entry::default()).await?;
        let history = History::load(&*self.run.store, &self.run.branch).await?;
        for key in keys {
            if let (Some(open), Some(logged)) = (self.open.get_mut(key), history.open.get(key))
                && open.attempt.id == logged.id
            {
                open.attempt.effects.clone_from(&logged.effects);
            }
        }
        Ok(())
    }

    /// Records a question. The attempt that asked it holds no slot until the answer is there.
    pub(super) fn suspend(&mut self, key: &Key, suspension: Suspension) -> Result<(), PipelineError> {
        let Suspension { question, effect, request } = suspension;
        let Some(open) = self.open.get_mut(key) else { return Ok(()) };
        let asked = RecordedEffect { request: Digest::of(&request), result: None };
        open.attempt.effects.insert((effect.name.clone(), effect.nth), asked);
        open.attempt.parked = Some((question.id, effect.clone()));
        let author = Author::Agent {
            role: key.0.clone(),
            subject: key.1.clone(),
            assignment: effect.attempt.assignment,
        };
        let intent = Record::Intent {
            effect,
            kind: EffectKind::Question { question: question.id },
            request: Digest::of(&request),
            reserved: Spend::default(),
        };
        let entry = Entry::new(vec![intent]).blobs(vec![request]);
        self.commit(author, vec![Change::QuestionAsked { question }], entry)
    }

    /// Answers open questions with their defaults, if that is what happens to questions.
    pub(super) async fn answer_with_defaults(&mut self) -> Result<(), PipelineError> {
        if *self.run.answers.borrow() != Answers::Defaults {
            return Ok(());
        }
        let open = self.state.open_questions();
        let defaults: Vec<_> =
            open.filter_map(|question| Some((question.id, question.default.clone()?))).collect();
        for (question, default) in defaults {
            self.answer(question, &default, Author::Pipeline, None).await?;
        }
        Ok(())
    }

    /// Records an answer and lets the attempt that waited for it go on. One that answers nothing open is dropped.
    async fn answer(
        &mut self,
        question: QuestionId,
        answer: &str,
        author: Author,
        signal: Option<SignalId>,
    ) -> Result<(), PipelineError> {
        let taken: Vec<_> = signal.into_iter().collect();
        let open_question = self.state.question(question).filter(|asked| asked.answer.is_none());
        let Some(asked) = open_question else {
            tracing::warn!(%question, "an answer to a question that is not open");
            self.journal.append(Entry { taken, ..Entry::default() }).await?;
            return Ok(());
        };
        let answer = &*self.run.options.redacted_answer(&asked.question, answer.to_owned());
        let mut entry = Entry { taken, ..Entry::default() };
        let parked = self.open.iter_mut().find_map(|(key, open)| {
            let (_, effect) = open.attempt.parked.take_if(|(waits_for, _)| *waits_for == question)?;
            Some((key.clone(), open, effect))
        });
        let mut answered = None;
        if let Some((key, open, effect)) = parked {
            let payload = serde_json::Value::from(answer).to_string();
            let result =
                EffectResult::Done { payload: Digest::of(payload.as_bytes()), usage: None, duration_ms: 0 };
            if let Some(asked) = open.attempt.effects.get_mut(&(effect.name.clone(), effect.nth)) {
                asked.result = Some(result.clone());
            }
            let id = open.attempt.id;
            entry.records.push(Record::Outcome { effect, result, spent: Spend::default() });
            entry.records.push(Record::Resumed { id });
            entry.blobs.push(payload.into());
            answered = Some(key);
        }
        self.commit(author, vec![Change::QuestionAnswered { question, answer: answer.into() }], entry)?;
        self.settle().await?;
        if let Some(key) = answered {
            self.recall(std::slice::from_ref(&key)).await?;
            self.launch(&key, Duration::ZERO);
        }
        Ok(())
    }

    /// How the run ends when only people can carry it on, or that it waits for them.
    pub(super) fn wait_or_end(&self, questions: Vec<QuestionId>) -> Option<RunEnd> {
        (*self.run.answers.borrow() != Answers::Wait).then_some(RunEnd::Waiting { questions })
    }
}
