//! Fields that are named before what has them: "names and phone numbers of clients", "students' names and emails".

use super::super::draft::DraftField;
use super::super::knowledge::common;
use super::super::language::Language;
use super::super::lexicon::Words;
use super::super::list::items;
use super::super::phrase::Phrase;
use super::super::russian::paradigm::Case;
use super::super::russian::phrase::{is_in_case, is_nominative};
use super::super::token::{Kind, Token};
use super::Parser;

/// A list taken apart: who has the fields, their names, and the items after them.
struct Owned {
    owner: Phrase,
    names: Vec<Phrase>,
    others: Vec<Vec<Token>>,
}

impl Parser<'_> {
    /// Reads such a list; `false` when it is none.
    pub(super) fn fields_of_records(&mut self, chunk: &[Token], case: Option<Case>) -> bool {
        if self.fields_of_each(chunk, case) {
            return true;
        }
        let list = items(self.language, chunk);
        let Some(owned) = self.possessive(&list, case).or_else(|| self.of_records(&list, case)) else {
            return false;
        };
        if !owned.owner.is_plural || self.is_field_like(&owned.owner) || owned.names.is_empty() {
            return false;
        }
        let Some(entity) = self.draft.entity(&owned.owner) else { return true };
        self.subjects = vec![entity];
        for mut phrase in owned.names {
            phrase.label.clone_from(&phrase.singular);
            phrase.complements.clear();
            phrase.is_plural = false;
            self.draft.field(entity, DraftField { phrase, ..DraftField::default() });
        }
        for other in owned.others {
            self.keep(&other, case, None);
        }
        true
    }

    /// "В заказе клиент, дата и сумма": a list of fields without a verb.
    pub(super) fn fields_in<'t>(&mut self, tokens: &'t [Token]) -> Option<(usize, &'t [Token])> {
        let (preposition, rest) = tokens.split_first()?;
        let case = match preposition.lower.as_str() {
            "в" | "во" | "на" => Case::Prepositional,
            "у" => Case::Genitive,
            _ => return None,
        };
        self.fields_after(rest, case)
    }

    /// "Fields of a car: brand, model", "Поля автомобиля: марка, модель".
    pub(super) fn fields_called_so<'t>(&mut self, tokens: &'t [Token]) -> Option<(usize, &'t [Token])> {
        const FIELDS: Words =
            Words("fields attributes properties columns поля атрибуты свойства характеристики");
        let (first, rest) = tokens.split_first().filter(|(first, _)| FIELDS.has(&first.lower))?;
        let colon =
            rest.iter().position(|token| !token.is_wordlike()).filter(|at| rest[*at].is(Kind::Colon))?;
        let name = match &rest[..colon] {
            [of, name @ ..] if ["of", "for", "у", "для"].contains(&of.lower.as_str()) => name,
            _ if first.text.is_ascii() => return None,
            name => name,
        };
        let phrase =
            Phrase::read(self.language, name, Some(Case::Genitive)).filter(|_| self.is_noun_phrase(name))?;
        self.draft.entity(&phrase).map(|entity| (entity, &rest[colon + 1..]))
    }

    /// "the country, the year and a photo of each stamp": fields of what each of them belongs to.
    pub(super) fn fields_of_each(&mut self, chunk: &[Token], case: Option<Case>) -> bool {
        const EACH: Words = Words("each every каждого каждой каждому");
        let list = items(self.language, chunk);
        let Some(last) = list.last().filter(|_| list.len() > 1) else { return false };
        let Some(each) = last.iter().position(|token| EACH.has(&token.lower)).filter(|at| *at > 0) else {
            return false;
        };
        let of = ["of", "for", "у", "для"].contains(&last[each - 1].lower.as_str());
        let owner = Phrase::read(self.language, &last[each..], Some(Case::Genitive));
        let name_end = last[each - usize::from(of)].span.start;
        let names: Vec<Token> = chunk.iter().filter(|token| token.span.start < name_end).cloned().collect();
        let plain = list.iter().all(|item| item.iter().all(Token::is_wordlike));
        let Some(owner) = owner.filter(|_| plain && (of || self.language != Language::English)) else {
            return false;
        };
        let Some(entity) = self.draft.entity(&owner) else { return true };
        self.subjects = vec![entity];
        self.fields(&names, case, None);
        true
    }

    /// "собаки кличка, порода и возраст" after "у": whose fields they are, and the fields.
    pub(super) fn fields_after<'t>(
        &mut self,
        tokens: &'t [Token],
        case: Case,
    ) -> Option<(usize, &'t [Token])> {
        let (record, fields) = tokens.split_first()?;
        let phrase = Phrase::read(self.language, std::slice::from_ref(record), Some(case))?;
        let list = items(self.language, fields);
        let named = list.len() > 1
            && list.iter().all(|item| {
                let name: Vec<Token> = item.iter().take_while(|token| token.is_wordlike()).cloned().collect();
                self.is_noun_phrase(&name)
            });
        let starts = fields.first().is_some_and(|first| first.is(Kind::Word) && is_nominative(&first.lower));
        let known = self.draft.find(&phrase).is_some() || common::knows(self.language, &phrase);
        if !named || !starts || !known || !is_in_case(&record.lower, case) {
            return None;
        }
        self.draft.entity(&phrase).map(|entity| (entity, fields))
    }

    /// "students' names, emails and lessons": the fields are those that can be fields.
    fn possessive(&self, list: &[&[Token]], case: Option<Case>) -> Option<Owned> {
        let first = list.first()?;
        let ends = |token: &Token| token.lower.ends_with("s'") || token.lower.ends_with("'s");
        let at = first.iter().position(ends).filter(|at| at + 1 < first.len())?;
        let mut owner_words = first[..=at].to_vec();
        if let Some(word) = owner_words.last_mut() {
            let bare = word.text.strip_suffix("'s").unwrap_or(&word.text).trim_end_matches('\'').to_owned();
            *word = Token::new(word.kind, &bare, word.span.clone());
        }
        let owner = Phrase::read(self.language, &owner_words, None)?;
        let named: Vec<&[Token]> =
            std::iter::once(&first[at + 1..]).chain(list[1..].iter().copied()).collect();
        let names: Vec<Phrase> = named.iter().map_while(|item| self.field_name(item, case)).collect();
        let others = named[names.len()..].iter().map(|item| item.to_vec()).collect();
        Some(Owned { owner, names, others })
    }

    /// "names and phone numbers of clients": every item up to the one that says of whom is a field.
    fn of_records(&self, list: &[&[Token]], case: Option<Case>) -> Option<Owned> {
        let owner_of = |item: &[Token]| {
            let phrase = Phrase::read(self.language, item, case)?;
            phrase.complements.into_iter().find(|other| ["of", ""].contains(&other.preposition.as_str()))
        };
        let at = list.iter().position(|item| owner_of(item).is_some())?;
        let owner = owner_of(list[at])?.phrase;
        let last: Vec<Token> = list[at]
            .iter()
            .take_while(|token| token.span.start < owner.span.start && token.lower != "of")
            .cloned()
            .collect();
        let named = list[..at].iter().copied().chain(std::iter::once(last.as_slice()));
        let names: Option<Vec<Phrase>> = named.map(|item| self.field_name(item, case)).collect();
        let others = list[at + 1..].iter().map(|item| item.to_vec()).collect();
        Some(Owned { owner, names: names?, others })
    }

    fn field_name(&self, item: &[Token], case: Option<Case>) -> Option<Phrase> {
        let phrase = Phrase::read(self.language, item, case)?;
        let field = phrase.is_plural && self.is_field_like(&phrase) && !common::knows(self.language, &phrase);
        field.then_some(phrase)
    }
}

/// "their orders": what belongs to what was spoken of before.
pub(super) fn says_whose(item: &[Token]) -> bool {
    const WHOSE: Words = Words("their his her its их его ее");
    item.iter().take(3).any(|token| WHOSE.has(&token.lower))
}
