//! The subject of a sentence, and where the next one begins.

use super::super::annotation;
use super::super::connector::Connector;
use super::super::draft::Link;
use super::super::knowledge::{common, kinds};
use super::super::language::Language;
use super::super::lexicon::Words;
use super::super::list::items;
use super::super::phrase::Phrase;
use super::super::russian::paradigm::Case;
use super::super::token::{Kind, Token};
use super::super::{english, russian};
use super::Parser;
use super::shape::Shape;
use super::title::says_each;

/// Words that end a subject and are no part of it: "for every book I want to see".
const TRAILING: Words = Words("i we you to я мы also");

impl Parser<'_> {
    /// "По заказу записываются звонки с датой": a call belongs to an order.
    pub(super) fn link_parts(&mut self, owners: &[usize]) {
        for part in self.subjects.clone() {
            for owner in owners.iter().filter(|owner| **owner != part) {
                let target = self.draft.entities[*owner].phrase.clone();
                self.draft.link(part, Link { target, required: true, creates: true, role: None });
            }
        }
    }

    /// The last item of a field list is the next subject when something is said about it.
    pub(super) fn split_subject<'t>(
        &self,
        chunk: &'t [Token],
        case: Option<Case>,
        next: Option<Connector>,
    ) -> (&'t [Token], &'t [Token]) {
        let says =
            matches!(next, Some(Connector::Has | Connector::Many | Connector::Belongs | Connector::Modal));
        let list = items(self.language, chunk);
        let ends_open = chunk
            .last()
            .is_some_and(|token| token.is(Kind::Comma) || annotation::is_conjunction(self.language, token));
        let Some(last) = list.last().filter(|_| says && !ends_open) else { return (chunk, &[]) };
        let Some(phrase) = Phrase::read(self.language, last, None) else { return (chunk, &[]) };
        let with_one = case == Some(Case::Instrumental)
            && Phrase::read(self.language, last, case)
                .is_some_and(|with| !with.is_plural && !with.is_nominative);
        let entity = self.is_noun_phrase(last)
            && !self.is_field_like(&phrase)
            && !with_one
            && (phrase.is_plural
                || says_each(last)
                || self.draft.find(&phrase).is_some()
                || common::knows(self.language, &phrase)
                || phrase.determined && next != Some(Connector::Has));
        if !entity || (list.len() == 1 && next != Some(Connector::Has)) {
            return (chunk, &[]);
        }
        let at = last.first().map_or(chunk.len(), |first| first.span.start);
        let start = chunk.iter().position(|token| token.span.start == at).unwrap_or(chunk.len());
        (&chunk[..start], &chunk[start..])
    }

    /// "..., and every task": a subject of its own at the end of any list.
    pub(super) fn split_next<'t>(
        &self,
        chunk: &'t [Token],
        next: Option<Connector>,
    ) -> (&'t [Token], &'t [Token]) {
        let list = items(self.language, chunk);
        let last = list.last().copied().unwrap_or_default();
        let article = last.first().is_some_and(|first| ["a", "an", "the"].contains(&first.lower.as_str()));
        let one = self.language == Language::Russian
            && Phrase::read(self.language, last, None).is_some_and(|phrase| {
                let known = common::knows(self.language, &phrase);
                phrase.is_nominative && !phrase.is_plural && (known || self.draft.find(&phrase).is_some())
            });
        let acts = list.len() > 1
            && (article && matches!(next, Some(Connector::Many | Connector::Modal))
                || one && matches!(next, Some(Connector::Many | Connector::Modal | Connector::Belongs)))
            && chunk.last().is_some_and(Token::is_wordlike);
        let whole = last.len() == chunk.len();
        if next.is_none() || whole || !(says_each(last) || acts) || !self.is_noun_phrase(last) {
            return (chunk, &[]);
        }
        chunk.split_at(chunk.iter().position(|token| token.span == last[0].span).unwrap_or(chunk.len()))
    }

    /// "landlords publish apartments and tenants book them": the last of what is kept acts next.
    pub(super) fn split_doer<'t>(
        &self,
        chunk: &'t [Token],
        next: Option<Connector>,
    ) -> (&'t [Token], &'t [Token]) {
        let list = items(self.language, chunk);
        let speaks = matches!(next, Some(Connector::Keep | Connector::Modal));
        let Some(last) = list.last().filter(|_| speaks && list.len() > 1) else { return (chunk, &[]) };
        let joined = chunk.last().is_some_and(Token::is_wordlike)
            && !annotation::is_conjunction(self.language, &chunk[chunk.len() - 1]);
        let named = Phrase::read(self.language, last, None)
            .is_some_and(|phrase| phrase.is_plural || phrase.determined && next == Some(Connector::Modal));
        if !joined || !named || !self.is_noun_phrase(last) {
            return (chunk, &[]);
        }
        chunk.split_at(chunk.iter().position(|token| token.span == last[0].span).unwrap_or(chunk.len()))
    }

    pub(super) fn subject(
        &mut self,
        chunk: &[Token],
        case: Option<Case>,
        next: Option<Connector>,
        topic: bool,
    ) {
        let list = items(self.language, chunk);
        self.actor = None;
        self.unsure = None;
        self.doer = None;
        let acts = matches!(next, Some(Connector::Modal | Connector::Keep | Connector::Search));
        let speaks = acts && !topic && !is_pronoun(chunk);
        self.acts_from =
            chunk.iter().find(|token| token.is_wordlike()).filter(|_| speaks).map(|first| first.span.start);
        let mut subjects: Vec<usize> = Vec::new();
        self.complemented = false;
        for item in &list {
            if self.go_on(subjects.last().copied(), item, case) {
                continue;
            }
            self.complemented = self.ends_in_one(item);
            let end = item.iter().rposition(|token| !TRAILING.has(&token.lower)).map_or(0, |at| at + 1);
            let adverb = |token: &Token| {
                ["обязательно", "всегда", "также", "тоже", "еще", "always"].contains(&token.lower.as_str())
            };
            let bare = item.iter().rposition(|token| !adverb(token)).map_or(0, |at| at + 1);
            let item = &if topic || acts { &item[..end] } else { &item[..bare] };
            let (item, case) = &self.without_preposition(item, case);
            let case = *case;
            if is_pronoun(item) {
                subjects.extend(self.subjects.iter().copied());
                continue;
            }
            if acts && !topic && self.is_actor(item) {
                self.doer = Phrase::read(self.language, item, None)
                    .filter(|phrase| next == Some(Connector::Keep) && common::knows(self.language, phrase));
                continue;
            }
            if next.is_none() || (item.iter().any(|token| token.is(Kind::Group)) && !topic) {
                subjects.extend(self.mention(item, case, next.is_none()));
                continue;
            }
            subjects.extend(self.named_subject(item, case, next, topic));
        }
        let grouped = list.iter().any(|item| item.iter().any(|token| token.is(Kind::Group)));
        if let (true, Some(last)) = (grouped && next.is_some(), subjects.last().copied()) {
            subjects = vec![last];
        }
        if !subjects.is_empty() {
            subjects.dedup();
            self.subjects = subjects;
        }
    }

    /// One item of a subject that is a noun: the record it names, if it names one.
    fn named_subject(
        &mut self,
        item: &[Token],
        case: Option<Case>,
        next: Option<Connector>,
        topic: bool,
    ) -> Option<usize> {
        let item = self.without_list_word(item);
        let phrase = self.is_noun_phrase(item).then(|| Phrase::read(self.language, item, case)).flatten();
        let Some(phrase) = phrase else {
            self.reject(item);
            if next == Some(Connector::Has) {
                self.subjects.clear();
                return self.record_that_acts(item);
            }
            return None;
        };
        if self.speaks_of_field(&phrase, next) {
            return None;
        }
        if next == Some(Connector::OneOf) {
            self.speaks_of_status(&phrase, item);
            return None;
        }
        let known = common::knows(self.language, &phrase);
        let found = self.draft.find(&phrase).is_some();
        let acts = matches!(next, Some(Connector::Modal | Connector::Keep | Connector::Search)) && !topic;
        let one = phrase.determined || self.language == Language::Russian && !phrase.is_plural;
        let uses_app = one && next == Some(Connector::Keep) && self.only_keeps(&self.coming);
        let speaks = next == Some(Connector::Keep)
            || self.language == Language::Russian && next == Some(Connector::Modal);
        let does = speaks && phrase.is_nominative && known && !super::super::resolve::is_setting(&phrase);
        let aside = acts && !does && !phrase.is_plural && !phrase.determined;
        if !found && (uses_app || aside) {
            return None;
        }
        let subject = self.draft.entity(&phrase);
        let fresh = next == Some(Connector::Modal) && !known && !found;
        self.unsure = subject.filter(|_| fresh);
        self.actor = subject.filter(|_| acts).or(self.actor);
        subject
    }

    /// "Orders can be new or paid" before orders are described; "Alerts should be sent" is no record.
    fn speaks_of_status(&mut self, phrase: &Phrase, item: &[Token]) {
        self.field = None;
        self.subjects.clear();
        if common::knows(self.language, phrase) {
            self.subjects.extend(self.draft.entity(phrase));
            self.point_at_own_status();
        } else {
            self.acts_from = item.first().map(|first| first.span.start);
        }
    }

    /// "A lease is signed by two people and has a date": what the part that leads to nothing speaks of.
    fn record_that_acts(&self, item: &[Token]) -> Option<usize> {
        if ["с", "со", "with"].contains(&self.coming.as_str()) {
            return None;
        }
        let end = (1..item.len()).rev().find(|end| self.is_noun_phrase(&item[..*end]))?;
        let phrase = Phrase::read(self.language, &item[..end], None)?;
        self.draft.find(&phrase)
    }

    /// "Status is one of new or done", "Email is optional": speaks of a field, not of a record.
    fn speaks_of_field(&mut self, phrase: &Phrase, next: Option<Connector>) -> bool {
        let about_field = matches!(next, Some(Connector::OneOf | Connector::Required | Connector::Optional));
        if about_field && self.names_field(phrase, next) {
            return true;
        }
        let field = self.is_field_like(phrase)
            || (next != Some(Connector::OneOf)
                && kinds::is_known_field(phrase)
                && self.draft.find(phrase).is_none());
        if about_field && field && self.point_at_field(phrase, Shape::Either) {
            self.names_field(phrase, next);
            return true;
        }
        next == Some(Connector::OneOf) && self.point_at_status(phrase)
    }

    /// "guest list with name and phone" describes guests.
    pub(super) fn without_list_word<'t>(&self, item: &'t [Token]) -> &'t [Token] {
        const LISTS: Words = Words("list log register database directory");
        match item {
            [record @ .., list] if LISTS.has(&list.lower) && self.language == Language::English => {
                let phrase = Phrase::read(self.language, record, None);
                let known = phrase.is_some_and(|phrase| common::knows(self.language, &phrase));
                if known { record } else { item }
            }
            _ => item,
        }
    }

    /// "В заказе есть" speaks of the order.
    pub(super) fn without_preposition<'t>(
        &self,
        item: &'t [Token],
        case: Option<Case>,
    ) -> (&'t [Token], Option<Case>) {
        match item {
            [first, rest @ ..]
                if self.language == Language::Russian
                    && !rest.is_empty()
                    && russian::words::is_preposition(&first.lower) =>
            {
                (rest, Some(russian::phrase::complement_case(&first.lower)))
            }
            _ => (item, case),
        }
    }

    pub(super) fn is_actor(&self, item: &[Token]) -> bool {
        item.last().is_some_and(|last| match self.language {
            Language::English => english::words::is_actor(&last.lower),
            Language::Russian => russian::words::is_actor(&russian::phrase::lemma(&last.lower)),
        })
    }
}

pub(super) fn is_pronoun(item: &[Token]) -> bool {
    const PRONOUNS: &[&str] = &[
        "it",
        "they",
        "them",
        "each",
        "he",
        "she",
        "these",
        "those",
        "all",
        "both",
        "which",
        "who",
        "that",
        "there",
        "one",
        "each one",
        "its",
        "also",
        "and",
        "then",
        "он",
        "она",
        "оно",
        "они",
        "у него",
        "у нее",
        "у них",
        "него",
        "нее",
        "них",
        "каждый",
        "каждая",
        "каждое",
        "который",
        "которая",
        "также",
        "все",
        "еще",
        "там",
        "нем",
        "ней",
        "нас",
        "их",
        "меня",
        "мне",
        "нам",
        "которых",
        "которого",
        "которой",
        "каждого",
        "каждой",
        "ему",
    ];
    item.iter().filter(|token| token.is_wordlike()).all(|token| PRONOUNS.contains(&token.lower.as_str()))
}
