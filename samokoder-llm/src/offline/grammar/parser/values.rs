//! What is said about a field after it was named: its values, whether it is required.

use samokoder_core::project::FieldKind;

use super::super::annotation;
use super::super::connector::Connector;
use super::super::draft::DraftField;
use super::super::language::Language;
use super::super::list::{items, values_end};
use super::super::phrase::Phrase;
use super::super::russian::adjective::Adjective;
use super::super::russian::paradigm::gender_of;
use super::super::token::{Kind, Token};
use super::Parser;
use super::shape::Shape;

impl Parser<'_> {
    /// Points at the field a header names, so that values can follow: "Status: open, closed".
    pub(super) fn point_at_field(&mut self, phrase: &Phrase, shape: Shape) -> bool {
        let Some(entity) = self.subjects.last().copied() else { return false };
        let key = phrase.key();
        let known = self.draft.entities[entity].fields.iter().position(|field| field.phrase.key() == key);
        let record = super::super::knowledge::common::knows(self.language, phrase);
        if shape == Shape::Fields && (known.is_none() || record) {
            return false;
        }
        let at = known.or_else(|| {
            self.draft.field(entity, DraftField { phrase: phrase.clone(), ..DraftField::default() })
        });
        self.field = at.map(|at| (entity, at));
        at.is_some()
    }

    /// "Orders can be new or paid" speaks of a status.
    pub(super) fn point_at_status(&mut self, phrase: &Phrase) -> bool {
        let Some(entity) = self.draft.find(phrase).filter(|_| phrase.words.len() == 1) else { return false };
        let word = self.language.choose("status", "статус");
        let Some(status) = Phrase::read(self.language, &[Token::new(Kind::Word, word, 0..0)], None) else {
            return false;
        };
        self.subjects = vec![entity];
        self.point_at_field(&status, Shape::Either)
    }

    /// "название, он может быть открытым": the pronoun speaks of the record and is no field.
    pub(super) fn without_pronoun<'t>(
        &self,
        chunk: &'t [Token],
        next: Option<Connector>,
    ) -> (&'t [Token], bool) {
        let last = items(self.language, chunk).last().copied().unwrap_or_default();
        let speaks = matches!(next, Some(Connector::OneOf | Connector::Belongs));
        let said = speaks && !last.is_empty() && super::subject::is_pronoun(last);
        let start = last.first().and_then(|first| chunk.iter().position(|token| token.span == first.span));
        if said { (&chunk[..start.unwrap_or(chunk.len())], true) } else { (chunk, false) }
    }

    /// "a deposit and is either active or closed": after a joint "is" speaks of the record, not of the field before.
    pub(super) fn speaks_of_subject(&self, fields: &[Token], next: Option<Connector>) -> bool {
        let open = fields
            .last()
            .is_some_and(|last| last.is(Kind::Comma) || annotation::is_conjunction(self.language, last));
        let is = ["is", "are", "бывает", "бывают", "может быть", "могут быть"];
        let verb = is.iter().any(|is| {
            self.coming == *is || self.coming.strip_prefix(is).is_some_and(|rest| rest.starts_with(' '))
        });
        next == Some(Connector::OneOf) && open && verb
    }

    /// "a serial number which is required": settles the field that was named last.
    pub(super) fn require_field(&mut self, required: bool) {
        let Some((entity, at)) = self.field else { return };
        if let Some(field) = self.draft.entities.get_mut(entity).and_then(|entity| entity.fields.get_mut(at))
        {
            field.required = Some(required);
        }
    }

    /// Points at the status of what is spoken of.
    pub(super) fn point_at_own_status(&mut self) {
        let word = Token::new(Kind::Word, self.language.choose("status", "статус"), 0..0);
        if let Some(status) = Phrase::read(self.language, &[word], None) {
            self.point_at_field(&status, Shape::Either);
        }
    }

    /// Takes a phrase as a field that is there already, and applies "required" to it.
    pub(super) fn names_field(&mut self, phrase: &Phrase, next: Option<Connector>) -> bool {
        let key = phrase.key();
        let order: Vec<usize> =
            self.subjects.iter().rev().copied().chain((0..self.draft.entities.len()).rev()).collect();
        for entity in order {
            let fields = &mut self.draft.entities[entity].fields;
            let found =
                fields.iter().position(|field| field.phrase.key() == key || field.phrase.head_key() == key);
            if let Some(at) = found {
                match next {
                    Some(Connector::Required) => fields[at].required = Some(true),
                    Some(Connector::Optional) => fields[at].required = Some(false),
                    _ => {}
                }
                self.field = Some((entity, at));
                return true;
            }
        }
        false
    }

    pub(super) fn values(&mut self, chunk: &[Token]) {
        let chunk: &[Token] = match chunk {
            [first, rest @ ..] if annotation::is_conjunction(self.language, first) => rest,
            _ => chunk,
        };
        if let (None, true, Some(start)) = (self.field, self.subjects.is_empty(), self.acts_from) {
            let end = chunk.last().map_or(start, |last| last.span.end);
            let whole = self.text.get(start..end).unwrap_or_default().to_owned();
            return self.reject_text(&whole);
        }
        let end = values_end(self.language, chunk);
        let (given, rest) = chunk.split_at(end);
        let mut note = annotation::read(self.language, self.text, given);
        if note.values.is_empty() && !given.is_empty() {
            let value = annotation::value(self.text, given);
            if annotation::says_nothing(&value) {
                note.open_choice = true;
                if self.field.is_none() {
                    self.fields(&given[given.len() - 1..], None, None);
                }
            } else if self.field.is_none() {
                return self.flags(given);
            } else {
                note.values.push(value);
            }
        }
        self.in_nominative(&mut note.values);
        match self.field {
            Some((entity, at)) => self.annotate(entity, at, note),
            None => self.reject(given),
        }
        if !rest.is_empty() {
            self.fields(rest, None, None);
        }
    }

    /// "Прокат бывает активным или закрытым" is "активный" or "закрытый".
    fn in_nominative(&self, values: &mut [String]) {
        const ENDINGS: &[&str] = &["ым", "им", "ой", "ей"];
        let oblique = |value: &String| {
            let word = value.to_lowercase();
            let word = word.trim_end_matches("ся");
            !word.contains(' ')
                && ENDINGS.iter().any(|ending| word.ends_with(ending))
                && Adjective::read(word).is_some()
        };
        let Some(subject) = self.subjects.last() else { return };
        if self.language != Language::Russian || values.is_empty() || !values.iter().all(oblique) {
            return;
        }
        let gender = gender_of(&self.draft.entities[*subject].phrase.head);
        for value in values {
            let reflexive = if value.ends_with("ся") { "ся" } else { "" };
            if let Some(adjective) = Adjective::read(value.trim_end_matches("ся")) {
                *value = format!("{}{reflexive}", adjective.nominative(gender, false));
            }
        }
    }

    pub(super) fn flags(&mut self, chunk: &[Token]) {
        for item in items(self.language, chunk) {
            let Some(phrase) = Phrase::read(self.language, item, None) else { continue };
            if self.subjects.is_empty() {
                self.reject(item);
            }
            for subject in self.subjects.clone() {
                let field = DraftField {
                    phrase: phrase.clone(),
                    kind: Some(FieldKind::Boolean),
                    ..DraftField::default()
                };
                self.draft.field(subject, field);
            }
        }
    }
}
