//! Things the app is said to keep, without more.

use super::super::annotation::is_conjunction;
use super::super::connector::{Connector, connector};
use super::super::draft::{DraftField, Link};
use super::super::knowledge::{common, unsupported};
use super::super::language::Language;
use super::super::lexicon::Words;
use super::super::list::items;
use super::super::phrase::Phrase;
use super::super::russian;
use super::super::russian::paradigm::Case;
use super::super::token::{Kind, Token};
use super::Parser;
use super::owned::says_whose;
use samokoder_core::project::FieldKind;

impl Parser<'_> {
    /// The objects of "track", "manage", "add"; the last one is the subject of what follows.
    pub(super) fn keep(&mut self, chunk: &[Token], case: Option<Case>, next: Option<Connector>) {
        if self.fields_of_records(chunk, case) {
            return;
        }
        let (chunk, acts) = match chunk {
            [records @ .., who] if ["who", "that", "which"].contains(&who.lower.as_str()) => {
                (records, next == Some(Connector::Keep))
            }
            _ => (chunk, false),
        };
        let mut last = None;
        self.complemented = false;
        let said_more = matches!(next, Some(Connector::Has | Connector::Belongs | Connector::Many));
        let list = items(self.language, chunk);
        for item in &list {
            let item = *item;
            let is_last = list.last().is_some_and(|last| last[0].span == item[0].span);
            if self.is_object_pronoun(item) && !(said_more && is_last) {
                if let Some(object) = self.object {
                    self.acted_on(object, item);
                }
                continue;
            }
            if self.go_on(last, item, case) {
                continue;
            }
            if !said_more && self.is_part_of_subject(item, case) {
                self.fields(item, case, None);
                continue;
            }
            let owner = self.subjects.last().copied();
            let kept = self.mention(item, case, !(said_more && is_last));
            if let (Some(owner), Some(kept)) =
                (owner.filter(|owner| Some(*owner) != kept && says_whose(item)), kept)
            {
                let target = self.draft.entities[owner].phrase.clone();
                self.draft.link(kept, Link { target, required: true, creates: true, role: None });
            }
            if let Some(kept) = kept {
                self.object = Some(kept);
                self.acted_on(kept, item);
            }
            self.complemented = self.ends_in_one(item);
            last = kept.or(last);
            if let Some(last) = last {
                self.subjects = vec![last];
            }
        }
        if acts {
            self.actor = last;
        }
    }

    /// "lessons for a student *and an instructor*": goes on with what the record before it belongs to.
    pub(super) fn goes_on(&self, item: &[Token]) -> bool {
        let plain = self.complemented && item.len() < 4 && item.iter().all(Token::is_wordlike);
        plain
            && match (self.language, item) {
                (Language::English, [first, ..]) => ["a", "an"].contains(&first.lower.as_str()),
                (Language::Russian, [only]) => {
                    !russian::phrase::is_nominative(&only.lower)
                        && Phrase::read(self.language, item, Some(Case::Genitive))
                            .is_some_and(|phrase| !phrase.is_plural && common::knows(self.language, &phrase))
                }
                _ => false,
            }
    }

    /// Adds what the item before goes on with: gives whether it did.
    pub(super) fn go_on(&mut self, from: Option<usize>, item: &[Token], case: Option<Case>) -> bool {
        let Some(from) = from.filter(|_| self.goes_on(item)) else { return false };
        let case = if self.language == Language::Russian { Some(Case::Genitive) } else { case };
        if let Some(target) = Phrase::read(self.language, item, case) {
            self.draft.link(from, Link { target, required: true, creates: true, role: None });
        }
        true
    }

    /// Whether an item ends in a single record that it belongs to: "lessons for a student".
    pub(super) fn ends_in_one(&self, item: &[Token]) -> bool {
        let whole = item.iter().all(Token::is_wordlike);
        let phrase = if whole { Phrase::read(self.language, item, None) } else { None };
        phrase.is_some_and(|phrase| {
            phrase.complements.last().is_some_and(|last| {
                last.phrase.determined || self.language == Language::Russian && !last.phrase.is_plural
            })
        })
    }

    /// Items of a list of records, one statement each.
    pub(super) fn mentions(&mut self, tokens: &[Token], case: Option<Case>) {
        let connected = (0..tokens.len()).any(|at| connector(self.language, tokens, at, false).is_some());
        if connected
            || !self.is_noun_phrase(tokens)
                && !tokens.iter().any(|token| token.is(Kind::Group) || token.is(Kind::Comma))
        {
            self.sentence(tokens);
        } else {
            self.keep(tokens, case, None);
        }
    }

    /// One record: its name, its fields in brackets, "tasks as done".
    pub(super) fn mention(&mut self, item: &[Token], case: Option<Case>, alone: bool) -> Option<usize> {
        let as_at = item
            .iter()
            .position(|token| ["as", "как"].contains(&token.lower.as_str()))
            .filter(|at| *at > 0 && *at + 1 < item.len());
        if let Some(at) = as_at {
            return self.flagged(&item[..at], &item[at + 1..], case);
        }
        let group = item.iter().position(|token| token.is(Kind::Group));
        let (name, group) = item.split_at(group.unwrap_or(item.len()));
        let name = self.without_list_word(name);
        let written = self.written(name);
        let described = group.first().is_some_and(|group| self.holds_fields(name, group));
        let wish = !described && unsupported::reason(self.language, &written).is_some();
        if !self.is_noun_phrase(item) && !self.is_noun_phrase(name) || wish {
            self.reject(item);
            return None;
        }
        let phrase = Phrase::read(self.language, name, case)?;
        if phrase.determined
            && group.is_empty()
            && self.first
            && common::app(self.language, &phrase.key()).is_some()
        {
            self.draft.title.get_or_insert_with(|| super::super::phrase::capitalised(&phrase.singular));
            self.draft.topic.get_or_insert_with(|| phrase.key());
            return None;
        }
        let known = common::knows(self.language, &phrase) || self.draft.find(&phrase).is_some();
        let clear = known || phrase.is_plural || !group.is_empty() || case.is_some() || phrase.determined;
        if alone && !clear {
            self.reject(item);
            return None;
        }
        let about_app = alone && self.first && group.is_empty() && phrase.determined && !known;
        let entity = self.draft.entity(&phrase)?;
        if about_app && self.draft.title.is_none() && self.draft.title_entity.is_none() {
            self.draft.title = Some(super::super::phrase::capitalised(&phrase.singular));
            self.draft.title_entity = Some(entity);
        }
        for group in group.iter().filter(|token| token.is(Kind::Group)) {
            self.fields_of(entity, &group.inside);
        }
        Some(entity)
    }

    /// "mark tasks as done" is a flag of the task.
    fn flagged(&mut self, object: &[Token], flag: &[Token], case: Option<Case>) -> Option<usize> {
        let entity = if self.is_object_pronoun(object) {
            self.subjects.last().copied()
        } else {
            self.mention(object, case, true)
        }?;
        let phrase = Phrase::read(self.language, flag, None)?;
        let field = DraftField { phrase, kind: Some(FieldKind::Boolean), ..DraftField::default() };
        self.draft.field(entity, field);
        Some(entity)
    }

    pub(super) fn is_object_pronoun(&self, item: &[Token]) -> bool {
        const PRONOUNS: Words = Words(
            "it them these those everything things stuff items data all new ones их его ее все всё \
             данные records entries",
        );
        item.iter()
            .filter(|token| token.is_wordlike())
            .all(|token| PRONOUNS.has(&token.lower) || is_conjunction(self.language, token))
    }

    /// "record the date and amount" after something was spoken of.
    fn is_part_of_subject(&self, item: &[Token], case: Option<Case>) -> bool {
        let slash =
            item.iter().position(|token| token.is(Kind::Slash)).map_or(item.len(), |at| at.saturating_sub(1));
        let name: Vec<Token> =
            item[..slash].iter().take_while(|token| token.is_wordlike()).cloned().collect();
        let Some(phrase) = Phrase::read(self.language, &name, case) else { return false };
        let singular =
            !phrase.is_plural || super::super::knowledge::kinds::kind_of(&phrase) == FieldKind::LongText;
        singular
            && !self.subjects.is_empty()
            && self.is_field_like(&phrase)
            && self.draft.find(&phrase).is_none()
            && !common::knows(self.language, &phrase)
    }

    /// "search books by title": every list of the app can be searched and sorted.
    pub(super) fn search(&mut self, chunk: &[Token], next: Option<Connector>) {
        const BY: &[&str] = &["by", "по", "with", "from", "in", "for"];
        let mut criteria = false;
        for item in items(self.language, chunk) {
            let by = item.iter().position(|token| BY.contains(&token.lower.as_str()));
            let whole = item;
            let item = &item[..by.unwrap_or(item.len())];
            if criteria && by.is_none() && self.is_noun_phrase(whole) && !self.starts_with_verb(whole) {
                continue;
            }
            criteria |= by.is_some();
            if self.is_object_pronoun(item) {
                continue;
            }
            let phrase = self.is_noun_phrase(item).then(|| Phrase::read(self.language, item, None)).flatten();
            let Some(phrase) = phrase else {
                self.reject(item);
                continue;
            };
            if unsupported::reason(self.language, &self.written(item)).is_some() {
                self.reject(item);
            } else if let Some(known) = self.draft.find(&phrase) {
                self.subjects = vec![known];
            } else if phrase.is_plural
                && (common::knows(self.language, &phrase) || next == Some(Connector::Has))
            {
                self.subjects = self.draft.entity(&phrase).into_iter().collect();
            } else if !self.is_field_like(&phrase) {
                self.reject(item);
            }
        }
    }

    fn starts_with_verb(&self, item: &[Token]) -> bool {
        let russian = self.language == super::super::language::Language::Russian;
        item.first().is_some_and(|first| russian && super::super::russian::words::is_infinitive(&first.lower))
    }

    /// A title with nothing after it names what the app keeps: "todo list".
    pub(super) fn mention_title(&mut self, title: &[Token]) {
        let written = self.written(title).to_lowercase();
        if common::app(self.language, &written).is_some() {
            return;
        }
        let about_records = self.is_title(title);
        for phrase in self.title_entities(title) {
            let named = phrase.head.chars().any(char::is_alphabetic);
            if self.first
                && !about_records
                && named
                && !phrase.is_plural
                && !common::knows(self.language, &phrase)
            {
                continue;
            }
            if !named || !(about_records || phrase.is_plural || common::knows(self.language, &phrase)) {
                self.reject(title);
                continue;
            }
            let entity = self.draft.entity(&phrase);
            self.draft.title_entity = self.draft.title_entity.or(entity);
            self.subjects.extend(entity);
        }
    }
}
