//! Every kind of record, change and signal survives being stored.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use serde_json::{Value, json};

use super::{
    Store,
    fixture::{ALL, branch, commit, leased, note},
};
use crate::{
    agent::{Role, Subject},
    budget::{Limit, Spend, SpendLimits},
    digest::Digest,
    id::{AssignmentId, BranchId, EpicId, IterationId, QuestionId, RunId, SignalId, StepId, TaskId},
    llm::{LlmError, LlmErrorKind, Money, Usage},
    project::{
        Architecture, Change, CheckReport, Entity, Epic, Field, FieldKind, Iteration, PlannedFile, Question,
        Specification, Step, Task, Verdict, WorkspacePath,
    },
    sandbox::{SandboxError, SandboxErrorKind, Toolchain},
    store::{
        AssignmentEnd, AttemptId, Author, Batch, Commit, EffectId, EffectKind, EffectResult, Record, RunEnd,
        Seq, Signal,
    },
};

/// Text that is hard on whoever quotes, cuts or normalises.
const TEXTS: &[&str] = &[
    "",
    " ",
    "\0",
    "a\0b",
    "\u{1}\u{7f}\u{80}\u{feff}\u{ffff}\u{10ffff}",
    "'\"`\\\r\n\t%_?$1:a@b; DROP TABLE record; --",
    "Библиотека: книги, читатели и выдачи",
    "кафе\u{301} café cafe\u{301} ﬁ İıſß",
    "図書館 🦀👩‍👩‍👧‍👦 \u{202e}abc",
    "{\"v\":2,\"type\":\"teleported\"}",
];

async fn survive(store: &Store, records: Vec<Record>) {
    let (branch, lease) = leased(store).await;
    store.append(&lease, Seq(0), Batch { records: records.clone(), ..Batch::default() }).await.unwrap();
    let stored = store.read(&branch, Seq(0), ALL).await.unwrap();
    assert_eq!(stored.into_iter().map(|stored| stored.record).collect::<Vec<_>>(), records);
}

pub(super) async fn every_record_comes_back_as_it_was(store: Store) {
    let records = records();
    assert_eq!(places(records.iter().map(place_of_record)), 9, "a kind of record is missing above");
    survive(&store, records).await;
}

pub(super) async fn every_change_comes_back_as_it_was(store: Store) {
    assert_eq!(places(changes().iter().map(place_of_change)), 15, "a kind of change is missing above");
    survive(&store, vec![commit(changes())]).await;
    survive(&store, changes().into_iter().map(|change| commit(vec![change])).collect()).await;
    survive(&store, vec![commit(Vec::new())]).await;
}

pub(super) async fn every_signal_comes_back_as_it_was(store: Store) {
    let branch = branch(&store).await;
    let mut expected = Vec::new();
    for signal in signals() {
        let id = SignalId::fresh();
        store.post(&branch, id, signal.clone()).await.unwrap();
        expected.push((id, signal));
    }
    assert_eq!(store.signals(&branch).await.unwrap(), expected);
}

pub(super) async fn any_text_comes_back_as_it_was(store: Store) {
    survive(&store, TEXTS.iter().map(|text| note(*text)).collect()).await;
    let keys = TEXTS.iter().map(|text| Change::Extension {
        namespace: (*text).into(),
        key: (*text).into(),
        value: json!({ *text: [*text] }),
    });
    survive(&store, vec![commit(keys.collect())]).await;
}

pub(super) async fn any_number_comes_back_as_it_was(store: Store) {
    let mut value = json!({
        "integers": [0, -1, i64::MIN, i64::MAX, u64::MAX],
        "fractions": [0.1, -0.0, 1e-7, 1.0, 5e-324, f64::MIN_POSITIVE, f64::MAX, 2.225_073_858_507_201e-308],
    });
    // Fractions that are close to each other: a reader that rounds carelessly maps two of them to one.
    value["many"] = (1..500_u32).map(|n| Value::from(1.0 / f64::from(n) * 1e23)).collect();
    let change = Change::Extension { namespace: "test".into(), key: "numbers".into(), value };
    let limits = SpendLimits {
        money: Some(Money::from_picodollars(u64::MAX)),
        tokens: Some(u64::MAX),
        calls: Some(0),
    };
    survive(&store, vec![commit(vec![change, Change::BudgetSet { limits }])]).await;
}

pub(super) async fn a_record_may_be_large(store: Store) {
    survive(&store, vec![note("ё".repeat(1 << 19)), note("\n".repeat(1 << 20)), note("small")]).await;
}

fn places(places: impl Iterator<Item = usize>) -> usize {
    places.collect::<BTreeSet<_>>().len()
}

