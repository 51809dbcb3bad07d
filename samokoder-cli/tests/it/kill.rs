//! `kill -9` at any moment, then `resume`: the same files, and nothing that was finished is done again.
//!
//! `SAMOKODER_KILLS` says how often, 25 times when absent.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    thread,
    time::{Duration, Instant},
};

use samokoder::{
    open,
    store::{Branch, EffectKind, Record, RunEnd, Seq, Stored},
};
use serde_json::Value;

use crate::command::{Place, Ran, SMALL};

const NEW: [&str; 5] = ["new", SMALL, "--dir", "app", "--json"];
const RESUME: [&str; 3] = ["resume", "app", "--json"];

#[expect(clippy::disallowed_methods, reason = "whoever runs the tests says how long they may take")]
fn kills() -> u32 {
    std::env::var("SAMOKODER_KILLS").map_or(25, |kills| kills.parse().unwrap())
}

/// A run that nobody disturbed.
struct Undisturbed {
    files: BTreeMap<String, Vec<u8>>,
    events: u32,
    calls: usize,
    took: Duration,
}

impl Undisturbed {
    fn run() -> Self {
        let place = Place::new();
        let began = Instant::now();
        let events = u32::try_from(place.expect(0, &NEW).events().len()).unwrap();
        let took = began.elapsed();
        Self { files: place.app("app"), events, calls: finished_calls(&records(&place.path("app"))), took }
    }

    /// Goes on with a run that was killed, and compares what came out.
    fn resume(&self, place: &Place, killed: &Ran, when: &str) {
        if killed.code.is_some() {
            // This time it was faster than the signal.
            assert_eq!(killed.code, Some(0), "{when}: {killed:#?}");
            return self.compare(place, when);
        }
        // Before the first thing is written down there is nothing to resume, and nothing in the way of beginning.
        let is_written_down = place.path("app/.samokoder/project.json").exists();
        let ran = place.run(if is_written_down { &RESUME } else { &NEW });
        assert_eq!(ran.code, Some(0), "killed {when}: {}", ran.err);
        self.compare(place, when);
    }

    fn compare(&self, place: &Place, when: &str) {
        let records = records(&place.path("app"));
        let done = RunEnd::Done { verified: true };
        assert!(
            matches!(&records.last().unwrap().record, Record::RunEnded { end, .. } if *end == done),
            "{when}"
        );
        let files = place.app("app");
        assert!(files.keys().eq(self.files.keys()), "killed {when}: other files");
        for (path, content) in &files {
            assert!(content == &self.files[path], "killed {when}: {path} is not the same");
        }
        assert_eq!(finished_calls(&records), self.calls, "killed {when}: other calls than without");
    }
}

/// Every record of an app's history.
fn records(app: &Path) -> Vec<Stored> {
    let state = app.join(".samokoder");
    let card: Value = serde_json::from_slice(&std::fs::read(state.join("project.json")).unwrap()).unwrap();
    let branch: Branch = serde_json::from_value(card["branch"].clone()).unwrap();
    let read = async {
        let store = open::store(&format!("sqlite:{}", state.join("state.db").display())).await.unwrap();
        store.read(&branch, Seq::START, usize::MAX).await.unwrap()
    };
    tokio::runtime::Runtime::new().unwrap().block_on(read)
}

/// How many calls to models were finished, none of which was made again.
fn finished_calls(records: &[Stored]) -> usize {
    let (mut calls, mut finished) = (BTreeSet::new(), BTreeSet::new());
    for (at, stored) in records.iter().enumerate() {
        assert_eq!(stored.seq, Seq::START.after(at + 1), "numbers have no gaps");
        match &stored.record {
            Record::Intent { effect, kind, .. } => {
                assert!(!finished.contains(effect), "finished and made again: {effect:?}");
                if let EffectKind::Call { .. } = kind {
                    calls.insert(effect);
                }
            }
            Record::Outcome { effect, .. } => assert!(finished.insert(effect), "finished twice: {effect:?}"),
            _ => {}
        }
    }
    calls.intersection(&finished).count()
}

#[test]
fn killed_after_any_event_on_node() {
    let undisturbed = Undisturbed::run();
    for kill in 0..kills() {
        let place = Place::new();
        let mut run = place.start(&NEW);
        let events = 1 + kill * (undisturbed.events - 1) / kills();
        for _ in 0..events {
            run.line().unwrap();
        }
        undisturbed.resume(&place, &run.kill(), &format!("after {events} events"));
    }
}

#[test]
fn killed_at_any_time_on_node() {
    let undisturbed = Undisturbed::run();
    let count = kills().div_ceil(3);
    for kill in 0..count {
        let place = Place::new();
        let run = place.start(&NEW);
        let after = undisturbed.took * kill / count;
        thread::sleep(after);
        undisturbed.resume(&place, &run.kill(), &format!("after {after:?}"));
    }
}

#[test]
fn killed_while_the_apps_own_tests_run_on_node() {
    let undisturbed = Undisturbed::run();
    for delay in [0, 50, 200] {
        let place = Place::new();
        let mut run = place.start(&NEW);
        run.until(r#""kind":"exec""#);
        thread::sleep(Duration::from_millis(delay));
        undisturbed.resume(&place, &run.kill(), &format!("{delay} ms into the tests"));
    }
}

#[test]
fn killed_again_and_again_on_node() {
    let undisturbed = Undisturbed::run();
    let place = Place::new();
    let mut run = place.start(&NEW);
    // Far enough apart that each attempt gets somewhere: one that never does is begun afresh.
    while (0..40).all(|_| run.line().is_some()) {
        assert_eq!(run.kill().code, None);
        run = place.start(&RESUME);
    }
    assert_eq!(run.finish().code, Some(0));
    undisturbed.compare(&place, "again and again");
}
