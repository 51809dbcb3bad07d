//! Records in words.

use std::collections::BTreeMap;

use samokoder::{
    budget::SpendLimits,
    id::TaskId,
    project::{Change, Verdict},
    store::{AssignmentEnd, AttemptId, Author, EffectKind, Record, Stored},
};

/// Tells what happens in a run, one line for each thing that matters to a person.
#[derive(Debug, Default)]
pub(crate) struct Narrator {
    tasks: BTreeMap<TaskId, String>,
    /// Agents at work, with what they work on.
    working: BTreeMap<AttemptId, (String, String)>,
    planned_files: usize,
    written_files: usize,
}

/// A line of the narration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// Who did it.
    pub(crate) who: String,
    /// What was done.
    pub(crate) what: String,
    /// Whether it is something to worry about.
    pub(crate) alarming: bool,
}

impl Narrator {
    /// What a record means to a person. Most mean nothing.
    pub(crate) fn tell(&mut self, event: &Stored) -> Vec<Line> {
        match &event.record {
            Record::Commit(commit) => {
                let who = match &commit.author {
                    Author::Agent { role, .. } => role.to_string(),
                    Author::Person => "you".into(),
                    _ => "samokoder".into(),
                };
                let lines = commit.changes.iter().filter_map(|change| self.change(change));
                lines
                    .map(|(what, alarming)| Line { who: who.clone(), what: one_line(&what), alarming })
                    .collect()
            }
            Record::Started { id, role, subject, .. } => {
                let about = self.about(subject.as_str());
                self.working.insert(*id, (role.to_string(), about));
                Vec::new()
            }
            Record::Ended { id, end } => {
                let (who, about) = self.working.remove(id).unwrap_or_default();
                let again = match end {
                    AssignmentEnd::Failed { reason } => format!("{about}: {reason}"),
                    AssignmentEnd::Stale => format!("{about}: begun again, what it was based on has changed"),
                    AssignmentEnd::Diverged { effect } => {
                        format!("{about}: begun again, {effect} was not the same")
                    }
                    _ => return Vec::new(),
                };
                vec![Line { who, what: one_line(&again), alarming: true }]
            }
            Record::Intent { kind: EffectKind::Exec { command }, .. } => {
                let what = one_line(&format!("runs {} in the sandbox", command.join(" ")));
                vec![Line { who: "executor".into(), what, alarming: false }]
            }
            _ => Vec::new(),
        }
    }

    /// Agents at work, with what they work on.
    pub(crate) fn working(&self) -> impl Iterator<Item = (&str, &str)> {
        self.working.values().map(|(who, about)| (who.as_str(), about.as_str()))
    }

    /// Files written, and files planned.
    pub(crate) fn progress(&self) -> (usize, usize) {
        (self.written_files, std::cmp::max(self.planned_files, self.written_files))
    }

    /// What a subject is to a person.
    fn about(&self, subject: &str) -> String {
        match subject.split_once(':') {
            Some(("task", id)) => {
                let title = id.parse().ok().and_then(|id: TaskId| self.tasks.get(&id));
                title.cloned().unwrap_or_else(|| subject.into())
            }
            Some(("file", path)) => path.into(),
            _ => subject.into(),
        }
    }

