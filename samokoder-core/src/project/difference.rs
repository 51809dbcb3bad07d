//! What differs between two versions.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Architecture, Entity, Field, ProjectState, SourceFile, Specification, Verdict, WorkspacePath};

/// What differs between two versions of a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Difference {
    /// Files, by path.
    pub files: Vec<FileDifference>,
    /// The description, specification, architecture, plan, questions and tests, in words, in this order.
    pub facts: Vec<Fact>,
}

/// A file that is not the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileDifference {
    /// The file.
    pub path: WorkspacePath,
    /// What it was, absent when there was no such file.
    pub before: Option<SourceFile>,
    /// What it is, absent when there is none any more.
    pub after: Option<SourceFile>,
}

/// A statement about the project that is not the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// What it is about: "requirement", "task".
    pub about: &'static str,
    /// What it was, absent for something new.
    pub before: Option<String>,
    /// What it is, absent for something that is gone.
    pub after: Option<String>,
}

impl Difference {
    /// What one has to do to `before` to make it `after`.
    pub fn between(before: &ProjectState, after: &ProjectState) -> Self {
        Self { files: files(before, after), facts: facts(before, after) }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty() && self.facts.is_empty()
    }
}

fn files(before: &ProjectState, after: &ProjectState) -> Vec<FileDifference> {
    let paths: BTreeSet<_> = before.files().chain(after.files()).map(|(path, _)| path).collect();
    let differences = paths.into_iter().map(|path| FileDifference {
        path: path.clone(),
        before: before.file(path).copied(),
        after: after.file(path).copied(),
    });
    differences.filter(|file| file.before != file.after).collect()
}

fn facts(before: &ProjectState, after: &ProjectState) -> Vec<Fact> {
    let (mut before, after) = (Statements::of(before), Statements::of(after));
    let mut facts = Vec::new();
    let mut seen = BTreeSet::new();
    let places: Vec<_> = after.order.iter().chain(&before.order).cloned().collect();
    for place in places.into_iter().filter(|place| seen.insert(place.clone())) {
        let (was, is) = (before.texts.remove(&place), after.texts.get(&place).cloned());
        if was != is {
            facts.push(Fact { about: place.0, before: was, after: is });
        }
    }
    facts.sort_by_key(|fact| ORDER.iter().position(|about| *about == fact.about));
    facts
}

/// What statements are about, in the order in which they come about.
const ORDER: [&str; 14] = [
    "description",
    "name",
    "summary",
    "entity",
    "requirement",
    "not understood",
    "architecture",
    "start",
    "test",
    "task",
    "repair",
    "question",
    "tests",
    "given up",
];

/// What a version says, each under what it is about and what tells it from others of its kind.
#[derive(Default)]
struct Statements {
    order: Vec<(&'static str, String)>,
    texts: BTreeMap<(&'static str, String), String>,
}

impl Statements {
    fn of(state: &ProjectState) -> Self {
        let mut all = Self::default();
        if !state.description().is_empty() {
            all.add("description", "", state.description());
        }
        state.specification().into_iter().for_each(|specification| all.specification(specification));
        state.architecture().into_iter().for_each(|architecture| all.architecture(architecture));
        all.plan(state);
        for asked in state.questions() {
            let answer = asked.answer.as_ref().map_or("open".into(), |answer| format!("answer: {answer}"));
            let question = &asked.question;
            all.add("question", &question.id.to_string(), &format!("{} ({answer})", question.text));
        }
        if let Some(check) = state.last_check() {
            let verdict = match check.verdict {
                Verdict::Passed => "they pass".into(),
                Verdict::Failed => format!("they fail: {}", check.summary),
                Verdict::Skipped => check.summary.clone(),
            };
            let stale = if state.current_check().is_some() { "" } else { " (files have changed since)" };
            all.add("tests", "", &format!("{verdict}{stale}"));
        }
        for (role, subject, reason) in state.failures() {
            all.add("given up", &format!("{role} {subject}"), &format!("{role} on {subject}: {reason}"));
        }
        all
    }

    fn add(&mut self, about: &'static str, name: &str, text: &str) {
        let place = (about, name.to_owned());
        if self.texts.insert(place.clone(), text.to_owned()).is_none() {
            self.order.push(place);
        }
    }

    fn specification(&mut self, specification: &Specification) {
        self.add("name", "", &specification.name);
        self.add("summary", "", &specification.summary);
        for entity in &specification.entities {
            self.add("entity", &entity.name, &entity_in_words(entity));
        }
        for requirement in &specification.requirements {
            self.add("requirement", requirement, requirement);
        }
        for text in &specification.not_understood {
            self.add("not understood", text, text);
        }
    }

    fn architecture(&mut self, architecture: &Architecture) {
        let text =
            format!("{}, {} files: {}", architecture.runtime, architecture.files.len(), architecture.summary);
        self.add("architecture", "", &text);
        self.add("start", "", &architecture.start.join(" "));
        self.add("test", "", &architecture.test.join(" "));
    }

    fn plan(&mut self, state: &ProjectState) {
        for task in state.tasks() {
            let progress = match state.steps(task.id) {
                None => "not planned yet".into(),
                Some(_) if state.is_task_finished(task.id) => "finished".into(),
                Some(steps) => {
                    let finished = steps.iter().filter(|step| state.is_finished(step.id)).count();
                    format!("{finished} of {} files written", steps.len())
                }
            };
            self.add("task", &task.id.to_string(), &format!("{} ({progress})", task.title));
        }
        for iteration in state.iterations() {
            self.add("repair", &iteration.id.to_string(), &iteration.diagnosis);
        }
    }
}

fn entity_in_words(entity: &Entity) -> String {
    let fields: Vec<_> = entity.fields.iter().map(field_in_words).collect();
    format!("{}: {}", entity.label, fields.join(", "))
}

fn field_in_words(field: &Field) -> String {
    let kind = serde_json::to_value(field.kind).unwrap_or_default();
    let kind = kind.as_str().unwrap_or_default().replace('_', " ");
    let detail = match (&field.relation, field.values.as_slice()) {
        (Some(entity), _) => format!(" to {entity}"),
        (None, []) => String::new(),
        (None, values) => format!(" of {}", values.join("/")),
    };
    let required = if field.required { ", required" } else { "" };
    format!("{} ({kind}{detail}{required})", field.name)
}
