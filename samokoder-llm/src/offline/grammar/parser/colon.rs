//! What a colon or dash opens: fields, records or values.

use super::super::list::items;
use super::super::phrase::Phrase;
use super::super::token::{Kind, Token};
use super::Parser;
use super::clause::Mode;
use super::shape::Shape;
use super::shape::is_section;

impl Parser<'_> {
    /// What a colon or dash opens after `chunk`; `None` where it belongs to an item of a list.
    pub(super) fn after_colon(&mut self, mode: Mode, chunk: &[Token], rest: &[Token]) -> Option<Mode> {
        if !chunk.iter().any(|token| token.is_wordlike() || token.is(Kind::Group)) || is_section(chunk) {
            if self.subjects.is_empty()
                && mode == Mode::Keep
                && let Some(meant) = self.antecedent.clone()
            {
                self.subjects = self.draft.entity(&meant).into_iter().collect();
                return Some(Mode::Fields(None));
            }
            let about_subject = !self.subjects.is_empty() && self.shape(rest) == Shape::Fields;
            return Some(match mode {
                Mode::Subject | Mode::Unknown if about_subject => Mode::Fields(None),
                Mode::Subject | Mode::Unknown => Mode::Keep,
                _ => mode,
            });
        }
        if self.subjects.is_empty()
            && self.is_object_pronoun(chunk)
            && let Some(meant) = self.antecedent.clone()
        {
            self.subjects = self.draft.entity(&meant).into_iter().collect();
            return Some(Mode::Fields(None));
        }
        let app = chunk.iter().all(|token| self.is_generic_app_word(token) || self.is_plain_word(token));
        if app && matches!(mode, Mode::Unknown | Mode::Subject) && self.shape(rest) != Shape::Fields {
            return Some(Mode::Subject);
        }
        let phrase = self.is_noun_phrase(chunk).then(|| self.entity_phrase(chunk)).flatten();
        match mode {
            Mode::Subject | Mode::Topic => {}
            Mode::Keep | Mode::Unknown if self.shape(rest) == Shape::Fields => {}
            Mode::Keep if items(self.language, chunk).len() > 1 => {
                self.keep(chunk, None, None);
                return Some(Mode::Subject);
            }
            Mode::Keep if self.shape(rest) == Shape::Entities || phrase.is_none() => {
                self.note_title(chunk);
                return Some(Mode::Keep);
            }
            Mode::Belongs { .. } if self.ends_in_field(chunk) => return None,
            Mode::Belongs { required } if self.shape(rest) == Shape::Fields => {
                self.belongs(chunk, None, required);
                return Some(Mode::Fields(None));
            }
            _ => return None,
        }
        let Some(phrase) = phrase else {
            if let Some(entity) = self.leading_record(chunk) {
                self.subjects = vec![entity];
                return Some(Mode::Fields(None));
            }
            self.flush(Mode::Unknown, None, chunk, None);
            return Some(if self.shape(rest) == Shape::Fields && !self.subjects.is_empty() {
                Mode::Fields(None)
            } else {
                Mode::Keep
            });
        };
        let shape = self.shape(rest);
        if mode != Mode::Keep
            && self.is_field_like(&phrase)
            && shape != Shape::Entities
            && self.point_at_field(&phrase, shape)
        {
            return Some(Mode::Values);
        }
        if shape == Shape::Entities && (self.is_title(chunk) || self.first || !phrase.is_plural) {
            self.title(chunk);
            return Some(Mode::Keep);
        }
        self.note_title_if_first(chunk);
        self.subjects = self.subject_entities(chunk);
        Some(if shape == Shape::Entities { Mode::Many } else { Mode::Fields(None) })
    }

    /// Whether the list ends in the name of a field: what follows are its values.
    fn ends_in_field(&self, chunk: &[Token]) -> bool {
        let list = items(self.language, chunk);
        let last = list.last().and_then(|last| Phrase::read(self.language, last, None));
        list.len() > 1 && last.is_some_and(|phrase| self.is_field_like(&phrase))
    }

    /// "Встречи проходят раз в месяц: дата, место" lists fields of the meetings.
    pub(super) fn leading_record(&mut self, chunk: &[Token]) -> Option<usize> {
        let end = (1..chunk.len()).find(|end| !self.is_noun_phrase(&chunk[..*end]))? - 1;
        let (name, rest) = chunk.split_at(end);
        let phrase = Phrase::read(self.language, name, None)?;
        let record = phrase.is_plural && !self.is_field_like(&phrase);
        let entity = if record { self.draft.entity(&phrase) } else { None }?;
        self.reject(rest);
        Some(entity)
    }

    pub(super) fn note_title_if_first(&mut self, tokens: &[Token]) {
        if self.first && self.is_title(tokens) {
            self.note_title(tokens);
        }
    }

    pub(super) fn subject_entities(&mut self, chunk: &[Token]) -> Vec<usize> {
        let phrases: Vec<Phrase> = if self.is_title(chunk) {
            self.title_entities(chunk)
        } else {
            return self.listed_entities(chunk);
        };
        phrases.iter().filter_map(|phrase| self.draft.entity(phrase)).collect()
    }

    fn listed_entities(&mut self, chunk: &[Token]) -> Vec<usize> {
        let mut entities: Vec<usize> = Vec::new();
        self.complemented = false;
        for item in items(self.language, chunk) {
            if self.go_on(entities.last().copied(), item, None) {
                continue;
            }
            self.complemented = self.ends_in_one(item);
            let phrase = Phrase::read(self.language, item, None);
            entities.extend(phrase.and_then(|phrase| self.draft.entity(&phrase)));
        }
        entities
    }
}
