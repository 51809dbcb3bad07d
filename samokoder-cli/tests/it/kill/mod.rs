//! `kill -9` at any moment, then `resume`: the same files, and nothing that was finished is done again.
//!
//! `SAMOKODER_KILLS` says how often: 25 times when absent, 1,000 and more for an afternoon.

mod calls;
mod events;
mod postgres;
mod writes;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use samokoder::{
    open, pipeline,
    project::ProjectState,
    store::{Branch, EffectKind, Record, RunEnd, Seq, Stored},
};
use serde_json::Value;

use crate::{
    command::{Place, Ran, Running, SMALL},
    model::Model,
};

#[expect(clippy::disallowed_methods, reason = "whoever runs the tests says how long they may take")]
fn kills() -> u32 {
    std::env::var("SAMOKODER_KILLS").map_or(25, |kills| kills.parse().unwrap())
}

/// How the app is built.
#[derive(Default)]
struct Setting {
    /// Who answers; the offline model when absent.
    model: Option<Model>,
    /// Where the history is kept; a file in the app's folder when absent.
    store: Option<String>,
    /// What is typed to begin.
    options: &'static [&'static str],
}

impl Setting {
    fn begin(&self, place: &Place) -> Command {
        let command = ["new", SMALL, "--dir", "app", "--json"];
        self.command(place, &[&command[..], self.options].concat())
    }

    /// What the program says to type: the options stay.
    fn resume(&self, place: &Place) -> Command {
        // Before the first thing is written down there is nothing to resume, and nothing in the way of beginning.
        if place.path("app/.samokoder/project.json").exists() {
            return self.command(place, &["resume", "app", "--json"]);
        }
        self.begin(place)
    }

    fn command(&self, place: &Place, arguments: &[&str]) -> Command {
        let store = self.store.iter().flat_map(|uri| ["--store", uri]);
        let arguments: &[&str] = &arguments.iter().copied().chain(store).collect::<Vec<_>>();
        self.model.as_ref().map_or_else(|| place.command(arguments), |model| model.command(place, arguments))
    }
}

/// A run that nobody disturbed.
struct Undisturbed {
    setting: Setting,
    files: BTreeMap<String, Vec<u8>>,
    state: ProjectState,
    end: RunEnd,
    events: u32,
    calls: usize,
    took: Duration,
}

impl Undisturbed {
    fn run(setting: Setting) -> Self {
        let place = Place::new();
        let began = Instant::now();
        let ran = Running::start(setting.begin(&place)).finish();
        assert_eq!(ran.code, Some(0), "{ran:#?}");
        let took = began.elapsed();
        let app = History::of(&place.path("app"));
        Self {
            setting,
            files: place.app("app"),
            events: u32::try_from(ran.events().len()).unwrap(),
            calls: app.finished_calls(),
            end: app.end().clone(),
            state: app.state,
            took,
        }
    }

    fn start(&self, place: &Place) -> Running {
        Running::start(self.setting.begin(place))
    }

    /// Goes on with a run that was killed, and compares what came out.
    fn resume(&self, place: &Place, killed: &Ran, when: &str) {
        if killed.code.is_some() {
            // This time it was faster than the signal.
            assert_eq!(killed.code, Some(0), "{when}: {killed:#?}");
        } else {
            let ran = Running::start(self.setting.resume(place)).finish();
            let end = ran.out.lines().last().unwrap_or_default();
            assert_eq!(ran.code, Some(0), "killed {when}: {}{end}", ran.err);
        }
        self.compare(place, when);
    }

    fn compare(&self, place: &Place, when: &str) -> History {
        let app = History::of(&place.path("app"));
        assert_eq!(*app.end(), self.end, "killed {when}");
        let files = place.app("app");
        assert!(files.keys().eq(self.files.keys()), "killed {when}: other files");
        for (path, content) in &files {
            assert!(content == &self.files[path], "killed {when}: {path} is not the same");
        }
        assert_eq!(timeless(&app.state), timeless(&self.state), "killed {when}: another state");
        assert_eq!(app.finished_calls(), self.calls, "killed {when}: other calls than without");
        app
    }
}

/// A state without what differs from run to run: the number of its version, since other records come between commits,
/// and what the app's tests wrote, since they say how long they took.
fn timeless(state: &ProjectState) -> Value {
    let mut state = serde_json::to_value(state).unwrap();
    state["version"].take();
    if state["check"].is_object() {
        state["check"]["output"].take();
    }
    state
}

/// What is recorded of an app.
struct History {
    records: Vec<Stored>,
    state: ProjectState,
}

impl History {
    fn of(app: &Path) -> Self {
        let state = app.join(".samokoder");
        let card: Value =
            serde_json::from_slice(&std::fs::read(state.join("project.json")).unwrap()).unwrap();
        let branch: Branch = serde_json::from_value(card["branch"].clone()).unwrap();
        let read = async {
            let uri = card["store"].as_str().unwrap();
            let file = format!("sqlite:{}", state.join("state.db").display());
            let store = open::store(if uri.starts_with("sqlite:") { &file } else { uri }).await.unwrap();
            let records = store.read(&branch, Seq::START, usize::MAX).await.unwrap();
            let state = pipeline::History::load(&*store, &branch).await.unwrap().state().clone();
            Self { records, state }
        };
        tokio::runtime::Runtime::new().unwrap().block_on(read)
    }

    fn end(&self) -> &RunEnd {
        match &self.records.last().unwrap().record {
            Record::RunEnded { end, .. } => end,
            other => panic!("the last record is {other:?}"),
        }
    }

    /// How often a call to a model was begun.
    fn begun_calls(&self) -> usize {
        let is_call =
            |stored: &&Stored| matches!(&stored.record, Record::Intent { kind: EffectKind::Call { .. }, .. });
        self.records.iter().filter(is_call).count()
    }

    /// How many calls to models were finished, none of which was made again.
    fn finished_calls(&self) -> usize {
        let (mut calls, mut finished) = (BTreeSet::new(), BTreeSet::new());
        for (at, stored) in self.records.iter().enumerate() {
            assert_eq!(stored.seq, Seq::START.after(at + 1), "numbers have no gaps");
            match &stored.record {
                Record::Intent { effect, kind, .. } => {
                    assert!(!finished.contains(effect), "finished and made again: {effect:?}");
                    if let EffectKind::Call { .. } = kind {
                        calls.insert(effect);
                    }
                }
                Record::Outcome { effect, .. } => {
                    assert!(finished.insert(effect), "finished twice: {effect:?}");
                }
                _ => {}
            }
        }
        calls.intersection(&finished).count()
    }
}
