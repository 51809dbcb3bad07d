//! What may happen next on a branch.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::{
    super::{forms, work},
    random::Random,
};
use crate::{
    agent::{Role, Subject},
    budget::Spend,
    digest::Digest,
    id::{AssignmentId, EpicId, QuestionId, RunId, StepId, TaskId},
    llm::{LlmError, LlmErrorKind, Money, Usage},
    project::{Change, ProjectState, Step, Task, WorkspacePath},
    store::{
        AssignmentEnd, AttemptId, Author, Batch, Commit, EffectId, EffectKind, EffectResult, Record, RunEnd,
        Seq, Stored,
    },
};

const ROLES: [&str; 3] = ["developer", "code-monkey", "ревизор"];
const MODELS: [&str; 3] = ["b:large", "a:small", "a:large:1"];
const FILES: [&str; 6] = ["a", "src/b.mjs", "src/c.mjs", "src/Ё.mjs", "z z", "src/b.mjs2"];

/// What has happened on a branch, as far as it matters for what may happen next.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plot {
    head: Seq,
    state: ProjectState,
    run: Option<RunId>,
    open: BTreeMap<(Role, Subject), Open>,
    begun: u32,
}

#[derive(Debug, Clone)]
struct Open {
    id: AttemptId,
    /// Effects that have no outcome.
    pending: Vec<EffectId>,
}

impl Plot {
    /// After these records.
    pub(crate) fn of(records: &[Stored]) -> Self {
        let mut plot = Self::default();
        for stored in records {
            plot.add(&stored.record);
        }
        plot
    }

    fn add(&mut self, record: &Record) {
        self.head = self.head.after(1);
        match record {
            Record::Commit(commit) => self.state = self.state.apply(self.head, &commit.changes).unwrap(),
            Record::Forked { .. } => self.open.clear(),
            Record::RunStarted { run, .. } => self.run = Some(*run),
            Record::RunEnded { .. } => self.run = None,
            Record::Started { id, role, subject, .. } => {
                self.begun += 1;
                self.open.insert((role.clone(), subject.clone()), Open { id: *id, pending: Vec::new() });
            }
            Record::Ended { id, .. } => self.open.retain(|_, open| open.id != *id),
            Record::Intent { effect, .. } => self.with(effect, |open| {
                open.pending.retain(|pending| pending != effect);
                open.pending.push(effect.clone());
            }),
            Record::Outcome { effect, .. } => {
                self.with(effect, |open| open.pending.retain(|pending| pending != effect));
            }
            Record::Resumed { .. } => {}
        }
    }

    fn with(&mut self, effect: &EffectId, change: impl FnOnce(&mut Open)) {
        if let Some(open) = self.open.values_mut().find(|open| open.id == effect.attempt) {
            change(open);
        }
    }

    /// Some records that may come next, after `first` if there is one, with most of the contents that they refer to.
    pub(crate) fn batch(mut self, first: Option<Record>, random: &mut Random) -> Batch {
        let mut batch = Batch { records: first.into_iter().collect(), ..Batch::default() };
        batch.records.iter().for_each(|record| self.add(record));
        for _ in 0..random.below(5) {
            let (record, content) = self.next(random);
            self.add(&record);
            batch.records.push(record);
            batch.blobs.extend(content.filter(|_| random.chance(95)));
        }
        if random.chance(10) {
            batch.blobs.push(content(random));
        }
        batch
    }

    fn next(&self, random: &mut Random) -> (Record, Option<Bytes>) {
        let attempt = (!self.open.is_empty()).then(|| random.index(self.open.len()));
        let attempt = attempt.and_then(|nth| self.open.values().nth(nth));
        match (random.below(20), attempt) {
            (0, _) => (self.sitting(random), None),
            (1..=3, _) => self.start(random).map_or_else(|| self.commit(random), |record| (record, None)),
            (4..=8, Some(open)) => intent(open, random),
            (9..=12, Some(open)) if !open.pending.is_empty() => outcome(random.pick(&open.pending), random),
            (13, Some(open)) => (Record::Resumed { id: open.id }, None),
            (14..=15, Some(open)) => (Record::Ended { id: open.id, end: end(random) }, None),
            _ => self.commit(random),
        }
    }

    fn sitting(&self, random: &mut Random) -> Record {
        let Some(run) = self.run.filter(|_| random.chance(80)) else {
            return Record::RunStarted { run: random.id(), labels: BTreeMap::new() };
        };
        let questions = vec![QuestionId::derive(["?"])];
        let ends = [
            RunEnd::Done { verified: random.chance(50) },
            RunEnd::Waiting { questions },
            RunEnd::Stuck { reason: "не знаю".into() },
            RunEnd::Cancelled,
        ];
        Record::RunEnded { run, end: random.pick(&ends).clone() }
    }

    fn start(&self, random: &mut Random) -> Option<Record> {
        let role = Role::new(*random.pick(&ROLES));
        let subject = Subject::of("step", random.below(3));
        if self.open.contains_key(&(role.clone(), subject.clone())) {
            return None;
        }
        let ordinal = (self.begun / 3).to_string();
        let assignment = AssignmentId::derive([role.as_str(), subject.as_str(), &ordinal]);
        let id = AttemptId { assignment, attempt: self.begun + 1 };
        let input = Digest::of(ordinal.as_bytes());
        Some(Record::Started { id, role, subject, base: self.state.version(), input })
    }

