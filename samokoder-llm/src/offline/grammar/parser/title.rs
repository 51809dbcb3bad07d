//! Descriptions that begin with what the app is.

use super::super::connector::{Connector, connector};
use super::super::list::items;
use super::super::phrase::Phrase;
use super::super::token::{Kind, Token};
use super::Parser;
use super::clause::Mode;
use super::shape::Shape;

impl Parser<'_> {
    pub(super) fn opens_with_title(&self, title: &[Token], asked: bool) -> bool {
        let named = self.is_title(title);
        if (self.draft.title.is_some()
            && !(asked && title.iter().any(|token| self.is_generic_app_word(token))))
            || !(asked || self.first)
        {
            return false;
        }
        let single = Phrase::read(self.language, title, None).is_some_and(|phrase| !phrase.is_plural);
        named || (single && self.first && self.is_noun_phrase(title) && !says_each(title))
    }

    /// "Church donations — donors: name, address": the length of the title before the first record.
    pub(super) fn title_before_record(&self, tokens: &[Token]) -> Option<usize> {
        let named =
            |tokens: &[Token]| tokens.iter().position(|token| !token.is_wordlike()).filter(|end| *end > 0);
        let marks = |token: &Token| matches!(token.kind, Kind::Colon | Kind::Dash);
        let end = named(tokens).filter(|at| self.first && marks(&tokens[*at]))?;
        let record = &tokens[end + 1..];
        let mark = named(record).filter(|at| marks(&record[*at]))?;
        let phrase = Phrase::read(self.language, &record[..mark], None)?;
        let plain = self.is_noun_phrase(&tokens[..end]) && self.is_noun_phrase(&record[..mark]);
        let lists = !self.is_field_like(&phrase) && self.lists_fields(&record[mark + 1..]);
        (plain && phrase.is_plural && lists && self.draft.title.is_none()).then_some(end)
    }

    /// What follows a title: a list of its fields or records, a sentence about them, or nothing.
    pub(super) fn after_title(&mut self, title: &[Token], after: &[Token]) {
        let found = connector(self.language, after, 0, false).filter(|_| !after.is_empty());
        let opened = match (after.first(), found) {
            (None, _) => {
                self.title(title);
                self.mention_title(title);
                return;
            }
            (Some(first), _)
                if matches!(first.kind, Kind::Colon | Kind::Dash | Kind::Comma | Kind::Group) =>
            {
                Some((1, None))
            }
            (_, Some(found)) if found.connector == Connector::Has => Some((found.length, found.case)),
            _ => None,
        };
        let Some((length, case)) = opened else {
            if let Some(found) = found
                && matches!(found.connector, Connector::Belongs | Connector::Many | Connector::OneOf)
            {
                let whole: Vec<Token> = title.iter().chain(after).cloned().collect();
                return self.clause(&whole, Mode::Subject, None);
            }
            self.title(title);
            return self.clause(after, Mode::Unknown, None);
        };
        if after[0].is(Kind::Colon) && title.iter().all(|token| self.is_generic_app_word(token)) {
            return self.sentence(&after[1..]);
        }
        let named = after[1..].iter().position(|token| !token.is_wordlike()).map(|at| at + 1);
        if let Some(colon) = named.filter(|at| after[*at].is(Kind::Colon))
            && after[0].is(Kind::Dash)
            && Phrase::read(self.language, &after[1..colon], None).is_some_and(|phrase| phrase.is_plural)
        {
            self.title(title);
            self.first = false;
            return self.sentence(&after[1..]);
        }
        if let [group] = after
            && group.inside.iter().any(|token| token.is(Kind::Semicolon))
        {
            self.title(title);
            let parts = group.inside.split(|token| token.is(Kind::Semicolon));
            self.first = false;
            return parts.filter(|part| !part.is_empty()).for_each(|part| self.sentence(part));
        }
        let list = if after[0].is(Kind::Group) { &after[0].inside } else { &after[length..] };
        let shape = if after[0].is(Kind::Comma) { Shape::Entities } else { self.shape(list) };
        let subject = self.entity_phrase(title);
        let first_item = items(self.language, list).first().copied().unwrap_or_default();
        let with_field = found.is_some_and(|found| found.connector == Connector::Has)
            && Phrase::read(self.language, first_item, case)
                .is_some_and(|phrase| self.is_field_like(&phrase) && !phrase.is_plural);
        let of_records = found.is_some_and(|found| found.connector == Connector::Has)
            && subject.as_ref().is_some_and(|phrase| phrase.is_plural)
            && !self.has_structure(list);
        let shape = if with_field || of_records { Shape::Fields } else { shape };
        let entities =
            shape == Shape::Entities || (shape == Shape::Either && self.is_title(title)) || subject.is_none();
        if let Some(subject) = subject.filter(|_| !entities) {
            if self.is_title(title) {
                self.note_title(title);
            }
            self.subjects = self.draft.entity(&subject).into_iter().collect();
            return self.clause(list, Mode::Fields(None), case);
        }
        self.title(title);
        self.subjects.clear();
        self.clause(list, Mode::Keep, case);
    }
}

pub(super) fn says_each(tokens: &[Token]) -> bool {
    let each = ["each", "every", "каждый", "каждая", "каждое", "у", "для"];
    tokens.first().is_some_and(|first| each.contains(&first.lower.as_str()))
}