    fn change(&mut self, change: &Change) -> Option<(String, bool)> {
        let what = match change {
            Change::Described { description, .. } => format!("describes: {}", shortened(description)),
            Change::SpecificationWritten { specification } => {
                let entities: Vec<_> =
                    specification.entities.iter().map(|entity| entity.label_plural.as_str()).collect();
                let left_out = specification.not_understood.len();
                let more = if left_out > 0 {
                    format!("; {left_out} not understood, see show")
                } else {
                    String::new()
                };
                format!("{}: {}{more}", specification.name, entities.join(", "))
            }
            Change::ArchitectureChosen { architecture } => {
                self.planned_files = architecture.files.len();
                format!("{}, {} files", architecture.runtime, architecture.files.len())
            }
            Change::PlanMade { tasks, .. } => {
                self.tasks = tasks.iter().map(|task| (task.id, task.title.clone())).collect();
                format!("{} tasks", tasks.len())
            }
            Change::StepsPlanned { task, steps } => {
                let title = self.tasks.get(task).map_or("a task", String::as_str);
                format!("{title}: {} files to write", steps.len())
            }
            Change::FileWritten { path, size: bytes, .. } => {
                self.written_files += 1;
                format!("{path}  {}", size(*bytes))
            }
            Change::FileDeleted { path, .. } => format!("{path} deleted"),
            Change::Checked { report } => {
                let verdict = match report.verdict {
                    Verdict::Passed => "the app's tests pass".into(),
                    Verdict::Failed => format!("the app's tests fail: {}", report.summary),
                    _ => format!("tests {}", report.summary),
                };
                return Some((verdict, report.verdict == Verdict::Failed));
            }
            Change::IterationPlanned { iteration } => {
                format!("{} ({} files to mend)", iteration.diagnosis, iteration.steps.len())
            }
            Change::QuestionAsked { question } => format!("asks: {}", question.text),
            Change::QuestionAnswered { answer, .. } => format!("answer: {answer}"),
            Change::AssignmentFailed { role, subject, reason } => {
                return Some((format!("{role} gave up on {}: {reason}", self.about(subject.as_str())), true));
            }
            Change::FailureCleared { role, subject } => {
                format!("{role} may try {} again", self.about(subject.as_str()))
            }
            Change::BudgetSet { limits } => format!("sets the limits: {}", allowed(limits)),
            Change::Extension { namespace, key, value } if value.is_null() => {
                format!("{namespace}: {key} removed")
            }
            Change::Extension { namespace, key, .. } => format!("{namespace}: {key}"),
            _ => return None,
        };
        Some((what, false))
    }
}

/// What may be spent.
fn allowed(SpendLimits { money, tokens, calls }: &SpendLimits) -> String {
    let parts = [
        money.map(|money| money.to_string()),
        tokens.map(|tokens| format!("{tokens} tokens")),
        calls.map(|calls| format!("{calls} calls")),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    if parts.is_empty() { "none".into() } else { format!("at most {}", parts.join(", ")) }
}

/// The beginning of a text that may be long.
fn shortened(text: &str) -> String {
    const MOST: usize = 100;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text.into(),
    }
}

/// A text without what would break the line or tell a terminal to do something: part of it was written by a model.
pub(crate) fn one_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}

/// A size as people read it.
pub(crate) fn size(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{:.1} KB", bytes as f64 / 1024.0),
        _ => format!("{:.1} MB", bytes as f64 / 1_048_576.0),
    }
}

#[cfg(test)]
mod tests {
    use samokoder::{
        agent::{Role, Subject},
        llm::Money,
        store::{Commit, Seq},
    };
    use serde_json::json;

    use super::*;

    /// What is told of a commit of a person.
    fn told(change: Change) -> String {
        let record = Record::Commit(Commit { author: Author::Person, changes: vec![change] });
        let lines = Narrator::default().tell(&Stored { seq: Seq(1), at_ms: 0, record });
        let [line] = &lines[..] else { panic!("{lines:?}") };
        assert_eq!(line.who, "you");
        line.what.clone()
    }

    fn described(description: &str) -> String {
        told(Change::Described { description: description.into(), name: None, toolchains: vec![] })
    }

    #[test]
    fn a_description_is_told_in_one_line_that_is_not_too_long() {
        assert_eq!(described("Coins:\n\u{1b}[31mtitle"), "describes: Coins:  [31mtitle");
        assert_eq!(described(&"я".repeat(101)), format!("describes: {}…", "я".repeat(100)));
    }

    #[test]
    fn limits_are_told_with_all_that_they_limit() {
        let limits = |limits| told(Change::BudgetSet { limits });
        assert_eq!(limits(SpendLimits::default()), "sets the limits: none");
        let all = SpendLimits { money: Some(Money::from_dollars(2.0)), tokens: Some(500), calls: Some(3) };
        assert_eq!(limits(all), "sets the limits: at most $2.00, 500 tokens, 3 calls");
    }

    #[test]
    fn a_second_chance_and_what_extensions_keep_are_told() {
        let (role, subject) = (Role::new("architect"), Subject::new("project"));
        assert_eq!(told(Change::FailureCleared { role, subject }), "architect may try project again");
        let extension =
            |value| told(Change::Extension { namespace: "billing".into(), key: "plan".into(), value });
        assert_eq!(extension(json!("small")), "billing: plan");
        assert_eq!(extension(json!(null)), "billing: plan removed");
    }
}