    fn commit(&self, random: &mut Random) -> (Record, Option<Bytes>) {
        let (mut changes, mut blob) = (Vec::new(), None);
        let mut state = self.state.clone();
        for _ in 0..=random.below(3) {
            let content = content(random);
            let change = change(&state, &content, random);
            // What does not fit is not done.
            let Ok(next) = state.apply(self.head.after(1), std::slice::from_ref(&change)) else { continue };
            state = next;
            blob = change.content().map(|_| content).or(blob);
            changes.push(change);
        }
        (Record::Commit(Commit { author: Author::Person, changes }), blob)
    }
}

/// One of a few contents.
fn content(random: &mut Random) -> Bytes {
    let text = format!("content {}\n", random.below(12));
    Bytes::from(text.repeat(random.pick(&[1, 1, 300]).to_owned()))
}

fn change(state: &ProjectState, content: &Bytes, random: &mut Random) -> Change {
    let path: WorkspacePath = random.pick(&FILES).parse().unwrap();
    let replaces = state.file(&path).map(|file| file.content);
    let finishes = random.chance(50).then(|| step(random).id);
    match (random.below(10), replaces) {
        (0..=4, _) => Change::FileWritten {
            path,
            content: Digest::of(content),
            size: content.len() as u64,
            replaces,
            finishes,
        },
        (5, Some(replaces)) => Change::FileDeleted { path, replaces },
        (6, _) => Change::PlanMade {
            epics: Vec::new(),
            tasks: (0..random.below(4)).map(|_| task(random)).collect(),
        },
        (7, _) => Change::StepsPlanned {
            task: task(random).id,
            steps: (0..random.below(4)).map(|_| step(random)).collect(),
        },
        (8, _) => Change::Described {
            description: format!("Описание {}\nи ещё", random.below(9)),
            name: random.chance(30).then(|| format!("Name {}", random.below(9))),
            toolchains: Vec::new(),
        },
        _ => random.pick(&forms::changes()).clone(),
    }
}

fn task(random: &mut Random) -> Task {
    let (name, epic) = (random.below(5).to_string(), EpicId::derive(["e"]));
    let (id, title) = (TaskId::derive([name.as_str()]), format!("Task {name}"));
    Task { id, epic, title, description: String::new(), depends_on: Vec::new(), files: Vec::new() }
}

fn step(random: &mut Random) -> Step {
    let name = random.below(8).to_string();
    let id = StepId::derive([name.as_str()]);
    Step { id, path: random.pick(&FILES).parse().unwrap(), instruction: "Write it.".into() }
}

fn spend(random: &mut Random) -> Spend {
    Spend {
        money: Money::from_picodollars(random.below(1_000_000_000)),
        tokens: random.below(10_000),
        calls: random.below(3),
    }
}

fn intent(open: &Open, random: &mut Random) -> (Record, Option<Bytes>) {
    let name = (*random.pick(&["write", "написать"])).to_owned();
    let nth = u32::from(random.chance(50));
    let effect = EffectId { attempt: open.id, name, nth };
    let kinds = [
        EffectKind::Exec { command: vec!["node".into(), "--test".into()] },
        EffectKind::Question { question: QuestionId::derive(["?"]) },
        EffectKind::Custom,
    ];
    let template = random.chance(50).then(|| "code/write".to_owned());
    let call = EffectKind::Call { model: random.pick(&MODELS).parse().unwrap(), template };
    let (kind, reserved) = if random.chance(70) {
        (call, spend(random))
    } else {
        (random.pick(&kinds).clone(), Spend::default())
    };
    let request = if random.chance(20) { content(random) } else { work::request(&effect) };
    (Record::Intent { effect, kind, request: Digest::of(&request), reserved }, Some(request))
}

fn outcome(effect: &EffectId, random: &mut Random) -> (Record, Option<Bytes>) {
    let answer = if random.chance(20) { content(random) } else { work::answer(effect) };
    let usage = Usage {
        input: random.below(1000),
        cached_input: random.below(10),
        cache_write: random.below(10),
        cache_write_long: random.below(10),
        output: random.below(1000),
        reasoning: random.below(10),
    };
    let error = LlmError::new(*random.pick(&[LlmErrorKind::RateLimited, LlmErrorKind::Timeout]), "no");
    let payload = Digest::of(&answer);
    let (result, blob) = match random.below(6) {
        0 => (EffectResult::CallFailed { error }, None),
        1 => (EffectResult::Failed { message: "нет".into() }, None),
        2 => (EffectResult::Done { payload, usage: None, duration_ms: random.below(100) }, Some(answer)),
        _ => {
            (EffectResult::Done { payload, usage: Some(usage), duration_ms: random.below(100) }, Some(answer))
        }
    };
    (Record::Outcome { effect: effect.clone(), result, spent: spend(random) }, blob)
}

fn end(random: &mut Random) -> AssignmentEnd {
    let reason = "no".to_owned();
    let ends = [AssignmentEnd::Committed, AssignmentEnd::Failed { reason }, AssignmentEnd::Stale];
    random.pick(&ends).clone()
}
