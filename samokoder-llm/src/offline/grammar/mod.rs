//! From a description in English or Russian to a [`Specification`], by rules alone.
//!
//! The way through: [`text`] cleans, [`token`] splits into words, [`outline`] nests lists and sentences, [`parser`]
//! reads them into a [`draft`], [`resolve`] settles relations and usual fields, [`finish`] names everything.
//! The same description always gives the same specification.

mod annotation;
mod connector;
mod draft;
mod english;
mod finish;
mod knowledge;
mod language;
mod lexicon;
mod list;
mod naming;
mod outline;
mod pairs;
mod parser;
mod phrase;
mod requirements;
mod resolve;
mod russian;
#[cfg(test)]
mod tests;
mod text;
mod times;
mod token;

use language::Language;
use samokoder_core::project::Specification;

/// What was read from a description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reading {
    /// The specification; where a question is open, as if it were left unanswered.
    pub(crate) specification: Specification,
    /// What only a person can say. Empty for most descriptions.
    pub(crate) questions: Vec<Question>,
}

/// A field is said to be a choice, but its values are not given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Question {
    /// What an answer refers to, the same in every reading of the description.
    pub(crate) key: String,
    /// The `name` of the entity.
    pub(crate) entity: String,
    /// The `name` of the field.
    pub(crate) field: String,
    /// The question, in the description's language.
    pub(crate) text: String,
}

/// An answer to a [`Question`]: values with commas, or nothing for free text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answer<'a> {
    /// The [`Question::key`].
    pub(crate) key: &'a str,
    /// What the person wrote.
    pub(crate) text: &'a str,
}

/// The description names nothing an app could keep.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct NothingToBuild {
    message: String,
}

/// Reads a description; `name` overrides the app's name, `answers` settle questions of an earlier reading.
pub(crate) fn read(
    description: &str,
    name: Option<&str>,
    answers: &[Answer<'_>],
) -> Result<Reading, NothingToBuild> {
    let clean = text::clean(description);
    let language = Language::of(&clean.text);
    let mut draft = parser::Parser::new(language, &clean.text).read(&outline::outline(&clean.text));
    if clean.cut {
        let rest = language.choose(
            "the description is longer than can be read; the rest was left out",
            "описание длиннее, чем можно прочитать; остальное пропущено",
        );
        draft.not_understood.push(rest.to_owned());
    }
    resolve::resolve(&mut draft);
    if draft.entities.is_empty() {
        return Err(nothing_to_build(language));
    }
    let mut finished = finish::finish(&draft, name);
    settle(language, &mut finished, answers);
    Ok(Reading { specification: finished.specification, questions: finished.questions })
}

/// Applies answers: values make an enumeration, anything else leaves the field a text.
fn settle(language: Language, finished: &mut finish::Finished, answers: &[Answer<'_>]) {
    let specification = &mut finished.specification;
    finished.questions.retain(|question| {
        let Some(answer) = answers.iter().find(|answer| answer.key == question.key) else { return true };
        let text = text::clean(answer.text).text;
        let note = annotation::read(language, &text, &token::tokenise(&text, 0..text.len()));
        let field = specification
            .entities
            .iter_mut()
            .find(|entity| entity.name == question.entity)
            .and_then(|entity| entity.fields.iter_mut().find(|field| field.name == question.field));
        if let Some(field) = field.filter(|_| note.values.len() > 1) {
            field.kind = samokoder_core::project::FieldKind::Enumeration;
            field.values = note.values;
        }
        false
    });
    specification.requirements = requirements::requirements(language, &specification.entities);
}

fn nothing_to_build(language: Language) -> NothingToBuild {
    let message = language.choose(
        "The description names nothing to build. Say what the app keeps, for example: \
         \"A library: books with title, author and year; members with name and email; \
         loans of a book to a member with a due date\".",
        "В описании не названо ничего, что можно построить. Скажите, что хранит приложение, например: \
         «Библиотека: книги с названием, автором и годом; читатели с именем и почтой; \
         выдача книги читателю со сроком сдачи».",
    );
    NothingToBuild { message: message.to_owned() }
}