/// Does not compile when a kind is added: it must then be added to [`records`] as well.
fn place_of_record(record: &Record) -> usize {
    match record {
        Record::Commit(_) => 0,
        Record::RunStarted { .. } => 1,
        Record::RunEnded { .. } => 2,
        Record::Started { .. } => 3,
        Record::Resumed { .. } => 4,
        Record::Ended { .. } => 5,
        Record::Intent { .. } => 6,
        Record::Outcome { .. } => 7,
        Record::Forked { .. } => 8,
    }
}

/// Does not compile when a kind is added: it must then be added to [`changes`] as well.
fn place_of_change(change: &Change) -> usize {
    match change {
        Change::Described { .. } => 0,
        Change::SpecificationWritten { .. } => 1,
        Change::ArchitectureChosen { .. } => 2,
        Change::PlanMade { .. } => 3,
        Change::StepsPlanned { .. } => 4,
        Change::FileWritten { .. } => 5,
        Change::FileDeleted { .. } => 6,
        Change::Checked { .. } => 7,
        Change::IterationPlanned { .. } => 8,
        Change::QuestionAsked { .. } => 9,
        Change::QuestionAnswered { .. } => 10,
        Change::AssignmentFailed { .. } => 11,
        Change::FailureCleared { .. } => 12,
        Change::BudgetSet { .. } => 13,
        Change::Extension { .. } => 14,
    }
}

fn attempt() -> AttemptId {
    AttemptId { assignment: AssignmentId::derive(["code-monkey", "file:a"]), attempt: u32::MAX }
}

fn effect() -> EffectId {
    EffectId { attempt: attempt(), name: "написать".into(), nth: 0 }
}

fn spend() -> Spend {
    Spend { money: Money::from_dollars(0.1), tokens: u64::MAX, calls: 1 }
}

fn path(text: &str) -> WorkspacePath {
    text.parse().unwrap()
}

fn records() -> Vec<Record> {
    let (role, subject) = (Role::from_static("code-monkey"), Subject::new("file:a"));
    let run = RunId::fresh();
    let authors = [
        Author::Person,
        Author::Pipeline,
        Author::Agent { role: role.clone(), subject: subject.clone(), assignment: attempt().assignment },
    ];
    let mut records: Vec<_> =
        authors.into_iter().map(|author| Record::Commit(Commit { author, changes: Vec::new() })).collect();
    records.extend([
        Record::RunStarted { run, labels: BTreeMap::new() },
        Record::RunStarted { run, labels: [("user".into(), "Ann".into())].into() },
        Record::Started { id: attempt(), role, subject, base: Seq(u64::MAX), input: Digest::of(b"input") },
        Record::Resumed { id: attempt() },
        Record::Forked {
            from: BranchId::fresh(),
            at: Seq(u64::MAX),
            spent: Spend { money: Money::from_picodollars(7), tokens: u64::MAX, calls: 1 },
            uncertain: Spend::default(),
        },
    ]);
    records.extend(run_ends().into_iter().map(|end| Record::RunEnded { run, end }));
    records.extend(ends().into_iter().map(|end| Record::Ended { id: attempt(), end }));
    let request = Digest::of(b"request");
    records.extend(kinds().map(|kind| Record::Intent { effect: effect(), kind, request, reserved: spend() }));
    records.extend(results().map(|result| Record::Outcome { effect: effect(), result, spent: spend() }));
    records
}

fn run_ends() -> [RunEnd; 6] {
    let reason = || "мало".to_owned();
    [
        RunEnd::Done { verified: true },
        RunEnd::Done { verified: false },
        RunEnd::Waiting { questions: vec![QuestionId::derive(["?"])] },
        RunEnd::Exhausted { limit: Limit::Money, reason: reason() },
        RunEnd::Stuck { reason: reason() },
        RunEnd::Cancelled,
    ]
}

fn ends() -> [AssignmentEnd; 5] {
    [
        AssignmentEnd::Committed,
        AssignmentEnd::Failed { reason: "no".into() },
        AssignmentEnd::Stale,
        AssignmentEnd::Diverged { effect: "write".into() },
        AssignmentEnd::Superseded,
    ]
}

fn kinds() -> impl Iterator<Item = EffectKind> {
    let model = || "openai:gpt".parse().unwrap();
    [
        EffectKind::Call { model: model(), template: None },
        EffectKind::Call { model: model(), template: Some("code".into()) },
        EffectKind::Exec { command: vec!["node".into(), "--test".into(), String::new()] },
        EffectKind::Question { question: QuestionId::derive(["?"]) },
        EffectKind::Custom,
    ]
    .into_iter()
}

