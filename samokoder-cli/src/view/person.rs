//! The person who may be asked: at a terminal, or a program that writes JSON lines.

use std::{collections::VecDeque, io::BufRead as _};

use samokoder::{
    id::QuestionId,
    project::{Change, Question},
    store::{Record, Stored},
};
use serde::Deserialize;
use tokio::sync::mpsc;

use super::View;

/// Who is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Person {
    /// Someone who reads questions and types answers.
    Terminal,
    /// A program that writes JSON lines: `{"answer": "…", "question": "ID"}` or `{"cancel": true}`.
    Json,
}

/// What came from the person.
#[derive(Debug)]
pub(crate) enum Heard {
    Answer(QuestionId, String),
    Cancel,
    /// Something that is no answer to the question, with what to say about it.
    Unclear(String),
    /// Nothing more will come.
    Gone,
}

/// Where questions are put and answers come in.
#[derive(Debug)]
pub(crate) struct Desk {
    person: Person,
    open: Vec<Question>,
    /// The question that was put last.
    shown: Option<QuestionId>,
    lines: mpsc::UnboundedReceiver<String>,
    /// Answers to whatever is asked next, from a program that knows what will be.
    early: VecDeque<String>,
    gone: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    answer: Option<String>,
    question: Option<QuestionId>,
    #[serde(default)]
    cancel: bool,
}

impl Desk {
    pub(crate) fn open(person: Person) -> Self {
        let (sender, lines) = mpsc::unbounded_channel();
        std::thread::spawn(move || {
            for line in std::io::stdin().lock().lines() {
                if line.is_ok_and(|line| sender.send(line).is_ok()) {
                    continue;
                }
                break;
            }
        });
        Self { person, open: Vec::new(), shown: None, lines, early: VecDeque::new(), gone: false }
    }

    /// Takes note of questions that are asked and answered.
    pub(crate) fn record(&mut self, event: &Stored) {
        let Record::Commit(commit) = &event.record else { return };
        for change in &commit.changes {
            match change {
                Change::QuestionAsked { question } => self.open.push(question.clone()),
                Change::QuestionAnswered { question, .. } => self.open.retain(|open| open.id != *question),
                _ => {}
            }
        }
    }

    /// Puts the first open question to someone at a terminal, once.
    pub(crate) fn put(&mut self, view: &mut dyn View) {
        let first = self.open.first().filter(|question| self.shown != Some(question.id));
        if let Some(question) = first.filter(|_| self.person == Person::Terminal) {
            view.say(&put(question));
            self.shown = Some(question.id);
        }
    }

    /// What the person says next; `None` for a line that says nothing.
    async fn hear(&mut self) -> Option<Heard> {
        if let Some(question) = self.open.first()
            && let Some(answer) = self.early.pop_front()
        {
            let id = question.id;
            self.open.remove(0);
            return Some(Heard::Answer(id, answer));
        }
        // Whoever answered ahead and left is still to be heard.
        if self.lines.is_closed() && self.lines.is_empty() && !self.early.is_empty() || self.gone {
            return std::future::pending().await;
        }
        let Some(line) = self.lines.recv().await else {
            if !self.early.is_empty() {
                return None;
            }
            self.gone = true;
            return Some(Heard::Gone);
        };
        match self.person {
            Person::Terminal => {
                let question = self.open.first()?;
                let line = line.trim();
                Some(match choose(question, line) {
                    Some(answer) => Heard::Answer(question.id, answer),
                    None => Heard::Unclear(unclear(question, line)),
                })
            }
            Person::Json => self.understand(&line),
        }
    }

    fn understand(&mut self, line: &str) -> Option<Heard> {
        if line.trim().is_empty() {
            return None;
        }
        let said: Said = match serde_json::from_str(line) {
            Ok(said) => said,
            Err(error) => {
                errln!(
                    "error: {line:?} is not {{\"answer\": …, \"question\": …}} or {{\"cancel\": true}}: {error}"
                );
                return None;
            }
        };
        match said {
            Said { cancel: true, .. } => Some(Heard::Cancel),
            Said { answer: Some(answer), question: Some(question), .. } => {
                Some(Heard::Answer(question, answer))
            }
            Said { answer: Some(answer), .. } => {
                self.early.push_back(answer);
                None
            }
            _ => None,
        }
    }
}

/// What the person says next. Never ready without a person.
pub(crate) async fn hear(desk: &mut Option<Desk>) -> Option<Heard> {
    match desk {
        Some(desk) => loop {
            if let Some(heard) = desk.hear().await {
                return Some(heard);
            }
        },
        None => std::future::pending().await,
    }
}

/// A question as it is put to someone at a terminal.
pub(crate) fn put(question: &Question) -> String {
    let mut text = format!("\n  ? {}", question.text);
    for (at, option) in question.options.iter().enumerate() {
        text.extend(["\n    ", &(at + 1).to_string(), ". ", option]);
    }
    match &question.default {
        Some(default) if default.is_empty() => text + "\n    (Enter to leave it open)",
        Some(default) => text + &format!("\n    (Enter for {default})"),
        None => text,
    }
}

/// The answer that a line stands for: an option by its number or text, the default for an empty line.
pub(crate) fn choose(question: &Question, line: &str) -> Option<String> {
    if line.is_empty() {
        return question.default.clone();
    }
    if question.options.is_empty() {
        return Some(line.into());
    }
    let by_number =
        line.parse::<usize>().ok().and_then(|number| question.options.get(number.checked_sub(1)?));
    by_number.or_else(|| question.options.iter().find(|option| option.eq_ignore_ascii_case(line))).cloned()
}

/// What is said of a line that [stands](choose) for no answer.
pub(crate) fn unclear(question: &Question, line: &str) -> String {
    if question.options.is_empty() {
        "an answer is needed".into()
    } else {
        format!("{line:?} is not one of the answers: {}", question.options.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(options: &[&str], default: Option<&str>) -> Question {
        let options = options.iter().map(|option| (*option).to_owned()).collect();
        Question {
            id: QuestionId::derive(["q"]),
            text: "Colour?".into(),
            options,
            default: default.map(Into::into),
        }
    }

    #[tokio::test]
    async fn whoever_types_something_else_than_an_answer_is_told_and_asked_on() {
        let (sender, lines) = mpsc::unbounded_channel();
        let question = question(&["red", "blue"], None);
        let desk = Desk {
            person: Person::Terminal,
            open: vec![question],
            shown: None,
            lines,
            early: VecDeque::new(),
            gone: false,
        };
        let mut desk = Some(desk);
        for line in ["green", "", "2"] {
            sender.send(line.into()).unwrap();
        }
        for said in
            ["\"green\" is not one of the answers: red, blue", "\"\" is not one of the answers: red, blue"]
        {
            assert!(matches!(hear(&mut desk).await, Some(Heard::Unclear(text)) if text == said));
        }
        assert!(matches!(hear(&mut desk).await, Some(Heard::Answer(_, answer)) if answer == "blue"));
    }

    #[test]
    fn an_option_is_chosen_by_number_or_text_and_the_default_by_an_empty_line() {
        let question = question(&["red", "blue"], Some("red"));
        let chosen = |line| choose(&question, line);
        assert_eq!(chosen("2").as_deref(), Some("blue"));
        assert_eq!(chosen("Blue").as_deref(), Some("blue"));
        assert_eq!(chosen("").as_deref(), Some("red"));
        assert_eq!((chosen("3"), chosen("0"), chosen("green")), (None, None, None));
    }
}
