//! Sentences: cut at connectors, each part read by the connector before it.

use super::super::connector::{Connector, connector};
use super::super::draft::{DraftField, Link};
use super::super::language::Language;
use super::super::lexicon::Words;
use super::super::list::{items, values_end};
use super::super::phrase::Phrase;
use super::super::russian::paradigm::Case;
use super::super::token::{Kind, Token};
use super::super::{annotation, english, russian};
use super::Parser;
use super::shape::Shape;
use samokoder_core::project::FieldKind;

/// Words that end a subject and are no part of it: "for every book I want to see".
const TRAILING: Words = Words("i we you to я мы also");

/// How the words that follow are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Subject,
    /// Like a subject, after "for each": what is kept about it are its fields.
    Topic,
    Fields(Option<bool>),
    Many,
    Belongs {
        required: bool,
    },
    Values,
    Flag,
    Keep,
    Search,
    /// After "can": a verb that means nothing to an app of records.
    Unknown,
}

impl Parser<'_> {
    pub(super) fn sentence(&mut self, tokens: &[Token]) {
        let tokens = &self.without_relative_clauses(tokens);
        let tokens = self.after_background(tokens);
        if self.is_section(tokens) || self.is_section(tokens.split_last().map_or(&[], |(_, head)| head)) {
            return;
        }
        let request = self.request_length(tokens);
        let rest = &tokens[request..];
        if rest.is_empty() {
            return;
        }
        let end = self.title_end(rest);
        let (title, after) = rest.split_at(end);
        if !title.is_empty() && self.opens_with_title(title, request > 0) {
            self.after_title(title, after);
        } else {
            self.clause(rest, Mode::Subject, None);
        }
    }

    fn opens_with_title(&self, title: &[Token], asked: bool) -> bool {
        let named = self.is_title(title);
        if (self.draft.title.is_some() && !(asked && named)) || !(asked || self.first) {
            return false;
        }
        let single = Phrase::read(self.language, title, None).is_some_and(|phrase| !phrase.is_plural);
        named || (single && self.first && self.is_noun_phrase(title) && !self.says_each(title))
    }

    fn says_each(&self, tokens: &[Token]) -> bool {
        let each = ["each", "every", "каждый", "каждая", "каждое", "у", "для"];
        tokens.first().is_some_and(|first| each.contains(&first.lower.as_str()))
    }

    /// What follows a title: a list of its fields or records, a sentence about them, or nothing.
    fn after_title(&mut self, title: &[Token], after: &[Token]) {
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
            self.note_title(title);
            self.subjects = self.draft.entity(&subject).into_iter().collect();
            return self.clause(list, Mode::Fields(None), case);
        }
        self.title(title);
        self.subjects.clear();
        self.clause(list, Mode::Keep, case);
    }

    /// Reads tokens in a mode, up to the end of the sentence.
    pub(super) fn clause(&mut self, tokens: &[Token], mode: Mode, case: Option<Case>) {
        let (mut mode, mut case) = (mode, case);
        let mut optional = false;
        let mut start = 0;
        let mut at = 0;
        while at < tokens.len() {
            let in_list = matches!(mode, Mode::Keep | Mode::Search | Mode::Unknown);
            let chunk = &tokens[start..at];
            if let Some(found) = connector(self.language, tokens, at, in_list)
                && self.applies(mode, chunk, found.connector, &tokens[at + found.length..])
            {
                self.flush(mode, case, chunk, Some(found.connector));
                let words = &tokens[at..at + found.length];
                let weak = words.iter().any(|token| {
                    ["can", "may", "could", "может", "могут", "можно"].contains(&token.lower.as_str())
                });
                let strict = words.iter().any(|token| {
                    ["must", "should", "должен", "должна", "должны", "должно", "обязан"]
                        .contains(&token.lower.as_str())
                });
                optional = weak || (optional && mode == Mode::Unknown);
                self.verb = words.first().map(|token| token.lower.clone()).unwrap_or_default();
                mode = match found.connector {
                    Connector::Has if strict => Mode::Fields(Some(true)),
                    Connector::Has => Mode::Fields(optional.then_some(false)),
                    Connector::Keep | Connector::Search if mode == Mode::Topic => Mode::Fields(None),
                    Connector::Many => Mode::Many,
                    Connector::Belongs => Mode::Belongs { required: !optional },
                    Connector::OneOf => Mode::Values,
                    Connector::Flag => Mode::Flag,
                    Connector::Keep => Mode::Keep,
                    Connector::Search => Mode::Search,
                    Connector::Topic => Mode::Topic,
                    Connector::Clause => Mode::Subject,
                    Connector::Modal if mode == Mode::Topic => Mode::Topic,
                    Connector::Modal | Connector::Required | Connector::Optional => Mode::Unknown,
                };
                case = found.case;
                at += found.length;
                start = at;
            } else if matches!(tokens[at].kind, Kind::Colon | Kind::Dash) {
                if let Some(next) = self.after_colon(mode, &tokens[start..at], &tokens[at + 1..]) {
                    mode = next;
                    case = None;
                    start = at + 1;
                }
                at += 1;
            } else {
                at += 1;
            }
        }
        self.flush(mode, case, &tokens[start..], None);
    }

    /// Whether a connector means what it says at this place.
    fn applies(&self, mode: Mode, chunk: &[Token], found: Connector, rest: &[Token]) -> bool {
        let empty = !chunk.iter().any(Token::is_wordlike);
        match (mode, found) {
            (Mode::Fields(_), Connector::Modal) => {
                let last = items(self.language, chunk).last().copied().unwrap_or_default();
                let open = chunk.last().is_none_or(|last| {
                    !last.is_wordlike() || annotation::is_conjunction(self.language, last)
                });
                let plural = Phrase::read(self.language, last, None).is_some_and(|phrase| phrase.is_plural);
                open || plural || self.is_actor(last) || self.is_pronoun(last)
            }
            (Mode::Fields(_), Connector::Clause) => !chunk.last().is_some_and(|last| last.is(Kind::Comma)),
            (Mode::Values, Connector::Has) => chunk.len() > 1,
            (Mode::Values, Connector::OneOf) => empty,
            (Mode::Fields(_), Connector::Keep | Connector::Search) if self.language == Language::Russian => {
                empty
                    || chunk.last().is_some_and(|last| {
                        !last.is_wordlike() || annotation::is_conjunction(self.language, last)
                    })
            }
            (Mode::Fields(_), Connector::Keep | Connector::Search) => {
                const OBJECTS: Words = Words("it them by their through it's");
                rest.first().is_some_and(|next| OBJECTS.has(&next.lower))
            }
            (Mode::Fields(_), Connector::Belongs) if self.language == Language::Russian => !empty,
            (_, Connector::OneOf) => !rest.is_empty(),
            _ => true,
        }
    }

    /// What a colon or dash opens after `chunk`; `None` where it belongs to an item of a list.
    fn after_colon(&mut self, mode: Mode, chunk: &[Token], rest: &[Token]) -> Option<Mode> {
        if !chunk.iter().any(|token| token.is_wordlike() || token.is(Kind::Group)) || self.is_section(chunk) {
            let fields = matches!(mode, Mode::Fields(_));
            let about_subject = !self.subjects.is_empty() && self.shape(rest) == Shape::Fields;
            let keeps = matches!(mode, Mode::Subject | Mode::Unknown);
            return Some(if keeps {
                if about_subject { Mode::Fields(None) } else { Mode::Keep }
            } else if fields {
                mode
            } else {
                mode
            });
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

    /// "Встречи проходят раз в месяц: дата, место" lists fields of the meetings.
    fn leading_record(&mut self, chunk: &[Token]) -> Option<usize> {
        let end = (1..chunk.len()).find(|end| !self.is_noun_phrase(&chunk[..*end]))? - 1;
        let (name, rest) = chunk.split_at(end);
        let phrase = Phrase::read(self.language, name, None)?;
        let record = phrase.is_plural && !self.is_field_like(&phrase);
        let entity = if record { self.draft.entity(&phrase) } else { None }?;
        self.reject(rest);
        Some(entity)
    }

    fn note_title_if_first(&mut self, tokens: &[Token]) {
        if self.first && self.is_title(tokens) {
            self.note_title(tokens);
        }
    }

    /// Points at the field a header names, so that values can follow: "Status: open, closed".
    fn point_at_field(&mut self, phrase: &Phrase, shape: Shape) -> bool {
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

    fn subject_entities(&mut self, chunk: &[Token]) -> Vec<usize> {
        let phrases: Vec<Phrase> = if self.is_title(chunk) {
            self.title_entities(chunk)
        } else {
            items(self.language, chunk)
                .iter()
                .filter_map(|item| Phrase::read(self.language, item, None))
                .collect()
        };
        phrases.iter().filter_map(|phrase| self.draft.entity(phrase)).collect()
    }

    /// Reads the words between two connectors.
    fn flush(&mut self, mode: Mode, case: Option<Case>, chunk: &[Token], next: Option<Connector>) {
        if !chunk.iter().any(|token| token.is_wordlike() || token.is(Kind::Group)) {
            return;
        }
        match mode {
            Mode::Subject | Mode::Topic => self.subject(chunk, case, next, mode == Mode::Topic),
            Mode::Fields(required) => {
                let (fields, subject) = self.split_subject(chunk, next);
                let owners = self.subjects.clone();
                self.fields(fields, case, required);
                if !subject.is_empty() {
                    self.subject(subject, None, next, false);
                    if fields.is_empty() && next == Some(Connector::Has) {
                        self.link_parts(&owners);
                    }
                }
            }
            Mode::Many | Mode::Belongs { .. } | Mode::Values | Mode::Flag => {
                let (own, subject) = self.split_next(chunk, next);
                match mode {
                    Mode::Many => self.many(own, case),
                    Mode::Belongs { required } => self.belongs(own, case, required),
                    Mode::Values => self.values(own),
                    _ => self.flags(own),
                }
                if !subject.is_empty() {
                    self.subject(subject, None, next, false);
                }
            }
            Mode::Keep => self.keep(chunk, case, next),
            Mode::Search => self.search(chunk, next),
            Mode::Unknown => self.unknown(chunk, next),
        }
    }

    /// "По заказу записываются звонки с датой": a call belongs to an order.
    fn link_parts(&mut self, owners: &[usize]) {
        for part in self.subjects.clone() {
            for owner in owners.iter().filter(|owner| **owner != part) {
                let target = self.draft.entities[*owner].phrase.clone();
                self.draft.link(part, Link { target, required: true, creates: true });
            }
        }
    }

    /// The last item of a field list is the next subject when something is said about it.
    fn split_subject<'t>(&self, chunk: &'t [Token], next: Option<Connector>) -> (&'t [Token], &'t [Token]) {
        let says =
            matches!(next, Some(Connector::Has | Connector::Many | Connector::Belongs | Connector::Modal));
        let list = items(self.language, chunk);
        let ends_open = chunk
            .last()
            .is_some_and(|token| token.is(Kind::Comma) || annotation::is_conjunction(self.language, token));
        let Some(last) = list.last().filter(|_| says && !ends_open) else { return (chunk, &[]) };
        let Some(phrase) = Phrase::read(self.language, last, None) else { return (chunk, &[]) };
        let entity = self.is_noun_phrase(last)
            && !self.is_field_like(&phrase)
            && (phrase.is_plural
                || self.says_each(last)
                || self.draft.find(&phrase).is_some()
                || super::super::knowledge::common::knows(self.language, &phrase)
                || phrase.determined && next != Some(Connector::Has));
        if !entity || (list.len() == 1 && next != Some(Connector::Has)) {
            return (chunk, &[]);
        }
        let at = last.first().map_or(chunk.len(), |first| first.span.start);
        let start = chunk.iter().position(|token| token.span.start == at).unwrap_or(chunk.len());
        (&chunk[..start], &chunk[start..])
    }

    /// "..., and every task": a subject of its own at the end of any list.
    fn split_next<'t>(&self, chunk: &'t [Token], next: Option<Connector>) -> (&'t [Token], &'t [Token]) {
        let last = items(self.language, chunk).last().copied().unwrap_or_default();
        let whole = last.len() == chunk.len();
        if next.is_none() || whole || !self.says_each(last) || !self.is_noun_phrase(last) {
            return (chunk, &[]);
        }
        chunk.split_at(chunk.iter().position(|token| token.span == last[0].span).unwrap_or(chunk.len()))
    }

    fn subject(&mut self, chunk: &[Token], case: Option<Case>, next: Option<Connector>, topic: bool) {
        let list = items(self.language, chunk);
        self.actor = None;
        let acts = matches!(next, Some(Connector::Modal | Connector::Keep | Connector::Search));
        let mut subjects = Vec::new();
        for item in &list {
            let end = item.iter().rposition(|token| !TRAILING.has(&token.lower)).map_or(0, |at| at + 1);
            let item = &if topic || acts { &item[..end] } else { *item };
            let (item, case) = &self.without_preposition(item, case);
            let case = *case;
            if self.is_pronoun(item) {
                subjects.extend(self.subjects.iter().copied());
                continue;
            }
            if acts && !topic && self.is_actor(item) {
                continue;
            }
            if next.is_none() || (item.iter().any(|token| token.is(Kind::Group)) && !topic) {
                subjects.extend(self.mention(item, case, next.is_none()));
                continue;
            }
            let phrase = self.is_noun_phrase(item).then(|| Phrase::read(self.language, item, case)).flatten();
            let Some(phrase) = phrase else {
                self.reject(item);
                continue;
            };
            if matches!(next, Some(Connector::OneOf | Connector::Required | Connector::Optional))
                && self.names_field(&phrase, next)
            {
                continue;
            }
            let about_field =
                matches!(next, Some(Connector::OneOf | Connector::Required | Connector::Optional));
            if about_field && self.is_field_like(&phrase) && self.point_at_field(&phrase, Shape::Either) {
                self.names_field(&phrase, next);
                continue;
            }
            if next == Some(Connector::OneOf) && self.point_at_status(&phrase) {
                continue;
            }
            if acts && !topic && !phrase.is_plural && !phrase.determined && self.draft.find(&phrase).is_none()
            {
                continue;
            }
            let subject = self.draft.entity(&phrase);
            self.actor = subject.filter(|_| acts && !topic).or(self.actor);
            subjects.extend(subject);
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

    /// "В заказе есть" speaks of the order.
    fn without_preposition<'t>(&self, item: &'t [Token], case: Option<Case>) -> (&'t [Token], Option<Case>) {
        match item {
            [first, rest @ ..]
                if self.language == Language::Russian
                    && !rest.is_empty()
                    && russian::words::is_preposition(&first.lower) =>
            {
                (rest, russian::phrase::complement_case(&first.lower))
            }
            _ => (item, case),
        }
    }

    /// "Orders can be new or paid" speaks of a status.
    fn point_at_status(&mut self, phrase: &Phrase) -> bool {
        let Some(entity) = self.draft.find(phrase).filter(|_| phrase.words.len() == 1) else { return false };
        let word = self.language.choose("status", "статус");
        let Some(status) = Phrase::read(self.language, &[Token::new(Kind::Word, word, 0..0)], None) else {
            return false;
        };
        self.subjects = vec![entity];
        self.point_at_field(&status, Shape::Either)
    }

    /// Takes a phrase as a field that is there already, and applies "required" to it.
    fn names_field(&mut self, phrase: &Phrase, next: Option<Connector>) -> bool {
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

    fn is_pronoun(&self, item: &[Token]) -> bool {
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
            "которых",
            "которого",
            "которой",
            "каждого",
            "каждой",
            "ему",
        ];
        item.iter().filter(|token| token.is_wordlike()).all(|token| PRONOUNS.contains(&token.lower.as_str()))
    }

    fn is_actor(&self, item: &[Token]) -> bool {
        item.last().is_some_and(|last| match self.language {
            Language::English => english::words::is_actor(&last.lower),
            Language::Russian => russian::words::is_actor(&russian::phrase::lemma(&last.lower)),
        })
    }

    fn many(&mut self, chunk: &[Token], case: Option<Case>) {
        let owners = self.subjects.clone();
        for item in items(self.language, chunk) {
            let Some(phrase) =
                self.is_noun_phrase(item).then(|| Phrase::read(self.language, item, case)).flatten()
            else {
                self.reject(item);
                continue;
            };
            let Some(part) = self.draft.entity(&phrase) else { continue };
            for owner in &owners {
                let target = self.draft.entities[*owner].phrase.clone();
                self.draft.link(part, Link { target, required: true, creates: true });
            }
        }
    }

    fn belongs(&mut self, chunk: &[Token], case: Option<Case>, required: bool) {
        let mut first_plural = false;
        for (at, item) in items(self.language, chunk).into_iter().enumerate() {
            let head: Vec<Token> = item.iter().take_while(|token| token.is_wordlike()).cloned().collect();
            let phrase =
                self.is_noun_phrase(&head).then(|| Phrase::read(self.language, &head, case)).flatten();
            match phrase {
                Some(phrase)
                    if at > 0 && self.is_field_like(&phrase) && self.draft.find(&phrase).is_none() =>
                {
                    let start = chunk.iter().position(|token| token.span == item[0].span).unwrap_or(0);
                    return self.fields(&chunk[start..], case, None);
                }
                Some(phrase) if at > 0 && phrase.is_plural && !first_plural => {
                    self.subjects = self.mention(item, case, false).into_iter().collect();
                }
                Some(phrase) => {
                    first_plural |= phrase.is_plural;
                    for subject in self.subjects.clone() {
                        self.draft.link(subject, Link { target: phrase.clone(), required, creates: true });
                        for other in phrase.complements.iter().filter(|other| other.phrase.determined) {
                            let target = other.phrase.clone();
                            if self.is_field_like(&target) && self.draft.find(&target).is_none() {
                                self.draft
                                    .field(subject, DraftField { phrase: target, ..DraftField::default() });
                                continue;
                            }
                            self.draft.link(subject, Link { target, required, creates: true });
                        }
                    }
                    if let Some(group) = item.iter().find(|token| token.is(Kind::Group))
                        && self.holds_fields(&head, group)
                    {
                        let described =
                            self.draft.find(&phrase).filter(|at| self.draft.entities[*at].described);
                        let entity = if described.is_some() { None } else { self.draft.entity(&phrase) };
                        match entity {
                            Some(entity) => self.fields_of(entity, &group.inside),
                            None => self.fields(&group.inside, None, None),
                        }
                    }
                }
                None => self.reject(item),
            }
        }
    }

    fn values(&mut self, chunk: &[Token]) {
        let chunk: &[Token] = match chunk {
            [first, rest @ ..] if annotation::is_conjunction(self.language, first) => rest,
            _ => chunk,
        };
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
        match self.field {
            Some((entity, at)) => self.annotate(entity, at, note),
            None => self.reject(given),
        }
        if !rest.is_empty() {
            self.fields(rest, None, None);
        }
    }

    fn flags(&mut self, chunk: &[Token]) {
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

    /// Words after "can" whose verb is unknown, or that lead to the next connector.
    fn unknown(&mut self, chunk: &[Token], next: Option<Connector>) {
        let leads =
            matches!(next, Some(Connector::Modal | Connector::Keep | Connector::Search | Connector::Topic))
                || self.is_lead(chunk);
        if leads
            && (self.is_pronoun(chunk)
                || self.is_lead(chunk)
                || chunk.iter().all(|token| self.is_connecting(token)))
        {
            return;
        }
        if matches!(next, Some(Connector::Has | Connector::Belongs | Connector::Many)) {
            return self.subject(chunk, None, next, false);
        }
        if self.is_purpose(chunk) {
            return;
        }
        self.reject(chunk);
    }

    fn is_connecting(&self, token: &Token) -> bool {
        !token.is_wordlike()
            || match self.language {
                Language::English => {
                    english::words::is_filler(&token.lower)
                        || english::words::is_lead(&token.lower)
                        || english::words::is_actor(&token.lower)
                }
                Language::Russian => {
                    russian::words::is_filler(&token.lower)
                        || russian::words::is_lead(&token.lower)
                        || russian::words::is_actor(&russian::phrase::lemma(&token.lower))
                }
            }
    }

    fn is_lead(&self, chunk: &[Token]) -> bool {
        chunk.iter().all(|token| self.is_connecting(token))
    }

    /// "for a small bakery" says who the app is for.
    fn is_purpose(&self, chunk: &[Token]) -> bool {
        let skip = chunk.iter().take_while(|token| annotation::is_conjunction(self.language, token)).count();
        let starts = chunk
            .get(skip)
            .is_some_and(|first| ["for", "in", "at", "для", "в"].contains(&first.lower.as_str()));
        starts && self.draft.title.is_some() && chunk.len() <= 8
    }
}