fn results() -> impl Iterator<Item = EffectResult> {
    let usage = Usage {
        input: 1,
        cached_input: 2,
        cache_write: 3,
        output: u64::MAX,
        reasoning: 5,
        ..Usage::default()
    };
    let payload = Digest::of(b"payload");
    let error = LlmError::new(LlmErrorKind::RateLimited, "медленнее");
    [
        EffectResult::Done { payload, usage: Some(usage), duration_ms: u64::MAX },
        EffectResult::Done { payload, usage: None, duration_ms: 0 },
        EffectResult::CallFailed { error: error.clone() },
        EffectResult::CallFailed { error: error.retry_after(Duration::new(3, 7)) },
        EffectResult::ExecFailed { error: SandboxError::new(SandboxErrorKind::Closed, "exec", "closed") },
        EffectResult::Failed { message: "no".into() },
    ]
    .into_iter()
}

fn signals() -> [Signal; 4] {
    let question = QuestionId::derive(["?"]);
    [
        Signal::Answer { question, answer: TEXTS.concat() },
        Signal::Cancel,
        Signal::SetBudget { limits: SpendLimits::default() },
        Signal::SetBudget { limits: SpendLimits { calls: Some(u64::MAX), ..SpendLimits::default() } },
    ]
}

/// One change of each kind.
pub(super) fn changes() -> Vec<Change> {
    let (role, subject) = (Role::from_static("developer"), Subject::new("task:1"));
    let (task, step) = (TaskId::derive(["t"]), step());
    let question = QuestionId::derive(["?"]);
    vec![
        Change::Described {
            description: TEXTS.concat(),
            name: Some("Библиотека".into()),
            toolchains: vec![Toolchain {
                name: "node".into(),
                version: "22".into(),
                path: std::path::PathBuf::new(),
            }],
        },
        Change::SpecificationWritten { specification: specification() },
        Change::ArchitectureChosen { architecture: architecture() },
        plan(task),
        Change::StepsPlanned { task, steps: vec![step.clone()] },
        Change::FileWritten {
            path: path("src/файл.mjs"),
            content: Digest::of(b"new"),
            size: u64::MAX,
            replaces: Some(Digest::of(b"old")),
            finishes: Some(step.id),
        },
        Change::FileDeleted { path: path("src/a b.mjs"), replaces: Digest::of(b"old") },
        Change::Checked {
            report: CheckReport {
                tree: Digest::of(b"tree"),
                verdict: Verdict::Failed,
                command: vec!["node".into()],
                summary: "exit code 1".into(),
                output: TEXTS.concat(),
            },
        },
        Change::IterationPlanned {
            iteration: Iteration {
                id: IterationId::derive(["i"]),
                diagnosis: "typo".into(),
                steps: vec![step],
            },
        },
        Change::QuestionAsked {
            question: Question {
                id: question,
                text: "Which?".into(),
                options: vec!["a".into()],
                default: Some("a".into()),
            },
        },
        Change::QuestionAnswered { question, answer: "a".into() },
        Change::AssignmentFailed { role: role.clone(), subject: subject.clone(), reason: "no".into() },
        Change::FailureCleared { role, subject },
        Change::BudgetSet { limits: SpendLimits { tokens: Some(1), ..SpendLimits::default() } },
        Change::Extension { namespace: "n".into(), key: "k".into(), value: Value::Null },
    ]
}

fn step() -> Step {
    Step { id: StepId::derive(["s"]), path: path("server.mjs"), instruction: "Write it.".into() }
}

fn plan(task: TaskId) -> Change {
    let epic = EpicId::derive(["e"]);
    Change::PlanMade {
        epics: vec![Epic { id: epic, title: "App".into(), description: String::new() }],
        tasks: vec![Task {
            id: task,
            epic,
            title: "Server".into(),
            description: "It answers.".into(),
            depends_on: vec![TaskId::derive(["before"])],
            files: vec![path("server.mjs")],
        }],
    }
}

fn specification() -> Specification {
    let field = |kind, values: &[&str], relation: Option<&str>| Field {
        name: "genre".into(),
        label: "Жанр".into(),
        kind,
        required: true,
        values: values.iter().map(|value| (*value).to_owned()).collect(),
        relation: relation.map(str::to_owned),
    };
    Specification {
        name: "Библиотека".into(),
        slug: "biblioteka".into(),
        language: "ru".into(),
        summary: "Книги.".into(),
        entities: vec![Entity {
            name: "book".into(),
            path: "books".into(),
            label: "Книга".into(),
            label_plural: "Книги".into(),
            fields: vec![
                field(FieldKind::Enumeration, &["наука", "art"], None),
                field(FieldKind::Relation, &[], Some("member")),
            ],
        }],
        requirements: vec!["It works.".into()],
        not_understood: vec!["a flying carpet".into()],
    }
}

fn architecture() -> Architecture {
    Architecture {
        runtime: "node".into(),
        summary: "One server.".into(),
        start: vec!["node".into(), "server.mjs".into()],
        test: vec!["node".into(), "--test".into()],
        files: vec![PlannedFile { path: path("server.mjs"), purpose: "the server".into() }],
    }
}
