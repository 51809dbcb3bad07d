//! A project as a run leaves it.

use samokoder_core::{
    digest::Digest,
    store::{Batch, Record, Seq},
};
use serde_json::{Value, json};

fn record(mut body: Value) -> Record {
    body["v"] = 1.into();
    Record::decode(&body.to_string()).unwrap()
}

fn commit(changes: &Value) -> Record {
    record(json!({"type": "commit", "author": {"by": "person"}, "changes": changes}))
}

/// A UUID that ends with a number.
fn id(number: u64) -> String {
    format!("00000000-0000-8000-8000-{number:012}")
}

fn digest(number: u64) -> String {
    Digest::of(&number.to_le_bytes()).to_string()
}

fn spend(money: u64, tokens: u64, calls: u64) -> Value {
    json!({"money": money, "tokens": tokens, "calls": calls})
}

/// The beginning: a description, a specification, a plan of some tasks with two steps each.
pub(crate) fn plan(tasks: u64) -> Vec<Record> {
    let specification = json!({
        "name": "Library", "slug": "library", "language": "en", "summary": "Books.", "entities": [],
        "requirements": [], "not_understood": [],
    });
    let planned: Vec<_> = (0..tasks)
        .map(|task| {
            json!({
                "id": id(task), "epic": id(900), "title": format!("Task {task}"), "description": "Do it.",
                "depends_on": [], "files": [format!("src/{task}-0.mjs"), format!("src/{task}-1.mjs")],
            })
        })
        .collect();
    let steps = (0..tasks).map(|task| {
        let steps = [0, 1].map(|nth| {
            json!({"id": id(1000 + task * 2 + nth), "path": format!("src/{task}-{nth}.mjs"), "instruction": "Write."})
        });
        commit(&json!([{"change": "steps_planned", "task": id(task), "steps": steps}]))
    });
    let described = json!([{"change": "described", "description": "A library\nof books", "name": null}]);
    let epics = json!([{"id": id(900), "title": "App", "description": "All of it"}]);
    let start = [
        record(json!({"type": "run_started", "run": id(800)})),
        commit(&described),
        commit(&json!([{"change": "specification_written", "specification": specification}])),
        commit(&json!([{"change": "plan_made", "epics": epics, "tasks": planned}])),
    ];
    start.into_iter().chain(steps).collect()
}

/// Step `n`: an attempt, a call to a model, and a commit of the file that it wrote.
pub(crate) fn step(n: u64) -> Vec<Record> {
    let attempt = json!({"assignment": id(2000 + n), "attempt": 1 + n % 2});
    let with = |more: Value| {
        let mut body = attempt.clone();
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        record(body)
    };
    let path = format!("src/{}-{}.mjs", n / 2 % 20, n % 2);
    let written = json!([{
        "change": "file_written", "path": path, "content": digest(n), "size": 4000 + n, "finishes": id(1000 + n % 40),
    }]);
    let mut records = vec![
        with(json!({
            "type": "started", "role": if n.is_multiple_of(3) { "reviewer" } else { "developer" }, "subject": format!("step/{n}"),
            "base": n, "input": digest(n),
        })),
        with(json!({
            "type": "intent", "name": "write", "nth": 0, "request": digest(n + 1), "reserved": spend(1000, 500, 1),
            "kind": {"kind": "call", "model": "openai:gpt-5", "template": "developer/write"},
        })),
    ];
    let outcome = |result: Value| {
        with(
            json!({"type": "outcome", "name": "write", "nth": 0, "result": result, "spent": spend(40 + n, 300, 1)}),
        )
    };
    let usage = json!({"input": 200 + n, "output": 100, "cached_input": 20});
    let error = json!({"kind": "rate_limited", "message": "slower"});
    match n % 7 {
        // Cut off.
        3 => return records,
        4 => records.push(outcome(json!({"result": "call_failed", "error": error}))),
        _ => records.push(outcome(
            json!({"result": "done", "payload": digest(n + 2), "usage": usage, "duration_ms": 900 + n}),
        )),
    }
    records.push(with(json!({
        "type": "intent", "name": "test", "nth": 0, "request": digest(n + 3), "reserved": spend(0, 0, 0),
        "kind": {"kind": "exec", "command": ["node", "--test", path]},
    })));
    records.push(with(json!({
        "type": "outcome", "name": "test", "nth": 0, "spent": spend(0, 0, 0),
        "result": {"result": "done", "payload": digest(n + 4), "duration_ms": 70},
    })));
    records.push(commit(&written));
    records.push(with(json!({"type": "ended", "end": {"end": "committed"}})));
    records
}

/// A commit that writes so many files.
pub(crate) fn files(count: u64) -> Vec<Record> {
    let files: Vec<_> = (0..count)
        .map(|n| json!({"change": "file_written", "path": format!("lib/{n}.mjs"), "content": digest(n), "size": n}))
        .collect();
    vec![commit(&files.into())]
}

/// The end: a file is gone, a repair is planned, a step is finished twice, the sitting ends.
pub(crate) fn end() -> Vec<Record> {
    let step = json!({"id": id(1001), "path": "src/0-1.mjs", "instruction": "Mend it."});
    let changes = json!([
        {"change": "file_deleted", "path": "src/0-0.mjs", "replaces": digest(0)},
        {"change": "file_deleted", "path": "src/never.mjs", "replaces": digest(0)},
        {"change": "iteration_planned", "iteration": {"id": id(700), "diagnosis": "A typo.", "steps": [step]}},
        {"change": "described", "description": "Another name", "name": "Archive", "toolchains": []},
    ]);
    vec![
        commit(&changes),
        record(json!({"type": "run_ended", "run": id(800), "end": {"end": "done", "verified": true}})),
    ]
}

/// A batch of records that happened one second apart from each other.
pub(crate) fn batch(after: Seq, records: Vec<Record>) -> Batch {
    let stamps = (after.0 + 1..).take(records.len()).map(|seq| 1_700_000_000_000 + seq * 1000).collect();
    Batch { records, stamps, ..Batch::default() }
}
